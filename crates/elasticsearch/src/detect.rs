//! Is this file Elasticsearch's, and which of its kinds?

use crate::model::kind;
use crate::{helm, keys, kubernetes, service};
use confvet_core::{Confidence, Detection, source};

/// Names at the start of dotted keys that nobody else uses at the top of a YAML file.
const ROOTS: &[&str] = &[
    "action",
    "bootstrap",
    "cluster",
    "discovery",
    "gateway",
    "http",
    "indices",
    "ingest",
    "monitor",
    "network",
    "node",
    "path",
    "plugins",
    "reindex",
    "repositories",
    "script",
    "search",
    "searchguard",
    "opendistro_security",
    "thread_pool",
    "threadpool",
    "transport",
    "xpack",
    "logger",
    "opensearch",
    "compatibility",
    "index",
    "readonlyrest",
    "shield",
];

/// Environments at the root of a web framework's client configuration.
const ENVIRONMENTS: &[&str] = &["development", "test", "production", "default", "staging", "common", "defaults"];

/// Is the file worth opening?
pub(crate) fn might_be(path: &str) -> bool {
    let name = source::file_name(path);
    let directory = source::file_name(source::parent(path));
    directory == "jvm.options.d"
        || ["yml", "yaml", "options", "env"].contains(&extension(name))
        || ["elasticsearch.json", "elasticsearch.properties", "unicast_hosts.txt"].contains(&name)
        || service::is_variables(path)
        || service::is_unit(path)
}

fn extension(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// What the file is, by path and content.
pub(crate) fn detect(path: &str, text: &str) -> Option<Detection> {
    let name = source::file_name(path);
    let parent = source::parent(path);
    if source::file_name(parent) == "jvm.options.d" {
        return is_jvm_text(text)
            .then(|| Detection::new(kind::JVM, Confidence::Likely, "JVM options in jvm.options.d"));
    }
    match extension(name) {
        "options" => detect_options(path, text),
        "yml" | "yaml" => detect_yaml(name, text),
        "json" if name == "elasticsearch.json" => {
            let settings = ["\"cluster", "\"node", "\"network", "\"path", "\"discovery"];
            let ours = text.trim_start().starts_with('{') && settings.iter().any(|word| text.contains(word));
            ours.then(|| Detection::new(kind::SETTINGS, Confidence::Likely, "settings in JSON"))
        }
        "properties" if name == "elasticsearch.properties" => {
            Some(Detection::new(kind::PROPERTIES, Confidence::Likely, "settings as Java's properties"))
        }
        "txt" if name == "unicast_hosts.txt" => {
            Some(Detection::new(kind::SEEDS, Confidence::Likely, "the seed list of the `file` provider"))
        }
        _ if service::is_variables(path) => {
            Some(Detection::new(kind::DEFAULTS, Confidence::Likely, "shell variables of the package"))
        }
        _ if service::is_unit(path) => Some(Detection::new(kind::UNIT, Confidence::Sure, "a unit of the service")),
        _ => None,
    }
}

/// Is there a line that only JVM options have?
fn is_jvm_text(text: &str) -> bool {
    text.lines().any(|line| {
        let option = line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit() || c == '-' || c == ':');
        line.contains('-')
            && ["Xm", "xm", "Xs", "XX:", "D", "Xl", "X", "ea", "server"].iter().any(|word| option.starts_with(word))
    })
}

fn detect_options(path: &str, text: &str) -> Option<Detection> {
    let ours = ["-Des.", "-Dlog4j2.disable.jmx", "${ES_TMPDIR}", "-Dopensearch.", "${OPENSEARCH_TMPDIR}"];
    if text.contains("-Djruby.") || text.contains("-Dcassandra.") {
        return None;
    }
    let words =
        |part: &str| part.split(['-', '_', '.']).any(|word| matches!(word, "elasticsearch" | "opensearch" | "es"));
    let near = path.split('/').any(words);
    if let Some(mark) = ours.iter().find(|mark| text.contains(**mark)) {
        return Some(Detection::new(kind::JVM, Confidence::Sure, format!("JVM options with `{mark}`")));
    }
    (near && is_jvm_text(text))
        .then(|| Detection::new(kind::JVM, Confidence::Likely, "JVM options below a directory of Elasticsearch"))
}

