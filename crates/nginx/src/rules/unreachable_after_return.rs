//! A handler behind an answer.

use crate::context::Context as Place;
use crate::keys::Key;
use crate::keys::key;
use crate::model::Nginx;
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/unreachable-after-return", check };

const DEAD: &[Key] = &[
    key!("proxy_pass"),
    key!("fastcgi_pass"),
    key!("uwsgi_pass"),
    key!("scgi_pass"),
    key!("grpc_pass"),
    key!("try_files"),
    key!("root"),
    key!("alias"),
    key!("index"),
];

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for answer in nginx.all(key!("return")).filter(|answer| answer.context() == Place::Location) {
        let jumps = answer.scope().all(key!("rewrite")).any(|rewrite| rewrite.id() < answer.id())
            || answer.scope().children().any(|child| child.is(key!("break")) || child.is(key!("location")))
            || answer
                .scope()
                .all(key!("if"))
                .any(|condition| condition.block().has(key!("break")) || condition.block().has(key!("rewrite")));
        if jumps {
            continue;
        }
        if let Some(dead) = answer.scope().children().find(|child| child.is_any(DEAD)) {
            findings
                .report(dead.span(), format!("`{}` is never reached: `return` ends the request", dead.name().text))
                .label(answer.span(), "ends it");
        }
    }
}
