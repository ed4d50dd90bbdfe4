//! What a naive reader of nginx configurations gets wrong, case by case: each was given to nginx 1.22.1 and 1.31.3 with
//! `nginx -t`, and the rule that speaks is the one that says why nginx refuses it. `""`: nginx takes it.

mod common;

use confvet_core::{Category, Context, Facts, FileId, Input, Severity, Source, Sources, System};
use confvet_nginx::NginxSystem;

/// The rules whose findings say that nginx refuses the file.
const REFUSALS: &[&str] = &[
    "nginx/syntax",
    "nginx/missing-semicolon",
    "nginx/unknown-directive",
    "nginx/directive-context",
    "nginx/arg-count",
    "nginx/invalid-value",
    "nginx/duplicate-directive",
    "nginx/unknown-variable",
    "nginx/version-mismatch",
    "nginx/include-unresolved",
    "nginx/map-entry",
    "nginx/duplicate-definition",
    "nginx/invalid-regex",
    "nginx/proxy-pass-uri-forbidden",
    "nginx/upstream-backup-unsupported",
    "nginx/undefined-reference",
];

fn refusals(files: &[(&str, &str)], version: Option<&str>) -> Vec<&'static str> {
    let sources: Sources = files.iter().map(|(path, text)| Source::new(*path, *text)).collect();
    let target = common::target(version);
    let facts = Facts::new();
    let input =
        Input { sources: &sources, file: FileId(0), kind: NginxSystem::KINDS[0], target: &target, facts: &facts };
    let parsed = NginxSystem::parse(&input);
    let context = Context { sources: &sources, target: &target, facts: &facts };
    let mut found = Vec::new();
    for rule in NginxSystem::rules().iter().filter(|rule| REFUSALS.contains(&rule.name)) {
        let said = common::run(rule, (Severity::Error, Category::Invalid), &parsed.model, &context);
        let invalid = said.into_iter().any(|found| found.category == Category::Invalid);
        found.extend(invalid.then_some(rule.name));
    }
    found
}

fn check(shape: &str, cases: &[(&str, &str)]) {
    check_at("1.28.0", shape, cases);
}

fn check_at(version: &str, shape: &str, cases: &[(&str, &str)]) {
    for (text, rule) in cases {
        let whole = shape.replace('@', text);
        let found = refusals(&[("nginx.conf", &whole)], Some(version));
        let expected: Vec<String> =
            rule.split(' ').filter(|rule| !rule.is_empty()).map(|rule| format!("nginx/{rule}")).collect();
        assert_eq!(found, expected, "{text}");
    }
}

const HTTP: &str = "events {}\nhttp {\n@\n}\n";
const LOCATION: &str = "events {}\nhttp { server { listen 8080; location /x/ {\n@\n} } }\n";
const SERVER: &str = "events {}\nhttp { server { listen 8080;\n@\n} }\n";

#[test]
fn words_and_quotes() {
    check(
        LOCATION,
        &[
            ("return 200 a\"b;", ""),
            ("return 200 a#b;", ""),
            ("return 200 \"a\"b;", "syntax"),
            ("return 200 \"a\"#c\n;", "syntax"),
            ("return 200 a\\;b;", ""),
            ("return 200 \"a\nb\";", ""),
            ("return 200 \u{201c}a b\u{201d};", "arg-count"),
            ("\"root\" /x;", ""),
            ("Root /x;", "unknown-directive"),
            ("\"\" x;", "unknown-directive"),
            ("root\u{a0}/x;", "unknown-directive"),
            (";", "syntax"),
            ("return 204;;", "syntax"),
            ("root /x", "missing-semicolon"),
            ("// a comment", "syntax"),
            ("# a comment at the end", ""),
            ("return 204;\r\n# CRLF\r\n", ""),
        ],
    );
    check(
        SERVER,
        &[
            ("location ~ ^/a{2}$ { return 204; }", "syntax"),
            ("location ~ \"^/a{2}$\" { return 204; }", ""),
            ("location /x{ return 204; }", ""),
            ("location =/x { return 204; }", ""),
            ("location ~*\\.php$ { return 204; }", ""),
            ("location /x { return 204; };", "syntax"),
            ("server_name a.com\n root /x;", ""),
            ("server_name content_by_lua_block ;", ""),
            ("server_name ${NAME};", ""),
        ],
    );
    check(
        SERVER,
        &[
            // Taken for a header of that name: a warning, but nothing that nginx refuses.
            ("add_header\n root /x;", ""),
            ("keepalive_timeout 65\n root /x;", "missing-semicolon"),
        ],
    );
    check(
        "@",
        &[
            ("\u{feff}events {}\nhttp {}", "syntax"),
            ("\"events\" { \"worker_connections\" \"2048\"; }\nhttp {}", ""),
            ("events {}\nhttp {\n# the last line has no end", "syntax"),
            ("events {}\nhttp {}\n# the last line has no end", ""),
            ("events {}\nhttp { log_format main #c\n 'a' #c\n 'b'; }", ""),
            ("events { worker_connections 1024\n}\nhttp {}", "missing-semicolon"),
        ],
    );
    let comment = format!("events {{}}\nhttp {{}}\n#{}\n", "x".repeat(4095));
    assert_eq!(refusals(&[("nginx.conf", &comment)], None), ["nginx/syntax"]);
}

