//! Turns what the key table says into problems, each with the fix that the reader's strictness suggests.

use super::Exposure;
use super::read::Reader;
use crate::keys::{Detail, SCHEMA, detail_at};
use crate::problem::{Check, Problem};
use confvet_core::{Category, Edit, Safety, Severity, Version};
use confvet_yaml::schema::{SchemaProblem, SchemaProblemKind, Type};
use confvet_yaml::{Entry, Kind, Node};

/// What is assumed where no target version is given.
const NEWEST: (u64, u64) = (3, 14);

/// Keys that people write for others.
const MEANT: &[(&str, &str)] = &[
    ("target_groups", "static_configs"),
    ("static_config", "static_configs"),
    ("metrics_relabel_configs", "metric_relabel_configs"),
    ("relabel_config", "relabel_configs"),
    ("relabelings", "relabel_configs"),
    ("metricRelabelings", "metric_relabel_configs"),
    ("path", "metrics_path"),
    ("interval", "scrape_interval"),
    ("timeout", "scrape_timeout"),
];

/// Keys that belong somewhere else.
const ELSEWHERE: &[(&str, &str)] = &[
    ("targets", "`static_configs`"),
    ("labels", "`static_configs`"),
    ("port", "the targets, or the service discovery's block"),
];

pub(super) fn check(reader: &mut Reader<'_>, root: Node<'_>, context: &'static str) {
    let (version, known) = version(reader);
    if context == "top level" && root.is_sequence() {
        let problem = Problem::new(
            Check::WrongType,
            root.item(0).and_then(|item| item.entry_at(0)).map_or(root.span(), |entry| entry.key.span()),
            "the file is a list, but the server wants a mapping with `scrape_configs`",
        );
        let text = root.yaml().text();
        let start = text.find("- ").map_or(0, |at| text[..at].rfind('\n').map_or(0, |newline| newline + 1));
        let place = confvet_core::Span::new(root.yaml().file(), start..start);
        let jobs = root.items().all(|item| item.get("job_name").is_some());
        reader.report(if jobs {
            problem.fix(
                Safety::Safe,
                "put the list under `scrape_configs`",
                vec![Edit::insert_before(place, "scrape_configs:\n")],
            )
        } else {
            problem
        });
        return;
    }
    walk(reader, root, &Type::Mapping(context), &version, known);
}

pub(super) fn check_targets(reader: &mut Reader<'_>, root: Node<'_>) {
    let (version, known) = version(reader);
    walk(reader, root, &Type::List(&Type::Mapping("static_configs")), &version, known);
}

/// Checks types, and what the rows of the keys say beside them.
fn walk(reader: &mut Reader<'_>, root: Node<'_>, kind: &Type, version: &Version, known: bool) {
    let mut notable = Vec::new();
    let problems = SCHEMA.check_type_and_visit(root, kind, Some(version), &mut |entry, row| {
        let detail = detail_at(row);
        if detail.default.is_some() && entry.value.is_null() || detail.secret || detail.key == UNCHECKED {
            notable.push((entry, detail));
        }
    });
    convert(reader, root, problems, known);
    for (entry, detail) in notable {
        if entry.value.is_null() {
            null_value(reader, entry, detail);
        } else if detail.secret {
            secret(reader, entry.value);
            exposed_secret(reader, entry, detail);
        } else if entry.value.as_bool() == Some(true) && detail.key == UNCHECKED {
            reader.exposures.push(Exposure { key: UNCHECKED, span: entry.key.span(), file_key: None });
        }
    }
}

/// Any certificate is taken.
const UNCHECKED: &str = "insecure_skip_verify";

fn version(reader: &Reader<'_>) -> (Version, bool) {
    let newest = Version::new(NEWEST.0, NEWEST.1, 0);
    (reader.version.cloned().unwrap_or(newest), reader.version.is_some())
}

fn convert(reader: &mut Reader<'_>, root: Node<'_>, problems: Vec<SchemaProblem>, version_known: bool) {
    for problem in problems {
        let node = root.yaml().node_at(problem.span.start);
        if let Some(found) = one(reader, &problem, node, version_known) {
            reader.report(found);
        }
    }
}

