//! Too few or too many arguments.

use crate::keys::Key;
use crate::keys::key;
use crate::model::{Nginx, Problem};
use confvet_core::{Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/arg-count", check };

/// Directives whose last argument is a text, which people forget to quote.
const TEXTS: &[Key] = &[key!("return"), key!("add_header"), key!("proxy_set_header"), key!("set")];

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for problem in nginx.problems() {
        let Problem::ArgumentCount(id, allowed) = problem else { continue };
        let directive = nginx.directive(*id);
        let name = directive.name();
        let args = directive.args();
        let given = if args.is_empty() { "none".to_owned() } else { args.len().to_string() };
        let (least, most) = (allowed.least(), allowed.most());
        let plural = if most == Some(1) { "argument" } else { "arguments" };
        let takes = match most {
            Some(0) => "no".to_owned(),
            Some(most) if most == least => least.to_string(),
            Some(most) if !allowed.allow(most - 1) || most == least + 1 => format!("{least} or {most}"),
            Some(most) => format!("{least} to {most}"),
            None => format!("at least {least}"),
        };
        let mut message = format!("`{}` takes {takes} {plural}, {given} given", name.text);
        let superfluous = most.filter(|&most| args.len() > most);
        let text = superfluous.filter(|_| directive.is_any(TEXTS));
        if text.is_some() {
            message.push_str("; quote the text if it holds spaces");
        }
        let span = superfluous.and_then(|most| args.get(most)).map_or(name.span, |word| word.span);
        let report = findings.report(span, message);
        let Some(most) = text else { continue };
        let tail = args.from(most - 1);
        if tail.iter().all(|word| !word.quoted && word.is_verbatim() && word.span.file == name.span.file) {
            let span = tail.span().unwrap_or(span);
            report.suggest("quote the text", [Edit::insert_before(span, "\""), Edit::insert_after(span, "\"")]);
        }
    }
}
