//! A relabel rule as it is written: the rule, and where each of its fields stands.

use super::Text;
use super::read::text;
use crate::relabel::{
    Action, Dialect, Draft, Field, NameScheme, Part, Pattern, PatternError, Patterns, Reference, RelabelRule,
    RuleError, Template, constant_name, default_regex,
};
use confvet_core::{Edit, Span};
use confvet_yaml::{Kind, Node};
use serde::Serialize;

/// An item of a list of relabel rules.
#[derive(Debug, Clone, Serialize)]
pub struct RelabelStep {
    /// What it does, defaults filled in. A regex that Go refuses is replaced by the default.
    #[serde(flatten)]
    pub rule: RelabelRule,
    /// The first key of the item.
    #[serde(skip)]
    pub span: Span,
    /// `source_labels`, as written.
    #[serde(skip)]
    pub sources: Vec<Text>,
    /// `regex`, as written.
    #[serde(skip)]
    pub regex: Option<Text>,
    /// `target_label`, as written.
    #[serde(skip)]
    pub target: Option<Text>,
    /// `replacement`, as written.
    #[serde(skip)]
    pub replacement: Option<Text>,
    /// `action`, as written.
    #[serde(skip)]
    pub action: Option<Text>,
    /// The keys that are written, with the span of the key and of the value.
    #[serde(skip)]
    pub fields: Vec<(Field, Span, Span)>,
    /// Why Go refuses the regex.
    #[serde(skip)]
    pub regex_error: Option<PatternError>,
    /// A comment on the item says that something is removed on purpose.
    #[serde(skip)]
    pub says_delete: bool,
    /// What Prometheus refuses under UTF-8 names and under legacy names.
    #[serde(skip)]
    pub(crate) errors: [Vec<RuleError>; 2],
    /// The item is a mapping and its action is known.
    #[serde(skip)]
    pub well_formed: bool,
    /// The names its regex stands for, where it is plain words and the action looks at names.
    #[serde(skip)]
    named: Vec<Text>,
    /// The edits that take single fields away, by key.
    #[serde(skip)]
    pub(crate) delete_field: Vec<(String, Edit)>,
    /// The edit that takes the item away.
    #[serde(skip)]
    pub(crate) delete_item: Option<Edit>,
    /// The edit that adds `regex: .+` to a drop without a condition.
    #[serde(skip)]
    pub(crate) add_not_empty: Option<Edit>,
    /// The edit after which the rule writes `job` only where there is something to write.
    #[serde(skip)]
    pub(crate) need_some: Option<Edit>,
    /// The edit that deletes at the end of the list what this rule writes to a label that starts with `__`.
    #[serde(skip)]
    pub(crate) drop_later: Option<Edit>,
    /// The edits that move the rule to the list of the other stage of its job.
    #[serde(skip)]
    pub(crate) move_over: Vec<Edit>,
    /// The edits that make one `labelmap` of each word of a group that its replacement leaves out.
    #[serde(skip)]
    pub(crate) split: Vec<Edit>,
}

impl RelabelStep {
    /// What Prometheus refuses of it.
    pub fn errors(&self, scheme: NameScheme) -> &[RuleError] {
        &self.errors[usize::from(scheme == NameScheme::Legacy)]
    }

    /// Does Prometheus load it?
    pub fn is_accepted(&self, scheme: NameScheme) -> bool {
        self.well_formed && self.regex_error.is_none() && self.errors(scheme).is_empty()
    }

    /// It is well formed and complete and its regex compiles, so that what it does can be told.
    pub fn is_sound(&self) -> bool {
        self.well_formed && self.regex_error.is_none() && self.errors[0].is_empty()
    }

