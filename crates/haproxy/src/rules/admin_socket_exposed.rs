//! A runtime API that the wrong people can reach.

use crate::model::Haproxy;
use crate::values::{Host, endpoint};
use confvet_core::{Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/admin-socket-exposed", check };

fn check(haproxy: &Haproxy, _: &Context<'_>, findings: &mut Findings) {
    for socket in haproxy.global().filter(|line| line.starts("stats", "socket")) {
        let Some(word) = socket.word(2).filter(|word| !word.is_variable()) else { continue };
        let address = endpoint(word, 0..word.text.len());
        let level = socket.after("level");
        let level_name = level.map_or("operator", |level| level.text);
        let can = match level_name {
            "admin" => "change servers, maps and certificates",
            "user" => "read the state",
            _ => "read the state and clear counters",
        };
        let hands_over =
            socket.words().pairs().any(|(option, value)| option.text == "expose-fd" && value.text == "listeners");
        let also = if hands_over { ", and take over its listening sockets" } else { "" };
        let (span, severity, message) = match &address.host {
            Host::Inet(host) if !host.is_loopback() => {
                let message = format!(
                    "runtime API on `{}` at level {level_name}: anyone who reaches it can {can}{also}",
                    word.text
                );
                (word.span, Severity::Error, message)
            }
            Host::Inet(_) if level_name == "admin" => (
                word.span,
                Severity::Info,
                format!("runtime API on `{}` at level admin: any user of this machine can {can}{also}", word.text),
            ),
            Host::Unix(_) => {
                let Some(mode) =
                    socket.after("mode").filter(|mode| writable_by_others(mode.text) && level_name != "user")
                else {
                    continue;
                };
                (
                    mode.span,
                    Severity::Warning,
                    format!("mode `{}` lets any user of this machine {can}{also}", mode.text),
                )
            }
            _ => continue,
        };
        let instead = match &address.host {
            Host::Unix(_) => "660",
            _ if socket.after("mode").is_none() => "/run/haproxy/admin.sock mode 660",
            _ => "/run/haproxy/admin.sock",
        };
        let report = findings
            .report(span, message)
            .severity(severity)
            .help("use a UNIX socket: `stats socket /run/haproxy/admin.sock mode 660 level admin`")
            .suggest("for a group of this machine only", [Edit::replace(span, instead)]);
        if let Some(level) = level.filter(|level| level.span != span) {
            report.label(level.span, "with this level");
        }
    }
}

/// The last octal digit of a mode has the write bit.
fn writable_by_others(mode: &str) -> bool {
    mode.bytes().all(|byte| byte.is_ascii_digit()) && mode.bytes().last().is_some_and(|digit| (digit - b'0') & 2 != 0)
}
