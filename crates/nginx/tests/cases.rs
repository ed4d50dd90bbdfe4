//! What each rule speaks on and what it stays quiet on, case by case: severities and the exact places.

mod common;

use confvet_core::{Category, Context, Facts, FileId, Input, Severity, Source, Sources, System};
use confvet_nginx::NginxSystem;

/// The severity a rule's page gives.
fn severity_of(rule: &str) -> Severity {
    let page = format!("{}/../../rules/nginx/{rule}.md", env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(page).expect("a page");
    match page.lines().find_map(|line| line.strip_prefix("severity: ")) {
        Some("error") => Severity::Error,
        Some("info") => Severity::Info,
        _ => Severity::Warning,
    }
}

/// What a rule says of a configuration: a severity and the text it points at.
fn findings(rule: &str, text: &str, version: Option<&str>, facts: &Facts) -> Vec<String> {
    let sources: Sources = [Source::new("nginx.conf", text)].into_iter().collect();
    let target = common::target(version);
    let kind = NginxSystem::KINDS[0];
    let parsed = NginxSystem::parse(&Input { sources: &sources, file: FileId(0), kind, target: &target, facts });
    let context = Context { sources: &sources, target: &target, facts };
    let rule = NginxSystem::rules().iter().find(|known| known.name.ends_with(&format!("/{rule}"))).expect("a rule");
    let severity = severity_of(rule.name.trim_start_matches("nginx/"));
    let found = common::run(rule, (severity, Category::Outage), &parsed.model, &context);
    let describe = |found: confvet_core::Diagnostic| {
        let severity = match found.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        };
        format!("{severity} {}", &text[found.primary.span.range()])
    };
    found.into_iter().map(describe).collect()
}

/// Cases that came out otherwise; all of a test are shown at its end.
#[derive(Default)]
struct Cases(Vec<String>);

impl Cases {
    /// Configurations with what the rule says of them.
    fn check(&mut self, rule: &str, shape: &str, version: Option<&str>, cases: &[(&str, &[&str])]) {
        for (text, expected) in cases {
            let found = findings(rule, &shape.replace('@', text), version, &Facts::new());
            if found != *expected {
                self.0.push(format!("{rule}: {text}\n    says {found:?}\n    not  {expected:?}"));
            }
        }
    }
}

impl Drop for Cases {
    fn drop(&mut self) {
        assert!(self.0.is_empty() || std::thread::panicking(), "\n{}", self.0.join("\n"));
    }
}

const HTTP: &str = "events {}\nhttp {\n@\n}\n";
const SERVER: &str = "events {}\nhttp { server { listen 8080; server_name a.example;\n@\n} }\n";
const LOCATION: &str = "events {}\nhttp { server { listen 8080; server_name a.example; location /x/ {\n@\n} } }\n";
const NEW: Option<&str> = Some("1.28.0");
const OLD: Option<&str> = Some("1.22.1");

#[test]
fn names_that_are_looked_up_once() {
    let mut cases = Cases::default();
    cases.check(
        "upstream-static-dns",
        HTTP,
        NEW,
        &[
            (
                "upstream u { server a-alb.internal; } server { location / { proxy_pass http://u; } }",
                &["error a-alb.internal"],
            ),
            (
                "upstream u { server a.elb.eu-west-1.amazonaws.com:80; } server { location / { proxy_pass http://u; } }",
                &["error a.elb.eu-west-1.amazonaws.com"],
            ),
            (
                "upstream u { server db.service.consul; } server { location / { proxy_pass http://u; } }",
                &["warning db.service.consul"],
            ),
            (
                "upstream u { server api.example.com; } server { location / { proxy_pass http://u; } }",
                &["warning api.example.com"],
            ),
            (
                "upstream u { server x-nlb.example.com; } server { location / { proxy_pass http://u; } }",
                &["warning x-nlb.example.com"],
            ),
            ("upstream u { server app.corp; } server { location / { proxy_pass http://u; } }", &["info app.corp"]),
            ("upstream u { server app; } server { location / { proxy_pass http://u; } }", &["info app"]),
            ("server { location / { fastcgi_pass php.example.com:9000; } }", &["warning php.example.com"]),
            // The same name once, wherever it stands.
            (
                "server { location / { proxy_pass http://api.example.com; } location /b { proxy_pass http://api.example.com; } }",
                &["warning api.example.com"],
            ),
            // Addresses, sockets, the machine itself, variables, servers that are down, unused groups.
            (
                "upstream u { server 10.0.0.1; server unix:/x; server localhost; server gone.example.com down; } server { location / { proxy_pass http://u; } }",
                &[],
            ),
            ("upstream u { server api.example.com; } server { location / { return 204; } }", &[]),
            ("server { location / { proxy_pass http://$host; } }", &[]),
            (
                "resolver 10.0.0.2; upstream u { zone u 64k; server api.example.com resolve; } server { location / { proxy_pass http://u; } }",
                &[],
            ),
            (
                "upstream u { server 0.0.0.1; balancer_by_lua_block { x() } } server { location / { proxy_pass http://u; } }",
                &[],
            ),
            (
                "upstream u { server api.example.com; balancer_by_lua_block { x() } } server { location / { proxy_pass http://u; } }",
                &[],
            ),
        ],
    );
    cases.check(
        "upstream-static-dns",
        "events {}\nstream { server { listen 53; @ } }\n",
        NEW,
        &[("proxy_pass dns.example.com:53;", &["warning dns.example.com"]), ("proxy_pass 10.0.0.1:53;", &[])],
    );
}

#[test]
fn resolve_needs_a_zone_and_a_resolver() {
    let mut cases = Cases::default();
    let used = |upstream: &str| format!("{upstream} server {{ listen 8080; location / {{ proxy_pass http://u; }} }}");
    for (upstream, zone, resolver, version) in [
        (
            "upstream u { server a.example.com resolve; }",
            &["error resolve"][..],
            &["error resolve"][..],
            &["error resolve"][..],
        ),
        (
            "resolver 10.0.0.2; upstream u { server a.example.com resolve; }",
            &["error resolve"],
            &[],
            &["error resolve"],
        ),
        ("upstream u { zone u 64k; server a.example.com resolve; }", &[], &["error resolve"], &["error resolve"]),
        (
            "upstream u { zone u 64k; resolver 10.0.0.2; server a.example.com resolve; }",
            &[],
            &[],
            &["error resolve", "error resolver"],
        ),
        ("upstream u { server a.example.com resolve; zone u 64k; } resolver 10.0.0.2;", &[], &[], &["error resolve"]),
        ("upstream u { server 10.0.0.1 resolve; }", &[], &[], &["error resolve"]),
        ("upstream u { server a.example.com; }", &[], &[], &[]),
    ] {
        let text = HTTP.replace('@', &used(upstream));
        let facts = Facts::new();
        let said = |rule, version| {
            let found = findings(rule, &text, version, &facts);
            found.into_iter().map(|line| line.replace("warning ", "error ")).collect::<Vec<_>>()
        };
        assert_eq!(said("resolve-without-zone", NEW), zone, "{upstream}");
        assert_eq!(said("resolve-without-resolver", NEW), resolver, "{upstream}");
        assert_eq!(said("resolve-unsupported-version", OLD), version, "{upstream}");
        assert_eq!(said("resolve-unsupported-version", Some("1.27.2")), version, "{upstream}");
        assert_eq!(said("resolve-unsupported-version", Some("1.27.3")), [""; 0], "{upstream}");
        assert_eq!(said("resolve-without-zone", OLD), [""; 0], "{upstream}");
    }
    // One in `server` or `location` does not count for groups.
    cases.check(
        "resolve-without-resolver",
        HTTP,
        NEW,
        &[(
            "upstream u { zone u 64k; server a.example.com resolve; } server { resolver 10.0.0.2; location / { proxy_pass http://u; } }",
            &["error resolve"],
        )],
    );
}