    /// The labels it reads by name. A `labelkeep` names what shall stay if it is there; only of `__meta_*` names the
    /// author thinks that they are.
    pub fn names_read(&self) -> impl Iterator<Item = &Text> {
        let compared = matches!(self.rule.action, Action::KeepEqual | Action::DropEqual);
        let sources = if self.rule.action.works_on_names() { &[] } else { self.sources.as_slice() };
        let keeps = self.rule.action == Action::LabelKeep;
        let named = self.named.iter().filter(move |name| !keeps || name.value.starts_with("__meta_"));
        sources.iter().chain(named).chain(self.target.iter().filter(move |_| compared))
    }

    /// It writes a `__meta_*` label by name.
    pub fn writes_meta(&self) -> bool {
        self.written_label().is_some_and(|(start, _)| start.starts_with("__meta_"))
    }

    /// The fields that are written and that its action does not look at. A field that only repeats its default is not
    /// among them.
    pub fn ignored_fields(&self) -> Vec<Field> {
        let action = self.rule.action;
        let ignored = |field: &Field| match (field, action) {
            (Field::Regex, Action::HashMod | Action::Lowercase | Action::Uppercase) => {
                self.regex.as_ref().is_some_and(|regex| regex.value != "(.*)")
            }
            (Field::SourceLabels, Action::LabelMap) => !self.sources.is_empty(),
            (Field::TargetLabel, Action::LabelMap | Action::Keep | Action::Drop) => {
                !self.rule.target_label.as_str().is_empty()
            }
            (Field::Replacement, Action::HashMod | Action::Keep | Action::Drop) => {
                self.rule.replacement.as_str() != "$1"
            }
            (Field::Modulus, Action::LabelMap | Action::Replace | Action::Lowercase | Action::Uppercase) => {
                self.rule.modulus != 0
            }
            (Field::Modulus, Action::Keep | Action::Drop) => self.rule.modulus != 0,
            (Field::Separator, Action::LabelMap) => self.rule.separator != ";",
            (Field::Separator, action) if action.joins_sources() => {
                self.sources.len() < 2 && self.rule.separator != ";"
            }
            _ => false,
        };
        let written = |field: &Field| self.value_span(*field).is_some();
        Field::ALL.iter().copied().filter(written).filter(ignored).collect()
    }

    /// Where the key of a field stands.
    pub fn key_span(&self, field: Field) -> Option<Span> {
        self.fields.iter().find(|(own, _, _)| *own == field).map(|(_, key, _)| *key)
    }

    /// A `labelmap` that copies every label to its own name.
    pub fn maps_to_itself(&self) -> bool {
        let pattern = &self.rule.regex;
        self.rule.action == Action::LabelMap
            && (pattern.matches_everything() || pattern.matches_all_but_empty())
            && self.passes_whole_match()
    }

    /// A `replace` that writes a label back to itself.
    pub fn writes_back(&self) -> bool {
        let [source] = self.rule.source_labels.as_slice() else { return false };
        self.rule.action == Action::Replace
            && self.constant_target() == Some(source)
            && self.rule.regex.matches_everything()
            && self.passes_whole_match()
    }

    /// The replacement is one reference that stands for all of what the regex matched.
    fn passes_whole_match(&self) -> bool {
        let mut references = self.rule.replacement.references();
        let (Some((reference, range, _)), None) = (references.next(), references.next()) else { return false };
        let pattern = &self.rule.regex;
        let all = match reference {
            Reference::Number(0) => true,
            Reference::Number(number) => pattern.group_range(*number) == Some(0..pattern.as_str().len()),
            Reference::Name(_) => false,
        };
        all && range == (0..self.rule.replacement.as_str().len())
    }

    /// The label it writes, or the start of the labels it writes where the rest depends on the match.
    pub fn written_label(&self) -> Option<(&str, bool)> {
        let template = match self.rule.action {
            Action::LabelMap => &self.rule.replacement,
            action if action.writes_target() => &self.rule.target_label,
            _ => return None,
        };
        match template.parts() {
            [Part::Text(text)] => Some((text, true)),
            [Part::Text(text), ..] => Some((text, false)),
            _ => None,
        }
    }

