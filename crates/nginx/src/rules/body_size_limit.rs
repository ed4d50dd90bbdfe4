//! Uploads without a limit.

use crate::context::Context as Place;
use crate::keys::key;
use crate::model::Nginx;
use crate::value;
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/body-size-limit", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for line in
        nginx.all(key!("client_max_body_size")).filter(|line| matches!(line.context(), Place::Http | Place::Server))
    {
        if let Some(word) = line.arg(0).filter(|word| value::offset(word.text) == Some(0)) {
            findings.report(word.span, "request bodies of any size are taken, for every location below");
        }
    }
    for location in nginx.locations().filter(|location| nginx.is_complete() && location.is_prefix()) {
        let block = location.directive.block();
        let named =
            ["upload", "import", "api/files"].iter().any(|word| location.path.to_ascii_lowercase().contains(word));
        if named && nginx.passes_in(block).next().is_some() && block.effective(key!("client_max_body_size")).is_none() {
            findings.report(location.span, "uploads over 1m get 413: `client_max_body_size` is not set");
        }
    }
}
