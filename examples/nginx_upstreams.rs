//! Lists the upstreams of a configuration, their servers, and how each name's addresses behave:
//! `cargo run --example nginx_upstreams -- nginx.conf`.

use std::process::ExitCode;

const SAMPLE: &str = "events {}
http {
    upstream app { server booking-alb.internal:8443; server 10.0.0.6:8443 backup; }
    server { listen 80; location / { proxy_pass https://app; } }
}
";

fn main() -> ExitCode {
    let text = match std::env::args().nth(1) {
        None => SAMPLE.to_owned(),
        Some(path) => match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                eprintln!("{path}: {error}");
                return ExitCode::from(2);
            }
        },
    };
    let nginx = confvet::nginx::parse(&text).model;
    for upstream in nginx.upstreams() {
        println!("{}", upstream.name.value);
        for server in &upstream.servers {
            let port = server.endpoint.port.map_or_else(|| "no port".to_owned(), |port| format!("port {port}"));
            println!("  {} ({port}, {:?})", server.endpoint.host, server.endpoint.class);
        }
    }
    for pass in nginx.passes() {
        println!("requests go to {} ({:?})", pass.endpoint.host, pass.family);
    }
    ExitCode::SUCCESS
}
