//! Every rule page is a test: its Bad examples fire exactly where the carets stand, its Good examples stay quiet, and
//! its fixes give exactly what Fixed shows. One test a page; pages of systems that this build lacks are left out.

use confvet::rules::{Example, ExampleFile, Page, Role};
use confvet::{Category, Diagnostic, Linter, Report, Safety, Source, Sources, systems};
use libtest_mimic::{Arguments, Failed, Trial};
use std::fmt::Write;

fn main() {
    let arguments = Arguments::from_args();
    let known = |rule: &str| {
        let system = rule.split('/').next().unwrap_or_default();
        ["confvet", "stack"].contains(&system) || systems().iter().any(|entry| entry.name == system)
    };
    let mut trials: Vec<Trial> = (confvet::rules::all().iter())
        .filter(|rule| known(rule.name))
        .filter_map(|rule| confvet::rules::page(rule.name))
        .map(|page| Trial::test(page.info.name, move || check_page(&page)))
        .collect();
    trials.push(Trial::test("every rule has a page and every page a rule", pages_and_rules_agree));
    libtest_mimic::run(&arguments, trials).exit();
}

fn pages_and_rules_agree() -> Result<(), Failed> {
    let mut problems = String::new();
    for system in systems() {
        let mut listed = system.rules();
        listed.sort_unstable();
        for pair in listed.windows(2).filter(|pair| pair[0] == pair[1]) {
            let _ = writeln!(problems, "{} is listed twice", pair[0]);
        }
        for rule in &listed {
            if confvet::rules::find(rule).is_none() {
                let _ = writeln!(problems, "{rule} has no page: write rules/{rule}.md");
            }
        }
        let prefix = format!("{}/", system.name);
        for page in confvet::rules::all().iter().filter(|page| page.name.starts_with(&prefix)) {
            if listed.binary_search(&page.name).is_err() {
                let _ = writeln!(problems, "rules/{}.md has no rule in the list of its crate", page.name);
            }
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.into()) }
}

fn check_page(page: &Page) -> Result<(), Failed> {
    let examples = page.examples()?;
    let mut problems = String::new();
    for role in [Role::Bad, Role::Good] {
        if !examples.iter().any(|example| example.role == role) {
            let _ = writeln!(problems, "no {role:?} example");
        }
    }
    for example in examples.iter().filter(|example| !example.files.is_empty()) {
        let problem = match example.role {
            Role::Bad => check_bad(page, example),
            Role::Good => check_good(page, example),
            Role::Fixed => check_fixed(page, example, &examples),
        };
        if let Err(problem) = problem {
            let _ = writeln!(problems, "{:?} {}\n{problem}", example.role, example.title);
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.into()) }
}

fn sources(example: &Example) -> Sources {
    let source = |file: &ExampleFile| {
        let source = Source::new(&file.path, &file.text);
        match file.mode {
            Some(mode) => source.with_mode(mode),
            None => source,
        }
    };
    example.files.iter().map(source).collect()
}

fn lint(example: &Example) -> Report {
    Linter::new().lint_sources(sources(example))
}

/// `path:line:column-end rule: message`, with `...` for spans that go on to a later line.
fn describe(report: &Report, found: &Diagnostic) -> String {
    let span = found.primary.span;
    let (start, end) = (report.sources().start(span), report.sources().end(span));
    let end = if start.line == end.line { end.column.to_string() } else { "...".to_owned() };
    let path = report.sources().get(span.file).path();
    format!("{path}:{}:{}-{end} {}: {}", start.line, start.column, found.rule, found.message)
}

fn all_found(report: &Report) -> String {
    let found: Vec<String> = report.diagnostics().iter().map(|found| describe(report, found)).collect();
    format!("  all findings:\n    {}", found.join("\n    "))
}

fn check_bad(page: &Page, example: &Example) -> Result<(), String> {
    let report = lint(example);
    let mut expected: Vec<(String, String, Option<&str>)> = Vec::new();
    for file in &example.files {
        for expectation in &file.expectations {
            let end = expectation.end_column.map_or("...".to_owned(), |column| column.to_string());
            let place = format!("{}:{}:{}-{end} {}", file.path, expectation.line, expectation.column, expectation.rule);
            expected.push((expectation.rule.clone(), place, expectation.message.as_deref()));
        }
    }
    if !expected.iter().any(|(rule, ..)| rule == page.info.name) {
        return Err(format!("expects nothing of {}", page.info.name));
    }
    let mut problems = String::new();
    // Other rules may be expected by the way; only this page's rule must match as a whole.
    let mut found: Vec<(&Diagnostic, String)> = (report.diagnostics().iter())
        .filter(|found| found.rule == page.info.name || expected.iter().any(|(rule, ..)| rule == found.rule))
        .map(|found| (found, describe(&report, found)))
        .collect();
    for (_, place, message) in &expected {
        let position = found.iter().position(|(diagnostic, described)| {
            described.strip_prefix(place.as_str()).is_some_and(|rest| rest.starts_with(": "))
                && message.is_none_or(|message| message == diagnostic.message)
        });
        match position {
            Some(position) => {
                found.remove(position);
            }
            None => {
                let message = message.map_or_else(String::new, |message| format!(": {message}"));
                let _ = writeln!(problems, "  expected, not found: {place}{message}");
            }
        }
    }
    for (diagnostic, described) in found {
        if diagnostic.rule == page.info.name {
            let _ = writeln!(problems, "  found, not expected: {described}");
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems + &all_found(&report)) }
}

fn check_good(page: &Page, example: &Example) -> Result<(), String> {
    let report = lint(example);
    if example.files.iter().any(|file| !file.expectations.is_empty()) {
        return Err("a Good example expects nothing".to_owned());
    }
    let wrong: Vec<String> = (report.diagnostics().iter())
        .filter(|found| found.rule == page.info.name || found.category == Category::Invalid)
        .map(|found| format!("  {}", describe(&report, found)))
        .collect();
    if !wrong.is_empty() {
        return Err(format!("must stay quiet, but:\n{}", wrong.join("\n")));
    }
    let unread = report.files().iter().find(|file| !file.is_linted() && !file.is_config && !file.template);
    match unread {
        Some(file) if page.info.name.starts_with("confvet/") || example.files.len() > 1 => {
            let _ = file;
            Ok(())
        }
        Some(file) => Err(format!("no system recognises {}", report.sources().get(file.file).path())),
        None => Ok(()),
    }
}

fn check_fixed(page: &Page, example: &Example, examples: &[Example]) -> Result<(), String> {
    let bad =
        examples.iter().find(|bad| bad.role == Role::Bad && (example.title.is_empty() || bad.title == example.title));
    let Some(bad) = bad else { return Err(format!("there is no Bad example `{}`", example.title)) };
    // What an allow silences shows only when the other rules run too.
    let linter = match page.info.name {
        "confvet/unused-allow" => Linter::new(),
        name => Linter::new().select(name).map_err(|error| error.to_string())?,
    };
    let fixed = linter.fix_sources(sources(bad), Safety::Unsafe);
    for file in &example.files {
        let Some(id) = fixed.report.sources().by_path(&file.path) else {
            return Err(format!("the Bad example has no file {}", file.path));
        };
        let text = fixed.report.sources().get(id).text();
        if text != file.text {
            return Err(format!("{} becomes\n{text}\n  instead of\n{}", file.path, file.text));
        }
    }
    let again = linter.fix_sources(sources(example), Safety::Unsafe);
    if !again.changed.is_empty() {
        return Err("fixing once more changes it again".to_owned());
    }
    Ok(())
}
