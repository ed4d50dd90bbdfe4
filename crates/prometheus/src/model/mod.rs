//! The typed model: what prometheus.yml, rule files and target files say, with the place of every value.

mod check;
mod edits;
mod known;
mod read;
mod relabel;
mod rules;
mod schema;
mod selector;
mod written;

pub(crate) use known::{KnownLabels, Route, is_scrape_label};
pub(crate) use read::read;
pub(crate) use relabel::has_bare_whole_number;
pub use relabel::{RelabelStep, read_relabel_list};
pub use rules::{AlertRule, RuleGroup, RuleKind};
use written::Tree;

use crate::problem::Problem;
use crate::relabel::{JobSettings, Labels, NameScheme, Semantics};
use crate::units::Millis;
use compact_str::CompactString;
use confvet_core::{Span, Spanned};

/// A text and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// What the server reads.
    pub value: CompactString,
    /// The whole scalar, quotes included.
    pub span: Span,
    /// Where the characters stand, if they stand in the file one for one.
    pub exact: Option<Span>,
}

impl Text {
    /// Where some bytes of the text are written; the whole scalar if that is not plain.
    pub fn at(&self, range: std::ops::Range<usize>) -> Span {
        self.exact.map_or(self.span, |exact| exact.slice(range))
    }

    /// The characters without their quotes.
    pub fn inner(&self) -> Span {
        self.exact.unwrap_or(self.span)
    }
}

/// One configuration: a main file with everything it reaches, or a rule file or target file alone.
///
/// [`config`](Self::config), [`rule_files`](Self::rule_files) and the like give everything that is written in the files.
/// What the rules ask again and again is read beforehand: [`jobs`](Self::jobs) with their targets, those of target files
/// too, [`chains`](Self::chains) of relabel rules that can be run, [`rules`](Self::rules) with their expressions.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// prometheus.yml with its included scrape configurations.
    pub(crate) setup: Option<Setup>,
    /// The groups of the rule files.
    pub(crate) groups: Vec<RuleGroup>,
    /// What the server refuses.
    pub problems: Vec<Problem>,
    /// Secrets that are written out, and certificates that are not checked.
    pub(crate) exposures: Vec<Exposure>,
    /// What all of it was read from, by file.
    trees: Vec<Tree>,
}

/// Something in a block of client settings that gives secrets away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exposure {
    /// The key.
    pub(crate) key: &'static str,
    /// Where the key stands.
    pub(crate) span: Span,
    /// The key that names a file instead, for a secret; none for `insecure_skip_verify`.
    pub(crate) file_key: Option<&'static str>,
}

/// What the rules ask of prometheus.yml.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    /// `global`
    pub(crate) global: Global,
    /// `scrape_configs`, those of included files behind the own.
    pub(crate) jobs: Vec<Job>,
    /// `alerting.alertmanagers`
    pub(crate) alertmanagers: Vec<Job>,
    /// `alerting.alert_relabel_configs`
    pub(crate) alert_relabel: Vec<RelabelStep>,
    /// `remote_write`
    pub(crate) remote_write: Vec<Remote>,
    /// `remote_read`
    pub(crate) remote_read: Vec<Remote>,
    /// The lists of `alertmanagers` and `remote_write` whose items are parts of one block: the dashes behind the first.
    pub(crate) split_lists: Vec<(&'static str, Vec<Span>)>,
    /// `rule_files`
    pub(crate) rule_files: Vec<Text>,
    /// `scrape_config_files`
    pub(crate) scrape_config_files: Vec<Text>,
    /// Every entry of `scrape_config_files` names a file that was read, so that all jobs are known.
    pub(crate) jobs_complete: bool,
    /// The sections as keys, where they are written.
    pub(crate) keys: SectionKeys,
}

/// Where the keys of some sections stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct SectionKeys {
    /// `rule_files`
    pub(crate) rule_files: Option<Span>,
    /// `alerting`
    pub(crate) alerting: Option<Span>,
    /// `alerting.alertmanagers`
    pub(crate) alertmanagers: Option<Span>,
    /// `remote_read`
    pub(crate) remote_read: Option<Span>,
}

/// What the rules ask of `global`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Global {
    /// `scrape_interval`; default 1m.
    pub(crate) scrape_interval: Option<Spanned<Millis>>,
    /// `scrape_timeout`; default 10s, or the interval if that is shorter.
    pub(crate) scrape_timeout: Option<Spanned<Millis>>,
    /// `evaluation_interval`; default 1m.
    pub(crate) evaluation_interval: Option<Spanned<Millis>>,
    /// `metric_name_validation_scheme`; default utf8 since 3.0.
    pub(crate) scheme: Option<NameScheme>,
}

