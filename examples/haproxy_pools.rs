//! Prints, for each proxy of a configuration, its mode, its timeouts with the line each came from, and how its servers
//! are checked: `cargo run --example haproxy_pools -- haproxy.cfg`.

use confvet::haproxy::model::{Haproxy, Proxy, Timeout};
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
        let Some(setting) = proxy.timeout(timeout) else { continue };
        let line = text[..setting.span().range().start].lines().count();
        let value = setting.duration.map_or_else(|| "a variable".to_owned(), display_duration);
        println!("  {} is {value}, set on line {line}", timeout.statement());
    }
    if let Some(request) = proxy.check.request() {
        println!("  checked with {}", request.line());
    }
    for server in &proxy.servers {
        let port = proxy.check_port(server).filter(|_| server.check().is_some());
        let checked = port.map_or_else(|| "not checked".to_owned(), |port| format!("checked on port {port}"));
        println!("  {} at {}, {checked}", server.name.text, server.address.text);
    }
    for route in proxy.routes() {
        let found = haproxy.backend(route.text(1)).is_some();
        println!("  sends to {}{}", route.text(1), if found { "" } else { ", which is not here" });
    }
}
