//! The same directory in every location.

use crate::context::Protocol;
use crate::keys::key;
use crate::layout;
use crate::model::{Directive, Location, Nginx};
use confvet_core::{Context, Findings, Rule, Safety};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/root-in-location", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    for server in nginx.servers().iter().filter(|server| server.protocol == Protocol::Http) {
        let block = server.block(nginx);
        let locations: Vec<Directive<'_>> = block.all(key!("location")).collect();
        let roots: Vec<Directive<'_>> =
            locations.iter().filter_map(|location| location.block().first(key!("root"))).collect();
        let Some(first) =
            roots.first().filter(|_| roots.len() > 1 && roots.len() == locations.len() && !block.has(key!("root")))
        else {
            continue;
        };
        if roots.iter().all(|root| root.text(0) == first.text(0)) {
            let moved = layout::before(locations[0], &format!("{};", ctx.text(first.span())), ctx);
            let file = server.directive(nginx).file();
            let here = locations.iter().chain(&roots).all(|line| line.file() == file);
            let edits = std::iter::once(moved).chain(roots.iter().map(|root| layout::delete(*root, ctx)));
            let takes_all =
                locations.iter().filter_map(|it| Location::of(*it)).any(|it| it.is_prefix() && it.path == "/");
            let safety = if takes_all { Safety::Safe } else { Safety::Unsafe };
            findings
                .report(
                    first.span(),
                    format!("every location of this server sets `root {}`: set it once in the server", first.text(0)),
                )
                .suggest_as(
                    safety,
                    "move it to the server",
                    edits.filter(|_| here && roots.iter().all(|root| root.semicolon().is_some())),
                );
        }
    }
}
