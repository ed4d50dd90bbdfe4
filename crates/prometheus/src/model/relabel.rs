//! A relabel rule as it is written: the rule, and where each of its fields stands.

use super::Text;
use super::read::{each_field, text};
use crate::relabel::{
    Action, Dialect, Draft, Field, NameScheme, Part, Pattern, PatternError, Patterns, Reference, RelabelRule,
    RuleError, constant_name, default_regex,
};
use compact_str::CompactString;
use confvet_core::Span;
use confvet_yaml::Node;

/// An item of a list of relabel rules.
#[derive(Debug, Clone)]
pub struct RelabelStep {
    /// What it does, defaults filled in. A regex that Go refuses is replaced by the default.
    pub rule: RelabelRule,
    /// The first key of the item.
    pub span: Span,
    /// `source_labels`, as written.
    pub sources: Vec<Text>,
    /// `regex`, as written.
    pub regex: Option<Text>,
    /// `target_label`, as written.
    pub target: Option<Text>,
    /// `replacement`, as written.
    pub replacement: Option<Text>,
    /// `action`, as written.
    pub action: Option<Text>,
    /// Where the keys and the values stand that are written.
    places: [FieldPlace; Field::ALL.len()],
    /// Its number in the tree of its file.
    pub(super) node: u32,
    /// Why Go refuses the regex.
    pub regex_error: Option<PatternError>,
    /// What Prometheus refuses under UTF-8 names and under legacy names.
    pub(crate) errors: [Vec<RuleError>; 2],
    /// The item is a mapping and its action is known.
    pub well_formed: bool,
    /// The names its regex stands for, where it is plain words and the action looks at names.
    named: Vec<Text>,
}

/// Where a key and its value stand in the file of their item. Nothing is written where both are 0.
#[derive(Debug, Clone, Copy, Default)]
struct FieldPlace {
    key: (u32, u32),
    value: (u32, u32),
}

impl FieldPlace {
    fn new(key: Span, value: Span) -> Self {
        Self { key: (key.start, key.end), value: (value.start, value.end) }
    }

    fn is_written(self) -> bool {
        self.key.1 > 0
    }
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

    fn place(&self, field: Field) -> Option<FieldPlace> {
        self.places.get(field as usize).copied().filter(|place| place.is_written())
    }

    fn span_of(&self, (start, end): (u32, u32)) -> Span {
        Span { start, end, ..self.span }
    }

    /// Where the key of a field stands.
    pub fn key_span(&self, field: Field) -> Option<Span> {
        self.place(field).map(|place| self.span_of(place.key))
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
        let place = self.place(field)?;
        let value = self.span_of(place.value);
        Some(if value.is_empty() { self.span_of(place.key) } else { value })
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
    let mut has_sources = false;
    let (mut regex, mut target, mut replacement, mut action, mut separator) = (None, None, None, None, None);
    let mut modulus = None;
    let mut places = [FieldPlace::default(); Field::ALL.len()];
    let mut well_formed = true;
    each_field(item, |key, value| {
        let Some(field) = key.text().and_then(Field::of_key) else { return };
        places[field as usize] = FieldPlace::new(key.span(), value.span());
        match field {
            Field::SourceLabels if value.is_sequence() => {
                sources = value.items().filter_map(text).collect();
                has_sources = true;
            }
            Field::SourceLabels => {}
            Field::Regex => regex = written(value),
            Field::TargetLabel => target = written(value),
            Field::Replacement => replacement = written(value),
            Field::Separator => separator = written(value),
            Field::Action => action = written(value),
            Field::Modulus => modulus = value.as_u64().or(if value.is_null() { Some(0) } else { None }),
        }
    });
    let word = action.as_ref().map(|word| word.value.parse::<Action>());
    let known = word.and_then(Result::ok);
    well_formed &= !matches!(word, Some(Err(())));
    let mut regex_error = None;
    let pattern = match &regex {
        Some(regex) => patterns.read(&regex.value).unwrap_or_else(|error| {
            regex_error = Some(error);
            default_regex()
        }),
        None => default_regex(),
    };
    let draft = Draft {
        source_labels: has_sources.then(|| sources.iter().map(|text| text.value.as_str()).collect()),
        separator: separator.as_ref().map(|text| text.value.as_str()),
        regex: regex.as_ref().map(|text| text.value.as_str()),
        modulus,
        target_label: target.as_ref().map(|text| text.value.as_str()),
        replacement: replacement.as_ref().map(|text| text.value.as_str()),
        action: known,
    };
    let by_name = known.is_some_and(Action::works_on_names);
    let named = regex.as_ref().filter(|_| by_name).and_then(|regex| words(regex, &pattern)).unwrap_or_default();
    let errors = [draft.problems(NameScheme::Utf8), draft.problems(NameScheme::Legacy)];
    RelabelStep {
        rule: draft.build_with(pattern),
        span: item.entry_at(0).map_or(item.span(), |entry| entry.key.span()),
        sources,
        regex,
        target,
        replacement,
        action,
        places,
        node: item.number(),
        regex_error,
        errors,
        well_formed,
        named,
    }
}

/// The words of a regex that is nothing but words, each in its place.
fn words(regex: &Text, pattern: &Pattern) -> Option<Vec<Text>> {
    let mut at = 0;
    let word = |word: &String| {
        let range = at..at + word.len();
        at = range.end + 1;
        Text {
            value: word.as_str().into(),
            span: regex.at(range.clone()),
            exact: regex.exact.map(|exact| exact.slice(range)),
        }
    };
    Some(pattern.words()?.iter().map(word).collect())
}

/// A scalar, or nothing written, which sets the field to the empty text.
fn written(value: Node<'_>) -> Option<Text> {
    text(value).or_else(|| {
        value.is_null().then(|| Text { value: CompactString::default(), span: value.key_span(), exact: None })
    })
}
