//! What is known about labels before anything runs: simulated where targets are written down, abstract where they are
//! discovered.

use super::{Chain, Document, Job, RelabelStep, Stage, TargetGroup, TargetRef};
use crate::meta;
use crate::relabel::{
    Action, FlatLabels, JobSettings, LabelSet, Labels, NameScheme, Semantics, discovered, relabel_in_place,
};
use confvet_core::Version;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What is known about one label.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Known {
    Absent,
    Value(String),
    Any,
}

/// What is known about the labels at one place of a chain, whatever passes through it.
pub(crate) struct KnownLabels<'a> {
    stage: Stage,
    job: Option<&'a Job>,
    written: BTreeMap<String, Known>,
    everything: bool,
}

/// Labels of the scrape that no sample, series or alert ever carries.
pub(crate) fn is_scrape_label(name: &str) -> bool {
    name.starts_with("__meta_")
        || name.starts_with("__param_")
        || matches!(
            name,
            "__address__" | "__scheme__" | "__metrics_path__" | "__scrape_interval__" | "__scrape_timeout__"
        )
}

impl KnownLabels<'_> {
    fn get(&self, name: &str) -> Known {
        if let Some(known) = self.written.get(name) {
            return known.clone();
        }
        if self.everything {
            return Known::Any;
        }
        if !self.stage.is_target() {
            return if is_scrape_label(name) { Known::Absent } else { Known::Any };
        }
        let Some(job) = self.job else { return Known::Any };
        let discovered = name.starts_with("__meta_")
            && meta::rows_of(name)
                .iter()
                .any(|row| job.discoveries.iter().any(|discovery| discovery.sd == row.sd || discovery.sd == "aws"));
        let node = name == "instance" && job.discoveries.iter().any(|discovery| discovery.sd == "kubernetes");
        if name == "__address__" || discovered || node || job.group_sets(name) { Known::Any } else { Known::Absent }
    }

    /// The joined value of a step's source labels, if it is the same for everything that gets here.
    pub(crate) fn joined(&self, step: &RelabelStep) -> Option<String> {
        let mut values = Vec::new();
        for source in &step.rule.source_labels {
            match self.get(source) {
                Known::Absent => values.push(String::new()),
                Known::Value(value) => values.push(value),
                Known::Any => return None,
            }
        }
        Some(values.join(&step.rule.separator))
    }

    /// Nothing that gets here has any of the step's source labels.
    pub(crate) fn lacks_sources(&self, step: &RelabelStep) -> bool {
        !step.rule.source_labels.is_empty() && step.rule.source_labels.iter().all(|name| self.lacks(name))
    }

    /// Nothing that gets here has the label.
    pub(crate) fn lacks(&self, name: &str) -> bool {
        self.get(name) == Known::Absent
    }

    /// The value of a label, if it is the same for everything that gets here; absent labels are empty.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
        match self.get(name) {
            Known::Absent => Some(String::new()),
            Known::Value(value) => Some(value),
            Known::Any => None,
        }
    }

    fn forget(&mut self) {
        self.everything = true;
        self.written.clear();
    }

    fn replace(&mut self, step: &RelabelStep) {
        let rule = &step.rule;
        let value = self.joined(step);
        match value.as_ref().and_then(|value| rule.regex.captures(value)) {
            Some(None) => {}
            Some(Some(found)) => {
                let text = rule.replacement.expand(&found);
                let known = if text.is_empty() { Known::Absent } else { Known::Value(text) };
                self.written.insert(rule.target_label.expand(&found), known);
            }
            None => match step.constant_target() {
                Some(target) => {
                    self.written.insert(target.to_owned(), Known::Any);
                }
                None => self.forget(),
            },
        }
    }

    /// Goes past a step. Behind one that cannot be run nothing is known.
    pub(crate) fn pass(&mut self, step: &RelabelStep) {
        if !step.is_sound() {
            self.forget();
            return;
        }
        match step.rule.action {
            Action::Replace => self.replace(step),
            Action::HashMod | Action::Lowercase | Action::Uppercase => {
                self.written.insert(step.rule.target_label.as_str().to_owned(), Known::Any);
            }
            Action::LabelMap if step.maps_to_itself() => {}
            Action::LabelMap => match step.rule.replacement.constant() {
                Some(target) => {
                    self.written.insert(target.to_owned(), Known::Any);
                }
                None => self.forget(),
            },
            Action::LabelDrop | Action::LabelKeep => {
                for (name, known) in &mut self.written {
                    if step.deletes_name(name) {
                        *known = Known::Absent;
                    }
                }
            }
            Action::Keep | Action::Drop | Action::KeepEqual | Action::DropEqual => {}
        }
    }
}