#[test]
fn directives_and_their_shapes() {
    check(
        LOCATION,
        &[
            ("events {}", "directive-context"),
            ("proxy_pass { }", "syntax"),
            ("limit_except GET;", "syntax"),
            ("root;", "arg-count"),
            ("return 1 2 3;", "arg-count"),
            ("set $a b c d e f g h;", "arg-count"),
            ("root /a; alias /b;", "duplicate-directive"),
            ("rewrite ^/a /b\n break;", ""),
            ("rewrite ^/a /b\n last;", ""),
            ("if ($host = a) { return 204; }", ""),
            ("if ($host == a) { return 204; }", "invalid-value"),
            ("if ($host=\"a\") { return 204; }", "invalid-value"),
            ("if ($host ~ a && $uri ~ b) { return 204; }", "invalid-value"),
            ("if (-f $request_filename) { return 204; }", ""),
            ("if ( $host ) { return 204; }", ""),
            ("if (!-e $request_filename) { return 204; }", ""),
            ("location /x/y/ { return 204; }", ""),
            ("location /y/ { return 204; }", "directive-context"),
            ("location @y { return 204; }", "directive-context"),
        ],
    );
}

#[test]
fn values() {
    check(
        LOCATION,
        &[
            ("gzip ON;", ""),
            ("gzip true;", "invalid-value"),
            ("client_max_body_size 1g;", ""),
            ("client_max_body_size 10MB;", "invalid-value"),
            ("limit_rate 1g;", "invalid-value"),
            ("proxy_buffers 8 4k;", ""),
            ("proxy_read_timeout 60;", ""),
            ("proxy_read_timeout \"1h 30m\";", ""),
            ("proxy_read_timeout 1.5s;", "invalid-value"),
            ("proxy_read_timeout 30m1h;", "invalid-value"),
            ("proxy_read_timeout 1M;", "invalid-value"),
            ("expires 1M;", ""),
            ("expires 500ms;", "invalid-value"),
            ("return 302 https://$Host$REQUEST_URI;", ""),
            ("return 302 https://${1}/;", "unknown-variable"),
            ("return 302 https://$1/;", ""),
            ("return 302 https://$nothing/;", "unknown-variable"),
            ("error_page 499 /x;", "invalid-value"),
            ("error_page 404 = @x;", ""),
            ("proxy_pass http://127.0.0.1:70000;", "invalid-value"),
            ("proxy_pass http://[::1]:80/;", ""),
            ("fastcgi_pass 127.0.0.1;", "invalid-value"),
            ("proxy_redirect default;", "invalid-value"),
        ],
    );
    check(
        HTTP,
        &[
            ("upstream a { server 127.0.0.1 WEIGHT=2; }", "invalid-value"),
            ("upstream a { server 127.0.0.1 weight=2; }", ""),
            ("upstream a { server http://127.0.0.1; }", "invalid-value"),
            ("upstream a { server 127.0.0.1 fail_timeout=500ms; }", "invalid-value"),
            ("resolver off;", "invalid-value"),
            ("resolver ::1;", "invalid-value"),
            ("resolver 10.0.0.1 valid=1h ipv6=off;", ""),
        ],
    );
}

