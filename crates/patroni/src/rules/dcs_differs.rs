//! Members of one cluster that look into different stores.

use super::Cluster;
use crate::Document;
use confvet_core::source::parent;
use confvet_core::{Context, Findings, Rule, Set, Severity};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "patroni/dcs-differs", check };

fn check(set: &Set<Document>, ctx: &Context<'_>, findings: &mut Findings) {
    for Cluster { members, .. } in super::clusters(set) {
        let Some((first, rest)) = members.split_first() else { continue };
        let sections = first.dcs_sections();
        let [store] = sections.as_slice() else { continue };
        for config in rest {
            let others = config.dcs_sections();
            let [other] = others.as_slice() else { continue };
            let (name, other_name) = (store.key.text().unwrap_or_default(), other.key.text().unwrap_or_default());
            let file = ctx.path(first.file());
            if name != other_name {
                findings
                    .report(other.key.span(), format!("this member uses `{other_name}` and the one in {file} `{name}`: each half elects its own leader"))
                    .label(store.key.span(), "the other store");
                continue;
            }
            let (here, there) = (config.dcs_endpoints(), first.dcs_endpoints());
            let apart = parent(ctx.path(config.file())) != parent(file);
            if here.is_empty()
                || there.is_empty()
                || here == there
                || apart
                || config.uses_own_store()
                || first.uses_own_store()
            {
                continue;
            }
            if here.iter().any(|endpoint| there.binary_search(endpoint).is_ok()) {
                findings
                    .report(other.key.span(), format!("`{name}` has other endpoints here than in {file}"))
                    .severity(Severity::Info)
                    .label(store.key.span(), "other endpoints");
            } else {
                findings
                    .report(
                        other.key.span(),
                        format!("no endpoint of `{name}` is shared with {file}: two separate clusters"),
                    )
                    .help("if these are the addresses of one store, list all of them on each member")
                    .label(store.key.span(), "other endpoints");
            }
        }
    }
}