#[test]
fn variables_in_passes() {
    let mut cases = Cases::default();
    cases.check(
        "variable-upstream-without-resolver",
        SERVER,
        NEW,
        &[
            ("set $b api.corp.example; location / { proxy_pass http://$b:80; }", &["error $b"]),
            ("location / { proxy_pass http://api.example.com$request_uri; }", &["error api.example.com"]),
            ("location / { proxy_pass http://$arg_to; }", &["warning $arg_to"]),
            ("resolver 10.0.0.2; set $b api.corp.example; location / { proxy_pass http://$b:80; }", &[]),
            ("set $b 10.0.0.5; location / { proxy_pass http://$b:80; }", &[]),
            ("set $b unix:/run/x.sock; location / { proxy_pass http://$b; }", &[]),
            ("location / { proxy_pass http://$server_addr:81; }", &[]),
        ],
    );
    cases.check(
        "dynamic-dns-defeated",
        SERVER,
        NEW,
        &[
            (
                "resolver 10.0.0.2; location /h { proxy_pass http://b.corp.example:90; } location / { set $b b.corp.example; proxy_pass http://$b:90; }",
                &["warning proxy_pass http://$b:90"],
            ),
            (
                "resolver 10.0.0.2; location /h { proxy_pass http://b.corp.example:91; } location / { set $b b.corp.example; proxy_pass http://$b:90; }",
                &[],
            ),
            ("resolver 10.0.0.2; location / { set $b b.corp.example; proxy_pass http://$b:90; }", &[]),
        ],
    );
    cases.check(
        "proxy-pass-variable-uri",
        SERVER,
        NEW,
        &[
            ("location /a/ { proxy_pass http://$host/b/; }", &["warning /b/"]),
            ("location /a/ { proxy_pass http://$host/; }", &["warning /"]),
            ("location /a/ { proxy_pass http://$host/b$request_uri; }", &[]),
            ("location /a/ { proxy_pass http://$host$uri$is_args$args; }", &[]),
            ("location = /a { proxy_pass http://$host/b; }", &[]),
            ("location /a { internal; proxy_pass http://$host/b; }", &[]),
            ("location @a { proxy_pass http://$host/b; }", &[]),
            ("location /a/ { proxy_pass http://$host; }", &[]),
        ],
    );
}

#[test]
fn resolvers() {
    let mut cases = Cases::default();
    cases.check(
        "resolver-unused",
        HTTP,
        NEW,
        &[
            (
                "resolver 10.0.0.2; upstream u { server api.example.com; } server { location / { proxy_pass http://u; } }",
                &["warning resolver 10.0.0.2"],
            ),
            (
                "resolver 10.0.0.2; upstream u { server 10.0.0.1; } server { location / { proxy_pass http://u; } }",
                &["info resolver 10.0.0.2"],
            ),
            ("resolver 10.0.0.2; server { location / { proxy_pass http://$host; } }", &[]),
            ("resolver 10.0.0.2; server { listen 443 ssl; ssl_stapling on; }", &[]),
            (
                "resolver 10.0.0.2; upstream u { zone u 64k; server api.example.com resolve; } server { location / { proxy_pass http://u; } }",
                &[],
            ),
            ("resolver 10.0.0.2; server { location / { content_by_lua_block { x() } } }", &[]),
        ],
    );
    cases.check(
        "resolver-external",
        HTTP,
        NEW,
        &[
            ("resolver 8.8.8.8; server { location / { proxy_pass http://$host; } }", &["warning 8.8.8.8"]),
            (
                "resolver 1.1.1.1:53 valid=1s; server { location / { proxy_pass http://$host; } }",
                &["warning 1.1.1.1:53"],
            ),
            (
                "resolver [2606:4700::1111]; server { location / { proxy_pass http://$host; } }",
                &["warning [2606:4700::1111]"],
            ),
            (
                "resolver 127.0.0.53 [::1]:5353 10.1.1.1 100.64.0.1 169.254.169.253 [fd00::1]; server { location / { proxy_pass http://$host; } }",
                &[],
            ),
            ("resolver 8.8.8.8; server { listen 443 ssl; ssl_stapling on; }", &["info 8.8.8.8"]),
        ],
    );
    cases.check(
        "resolver-cache-too-long",
        HTTP,
        NEW,
        &[
            (
                "resolver 10.0.0.2 valid=1h; upstream u { zone u 64k; server a-alb.example.com resolve; } server { location / { proxy_pass http://u; } }",
                &["warning valid=1h"],
            ),
            (
                "resolver 10.0.0.2 valid=20s; upstream u { zone u 64k; server a-alb.example.com resolve; } server { location / { proxy_pass http://u; } }",
                &[],
            ),
            (
                "resolver 10.0.0.2 valid=1h; upstream u { zone u 64k; server a.example.com resolve; } server { location / { proxy_pass http://u; } }",
                &[],
            ),
            (
                "resolver 10.0.0.2 valid=2h; upstream u { zone u 64k; server a.example.com resolve; } server { location / { proxy_pass http://u; } }",
                &["warning valid=2h"],
            ),
        ],
    );
    cases.check(
        "resolve-unqualified-name",
        HTTP,
        NEW,
        &[
            (
                "resolver 10.96.0.10; upstream u { zone u 64k; server cart:80 resolve; } server { location / { proxy_pass http://u; } }",
                &["warning cart"],
            ),
            (
                "resolver 10.96.0.10; upstream u { zone u 64k; server cart.shop:80 resolve; } server { location / { proxy_pass http://u; } }",
                &["warning cart.shop"],
            ),
            (
                "resolver 10.0.0.10; upstream u { zone u 64k; server cart.svc:80 resolve; } server { location / { proxy_pass http://u; } }",
                &["warning cart.svc"],
            ),
            (
                "resolver 127.0.0.11; upstream u { zone u 64k; server cart:80 resolve; } server { location / { proxy_pass http://u; } }",
                &[],
            ),
            (
                "resolver 10.96.0.10; upstream u { zone u 64k; server cart.shop.svc.cluster.local:80 resolve; } server { location / { proxy_pass http://u; } }",
                &[],
            ),
        ],
    );
}

