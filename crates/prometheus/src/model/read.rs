//! Reads files into the model: the main file, then what it includes.

use super::relabel::read_with;
use super::rules::{read_manifest, read_rules};
use super::written::{Role, Tree};
use super::{Discovery, Document, Exposure, Global, Job, Remote, SectionKeys, Setup, TargetGroup, Text, check, schema};
use crate::detect;
use crate::problem::{Check, Problem};
use crate::relabel::{NameScheme, Patterns, Semantics};
use crate::scheme_of_name;
use crate::units::{Millis, parse_duration};
use base64::engine::general_purpose::{GeneralPurpose, PAD};
use base64::{Engine as _, alphabet};
use compact_str::CompactString;
use confvet_core::{Category, Edit, Fact, FileId, Input, Parsed, Safety, Severity, Source, Span, Spanned, Version};
use confvet_yaml::{Dialect, Entry, Kind, Node, Yaml};

/// What reading a file needs to know, and what it finds.
pub(crate) struct Reader<'a> {
    pub(crate) input: &'a Input<'a>,
    pub(crate) version: Option<&'a Version>,
    pub(crate) semantics: Semantics,
    pub(crate) patterns: Patterns,
    pub(crate) problems: Vec<Problem>,
    pub(crate) files: Vec<FileId>,
    pub(crate) trees: Vec<Tree>,
    pub(crate) secrets: Vec<Span>,
    pub(crate) exposures: Vec<Exposure>,
}

impl Reader<'_> {
    /// The server runs with a feature flag.
    pub(crate) fn has_feature(&self, name: &str) -> bool {
        self.input.facts.list(Fact::PrometheusFeatures).iter().any(|feature| feature == name)
    }

    pub(crate) fn report(&mut self, problem: Problem) {
        self.problems.push(problem);
    }
}

pub(crate) fn read(input: &Input<'_>) -> Parsed<Document> {
    let version = input.target.version("prometheus");
    let semantics = Semantics::of(version);
    let mut reader = Reader {
        input,
        version,
        semantics,
        patterns: Patterns::new(semantics.dialect),
        problems: Vec::new(),
        files: vec![input.file],
        trees: Vec::new(),
        secrets: Vec::new(),
        exposures: Vec::new(),
    };
    let mut document = Document::default();
    match input.kind {
        detect::RULES => document.groups.extend(read_rules(&mut reader, input.file)),
        detect::MANIFEST => document.groups.extend(read_manifest(&mut reader, input.file)),
        detect::TARGETS => {
            target_file(&mut reader, input.file);
        }
        _ => config(&mut reader, &mut document),
    }
    let Reader { mut problems, files, secrets, mut exposures, trees, .. } = reader;
    document.trees.extend(trees);
    document.trees.sort_by_key(|tree| tree.yaml.file());
    exposures.sort_by_key(|exposure| (exposure.span.file, exposure.span.start));
    exposures.dedup();
    document.exposures = exposures;
    problems.sort_by_key(|problem| (problem.span.file, problem.span.start));
    document.problems = problems;
    Parsed { model: document, files, secrets }
}

/// A scalar that is not null, as the server reads it.
pub(crate) fn text(node: Node<'_>) -> Option<Text> {
    if node.is_null() {
        return None;
    }
    if node.tag().is_none()
        && let Some(exact) = node.exact_span()
    {
        return Some(Text { value: node.text()?.into(), span: node.span(), exact: Some(exact) });
    }
    let written = node.as_str()?;
    let decoded = if node.tag() == Some("!!binary") { decode_base64(written) } else { None };
    let value: CompactString = decoded.map_or_else(|| written.into(), |bytes| String::from_utf8_lossy(&bytes).into());
    let span = node.span();
    let exact = (!node.is_alias()).then(|| node.content_span()).filter(|content| node.yaml().source(*content) == value);
    Some(Text { value, span, exact })
}

pub(crate) fn texts(node: Option<Node<'_>>) -> Vec<Text> {
    node.map(|node| node.items().filter_map(text).collect()).unwrap_or_default()
}

pub(crate) fn duration(node: Option<Node<'_>>) -> Option<Spanned<Millis>> {
    let node = node?;
    let value = parse_duration(node.as_str()?).ok()?;
    Some(Spanned::new(value, node.span()))
}

