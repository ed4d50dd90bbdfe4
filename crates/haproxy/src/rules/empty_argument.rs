//! An empty word ends the statement, and what stands behind it is lost without a word.

use crate::model::Haproxy;
use confvet_core::{Context, Edit, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/empty-argument", check };

fn check(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    if !haproxy.at_least((3, 3, 0)) {
        for (statement, empty) in haproxy.empty_words() {
            let rest = statement.span().after();
            let rest = empty.span.after().to(rest);
            let lost = context.text(rest).trim();
            if lost.is_empty() {
                findings
                    .report(empty.span, "the empty argument at the end of the line is ignored")
                    .severity(Severity::Warning);
            } else {
                let first = statement.words().iter().position(|word| word.span == empty.span).unwrap_or(0);
                let behind = statement.word(first + 1).map_or(empty.span, |word| word.span);
                findings
                    .report(empty.span, format!("the empty argument ends the line: `{lost}` is ignored"))
                    .label(behind.to(rest), "never read")
                    .suggest_as(
                        Safety::Safe,
                        "delete the empty argument",
                        statement.reads_on_at(first + 1).then(|| Edit::delete(empty.span.to(behind.before()))),
                    );
            }
        }
    }
    for statement in haproxy.with_variables() {
        for (index, word) in statement.words().iter().enumerate().skip(1).filter(|(_, word)| word.is_only_variable()) {
            if let Some(next) = statement.word(index + 1) {
                findings
                    .report(word.span, format!("{} ends the line when the variable is empty or unset", word.text))
                    .severity(Severity::Info)
                    .label(next.span, "then ignored")
                    .help("give the variable a default, `\"${NAME-value}\"`, or let it vanish, `\"${NAME[*]}\"`");
            }
        }
    }
}
