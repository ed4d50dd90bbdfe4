//! What is known about labels before anything runs: simulated where targets are written down, abstract where they are
//! discovered.

use super::{Chain, Document, Job, RelabelStep, Stage, TargetGroup, TargetRef};
use crate::meta;
use crate::relabel::{Action, FlatLabels, LabelSet, NameScheme, Semantics, relabel_in_place};
use confvet_core::Version;
use std::borrow::Cow;

/// What is known about one label.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Known<'a> {
    Absent,
    Value(Cow<'a, str>),
    Any,
}

/// What is known about the labels at one place of a chain, whatever passes through it.
pub(crate) struct KnownLabels<'a> {
    document: &'a Document,
    stage: Stage,
    job: Option<&'a Job>,
    semantics: Semantics,
    /// What the rules so far have written.
    written: Vec<(Cow<'a, str>, Known<'a>)>,
    /// No rule so far may have written what nobody can tell.
    starts: bool,
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

impl<'a> KnownLabels<'a> {
    fn get(&self, name: &str) -> Known<'a> {
        if let Some((_, known)) = self.written.iter().find(|(own, _)| own == name) {
            return known.clone();
        }
        if let Some(known) = self.given(name) {
            return known;
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

    /// What the job gives its targets under this name.
    fn given(&self, name: &str) -> Option<Known<'a>> {
        let job = self.job.filter(|_| self.starts && self.stage == Stage::Target)?;
        let value = self.document.given_label(job, name, self.semantics).filter(|value| !value.is_empty())?;
        let same = !job.group_sets(name) && (job.discoveries.is_empty() || name == "job");
        Some(if same { Known::Value(value) } else { Known::Any })
    }

    fn write(&mut self, name: impl Into<Cow<'a, str>>, known: Known<'a>) {
        let name = name.into();
        match self.written.iter_mut().find(|(own, _)| *own == name) {
            Some((_, own)) => *own = known,
            None => self.written.push((name, known)),
        }
    }

    /// The joined value of a step's source labels, if it is the same for everything that gets here.
    pub(crate) fn joined(&self, step: &RelabelStep) -> Option<String> {
        let mut joined = String::new();
        for (index, source) in step.rule.source_labels.iter().enumerate() {
            if index > 0 {
                joined.push_str(&step.rule.separator);
            }
            match self.get(source) {
                Known::Absent => {}
                Known::Value(value) => joined.push_str(&value),
                Known::Any => return None,
            }
        }
        Some(joined)
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
            Known::Value(value) => Some(value.into_owned()),
            Known::Any => None,
        }
    }

    fn forget(&mut self) {
        self.everything = true;
        self.starts = false;
        self.written.clear();
    }

    fn replace(&mut self, step: &'a RelabelStep) {
        let rule = &step.rule;
        let value = self.joined(step);
        match value.as_ref().and_then(|value| rule.regex.captures(value)) {
            Some(None) => {}
            Some(Some(found)) => {
                let text = rule.replacement.expand(&found);
                let known = if text.is_empty() { Known::Absent } else { Known::Value(text.into()) };
                self.write(rule.target_label.expand(&found), known);
            }
            None => match step.constant_target() {
                Some(target) => self.write(target, Known::Any),
                None => self.forget(),
            },
        }
    }

    /// Goes past a step. Behind one that cannot be run nothing is known.
    pub(crate) fn pass(&mut self, step: &'a RelabelStep) {
        if !step.is_sound() {
            self.forget();
            return;
        }
        match step.rule.action {
            Action::Replace => self.replace(step),
            Action::HashMod | Action::Lowercase | Action::Uppercase => {
                self.write(step.rule.target_label.as_str(), Known::Any);
            }
            Action::LabelMap if step.maps_to_itself() => {}
            Action::LabelMap => match step.rule.replacement.constant() {
                Some(target) => self.write(target, Known::Any),
                None => self.forget(),
            },
            Action::LabelDrop | Action::LabelKeep => {
                let given = self.job.into_iter().flat_map(|job| self.document.given_labels(job, self.semantics));
                let given: Vec<_> = given.map(|(name, _)| name).filter(|name| self.given(name).is_some()).collect();
                for name in given.into_iter().filter(|name| step.deletes_name(name)) {
                    self.write(name, Known::Absent);
                }
                for (_, known) in self.written.iter_mut().filter(|(name, _)| step.deletes_name(name)) {
                    *known = Known::Absent;
                }
            }
            Action::Keep | Action::Drop | Action::KeepEqual | Action::DropEqual => {}
        }
    }
}

