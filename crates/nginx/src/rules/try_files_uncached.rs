//! Several looks at the disk for each request.

use crate::keys::key;
use crate::model::Nginx;
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/try-files-uncached", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for line in nginx.all(key!("try_files")) {
        let tests = line.args().without_last().iter().filter(|word| !word.text.is_empty()).count();
        let cache = line.scope().effective_text(key!("open_file_cache"));
        let cached = cache.is_some_and(|cache| cache != "off");
        if tests < 2 || cached || cache.is_none() && line.scope().sees_unread_include() {
            continue;
        }
        findings.report(
            line.name().span,
            format!("`try_files` looks for {tests} files in every request, and `open_file_cache` is off"),
        );
    }
}
