//! A name that no module of nginx knows.

use crate::keys::Key;
use crate::keys::NAMES;
use crate::keys::Origin;
use crate::model::{Nginx, Problem};
use crate::release::Flavor;
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity, did_you_mean, nearest};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/unknown-directive", check };

/// How many unknown names get a suggestion: each costs a look at the whole table.
const SUGGESTIONS: usize = 50;

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    let unsure = nginx.loads_unknown_module() || matches!(nginx.release().flavor, Flavor::Angie | Flavor::Freenginx);
    let unknown = nginx.problems().iter().filter_map(|problem| match problem {
        Problem::Unknown(id) => Some(nginx.directive(*id)),
        _ => None,
    });
    for (index, directive) in unknown.enumerate() {
        let name = directive.name();
        let place = directive.context();
        let here =
            NAMES.all.iter().copied().filter(|name| Key::find(name).is_some_and(|key| key.contexts().contains(place)));
        let near = (index < SUGGESTIONS).then(|| did_you_mean(name.text, here)).flatten();
        let message = match near {
            Some(near) => format!("unknown directive `{}`, did you mean `{near}`?", name.text),
            None => format!("unknown directive `{}`", name.text),
        };
        let mut report = findings.report(name.span, message);
        if unsure {
            report = report.severity(Severity::Warning).category(Category::Outage);
        }
        if let Some(near) = near {
            let typing_error = nearest(name.text, [near], 1).is_some();
            let safety = if typing_error { Safety::Safe } else { Safety::Unsafe };
            report.suggest_as(safety, format!("write `{near}`"), [Edit::replace(name.inner(), near)]);
        }
    }
    for (module, directive) in nginx.foreign_modules() {
        let name = directive.name();
        let plus = directive.row().is_some_and(|row| row.origin == Origin::Plus);
        if plus && nginx.release().version.is_some() && nginx.release().flavor == Flavor::OpenSource {
            findings.report(
                name.span,
                format!("`{}` is a directive of NGINX Plus; open-source nginx does not know it", name.text),
            );
            continue;
        }
        let needs = if plus { "NGINX Plus".to_owned() } else { format!("the module `{module}`") };
        findings
            .report(name.span, format!("`{}` needs {needs}", name.text))
            .severity(Severity::Info)
            .category(Category::Maintainability);
    }
}