/// A key at the left margin, and whether a value stands on its line.
struct TopKey<'t> {
    name: &'t str,
    has_value: bool,
    /// The first key below it.
    child: Option<&'t str>,
}

/// What the left margin of a YAML file shows, without reading the file as YAML.
struct Margin<'t> {
    keys: Vec<TopKey<'t>>,
    is_list: bool,
    is_empty: bool,
}

impl<'t> Margin<'t> {
    /// Enough keys to tell what a file is; a file of any length is looked at in bounded time.
    const ENOUGH: usize = 200;

    fn of(text: &'t str) -> Self {
        let mut margin = Self { keys: Vec::new(), is_list: false, is_empty: true };
        let mut indent = None;
        for line in text.trim_start_matches('\u{feff}').lines() {
            let body = line.trim_start();
            if body.is_empty() || body.starts_with('#') || body.starts_with("---") || body.starts_with('%') {
                continue;
            }
            margin.is_empty = false;
            let depth = line.len() - body.len();
            let outermost = *indent.get_or_insert(depth);
            if depth > outermost {
                if let Some(last) = margin.keys.last_mut()
                    && last.child.is_none()
                    && !last.has_value
                {
                    last.child = key_of(body).map(|(name, _)| name);
                }
                continue;
            }
            if body.starts_with("- ") || body == "-" {
                margin.is_list |= margin.keys.is_empty();
                continue;
            }
            if let Some((name, has_value)) = key_of(body) {
                margin.keys.push(TopKey { name, has_value, child: None });
            }
            if margin.keys.len() >= Self::ENOUGH {
                break;
            }
        }
        margin
    }

    fn has(&self, name: &str) -> bool {
        self.keys.iter().any(|key| key.name == name)
    }
}

fn key_of(line: &str) -> Option<(&str, bool)> {
    let (name, rest) = line.split_once(':')?;
    let name = name.trim_end().trim_matches(['"', '\'']);
    let plausible = !name.is_empty() && !name.contains([' ', '{', '/', '(']);
    let value = rest.trim_start();
    plausible.then_some((name, !value.is_empty() && !value.starts_with('#')))
}

fn detect_yaml(name: &str, text: &str) -> Option<Detection> {
    let margin = Margin::of(text);
    if margin.has("services") || margin.has("version") && margin.keys.iter().any(|key| key.child == Some("image")) {
        return detect_compose(&margin, text);
    }
    if margin.has("apiVersion") || margin.has("kind") {
        return detect_manifest(text);
    }
    if margin.is_list || (margin.has("hosts") && margin.has("tasks")) {
        return None;
    }
    if let Some(detection) = detect_values(&margin) {
        return Some(detection);
    }
    detect_settings(name, &margin)
}

fn detect_settings(name: &str, margin: &Margin<'_>) -> Option<Detection> {
    let named = is_settings_name(name);
    if margin.is_empty {
        return matches!(name, "elasticsearch.yml" | "opensearch.yml")
            .then(|| Detection::new(kind::SETTINGS, Confidence::Possible, "the name; every setting at its default"));
    }
    if margin.keys.iter().any(|key| ENVIRONMENTS.contains(&key.name) && !key.has_value) {
        return None;
    }
    let of_dashboards = |key: &TopKey<'_>| {
        ["elasticsearch.", "server.", "opensearch.hosts", "opensearch.ssl", "kibana."]
            .iter()
            .any(|start| key.name.starts_with(start))
    };
    if margin.keys.iter().any(of_dashboards) || (margin.has("clusters") && !named) {
        return None;
    }
    let known: Vec<String> = margin.keys.iter().filter_map(setting_name).collect();
    let first = known.first()?;
    let reason = match known.len() {
        1 => format!("`{first}`"),
        count => format!("`{first}` and {} other settings", count - 1),
    };
    if named {
        let sure = known.len() * 2 > margin.keys.len();
        let confidence = if sure { Confidence::Sure } else { Confidence::Likely };
        return Some(Detection::new(kind::SETTINGS, confidence, reason));
    }
    let own = |key: &String| {
        ["cluster.name", "node.name", "discovery.", "cluster.initial_master_nodes", "xpack.security."]
            .iter()
            .any(|start| key.starts_with(start))
    };
    let typical = known.len() >= 3 && known.iter().any(own) && known.len() * 5 >= margin.keys.len() * 4;
    let dotted = margin.keys.iter().filter(|key| key.name.contains('.')).count() * 2 > margin.keys.len();
    (typical && dotted).then(|| Detection::new(kind::SETTINGS, Confidence::Likely, reason))
}