#[test]
fn blocks_of_entries() {
    check(
        HTTP,
        &[
            ("map $uri $x { default 1; ~^/a 2; }", ""),
            ("map $uri $x { ~^/a{2} 1; }", "map-entry"),
            ("map $uri $x { \"~^/a{2}\" 1; }", ""),
            ("map $uri $x { a 1; A 2; }", "map-entry"),
            ("map $uri $x { \\default 1; default 2; }", ""),
            ("map $uri $x { a 1 2; }", "map-entry"),
            ("map $uri x { a 1; }", "map-entry"),
            ("map $uri $x { hostnames; *.a.b 1; .a.b 2; }", "map-entry"),
            ("geo $x { default 1; 10.0.0.1/8 2; }", ""),
            ("geo $x { value 1; }", "map-entry"),
            ("geo $x { ranges; 10.0.0.0-10.0.0.9 1; }", ""),
            ("geo $x { 10.0.0.0/8 1; ranges; }", "map-entry"),
            ("types { text/html html; }", ""),
            ("types { include mime.types; }", "map-entry"),
            ("split_clients $uri $x { 50% a; 60% b; }", "map-entry"),
            ("split_clients $uri $x { 0.5% a; * b; }", ""),
            ("charset_map koi8-r utf-8 { C0 D18E; }", ""),
            ("charset_map koi8-r windows-1251 { C0 D18E; }", "map-entry"),
        ],
    );
}

#[test]
fn order_counts_only_where_nginx_reads_once() {
    check(
        HTTP,
        &[
            (
                "server { listen 8080; location / { proxy_pass http://later; } } upstream later { server 127.0.0.1; }",
                "",
            ),
            ("server { listen 8080; return 200 $later; } map $uri $later { default 1; }", ""),
            ("upstream a { server 127.0.0.1 backup; server 127.0.0.2; ip_hash; }", ""),
        ],
    );
    check(
        "@",
        &[
            ("load_module x.so;\nevents {}\nhttp {}", ""),
            ("events {}\nload_module x.so;\nhttp {}", "directive-context"),
            ("events {}\nhttp {}\nhttp {}", "duplicate-directive"),
            ("events {}\nserver { listen 80; }\nhttp {}", "directive-context"),
        ],
    );
}

#[test]
fn includes_start_at_the_main_file() {
    let main = |name: &str| format!("events {{}}\nhttp {{ include {name}; }}\n");
    let inner = ("sites/a.conf", "server { listen 80; include ssl.inc; }");
    let beside = ("sites/ssl.inc", "ssl_protocols TLSv1.3;");
    let files = |name: &str, more: &[(&str, &str)]| {
        let text = main(name);
        let mut all = vec![("nginx.conf", text.as_str())];
        all.extend_from_slice(more);
        refusals(&all, None)
    };
    assert_eq!(files("sites/*.conf", &[inner, beside]), ["nginx/include-unresolved"]);
    assert_eq!(files("sites/*.conf", &[inner, ("ssl.inc", beside.1)]), [""; 0]);
    assert_eq!(files("sites/a.conf", &[("sites/a.conf", "}"), ("sites/b.conf", "")]), ["nginx/syntax"]);
    assert_eq!(files("sites/*.conf", &[("sites/.hidden.conf", "}")]), [""; 0]);
    assert_eq!(files("nginx.conf", &[("x.conf", "")]), ["nginx/include-unresolved"]);
    assert_eq!(files("/etc/nginx/sites/a.conf", &[("sites/a.conf", "gzip maybe;")]), ["nginx/invalid-value"]);
}

#[test]
fn fragments_are_read_in_the_context_they_are_made_for() {
    for (path, text, rules) in [
        ("nginx/sites-enabled/shop", "server { listen 80; server_name a; }", ""),
        ("nginx/sites-enabled/shop", "server { listen 80; gzip maybe; }", "nginx/invalid-value"),
        ("nginx/conf.d/gzip.conf", "gzip on;\ngzip_types text/css;", ""),
        ("nginx/snippets/php.conf", "location ~ \\.php$ { fastcgi_pass unix:/run/php.sock; }", ""),
        ("nginx/snippets/proxy.conf", "proxy_set_header Host $host;\nproxy_pass http://app;", ""),
        ("nginx/stream.d/dns.conf", "server { listen 53 udp; proxy_pass 10.0.0.1:53; }", ""),
        ("nginx/upstream.conf", "server 10.0.0.1:80;\nserver 10.0.0.2:80 WEIGHT=2;", "nginx/invalid-value"),
        // What stands outside is not known: no undefined variable, log format, zone or upstream.
        (
            "nginx/sites-enabled/x",
            "server { listen 80; access_log /x main; limit_req zone=a; return 200 $elsewhere; }",
            "",
        ),
    ] {
        assert_eq!(refusals(&[(path, text)], None).join(" "), rules, "{path}: {text}");
    }
}