/// The YAML of a file, with its syntax problems reported. `None` where nothing below makes sense.
pub(crate) fn yaml(reader: &mut Reader<'_>, file: FileId, dialect: Dialect) -> Yaml {
    let source: &Source = reader.input.sources.get(file);
    if is_utf_16(source.text()) {
        let message = "this file is UTF-16, which the server reads and this program does not; write it as UTF-8";
        let problem = Problem::new(Check::YamlSyntax, Span::new(file, 0..0), message);
        reader.report(problem.milder(Severity::Info, Category::Maintainability));
        return Yaml::parse(file, "", dialect);
    }
    let yaml = Yaml::parse(file, source.text(), dialect);
    if let Some(at) = source.first_bad_byte() {
        let start = (at as usize).min(source.text().len());
        let width = source.text().get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let span = Span::new(file, start..start + width);
        reader.report(Problem::new(Check::YamlSyntax, span, "not valid YAML: this is not UTF-8"));
    }
    for problem in yaml.problems() {
        let mut found = Problem::new(Check::YamlSyntax, problem.span, format!("not valid YAML: {}", problem.kind));
        if let Some(edit) = single_quoted(&yaml, problem.span) {
            let title = "quote the value with single quotes";
            found = found.help(title).fix(Safety::Safe, title, vec![edit]);
        } else if let Some(help) = problem.kind.help() {
            found = found.help(help);
        }
        if let Some(key) = key_before(&yaml, problem.span) {
            found = found.related(key, "the value of this key");
        }
        reader.report(found);
    }
    if let Some(second) = yaml.documents().nth(1).filter(|second| !second.root().is_null() && !is_manifest(&yaml)) {
        let message = "only the first YAML document is read; what follows is ignored";
        let problem = Problem::new(Check::ExtraDocument, second.start(), message);
        reader.report(match one_list(&yaml) {
            Some(edit) => problem.fix(Safety::Unsafe, "make one document of both", vec![edit]),
            None => problem,
        });
    }
    binary(reader, &yaml);
    yaml
}

/// The two bytes of a mark for UTF-16, which are no UTF-8, and then every other byte a NUL.
fn is_utf_16(text: &str) -> bool {
    text.strip_prefix("\u{fffd}\u{fffd}").is_some_and(|rest| rest.chars().take(4).any(|c| c == '\0'))
}

/// A manifest for Kubernetes, of which every document counts.
pub(super) fn is_manifest(yaml: &Yaml) -> bool {
    yaml.documents().any(|document| {
        let root = document.root();
        root.get("apiVersion").is_some() && root.get("kind").is_some()
    })
}

/// Where two documents are nothing but a list under one and the same key: what stands between the lists goes away.
fn one_list(yaml: &Yaml) -> Option<Edit> {
    let mut documents = yaml.documents();
    let (Some(first), Some(second), None) = (documents.next(), documents.next(), documents.next()) else { return None };
    let (start, first, second) = (second.start(), first.root(), second.root());
    let (above, below) = (first.entries().next_back()?, second.entry_at(0)?);
    let block = |node: Node<'_>| node.kind() == Kind::Sequence { flow: false };
    let same = above.key.text() == below.key.text() && second.entries().len() == 1;
    let column = |node: Node<'_>| {
        let before = yaml.text().get(..node.item(0)?.span().range().start)?;
        Some(before.len() - before.rfind('\n').map_or(0, |newline| newline + 1))
    };
    let behind = yaml.text().get(below.key.span().range().end..)?;
    let line = behind.find('\n')?;
    let fits = same && block(above.value) && block(below.value) && column(above.value) == column(below.value);
    let end = below.key.span().range().end + line + 1;
    (fits && behind[..line].trim() == ":").then(|| Edit::delete(Span::new(yaml.file(), start.range().start..end)))
}

/// Values that are written in base64: what comes out must be text.
fn binary(reader: &mut Reader<'_>, yaml: &Yaml) {
    if !yaml.text().contains("!!binary") {
        return;
    }
    let Some(root) = yaml.root() else { return };
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        open.extend(node.entries().flat_map(|entry| [entry.key, entry.value]).filter(|node| !node.is_alias()));
        open.extend(node.items().filter(|node| !node.is_alias()));
        if node.is_alias() || node.tag() != Some("!!binary") {
            continue;
        }
        match node.text().and_then(decode_base64) {
            None => reader.report(Problem::new(Check::YamlSyntax, node.span(), "not valid YAML: this is not base64")),
            Some(bytes) if std::str::from_utf8(&bytes).is_err() => {
                let message = "what `!!binary` stands for here is not UTF-8";
                reader.report(Problem::new(Check::InvalidValue, node.span(), message));
            }
            Some(_) => {}
        }
    }
}