/// `elasticsearch.yml`, `prod.elasticsearch.yml`, `elasticsearch-node1.yml`, `es-node1.yml` and the like.
fn is_settings_name(name: &str) -> bool {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let whole = |program: &str| {
        stem == program
            || stem.strip_suffix(program).is_some_and(|front| front.ends_with(['.', '-', '_']))
            || stem.strip_prefix(program).is_some_and(|rest| rest.starts_with(['.', '-', '_']))
    };
    whole("elasticsearch") || whole("opensearch") || stem.starts_with("es-") || stem == "wazuh.indexer"
}

/// The flattened key that an entry at the margin starts, if it is a setting's.
fn setting_name(key: &TopKey<'_>) -> Option<String> {
    let nested = key.child.filter(|_| !key.has_value);
    let full = nested.map_or_else(|| key.name.to_owned(), |child| format!("{}.{child}", key.name));
    let root = full.split('.').next().unwrap_or_default();
    // `http:` with anything below it is many programs' own; with dots in the key it is hardly anybody's.
    let plausible = key.name.contains('.') && ROOTS.contains(&root);
    let known = keys::find(&full).is_some() || (nested.is_some() && keys::has_below(&full)) || plausible;
    known.then_some(full)
}

/// Manifests of Elastic's operator, and workloads that run the image.
fn detect_manifest(text: &str) -> Option<Detection> {
    if text.contains("elasticsearch.k8s.elastic.co/") && text.contains("kind: Elasticsearch") {
        return Some(Detection::new(kind::ECK, Confidence::Sure, "a manifest of kind Elasticsearch").shared());
    }
    let image = |line: &str| {
        let value = line.trim_start().trim_start_matches("- ").strip_prefix("image:");
        value.is_some_and(|value| is_image(value.trim().trim_matches(['"', '\''])))
    };
    let is_workload =
        |line: &str| line.strip_prefix("kind:").is_some_and(|kind| kubernetes::WORKLOADS.contains(&kind.trim()));
    let ours = text.contains("search") && text.lines().any(image) && text.lines().any(is_workload);
    if ours {
        let reason = "a workload that runs Elasticsearch or OpenSearch";
        return Some(Detection::new(kind::KUBERNETES, Confidence::Likely, reason).shared());
    }
    let is_map = |line: &str| line.strip_prefix("kind:").is_some_and(|kind| kind.trim() == "ConfigMap");
    (text.lines().any(is_map) && holds_settings(text))
        .then(|| Detection::new(kind::KUBERNETES, Confidence::Likely, "a ConfigMap with the settings").shared())
}

/// Is there a block scalar under the name of the settings file that reads like one? Other programs keep the lists of their
/// modules under the same name.
pub(crate) fn holds_settings(text: &str) -> bool {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut rest = text;
    while let Some((line, after)) = rest.split_once('\n') {
        rest = after;
        let value = key_of(line.trim()).filter(|(key, _)| matches!(*key, "elasticsearch.yml" | "opensearch.yml"));
        if value.is_none() || !line.trim_end().trim_end_matches(['+', '-']).ends_with('|') {
            continue;
        }
        let inside = |body: &&str| body.trim().is_empty() || indent(body) > indent(line);
        let length: usize = after.split_inclusive('\n').take_while(inside).map(str::len).sum();
        let margin = Margin::of(&after[..length]);
        if !margin.is_list && !margin.keys.is_empty() && detect_settings("elasticsearch.yml", &margin).is_some() {
            return true;
        }
        rest = &after[length..];
    }
    false
}

