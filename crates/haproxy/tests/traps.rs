//! What a naive reader of haproxy.cfg gets wrong: each trap of the real parser, held against the model and the verdict.

#![allow(clippy::unwrap_used, reason = "a test")]

mod shared;

use confvet_haproxy::model::{CheckKind, Mode, Timeout};
use shared::{DEFAULTS, accepts, backend, frontend, refuses};

#[test]
fn words_and_quotes() {
    accepts(&frontend("    acl x path_reg ^/foo$\n    acl y path_reg '^/foo$'\n    acl z path_reg \\.php$\n"));
    refuses(&frontend("    acl x path_reg \"^/foo$\"\n"), "haproxy/syntax-error");
    accepts(&frontend("    http-request set-header X \"a b\"c\n    log-format %ci\\ %cp\n"));
    refuses(&frontend("    log-format %ci %cp\n"), "haproxy/invalid-value");
    accepts(&frontend("    http-request redirect location /#/login\n"));
    refuses(&frontend("    http-request deny \"\n"), "haproxy/syntax-error");
    refuses(&backend("    server a1 10.0.0.11:8080 \\\n    server a2 10.0.0.12:8080\n"), "haproxy/syntax-error");
    refuses(&frontend("    Acl x path /\n"), "haproxy/unknown-keyword");
    accepts(&frontend("    acl x path /\r    this is behind a carriage return\n"));
    refuses(&format!("{}\0\n", frontend("")), "haproxy/syntax-error");
    refuses(&format!("\u{feff}{}", frontend("")), "haproxy/syntax-error");
    refuses(frontend("").trim_end(), "haproxy/syntax-error");
}

#[test]
fn an_empty_word_ends_the_statement() {
    let text = backend("    server a1 10.0.0.11:8080 \"\" check wieght 50\n");
    accepts(&text);
    assert!(confvet_haproxy::parse(&text).model.backend("app").unwrap().servers[0].check().is_none());
}

#[test]
fn variables() {
    accepts(&frontend("    http-request set-header X \"${SITE-shop}\"\n    acl y hdr(host) \"$HOST\" ${LITERAL}\n"));
    refuses(&frontend("    http-request set-header X \"${SITE:-shop}\"\n"), "haproxy/syntax-error");
    accepts(&backend("    server a1 ${APP_HOST}:8080\n    server a2 \"${APP_HOST-127.0.0.1}:8080\"\n"));
}

#[test]
fn conditional_blocks() {
    let within = |lines: &str| frontend(&lines.replace('|', "\n    "));
    accepts(&within(
        "    .if version_atleast(2.4)|acl a path /|.else|acl a url /|nonsense|.endif|http-request deny if a\n",
    ));
    refuses(&within("    .if version_before(2.4)|acl a path \"/|.endif\n"), "haproxy/syntax-error");
    refuses(&within("    .if 1|acl a path /\n"), "haproxy/syntax-error");
    refuses(&within("    .endif\n"), "haproxy/syntax-error");
    refuses(&within("    .if 0|.else|.else|.endif\n"), "haproxy/syntax-error");
    refuses(&within("    .if 0|.else now|.endif\n"), "haproxy/syntax-error");
    refuses(&within("    .iff 1|.endif\n"), "haproxy/syntax-error");
    refuses(&within("    .if 1|.alert stop|.endif\n"), "haproxy/syntax-error");
    refuses(&within("    .notice two words\n"), "haproxy/syntax-error");
    accepts(&frontend("    .if feature(OPENSSL) && !streq(\"$A\",b) || defined(X)\n    acl a path /\n    .endif\n"));
    refuses(&within("    .if features(OPENSSL)|acl a path /|.endif\n"), "haproxy/syntax-error");
    let either = ".if defined(A)\nbackend app\n    server a1 10.0.0.1:80\n.else\nbackend app\n    server a1 10.0.0.2:80\n.endif\n";
    accepts(&format!("{DEFAULTS}frontend web\n    bind :8080\n    default_backend app\n{either}"));
}

