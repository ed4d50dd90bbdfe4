//! Answers kept longer than addresses live.

use crate::keys::key;
use crate::model::{HostClass, Nginx};
use crate::value;
use crate::value::TimeUnits;
use confvet_core::units::display_duration;
use confvet_core::{Context, Edit, Findings, Keys, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/resolver-cache-too-long", check };

const MINUTES: u64 = 60;

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    let asked = nginx.names_asked_at_run_time();
    let rotating: Keys<u32> = asked
        .iter()
        .filter(|asked| HostClass::of(&asked.name) == HostClass::Rotating)
        .map(|asked| asked.resolver.directive(nginx).id())
        .collect();
    for resolver in nginx.resolvers() {
        let Some(valid) = &resolver.valid else { continue };
        let uses = resolver.uses(nginx);
        if !uses.any() || uses.only_ocsp() {
            continue;
        }
        let rotating = rotating.contains(&resolver.directive(nginx).id());
        let limit = if rotating { 5 * MINUTES } else { 60 * MINUTES };
        if valid.value.as_secs() <= limit {
            continue;
        }
        let what = if rotating { "old load balancer addresses" } else { "old addresses" };
        findings
            .report(
                valid.span,
                format!(
                    "`{}` keeps {what} for {}; the name's own TTL is ignored",
                    ctx.text(valid.span),
                    display_duration(valid.value)
                ),
            )
            .suggest("keep answers for 10 seconds", [Edit::replace(valid.span, "valid=10s")]);
    }
    for timeout in nginx.all(key!("resolver_timeout")) {
        let Some(word) = timeout.arg(0) else { continue };
        if value::time(word.text, TimeUnits::Milliseconds).is_some_and(|time| time.as_secs() > 30) {
            findings.report(word.span, format!("requests wait {} for an answer of DNS; the default is 30s", word.text));
        }
    }
}
