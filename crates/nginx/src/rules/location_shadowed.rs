//! A location that never runs, or a protected one that another location takes requests from.

use crate::model::Nginx;
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/location-shadowed", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for shadow in nginx.shadowed_locations() {
        findings.report(shadow.span, shadow.message).label(shadow.winner, "this location wins");
    }
}