#[test]
fn groups() {
    let mut cases = Cases::default();
    cases.check(
        "upstream-https-default-port",
        HTTP,
        NEW,
        &[
            ("upstream u { server 10.0.0.9; } server { location / { proxy_pass https://u; } }", &["error 10.0.0.9"]),
            ("upstream u { server 10.0.0.9; } server { location / { grpc_pass grpcs://u; } }", &["error 10.0.0.9"]),
            (
                "upstream u { server 10.0.0.9:443; server unix:/x; } server { location / { proxy_pass https://u; } }",
                &[],
            ),
            ("upstream u { server 10.0.0.9; } server { location / { proxy_pass http://u; } }", &[]),
        ],
    );
    cases.check(
        "upstream-backup-unsupported",
        HTTP,
        NEW,
        &[
            ("upstream u { ip_hash; server 10.0.0.1; server 10.0.0.2 backup; }", &["error backup"]),
            ("upstream u { random; server 10.0.0.1; server 10.0.0.2 backup; }", &["error backup"]),
            ("upstream u { least_conn; server 10.0.0.1; server 10.0.0.2 backup; }", &[]),
            ("upstream u { server 10.0.0.1; server 10.0.0.2 backup; }", &[]),
        ],
    );
    cases.check(
        "upstream-no-usable-server",
        HTTP,
        NEW,
        &[
            ("upstream u { }", &["error u"]),
            ("upstream u { server 10.0.0.1 backup; }", &["error u"]),
            ("upstream u { server 10.0.0.1 down; server 10.0.0.2 down; }", &["error u"]),
            ("upstream u { server 10.0.0.1 down; server 10.0.0.2; }", &[]),
            ("upstream u { zone u 64k; state /x; }", &[]),
        ],
    );
    cases.check(
        "upstream-method-order",
        HTTP,
        NEW,
        &[
            ("upstream u { ip_hash; least_conn; server 10.0.0.1; }", &["warning least_conn"]),
            ("upstream u { keepalive 4; least_conn; server 10.0.0.1; }", &["warning least_conn"]),
            ("upstream u { least_conn; server 10.0.0.1; keepalive 4; }", &[]),
        ],
    );
    cases.check(
        "upstream-method-order",
        HTTP,
        Some("1.29.7"),
        &[("upstream u { keepalive 4; least_conn; server 10.0.0.1; }", &[])],
    );
    cases.check(
        "upstream-method-order",
        HTTP,
        None,
        &[("upstream u { keepalive 4; least_conn; server 10.0.0.1; }", &["info least_conn"])],
    );
    let pass = |extra: &str| {
        format!(
            "upstream u {{ server 10.0.0.1; keepalive 4; }} server {{ location / {{ proxy_pass http://u; {extra} }} }}"
        )
    };
    let (bare, both) = (pass(""), pass("proxy_http_version 1.1; proxy_set_header Connection \"\";"));
    let (version, header) = (pass("proxy_http_version 1.1;"), pass("proxy_set_header Connection \"\";"));
    cases.check(
        "upstream-keepalive-ineffective",
        HTTP,
        NEW,
        &[
            (&bare, &["warning proxy_pass http://u"]),
            (&version, &["warning proxy_pass http://u"]),
            (&header, &["warning proxy_pass http://u"]),
            (&both, &[]),
        ],
    );
    cases.check("upstream-keepalive-ineffective", HTTP, Some("1.29.7"), &[(&bare, &[])]);
    cases.check("upstream-keepalive-ineffective", HTTP, None, &[(&bare, &["info proxy_pass http://u"])]);
    cases.check(
        "upstream-undefined",
        HTTP,
        NEW,
        &[
            (
                "upstream backend { server 10.0.0.1; } server { location / { proxy_pass http://bakend; } }",
                &["error bakend"],
            ),
            (
                "upstream backend { server 10.0.0.1; } server { location / { proxy_pass http://other; } }",
                &["info other"],
            ),
            ("server { location / { proxy_pass http://bakend; } }", &[]),
            ("upstream backend { server 10.0.0.1; } server { location / { proxy_pass http://a.example.com; } }", &[]),
        ],
    );
    cases.check(
        "next-upstream-non-idempotent",
        HTTP,
        NEW,
        &[
            (
                "upstream u { server 10.0.0.1; server 10.0.0.2; } server { location / { proxy_next_upstream error non_idempotent; proxy_pass http://u; } }",
                &["warning non_idempotent"],
            ),
            (
                "upstream u { server 10.0.0.1; } server { location / { proxy_next_upstream error non_idempotent; proxy_pass http://u; } }",
                &[],
            ),
            (
                "upstream u { server 10.0.0.1; server 10.0.0.2; } server { location / { limit_except GET { deny all; } proxy_next_upstream error non_idempotent; proxy_pass http://u; } }",
                &[],
            ),
            (
                "upstream u { server 10.0.0.1; server 10.0.0.2; } server { location / { proxy_next_upstream error timeout; proxy_pass http://u; } }",
                &[],
            ),
        ],
    );
    cases.check(
        "next-upstream-non-idempotent",
        HTTP,
        Some("1.8.0"),
        &[(
            "upstream u { server 10.0.0.1; server 10.0.0.2; } server { location / { proxy_next_upstream error timeout; proxy_pass http://u; } }",
            &["warning error"],
        )],
    );
}

#[test]
fn zones_of_groups() {
    let mut cases = Cases::default();
    let facts = |page: &str| {
        let mut facts = Facts::new();
        facts.set_text("page_size", page).expect("a size");
        facts
    };
    cases.check(
        "upstream-zone-size",
        HTTP,
        NEW,
        &[
            ("upstream u { zone u 16k; server 10.0.0.1; }", &["error 16k"]),
            ("upstream u { zone u 32k; server 10.0.0.1; }", &[]),
            ("upstream u { zone u; server 10.0.0.1; }", &["error zone u"]),
            ("upstream u { zone s 64k; server 10.0.0.1; } upstream u_v2 { zone s; server 10.0.0.2; }", &[]),
            (
                "upstream u { zone s 64k; server 10.0.0.1; } upstream u_v2 { zone s 128k; server 10.0.0.2; }",
                &["error 128k"],
            ),
            ("limit_req_zone $uri zone=u:1m rate=1r/s; upstream u { zone u 64k; server 10.0.0.1; }", &["error u"]),
            ("resolver 10.0.0.2; upstream u { zone u 32k; server a.example.com resolve; }", &["warning 32k"]),
        ],
    );
    let text = HTTP.replace('@', "upstream u { zone u 64k; server 10.0.0.1; }");
    assert_eq!(findings("upstream-zone-size", &text, NEW, &facts("16k")), ["error 64k"]);
    assert_eq!(findings("upstream-zone-size", &text, NEW, &facts("4k")), [""; 0]);
}

