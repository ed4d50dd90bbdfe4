//! Files of Kubernetes, Docker Compose and cloud-init: what in them concerns Patroni, with places that are places of the
//! file.

use crate::check::{Asker, HealthCheck, Purpose, RoleService};
use crate::document::{Document, Manifest, blanked, read};
use crate::environment::{Environment, Variable, is_name};
use crate::model::Completion;
use crate::rest::Method;
use crate::{DYNAMIC, LOCAL, detect};
use compact_str::CompactString;
use confvet_core::{Address, Fact, Input, Span, Spanned};
use confvet_yaml::{Dialect, Entry, Kind, Node, Style, Yaml};

/// Variables that a single service sets by chance say nothing.
const FEWEST_VARIABLES: usize = 2;

/// A text inside a block scalar.
struct Text<'a> {
    node: Node<'a>,
    kind: &'static str,
    /// Who completes it.
    completion: Completion,
    /// Do variables override it? Where a variable holds the whole configuration, Patroni reads no other.
    is_overridden: bool,
}

/// What a file holds, before the parts of it are read.
#[derive(Default)]
struct Found<'a> {
    texts: Vec<Text<'a>>,
    environments: Vec<Vec<Variable>>,
    checks: Vec<HealthCheck>,
    services: Vec<RoleService>,
}

/// Does a file that mentions Patroni hold anything of it? Asked only after the text was searched for its words.
pub(crate) fn holds_anything(text: &str) -> bool {
    let yaml = Yaml::parse(confvet_core::FileId(0), text, Dialect::GoYamlV3);
    let found = find(&yaml, None);
    !found.texts.is_empty() || !found.environments.is_empty() || !found.checks.is_empty() || !found.services.is_empty()
}

impl Manifest {
    /// Reads a file of YAML documents.
    pub(crate) fn read(input: &Input<'_>) -> Self {
        let text = input.text();
        let yaml = Yaml::parse(input.file, text, Dialect::GoYamlV3);
        let Found { texts, environments, checks, services } = find(&yaml, input.facts.number(Fact::PatroniRestPort));
        let read = |found: &Text<'_>| read(input, &blanked(text, found.node.content_span().range()), found.kind).0;
        let mut documents: Vec<Document> = texts.iter().map(read).collect();
        let patroni = input.target.version("patroni");
        let environment = |variables| Document::Environment(Environment { variables, patroni: patroni.cloned() });
        documents.extend(environments.into_iter().map(environment));
        let variables = documents.iter().filter_map(Document::environment);
        let mut set: Vec<_> = variables.flat_map(|variables| variables.overrides(text)).collect();
        set.sort_unstable();
        set.dedup();
        for (document, found) in documents.iter_mut().zip(&texts) {
            let Document::Config(config) = document else { continue };
            config.completion = config.completion.max(found.completion);
            if found.is_overridden && !set.is_empty() {
                config.override_with(set.clone());
            }
        }
        Manifest { documents, checks, services }
    }
}

fn find<'a>(yaml: &'a Yaml, rest_port: Option<u64>) -> Found<'a> {
    let mut found = Found::default();
    let mut todo: Vec<Node<'a>> = yaml.documents().rev().map(confvet_yaml::Document::root).collect();
    while let Some(node) = todo.pop() {
        if node.is_alias() {
            continue;
        }
        found.block_of_variables(node);
        found.service(node);
        for entry in node.entries() {
            found.text(node, entry);
        }
        found.probes(node, rest_port);
        let mut children: Vec<Node<'a>> = node.items().chain(node.entries().map(|entry| entry.value)).collect();
        children.reverse();
        todo.extend(children);
    }
    if found.environments.iter().map(Vec::len).sum::<usize>() < FEWEST_VARIABLES {
        found.environments.clear();
    }
    found
}

fn word<'a>(node: Node<'a>, key: &str) -> Option<&'a str> {
    node.get(key).and_then(Node::text)
}

fn named(node: Node<'_>, key: &str) -> Spanned<CompactString> {
    let name = node.get(key);
    let span = name.map_or(node.span(), Node::span);
    Spanned::new(name.and_then(Node::text).unwrap_or_default().into(), span)
}

fn is_patronis(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.contains("patroni") || lower.contains("spilo")
}

impl<'a> Found<'a> {
    /// A block scalar that holds a document: a value of a ConfigMap, `SPILO_CONFIGURATION`, the content of a file that
    /// cloud-init writes.
    fn text(&mut self, parent: Node<'a>, entry: Entry<'a>) {
        let Some(key) = entry.key.text() else { return };
        if !matches!(entry.value.kind(), Kind::Scalar(Style::Literal)) {
            return;
        }
        let Some(text) = entry.value.text() else { return };
        let variable = if key == "value" { word(parent, "name").unwrap_or(key) } else { key };
        if matches!(variable, "SPILO_CONFIGURATION" | "PATRONI_CONFIGURATION") {
            let is_spilo = variable.starts_with("SPILO");
            let completion = if is_spilo { Completion::Spilo } else { Completion::Nothing };
            self.texts.push(Text { node: entry.value, kind: LOCAL, completion, is_overridden: is_spilo });
            return;
        }
        let written = key == "content";
        let path = if written { word(parent, "path").unwrap_or(key) } else { key };
        let Some(kind) = detect::alone(path, text) else { return };
        // A file beside a machine's others may be all there is; in a container variables are the rule.
        let completion = if written { Completion::Nothing } else { Completion::Environment };
        let completion = if kind == DYNAMIC { Completion::Nothing } else { completion };
        self.texts.push(Text { node: entry.value, kind, completion, is_overridden: true });
    }

