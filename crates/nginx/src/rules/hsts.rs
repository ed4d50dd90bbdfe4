//! TLS that clients may be talked out of.

use crate::context::Protocol;
use crate::keys::key;
use crate::layout;
use crate::model::{HostClass, Nginx};
use crate::syntax::Word;
use crate::value;
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/hsts", check };

const HALF_A_YEAR: u64 = 15_768_000;

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    const NAME: &str = "Strict-Transport-Security";
    for header in nginx.all(key!("add_header")).filter(|header| header.text(0).eq_ignore_ascii_case(NAME)) {
        let Some(word) = header.arg(1) else { continue };
        let age = word.text.split(';').find_map(|part| part.trim().strip_prefix("max-age=").map(str::to_owned));
        if let Some(seconds) =
            age.and_then(|age| value::number(age.trim_matches('"'))).filter(|&age| age < HALF_A_YEAR && age > 0)
        {
            findings.report(
                word.span,
                format!("`max-age={seconds}` is less than half a year: browsers forget that this site is TLS only"),
            );
        }
    }
    for server in nginx.servers().iter().filter(|server| server.protocol == Protocol::Http && server.is_tls(nginx)) {
        let block = server.block(nginx);
        let own = server.directive(nginx);
        let names_it = |word: Word<'_>| word.text.to_ascii_lowercase().contains("strict-transport-security");
        let set = block.sets_response_header(NAME)
            || nginx.all_in(block, key!("add_header")).any(|line| line.text(0).eq_ignore_ascii_case(NAME))
            || nginx.all_in(block, key!("more_set_headers")).any(|line| line.args().iter().any(names_it));
        let only_redirects = block.first(key!("return")).is_some() || block.is_on(key!("ssl_reject_handshake"));
        if set || only_redirects || server.is_local() || own.holds_unread_include() || block.sees_unread_include() {
            continue;
        }
        let internal = !server.names.is_empty()
            && server.names.iter().all(|name| {
                name.value.contains('*')
                    || name.value.starts_with(['~', '.', '_'])
                    || HostClass::of(&name.value) != HostClass::Public
            });
        if internal {
            continue;
        }
        let report = findings.report(own.name().span, "no `Strict-Transport-Security` on this TLS server");
        let line = "add_header Strict-Transport-Security \"max-age=31536000\" always;";
        if let (Some(last), false) = (block.all(key!("listen")).last(), block.effective(key!("add_header")).is_some()) {
            report.suggest("add it", layout::after(last, &[line.to_owned()], ctx));
        }
    }
}