/// An item of `scrape_configs` or of `alertmanagers`.
#[derive(Debug, Clone)]
pub struct Job {
    /// The first key of the item.
    pub span: Span,
    /// Its number in the tree of its file.
    node: u32,
    /// `job_name`; an Alertmanager block has none.
    pub(crate) name: Option<Text>,
    /// `scheme`; default http.
    pub(crate) scheme: Option<Text>,
    /// `metrics_path`, or `path_prefix` of an Alertmanager block.
    pub(crate) metrics_path: Option<Text>,
    /// `scrape_interval`
    pub(crate) scrape_interval: Option<Spanned<Millis>>,
    /// `scrape_timeout`
    pub(crate) scrape_timeout: Option<Spanned<Millis>>,
    /// `honor_labels`; default false.
    pub(crate) honor_labels: bool,
    /// `honor_labels: false` is written out, with a comment beside it.
    pub(crate) ignores_labels_on_purpose: bool,
    /// The key of `basic_auth`, `authorization` or the like, where credentials are sent.
    pub(crate) credentials: Option<Spanned<&'static str>>,
    /// `params`, in the order of the file.
    pub(crate) params: Vec<(String, Vec<String>)>,
    /// `tls_config` as a key, if something is set in it.
    pub(crate) tls: Option<Span>,
    /// `proxy_url` is set.
    pub(crate) proxied: bool,
    /// `static_configs`, and what readable target files hold.
    pub(crate) groups: Vec<TargetGroup>,
    /// The service discoveries, `static_configs` left out.
    pub(crate) discoveries: Vec<Discovery>,
    /// `relabel_configs`
    pub relabel: Vec<RelabelStep>,
    /// `metric_relabel_configs`, or `alert_relabel_configs` of an Alertmanager block.
    pub metric_relabel: Vec<RelabelStep>,
    /// `metric_name_validation_scheme` of the job.
    pub(crate) name_scheme: Option<NameScheme>,
    /// Every target file of the job was read.
    pub(crate) files_readable: bool,
}

/// A group of `static_configs` or of a target file.
#[derive(Debug, Clone)]
pub struct TargetGroup {
    /// `targets`
    pub targets: Vec<Text>,
    /// `labels`
    pub labels: Vec<(Text, Text)>,
    /// `targets` is written in brackets.
    pub(crate) flow: bool,
}

impl TargetGroup {
    /// It brings `__meta_*` labels of its own.
    fn sets_meta(&self) -> bool {
        self.labels.iter().any(|(name, _)| name.value.starts_with("__meta_"))
    }
}

/// One target of a job.
#[derive(Debug, Clone, Copy)]
pub struct TargetRef<'a> {
    /// The address as written.
    pub address: &'a Text,
    /// The group it stands in.
    pub group: &'a TargetGroup,
}

impl TargetRef<'_> {
    /// The labels of the target itself.
    pub fn labels(&self) -> Labels {
        Labels::from([("__address__".to_owned(), self.address.value.to_string())])
    }

    /// The labels of its group.
    pub fn group_labels(&self) -> Labels {
        self.group.labels.iter().map(|(name, value)| (name.value.to_string(), value.value.to_string())).collect()
    }
}

/// An item of some `*_sd_configs`.
#[derive(Debug, Clone)]
pub(crate) struct Discovery {
    /// The mechanism: `ec2`, `kubernetes`.
    pub(crate) sd: String,
    /// The first key of the item.
    pub(crate) span: Span,
    /// The dash of the item.
    pub(crate) dash: Option<Span>,
    /// The keys that are set.
    pub(crate) keys: Vec<String>,
    /// `role`
    pub(crate) role: Option<Text>,
    /// `files` of `file_sd_configs`.
    pub(crate) files: Vec<Text>,
    /// The parts of `attach_metadata` that are on.
    pub(crate) attached: Vec<String>,
    /// Its number in the tree of its file.
    node: u32,
}

/// An item of `remote_write` or `remote_read`.
#[derive(Debug, Clone)]
pub(crate) struct Remote {
    /// `url`
    pub(crate) url: Option<Text>,
    /// `write_relabel_configs`
    pub(crate) relabel: Vec<RelabelStep>,
    /// `tls_config` as a key, if something is set in it.
    pub(crate) tls: Option<Span>,
    /// The key of `basic_auth`, `authorization` or the like, where credentials are sent.
    pub(crate) credentials: Option<Spanned<&'static str>>,
}

