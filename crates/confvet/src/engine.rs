//! One run: files to detection, to models, to rules, to sorted findings. Pure: no input or output.

use crate::allow::Allows;
use crate::batch::{Assignment, Batch, Loaded, StackPart};
use crate::config::{CONFIG_NAME, Config};
use crate::grouping::{self, Stack, StackDecl, Unit};
use crate::levels::Levels;
use crate::parallel;
use crate::report::{FileReport, Placement, Report, SystemUse};
use crate::systems::{SystemEntry, systems};
use confvet_core::{
    Confidence, Detection, Diagnostic, Facts, FileId, Findings, Keys, Map, Severity, Source, Sources, Span, Target,
    source,
};
use std::sync::Arc;

/// What the caller asked for, beside what confvet.toml says; it wins over confvet.toml.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    pub(crate) target: Target,
    pub(crate) facts: Facts,
    pub(crate) levels: Levels,
    /// What every file is, whatever it looks like.
    pub(crate) system: Option<(&'static str, Option<&'static str>)>,
    /// Text of a configuration that holds where no confvet.toml of the files' own does.
    pub(crate) config: Option<String>,
    /// The directory that paths are relative to, for matching globs of a confvet.toml above them.
    pub(crate) working_directory: String,
}

/// A confvet.toml and the directory it holds for.
struct Scope {
    /// Absolute, or below the working directory; `""` holds for everything.
    directory: String,
    file: Option<FileId>,
    config: Config,
}

/// What is known of one file before it is parsed.
struct Prepared {
    scope: usize,
    target: Arc<Target>,
    facts: Arc<Facts>,
    detected: Vec<(&'static SystemEntry, Detection)>,
    template: bool,
}

pub(crate) fn run(sources: Sources, options: &Options) -> Report {
    let scopes = read_scopes(&sources, options);
    let base: Vec<(Arc<Target>, Arc<Facts>)> = scopes.iter().map(|scope| base_settings(scope, options)).collect();
    let ids: Vec<FileId> = sources.iter().map(|(id, _)| id).collect();
    let prepared = parallel::map(ids, |id| prepare(&sources, id, &scopes, &base, options));

    let mut assignments: Map<&str, Vec<Assignment>> = Map::new();
    for ((file, _), prepared) in sources.iter().zip(&prepared) {
        for (system, detection) in &prepared.detected {
            let (target, facts) = (prepared.target.clone(), prepared.facts.clone());
            let assignment = Assignment { file, kind: detection.kind, target, facts };
            assignments.or_default(system.name).push(assignment);
        }
    }
    let batches: Vec<Box<dyn Batch>> = (systems().iter())
        .filter_map(|system| Some((system.load)(&sources, assignments.get_mut(system.name).map(std::mem::take)?)))
        .collect();

    let stacks = make_stacks(&sources, &prepared, &scopes, &batches);
    let mut used_by = files_in_use(&batches);
    let checked =
        parallel::map(batches.into_iter().enumerate().collect(), |(index, batch): (usize, Box<dyn Batch>)| {
            let parts: Vec<StackPart<'_>> = stacks.iter().filter_map(|stack| stack.part(index)).collect();
            batch.check(&sources, &parts)
        });
    let mut diagnostics = Vec::new();
    let mut secrets = Vec::new();
    for checked in checked {
        diagnostics.extend(checked.diagnostics);
        secrets.extend(checked.secrets);
    }
    drop_superseded(&mut diagnostics);
    diagnostics.extend(own_findings(&sources, &scopes, &used_by));

    let scope_of = |file: FileId| prepared[file.0 as usize].scope;
    let levels: Vec<Levels> = (scopes.iter())
        .map(|scope| {
            let mut levels = scope.config.levels.clone();
            levels.extend(&options.levels);
            levels
        })
        .collect();
    diagnostics.retain_mut(|diagnostic| levels[scope_of(diagnostic.primary.span.file)].apply(diagnostic));
    apply_allows(&sources, &used_by, &mut diagnostics, |file| &levels[scope_of(file)]);
    sort(&sources, &mut diagnostics);
    secrets.sort_unstable();
    secrets.dedup();

    let placements: Map<FileId, Placement> = stacks.iter().flat_map(PlacedStack::placements).collect();
    let mut files = Vec::with_capacity(prepared.len());
    for ((id, source), prepared) in sources.iter().zip(prepared) {
        files.push(FileReport {
            file: id,
            is_config: source.file_name() == CONFIG_NAME,
            template: prepared.template,
            systems: prepared
                .detected
                .into_iter()
                .map(|(system, detection)| SystemUse { system: system.name, detection })
                .collect(),
            included_by: used_by.get_mut(&id).map(std::mem::take).unwrap_or_default(),
            placement: placements.get(&id).cloned(),
        });
    }
    Report::new(sources, diagnostics, secrets, files)
}

/// The systems that a run over these files, or the model of one of them, may need: perhaps more, never fewer.
pub(crate) fn needed_systems(sources: &Sources, options: &Options) -> Keys<&'static str> {
    let scopes = read_scopes(sources, options);
    let base: Vec<(Arc<Target>, Arc<Facts>)> = scopes.iter().map(|scope| base_settings(scope, options)).collect();
    let mut needed = Keys::new();
    for (id, source) in sources.iter() {
        needed.extend(prepare(sources, id, &scopes, &base, options).detected.iter().map(|(system, _)| system.name));
        let recognises = |system: &&SystemEntry| (system.detect)(source.path(), source.text()).is_some();
        needed.extend(systems().iter().filter(recognises).map(|system| system.name));
    }
    needed
}