    /// It reads the label: as a source, in a comparison, or by its name.
    pub fn reads(&self, name: &str) -> bool {
        match self.rule.action {
            Action::LabelMap => self.rule.regex.matches(name) != Some(false),
            Action::LabelDrop | Action::LabelKeep => false,
            Action::KeepEqual | Action::DropEqual if self.constant_target() == Some(name) => true,
            _ => self.rule.source_labels.iter().any(|source| source == name),
        }
    }

    /// It reads a label that was renamed because the target has one of that name: the renaming is wanted.
    pub fn reads_exported(&self) -> bool {
        let starts = |name: &str| name.starts_with("exported_");
        let named = self.rule.action.works_on_names() && starts(&self.rule.regex.prefix());
        named || self.rule.source_labels.iter().any(|name| starts(name))
    }

    /// It lets nothing pass that lacks the label.
    pub fn demands(&self, name: &str) -> bool {
        let rule = &self.rule;
        let reads = self.is_sound() && rule.source_labels.iter().any(|source| source == name);
        let nothing = || rule.separator.repeat(rule.source_labels.len().saturating_sub(1));
        match rule.action {
            Action::Keep => reads && rule.regex.matches(&nothing()) == Some(false),
            Action::Drop => reads && rule.source_labels.len() == 1 && rule.regex.matches("") == Some(true),
            _ => false,
        }
    }

    /// A drop whose regex matches every value.
    pub fn drops_everything(&self) -> bool {
        self.is_sound() && self.rule.action == Action::Drop && self.rule.regex.matches_everything()
    }

    /// The names that its regex stands for, for an action that looks at names and a regex that is plain words.
    pub fn names_listed(&self) -> &[Text] {
        &self.named
    }

    /// It may create labels whose names nobody can tell beforehand.
    pub fn writes_anything(&self) -> bool {
        match self.rule.action {
            Action::Replace => self.constant_target().is_none(),
            Action::LabelMap => self.rule.replacement.constant().is_none(),
            _ => false,
        }
    }

    /// What a match with an empty replacement deletes, as a clause.
    pub fn what_is_deleted(&self) -> String {
        match self.constant_target() {
            Some(target) => format!("deletes `{target}`"),
            None => "deletes the label".to_owned(),
        }
    }

    /// Its regex compares `le` or `quantile` with whole numbers only, which are written `1.0` since 3.0.
    pub fn compares_whole_bound(&self) -> bool {
        let bound = self.rule.source_labels.last().is_some_and(|name| name == "le" || name == "quantile");
        if !bound || !matches!(self.rule.action, Action::Keep | Action::Drop | Action::Replace) {
            return false;
        }
        let Some(all) = self.rule.regex.finite(1000) else { return false };
        let last = |value: &String| value.rsplit(self.rule.separator.as_str()).next().unwrap_or_default().to_owned();
        let bounds: Vec<String> = if self.rule.source_labels.len() > 1 { all.iter().map(last).collect() } else { all };
        has_bare_whole_number(&bounds)
    }

    /// Where the value of a field stands; the key, if nothing is written.
    pub fn value_span(&self, field: Field) -> Option<Span> {
        self.fields.iter().find(|(own, _, _)| *own == field).map(
            |(_, key, value)| {
                if value.is_empty() { *key } else { *value }
            },
        )
    }

    /// The regex, else the action, else the first key: what a message about the condition points at.
    pub fn condition_span(&self) -> Span {
        self.regex.as_ref().map(|regex| regex.span).or_else(|| self.value_span(Field::Action)).unwrap_or(self.span)
    }

    /// The label it writes, if that does not depend on the match.
    pub fn constant_target(&self) -> Option<&str> {
        constant_name(&self.rule.target_label)
    }