    /// `environment:` of a Compose service, as a mapping or a list; `env:` of a container.
    fn block_of_variables(&mut self, node: Node<'a>) {
        let is_own = |name: &str| name.starts_with("PATRONI_") && is_name(name);
        let variable = |name: &str, place: Span, value| Variable { name: Spanned::new(name.into(), place), value };
        let mut variables = Vec::new();
        for entry in node.entries() {
            if let Some(name) = entry.key.text().filter(|name| is_own(name)) {
                variables.push(variable(name, entry.key.span(), Some(entry.value.content_span())));
            }
        }
        for item in node.items().filter(|item| !item.is_alias()) {
            if let Some((name, value)) =
                item.text().and_then(|text| text.split_once('=')).filter(|(name, _)| is_own(name))
            {
                let from = name.len() + 1;
                let value = item.offset(from..from + value.len());
                variables.push(variable(name, item.offset(0..name.len()), Some(value)));
            } else if let Some(name) = item.get("name").filter(|name| name.text().is_some_and(is_own)) {
                let value = item.get("value").map(Node::content_span);
                variables.push(variable(name.text().unwrap_or_default(), name.content_span(), value));
            }
        }
        if !variables.is_empty() {
            self.environments.push(variables);
        }
    }

    fn service(&mut self, node: Node<'a>) {
        if word(node, "kind") != Some("Service") {
            return;
        }
        let Some(selector) = node.at_path(["spec", "selector"]) else { return };
        let Some(entry) = ["role", "spilo-role"].iter().find_map(|label| selector.entry(label)) else { return };
        let (Some(label), Some(role)) = (entry.key.text(), entry.value.text()) else { return };
        let metadata = node.get("metadata").unwrap_or(node);
        let is_database = |port: Node<'_>| port.get("port").and_then(Node::as_u64) == Some(5432);
        let labels = selector.leaves().chain(metadata.leaves());
        let evidence = label == "spilo-role"
            || labels.filter_map(|leaf| leaf.value.text()).any(is_patronis)
            || selector.get("cluster-name").is_some()
            || node.at_path(["spec", "ports"]).into_iter().flat_map(Node::items).any(is_database);
        if evidence {
            self.services.push(RoleService {
                name: named(metadata, "name"),
                label: label.into(),
                role: Spanned::new(role.into(), entry.value.span()),
                label_span: entry.key.span(),
            });
        }
    }

    /// The probes of a container that runs Patroni.
    fn probes(&mut self, container: Node<'a>, rest_port: Option<u64>) {
        const PROBES: &[(&str, Asker)] = &[
            ("readinessProbe", Asker::Readiness),
            ("livenessProbe", Asker::Liveness),
            ("startupProbe", Asker::Startup),
        ];
        if !container.is_mapping() {
            return;
        }
        let runs_patroni = || {
            let variables = container.get("env").into_iter().flat_map(Node::items);
            let set = variables.filter_map(|item| word(item, "name"));
            ["image", "name"].iter().filter_map(|key| word(container, key)).any(is_patronis)
                || set.into_iter().any(|name| name.starts_with("PATRONI_") || name.starts_with("SPILO_"))
        };
        for &(key, asker) in PROBES {
            let Some(http) = container.get(key).and_then(|probe| probe.get("httpGet")) else { continue };
            let (Some(path), Some(port)) = (http.get("path"), http.get("port")) else { continue };
            let number = port.as_u64().or_else(|| port_of_name(container, port.text()?));
            let of_api = number.is_some_and(|number| number == 8008 || Some(number) == rest_port);
            let Some(text) = path.text().filter(|_| of_api && runs_patroni()) else { continue };
            self.checks.push(HealthCheck {
                name: named(container, "name"),
                asker,
                purpose: Purpose::Unknown,
                method: Some(Method::Get),
                path: Spanned::new(text.into(), path.content_span()),
                address: word(http, "host").map(Address::parse),
                port: number.and_then(|number| u16::try_from(number).ok()),
                tls: word(http, "scheme") == Some("HTTPS"),
            });
        }
    }
}

/// The number of a container's port that has a name.
fn port_of_name(container: Node<'_>, name: &str) -> Option<u64> {
    let mut ports = container.get("ports").into_iter().flat_map(Node::items);
    ports.find(|port| word(*port, "name") == Some(name))?.get("containerPort")?.as_u64()
}