#[test]
fn versions_decide() {
    for (version, text, rule) in [
        ("1.22.1", "http2 on;", "nginx/version-mismatch"),
        ("1.25.1", "http2 on;", ""),
        ("1.25.1", "ssl on;", "nginx/version-mismatch"),
        ("1.22.1", "ssl off;", ""),
        ("1.27.2", "add_header_inherit merge;", "nginx/version-mismatch"),
    ] {
        let whole = format!("events {{}}\nhttp {{ server {{ listen 8080; {text} }} }}\n");
        assert_eq!(refusals(&[("nginx.conf", &whole)], Some(version)).join(" "), rule, "{version}: {text}");
    }
    let keepalive = "events {}\nhttp { upstream a { server 127.0.0.1; keepalive 4 local; } }\n";
    assert_eq!(refusals(&[("nginx.conf", keepalive)], Some("1.29.7")), [""; 0]);
    assert_eq!(refusals(&[("nginx.conf", keepalive)], None), [""; 0]);
}

/// The rest of what a reader of nginx's grammar must know, given to nginx 1.31.3 and, but for what came later, to 1.22.1.
#[test]
fn the_grammar_statement_by_statement() {
    check_at(
        "1.31.3",
        LOCATION,
        &[
            ("return 200 a\u{c}b;", ""),
            ("return 200 a\u{2028}b;", ""),
            ("return 200 \\;;", ""),
            ("return 200 '\"';", ""),
            ("return 200 'a'\"b\";", "syntax"),
            ("return 200 'a}';", ""),
            ("return 200 \"a{;#}\";", ""),
            ("add_header #c\n X #c\n y;", ""),
            ("if ($uri) #c\n { return 204; }", ""),
            ("return 200 \\t\\r\\n;", ""),
            ("return 200 \\$nothing;", "unknown-variable"),
            ("return 200 \"$-\";", "unknown-variable"),
            ("return 200 \"${uri\";", "unknown-variable"),
            ("return 200 ${uri}{;", "syntax"),
            ("gzip on off;", "arg-count"),
            ("expires -1;", ""),
            ("proxy_read_timeout -1;", "invalid-value"),
            ("proxy_read_timeout 10S;", "invalid-value"),
            ("proxy_read_timeout 10sec;", "invalid-value"),
            ("proxy_read_timeout 500ms;", ""),
            ("proxy_read_timeout 1y;", "invalid-value"),
            ("proxy_read_timeout 1w2d;", ""),
            ("proxy_buffer_size 1g;", "invalid-value"),
            ("proxy_buffer_size 64kb;", "invalid-value"),
            ("proxy_buffer_size 8K;", ""),
            ("client_max_body_size 1G;", ""),
            ("keepalive_requests +1;", "invalid-value"),
            ("keepalive_requests 1k;", "invalid-value"),
            ("satisfy ANY;", ""),
            ("gzip_proxied any any;", ""),
            ("gzip_proxied any none;", "invalid-value"),
            ("if ($uri != a) { return 204; }", ""),
            ("if ($uri !~* a) { return 204; }", ""),
            ("if (-d /x) { return 204; }", ""),
            ("if (!-x /x) { return 204; }", ""),
            ("if (-q /x) { return 204; }", "invalid-value"),
            ("if $uri { return 204; }", "invalid-value"),
            ("if ($uri = a || $uri = b) { return 204; }", "invalid-value"),
            ("if ($uri ~ \"a{2}\") { return 204; }", ""),
            ("if ( $uri = a ) { return 204; }", ""),
            ("if ($uri) { return 204; };", "syntax"),
            ("return 204; return 200;", ""),
            ("access_log off; access_log /tmp/x;", ""),
            ("error_page 404 /a; error_page 404 /b;", ""),
            ("index a; index b;", ""),
            ("gzip on; gzip off;", "duplicate-directive"),
            ("proxy_set_header A b; proxy_set_header A c;", ""),
            ("proxy_pass http://127.0.0.1; proxy_redirect default;", ""),
            ("proxy_redirect default; proxy_pass http://127.0.0.1;", "invalid-value"),
            ("types { text/a a; } types { text/b b; }", ""),
            ("limit_except GET { deny all; }", ""),
            ("limit_except GET POST PUT DELETE HEAD MKCOL COPY MOVE { deny all; }", ""),
        ],
    );
    check_at(
        "1.31.3",
        HTTP,
        &[
            ("map $uri $x { volatile; a 1; }", ""),
            ("map $uri $x { \\include 1; \\volatile 2; \\~x 3; }", ""),
            ("map $uri $x { \"a;b\" 1; }", ""),
            ("map $uri $x { a { } }", "map-entry"),
            ("map $uri $x { include /nowhere/*.map; }", ""),
            ("map $uri $x { default 1; default 2; }", "map-entry"),
            ("geo $x { proxy 10.0.0.0/8; proxy_recursive; default 1; }", ""),
            ("geo $x { delete 127.0.0.0/16; 127.0.0.0/16 1; }", ""),
            ("geo $x { volatile; default 1; }", ""),
            ("geo $uri $x { default 1; }", ""),
            ("split_clients $uri $x { include /x; * a; }", "map-entry"),
            ("split_clients $uri $x { 12.345% a; }", "map-entry"),
            ("split_clients $uri $x { 100% a; }", ""),
            ("types { text/html; }", ""),
            ("charset_map koi8-r utf-8 { zz 20; }", "map-entry"),
            (
                "resolver 127.0.0.1; upstream u { zone u 64k; server a.example resolve; } server { listen 127.0.0.1:18080; }",
                "",
            ),
            ("limit_req zone=a; limit_req_zone $uri zone=a:1m rate=1r/s; server { listen 127.0.0.1:18080; }", ""),
            ("upstream u { ip_hash; server 127.0.0.1; server 127.0.0.2 backup; }", "upstream-backup-unsupported"),
            ("access_log /tmp/x later; log_format later a; server { listen 127.0.0.1:18080; }", "undefined-reference"),
            ("log_format early a; access_log /tmp/x early; server { listen 127.0.0.1:18080; }", ""),
            ("upstream u { zone a 64k; zone b 64k; server 127.0.0.1; }", ""),
            ("map $uri $x { a 1; } map $uri $x { a 2; }", ""),
            ("include /nowhere/[ab].conf;", ""),
            ("server { listen 127.0.0.1:18080; server_name a b; server_name c; }", ""),
            ("server { listen 127.0.0.1:18080; location = /x { location /x/y { } } }", "directive-context"),
            ("server { listen 127.0.0.1:18080; location /a { location /a { } } }", ""),
            ("server { listen 127.0.0.1:18080; \"location\" /a { } }", ""),
            ("server { listen 127.0.0.1:18080; LOCATION /a { } }", "unknown-directive"),
            ("server { listen 127.0.0.1:18080; if ($uri) { add_header A b; } }", "directive-context"),
            ("server { listen 127.0.0.1:18080; if ($uri) { set $x b; rewrite a b; break; } }", ""),
            ("server { listen 127.0.0.1:18080; listen 127.0.0.1:18080; }", "duplicate-definition"),
            ("server { listen 127.0.0.1:18080; } server { listen 127.0.0.1:18080; }", ""),
            ("upstream u { server 127.0.0.1; } upstream u { server 127.0.0.1; }", "duplicate-definition"),
        ],
    );
    check_at(
        "1.31.3",
        "@",
        &[
            ("worker_processes 1; http {}", "syntax"),
            ("events {} events {} http {}", "duplicate-directive"),
            ("worker_processes 1; worker_processes 2; events {} http {}", "duplicate-directive"),
            ("events { }\n}\nhttp {}", "syntax"),
            ("events {}\nhttp {\n return 200 \"open;\n}\n", "syntax"),
            ("events {}\nhttp { gzip }", "missing-semicolon"),
        ],
    );
    check_at(
        "1.31.3",
        "events {}\nhttp { upstream u { server 127.0.0.1; @ } }\n",
        &[
            ("sticky cookie c expires=1h domain=.a path=/ secure httponly samesite=lax;", ""),
            ("sticky cookie \"\";", "invalid-value"),
            ("sticky cookie c expires=x;", "invalid-value"),
            ("sticky cookie c samesite=x;", "invalid-value"),
            ("sticky cookie c secure secure;", "invalid-value"),
            ("sticky cookie c path=;", "invalid-value"),
            ("sticky cookie c foo;", "invalid-value"),
            ("sticky COOKIE c;", "invalid-value"),
            ("sticky route $uri $args;", ""),
            ("sticky route a;", "invalid-value"),
            ("sticky learn create=$uri lookup=$uri zone=z:1m timeout=1h header;", ""),
            ("sticky learn create=$uri zone=z:1m;", "invalid-value"),
            ("sticky learn create=a lookup=$uri zone=z:1m;", "invalid-value"),
            ("sticky learn create=$uri lookup=$uri zone=z:1k;", "invalid-value"),
            ("sticky learn create=$uri lookup=$uri zone=z:1m sync;", "invalid-value"),
        ],
    );
}