    /// Could it write this label?
    pub fn may_write(&self, name: &str) -> bool {
        match self.rule.action {
            Action::Replace => self.constant_target().is_none_or(|target| target == name),
            Action::HashMod | Action::Lowercase | Action::Uppercase => self.rule.target_label.as_str() == name,
            Action::LabelMap => match self.rule.replacement.constant() {
                Some(target) => target == name,
                None => true,
            },
            _ => false,
        }
    }

    /// It writes a constant, whatever the labels are.
    pub fn sets_constant(&self, name: &str) -> bool {
        self.rule.action == Action::Replace
            && self.constant_target() == Some(name)
            && self.rule.source_labels.is_empty()
            && self.rule.replacement.constant().is_some_and(|text| !text.is_empty())
            && self.rule.regex.matches("") == Some(true)
    }

    /// The written regex matches the name of a label that a `labeldrop` deletes, or misses one that a `labelkeep` keeps.
    pub fn deletes_name(&self, name: &str) -> bool {
        match self.rule.action {
            Action::LabelDrop => self.rule.regex.matches(name) == Some(true),
            Action::LabelKeep => self.rule.regex.matches(name) == Some(false),
            Action::Replace => self.constant_target() == Some(name) && self.rule.replacement.constant() == Some(""),
            _ => false,
        }
    }
}

/// Is one of the values a whole number whose spelling with `.0` is not there too?
pub(crate) fn has_bare_whole_number(values: &[String]) -> bool {
    let whole = |value: &&String| !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    values.iter().filter(whole).any(|value| !values.contains(&format!("{value}.0")))
}

/// Reads a list of relabel rules.
pub fn read_relabel_list(node: Node<'_>, dialect: Dialect) -> Vec<RelabelStep> {
    read_with(node, &mut Patterns::new(dialect))
}

pub(crate) fn read_with(node: Node<'_>, patterns: &mut Patterns) -> Vec<RelabelStep> {
    node.items().filter(|item| item.is_mapping()).map(|item| step(item, patterns)).collect()
}

fn step(item: Node<'_>, patterns: &mut Patterns) -> RelabelStep {
    let mut sources = Vec::new();
    let mut source_labels = None;
    let (mut regex, mut target, mut replacement, mut action, mut separator) = (None, None, None, None, None);
    let mut modulus = None;
    let mut fields = Vec::new();
    let mut well_formed = true;
    for field in item.fields() {
        let Some(key) = field.key.text() else { continue };
        let value = field.value;
        if let Some(known) = Field::ALL.iter().find(|known| known.as_str() == key) {
            fields.push((*known, field.key.span(), value.span()));
        }
        match key {
            "source_labels" if value.is_sequence() => {
                sources = value.items().filter_map(text).collect();
                source_labels = Some(());
            }
            "regex" => regex = written(value),
            "target_label" => target = written(value),
            "replacement" => replacement = written(value),
            "separator" => separator = written(value),
            "action" => action = written(value),
            "modulus" => modulus = value.as_u64().or(if value.is_null() { Some(0) } else { None }),
            _ => {}
        }
    }
    let word = action.as_ref().map(|word| word.value.parse::<Action>());
    let known = word.and_then(Result::ok).unwrap_or_default();
    well_formed &= !matches!(word, Some(Err(())));
    let mut regex_error = None;
    let pattern = match &regex {
        Some(regex) => patterns.read(&regex.value).unwrap_or_else(|error| {
            regex_error = Some(error);
            default_regex()
        }),
        None => default_regex(),
    };
    let bare_drop = known == Action::Drop && regex.is_none();
    let add_not_empty = if bare_drop { item.append("regex: .+") } else { None };
    let delete_field = if known.works_on_names() { deletable(item) } else { Vec::new() };
    let writes = |name: &str| known == Action::Replace && target.as_ref().is_some_and(|target| target.value == name);
    let hidden = known.writes_target() && target.as_ref().is_some_and(|target| target.value.starts_with("__"));
    let need_some = if writes("job") { need_some(item) } else { None };
    let drop_later = if hidden { drop_later(item) } else { None };
    let split = if known == Action::LabelMap { split(item, &pattern).unwrap_or_default() } else { Vec::new() };
    let draft = Draft {
        source_labels: source_labels.map(|()| sources.iter().map(|text| text.value.as_str()).collect()),
        separator: separator.as_ref().map(|text| text.value.as_str()),
        regex: regex.as_ref().map(|text| text.value.as_str()),
        modulus,
        target_label: target.as_ref().map(|text| text.value.as_str()),
        replacement: replacement.as_ref().map(|text| text.value.as_str()),
        action: word.and_then(Result::ok),
    };
    let by_name = draft.action.is_some_and(Action::works_on_names);
    let named = regex.as_ref().filter(|_| by_name).and_then(|regex| words(regex, &pattern)).unwrap_or_default();
    let errors = [draft.problems(NameScheme::Utf8), draft.problems(NameScheme::Legacy)];
    RelabelStep {
        rule: draft.build_with(pattern),
        span: item.entry_at(0).map_or(item.span(), |entry| entry.key.span()),
        says_delete: regex.is_some() && says_delete(item),
        sources,
        regex,
        target,
        replacement,
        action,
        fields,
        regex_error,
        errors,
        well_formed,
        named,
        delete_field,
        delete_item: item.delete_item(),
        add_not_empty,
        need_some,
        drop_later,
        move_over: Vec::new(),
        split,
    }
}

