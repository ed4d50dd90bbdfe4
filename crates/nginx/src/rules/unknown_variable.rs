//! A variable that nothing defines.

use crate::context::Protocol;
use crate::model::built_in;
use crate::model::built_in_names;
use crate::model::{Family, Nameless, Nginx};
use confvet_core::{Context, Edit, Findings, Rule, did_you_mean};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/unknown-variable", check };

const SUGGESTIONS: usize = 50;

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for (directive, word, name) in nginx.reassigned_built_ins() {
        findings
            .report(word.span, format!("`${name}` is a variable of nginx itself and cannot be set"))
            .label(directive.name().span, "set here");
    }
    for nameless in nginx.nameless_uses() {
        findings.report(
            nameless.span,
            match nameless.why {
                Nameless::Unclosed => "`${` without a name and `}` behind it (nginx: the closing bracket is missing)",
                Nameless::NoName => {
                    "`$` without a name behind it: nginx has no way to write a lone `$` here (nginx: invalid variable name)"
                }
                Nameless::Capture => "a log format knows no captures: `set` a variable and name that",
            },
        );
    }
    if !nginx.is_complete() || nginx.has_foreign_parts() {
        return;
    }
    if nginx.definitions(Protocol::Http, "memcached_key").is_empty() {
        for pass in nginx.passes().iter().filter(|pass| pass.family == Family::Memcached) {
            let name = pass.directive(nginx).name().span;
            findings.report(name, "`memcached_pass` asks for the key in `$memcached_key`, which nothing sets");
        }
    }
    let is_unknown = |protocol: Option<Protocol>, name: &str| {
        protocol
            .is_some_and(|protocol| built_in(protocol, name).is_none() && nginx.definitions(protocol, name).is_empty())
    };
    let unknown = nginx.uses_of(is_unknown).filter_map(|used| {
        let protocol = used.directive.context().protocol().or_else(|| used.directive.parent()?.context().protocol())?;
        Some((used, protocol, used.name.to_ascii_lowercase()))
    });
    for (index, (used, protocol, name)) in unknown.enumerate() {
        let near = (index < SUGGESTIONS).then(|| {
            let defined: Vec<&str> = nginx.defined_names(protocol).collect();
            did_you_mean(&name, built_in_names(protocol).chain(defined.iter().copied())).map(str::to_owned)
        });
        let near = near.flatten();
        let environment = used.name.len() > 1
            && used.name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit());
        let message = match &near {
            Some(near) => format!("unknown variable `${name}`, did you mean `${near}`?"),
            None => format!("unknown variable `${name}`"),
        };
        let mut report = findings.report(used.span, message);
        if environment && near.is_none() {
            report = report.help("nginx does not expand environment variables: run envsubst first or use a map");
        }
        if let Some(near) = near {
            report.suggest(format!("write `${near}`"), [Edit::replace(used.span, format!("${{{near}}}"))]);
        }
    }
}