#[test]
fn what_backends_are_told() {
    let mut cases = Cases::default();
    cases.check(
        "upstream-host-header",
        HTTP,
        NEW,
        &[
            (
                "upstream web_pool { server 10.0.0.5; } server { location / { proxy_pass http://web_pool; } }",
                &["warning http://web_pool"],
            ),
            (
                "upstream web { server api.example.com; } server { location / { proxy_pass http://web; } }",
                &["warning http://web"],
            ),
            (
                "upstream web { server 10.0.0.5; } server { location / { proxy_pass http://web; } }",
                &["info http://web"],
            ),
            (
                "upstream web.example.com { server 10.0.0.5; } server { location / { proxy_pass http://web.example.com; } }",
                &[],
            ),
            (
                "upstream web { server 10.0.0.5; } server { location / { proxy_set_header Host $host; proxy_pass http://web; } }",
                &[],
            ),
        ],
    );
    cases.check(
        "proxy-header-inheritance",
        SERVER,
        NEW,
        &[
            (
                "proxy_set_header Host $host; location / { proxy_set_header X-A b; proxy_pass http://10.0.0.1; }",
                &["warning proxy_set_header X-A b"],
            ),
            (
                "proxy_set_header X-B $host; location / { proxy_set_header X-A b; proxy_pass http://10.0.0.1; }",
                &["info proxy_set_header X-A b"],
            ),
            ("proxy_set_header Host $host; location / { proxy_set_header Host b; proxy_pass http://10.0.0.1; }", &[]),
            ("proxy_set_header Host $host; location / { proxy_set_header X-A b; return 204; }", &[]),
            (
                "fastcgi_param SCRIPT_FILENAME /x; location / { fastcgi_param A b; fastcgi_pass 10.0.0.1:1; }",
                &["warning fastcgi_param A b"],
            ),
        ],
    );
    cases.check(
        "websocket-headers",
        LOCATION,
        NEW,
        &[
            (
                "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_pass http://10.0.0.1;",
                &["warning proxy_set_header Upgrade $http_upgrade"],
            ),
            (
                "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; proxy_pass http://10.0.0.1;",
                &["warning proxy_set_header Upgrade $http_upgrade"],
            ),
            (
                "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection; proxy_pass http://10.0.0.1;",
                &[],
            ),
            ("proxy_pass http://10.0.0.1;", &[]),
        ],
    );
    cases.check(
        "host-header-spoofing",
        HTTP,
        NEW,
        &[
            ("server { location / { proxy_set_header Host $http_host; } }", &["warning $http_host"]),
            ("server { location / { proxy_set_header HOST $arg_h; } }", &["warning $arg_h"]),
            (
                "server { listen 80 default_server; } server { listen 80; server_name a.example; location / { proxy_set_header Host $http_host; } }",
                &["info $http_host"],
            ),
            ("server { location / { proxy_set_header Host $host; } }", &[]),
            ("server { location / { proxy_set_header Host $proxy_host; } }", &[]),
        ],
    );
    cases.check(
        "header-name-colon",
        LOCATION,
        NEW,
        &[
            ("add_header X-A: b;", &["warning X-A:"]),
            ("proxy_set_header \"X A\" b;", &["warning \"X A\""]),
            ("more_set_headers \"X-A: b\";", &[]),
            ("add_header X-A b;", &[]),
        ],
    );
    cases.check(
        "add-header-multiline",
        LOCATION,
        NEW,
        &[
            ("add_header X-A \"a;\n  b\";", &["warning \n  b"]),
            ("add_header X-A \"a;\nb\";", &["error \nb"]),
            ("add_header X-A a; # b\n", &[]),
            ("more_set_headers -t \"a\nb\" 'X: y';", &[]),
        ],
    );
}

#[test]
fn passes_with_paths() {
    let mut cases = Cases::default();
    cases.check(
        "proxy-pass-uri-forbidden",
        SERVER,
        NEW,
        &[
            ("location ~ ^/a { proxy_pass http://10.0.0.1/; }", &["error /"]),
            ("location @a { proxy_pass http://10.0.0.1/b; }", &["error /b"]),
            ("location /a { if ($uri) { proxy_pass http://10.0.0.1/b; } }", &["error /b"]),
            ("location /a { limit_except GET { proxy_pass http://10.0.0.1/b; } }", &["error /b"]),
            ("location ~ ^/a { proxy_pass http://10.0.0.1; }", &[]),
            ("location ~ ^/a { proxy_pass http://10.0.0.1$request_uri; }", &[]),
            ("location /a { proxy_pass http://10.0.0.1/; }", &[]),
        ],
    );
    cases.check(
        "proxy-pass-slash-mismatch",
        SERVER,
        NEW,
        &[
            ("location /a { proxy_pass http://10.0.0.1/; }", &["warning /"]),
            ("location /a/ { proxy_pass http://10.0.0.1/b; }", &["warning /b"]),
            ("location /a/ { proxy_pass http://10.0.0.1/; }", &[]),
            ("location = /a { proxy_pass http://10.0.0.1/; }", &[]),
            ("location / { proxy_pass http://10.0.0.1/b; }", &[]),
            ("location /a/ { proxy_pass http://10.0.0.1/b?x=; }", &[]),
            ("location /a { proxy_pass http://10.0.0.1; }", &[]),
        ],
    );
    cases.check(
        "proxy-ssl-name",
        HTTP,
        NEW,
        &[
            (
                "upstream u { server 10.0.0.1:443; } server { location / { proxy_ssl_server_name on; proxy_pass https://u; } }",
                &["warning https://u"],
            ),
            (
                "upstream u { server 10.0.0.1:443; } server { location / { proxy_ssl_verify on; proxy_ssl_trusted_certificate /x; proxy_pass https://u; } }",
                &["error https://u"],
            ),
            (
                "upstream u { server 10.0.0.1:443; } server { location / { proxy_ssl_server_name on; proxy_ssl_name a.example; proxy_pass https://u; } }",
                &[],
            ),
            ("server { location / { proxy_pass https://x.cloudfront.net; } }", &["warning https://x.cloudfront.net"]),
            ("server { location / { proxy_pass https://10.0.0.1; } }", &[]),
        ],
    );
}