/// Base64 with its padding, and nothing behind that; line ends do not count.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    const PADDED: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, PAD.with_decode_allow_trailing_bits(true));
    let digits: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    PADDED.decode(digits).ok()
}

/// The key of `key: value` where a problem lies in the value.
fn key_before(yaml: &Yaml, at: Span) -> Option<Span> {
    let before = yaml.text().get(..at.range().start)?;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let (key, _) = before[start..].split_once(": ")?;
    let name = key.trim_start_matches([' ', '-']);
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'/'));
    let end = start + key.len();
    plain.then(|| Span::new(yaml.file(), end - name.len()..end))
}

/// The value of `key: value` on the line of a problem, in single quotes.
fn single_quoted(yaml: &Yaml, at: Span) -> Option<Edit> {
    let all = yaml.text();
    let start = all.get(..at.range().start)?.rfind('\n').map_or(0, |newline| newline + 1);
    let line = all[start..].lines().next()?;
    let (key, rest) = line.split_once(": ")?;
    let key = key.trim_start().trim_start_matches("- ");
    if !matches!(key, "regex" | "replacement" | "separator" | "target_label") {
        return None;
    }
    let value = rest.trim();
    let offset = start + line.len() - rest.len() + (rest.len() - rest.trim_start().len());
    let bare = match value.strip_prefix('"') {
        Some(inner) => inner.strip_suffix('"').filter(|inner| !inner.contains('"'))?,
        None => value,
    };
    let comment = bare.contains(" #");
    if bare.is_empty() || comment || bare.starts_with('\'') {
        return None;
    }
    let quoted = format!("'{}'", bare.replace('\'', "''"));
    Some(Edit::replace(Span::new(yaml.file(), offset..offset + value.len()), quoted))
}

fn config(reader: &mut Reader<'_>, document: &mut Document) {
    let input = reader.input;
    let yaml = yaml(reader, input.file, Dialect::GoYamlV2);
    let mut config = Setup {
        global: Global::default(),
        jobs: Vec::new(),
        alertmanagers: Vec::new(),
        alert_relabel: Vec::new(),
        remote_write: Vec::new(),
        remote_read: Vec::new(),
        split_lists: Vec::new(),
        rule_files: Vec::new(),
        scrape_config_files: Vec::new(),
        jobs_complete: true,
        keys: SectionKeys::default(),
    };
    let sound = !reader.problems.iter().any(|problem| problem.check == Check::YamlSyntax);
    let Some(root) = yaml.root().filter(|root| sound && !root.is_null()) else {
        document.setup = Some(config);
        return;
    };
    schema::check(reader, root, "top level");
    if !root.is_mapping() {
        document.setup = Some(config);
        return;
    }
    config.global = root.get("global").map(global).unwrap_or_default();
    let old = reader.version.is_some_and(|version| version.major < 3) && !reader.has_feature("utf8-names");
    config.global.scheme = config.global.scheme.or(old.then_some(NameScheme::Legacy));
    for item in items(root.get("scrape_configs")) {
        config.jobs.push(job(reader, item));
    }
    config.rule_files = texts(root.get("rule_files"));
    for pattern in &config.rule_files {
        for file in included(reader, &pattern.value, detect::RULES) {
            document.groups.extend(read_rules(reader, file));
        }
    }
    config.scrape_config_files = texts(root.get("scrape_config_files"));
    for pattern in &config.scrape_config_files {
        let found = included(reader, &pattern.value, detect::CONFIG);
        config.jobs_complete &= !found.is_empty();
        for file in found {
            config.jobs.extend(scrape_file(reader, file));
        }
    }
    config.keys = section_keys(root);
    let managers = root.get("alerting").and_then(|alerting| alerting.get("alertmanagers"));
    let has_targets = |item: Node<'_>| {
        item.entries()
            .any(|entry| entry.key.text().is_some_and(|key| key.ends_with("_configs") && !key.contains("relabel")))
    };
    let lists = [
        split_list(managers, has_targets).map(|dashes| ("alertmanagers", dashes)),
        split_list(root.get("remote_write"), |item| item.get("url").is_some()).map(|dashes| ("remote_write", dashes)),
    ];
    config.split_lists = lists.into_iter().flatten().collect();
    if let Some(alerting) = root.get("alerting") {
        config.alert_relabel = relabel(reader, alerting.get("alert_relabel_configs"));
        for item in items(alerting.get("alertmanagers")) {
            config.alertmanagers.push(job(reader, item));
        }
    }
    for (key, list) in [("remote_write", &mut config.remote_write), ("remote_read", &mut config.remote_read)] {
        for item in items(root.get(key)) {
            list.push(Remote {
                url: item.get("url").and_then(text),
                relabel: relabel(reader, item.get("write_relabel_configs")),
                tls: tls(item),
                credentials: credentials(item),
            });
        }
    }
    check::config(reader, root, &config);
    document.setup = Some(config);
    document.trees.push(Tree::new(Role::Config, yaml));
    document.trees.append(&mut reader.trees);
    document.trees.sort_by_key(|tree| tree.yaml.file());
    check::document(reader, document);
}

