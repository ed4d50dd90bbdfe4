//! Inner state for everybody.

use crate::keys::Key;
use crate::keys::key;
use crate::layout;
use crate::model::{Nginx, Server};
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/stub-status-exposed", check };

const STATUS: &[Key] = &[key!("stub_status"), key!("status"), key!("vhost_traffic_status_display"), key!("api")];

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    for status in STATUS.iter().flat_map(|&key| nginx.all(key)) {
        let scope = status.scope();
        let writes = status.args().iter().any(|word| word.text == "write=on");
        if status.is(key!("api")) && !writes || scope.sees_unread_include() {
            continue;
        }
        let local = nginx.server_of(status).is_some_and(Server::is_local);
        if local || scope.admits_only_listed() || scope.asks_identity() || scope.has(key!("internal")) {
            continue;
        }
        findings
            .report(status.span(), format!("`{}` is public", status.name().text))
            .help("`allow 127.0.0.1; deny all;`")
            .suggest(
                "allow the machine itself only",
                layout::after(status, &["allow 127.0.0.1;".to_owned(), "deny all;".to_owned()], ctx),
            );
    }
}
