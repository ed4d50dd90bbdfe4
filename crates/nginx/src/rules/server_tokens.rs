//! The version in every answer.

use crate::context::Protocol;
use crate::keys::key;
use crate::layout;
use crate::model::{Directive, Nginx};
use confvet_core::{Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/server-tokens", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    let tokens: Vec<Directive<'_>> = nginx.all(key!("server_tokens")).collect();
    let cleared = nginx
        .all(key!("more_clear_headers"))
        .any(|line| line.args().iter().any(|word| word.text.eq_ignore_ascii_case("server")));
    if cleared {
        return;
    }
    for word in tokens
        .iter()
        .filter_map(|tokens| tokens.arg(0))
        .filter(|word| matches!(word.text.to_ascii_lowercase().as_str(), "on" | "build"))
    {
        findings
            .report(word.span, "the version is sent in `Server` and on error pages")
            .suggest("switch it off", [Edit::replace(word.inner(), "off")]);
    }
    let http = nginx.top().first(key!("http")).filter(|_| nginx.is_complete() && tokens.is_empty());
    let serves = nginx.servers().iter().any(|server| server.protocol == Protocol::Http);
    if let Some(http) = http.filter(|_| serves) {
        findings
            .report(
                http.name().span,
                "the version is sent in `Server` and on error pages: `server_tokens` is on by default",
            )
            .suggest("switch it off", layout::first_in(http.block(), "server_tokens off;", ctx));
    }
}