#[test]
fn sections_and_their_names() {
    refuses(&format!("maxconn 5\n{}", frontend("")), "haproxy/syntax-error");
    refuses(
        &format!(
            "{DEFAULTS}frontend web 10.0.0.1:80\n    default_backend app\nbackend app\n    server a 10.0.0.1:80\n"
        ),
        "haproxy/invalid-value",
    );
    refuses(&format!("{}backend app\n    server b1 10.0.0.1:80\n", frontend("")), "haproxy/duplicate-name");
    accepts(&format!(
        "{DEFAULTS}frontend app\n    bind :80\n    default_backend app\nbackend app\n    server a 10.0.0.1:80\n"
    ));
    refuses(&backend("    server a1 10.0.0.1:80\n    server a1 10.0.0.2:80\n"), "haproxy/duplicate-name");
    accepts(&frontend("    acl a path /a\n    acl a path /b\n"));
    accepts(&format!("{}global\n    maxconn 5\nglobal\n    nbthread 2\n", frontend("")));
}

#[test]
fn defaults_start_from_scratch_and_are_inherited() {
    let text = "defaults\n    mode http\n    timeout server 1s\ndefaults\n    timeout client 2s\nlisten a\n    bind :1\n\
                defaults base\n    mode http\n    timeout server 3s\ndefaults more from base\n    timeout client 4s\n\
                listen b from base\n    bind :2\nlisten c\n    bind :3\n";
    let model = confvet_haproxy::parse(text).model;
    let seconds = |name: &str, timeout| {
        let setting = model.proxies.iter().find(|proxy| proxy.name() == name)?.timeout(timeout)?;
        setting.duration.map(|duration| duration.as_secs())
    };
    assert_eq!((seconds("a", Timeout::Server), seconds("a", Timeout::Client)), (None, Some(2)));
    assert_eq!((seconds("b", Timeout::Server), seconds("b", Timeout::Client)), (Some(3), None));
    assert_eq!((seconds("c", Timeout::Server), seconds("c", Timeout::Client)), (Some(3), Some(4)));
    assert_eq!(
        model.proxies.iter().map(confvet_haproxy::model::Proxy::mode).collect::<Vec<_>>(),
        [Mode::Tcp, Mode::Http, Mode::Http]
    );
    refuses(&format!("defaults\n    bind :80\n{}", frontend("")), "haproxy/keyword-not-allowed");
    refuses(&format!("defaults\n    http-request deny\n{}", frontend("")), "haproxy/keyword-not-allowed");
    accepts(&format!("defaults unused\n    mode http\n    http-request deny\n{}", frontend("")));
}

#[test]
fn logs_add_up() {
    let text = "global\n    log a:1 local0\ndefaults\n    log global\nfrontend a\n    log b:1 local0\nfrontend b\n    no log\n";
    let model = confvet_haproxy::parse(text).model;
    assert_eq!(model.proxies.iter().map(|proxy| proxy.logs().count()).collect::<Vec<_>>(), [2, 0]);
}

#[test]
fn default_server_holds_for_the_servers_below() {
    let text = backend(
        "    server a1 10.0.0.1:80\n    default-server check inter 1s\n    default-server fall 5\n    server a2 10.0.0.2:80 no-check\n    server a3 10.0.0.3:80\n",
    );
    let model = confvet_haproxy::parse(&text).model;
    let servers = &model.backend("app").unwrap().servers;
    assert_eq!(servers.iter().map(|server| server.check().is_some()).collect::<Vec<_>>(), [false, false, true]);
    assert_eq!((servers[0].fall(), servers[2].fall()), (Some(3), Some(5)));
    assert_eq!(servers[2].inter().map(|inter| inter.as_secs()), Some(1));
}