/// An item as it is written, as if its dash stood at the left edge.
pub(super) fn dedented(item: Node<'_>) -> Option<String> {
    let before = item.yaml().text().get(..item.span().range().start)?;
    let column = before.len() - before.rfind('\n').map_or(0, |newline| newline + 1);
    let mut lines = item.source().trim_end().lines();
    let mut text = format!("- {}", lines.next()?);
    for line in lines {
        let (indent, rest) = line.split_at_checked(column.min(line.len()))?;
        if !indent.bytes().all(|b| b == b' ') {
            return None;
        }
        text.push_str("\n  ");
        text.push_str(rest);
    }
    Some(text)
}

/// The edit that makes the regex demand a character: `(.+)` where none is written, or where `(.*)` is.
fn need_some(item: Node<'_>) -> Option<Edit> {
    match item.entry("regex") {
        None => item.append("regex: (.+)"),
        Some(entry) => {
            (entry.value.as_str() == Some("(.*)")).then(|| Edit::replace(entry.value.content_span(), "(.+)"))
        }
    }
}

/// `labeldrop` of the target label, behind the last rule of the list.
fn drop_later(item: Node<'_>) -> Option<Edit> {
    let target = item.get("target_label")?.as_str()?;
    let plain = target.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let list = item.parent().filter(|list| plain && list.kind() == Kind::Sequence { flow: false })?;
    list.append(&format!("- regex: {target}\n  action: labeldrop"))
}

