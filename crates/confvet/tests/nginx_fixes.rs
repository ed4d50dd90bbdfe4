//! What the fixes for names that are looked up once make of a configuration, given to the installed nginx. It needs that
//! program, so it is no part of the normal suite: `cargo test -p confvet --test nginx_fixes -- --ignored`.

use confvet::{Linter, Safety, Source, Sources};
use std::fs;
use std::process::Command;

/// The rules about names and who looks them up, whose fixes are made.
const RULES: &[&str] = &[
    "nginx/upstream-static-dns",
    "nginx/resolve-without-zone",
    "nginx/resolve-without-resolver",
    "nginx/resolve-unsupported-version",
    "nginx/resolve-ignored",
    "nginx/resolver-unused",
    "nginx/resolver-cache-too-long",
    "nginx/variable-upstream-without-resolver",
    "nginx/dynamic-dns-defeated",
    "nginx/upstream-zone-size",
    "nginx/upstream-https-default-port",
];

/// What stands in `http`. Each has something to mend; `localhost` is the only name that is known everywhere.
const BROKEN: &[&str] = &[
    "upstream pay { server pay-alb.corp.example; } server { listen 18080; location / { proxy_pass http://pay; } }",
    "resolver 127.0.0.53; upstream pay { server pay-alb.corp.example; }\nserver { listen 18080; location / { proxy_pass http://pay; } }",
    "server { listen 18080; location / { proxy_pass http://pay-alb.corp.example; } }",
    "server { listen 18080; location / { proxy_pass https://pay-alb.corp.example:8443; } }",
    "server { listen 18080; location /a/ { proxy_pass http://pay-alb.corp.example/b/; } }",
    "server { listen 18080; location / { fastcgi_pass php-alb.corp.example:9000; } }",
    "server { listen 18080; location / { grpc_pass grpc://pay-alb.corp.example:9000; } }",
    "upstream pay { server pay.corp.example resolve; } server { listen 18080; location / { proxy_pass http://pay; } }",
    "upstream pay { zone pay 64k; server pay.corp.example resolve; }\nserver { listen 18080; location / { resolver 127.0.0.53; proxy_pass http://pay; } }",
    "upstream pay { zone pay 16k; server 127.0.0.1 resolve; } server { listen 18080; location / { proxy_pass http://pay; } }",
    "server { listen 18080; set $pay pay.corp.example; location / { proxy_pass http://$pay:8080; } }",
    "upstream pay { server 127.0.0.1; } server { listen 18080; location / { proxy_pass https://pay; } }",
    "resolver 127.0.0.53 valid=1h; upstream pay { zone pay 64k; server pay-alb.corp.example resolve; }\nserver { listen 18080; location / { proxy_pass http://pay; } }",
];

/// nginx looks names up while it reads its configuration; without a network that fails, whatever stands in the file.
const CIRCUMSTANCES: &[&str] = &["host not found", "open() ", "mkdir() ", "bind() "];

fn installed() -> Option<String> {
    let output = Command::new("nginx").arg("-v").output().ok()?;
    let said = String::from_utf8(output.stderr).ok()?;
    said.split("nginx/").nth(1)?.split_whitespace().next().map(str::to_owned)
}

/// What nginx says against a configuration.
fn refusal(text: &str) -> Option<String> {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("nginx.conf");
    fs::write(&file, text).expect("a file");
    let pid = format!("pid {};", directory.path().join("pid").display());
    let mut command = Command::new("nginx");
    command.arg("-t").arg("-p").arg(directory.path()).arg("-c").arg(&file).args(["-g", &pid]);
    let output = command.arg("-e").arg(directory.path().join("error.log")).output().expect("nginx");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (!output.status.success() && !CIRCUMSTANCES.iter().any(|words| said.contains(words))).then_some(said)
}

#[test]
#[ignore = "needs nginx"]
fn what_is_mended_passes_nginx() {
    let Some(version) = installed() else { panic!("nginx is not installed") };
    let mut linter = Linter::new().target("nginx", &version).expect("a version");
    linter = linter.fact("resolver", "127.0.0.53").expect("an address");
    for rule in RULES {
        linter = linter.select(rule).expect("a rule");
    }
    let mut mended = 0;
    for http in BROKEN {
        let text = format!("events {{}}\nhttp {{\n    access_log off;\n    {http}\n}}\n");
        let sources: Sources = [Source::new("nginx.conf", text.clone())].into_iter().collect();
        let fixed = linter.fix_sources(sources, Safety::Unsafe);
        let (_, source) = fixed.report.sources().iter().next().expect("the file");
        // What an old version does not know at all has no fix.
        if source.text() == text || fixed.report.has_invalid() {
            continue;
        }
        mended += 1;
        let said = refusal(source.text());
        assert_eq!(said, None, "{http}\nbecame\n{}", source.text());
    }
    assert!(mended * 3 > BROKEN.len(), "only {mended} of {} could be mended for nginx {version}", BROKEN.len());
}