#[test]
fn health_checks_are_inherited_in_two_parts() {
    let text = "defaults\n    mode http\n    option httpchk GET /up\n    http-check expect status 200\n\
                backend same\nbackend flags\n    http-check disable-on-404\nbackend dropped\n    http-check expect status 204\n\
                backend own\n    option httpchk\nbackend last\n    option httpchk\n    option tcp-check\n";
    let model = confvet_haproxy::parse(text).model;
    let check = |name: &str| &model.backend(name).unwrap().check;
    assert_eq!(check("same").request().unwrap().line(), "GET /up");
    assert!(!check("same").request_dropped && !check("flags").request_dropped && check("dropped").request_dropped);
    assert_eq!((check("same").http.len(), check("own").http.len()), (1, 0));
    assert_eq!(check("own").request().unwrap().line(), "OPTIONS /");
    assert_eq!(check("last").kind, CheckKind::Tcp);
    let text = "backend one\n    option httpchk GET\n";
    assert_eq!(
        confvet_haproxy::parse(text).model.backend("one").unwrap().check.request().unwrap().line(),
        "OPTIONS GET"
    );
}

#[test]
fn negations() {
    accepts(&frontend("    no option http-server-close\n    no log\n"));
    refuses(&frontend("    no option httplog\n"), "haproxy/keyword-not-allowed");
    refuses(&frontend("    no timeout client\n"), "haproxy/keyword-not-allowed");
}

#[test]
fn units() {
    for (value, right) in [("5s", true), ("5", true), ("5min", true), ("1.5s", false), ("30M", false), ("25d", false)] {
        let text = format!("{DEFAULTS}    timeout queue {value}\nlisten a\n    bind :80\n");
        if right { accepts(&text) } else { refuses(&text, "haproxy/invalid-value") }
    }
    refuses(&format!("{DEFAULTS}    timeout queue 5 s\nlisten a\n    bind :80\n"), "haproxy/invalid-value");
    accepts(&backend("    server a1 10.0.0.1:80 maxconn 5k\n"));
    accepts(&format!("global\n    maxconn 10k\n{}", frontend("")));
}

#[test]
fn addresses() {
    let bind = |address: &str| format!("{DEFAULTS}listen a\n    bind {address}\n");
    for address in
        [":80", "*:80", "::1:80", "[::1]:80", "10.0.0.1:80-90,10.0.0.2:80", "/run/a.sock", "ipv4@:80", "abns@a"]
    {
        accepts(&bind(address));
    }
    for address in ["8006", "10.0.0.1", ":99999", ":90-80", ":+80"] {
        refuses(&bind(address), "haproxy/invalid-value");
    }
    accepts(&backend("    server a1 10.0.0.1\n    server a2 10.0.0.1:+10\n    server a3 :80\n"));
    refuses(&backend("    server a1 10.0.0.1 check\n"), "haproxy/invalid-combination");
}

#[test]
fn conditions_and_acls() {
    accepts(&frontend(
        "    acl a path /a\n    http-request deny if !a or { path /b } || ! a\n    http-request deny unless a a\n",
    ));
    refuses(&frontend("    acl a path /a\n    http-request deny if a and a\n"), "haproxy/undefined-reference");
    refuses(&frontend("    http-request deny if { path /b\n"), "haproxy/invalid-value");
    refuses(&frontend("    http-request deny if {path /b}\n"), "haproxy/undefined-reference");
    refuses(&frontend("    http-request deny if { }\n"), "haproxy/invalid-value");
    accepts(&frontend("    acl a path_beg /a -i\n    http-request deny if a METH_POST WAIT_END\n"));
    let text = frontend("    acl a path /a\n").replace("    server a1", "    http-request deny if a\n    server a1");
    refuses(&text, "haproxy/undefined-reference");
    accepts(&frontend("    use_backend %[req.hdr(host),lower] if TRUE\n"));
    accepts(&frontend("    acl a dst_port 80:90 443 :10\n    acl b status 500-599\n    acl c int(5) -- -1\n"));
    refuses(&frontend("    acl a dst_port http\n"), "haproxy/invalid-value");
    refuses(&frontend("    acl a int(5) -1\n"), "haproxy/invalid-value");
    refuses(&frontend("    acl a var(txn.x) foo\n"), "haproxy/invalid-value");
    refuses(&frontend("    acl a src 10.0.0.0/33\n"), "haproxy/invalid-value");
}

