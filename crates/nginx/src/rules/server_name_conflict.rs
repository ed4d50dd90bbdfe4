//! Two servers with one name on one socket: the second is ignored.

use crate::context::Protocol;
use crate::model::Nginx;
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/server-name-conflict", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    for address in nginx.sockets(Protocol::Http).keys() {
        for conflict in nginx.name_conflicts(address) {
            let place = format!("{}:{}", ctx.path(conflict.first.file), ctx.line(conflict.first));
            let shown = match conflict.name.as_ref() {
                "" => "a server without a name".to_owned(),
                name => format!("`{name}`"),
            };
            findings
                .report(
                    conflict.second,
                    format!("{shown} on `{address}` is already served by the server at {place}; this one is ignored"),
                )
                .label(conflict.first, "this one answers");
        }
    }
}