#[test]
fn locations() {
    let mut cases = Cases::default();
    cases.check(
        "location-shadowed",
        SERVER,
        NEW,
        &[
            ("location ~ / { return 204; } location ~ \\.php$ { return 204; }", &["warning \\.php$"]),
            ("location ~* \\.php$ { return 204; } location ~ \\.php$ { return 204; }", &["warning \\.php$"]),
            ("location /admin/ { deny all; } location ~ \\.php$ { return 204; }", &["warning /admin/"]),
            ("location ^~ /admin/ { deny all; } location ~ \\.php$ { return 204; }", &[]),
            ("location /admin/ { deny all; } location ~ \\.php$ { deny all; }", &[]),
            ("location /admin/ { deny all; } location ~ ^/shop/ { return 204; }", &[]),
            ("location /admin/ { deny all; location ~ \\.php$ { return 204; } }", &[]),
            ("deny all; location /admin/ { deny all; } location ~ \\.php$ { return 204; }", &[]),
        ],
    );
    cases.check(
        "location-never-matches",
        SERVER,
        NEW,
        &[
            ("location images/ { return 204; }", &["warning images/"]),
            ("location = images { return 204; }", &["warning images"]),
            ("location ~ ^images { return 204; }", &["warning ^images"]),
            ("location /a?b { return 204; }", &["warning /a?b"]),
            ("location /a%20b { return 204; }", &["warning /a%20b"]),
            ("location = /a#b { return 204; }", &["warning /a#b"]),
            (
                "location /a { return 204; } location @b { return 204; } location ~ ^/c { return 204; } location ~ d { return 204; }",
                &[],
            ),
        ],
    );
    cases.check(
        "if-in-location",
        LOCATION,
        NEW,
        &[
            ("if ($uri) { add_header X a; }", &["warning add_header X a"]),
            ("if ($uri) { rewrite a b break; }", &["warning rewrite a b break"]),
            ("if ($uri) { access_log off; }", &[]),
            ("if ($uri) { return 403; }", &[]),
            ("if ($uri) { set $a b; }", &[]),
            ("if ($uri) { rewrite a b last; }", &[]),
        ],
    );
    cases.check(
        "return-bypasses-access",
        LOCATION,
        NEW,
        &[
            ("deny all; return 200 x;", &["error return 200 x"]),
            ("auth_basic x; return 301 /y;", &["error return 301 /y"]),
            ("allow 10.0.0.0/8; deny all; if ($uri) { return 200 x; }", &["error return 200 x"]),
            ("deny all; return 403;", &[]),
            ("deny all; location /x/y { return 200 x; }", &[]),
            ("return 200 x;", &[]),
        ],
    );
}

#[test]
fn who_may_come_in() {
    let mut cases = Cases::default();
    cases.check(
        "allow-without-deny",
        LOCATION,
        NEW,
        &[
            ("allow 10.0.0.0/8;", &["error allow 10.0.0.0/8"]),
            ("satisfy any; allow 10.0.0.0/8; auth_basic x;", &["error allow 10.0.0.0/8"]),
            ("allow 10.0.0.0/8; deny all;", &[]),
            ("allow all;", &[]),
        ],
    );
    cases.check(
        "stub-status-exposed",
        LOCATION,
        NEW,
        &[
            ("stub_status;", &["warning stub_status"]),
            ("stub_status; allow 127.0.0.1;", &["warning stub_status"]),
            ("stub_status; allow 127.0.0.1; deny all;", &[]),
            ("stub_status; auth_basic x;", &[]),
            ("internal; stub_status;", &[]),
        ],
    );
    cases.check(
        "stub-status-exposed",
        HTTP,
        NEW,
        &[
            ("server { listen 127.0.0.1:80; location /s { stub_status; } }", &[]),
            ("server { listen unix:/x; location /s { stub_status; } }", &[]),
        ],
    );
    cases.check(
        "realip-trust-all",
        SERVER,
        NEW,
        &[
            ("set_real_ip_from 0.0.0.0/0; real_ip_header X-Forwarded-For;", &["error 0.0.0.0/0"]),
            ("set_real_ip_from ::/0; real_ip_header X-Forwarded-For;", &["error ::/0"]),
            ("set_real_ip_from 96.0.0.0/3; real_ip_header X-Forwarded-For;", &["error 96.0.0.0/3"]),
            ("set_real_ip_from 10.0.0.0/8; real_ip_header X-Forwarded-For;", &[]),
            ("set_real_ip_from 173.245.48.0/20; real_ip_header CF-Connecting-IP;", &[]),
        ],
    );
    cases.check(
        "valid-referers-none",
        LOCATION,
        NEW,
        &[
            ("valid_referers none a.example; if ($invalid_referer) { return 403; }", &["warning none"]),
            ("valid_referers blocked a.example; if ($invalid_referer) { return 403; }", &[]),
            ("valid_referers none a.example; add_header X $invalid_referer;", &[]),
        ],
    );
    cases.check(
        "add-header-inheritance",
        SERVER,
        NEW,
        &[
            ("add_header X-Frame-Options DENY; location / { add_header X-A b; }", &["warning add_header X-A b"]),
            ("add_header X-B DENY; location / { add_header X-A b; }", &["info add_header X-A b"]),
            ("add_header Cache-Control no-store; location / { add_header X-A b; }", &["warning add_header X-A b"]),
            ("add_header Cache-Control public; location / { add_header X-A b; }", &["info add_header X-A b"]),
            ("add_header X-Frame-Options DENY; location / { add_header X-Frame-Options SAMEORIGIN; }", &[]),
            ("add_header X-Frame-Options DENY; location / { add_header X-A b; return 404; }", &[]),
            (
                "add_header X-Frame-Options DENY always; location / { add_header X-A b; return 404; }",
                &["warning add_header X-A b"],
            ),
        ],
    );
    cases.check(
        "add-header-inheritance",
        SERVER,
        Some("1.29.3"),
        &[
            ("add_header X-Frame-Options DENY; location / { add_header_inherit merge; add_header X-A b; }", &[]),
            ("add_header_inherit merge; add_header X-Frame-Options DENY; location / { add_header X-A b; }", &[]),
        ],
    );
}

