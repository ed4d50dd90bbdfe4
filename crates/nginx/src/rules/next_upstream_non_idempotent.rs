//! Requests with side effects, sent again.

use crate::keys::Key;
use crate::keys::key;
use crate::layout;
use crate::model::{Family, Nginx};
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/next-upstream-non-idempotent", check };

const DIRECTIVES: &[(Key, Family)] = &[
    (key!("proxy_next_upstream"), Family::Proxy),
    (key!("fastcgi_next_upstream"), Family::Fastcgi),
    (key!("uwsgi_next_upstream"), Family::Uwsgi),
    (key!("scgi_next_upstream"), Family::Scgi),
    (key!("grpc_next_upstream"), Family::Grpc),
];
const IDEMPOTENT: &[&str] = &["GET", "HEAD", "PUT", "DELETE", "OPTIONS"];

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    for &(key, family) in DIRECTIVES {
        for directive in nginx.all(key) {
            let always_replays = nginx.release().is_before((1, 9, 13));
            let asks = |text: &str| text == "non_idempotent" || always_replays && matches!(text, "error" | "timeout");
            let Some(word) = directive.args().iter().find(|word| asks(word.text)) else { continue };
            let replays = nginx.passes_in(directive.scope()).any(|pass| {
                let scope = pass.scope(nginx);
                let several = match pass.group(nginx) {
                    Some(group) => group.may_have_several_servers(),
                    None => pass.endpoint.class.is_name() || pass.has_variables,
                };
                let once = scope.effective_text(key!("proxy_next_upstream_tries")) == Some("1");
                pass.family == family
                    && several
                    && !once
                    && scope.effective(key).is_some_and(|effective| effective == directive)
                    && !scope.admits_only_methods(IDEMPOTENT)
            });
            if replays || !nginx.is_main() && nginx.passes_in(directive.scope()).next().is_none() {
                findings
                    .report(
                        word.span,
                        "POST, PATCH and LOCK are sent again to the next server after a timeout: orders may be placed twice",
                    )
                    .suggest("leave it out", [layout::delete_word(word.span, ctx)]);
            }
        }
    }
}