/// nginx has these from modules; OpenResty's Lua was tried with Debian's.
#[test]
fn blocks_of_lua_are_not_nginx() {
    for (text, rule) in [
        ("content_by_lua_block { if x then y = '}' end -- }\n }", ""),
        ("content_by_lua_block { x = [==[ } ]==] y = \"}\" --[[ } ]] }", ""),
        ("\"content_by_lua_block\" { x({ y = 1 }) }", ""),
        ("set_by_lua_block $v { return 1 } return 200 $v;", ""),
        ("content_by_lua_block { x = { }", "nginx/syntax"),
        ("content_by_lua_block { x() };", "nginx/syntax"),
        ("content_by_lua 'x = \"}\";';", ""),
    ] {
        let whole = LOCATION.replace('@', text);
        assert_eq!(refusals(&[("nginx.conf", &whole)], None).join(" "), rule, "{text}");
    }
}

/// Values that parse and that nginx refuses nevertheless, each seen with nginx 1.31.3.
#[test]
fn values_beyond_their_types() {
    check_at(
        "1.31.3",
        LOCATION,
        &[
            ("add_header A b$;", "unknown-variable"),
            ("add_header A ~b$;", "unknown-variable"),
            ("proxy_redirect ~^/a$ /b;", ""),
            ("proxy_redirect a ~b$;", "unknown-variable"),
            ("proxy_redirect ~*^/a$ /b;", ""),
            ("proxy_redirect ~(a /b;", "invalid-value"),
            ("proxy_cookie_path ~*^/a$ /b;", ""),
            ("proxy_cookie_domain ~*a$ b;", "invalid-value"),
            ("proxy_cookie_flags ~* secure;", "invalid-value"),
            ("charset a$;", ""),
            ("if ($arg_a-b) { return 204; }", ""),
            ("if ($host-b) { return 204; }", "invalid-value"),
            ("location /x/a /x/b { }", "invalid-value"),
            ("location =/x/a /b { }", "invalid-value"),
            ("location \"=\" /x/a { }", ""),
            ("charset $nothing;", "unknown-variable"),
            ("rewrite a \"\";", "invalid-value"),
            ("rewrite a$ b;", ""),
            ("if ($uri ~ a$) { return 204; }", ""),
        ],
    );
    check_at(
        "1.31.3",
        HTTP,
        &[
            ("log_format a $1;", "unknown-variable"),
            ("resolver valid=1s;", "invalid-value"),
            ("server { server_name ~*^a$; }", "invalid-regex"),
            ("server { server_name ~^a$; }", ""),
        ],
    );
    check_at(
        "1.31.3",
        LOCATION,
        &[
            ("gzip_hash 4k;", ""),
            ("gzip_hash 3k;", "invalid-value"),
            ("gzip_window 32k;", ""),
            ("gzip_window 64k;", "invalid-value"),
            ("http2_chunk_size 0;", "invalid-value"),
            ("http2_chunk_size 1;", ""),
            ("index a \"\";", "invalid-value"),
            ("index $uri;", ""),
            ("disable_symlinks on from=$uri;", ""),
            ("disable_symlinks from=/x on;", ""),
            ("disable_symlinks from=/x;", "invalid-value"),
            ("disable_symlinks off from=/x;", "invalid-value"),
            ("disable_symlinks if_not_owner on;", "invalid-value"),
            ("disable_symlinks $uri;", "invalid-value"),
            ("access_log /x buffer=32k;", "undefined-reference"),
            ("access_log /x combined buffer=32k;", ""),
            ("access_log off combined;", "invalid-value"),
            ("set $memcached_key a; memcached_pass 127.0.0.1:80;", ""),
            ("memcached_pass 127.0.0.1:80;", "unknown-variable"),
            ("set $memcached_key a; memcached_pass $uri:80;", "invalid-value"),
            ("proxy_cookie_flags ~a$ secure;", ""),
            ("proxy_cookie_flags a $nothing;", "unknown-variable"),
            ("proxy_cookie_flags a;", "invalid-value"),
            ("modern_browser unlisted;", ""),
            ("modern_browser MSIE 5.5;", ""),
            ("modern_browser msie;", "invalid-value"),
            ("modern_browser msie x;", "invalid-value"),
            ("modern_browser chrome 5;", "invalid-value"),
            ("tunnel_pass;", ""),
            ("tunnel_pass $host:80;", ""),
            ("tunnel_pass 127.0.0.1:80;", ""),
            ("tunnel_pass 127.0.0.1;", "invalid-value"),
            ("tunnel_pass http://127.0.0.1:80;", "invalid-value"),
            ("tunnel_pass $nothing;", "unknown-variable"),
            ("tunnel_bind 127.0.0.1;", ""),
            ("tunnel_bind on;", "invalid-value"),
            ("proxy_bind $nothing;", "unknown-variable"),
            ("valid_referers none a.com;", ""),
            ("valid_referers none server_names;", ""),
            ("valid_referers none blocked;", "invalid-value"),
            ("valid_referers none ~a;", "invalid-value"),
            ("valid_referers \"\";", "invalid-value"),
            ("valid_referers \"~\";", "invalid-value"),
            ("valid_referers a.com A.com/x;", "invalid-value"),
            ("valid_referers a.com .a.com;", "invalid-value"),
            ("valid_referers a.com *.a.com;", ""),
            ("valid_referers a.*.com;", "invalid-value"),
            ("valid_referers /x; valid_referers /y;", "invalid-value"),
            ("valid_referers none; valid_referers a.com;", ""),
        ],
    );
    check_at(
        "1.31.3",
        SERVER,
        &[
            ("connection_pool_size 112;", ""),
            ("connection_pool_size 100;", "invalid-value"),
            ("connection_pool_size 120;", "invalid-value"),
            ("connection_pool_size 10k;", "invalid-value"),
            ("connection_pool_size 10k; large_client_header_buffers 4 16k;", ""),
            ("large_client_header_buffers 4 256;", "invalid-value"),
            ("large_client_header_buffers 4 512;", ""),
            ("request_pool_size 120;", "invalid-value"),
            ("ssl_password_file \"\";", "invalid-value"),
        ],
    );
    check_at(
        "1.31.3",
        HTTP,
        &[
            ("connection_pool_size 10m;", ""),
            ("connection_pool_size 10m; server { listen 8080; }", "invalid-value"),
            ("http2_recv_buffer_size 16;", "invalid-value"),
            ("http2_recv_buffer_size 17;", ""),
            ("limit_conn_zone $uri zone=x:1m;", ""),
            ("limit_conn_zone $uri rate=1r/s;", "invalid-value"),
        ],
    );
    check_at(
        "1.31.3",
        "events {}\nstream { server { listen 8080; @ } }\n",
        &[
            ("pass 127.0.0.1:80;", ""),
            ("pass [::1]:80;", ""),
            ("pass unix:/x;", ""),
            ("pass $remote_addr:80;", ""),
            ("pass 127.0.0.1;", "invalid-value"),
            ("pass localhost:80;", "invalid-value"),
            ("pass $uri;", "unknown-variable"),
            ("proxy_pass 127.0.0.1:1; access_log off;", ""),
            ("proxy_pass 127.0.0.1:1; access_log /x;", "invalid-value"),
            ("proxy_pass 127.0.0.1:1; access_log /x combined;", "undefined-reference"),
            ("proxy_pass 127.0.0.1:1; proxy_bind $uri;", "unknown-variable"),
        ],
    );
    check_at("1.31.3", "events { worker_connections @; }\nhttp {}\n", &[("1", ""), ("0", "invalid-value")]);
}