/// The mappings of a list.
pub(crate) fn items<'n>(node: Option<Node<'n>>) -> impl Iterator<Item = Node<'n>> {
    node.into_iter().flat_map(Node::items).filter(|item| item.is_mapping())
}

fn global(node: Node<'_>) -> Global {
    Global {
        scrape_interval: duration(node.get("scrape_interval")),
        scrape_timeout: duration(node.get("scrape_timeout")),
        evaluation_interval: duration(node.get("evaluation_interval")),
        scheme: node.get("metric_name_validation_scheme").and_then(|node| scheme_of_name(node.as_str()?)),
    }
}

/// The files that an entry names, as far as they are in the tree and of the kind that is wanted.
fn included(reader: &mut Reader<'_>, pattern: &str, kind: &str) -> Vec<FileId> {
    let sources = reader.input.sources;
    let is_new = |file: &FileId| *file != reader.input.file && !reader.files.contains(file);
    let fits = |file: &FileId| {
        let source = sources.get(*file);
        detect::detect(source.path(), source.text()).is_some_and(|found| found.kind == kind)
    };
    let found: Vec<FileId> = sources.glob(reader.input.file, pattern).into_iter().filter(is_new).filter(fits).collect();
    reader.files.extend(&found);
    found
}

fn scrape_file(reader: &mut Reader<'_>, file: FileId) -> Vec<Job> {
    let before = reader.problems.len();
    let yaml = yaml(reader, file, Dialect::GoYamlV2);
    let sound = !reader.problems[before..].iter().any(|problem| problem.check == Check::YamlSyntax);
    let Some(root) = yaml.root().filter(|root| sound && root.is_mapping()) else { return Vec::new() };
    schema::check(reader, root, "top level");
    let jobs = items(root.get("scrape_configs")).map(|item| job(reader, item)).collect();
    check::scrape_file(reader, root);
    reader.trees.push(Tree::new(Role::ScrapeConfig, yaml));
    jobs
}

fn relabel(reader: &mut Reader<'_>, node: Option<Node<'_>>) -> Vec<super::RelabelStep> {
    node.map(|node| read_with(node, &mut reader.patterns)).unwrap_or_default()
}

/// The key `tls_config`, if something is set in it.
fn tls(item: Node<'_>) -> Option<Span> {
    let node = item.get("tls_config")?;
    node.fields().iter().any(|field| !field.value.is_null()).then(|| node.key_span())
}

/// The dashes behind the first item of a list whose items are parts of one block: no key stands twice, one of them has but
/// a key or two, and one lacks what makes it whole.
fn split_list(list: Option<Node<'_>>, is_whole: impl Fn(Node<'_>) -> bool) -> Option<Vec<Span>> {
    let items: Vec<Node<'_>> = items(list).collect();
    let mut keys: Vec<&str> =
        items.iter().flat_map(|item| item.entries()).filter_map(|entry| entry.key.text()).collect();
    let all = keys.len();
    keys.sort_unstable();
    keys.dedup();
    let short = items.iter().any(|item| item.entries().len() <= 2);
    let parts = items.len() > 1 && keys.len() == all && short && items.iter().any(|item| is_whole(*item));
    if !parts || items.iter().all(|item| is_whole(*item)) {
        return None;
    }
    items[1..].iter().map(|item| dash(*item, item.entry_at(0)?.key.span())).collect()
}