#[test]
fn arguments_are_read_a_second_time() {
    accepts(&frontend("    http-request set-var(txn.x) path,'regsub(\"a,b\",c,g)'\n"));
    refuses(&frontend("    http-request set-var(txn.x) path,field( 1,/)\n"), "haproxy/invalid-value");
    refuses(&frontend("    http-request set-var(txn.x) path,field(1\n"), "haproxy/invalid-value");
    refuses(&frontend("    http-request set-var(txn.x) path,lower(1)\n"), "haproxy/invalid-value");
    refuses(&frontend("    http-request set-var(txn.x) src_get_gpc0\n"), "haproxy/invalid-value");
    refuses(&frontend("    http-request set-var(txn.x) res.hdr(a)\n"), "haproxy/invalid-value");
    accepts(&frontend("    http-response set-var(txn.x) res.hdr(a)\n"));
}

#[test]
fn scopes_and_keywords_outside_their_place() {
    accepts(&frontend("[scope]\n  [other] # of no meaning here\n"));
    refuses(&frontend("    Option httplog\n"), "haproxy/unknown-keyword");
    refuses(&frontend("    nbthread 2\n"), "haproxy/keyword-not-allowed");
    refuses(&format!("global\n    balance source\n{}", frontend("")), "haproxy/keyword-not-allowed");
}

#[test]
fn depth_and_directives_of_conditional_blocks() {
    let nested = |depth: usize| frontend(&format!("{}{}", ".if 1\n".repeat(depth), ".endif\n".repeat(depth)));
    accepts(&nested(99));
    refuses(&nested(100), "haproxy/syntax-error");
    accepts(&frontend(".if 0\n.nonsense\n    nonsense\n.endif\n"));
    accepts(&frontend(".diag \"one message\"\n.notice \"another one\"\n"));
    refuses(&frontend(".if 1\n.endif now\n"), "haproxy/syntax-error");
    refuses(&frontend(".if 0\n.else\n.elif 1\n.endif\n"), "haproxy/syntax-error");
    refuses(&frontend(".if 0\n    acl a path 'open\n.endif\n"), "haproxy/syntax-error");
    accepts(&format!(".if 1\n{}.endif\n", frontend("")));
}

#[test]
fn what_no_defaults_section_may_hold() {
    for line in [
        "bind :80",
        "server a 10.0.0.1:80",
        "server-template a 3 10.0.0.1:80",
        "use_backend app",
        "use-server a if TRUE",
        "redirect location /",
        "stick on src",
        "stick-table type ip size 1k",
        "capture request header X len 5",
        "filter trace",
        "monitor fail if TRUE",
        "stats admin if TRUE",
        "stats http-request deny",
        "id 5",
        "description x",
        "force-persist if TRUE",
        "ignore-persist if TRUE",
    ] {
        let text = format!("defaults named\n    mode http\n    {line}\n{}", frontend(""));
        refuses(&text, "haproxy/keyword-not-allowed");
    }
    for line in [
        "acl a path /",
        "http-request deny",
        "http-response deny",
        "http-after-response set-header X y",
        "tcp-request content accept",
        "tcp-response content accept",
    ] {
        let text = |name: &str| format!("defaults{name}\n    mode http\n    {line}\n{}", frontend(""));
        refuses(&text(""), "haproxy/keyword-not-allowed");
        accepts(&text(" named"));
    }
}

