//! What nginx's tokenizer does not get past.

use crate::model::{Nginx, Problem};
use crate::syntax::Fault;
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/syntax", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    for problem in nginx.trees().iter().flat_map(|tree| tree.problems.iter()) {
        let text = ctx.text(problem.span);
        let message = match problem.fault {
            Fault::MissingSemicolon { .. } | Fault::Quantifier { entry: true } => continue,
            Fault::ByteOrderMark => {
                "a byte order mark stands before the first directive and is read as part of its name".to_owned()
            }
            Fault::StraySemicolon | Fault::StrayOpen | Fault::StrayClose => format!("unexpected `{text}`"),
            Fault::AfterQuote => format!("unexpected `{text}` right after a closing quote"),
            Fault::UnclosedQuote => "the quote opened here is never closed".to_owned(),
            Fault::UnclosedBlock | Fault::UnclosedLua => "the block opened here is never closed".to_owned(),
            Fault::TooLong => "this word or comment has 4096 bytes or more (nginx: too long parameter)".to_owned(),
            Fault::Quantifier { entry: false } => {
                "`{` inside the pattern starts the block: quote the pattern".to_owned()
            }
            Fault::ForeignComment => format!("`{text}` starts no comment: nginx comments start with `#`"),
            Fault::TooDeep => "blocks are nested too deep here to be read".to_owned(),
        };
        let mut report = findings.report(problem.span, message);
        if let Some(related) = problem.related {
            report = report.label(related, "");
        }
        match problem.fault {
            Fault::ByteOrderMark | Fault::StraySemicolon => {
                report.suggest_as(Safety::Safe, "delete it", [Edit::delete(problem.span)]);
            }
            Fault::Quantifier { .. } => {
                let Some(word) = problem.related else { continue };
                if !ctx.text(word).contains(['"', '\'']) {
                    let quoted = format!("\"{}\"", ctx.text(word));
                    report.suggest_as(Safety::Safe, "quote the pattern", [Edit::replace(word, quoted)]);
                }
            }
            Fault::ForeignComment if text == "//" => {
                report.suggest_as(Safety::Safe, "write `#`", [Edit::replace(problem.span, "#")]);
            }
            Fault::TooDeep => {
                report.severity(Severity::Warning).category(Category::Maintainability);
            }
            _ => {}
        }
    }
    for problem in nginx.problems() {
        let (id, message) = match problem {
            Problem::NoBlockAllowed(id) => (*id, "takes no block: end it with `;`"),
            Problem::BlockMissing(id) => (*id, "needs a block: `{` is missing"),
            _ => continue,
        };
        let name = nginx.directive(id).name();
        findings.report(name.span, format!("`{}` {message}", name.text));
    }
    for (server, message) in nginx.incomplete_stream_servers() {
        findings.report(server.name().span, message);
    }
    if let Some(first) = nginx.lacks_events() {
        findings.report(
            first.name().span,
            "there is no `events` block in this main file (nginx: no \"events\" section in configuration)",
        );
    }
}