impl Document {
    /// What is known about the labels in front of a chain.
    pub(crate) fn labels_before<'a>(&self, chain: &Chain<'a>, version: Option<&Version>) -> KnownLabels<'a> {
        let mut written = BTreeMap::new();
        let mut everything = false;
        if let Some(job) = chain.job.filter(|_| chain.stage == Stage::Target) {
            everything = job.has_unknown_labels() || job.discoveries.iter().any(|discovery| discovery.sd == "file");
            let settings = self.job_settings(job);
            for (name, value) in discovered(&settings, &Labels::new(), &Labels::new(), Semantics::of(version)) {
                if !job.group_sets(&name) && job.discoveries.is_empty() || name == "job" && !job.group_sets("job") {
                    written.insert(name, Known::Value(value));
                } else {
                    written.insert(name, Known::Any);
                }
            }
        } else if chain.stage.is_target() {
            everything = true;
        }
        KnownLabels { stage: chain.stage, job: chain.job, written, everything }
    }

    /// The way of a job's written targets through its rules.
    pub(crate) fn route<'a>(&self, stage: Stage, job: &'a Job, version: Option<&Version>) -> Route<'a> {
        let semantics = Semantics::of(version);
        let moves = |step: &RelabelStep| {
            let drops = matches!(step.rule.action, Action::Keep | Action::Drop | Action::KeepEqual | Action::DropEqual);
            drops || step.may_write("__address__") || step.deletes_name("__address__")
        };
        Route {
            stage,
            job,
            settings: self.job_settings(job),
            scheme: self.name_scheme(Some(job), semantics),
            semantics,
            keeps_address: !job.relabel.iter().any(moves),
            sound: job.relabel.iter().all(RelabelStep::is_sound),
        }
    }
}

/// The way of a job's written targets through its rules.
pub(crate) struct Route<'a> {
    stage: Stage,
    job: &'a Job,
    settings: JobSettings,
    scheme: NameScheme,
    semantics: Semantics,
    keeps_address: bool,
    sound: bool,
}

impl Route<'_> {
    /// The labels a written target ends with; `None` if it is dropped, or a rule of the job cannot be run.
    pub(crate) fn labels<'t>(&'t self, target: TargetRef<'t>) -> Option<FlatLabels<'t>> {
        if !self.sound {
            return None;
        }
        let mut labels = FlatLabels::default();
        labels.add("__address__", target.address.value.as_str());
        if self.stage == Stage::Target {
            add_discovered(&mut labels, &self.settings, target.group, self.semantics);
        }
        relabel_in_place(self.job.relabel.iter().map(|step| &step.rule), &mut labels, self.scheme).then_some(labels)
    }

    /// The address a written target is scraped at in the end; `None` if there is none or it cannot be told.
    pub(crate) fn address<'t>(&'t self, target: TargetRef<'t>) -> Option<Cow<'t, str>> {
        if self.keeps_address && self.sound || self.job.relabel.is_empty() {
            return Some(Cow::Borrowed(&target.address.value));
        }
        let labels = self.labels(target)?;
        let address = labels.value("__address__");
        (!address.is_empty()).then(|| Cow::Owned(address.to_owned()))
    }
}

/// What `discovered` adds to the address, in the order in which Prometheus adds it.
fn add_discovered<'t>(
    labels: &mut FlatLabels<'t>,
    settings: &'t JobSettings,
    group: &'t TargetGroup,
    semantics: Semantics,
) {
    for (name, value) in &group.labels {
        labels.add(name.value.as_str(), value.value.as_str());
    }
    for (name, value) in settings.labels(semantics) {
        labels.add(name, value);
    }
    for (name, values) in &settings.params {
        let Some(first) = values.first().filter(|first| !first.is_empty()) else { continue };
        let name = format!("__param_{name}");
        if semantics.params_override {
            labels.put(&name, first.clone());
        } else {
            labels.add(name, first.as_str());
        }
    }
}

impl Job {
    /// The items of a discovery's list are the parts of one block: no key stands twice, and one lacks what the others need.
    pub fn is_split(&self, sd: &str) -> bool {
        let items: Vec<_> = self.discoveries.iter().filter(|discovery| discovery.sd == sd).collect();
        if items.len() < 2 {
            return false;
        }
        let mut keys: Vec<&str> = items.iter().flat_map(|item| item.keys.iter().map(String::as_str)).collect();
        let all = keys.len();
        keys.sort_unstable();
        keys.dedup();
        let vital: &[&str] = match sd {
            "ec2" | "lightsail" | "ecs" | "msk" | "rds" | "elasticache" => &["region"],
            other => super::check::required(other),
        };
        let lacks = |item: &&super::Discovery| vital.iter().any(|key| !item.keys.iter().any(|own| own == key));
        keys.len() == all
            && items.iter().any(|item| item.keys.len() <= 2)
            && !vital.is_empty()
            && items.iter().any(lacks)
    }

    /// Could it have two targets or more?
    pub fn may_have_many(&self) -> bool {
        !self.discoveries.is_empty() || self.targets().nth(1).is_some()
    }
}