/// Values for the vendor's chart.
fn detect_values(margin: &Margin<'_>) -> Option<Detection> {
    let own = helm::OWN_KEYS.iter().find(|key| margin.has(key)).copied();
    let named = (margin.has("nodeGroup") && margin.has("clusterName")).then_some("nodeGroup");
    let key = own.or(named)?;
    Some(Detection::new(kind::HELM, Confidence::Likely, format!("Helm values with `{key}`")).shared())
}

/// Is this the name of an image of Elasticsearch's or OpenSearch's?
fn is_image(text: &str) -> bool {
    let at = confvet_core::Span::new(confvet_core::FileId(0), 0..0);
    crate::compose::Image::of_text(text, at).is_some()
}

fn detect_compose(margin: &Margin<'_>, text: &str) -> Option<Detection> {
    let image = text.lines().any(|line| {
        let line = line.trim();
        let value = line
            .strip_prefix("image:")
            .or_else(|| line.strip_prefix("context:"))
            .or_else(|| line.strip_prefix("build:"));
        value.is_some_and(|value| {
            let value = value.trim().trim_matches(['"', '\'']);
            is_image(value) || matches!(source::file_name(value.trim_end_matches('/')), "elasticsearch" | "opensearch")
        })
    });
    (image && margin.has("services")).then(|| {
        Detection::new(kind::COMPOSE, Confidence::Likely, "a service that runs Elasticsearch or OpenSearch").shared()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_of(path: &str, text: &str) -> Option<&'static str> {
        might_be(path).then(|| detect(path, text)).flatten().map(|found| found.kind)
    }

    #[test]
    fn settings_are_known_by_name_and_content() {
        for (path, text) in [
            ("elasticsearch.yml", "cluster.name: a\n"),
            ("elasticsearch.yml", "# all defaults\n"),
            ("elasticsearch.yml", ""),
            ("roles/es/files/elasticsearch.yml", "node:\n  name: a\n"),
            ("elasticsearch.yml", "discovery:\n  zen:\n    minimum_master_nodes: 2\n"),
            ("elasticsearch-node2.yml", "discovery.zen.ping.unicast.hosts: [a]\n"),
            ("es-a.yml", "cluster.name: x\n"),
            ("wazuh.indexer.yml", "plugins.security.disabled: true\n"),
            ("node1.yml", "cluster.name: a\nnode.name: b\nnetwork.host: 0.0.0.0\nhttp.port: 9200\n"),
            ("elasticsearch.yml", "cluster.name: *\n"),
        ] {
            assert_eq!(kind_of(path, text), Some(kind::SETTINGS), "{path} {text:?}");
        }
    }

    #[test]
    fn near_misses_are_left_alone() {
        for (path, text) in [
            ("tasks/elasticsearch.yml", "- name: install\n  apt: name=elasticsearch\n"),
            ("modules.d/elasticsearch.yml", "- module: elasticsearch\n  hosts: [a]\n"),
            ("config/elasticsearch.yml", "development:\n  host: localhost\nproduction:\n  host: es\n"),
            ("config/elasticsearch.yml", "default: &default\n  host: x\ntest:\n  <<: *default\n"),
            ("kibana.yml", "server.port: 5601\nelasticsearch.hosts: [a]\n"),
            ("opensearch.yml", "opensearch.hosts: [a]\nserver.host: b\n"),
            ("values.yaml", "image: x\nreplicas: 3\nconfig:\n  elasticsearch.yml: |\n    cluster.name: a\n"),
            (
                "deploy.yaml",
                "apiVersion: apps/v1\nkind: Deployment\nspec:\n  image: docker.elastic.co/kibana/kibana:7\n",
            ),
            ("deploy.yaml", "apiVersion: apps/v1\nkind: Job\nspec:\n  - image: elasticsearch:7\n"),
            ("hosts.txt", "10.0.0.1\n"),
            ("application.properties", "cluster.name=a\n"),
            ("package.json", "{\"cluster.name\": 1}\n"),
            ("kibana.service", "[Service]\nEnvironment=A=b\n"),
            ("kibana.service.d/override.conf", "[Service]\nLimitMEMLOCK=infinity\n"),
            (".env", "ES_JAVA_OPTS=-Xmx1g\n"),
            ("test.yml", "development:\n  hosts: [a]\ncluster.name: b\n"),
            ("manifest.yml", "clusters: []\n"),
            ("es/application.yml", "http:\n  port: 8080\nlogging.level: info\n"),
            ("docker-compose.yml", "services:\n  a:\n    image: kibana:7\n"),
            ("elasticsearch.yaml", "apiVersion: v1\nkind: Service\nmetadata: {}\n"),
            ("config.yaml", "apiVersion: v1\nkind: ConfigMap\ndata:\n  kibana.yml: |\n    cluster.name: a\n"),
            ("config.yaml", "apiVersion: v1\nkind: ConfigMap\ndata:\n  elasticsearch.yml: |\n    # nothing\n"),
            ("secret.yaml", "apiVersion: v1\nkind: Secret\ndata:\n  elasticsearch.yml: |\n    cluster.name: a\n"),
            (
                "metricbeat.yaml",
                "apiVersion: v1\nkind: ConfigMap\ndata:\n  elasticsearch.yml: |-\n    - module: elasticsearch\n      hosts: [a]\n",
            ),
            ("playbook.yml", "hosts: all\ntasks: []\n"),
            ("logstash/config/jvm.options", "-Xms1g\n-Djruby.compile.invokedynamic=true\n"),
            ("conf/jvm.options", "-ea\n-Xms1g\n"),
            ("dynamic/elasticsearch.yml", "http:\n  routers:\n    es:\n      rule: Host(`es`)\n"),
            ("mkdocs.yml", "site_name: a\nnav: []\n"),
        ] {
            assert_eq!(kind_of(path, text), None, "{path}");
        }
    }

    #[test]
    fn the_other_kinds() {
        assert_eq!(kind_of("es/jvm.options", "-Xms1g\n"), Some(kind::JVM));
        assert_eq!(kind_of("x/jvm.options.d/heap.conf", "-Xms1g\n"), Some(kind::JVM));
        assert_eq!(kind_of("x/jvm.options.d/README", "read me\n"), None);
        assert_eq!(kind_of("etc/default/elasticsearch", "ES_JAVA_OPTS=\n"), Some(kind::DEFAULTS));
        let compose = "services:\n  es:\n    image: elasticsearch:7.17.6\n";
        assert_eq!(kind_of("docker-compose.yml", compose), Some(kind::COMPOSE));
        assert_eq!(kind_of("etc/elasticsearch.service.d/x.conf", "[Service]\n"), Some(kind::UNIT));
        assert_eq!(kind_of("es/unicast_hosts.txt", "10.0.0.1\n"), Some(kind::SEEDS));
        assert_eq!(kind_of("elasticsearch.properties", "cluster.name=a\n"), Some(kind::PROPERTIES));
        assert_eq!(kind_of("elasticsearch.json", "{\"cluster.name\": \"a\"}"), Some(kind::SETTINGS));
        assert_eq!(kind_of("values.yaml", "esConfig:\n  elasticsearch.yml: |\n    a: b\n"), Some(kind::HELM));
        assert_eq!(kind_of("master.yaml", "clusterName: a\nnodeGroup: master\n"), Some(kind::HELM));
        let workload =
            "apiVersion: apps/v1\nkind: StatefulSet\nspec:\n  containers:\n  - image: elasticsearch:7.17.6\n";
        assert_eq!(kind_of("es.yaml", workload), Some(kind::KUBERNETES));
        let map = "apiVersion: v1\nkind: ConfigMap\ndata:\n  other.yml: |\n    a: b\n  elasticsearch.yml: |\n    # ours\n\n    cluster.name: a\n    node:\n      name: b\n";
        assert_eq!(kind_of("config.yaml", map), Some(kind::KUBERNETES));
        let eck = "apiVersion: elasticsearch.k8s.elastic.co/v1\nkind: Elasticsearch\n";
        assert_eq!(kind_of("elasticsearch.yaml", eck), Some(kind::ECK));
    }
}