fn read_scopes(sources: &Sources, options: &Options) -> Vec<Scope> {
    let mut scopes: Vec<Scope> = (sources.iter())
        .filter(|(_, source)| source.file_name() == CONFIG_NAME)
        .map(|(id, source)| Scope {
            directory: source::join(&options.working_directory, source::parent(source.path())),
            file: Some(id),
            config: Config::parse(source.text()),
        })
        .collect();
    let fallback = options.config.as_deref().map(Config::parse).unwrap_or_default();
    scopes.push(Scope { directory: String::new(), file: None, config: fallback });
    // The longest directory first, so that the first that holds a file is the nearest.
    scopes.sort_by_key(|scope| std::cmp::Reverse(if scope.file.is_some() { scope.directory.len() + 1 } else { 0 }));
    scopes
}

fn base_settings(scope: &Scope, options: &Options) -> (Arc<Target>, Arc<Facts>) {
    let (mut target, mut facts) = (scope.config.target.clone(), scope.config.facts.clone());
    target.extend(&options.target);
    facts.extend(&options.facts);
    (Arc::new(target), Arc::new(facts))
}

impl Scope {
    /// The path relative to the scope's directory, if it lies below.
    fn relative<'a>(&self, path: &'a str) -> Option<&'a str> {
        if self.directory.is_empty() || self.directory == "/" {
            return Some(path.strip_prefix('/').unwrap_or(path));
        }
        path.strip_prefix(self.directory.as_str())?.strip_prefix('/')
    }
}

fn prepare(
    sources: &Sources,
    id: FileId,
    scopes: &[Scope],
    base: &[(Arc<Target>, Arc<Facts>)],
    options: &Options,
) -> Prepared {
    let source = sources.get(id);
    let path = source::join(&options.working_directory, source.path());
    let found = scopes.iter().enumerate().find_map(|(index, scope)| Some((index, scope.relative(&path)?)));
    let (scope, relative) = found.unwrap_or((scopes.len() - 1, path.as_str()));
    let (mut target, mut facts) = base[scope].clone();
    let mut forced = options.system;
    for entry in scopes[scope].config.files.iter().filter(|entry| entry.glob.is_match(relative)) {
        if entry.target.iter().next().is_some() {
            let mut merged = (*target).clone();
            merged.extend(&entry.target);
            merged.extend(&options.target);
            target = Arc::new(merged);
        }
        if entry.facts != Facts::new() {
            let mut merged = (*facts).clone();
            merged.extend(&entry.facts);
            merged.extend(&options.facts);
            facts = Arc::new(merged);
        }
        if options.system.is_none() {
            forced = entry.system.map(|system| (system, entry.kind)).or(forced);
        }
    }
    let template = forced.is_none() && is_template(source.path());
    let detected = if source.file_name() == CONFIG_NAME || template { Vec::new() } else { detect(source, forced) };
    Prepared { scope, target, facts, detected, template }
}

/// Files that a template engine still has to fill in: left alone.
pub(crate) fn is_template(path: &str) -> bool {
    let extension = source::file_name(path).rsplit_once('.').map_or("", |(_, extension)| extension);
    ["j2", "jinja", "jinja2", "erb", "epp", "tmpl", "tpl", "template", "gotmpl", "ctmpl", "mustache"]
        .contains(&extension)
}