impl Document {
    /// What is known about the labels in front of a chain.
    pub(crate) fn labels_before<'a>(&'a self, chain: &Chain<'a>, version: Option<&Version>) -> KnownLabels<'a> {
        let unknown =
            |job: &Job| job.has_unknown_labels() || job.discoveries.iter().any(|discovery| discovery.sd == "file");
        let everything = match (chain.stage, chain.job) {
            (Stage::Target, Some(job)) => unknown(job),
            (stage, _) => stage.is_target(),
        };
        KnownLabels {
            document: self,
            stage: chain.stage,
            job: chain.job,
            semantics: Semantics::of(version),
            written: Vec::new(),
            starts: true,
            everything,
        }
    }

    /// The labels that a job gives every target of its that does not have them yet, `__param_*` last.
    fn given_labels<'a>(
        &'a self,
        job: &'a Job,
        semantics: Semantics,
    ) -> impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)> {
        let own = semantics.given_names().map(move |name| (Cow::Borrowed(name), self.given_value(job, name)));
        let params = job.params.iter().filter_map(|(name, values)| Some((name, values.first()?)));
        own.chain(params.map(|(name, value)| (format!("__param_{name}").into(), value.as_str().into())))
    }

    /// One of them by its name.
    fn given_label<'a>(&'a self, job: &'a Job, name: &str, semantics: Semantics) -> Option<Cow<'a, str>> {
        if let Some(param) = name.strip_prefix("__param_") {
            let values = job.params.iter().find(|(own, _)| own == param).map(|(_, values)| values)?;
            return values.first().map(|value| value.as_str().into());
        }
        let name = semantics.given_names().find(|own| *own == name)?;
        Some(self.given_value(job, name))
    }

    fn given_value<'a>(&'a self, job: &'a Job, name: &'static str) -> Cow<'a, str> {
        match name {
            "job" => job.title().into(),
            "__scheme__" => job.scheme().into(),
            "__metrics_path__" => job.path().into(),
            "__scrape_interval__" => self.interval(job).to_string().into(),
            "__scrape_timeout__" => self.timeout(job).to_string().into(),
            // The settings behind the histogram labels are off by default, and nothing here turns on them.
            _ => "false".into(),
        }
    }

    /// The way of a job's written targets through its rules.
    pub(crate) fn route<'a>(&'a self, stage: Stage, job: &'a Job, version: Option<&Version>) -> Route<'a> {
        let semantics = Semantics::of(version);
        let moves = |step: &RelabelStep| {
            let drops = matches!(step.rule.action, Action::Keep | Action::Drop | Action::KeepEqual | Action::DropEqual);
            drops || step.may_write("__address__") || step.deletes_name("__address__")
        };
        Route {
            document: self,
            stage,
            job,
            scheme: self.name_scheme(Some(job), semantics),
            semantics,
            keeps_address: !job.relabel.iter().any(moves),
            sound: job.relabel.iter().all(RelabelStep::is_sound),
        }
    }
}

/// The way of a job's written targets through its rules.
pub(crate) struct Route<'a> {
    document: &'a Document,
    stage: Stage,
    job: &'a Job,
    scheme: NameScheme,
    semantics: Semantics,
    keeps_address: bool,
    sound: bool,
}

impl<'a> Route<'a> {
    /// What the targets of a group have in common when the first rule sees them.
    pub(crate) fn start(&self, group: &'a TargetGroup) -> FlatLabels<'a> {
        const GIVEN: usize = 10;
        let mut labels = FlatLabels::with_capacity(GIVEN + group.labels.len() + self.job.params.len());
        if self.stage == Stage::Target {
            // A target's own address wins over a label of its group.
            labels.add("__address__", " ");
            for (name, value) in &group.labels {
                labels.add(name.value.as_str(), value.value.as_str());
            }
            for (name, value) in self.document.given_labels(self.job, self.semantics) {
                if self.semantics.params_override && name.starts_with("__param_") && !value.is_empty() {
                    labels.put(&name, value.into_owned());
                } else {
                    labels.add(name, value);
                }
            }
        }
        labels
    }

    /// The labels a written target ends with, in place of those that are there. False if it is dropped, or a rule of the
    /// job cannot be run.
    pub(crate) fn run<'t>(&self, start: &'t FlatLabels<'_>, address: &'t str, labels: &mut FlatLabels<'t>) -> bool {
        if !self.sound {
            return false;
        }
        labels.start_from(start);
        labels.set_borrowed("__address__", address);
        relabel_in_place(self.job.relabel.iter().map(|step| &step.rule), labels, self.scheme)
    }

    /// The address a written target is scraped at in the end; `None` if there is none or it cannot be told.
    pub(crate) fn address(&self, target: TargetRef<'a>) -> Option<Cow<'a, str>> {
        if self.keeps_address && self.sound || self.job.relabel.is_empty() {
            return Some(Cow::Borrowed(&target.address.value));
        }
        let start = self.start(target.group);
        let mut labels = FlatLabels::default();
        if !self.run(&start, &target.address.value, &mut labels) {
            return None;
        }
        let address = labels.value("__address__");
        (!address.is_empty()).then(|| Cow::Owned(address.to_owned()))
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
