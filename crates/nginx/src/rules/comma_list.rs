//! Commas between arguments.

use crate::keys::Key;
use crate::keys::key;
use crate::model::Nginx;
use crate::template;
use confvet_core::{Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/comma-list", check };

const LISTS: &[Key] = &[
    key!("gzip_types"),
    key!("index"),
    key!("allow"),
    key!("deny"),
    key!("proxy_next_upstream"),
    key!("ssl_protocols"),
];

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for word in LISTS.iter().flat_map(|&key| nginx.all(key)).flat_map(|line| line.args().iter()) {
        if word.quoted || !word.text.contains(',') || template::has_variables(word.text) {
            continue;
        }
        let spaced = word.text.split(',').filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        findings
            .report(word.span, format!("`{}`: arguments are separated by spaces", word.text))
            .suggest("use spaces", [Edit::replace(word.span, spaced)]);
    }
}