fn one(reader: &Reader<'_>, problem: &SchemaProblem, node: Option<Node<'_>>, version_known: bool) -> Option<Problem> {
    let span = problem.span;
    let key = node.and_then(Node::key).and_then(Node::text).unwrap_or_default();
    Some(match &problem.kind {
        SchemaProblemKind::UnknownKey { key, context, suggestion, elsewhere } => {
            unknown(reader, problem, node, key, context, *suggestion, *elsewhere)
        }
        SchemaProblemKind::WrongType { expected, found } => {
            let label = if key.is_empty() { "this".to_owned() } else { format!("`{key}`") };
            let mut found = Problem::new(Check::WrongType, span, format!("{label} must be {expected}, found {found}"));
            if let (Some(row), Some(node)) = (problem.row, node)
                && let Some(edit) = mend_type(&row.kind, node)
            {
                found = found.fix(Safety::Safe, "write it as the type that is wanted", vec![edit]);
            }
            found
        }
        SchemaProblemKind::BadValue { value, expected } => {
            let row = problem.row?;
            if row.key == "action" && row.context == "relabel_config" {
                return Some(unknown_action(span, value));
            }
            if row.key == "api_version" || matches!(row.kind, Type::Scalar(_)) && value.is_empty() {
                // The empty text is reported as missing, or is the default.
                return (row.key == "api_version")
                    .then(|| Problem::new(Check::InvalidValue, span, format!("`api_version: {value}` is not `v2`")));
            }
            if row.key == "scheme" && value.is_empty() {
                return None;
            }
            let found = Problem::new(Check::InvalidValue, span, format!("`{key}`: `{value}` is not {expected}"));
            mend_value(found, &row.kind, row.key, value, node)
        }
        SchemaProblemKind::Duplicate { key, first } => {
            let line = reader.input.sources.start(*first).line;
            let found = Problem::new(Check::DuplicateKey, span, format!("`{key}` is already set on line {line}"))
                .related(*first, "first set here");
            let found = match node.and_then(|node| one_of_both(node, *first)) {
                Some((title, edits)) => found.fix(Safety::Unsafe, title, edits),
                None => found,
            };
            // Go's reader of JSON keeps the last.
            let json = reader.input.sources.get(span.file).path().to_ascii_lowercase().ends_with(".json");
            if json { found.milder(Severity::Warning, Category::Maintainability) } else { found }
        }
        SchemaProblemKind::Missing { key, context } => {
            Problem::new(Check::MissingRequired, span, format!("`{context}` needs `{key}`"))
        }
        SchemaProblemKind::NotYet { key, since } => Problem::new(
            Check::UnknownKey,
            span,
            format!("unknown key `{key}`: it is known since Prometheus {}.{}", since.0, since.1),
        ),
        SchemaProblemKind::Removed { key, since, .. } => {
            let new = "always_scrape_classic_histograms";
            let found = Problem::new(
                Check::RemovedOrChanged,
                span,
                format!("`{key}` was renamed in {}.{}: write `{new}`", since.0, since.1),
            )
            .fix(Safety::Safe, format!("rename it to `{new}`"), vec![Edit::replace(span, new)]);
            if version_known { found } else { found.milder(Severity::Warning, Category::Outage) }
        }
        SchemaProblemKind::Deprecated { .. } => return None,
        SchemaProblemKind::Null { .. } => {
            if problem.row.is_some_and(|row| row.kind == Type::List(&Type::Text)) {
                return None;
            }
            Problem::new(Check::MissingRequired, span, format!("an empty item in `{key}`"))
        }
    })
}

/// One key of two: the second goes away if it says the same, and its items join those of the first if both are lists.
fn one_of_both(second: Node<'_>, first: confvet_core::Span) -> Option<(&'static str, Vec<Edit>)> {
    let mapping = second.parent()?;
    let entry = |at: confvet_core::Span| mapping.entries().find(|entry| entry.key.span() == at);
    let (first, second) = (entry(first)?, entry(second.span())?);
    if first.value.source() == second.value.source() {
        return Some(("delete the second", vec![second.delete()?]));
    }
    let joined = matches!(second.key.text(), Some("scrape_configs" | "rule_files" | "remote_write"));
    let text = mapping.yaml().text();
    let block = |node: Node<'_>| node.kind() == Kind::Sequence { flow: false };
    let line_start = |node: Node<'_>| {
        let at = node.item(0)?.span().range().start;
        Some(text.get(..at)?.rfind('\n')? + 1)
    };
    let column = |node: Node<'_>| Some(node.item(0)?.span().range().start - line_start(node)?);
    let (above, below) = (first.value, second.value);
    if !joined || !block(above) || !block(below) || column(above)? != column(below)? {
        return None;
    }
    let items = text.get(line_start(below)?..below.span().range().end)?.trim_end();
    let place = above.append("- x")?;
    let on_own_line = place.text.ends_with('\n');
    let moved = if on_own_line { format!("{items}\n") } else { format!("\n{items}") };
    Some(("put the items of both into one list", vec![Edit::replace(place.span, moved), second.delete()?]))
}

