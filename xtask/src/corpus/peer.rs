//! Another linter's own tests among the files of a corpus: what must be found, and what must not.

use super::manifest::Entry;
use super::verdict::{Finding, Outcome};
use confvet::Severity;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What another linter expects of its own test file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expectation {
    /// Its check.
    plugin: String,
    /// The finding is expected; otherwise it would be a false alarm.
    fires: bool,
    /// The rule of ours that says the same.
    pub(super) rule: String,
    /// Why the real program says otherwise.
    disputed: Option<String>,
}

impl Expectation {
    /// Reads the columns `peer_plugin`, `peer_expects`, `confvet_rule` and `note` of a manifest's row.
    pub(super) fn read(cell: impl Fn(&str) -> String) -> Option<Self> {
        let (plugin, expects, rule, note) =
            (cell("peer_plugin"), cell("peer_expects"), cell("confvet_rule"), cell("note"));
        let fires = match expects.as_str() {
            "must fire" => true,
            "must not fire" => false,
            _ => return None,
        };
        let disputed = note.strip_prefix("disputed: ").map(str::to_owned);
        Some(Self { plugin, fires, rule, disputed })
    }

    /// Any finding will do where one is expected; where none is, an info is no alarm.
    fn is_met_by(&self, outcome: &Outcome) -> bool {
        let of_rule = |finding: &&Finding| finding.rule == self.rule;
        let mut findings = outcome.findings.iter().filter(of_rule);
        if self.fires { findings.next().is_some() } else { findings.all(|finding| finding.severity == Severity::Info) }
    }
}

#[derive(Debug, Default)]
struct Count {
    agree: usize,
    all: usize,
}

impl Count {
    fn add(&mut self, agrees: bool) {
        self.agree += usize::from(agrees);
        self.all += 1;
    }
}

/// The numbers, and one line for each test that is judged differently. Empty without such tests.
pub(super) fn report(outcomes: &[Outcome]) -> String {
    let (mut found, mut quiet) = (Count::default(), Count::default());
    let mut lines: BTreeMap<String, String> = BTreeMap::new();
    for outcome in outcomes {
        let Entry { path, peer: Some(expected), .. } = &outcome.entry else { continue };
        let agrees = expected.is_met_by(outcome);
        if !agrees {
            let what = match expected.fires {
                true => "the peer finds it, confvet does not",
                false => "confvet finds it, the peer does not",
            };
            let why = expected.disputed.as_deref().map(|why| format!(" (disputed: {why})")).unwrap_or_default();
            lines.insert(format!("{path}: {} / {}", expected.plugin, expected.rule), format!("{what}{why}"));
        }
        if expected.disputed.is_none() {
            if expected.fires { found.add(agrees) } else { quiet.add(agrees) }
        }
    }
    if found.all + quiet.all == 0 {
        return String::new();
    }
    let mut text = format!(
        "The peer's own tests: {} of {} positives found, {} of {} false-positive tests quiet\n",
        found.agree, found.all, quiet.agree, quiet.all
    );
    for (test, what) in lines {
        let _ = writeln!(text, "  {test}: {what}");
    }
    text
}

/// Did every undisputed test come out as its author expects?
pub(super) fn all_agree(outcomes: &[Outcome]) -> bool {
    outcomes.iter().all(|outcome| {
        outcome.entry.peer.as_ref().is_none_or(|expected| expected.disputed.is_some() || expected.is_met_by(outcome))
    })
}