/// Where a list of relabel rules runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// `relabel_configs` of a job: targets.
    Target,
    /// `relabel_configs` of an Alertmanager block.
    Alertmanager,
    /// `metric_relabel_configs`: samples.
    Metric,
    /// `write_relabel_configs`: series.
    Write,
    /// `alert_relabel_configs`: alerts.
    Alert,
}

impl Stage {
    /// Does it see targets rather than samples, series or alerts?
    pub fn is_target(self) -> bool {
        matches!(self, Stage::Target | Stage::Alertmanager)
    }

    /// What a drop drops.
    pub fn noun(self) -> &'static str {
        match self {
            Stage::Target => "target",
            Stage::Alertmanager => "Alertmanager",
            Stage::Metric => "sample",
            Stage::Write => "series",
            Stage::Alert => "alert",
        }
    }
}

/// Longer lists of relabel rules are not compared rule by rule.
const LONGEST_COMPARED: usize = 1000;

/// A list of relabel rules in its place.
#[derive(Debug, Clone, Copy)]
pub struct Chain<'a> {
    /// Where it runs.
    pub stage: Stage,
    /// The rules.
    pub steps: &'a [RelabelStep],
    /// The job or Alertmanager block it belongs to.
    pub job: Option<&'a Job>,
}

impl Document {
    /// The jobs.
    pub fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.setup.iter().flat_map(|config| &config.jobs)
    }

    /// The jobs and the Alertmanager blocks.
    pub fn pools(&self) -> impl Iterator<Item = (Stage, &Job)> {
        let jobs = self.jobs().map(|job| (Stage::Target, job));
        let managers = self.setup.iter().flat_map(|config| &config.alertmanagers);
        jobs.chain(managers.map(|job| (Stage::Alertmanager, job)))
    }

    /// Every list of relabel rules.
    pub fn chains(&self) -> impl Iterator<Item = Chain<'_>> {
        self.setup.iter().flat_map(Setup::chains).filter(|chain| !chain.steps.is_empty())
    }

    /// The lists of relabel rules whose rules can be held against each other: longer ones are written by no hand, and
    /// would take too long.
    pub fn comparable_chains(&self) -> impl Iterator<Item = Chain<'_>> {
        self.chains().filter(|chain| chain.steps.len() <= LONGEST_COMPARED)
    }

    /// Every rule of every rule file.
    pub fn rules(&self) -> impl Iterator<Item = (&RuleGroup, &AlertRule)> {
        self.groups.iter().flat_map(|group| group.rules.iter().map(move |rule| (group, rule)))
    }

    /// The `__meta_*` names that target rules read and that nobody but a service discovery could have set, with their job.
    pub fn meta_labels_read(&self) -> Vec<(&Job, &Text)> {
        let mut names = Vec::new();
        let short = |job: &Job| job.relabel.len() <= LONGEST_COMPARED;
        for (_, job) in self.pools().filter(|(_, job)| !job.has_unknown_labels() && short(job)) {
            for (index, step) in job.relabel.iter().enumerate() {
                let earlier = &job.relabel[..index];
                for name in step.names_read().filter(|name| name.value.starts_with("__meta_")) {
                    let set = job.group_sets(&name.value) || earlier.iter().any(|step| step.may_write(&name.value));
                    if !set {
                        names.push((job, name));
                    }
                }
            }
        }
        names
    }

    /// The starts of the `__meta_*` names that a regex over label names looks for, where it is no list of names.
    pub fn meta_prefixes_read(&self) -> Vec<(&Job, &RelabelStep, String)> {
        let mut starts = Vec::new();
        for (_, job) in self.pools().filter(|(_, job)| !job.has_unknown_labels()) {
            let by_name = |step: &&RelabelStep| {
                step.rule.action.works_on_names() && step.is_sound() && step.names_listed().is_empty()
            };
            for step in job.relabel.iter().take_while(|step| !step.writes_meta()).filter(by_name) {
                let start = step.rule.regex.prefix();
                if start.starts_with("__meta_") && !job.groups.iter().any(TargetGroup::sets_meta) {
                    starts.push((job, step, start));
                }
            }
        }
        starts
    }

    /// What a job gives every target of its.
    pub fn job_settings(&self, job: &Job) -> JobSettings {
        JobSettings {
            job_name: job.title().to_owned(),
            scheme: job.scheme().to_owned(),
            metrics_path: job.path().to_owned(),
            scrape_interval: self.interval(job).to_string(),
            scrape_timeout: self.timeout(job).to_string(),
            params: job.params.clone(),
            histograms: [false; 3],
        }
    }

    /// The time a scrape of a job may take: its own, else the global one, capped at the interval.
    pub fn timeout(&self, job: &Job) -> Millis {
        let own = job.scrape_timeout.map(|timeout| timeout.value).filter(|timeout| timeout.0 > 0);
        own.unwrap_or_else(|| self.default_timeout().min(self.interval(job)))
    }

    /// The interval at which a job is scraped: its own, else the global one, else a minute.
    pub fn interval(&self, job: &Job) -> Millis {
        let own = job.scrape_interval.map(|interval| interval.value).filter(|interval| interval.0 > 0);
        own.or_else(|| self.global_interval().map(|interval| interval.value)).unwrap_or(Millis(60_000))
    }

    /// `global.scrape_interval`, if it is set to something.
    pub fn global_interval(&self) -> Option<Spanned<Millis>> {
        self.setup.as_ref()?.global.scrape_interval.filter(|interval| interval.value.0 > 0)
    }

    fn default_timeout(&self) -> Millis {
        let global = self.setup.as_ref().and_then(|config| config.global.scrape_timeout);
        let capped = self.global_interval().map_or(Millis(10_000), |interval| interval.value.min(Millis(10_000)));
        global.map(|timeout| timeout.value).filter(|timeout| timeout.0 > 0).unwrap_or(capped)
    }

    /// Which names labels of a job may have.
    pub fn name_scheme(&self, job: Option<&Job>, semantics: Semantics) -> NameScheme {
        let global = self.setup.as_ref().and_then(|config| config.global.scheme);
        let default = if semantics.appends_port { NameScheme::Legacy } else { NameScheme::Utf8 };
        job.and_then(|job| job.name_scheme).or(global).unwrap_or(default)
    }
}