#[test]
fn what_clients_can_reach() {
    let mut cases = Cases::default();
    cases.check(
        "http-splitting",
        SERVER,
        NEW,
        &[
            ("return 301 https://a.example$uri;", &["error $uri"]),
            ("return 302 https://a.example$document_uri;", &["error $document_uri"]),
            ("location / { add_header X $uri; }", &["error $uri"]),
            ("location / { proxy_set_header X $uri; proxy_pass http://10.0.0.1; }", &["error $uri"]),
            ("location ~ ^/(?<x>.*)$ { return 301 https://a.example/$x; }", &["warning $x"]),
            ("location ~ ^/(?<x>[^/\\s]*)$ { return 301 https://a.example/$x; }", &[]),
            ("location / { set $y $uri; return 301 https://a.example$y; }", &["error $y"]),
            ("rewrite ^/(.*)$ https://a.example/$1 permanent;", &[]),
            ("return 301 https://a.example$request_uri;", &[]),
            ("return 200 $uri;", &[]),
            ("location / { add_header X $arg_x; }", &[]),
        ],
    );
    cases.check(
        "alias-traversal",
        SERVER,
        NEW,
        &[
            ("location /files { alias /home/; }", &["error /home/"]),
            ("location /files { alias /home; }", &["warning /home"]),
            ("location /files/ { alias /home/; }", &[]),
            ("location = /files { alias /home/x; }", &[]),
            ("location ~ ^/site/(.*)$ { alias /lib/$1; }", &[]),
            ("location ~ ^/site(.*)$ { alias /lib/$1; }", &["error $1"]),
            ("location ~* ^/files-(en|fr)/ { alias /home/; }", &[]),
        ],
    );
    cases.check(
        "alias-slash-mismatch",
        SERVER,
        NEW,
        &[
            ("location /files/ { alias /home; }", &["warning /home"]),
            ("location /files/ { alias /home/; }", &[]),
            ("location /files/ { alias /home/$host; }", &[]),
            ("location = /files/ { alias /home; }", &[]),
            ("location ~ ^/files/ { alias /home; }", &[]),
        ],
    );
    cases.check(
        "ssrf",
        SERVER,
        NEW,
        &[
            ("location / { proxy_pass http://$arg_h; }", &["error $arg_h"]),
            ("location / { proxy_pass $arg_scheme://10.0.0.1; }", &["error $arg_scheme"]),
            ("location ~ ^/p/(.*)$ { proxy_pass http://$1; }", &["error $1"]),
            ("location / { proxy_pass http://x$arg_h/; }", &["warning $arg_h"]),
            ("location / { internal; proxy_pass http://$arg_h; }", &[]),
            ("location / { proxy_pass http://10.0.0.1/$arg_h; }", &[]),
            ("location / { proxy_pass http://10.0.0.1$request_uri; }", &[]),
            ("location ~ ^/p/(a|b)/ { proxy_pass http://$1; }", &[]),
        ],
    );
    cases.check(
        "filesystem-root",
        SERVER,
        NEW,
        &[
            ("location / { root /; }", &["error /"]),
            ("location /a/ { alias /; }", &["error /"]),
            ("location / { root /srv/..; }", &["error /srv/.."]),
            ("location / { root //; }", &["error //"]),
            ("root /; location / { proxy_pass http://10.0.0.1; }", &[]),
            ("location / { root /$host; }", &[]),
            ("location / { root /srv; }", &[]),
        ],
    );
    cases.check(
        "origin-regex",
        LOCATION,
        NEW,
        &[
            ("if ($http_origin ~ example\\.com) { set $a 1; }", &["warning example\\.com"]),
            ("if ($http_origin ~ ^https://example\\.com$) { set $a 1; }", &[]),
            ("if ($http_origin ~ ^https?://([a-z0-9-]+\\.)*example\\.com(:\\d+)?$) { set $a 1; }", &[]),
            ("if ($http_user_agent ~ example.com) { set $a 1; }", &[]),
        ],
    );
}

#[test]
fn patterns() {
    let mut cases = Cases::default();
    cases.check(
        "regex-redos",
        SERVER,
        NEW,
        &[
            ("location ~ ^/(a+)+$ { return 204; }", &["warning (a+)"]),
            ("location ~ ^/(a*)+$ { return 204; }", &["warning (a*)"]),
            ("location ~ ^/((ab)+)+$ { return 204; }", &["warning ((ab)+)"]),
            ("location ~ ^/(a|ab)+$ { return 204; }", &["warning (a|ab)"]),
            ("location ~ ^/(.|x)+$ { return 204; }", &["warning (.|x)"]),
            ("location ~ ^/([a-z0-9-]+\\.)+x$ { return 204; }", &[]),
            ("location ~ ^/(\\w+/)+x$ { return 204; }", &[]),
            ("location ~ ^/(a?)b$ { return 204; }", &[]),
            ("location ~ ^/(a+)++$ { return 204; }", &[]),
            ("location ~ ^/(?>a+)+$ { return 204; }", &[]),
        ],
    );
    cases.check(
        "capture-missing",
        SERVER,
        NEW,
        &[
            ("rewrite ^/(a)$ /$2 last;", &["error $2"]),
            ("if ($uri ~ a) { set $x $1; }", &["warning $1"]),
            ("rewrite ^/(a)$ /$1 last;", &[]),
            ("if ($uri ~ (a)) { set $x $1; }", &[]),
        ],
    );
    cases.check(
        "invalid-regex",
        SERVER,
        NEW,
        &[
            ("location ~ ^/(a|b { return 204; }", &["error ("]),
            ("location ~ ^/[a { return 204; }", &["error ["]),
            ("location ~ *a { return 204; }", &["error *"]),
            ("location ~ (?<n>a)(?<n>b) { return 204; }", &["error ("]),
            ("location ~ ^/(?!a).*\\Kb(?=c)a++ { return 204; }", &[]),
        ],
    );
}

#[test]
fn tls() {
    let mut cases = Cases::default();
    cases.check(
        "weak-tls",
        SERVER,
        NEW,
        &[
            ("ssl_protocols SSLv3 TLSv1.2;", &["error SSLv3"]),
            ("ssl_protocols TLSv1 TLSv1.1 TLSv1.2;", &["warning TLSv1", "warning TLSv1.1"]),
            ("ssl_protocols TLSv1.2 TLSv1.3;", &[]),
            ("ssl_ciphers HIGH:!aNULL:!MD5;", &[]),
            ("ssl_ciphers RC4-SHA:HIGH;", &["warning RC4-SHA"]),
            ("ssl_ciphers ALL:!aNULL;", &["warning ALL"]),
            ("ssl_ciphers HIGH:aNULL;", &["error aNULL"]),
            ("ssl_ciphers HIGH:!RC4:RC4;", &[]),
            ("ssl_protocols TLSv1.3; ssl_ciphers RC4-SHA;", &[]),
            ("proxy_ssl_protocols TLSv1 TLSv1.2;", &["info TLSv1"]),
        ],
    );
    cases.check(
        "ssl-certificate-missing",
        HTTP,
        NEW,
        &[
            ("server { listen 443 ssl; }", &["error listen 443 ssl"]),
            ("server { listen 443 ssl; ssl_certificate /x; }", &["error listen 443 ssl"]),
            ("server { listen 443 ssl default_server; ssl_reject_handshake on; }", &[]),
            ("ssl_certificate /x; ssl_certificate_key /x; server { listen 443 ssl; }", &[]),
            ("server { listen 443 ssl; ssl_certificate_by_lua_block { x() } }", &[]),
        ],
    );
    cases.check(
        "listen-443-plain",
        HTTP,
        NEW,
        &[
            ("server { listen 443; }", &["warning listen 443"]),
            ("server { listen 8443; ssl_certificate /x; ssl_certificate_key /x; }", &["warning listen 8443"]),
            ("server { listen 443; } server { listen 443 ssl; ssl_reject_handshake on; }", &[]),
            ("server { listen 443 proxy_protocol; }", &[]),
            ("server { listen 80; }", &[]),
        ],
    );
    cases.check(
        "ecdh-unknown-group",
        SERVER,
        NEW,
        &[
            ("ssl_ecdh_curve X25519MLKEM768:X25519;", &["warning X25519MLKEM768"]),
            ("ssl_ecdh_curve ?X25519MLKEM768:X25519;", &[]),
            ("ssl_ecdh_curve X25519:prime256v1;", &[]),
        ],
    );
}

