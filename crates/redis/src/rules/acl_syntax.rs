//! A line or rule that the ACL loader refuses.

use crate::model::{AclProblem, AclProblemKind, Document, LineFault};
use crate::version::display;
use confvet_core::{Context, Edit, Findings, Map, Rule, Safety, Span};

pub(super) static RULE: Rule<Document> = Rule { name: "redis/acl-syntax", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    if let Some(acl) = document.acl() {
        for problem in acl.problems.iter().chain(acl.users.iter().flat_map(|user| &user.problems)) {
            report(problem, ctx, findings);
        }
    }
    let Some(conf) = document.conf().filter(|conf| !conf.lacks((6, 0, 0))) else { return };
    let mut seen = Map::new();
    for user in &conf.users {
        let first = *seen.or_insert(user.name.as_str(), user.name.span);
        if first != user.name.span && !conf.lacks((7, 0, 0)) {
            let kind = AclProblemKind::Duplicate(user.name.text.clone(), first);
            report(&AclProblem { span: user.name.span, kind }, ctx, findings);
        }
        for problem in &user.problems {
            let from_module = conf.loads_modules()
                && matches!(
                    problem.kind,
                    AclProblemKind::Command(_) | AclProblemKind::Category(_) | AclProblemKind::Subcommand(_)
                );
            if !from_module {
                report(problem, ctx, findings);
            }
        }
    }
    let file = conf.last("aclfile").filter(|line| line.value().is_some_and(|path| !path.text.is_empty()));
    if let (Some(file), Some(user)) = (file, conf.last("user")) {
        findings
            .report(user.name.span, "ACL: `user` lines and `aclfile` exclude each other")
            .label(file.value_span(), "the file")
            .help("move the users into the ACL file");
    }
}

fn report(problem: &AclProblem, ctx: &Context<'_>, findings: &mut Findings) {
    let span = problem.span;
    match &problem.kind {
        AclProblemKind::Line(fault) => line_fault(*fault, span, ctx, findings),
        AclProblemKind::Duplicate(name, first) => {
            findings
                .report(span, format!("ACL: user `{name}` is defined twice, which Redis 7.0 and later refuse"))
                .label(*first, "first defined here");
        }
        AclProblemKind::Rule(rule) => {
            let secretive = rule.starts_with(['>', '<', '#', '!']);
            let what = if secretive { "this".to_owned() } else { format!("`{rule}`") };
            findings.report(span, format!("ACL: {what} is no rule"));
        }
        AclProblemKind::Quoted => {
            findings.report(span, "ACL: quotes do not quote in an ACL file").help("write the rule without quotes");
        }
        AclProblemKind::Command(name) => {
            findings.report(span, format!("ACL: there is no command `{name}`"));
        }
        AclProblemKind::Subcommand(name) => {
            findings.report(span, format!("ACL: there is no subcommand `{name}`"));
        }
        AclProblemKind::Category(name) => {
            findings.report(span, format!("ACL: there is no category `{name}`"));
        }
        AclProblemKind::AfterAll(sign, all) => {
            let reset = if *sign == '~' { "resetkeys" } else { "resetchannels" };
            findings
                .report(span, format!("ACL: a pattern behind `{sign}*` is refused, as everything is allowed already"))
                .label(*all, "everything, from here on")
                .help(format!("drop one of the two, or write `{reset}` in front of the pattern"));
        }
        AclProblemKind::Hash(only_case) => {
            let report = findings.report(span, "ACL: a hash is 64 hexadecimal digits in lower case");
            if *only_case {
                let lower = ctx.text(span).to_ascii_lowercase();
                report.suggest_as(Safety::Safe, "write it in lower case", [Edit::replace(span, lower)]);
            }
        }
        AclProblemKind::NotGiven => {
            findings.report(span, "ACL: a password is taken away that the user never had");
        }
        AclProblemKind::Needs(what, version) => {
            findings.report(span, format!("ACL: {what} need Redis {}", display(*version)));
        }
        AclProblemKind::Parenthesis => {
            findings.report(span, "ACL: this selector is never closed");
        }
    }
}

fn line_fault(fault: LineFault, span: Span, ctx: &Context<'_>, findings: &mut Findings) {
    match fault {
        LineFault::Comment => {
            let mut whole = span;
            let text = ctx.sources.get(span.file).text();
            // The line end goes with the comment.
            if text[span.range().end..].starts_with("\r\n") {
                whole.end += 2;
            } else if text[span.range().end..].starts_with('\n') {
                whole.end += 1;
            }
            findings.report(span, "ACL: ACL files have no comments").suggest_as(
                Safety::Safe,
                "remove the comment",
                [Edit::delete(whole)],
            );
        }
        LineFault::NotUser => {
            findings.report(span, format!("ACL: every line starts with `user`, not with `{}`", ctx.text(span)));
        }
        LineFault::Case => {
            findings.report(span, "ACL: `user` is written in lower case").suggest_as(
                Safety::Safe,
                "write `user`",
                [Edit::replace(span, "user")],
            );
        }
        LineFault::NoName => {
            findings.report(span, "ACL: the user has no name");
        }
        LineFault::Gap | LineFault::Tab => {
            findings.report(span, "ACL: exactly one space separates the words").suggest_as(
                Safety::Safe,
                "write one space",
                [Edit::replace(span, " ")],
            );
        }
    }
}