fn detect(
    source: &Source,
    forced: Option<(&'static str, Option<&'static str>)>,
) -> Vec<(&'static SystemEntry, Detection)> {
    let detect_one = |system: &'static SystemEntry| Some((system, (system.detect)(source.path(), source.head())?));
    if let Some((name, kind)) = forced {
        let Some(system) = systems().iter().find(|system| system.name == name) else { return Vec::new() };
        let seen = detect_one(system).map(|(_, detection)| detection);
        let kind = kind.or(seen.map(|seen| seen.kind)).or(system.kinds.first().copied()).unwrap_or_default();
        return vec![(system, Detection::new(kind, Confidence::Sure, "named by the user"))];
    }
    // A file that is named after a system is asked there first: when that is sure, the others need not read it.
    let named = systems().iter().find(|system| source.file_name().contains(system.name));
    if let Some((system, detection)) = named.and_then(detect_one)
        && detection.confidence == Confidence::Sure
        && !detection.shared
    {
        return vec![(system, detection)];
    }
    let all: Vec<_> =
        systems().iter().filter(|system| (system.might_be)(source.path())).filter_map(detect_one).collect();
    let best = all.iter().filter(|(_, detection)| !detection.shared).map(|(_, detection)| detection.confidence).max();
    let mut exclusive_taken = false;
    all.into_iter()
        .filter(|(_, detection)| {
            let first_of_best = !exclusive_taken && Some(detection.confidence) == best;
            exclusive_taken |= !detection.shared && first_of_best;
            detection.shared || first_of_best
        })
        .collect()
}

/// Which files the configurations of all systems were read from, and the file that includes each, if another does.
fn files_in_use(batches: &[Box<dyn Batch>]) -> Map<FileId, Vec<FileId>> {
    let mut used: Map<FileId, Vec<FileId>> = Map::new();
    for batch in batches {
        for Loaded { file, files, .. } in batch.loaded() {
            for &part in files {
                let includers = used.or_default(part);
                if part != file && !includers.contains(&file) {
                    includers.push(file);
                }
            }
        }
    }
    used
}

/// A stack of the run, and which configuration of which batch each of its units is.
struct PlacedStack {
    stack: Stack,
    /// For each unit of the stack: batch, index in the batch, file.
    units: Vec<(usize, usize, FileId)>,
}

impl PlacedStack {
    fn part(&self, batch: usize) -> Option<StackPart<'_>> {
        let of_batch =
            |(position, &(of, index, _)): (usize, &(usize, usize, FileId))| (of == batch).then_some((index, position));
        let members: Vec<_> = self.units.iter().enumerate().filter_map(of_batch).collect();
        (!members.is_empty()).then_some(StackPart { stack: &self.stack, members })
    }

    fn placements(&self) -> impl Iterator<Item = (FileId, Placement)> {
        self.units.iter().enumerate().map(|(position, &(_, _, file))| {
            let host = self.stack.host_of[position].zip(self.stack.placed_by[position]);
            let placement = Placement {
                stack: self.stack.name.clone(),
                reason: self.stack.reason.to_string(),
                host: host.map(|(host, by)| (self.stack.hosts.get(host).name.clone(), by.to_string())),
            };
            (file, placement)
        })
    }
}

