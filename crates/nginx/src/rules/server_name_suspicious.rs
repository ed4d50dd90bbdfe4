//! A server name that no host can have.

use crate::context::Protocol;
use crate::keys::key;
use crate::model::Nginx;
use crate::template;
use crate::value;
use confvet_core::{Category, Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/server-name-suspicious", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    let sockets = nginx.sockets(Protocol::Http);
    for server in nginx.servers() {
        for word in server.block(nginx).all(key!("server_name")).flat_map(|names| names.args().iter()) {
            let name = word.text;
            if name.starts_with('~') || matches!(name, "_" | "") || template::variables(name).next().is_some() {
                continue;
            }
            if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')) {
                continue;
            }
            let never = "this name never matches";
            if let Some(bare) = name.strip_suffix(',') {
                findings
                    .report(word.span, format!("`{name}` has a comma: server names are separated by spaces, {never}"))
                    .suggest("leave the comma out", [Edit::replace(word.inner(), bare)]);
            } else if let Some(at) = name.find("://") {
                let host = name[at + 3..].trim_end_matches('/');
                let report = findings.report(word.span, format!("`{name}` has a scheme: {never}"));
                if !host.contains('/') && !host.is_empty() {
                    report.suggest("leave the scheme out", [Edit::replace(word.inner(), host)]);
                }
            } else if name.contains('/') {
                findings.report(word.span, format!("`{name}` has a path: {never}"));
            } else if let Some((host, port)) = name.rsplit_once(':').filter(|_| !name.starts_with('[')) {
                let report = findings.report(word.span, format!("`{name}` has a port: {never}"));
                if value::number(port).is_some() && !host.is_empty() {
                    report.suggest("leave the port out", [Edit::replace(word.inner(), host)]);
                }
            } else if name.starts_with('^') || name.ends_with('$') || name.contains('\\') {
                findings.report(word.span, format!("`{name}` looks like a regular expression: those begin with `~`"));
            } else if misplaced_star(name) {
                let shared =
                    server.sockets().iter().any(|address| sockets.get(address).is_some_and(|all| all.len() > 1));
                let report = findings
                    .report(word.span, format!("`{name}`: `*` can only be the whole first or the whole last label"));
                if shared && nginx.is_main() {
                    report.severity(Severity::Error).category(Category::Invalid);
                }
            }
        }
    }
}

fn misplaced_star(name: &str) -> bool {
    let inner = name.strip_prefix("*.").or_else(|| name.strip_suffix(".*")).unwrap_or(name);
    inner.contains('*')
}
