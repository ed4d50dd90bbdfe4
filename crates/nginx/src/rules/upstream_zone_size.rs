//! Shared memory that is too small, or declared twice differently.

use crate::model::Nginx;
use confvet_core::units::ByteSize;
use confvet_core::{Category, Context, Edit, Fact, Findings, Map, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/upstream-zone-size", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    let page = ctx.facts.size(Fact::PageSize).map_or(4096, ByteSize::bytes);
    let least = page * 8;
    let roomy = least.max(64 << 10);
    let zones = nginx.upstream_zones();
    let mut sized = Map::new();
    for zone in zones.iter().filter(|zone| zone.size.is_some()) {
        sized.or_insert(zone.directive.text(0), zone);
    }
    for zone in &zones {
        let name = zone.directive.text(0);
        let span = zone.directive.arg(1).map_or(zone.directive.span(), |word| word.span);
        match zone.size {
            None if zone.directive.args().len() > 1 => {}
            None if !sized.contains_key(name) => {
                findings
                    .report(span, format!("zone `{name}` has no size (nginx: zero size shared memory zone)"))
                    .suggest(
                        format!("make it {}k", roomy >> 10),
                        [Edit::insert_after(zone.directive.span(), format!(" {}k", roomy >> 10))],
                    );
            }
            Some(size) if size < least => {
                findings
                    .report(
                        span,
                        format!(
                            "zone `{name}` is {}; nginx needs at least 8 memory pages ({}k)",
                            zone.directive.text(1),
                            least >> 10
                        ),
                    )
                    .suggest(format!("make it {}k", roomy >> 10), [Edit::replace(span, format!("{}k", roomy >> 10))]);
            }
            Some(size) => {
                let first = sized.get(name);
                if let Some(first) = first.filter(|first| first.size != Some(size)) {
                    findings
                        .report(
                            span,
                            format!("zone `{name}` has two sizes (nginx: conflicts with already declared size)"),
                        )
                        .label(first.directive.span(), "the other size");
                } else if size < 64 << 10 && zone.resolves {
                    findings
                        .report(span, format!("zone `{name}` is small for servers that are looked up at run time: new addresses may not fit"))
                        .severity(Severity::Warning)
                        .category(Category::Outage)
                        .suggest("make it 64k", [Edit::replace(span, format!("{}k", roomy >> 10))]);
                } else if size < 128 << 10
                    && ctx.facts.text(Fact::Arch) == Some("arm64")
                    && !ctx.facts.knows(Fact::PageSize)
                {
                    findings
                        .report(span, format!("zone `{name}` is too small on arm64 kernels with pages of 16k or 64k"))
                        .severity(Severity::Info)
                        .category(Category::Outage);
                }
            }
            None => {}
        }
        if let Some(other) = sized.get(name).filter(|other| zone.is_likely_copied_from(other)) {
            findings
                .report(
                    zone.directive.arg(0).map_or(span, |word| word.span),
                    format!(
                        "zone `{name}` is also that of `{}`: two groups share its {}, and run out of it together",
                        other.group.name.value,
                        zone.directive.text(1)
                    ),
                )
                .label(other.directive.span(), "the other group's zone")
                .help("give each group a zone of its own; a comment at either line says that it is meant")
                .severity(Severity::Warning)
                .category(Category::Outage);
        }
        if let Some((span, text)) = zone.clash {
            findings
                .report(
                    zone.directive.arg(0).map_or(span, |word| word.span),
                    format!("zone `{name}` is already {text}"),
                )
                .label(span, "here");
        }
    }
}
