//! Two servers with one name on one socket: the second is ignored.

use crate::context::Protocol;
use crate::model::Nginx;
use confvet_core::{Context, Findings, Rule, Span};
use std::collections::BTreeMap;

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/server-name-conflict", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    for (address, listeners) in nginx.sockets(Protocol::Http) {
        let mut seen: BTreeMap<String, (usize, Span)> = BTreeMap::new();
        for (index, _) in listeners {
            let server = &nginx.servers()[index];
            if server.names.is_empty() && !nginx.is_main() {
                continue;
            }
            let here = server.directive(nginx).name().span;
            let spans: Vec<Span> =
                if server.names.is_empty() { vec![here] } else { server.names.iter().map(|name| name.span).collect() };
            for (name, span) in server.lower_names().into_iter().zip(spans) {
                let aliases = match name.strip_prefix('.') {
                    Some(rest) => vec![rest.to_owned(), format!("*.{rest}")],
                    None => vec![name.clone()],
                };
                for alias in aliases {
                    match seen.get(&alias) {
                        Some(&(first, earlier)) if first != index => {
                            let place = format!("{}:{}", ctx.path(earlier.file), ctx.line(earlier));
                            let shown = if alias.is_empty() {
                                "a server without a name".to_owned()
                            } else {
                                format!("`{alias}`")
                            };
                            findings
                                .report(span, format!("{shown} on `{address}` is already served by the server at {place}; this one is ignored"))
                                .label(earlier, "this one answers");
                            break;
                        }
                        Some(_) => {}
                        None => {
                            seen.insert(alias, (index, span));
                        }
                    }
                }
            }
        }
    }
}