#[test]
fn defaults_with_rules_and_names() {
    let named = |user: &str| {
        format!(
            "defaults base\n    mode http\n    timeout connect 5s\n    timeout client 5s\n    timeout server 5s\n    acl api path_beg /api\n    http-request deny if api\n{user}"
        )
    };
    accepts(&named("frontend web from base\n    bind :80\n"));
    refuses(&named("listen web from base\n    bind :80\n"), "haproxy/keyword-not-allowed");
    refuses(&named("defaults more from base\nlisten web from more\n    bind :80\n"), "haproxy/keyword-not-allowed");
    refuses(&named("frontend web from base\n    bind :80\nbackend app from base\n"), "haproxy/keyword-not-allowed");
    let acl = "frontend web from base\n    bind :80\n    http-request return status 200 if api\n";
    refuses(&named(acl), "haproxy/undefined-reference");
    refuses(&named("frontend web from nowhere\n    bind :80\n"), "haproxy/undefined-reference");
    let twice = "defaults a\n    mode http\ndefaults a\n    mode http\nfrontend web";
    refuses(&format!("{twice} from a\n    bind :80\n"), "haproxy/duplicate-name");
    accepts(&format!("{twice}\n    bind :80\n"));
}

#[test]
fn options_that_can_be_negated() {
    for option in ["http-server-close", "httpclose", "http-keep-alive", "redispatch", "dontlognull", "logasap"] {
        accepts(&format!("defaults\n    no option {option}\n{}", frontend("")));
    }
    for option in ["tcplog", "httplog", "forwardfor", "httpchk", "originalto"] {
        refuses(&format!("defaults\n    no option {option}\n{}", frontend("")), "haproxy/keyword-not-allowed");
    }
}

#[test]
fn sizes_and_numbers() {
    let table = |size: &str| format!("{DEFAULTS}listen a\n    bind :80\n    stick-table type ip size {size}\n");
    for size in ["100", "1k", "1M", "1g"] {
        accepts(&table(size));
    }
    for size in ["1kb", "1KiB", "10b", "k", "1.5k"] {
        refuses(&table(size), "haproxy/invalid-value");
    }
    accepts(&backend("    retries many\n    fullconn 1,000\n    server a1 10.0.0.1:80 check port 8008x maxconn abc\n"));
    accepts(&frontend("    maxconn 5k\n    backlog 1e3\n"));
}

#[test]
fn methods_of_acls_and_what_follows_a_value() {
    for method in ["found", "str", "sub", "reg", "beg", "end", "dir", "dom", "len"] {
        accepts(&frontend(&format!("    acl a path -m {method} 1\n")));
    }
    refuses(&frontend("    acl a path -m like /x\n"), "haproxy/invalid-value");
    refuses(&frontend("    acl a path -z /x\n"), "haproxy/invalid-value");
    accepts(&frontend("    acl a path /x -z -m like\n    acl b path -i -- -z\n"));
    accepts(&frontend("    http-request deny if { path /a } OR { path /b } || METH_GET\n"));
    refuses(&frontend("    http-request deny if ( METH_GET )\n"), "haproxy/undefined-reference");
    refuses(&frontend("    http-request deny if METH_GET && METH_POST\n"), "haproxy/undefined-reference");
}

#[test]
fn routes_are_in_the_order_in_which_they_are_tried() {
    let text = "defaults\n    default_backend last\nfrontend web\n    use_backend one if TRUE\n    default_backend rest\n    use_backend two if FALSE\nfrontend other\n    use_backend one if TRUE\nbackend one\nbackend two\nbackend rest\nbackend last\n";
    let model = confvet_haproxy::parse(text).model;
    let routes = |number: usize| model.proxies[number].routes().map(|route| route.text(1)).collect::<Vec<_>>();
    assert_eq!(routes(0), ["one", "two", "rest"]);
    assert_eq!(routes(1), ["one", "last"]);
    assert_eq!(routes(2), Vec::<&str>::new());
}