/// The item once for each word of the first group that the replacement does not use.
fn split(item: Node<'_>, pattern: &Pattern) -> Option<Vec<Edit>> {
    let replacement = item.entry("replacement")?.value;
    let regex = item.entry("regex")?.value;
    let template = Template::new(replacement.as_str()?);
    let number = (1..=pattern.group_count()).find(|number| !template.uses(*number))?;
    let group = pattern.group_range(number)?;
    let text = pattern.as_str();
    let inner = text.get(group.start + 1..group.end - 1)?;
    let words: Vec<&str> = inner.split('|').collect();
    let plain = |word: &&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if words.len() < 2 || !words.iter().all(plain) {
        return None;
    }
    let renumbered = template.without_group(number)?;
    let (regex_place, replacement_place) = (exact(regex)?, exact(replacement)?);
    let of_word = |word: &str| format!("{}{word}{}", &text[..group.start], &text[group.end..]);
    let own = [Edit::replace(regex_place, of_word(words[0])), Edit::replace(replacement_place, renumbered.clone())];
    // What the further items look like: the lines of this one with other words in them.
    let (start, source) = (item.span().start, item.source());
    let copy = |word: &str| {
        let shift = |span: Span| Span { start: span.start - start, end: span.end - start, ..span };
        let edits = [
            Edit::replace(shift(regex_place), of_word(word)),
            Edit::replace(shift(replacement_place), renumbered.clone()),
        ];
        confvet_core::apply(source, &edits).ok()
    };
    let below = item.entries().next_back()?.insert_after("x")?;
    let indent = below.text.trim_matches(['\r', '\n']).len().checked_sub(1)?.checked_sub(2)?;
    let dashed = item.yaml().text().get(..start as usize)?.ends_with("- ");
    let dash = format!("{}- ", " ".repeat(indent));
    let items: Option<Vec<String>> = words[1..].iter().map(|word| Some(format!("{dash}{}", copy(word)?))).collect();
    let line_end = if below.text.contains("\r\n") { "\r\n" } else { "\n" };
    let lines = items?.join(line_end);
    let text =
        if below.text.starts_with(line_end) { format!("{line_end}{lines}") } else { format!("{lines}{line_end}") };
    dashed.then(|| own.into_iter().chain([Edit::replace(below.span, text)]).collect())
}

/// Where the characters of a scalar stand, if they stand in the file one for one.
fn exact(node: Node<'_>) -> Option<Span> {
    text(node)?.exact
}

/// The fields that `labeldrop` and `labelkeep` refuse, with the edits that take them away.
fn deletable(item: Node<'_>) -> Vec<(String, Edit)> {
    let refused = ["separator", "replacement", "modulus", "target_label"];
    let entries = refused.iter().filter_map(|key| Some((*key, item.entry(key)?.delete()?)));
    let mut edits: Vec<(String, Edit)> = entries.map(|(key, edit)| (key.to_owned(), edit)).collect();
    let names: Option<Vec<&str>> =
        item.get("source_labels").map(|list| list.items().filter_map(Node::as_str).collect());
    let plain = |name: &&str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if let (Some(names), Some(entry), None) = (names, item.entry("source_labels"), item.entry("regex"))
        && !names.is_empty()
        && names.iter().all(plain)
    {
        edits.push(("source_labels".to_owned(), Edit::replace(entry.span(), format!("regex: {}", names.join("|")))));
    }
    edits
}

/// The words of a regex that is nothing but words, each in its place.
fn words(regex: &Text, pattern: &Pattern) -> Option<Vec<Text>> {
    let mut at = 0;
    let word = |word: &String| {
        let range = at..at + word.len();
        at = range.end + 1;
        Text { value: word.clone(), span: regex.at(range.clone()), exact: regex.exact.map(|exact| exact.slice(range)) }
    };
    Some(pattern.words()?.iter().map(word).collect())
}

/// A scalar, or nothing written, which sets the field to the empty text.
fn written(value: Node<'_>) -> Option<Text> {
    text(value).or_else(|| value.is_null().then(|| Text { value: String::new(), span: value.key_span(), exact: None }))
}

/// A comment on the item, or on the line above it, that speaks of deleting.
fn says_delete(item: Node<'_>) -> bool {
    let all = item.yaml().text();
    let range = item.span().range();
    let Some(before) = all.get(..range.start) else { return false };
    let line = before.rfind('\n').unwrap_or(0);
    let start = before[..line].rfind('\n').map_or(0, |at| at + 1);
    let end = all[range.end..].find('\n').map_or(all.len(), |at| range.end + at);
    let comments = all.get(start..end).unwrap_or_default().lines().filter_map(|line| line.split_once('#'));
    comments
        .map(|(_, comment)| comment.to_ascii_lowercase())
        .any(|comment| ["delete", "remove", "drop", "unset"].iter().any(|word| comment.contains(word)))
}