#[test]
fn the_main_context() {
    let mut cases = Cases::default();
    cases.check(
        "worker-rlimit",
        "worker_rlimit_nofile @; } http {}",
        NEW,
        &[
            ("1024; events { worker_connections 4096", &["warning 1024"]),
            ("6000; events { worker_connections 4096", &["info 6000"]),
            ("9000; events { worker_connections 4096", &[]),
        ],
    );
    cases.check(
        "error-log-off",
        "error_log @; events {} http {}",
        NEW,
        &[("off", &["warning off"]), ("/dev/null crit", &[])],
    );
    cases.check(
        "server-name-conflict",
        HTTP,
        NEW,
        &[
            ("server { listen 80; server_name a; } server { listen 80; server_name A; }", &["warning A"]),
            ("server { listen 80; server_name .a; } server { listen 80; server_name a; }", &["warning a"]),
            ("server { listen 80; } server { listen 80; }", &["warning server"]),
            ("server { listen 80; server_name a; } server { listen 81; server_name a; }", &[]),
            ("server { listen 80; server_name a; } server { listen 127.0.0.1:80; server_name a; }", &[]),
        ],
    );
    cases.check(
        "server-name-suspicious",
        HTTP,
        NEW,
        &[
            ("server { server_name a.example, b.example; }", &["warning a.example,"]),
            ("server { server_name https://a.example; }", &["warning https://a.example"]),
            ("server { server_name a.example/x; }", &["warning a.example/x"]),
            ("server { server_name a.example:80; }", &["warning a.example:80"]),
            ("server { server_name ^a\\.example$; }", &["warning ^a\\.example$"]),
            ("server { server_name www.*.com; }", &["warning www.*.com"]),
            ("server { server_name www.*.com; } server { server_name b; }", &["error www.*.com"]),
            ("server { server_name ~^a\\.b$ _ \"\" $hostname *.a.example a.*; }", &[]),
        ],
    );
}

#[test]
fn buffers() {
    let mut cases = Cases::default();
    cases.check(
        "proxy-buffer-sizes",
        HTTP,
        NEW,
        &[
            ("proxy_buffer_size 128k; server { listen 80; }", &["error proxy_buffer_size 128k"]),
            // Each server says the rest.
            ("proxy_buffer_size 128k; server { proxy_buffers 4 256k; proxy_busy_buffers_size 256k; }", &[]),
            ("proxy_buffer_size 128k;", &[]),
            ("server { proxy_buffers 1 8k; }", &["error proxy_buffers 1 8k"]),
            ("server { location / { fastcgi_busy_buffers_size 1k; } }", &["error fastcgi_busy_buffers_size 1k"]),
            ("server { location / { uwsgi_max_temp_file_size 1k; } }", &["error uwsgi_max_temp_file_size 1k"]),
            ("server { location / { uwsgi_max_temp_file_size 0; } }", &[]),
            ("server { location / { proxy_buffers 8 16k; proxy_buffer_size 16k; } }", &[]),
        ],
    );
}

