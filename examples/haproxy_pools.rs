//! Prints, for each proxy of a configuration, its mode, its timeouts with the line each came from, how its servers are
//! checked, and where it sends, in evaluation order: `cargo run --example haproxy_pools -- haproxy.cfg`.

use confvet::haproxy::model::{Haproxy, Proxy, ServerCheck, Timeout};
use confvet::units::display_duration;

fn main() -> std::io::Result<()> {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: haproxy_pools FILE");
        return Ok(());
    };
    let text = std::fs::read_to_string(path)?;
    let haproxy = confvet::haproxy::parse(&text).model;
    for proxy in &haproxy.proxies {
        describe(&haproxy, proxy, &text);
    }
    Ok(())
}

fn describe(haproxy: &Haproxy, proxy: &Proxy, text: &str) {
    println!("{} ({})", proxy.title(), proxy.mode().as_str());
    for timeout in [Timeout::Client, Timeout::Connect, Timeout::Server] {
        let (Some(setting), Some(statement)) = (proxy.timeout(timeout), proxy.effective(timeout.statement())) else {
            continue;
        };
        let line = text[..statement.span().range().start].lines().count();
        let value = setting.duration.map_or_else(|| "a variable".to_owned(), display_duration);
        let whose = if proxy.owns(statement) { "" } else { ", inherited" };
        println!("  {} is {value}, set on line {line}{whose}", timeout.statement());
    }
    for server in &proxy.servers {
        let checked = server.check().map_or_else(|| "not checked".to_owned(), |check| how(&check));
        println!("  {} at {}, {checked}", server.name().text, server.address.text);
    }
    for route in proxy.routes() {
        let found = haproxy.backend(route.text(1)).is_some();
        println!("  sends to {}{}", route.text(1), if found { "" } else { ", which is not here" });
    }
}

fn how(check: &ServerCheck<'_>) -> String {
    let port = check.port().map_or_else(String::new, |port| format!(" on port {port}"));
    let tls = if check.uses_tls() { " over TLS" } else { "" };
    let request = match (check.method(), check.path()) {
        (Some(method), Some(path)) => format!(" with {method} {path}"),
        _ => String::new(),
    };
    let passes = match check.expected_status() {
        Some(expected) => format!(", 200 {}", if expected.accepts(200) { "is good" } else { "is bad" }),
        None => String::new(),
    };
    let interval =
        check.interval().map_or_else(String::new, |interval| format!(" every {}", display_duration(interval)));
    let counts = match (check.fall(), check.rise()) {
        (Some(fall), Some(rise)) => format!(", down after {fall}, up after {rise}"),
        _ => String::new(),
    };
    format!("checked{port}{tls}{request}{interval}{counts}{passes}")
}