fn make_stacks(
    sources: &Sources,
    prepared: &[Prepared],
    scopes: &[Scope],
    batches: &[Box<dyn Batch>],
) -> Vec<PlacedStack> {
    let mut by_scope: Map<usize, Vec<(usize, usize, Loaded<'_>)>> = Map::new();
    for (batch_index, batch) in batches.iter().enumerate() {
        for (index, loaded) in batch.loaded().into_iter().enumerate() {
            let scope = prepared[loaded.file.0 as usize].scope;
            by_scope.or_default(scope).push((batch_index, index, loaded));
        }
    }
    let mut placed = Vec::new();
    for (scope, loaded) in by_scope.into_sorted() {
        let directory = scopes[scope].file.map_or("", |file| source::parent(sources.get(file).path()));
        let relative = |file: FileId| {
            let path = sources.get(file).path();
            path.strip_prefix(directory).map_or(path, |rest| rest.trim_start_matches('/'))
        };
        let units: Vec<Unit<'_>> = (loaded.iter())
            .map(|(batch, _, loaded)| Unit {
                path: relative(loaded.file),
                system: batches[*batch].system(),
                identity: loaded.identity,
                texts: loaded.files.iter().map(|&file| sources.get(file).text()).collect(),
            })
            .collect();
        let declared: &[StackDecl] = &scopes[scope].config.stacks;
        for stack in grouping::group(directory, &units, declared) {
            let units = stack.units.iter().map(|&unit| (loaded[unit].0, loaded[unit].1, loaded[unit].2.file)).collect();
            placed.push(PlacedStack { stack, units });
        }
    }
    placed
}

/// Spans of one superseding kind, ready to be asked whether one of them touches another span.
#[derive(Default)]
struct SpanSet {
    /// Sorted; beside each span the furthest end of all spans of the same file up to it.
    spans: Vec<(Span, u32)>,
}

impl SpanSet {
    fn new(mut spans: Vec<Span>) -> Self {
        spans.sort_unstable();
        let mut furthest: Option<(FileId, u32)> = None;
        let with_ends = spans.into_iter().map(|span| {
            let end = furthest.filter(|&(file, _)| file == span.file).map_or(span.end, |(_, end)| end.max(span.end));
            furthest = Some((span.file, end));
            (span, end)
        });
        Self { spans: with_ends.collect() }
    }

    fn touches(&self, span: Span) -> bool {
        let upto = self.spans.partition_point(|(other, _)| {
            (other.file, other.start) < (span.file, span.end) || (other.file == span.file && other.start == span.start)
        });
        let Some((last, end)) = upto.checked_sub(1).map(|index| self.spans[index]) else { return false };
        last.file == span.file && (end > span.start || last.start == span.start)
    }
}

/// Drops findings that a more concrete finding on the same tokens makes superfluous.
fn drop_superseded(diagnostics: &mut Vec<Diagnostic>) {
    let mut spoken: Map<&str, Vec<Span>> = Map::new();
    for diagnostic in diagnostics.iter() {
        let Some(info) = confvet_rules::find(diagnostic.rule) else { continue };
        for superseded in info.supersedes {
            spoken.or_default(superseded).extend(diagnostic.spans());
        }
    }
    let spoken: Map<&str, SpanSet> = spoken.into_iter().map(|(rule, spans)| (rule, SpanSet::new(spans))).collect();
    diagnostics.retain(|diagnostic| {
        spoken.get(diagnostic.rule).is_none_or(|spans| !diagnostic.spans().any(|span| spans.touches(span)))
    });
}

/// Findings of confvet about its own configuration and about files that cannot be read as text.
fn own_findings(sources: &Sources, scopes: &[Scope], used: &Map<FileId, Vec<FileId>>) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    if let Some(info) = confvet_rules::find("confvet/config") {
        let mut findings = Findings::new(info);
        for scope in scopes {
            let Some(file) = scope.file else { continue };
            for problem in &scope.config.problems {
                findings.report(Span::new(file, problem.range.clone()), problem.message.clone());
            }
        }
        diagnostics.extend(findings.into_diagnostics());
    }
    if let Some(info) = confvet_rules::find("confvet/not-utf8") {
        let mut findings = Findings::new(info);
        for (id, source) in sources.iter().filter(|(id, _)| used.contains_key(id)) {
            if let Some(at) = source.first_bad_byte() {
                let at = at as usize;
                let width = source.text()[at..].chars().next().map_or(0, char::len_utf8);
                findings.report(
                    Span::new(id, at..at + width),
                    "this byte is not UTF-8: the file is linted, but never rewritten",
                );
            }
        }
        diagnostics.extend(findings.into_diagnostics());
    }
    diagnostics
}

fn apply_allows<'a>(
    sources: &Sources,
    used: &Map<FileId, Vec<FileId>>,
    diagnostics: &mut Vec<Diagnostic>,
    levels_of: impl Fn(FileId) -> &'a Levels,
) {
    let mut by_file: Map<FileId, Allows<'_>> = Map::new();
    for (id, source) in sources.iter().filter(|(id, _)| used.contains_key(id)) {
        let allows = Allows::read(id, source);
        if !allows.is_empty() {
            by_file.insert(id, allows);
        }
    }
    if by_file.is_empty() {
        return;
    }
    diagnostics.retain(|diagnostic| {
        let span = diagnostic.primary.span;
        by_file.get_mut(&span.file).is_none_or(|allows| !allows.covers(diagnostic, sources.start(span).line))
    });
    let Some(info) = confvet_rules::find("confvet/unused-allow") else { return };
    for (file, allows) in by_file {
        let levels = levels_of(file);
        if levels.is_on(info.name) {
            let mut findings = Findings::new(info);
            allows.report_unused(|rule| levels.is_on(rule), &mut findings);
            let mut unused = findings.into_diagnostics();
            unused.retain_mut(|diagnostic| levels.apply(diagnostic));
            diagnostics.extend(unused);
        }
    }
}

/// By path, position, rule; a file that two configurations include gives each finding once.
fn sort(sources: &Sources, diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| {
        let path = |diagnostic: &Diagnostic| sources.get(diagnostic.primary.span.file).path();
        (path(a), a.primary.span, a.rule, &a.message).cmp(&(path(b), b.primary.span, b.rule, &b.message))
    });
    diagnostics.dedup_by(|a, b| (a.rule, a.primary.span, &a.message) == (b.rule, b.primary.span, &b.message));
}

/// How many findings are errors of confvet's own configuration.
pub(crate) fn has_config_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|diagnostic| diagnostic.rule == "confvet/config" && diagnostic.severity == Severity::Error)
}