fn unknown(
    reader: &Reader<'_>,
    problem: &SchemaProblem,
    node: Option<Node<'_>>,
    key: &str,
    context: &'static str,
    suggestion: Option<&'static str>,
    elsewhere: Option<&'static str>,
) -> Problem {
    let span = problem.span;
    let rows = SCHEMA.context(context);
    let known = |name: &str| rows.iter().find(|row| row.key == name).map(|row| row.key);
    let plural = || known(&format!("{key}s")).or_else(|| key.strip_suffix('s').and_then(known));
    let fixed = || MEANT.iter().find(|(wrong, _)| *wrong == key).and_then(|(_, right)| known(right));
    let snake = || known(&snake_case(key));
    let near = fixed().or_else(snake).or_else(plural).or(suggestion);
    let place = if context == "top level" { "at the top level".to_owned() } else { format!("in `{context}`") };
    let mut message = format!("unknown key `{key}` {place}");
    let other = ELSEWHERE.iter().find(|(name, _)| *name == key && context == "scrape_configs");
    if let Some((_, other)) = other {
        message.push_str(&format!("; it belongs into {other}"));
    } else if let Some(near) = near {
        message.push_str(&format!("; did you mean `{near}`?"));
    } else if let Some(elsewhere) = elsewhere {
        message.push_str(&format!("; it belongs under `{elsewhere}`"));
    }
    let found = Problem::new(Check::UnknownKey, span, message);
    let sibling = node.and_then(Node::parent);
    match near.filter(|near| other.is_none() && sibling.is_none_or(|mapping| mapping.get(near).is_none())) {
        Some(near) if reader.input.sources.text(span) == key => {
            found.fix(Safety::Safe, format!("rename it to `{near}`"), vec![Edit::replace(span, near)])
        }
        _ => found,
    }
}

/// `sourceLabels`, `source-labels` as `source_labels`.
fn snake_case(key: &str) -> String {
    let mut snake = String::with_capacity(key.len() + 4);
    for c in key.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(if c == '-' { '_' } else { c.to_ascii_lowercase() });
    }
    snake.trim_start_matches('_').to_owned()
}

fn unknown_action(span: confvet_core::Span, value: &str) -> Problem {
    let folded: String = value.to_ascii_lowercase().chars().filter(|c| !matches!(c, '_' | '-')).collect();
    let words = crate::relabel::Action::WORDS;
    let special = [("droplabel", "labeldrop"), ("keeplabel", "labelkeep"), ("map", "labelmap")];
    let meant = (special.iter().find(|(wrong, _)| *wrong == folded).map(|(_, right)| *right))
        .or_else(|| words.iter().find(|word| **word == folded).copied())
        .or_else(|| confvet_core::did_you_mean(value, words.iter().copied()));
    match meant {
        Some(meant) => Problem::new(
            Check::RelabelFields,
            span,
            format!("unknown action `{value}`; did you mean `{meant}`?"),
        )
        .fix(Safety::Safe, format!("write `{meant}`"), vec![Edit::replace(span, meant)]),
        None => Problem::new(Check::RelabelFields, span, format!("unknown action `{value}`"))
            .help(format!("write one of {}", words.join(", "))),
    }
}

/// A scalar where a list of texts is wanted, and quotes around a truth value or a number.
fn mend_type(kind: &Type, node: Node<'_>) -> Option<Edit> {
    let plain = node.text()?;
    match kind {
        Type::List(Type::Text) | Type::Map(Type::List(Type::Text)) if !plain.contains('\n') && !node.is_alias() => {
            let source = node.yaml().source(node.span());
            let quoted = node.is_quoted();
            let risky = !quoted && source.contains([',', '[', ']', '{', '}', '#', ':', '&', '*']);
            let inner = if risky { format!("\"{source}\"") } else { source.to_owned() };
            (!source.contains(['"', '\\']) || quoted).then(|| Edit::replace(node.span(), format!("[{inner}]")))
        }
        Type::Bool if matches!(plain, "true" | "false") && node.is_quoted() => Some(Edit::replace(node.span(), plain)),
        Type::Int | Type::Uint
            if node.is_quoted()
                && !plain.is_empty()
                && plain.bytes().all(|b| b.is_ascii_digit())
                && (plain == "0" || !plain.starts_with('0')) =>
        {
            Some(Edit::replace(node.span(), plain))
        }
        _ => None,
    }
}