#[test]
fn small_faults() {
    let mut cases = Cases::default();
    cases.check(
        "upstream-unused",
        HTTP,
        NEW,
        &[
            ("upstream old { server 10.0.0.1; } server { location / { return 204; } }", &["info old"]),
            ("upstream u { server 10.0.0.1; } server { location / { proxy_pass http://u; } }", &[]),
            ("upstream u { server 10.0.0.1; } server { location / { proxy_pass http://$host; } }", &[]),
            (
                "upstream u { server 10.0.0.1; } map $uri $p { default u; /b u; } server { location / { proxy_pass http://$p; } }",
                &[],
            ),
        ],
    );
    cases.check(
        "upstream-single-server-params",
        HTTP,
        NEW,
        &[
            ("upstream u { server 10.0.0.1 max_fails=2; }", &["info max_fails=2"]),
            ("upstream u { server unix:/x fail_timeout=2; }", &["info fail_timeout=2"]),
            ("upstream u { server a.example.com max_fails=2; }", &[]),
            ("upstream u { server 10.0.0.1 max_fails=2; server 10.0.0.2; }", &[]),
        ],
    );
    cases.check(
        "resolve-ignored",
        HTTP,
        NEW,
        &[
            ("upstream u { zone u 64k; server 10.0.0.1 resolve; }", &["info resolve"]),
            ("upstream u { zone u 64k; server unix:/x resolve; }", &["info resolve"]),
            ("resolver 10.0.0.2; upstream u { zone u 64k; server a.example.com resolve; }", &[]),
        ],
    );
    cases.check(
        "add-header-content-type",
        LOCATION,
        NEW,
        &[
            ("add_header Content-Type text/plain; return 200 a;", &["info Content-Type"]),
            ("proxy_hide_header Content-Type; add_header Content-Type text/plain;", &[]),
        ],
    );
    cases.check(
        "map-without-default",
        HTTP,
        NEW,
        &[
            ("map $uri $x { a 1; b 2; }", &["info $x"]),
            ("map $uri $x { a 1; }", &[]),
            ("map $uri $x { default 0; a 1; b 2; }", &[]),
            ("map $uri $x { a 1; b 2; } limit_req_zone $x zone=z:1m rate=1r/s;", &[]),
            ("map $uri $x { a 1; b 2; } server { if ($x) { return 403; } }", &["warning $x"]),
        ],
    );
    cases.check(
        "default-server-missing",
        HTTP,
        NEW,
        &[
            ("server { listen 80; server_name a; } server { listen 80; server_name b; }", &["info listen 80"]),
            ("server { listen 80 default_server; server_name a; } server { listen 80; server_name b; }", &[]),
            ("server { listen 80; server_name _; } server { listen 80; server_name b; }", &[]),
            ("server { listen 80; server_name a; }", &[]),
        ],
    );
    cases.check(
        "hsts",
        HTTP,
        NEW,
        &[
            ("server { listen 443 ssl; server_name a.example.com; }", &["info server"]),
            (
                "server { listen 443 ssl; server_name a.example.com; add_header Strict-Transport-Security max-age=60; }",
                &["info max-age=60"],
            ),
            (
                "server { listen 443 ssl; server_name a.example.com; add_header Strict-Transport-Security max-age=31536000; }",
                &[],
            ),
            (
                "server { listen 443 ssl; server_name a.example.com; more_set_headers \"Strict-Transport-Security: max-age=31536000\"; }",
                &[],
            ),
            ("server { listen 443 ssl; server_name a.example.com; return 301 https://b.example.com; }", &[]),
            ("server { listen 443 ssl; server_name a.corp; }", &[]),
            ("server { listen 443 ssl; ssl_reject_handshake on; }", &[]),
        ],
    );
    cases.check(
        "server-tokens",
        HTTP,
        NEW,
        &[
            ("server_tokens on; server { listen 80; }", &["info on"]),
            ("server { listen 80; }", &["info http"]),
            ("server_tokens off; server { listen 80; }", &[]),
            ("more_clear_headers Server; server { listen 80; }", &[]),
        ],
    );
    cases.check(
        "regex-unanchored",
        SERVER,
        NEW,
        &[
            ("location ~ \\.php { return 204; }", &["info \\.php"]),
            ("location ~ \\.php { fastcgi_pass 10.0.0.1:9; }", &["warning \\.php"]),
            ("location ~ \\.php$ { return 204; }", &[]),
            ("location ~ \\.php(/|$) { return 204; }", &[]),
        ],
    );
    cases.check(
        "regex-exact-match",
        SERVER,
        NEW,
        &[("location ~ ^/a$ { return 204; }", &["info ^/a$"]), ("location ~ ^/(a)$ { return 204; }", &[])],
    );
    cases.check(
        "keepalive-requests-low",
        HTTP,
        NEW,
        &[("keepalive_requests 100;", &["info 100"]), ("keepalive_requests 1000;", &[])],
    );
    cases.check("keepalive-requests-low", HTTP, Some("1.18.0"), &[("keepalive_requests 100;", &[])]);
    cases.check(
        "proxy-timeout",
        LOCATION,
        NEW,
        &[
            ("proxy_connect_timeout 90s;", &["info 90s"]),
            ("proxy_read_timeout 2h;", &["info 2h"]),
            ("proxy_read_timeout 2h; proxy_buffering off;", &[]),
            ("proxy_read_timeout 2h; proxy_set_header Upgrade $http_upgrade;", &[]),
            ("proxy_send_timeout 0;", &["info 0"]),
            ("proxy_connect_timeout 10s; proxy_read_timeout 60s;", &[]),
        ],
    );
    cases.check(
        "body-size-limit",
        SERVER,
        NEW,
        &[
            ("client_max_body_size 0;", &["info 0"]),
            ("location /upload/ { client_max_body_size 0; }", &[]),
            ("location /upload/ { proxy_pass http://10.0.0.1; }", &["info /upload/"]),
            ("location /upload/ { client_max_body_size 10m; proxy_pass http://10.0.0.1; }", &[]),
        ],
    );
    cases.check(
        "root-in-location",
        SERVER,
        NEW,
        &[
            ("location / { root /srv; } location /a { root /srv; }", &["info root /srv"]),
            ("location / { root /srv; } location /a { root /srw; }", &[]),
            ("root /x; location / { root /srv; } location /a { root /srv; }", &[]),
        ],
    );
    cases.check(
        "unreachable-after-return",
        LOCATION,
        NEW,
        &[
            ("return 204; proxy_pass http://10.0.0.1;", &["info proxy_pass http://10.0.0.1"]),
            ("if ($uri) { return 204; } proxy_pass http://10.0.0.1;", &[]),
            ("return 204; add_header X a; access_log off;", &[]),
        ],
    );
    cases.check(
        "comma-list",
        SERVER,
        NEW,
        &[
            ("gzip_types text/css,text/plain;", &["warning text/css,text/plain"]),
            ("index a, b;", &["warning a,"]),
            ("add_header X \"a, b\";", &[]),
        ],
    );
    cases.check(
        "rewrite-loop",
        SERVER,
        NEW,
        &[
            ("location /a/ { rewrite ^/a/(.*)$ /a/b/$1 last; }", &["warning last"]),
            ("location /a/ { rewrite ^/a/(.*)$ /a/b/$1 break; }", &[]),
            ("location /a/ { rewrite ^/a/(.*)$ /b/$1 last; }", &[]),
        ],
    );
    cases.check(
        "stapling-dead-ca",
        SERVER,
        NEW,
        &[
            ("listen 443 ssl; ssl_certificate /etc/letsencrypt/live/a/x.pem; ssl_certificate_key /x; ssl_stapling on;", &[
                "info ssl_stapling on",
            ]),
            ("listen 443 ssl; ssl_certificate /etc/ssl/x.pem; ssl_certificate_key /x; ssl_stapling on;", &[]),
        ],
    );
    cases.check(
        "http2-misdirected",
        HTTP,
        NEW,
        &[
            ("server { listen 443 ssl default_server; http2 on; ssl_reject_handshake on; }", &["info server"]),
            ("server { listen 443 ssl default_server; http2 on; ssl_reject_handshake on; return 421; }", &[]),
            ("server { listen 443 ssl default_server; ssl_reject_handshake on; }", &[]),
        ],
    );
    cases.check(
        "quic-bpf-reuseport",
        "@",
        NEW,
        &[
            (
                "quic_bpf on; worker_processes 4; events {} http { server { listen 443 quic reuseport; } }",
                &["warning quic_bpf on"],
            ),
            ("quic_bpf on; worker_processes 1; events {} http { server { listen 443 quic reuseport; } }", &[]),
            ("worker_processes 4; events {} http { server { listen 443 quic reuseport; } }", &[]),
        ],
    );
}

#[test]
fn small_faults_that_facts_show() {
    let facts = |name: &str, value: &str| {
        let mut facts = Facts::new();
        facts.set_text(name, value).expect("a fact");
        facts
    };
    let resolver = HTTP.replace('@', "resolver 10.0.0.2; server { location / { proxy_pass http://$host; } }");
    assert_eq!(findings("resolver-ipv6", &resolver, NEW, &facts("ipv6", "false")), ["warning resolver 10.0.0.2"]);
    assert_eq!(findings("resolver-ipv6", &resolver, NEW, &facts("ipv6", "true")), [""; 0]);
    let zone = HTTP.replace('@', "limit_req_zone $binary_remote_addr zone=z:1m rate=1r/s;");
    let behind = facts("behind_proxy", "true");
    assert_eq!(findings("limit-zone-behind-proxy", &zone, NEW, &behind), ["warning $binary_remote_addr"]);
    let known =
        HTTP.replace('@', "set_real_ip_from 10.0.0.0/8; limit_req_zone $binary_remote_addr zone=z:1m rate=1r/s;");
    assert_eq!(findings("limit-zone-behind-proxy", &known, NEW, &behind), [""; 0]);
    let group = SERVER.replace('@', "listen 8443 ssl; ssl_ecdh_curve X25519MLKEM768:X25519;");
    assert_eq!(findings("ecdh-unknown-group", &group, NEW, &facts("openssl", "3.0.0")), ["error X25519MLKEM768"]);
    assert_eq!(findings("ecdh-unknown-group", &group, NEW, &facts("openssl", "3.5.0")), [""; 0]);
    let files = "events { worker_connections 4096; } http {}";
    assert_eq!(findings("worker-rlimit", files, NEW, &facts("nofile", "1024")).len(), 1);
    assert_eq!(findings("worker-rlimit", files, NEW, &Facts::new()), [""; 0]);
}