fn section_keys(root: Node<'_>) -> SectionKeys {
    let key = |key: &str| root.get(key).map(Node::key_span);
    SectionKeys {
        rule_files: key("rule_files"),
        alerting: key("alerting"),
        alertmanagers: root.get("alerting").and_then(|node| node.get("alertmanagers")).map(Node::key_span),
        remote_read: key("remote_read"),
    }
}

/// The key under which credentials stand that go over the wire with every request.
fn credentials(item: Node<'_>) -> Option<Spanned<&'static str>> {
    let keys = ["basic_auth", "authorization", "bearer_token", "bearer_token_file"];
    let written = |key: &&'static str| Some((*key, item.get(key).filter(|node| !node.is_null())?));
    keys.iter().find_map(written).map(|(key, node)| Spanned::new(key, node.key_span()))
}

/// `honor_labels: false` with a comment on its line or on the one above: somebody thought about it.
fn ignores_labels_on_purpose(item: Node<'_>) -> bool {
    let Some(entry) = item.entry("honor_labels").filter(|entry| entry.value.as_bool() == Some(false)) else {
        return false;
    };
    let range = entry.span().range();
    let all = item.yaml().text();
    let line = all[..range.start].rfind('\n').unwrap_or(0);
    let above = all[..line].rfind('\n').map_or(0, |newline| newline + 1);
    let behind = all[range.end..].lines().next().unwrap_or_default();
    all[above..line].trim_start().starts_with('#') || behind.trim_start().starts_with('#')
}

/// The values of a mapping, merges applied. Of equal keys the last counts, and comes last.
pub(crate) fn each_field<'a>(item: Node<'a>, mut see: impl FnMut(Node<'a>, Node<'a>)) {
    if item.entries().any(Entry::is_merge) {
        item.fields().into_iter().for_each(|field| see(field.key, field.value));
    } else {
        item.entries().for_each(|entry| see(entry.key, entry.value));
    }
}

/// The values of a job or of an Alertmanager block that the model holds.
#[derive(Default)]
struct JobNodes<'a> {
    name: Option<Node<'a>>,
    scheme: Option<Node<'a>>,
    metrics_path: Option<Node<'a>>,
    path_prefix: Option<Node<'a>>,
    scrape_interval: Option<Node<'a>>,
    scrape_timeout: Option<Node<'a>>,
    honor_labels: Option<Node<'a>>,
    params: Option<Node<'a>>,
    proxy_url: Option<Node<'a>>,
    static_configs: Option<Node<'a>>,
    relabel: Option<Node<'a>>,
    metric_relabel: Option<Node<'a>>,
    alert_relabel: Option<Node<'a>>,
    name_scheme: Option<Node<'a>>,
    has_client: bool,
    has_discoveries: bool,
}

impl<'a> JobNodes<'a> {
    fn of(item: Node<'a>) -> Self {
        let mut nodes = Self::default();
        each_field(item, |key, value| {
            let place = match key.text().unwrap_or_default() {
                "job_name" => &mut nodes.name,
                "scheme" => &mut nodes.scheme,
                "metrics_path" => &mut nodes.metrics_path,
                "path_prefix" => &mut nodes.path_prefix,
                "scrape_interval" => &mut nodes.scrape_interval,
                "scrape_timeout" => &mut nodes.scrape_timeout,
                "honor_labels" => &mut nodes.honor_labels,
                "params" => &mut nodes.params,
                "proxy_url" => &mut nodes.proxy_url,
                "static_configs" => &mut nodes.static_configs,
                "relabel_configs" => &mut nodes.relabel,
                "metric_relabel_configs" => &mut nodes.metric_relabel,
                "alert_relabel_configs" => &mut nodes.alert_relabel,
                "metric_name_validation_scheme" => &mut nodes.name_scheme,
                "tls_config" | "basic_auth" | "authorization" | "bearer_token" | "bearer_token_file" => {
                    nodes.has_client = true;
                    return;
                }
                other => {
                    nodes.has_discoveries |= other.ends_with("_sd_configs");
                    return;
                }
            };
            *place = Some(value);
        });
        nodes
    }
}