impl Setup {
    fn chains(&self) -> impl Iterator<Item = Chain<'_>> {
        let alerts = Chain { stage: Stage::Alert, steps: &self.alert_relabel, job: None };
        (self.jobs.iter().flat_map(|job| job.chains(Stage::Target, Stage::Metric)))
            .chain([alerts])
            .chain(self.alertmanagers.iter().flat_map(|job| job.chains(Stage::Alertmanager, Stage::Alert)))
            .chain(self.remote_write.iter().map(|remote| Chain {
                stage: Stage::Write,
                steps: &remote.relabel,
                job: None,
            }))
    }
}

impl Job {
    fn chains(&self, before: Stage, behind: Stage) -> [Chain<'_>; 2] {
        // Alerts are no business of the block that sends them.
        let job = Some(self).filter(|_| behind == Stage::Metric);
        [
            Chain { stage: before, steps: &self.relabel, job: Some(self) },
            Chain { stage: behind, steps: &self.metric_relabel, job },
        ]
    }

    /// The targets that are written down.
    pub fn targets(&self) -> impl Iterator<Item = TargetRef<'_>> {
        self.groups.iter().flat_map(|group| group.targets.iter().map(move |address| TargetRef { address, group }))
    }

    /// Its name in messages.
    pub fn title(&self) -> &str {
        self.name.as_ref().map_or("", |name| &name.value)
    }

    /// `scheme`, or its default.
    pub fn scheme(&self) -> &str {
        self.scheme.as_ref().map_or("http", |scheme| &scheme.value)
    }

    /// `metrics_path`, or its default.
    pub fn path(&self) -> &str {
        self.metrics_path.as_ref().map_or("/metrics", |path| &path.value)
    }

    /// Targets come from somewhere that is not in the tree, with labels nobody can know.
    pub fn has_unknown_labels(&self) -> bool {
        let unknown = |sd: &str| matches!(sd, "http" | "kuma" | "uyuni");
        self.discoveries
            .iter()
            .any(|discovery| unknown(&discovery.sd) || discovery.sd == "file" && !self.files_readable)
    }

    /// The path, if series of another Prometheus are fetched.
    pub fn federation_path(&self) -> Option<&Text> {
        self.metrics_path.as_ref().filter(|path| path.value.trim_end_matches('/').ends_with("/federate"))
    }

    /// A target is written down, or some discovery finds them.
    pub fn has_targets(&self) -> bool {
        !self.discoveries.is_empty() || self.targets().next().is_some()
    }

    /// A rule of the job may set this label.
    pub fn may_write(&self, name: &str) -> bool {
        self.relabel.iter().any(|step| step.may_write(name))
    }

    /// A group sets this label.
    pub fn group_sets(&self, name: &str) -> bool {
        self.groups.iter().any(|group| group.labels.iter().any(|(label, _)| label.value == name))
    }
}
