//! A prefix with a final slash, an alias without.

use crate::keys::key;
use crate::model::{Location, Nginx};
use crate::template;
use confvet_core::{Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/alias-slash-mismatch", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for alias in nginx.all(key!("alias")) {
        let (Some(path), Some(location)) = (alias.arg(0), alias.parent().and_then(Location::of)) else { continue };
        if !location.is_prefix()
            || !location.path.ends_with('/')
            || path.text.ends_with('/')
            || template::has_variables(path.text)
        {
            continue;
        }
        findings
            .report(
                path.span,
                format!("`{}a` is read from `{}a`: the alias lacks the final `/`", location.path, path.text),
            )
            .label(location.span, "the part that is replaced")
            .suggest("end it with `/`", [Edit::insert_after(path.inner(), "/")]);
    }
}