fn job(reader: &mut Reader<'_>, item: Node<'_>) -> Job {
    let nodes = JobNodes::of(item);
    let params = nodes.params.map(Node::fields).unwrap_or_default();
    let params = params.iter().filter_map(|field| {
        let values = field.value.items().filter_map(|value| value.as_str().map(str::to_owned)).collect();
        Some((field.key.text()?.to_owned(), values))
    });
    let mut job = Job {
        span: item.entry_at(0).map_or(item.span(), |entry| entry.key.span()),
        node: item.number(),
        name: nodes.name.and_then(text),
        scheme: nodes.scheme.and_then(text),
        metrics_path: nodes.metrics_path.or(nodes.path_prefix).and_then(text),
        scrape_interval: duration(nodes.scrape_interval),
        scrape_timeout: duration(nodes.scrape_timeout),
        honor_labels: nodes.honor_labels.and_then(Node::as_bool).unwrap_or(false),
        ignores_labels_on_purpose: nodes.honor_labels.is_some() && ignores_labels_on_purpose(item),
        credentials: if nodes.has_client { credentials(item) } else { None },
        params: params.collect(),
        tls: if nodes.has_client { tls(item) } else { None },
        proxied: nodes.proxy_url.is_some(),
        groups: items(nodes.static_configs).map(target_group).collect(),
        discoveries: Vec::new(),
        relabel: relabel(reader, nodes.relabel),
        metric_relabel: relabel(reader, nodes.metric_relabel.or(nodes.alert_relabel)),
        name_scheme: nodes.name_scheme.and_then(|node| scheme_of_name(node.as_str()?)),
        files_readable: true,
    };
    if !nodes.has_discoveries {
        return job;
    }
    for field in item.fields() {
        let Some(sd) = field.key.text().and_then(|key| key.strip_suffix("_sd_configs")) else { continue };
        for block in items(Some(field.value)) {
            job.discoveries.push(discovery(sd, block));
        }
    }
    let files: Vec<Text> = job.discoveries.iter().flat_map(|discovery| discovery.files.clone()).collect();
    for pattern in files {
        let found = included(reader, &pattern.value, detect::TARGETS);
        job.files_readable &= !found.is_empty();
        for file in found {
            job.groups.extend(target_file(reader, file));
        }
    }
    job
}

fn target_group(node: Node<'_>) -> TargetGroup {
    let labels = node.get("labels").map(Node::fields).unwrap_or_default();
    let labels = labels.iter().filter_map(|field| Some((text(field.key)?, text(field.value)?)));
    let targets = node.get("targets");
    let flow = targets.is_some_and(|list| list.kind() == Kind::Sequence { flow: true });
    TargetGroup { targets: texts(targets), labels: labels.collect(), flow }
}

fn discovery(sd: &str, node: Node<'_>) -> Discovery {
    let fields = node.fields();
    let attached = node.get("attach_metadata").map(Node::fields).unwrap_or_default();
    let on = attached.iter().filter(|field| field.value.as_bool() == Some(true));
    let first = node.entry_at(0);
    let span = first.map_or(node.span(), |entry| entry.key.span());
    Discovery {
        sd: sd.to_owned(),
        span,
        dash: dash(node, span),
        keys: fields.iter().filter_map(|field| field.key.text().map(str::to_owned)).collect(),
        role: node.get("role").and_then(text),
        files: if sd == "file" { texts(node.get("files")) } else { Vec::new() },
        attached: on.filter_map(|field| field.key.text().map(str::to_owned)).collect(),
        node: node.number(),
    }
}

/// The dash in front of an item's first key, on the same line.
fn dash(node: Node<'_>, first: Span) -> Option<Span> {
    let before = node.yaml().text().get(..first.range().start)?.trim_end_matches(' ');
    before.ends_with('-').then(|| Span::new(first.file, before.len() - 1..before.len()))
}

fn target_file(reader: &mut Reader<'_>, file: FileId) -> Vec<TargetGroup> {
    let before = reader.problems.len();
    let yaml = yaml(reader, file, Dialect::GoYamlV2);
    let sound = !reader.problems[before..].iter().any(|problem| problem.check == Check::YamlSyntax);
    let Some(root) = yaml.root().filter(|root| sound && !root.is_null()) else { return Vec::new() };
    schema::check_targets(reader, root);
    check::environment(reader, root);
    let groups = items(Some(root)).map(target_group).collect();
    reader.trees.push(Tree::new(Role::Targets, yaml));
    groups
}

/// A severity for what holds only at one version, when the version is not known.
pub(crate) fn cautious(reader: &Reader<'_>, problem: Problem) -> Problem {
    if reader.version.is_some() { problem } else { problem.milder(Severity::Warning, Category::Outage) }
}