fn mend_value(found: Problem, kind: &Type, key: &str, value: &str, node: Option<Node<'_>>) -> Problem {
    let Some(node) = node else { return found };
    let replace = |text: &str| vec![Edit::replace(node.content_span(), text)];
    match kind {
        Type::Scalar("duration") if value.parse::<u32>().is_ok_and(|seconds| seconds <= 600) => {
            let timely = ["interval", "timeout", "for", "offset"].iter().any(|end| key.ends_with(end));
            if timely {
                found.fix(Safety::Safe, "say that these are seconds", replace(&format!("{value}s")))
            } else {
                found
            }
        }
        Type::Scalar("size") => {
            let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
            let unit = match &value[digits.len()..] {
                "kB" | "K" | "k" | "kb" => "KB",
                "M" | "mb" | "m" => "MB",
                "G" | "gb" | "g" => "GB",
                _ => return found,
            };
            if digits.parse::<u64>().is_err() {
                return found;
            }
            found.fix(Safety::Safe, format!("write the unit as `{unit}`"), replace(&format!("{digits}{unit}")))
        }
        Type::Enum(words) => {
            let other_case = words.iter().find(|word| word.eq_ignore_ascii_case(value)).copied();
            match other_case.or_else(|| confvet_core::did_you_mean(value, words.iter().copied())) {
                Some(word) => found.fix(Safety::Safe, format!("write `{word}`"), replace(word)),
                None => found,
            }
        }
        _ => found,
    }
}

fn secret(reader: &mut Reader<'_>, value: Node<'_>) {
    match value.is_sequence() {
        true => reader.secrets.extend(value.items().map(Node::content_span)),
        false if value.is_mapping() => {
            for entry in value.target().entries() {
                let scalars = entry.value.items().map(Node::content_span);
                reader.secrets.extend(scalars);
            }
        }
        false => reader.secrets.push(value.content_span()),
    }
}

/// A secret in the file itself, where a key beside it could name a file.
fn exposed_secret(reader: &mut Reader<'_>, entry: Entry<'_>, &Detail { context, key, .. }: &'static Detail) {
    let Some(value) = entry.value.as_str().filter(|value| !is_placeholder(value)) else { return };
    let file_key = || SCHEMA.row(context, &format!("{key}_file")).map(|row| row.key);
    if let Some(file_key) = file_key().filter(|_| !value.is_empty()) {
        reader.exposures.push(Exposure { key, span: entry.key.span(), file_key: Some(file_key) });
    }
}

/// Something that is filled in before the server reads the file, or by the reader of an example.
fn is_placeholder(value: &str) -> bool {
    let lower = value.trim().to_ascii_lowercase();
    let holes = [("<", ">"), ("${", "}"), ("$(", ")"), ("{{", "}}"), ("%{", "}"), ("__", "__"), ("[", "]")];
    let masked = !lower.is_empty() && lower.bytes().all(|b| matches!(b, b'x' | b'*' | b'.'));
    let variable =
        lower.strip_prefix('$').is_some_and(|name| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
    let named = matches!(lower.as_str(), "changeme" | "change-me" | "change_me" | "redacted" | "placeholder");
    masked || variable || named || holes.iter().any(|(open, close)| lower.starts_with(open) && lower.ends_with(close))
}

/// A key without a value whose default is not nothing.
fn null_value(reader: &mut Reader<'_>, entry: Entry<'_>, &Detail { context, key: name, default, .. }: &'static Detail) {
    let (key, Some(default)) = (entry.key, default) else { return };
    if context == "relabel_config" && name == "action" {
        reader.report(Problem::new(
            Check::RelabelFields,
            key.span(),
            "`action` is empty; an action must be named, or the key left out",
        ));
        return;
    }
    let zero = match default {
        "true" => "`false`",
        number if number.bytes().all(|b| b.is_ascii_digit()) => "0",
        _ => "the empty text",
    };
    let mut problem = Problem::new(
        Check::NullDefault,
        key.span(),
        format!("empty `{name}` does not keep the default `{default}`: it sets {zero}"),
    );
    if name == "scheme" {
        problem = problem.milder(Severity::Error, Category::Outage);
    }
    if let Some(edit) = entry.delete() {
        problem = problem.fix(Safety::Unsafe, format!("delete `{name}`"), vec![edit]);
    }
    reader.report(problem);
}
