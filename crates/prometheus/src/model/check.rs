//! What the server demands beyond the types of single values: required keys, names used once, timeouts, patterns of paths.

use super::read::{Reader, cautious, items, text};
use super::selector::label_selector_fault;
use super::{Document, Job, RelabelStep, Setup, Stage, TargetGroup};
use crate::problem::{Check, Problem};
use crate::relabel::{Action, Field, NameScheme, PatternErrorKind, RuleError};
use crate::units::parse_duration;
use confvet_core::{Category, Edit, Fact, Map, Safety, Severity, Span};
use confvet_yaml::{Entry, Kind, Node};
use std::borrow::Cow;

/// What a service discovery cannot do without.
const REQUIRED: &[(&str, &[&str])] = &[
    ("aws", &["role"]),
    ("azure", &["subscription_id"]),
    ("dns", &["names"]),
    ("docker", &["host"]),
    ("dockerswarm", &["host", "role"]),
    ("eureka", &["server"]),
    ("file", &["files"]),
    ("gce", &["project", "zone"]),
    ("hetzner", &["role"]),
    ("http", &["url"]),
    ("ionos", &["datacenter_id"]),
    ("kubernetes", &["role"]),
    ("kuma", &["server"]),
    ("marathon", &["servers"]),
    ("nerve", &["servers", "paths"]),
    ("oci", &["region"]),
    ("openstack", &["role", "region"]),
    ("outscale", &["region", "access_key"]),
    ("ovhcloud", &["application_key", "application_secret", "consumer_key", "service"]),
    ("puppetdb", &["url", "query"]),
    ("scaleway", &["role", "project_id", "access_key"]),
    ("serverset", &["servers", "paths"]),
    ("triton", &["account", "dns_suffix", "endpoint"]),
    ("uyuni", &["server", "username", "password"]),
];

/// The keys that a block of this mechanism needs.
pub(crate) fn required(sd: &str) -> &'static [&'static str] {
    REQUIRED.iter().find(|(name, _)| *name == sd).map_or(&[], |(_, keys)| keys)
}

fn is_blank(node: Option<Node<'_>>) -> bool {
    node.is_none_or(|node| node.is_null() || node.as_str() == Some("") || node.is_sequence() && node.items().len() == 0)
}

/// What stands for an item: its first key; for a null value the key.
fn missing(item: Node<'_>, key: &str) -> Span {
    let written = item.entry(key).map(|entry| entry.key.span());
    written.or_else(|| item.entry_at(0).map(|entry| entry.key.span())).unwrap_or(item.span())
}

fn need(reader: &mut Reader<'_>, item: Node<'_>, context: &str, key: &str) {
    if is_blank(item.get(key)) {
        reader.report(Problem::new(Check::MissingRequired, missing(item, key), format!("`{context}` needs `{key}`")));
    }
}

/// One of several keys has to be there.
fn need_one(reader: &mut Reader<'_>, item: Node<'_>, context: &str, keys: &[&str]) {
    // With a default of their own `region` and the like are not needed; what is written empty is refused.
    let written = keys.iter().any(|key| item.entry(key).is_some());
    if keys.iter().all(|key| is_blank(item.get(key))) && (written || keys.contains(&"secret_key")) {
        let names: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
        let message = format!("`{context}` needs {}", names.join(" or "));
        reader.report(Problem::new(Check::MissingRequired, missing(item, keys[0]), message));
    }
}

pub(super) fn config(reader: &mut Reader<'_>, root: Node<'_>, config: &Setup) {
    environment(reader, root);
    jobs(reader, root);
    for key in ["remote_write", "remote_read"] {
        let mut names = Map::new();
        for item in items(root.get(key)) {
            need(reader, item, key, "url");
            http_client(reader, item);
            let name = item.get("name").and_then(text).map(|name| (name.value.into(), name.span));
            unique(reader, &mut names, name, &format!("{key} name"));
            remote_url(reader, item, key);
            azure_ad(reader, item);
            queue(reader, item.get("queue_config"));
        }
    }
    for item in items(root.get("alerting").and_then(|node| node.get("alertmanagers"))) {
        pool(reader, item, &Present::in_item(item));
        manager_version(reader, item);
    }
    if let Some(tracing) = root.get("tracing").filter(|node| node.is_mapping()) {
        need(reader, tracing, "tracing", "endpoint");
        http_client(reader, tracing);
    }
    patterns(reader, root.get("rule_files"), "rule_files");
    patterns(reader, root.get("scrape_config_files"), "scrape_config_files");
    label_names(
        reader,
        root.get("global").and_then(|node| node.get("external_labels")),
        config.global.scheme.unwrap_or_default(),
    );
    otlp(reader, root, config);
    storage(reader, root);
    escaping(reader, root, config);
    global_timeout(reader, config);
}

pub(super) fn scrape_file(reader: &mut Reader<'_>, root: Node<'_>) {
    environment(reader, root);
    jobs(reader, root);
}

/// Which checks have something to do in a job or an Alertmanager block; most have nothing for most of them.
#[derive(Default)]
struct Present {
    name: bool,
    client: bool,
    discovery: bool,
    token: bool,
    protocols: bool,
}

impl Present {
    fn in_item(item: Node<'_>) -> Self {
        let mut present = Self::default();
        super::read::each_field(item, |key, value| match key.text().unwrap_or_default() {
            "job_name" => present.name = !is_blank(Some(value)),
            "scrape_protocols" => present.protocols = true,
            key => {
                present.client |= CLIENT_KEYS.contains(&key);
                present.token |= key.starts_with("bearer_token");
                present.discovery |= key.ends_with("_sd_configs");
            }
        });
        present
    }
}

fn jobs(reader: &mut Reader<'_>, root: Node<'_>) {
    for item in items(root.get("scrape_configs")) {
        let present = Present::in_item(item);
        if !present.name {
            need(reader, item, "scrape_configs", "job_name");
        }
        pool(reader, item, &present);
        if !present.protocols {
            continue;
        }
        let mut seen: Map<&str, Span> = Map::new();
        for protocol in item.get("scrape_protocols").into_iter().flat_map(Node::items) {
            let Some(word) = protocol.as_str() else { continue };
            if seen.insert(word, protocol.span()).is_some() {
                reader.report(Problem::new(
                    Check::InvalidValue,
                    protocol.span(),
                    format!("`scrape_protocols`: `{word}` stands here twice"),
                ));
            }
        }
    }
}

/// What jobs and Alertmanager blocks have in common.
fn pool(reader: &mut Reader<'_>, item: Node<'_>, present: &Present) {
    if present.client {
        http_client(reader, item);
    }
    if present.discovery {
        discoveries(reader, item);
    }
    if present.token {
        deprecated(reader, item);
    }
}

/// A name that may be used once only.
fn unique<'n>(
    reader: &mut Reader<'_>,
    names: &mut Map<Cow<'n, str>, Span>,
    name: Option<(Cow<'n, str>, Span)>,
    what: &str,
) {
    let Some((name, span)) = name.filter(|(name, _)| !name.is_empty()) else { return };
    match names.get(&name) {
        // Of a file and one that it includes, the file that includes is refused.
        Some(first) if first.file != span.file && first.file == reader.input.file => {
            let line = reader.input.sources.start(span).line;
            let path = reader.input.sources.get(span.file).path();
            let message = format!("{what} `{name}` is already used in {path}, line {line}");
            reader.report(Problem::new(Check::DuplicateName, *first, message).related(span, "used here too"));
        }
        Some(first) => {
            let place = reader.input.sources.start(*first).line;
            let there = if first.file == span.file {
                format!("on line {place}")
            } else {
                format!("in {}", reader.input.sources.get(first.file).path())
            };
            let message = format!("{what} `{name}` is already used {there}");
            reader.report(Problem::new(Check::DuplicateName, span, message).related(*first, "first used here"));
        }
        None => {
            names.insert(name, span);
        }
    }
}

/// Exactly one way to log in.
fn azure_ad(reader: &mut Reader<'_>, item: Node<'_>) {
    const METHODS: &[&str] = &["managed_identity", "workload_identity", "oauth", "sdk", "certificate"];
    let Some(block) = item.get("azuread").filter(|node| node.is_mapping()) else { return };
    let written = |key: &&'static str| {
        block.entry(key).filter(|entry| !entry.value.is_null()).map(|entry| (*key, entry.key.span()))
    };
    let mut methods = METHODS.iter().filter_map(written);
    match (methods.next(), methods.next()) {
        (None, _) => {
            let message = format!("`azuread` needs one of `{}`", METHODS.join("`, `"));
            reader.report(Problem::new(Check::MissingRequired, missing(block, METHODS[0]), message));
        }
        (Some((a, first)), Some((b, second))) => conflict(reader, first, a, second, b),
        (Some(_), None) => {}
    }
}

/// The sizes of a remote-write queue, in their order.
fn queue(reader: &mut Reader<'_>, queue: Option<Node<'_>>) {
    let Some(queue) = queue else { return };
    let number = |key: &str| queue.get(key).and_then(|node| Some((node.as_i64()?, node.span())));
    for key in ["capacity", "max_shards", "min_shards", "max_samples_per_send"] {
        if let Some((value, span)) = number(key).filter(|(value, _)| *value <= 0) {
            let problem = Problem::new(
                Check::InvalidValue,
                span,
                format!("`{key}`: `{value}` must be above 0, or the queue is refused since 3.14"),
            );
            queue_problem(reader, problem);
        }
    }
    if let (Some((least, span)), Some((most, other))) = (number("min_shards"), number("max_shards"))
        && least > most
    {
        let message = format!("`min_shards` `{least}` is above `max_shards` `{most}`, which is refused since 3.14");
        queue_problem(reader, Problem::new(Check::InvalidValue, span, message).related(other, "the most"));
    }
    let wait = |key: &str| super::read::duration(queue.get(key));
    if let (Some(least), Some(most)) = (wait("min_backoff"), wait("max_backoff"))
        && most.value < least.value
    {
        let message = format!(
            "`max_backoff` `{}` is below `min_backoff` `{}`, which is refused since 3.14",
            most.value, least.value
        );
        queue_problem(reader, Problem::new(Check::InvalidValue, most.span, message).related(least.span, "the least"));
    }
}

/// Refused since 3.14; before, the server only warns.
fn queue_problem(reader: &mut Reader<'_>, problem: Problem) {
    let older = reader.version.is_some_and(|version| (version.major, version.minor) < (3, 14));
    reader.report(if older { problem.milder(Severity::Warning, Category::Performance) } else { problem });
}

fn storage(reader: &mut Reader<'_>, root: Node<'_>) {
    let Some(retention) = root.get("storage").and_then(|node| node.get("tsdb")).and_then(|node| node.get("retention"))
    else {
        return;
    };
    if let Some(share) = retention.get("percentage")
        && share.as_f64().is_some_and(|share| !(0.0..=100.0).contains(&share))
    {
        reader.report(Problem::new(Check::InvalidValue, share.span(), "`percentage`: it must lie between 0 and 100"));
    }
    if let Some(size) = retention.get("size")
        && size.as_str().is_some_and(|size| size.starts_with('-'))
    {
        reader.report(Problem::new(Check::InvalidValue, size.span(), "`size`: it cannot be negative"));
    }
}

/// Names that are not escaped need names that may hold anything.
fn escaping(reader: &mut Reader<'_>, root: Node<'_>, config: &Setup) {
    let written = root.get("global").and_then(|node| node.get("metric_name_validation_scheme"));
    if config.global.scheme != Some(NameScheme::Legacy) || written.is_none() {
        return;
    }
    let global = root.get("global").and_then(|node| node.get("metric_name_escaping_scheme"));
    if let Some(node) = global.filter(|node| node.as_str() == Some("allow-utf-8")) {
        let message = "`metric_name_escaping_scheme`: `allow-utf-8` contradicts the validation scheme `legacy`";
        reader.report(Problem::new(Check::InvalidValue, node.span(), message));
    }
}

fn otlp(reader: &mut Reader<'_>, root: Node<'_>, config: &Setup) {
    let Some(otlp) = root.get("otlp") else { return };
    for key in ["promote_resource_attributes", "ignore_resource_attributes"] {
        let mut seen: Map<String, Span> = Map::new();
        for item in otlp.get(key).into_iter().flat_map(Node::items) {
            let name = item.as_str().unwrap_or_default().trim().to_owned();
            if name.is_empty() {
                reader.report(Problem::new(Check::InvalidValue, item.span(), format!("`{key}`: an empty attribute")));
            } else if seen.contains_key(&name) {
                reader.report(Problem::new(
                    Check::InvalidValue,
                    item.span(),
                    format!("`{key}`: `{name}` stands here twice"),
                ));
            }
            seen.insert(name, item.span());
        }
    }
    let strategy = otlp.get("translation_strategy");
    if let Some(node) = strategy.filter(|_| config.global.scheme == Some(NameScheme::Legacy))
        && let Some(word @ ("NoUTF8EscapingWithSuffixes" | "NoTranslation")) = node.as_str()
    {
        let message = format!("`translation_strategy`: `{word}` needs the name validation scheme `utf8`");
        reader.report(Problem::new(Check::InvalidValue, node.span(), message));
    }
    let all = otlp.get("promote_all_resource_attributes").and_then(Node::as_bool) == Some(true);
    let filled = |key: &str| otlp.entry(key).filter(|entry| entry.value.items().len() > 0);
    match (all, filled("promote_resource_attributes"), filled("ignore_resource_attributes")) {
        (true, Some(entry), _) => conflict(
            reader,
            entry.key.span(),
            "promote_resource_attributes",
            missing(otlp, "promote_all_resource_attributes"),
            "promote_all_resource_attributes",
        ),
        (false, _, Some(entry)) => {
            let message = "`ignore_resource_attributes` needs `promote_all_resource_attributes: true`";
            reader.report(Problem::new(Check::Conflict, entry.key.span(), message));
        }
        _ => {}
    }
}

fn conflict(reader: &mut Reader<'_>, a: Span, a_name: &str, b: Span, b_name: &str) {
    let (second, first) = if a.start > b.start { (a, b) } else { (b, a) };
    let (second_name, first_name) = if a.start > b.start { (a_name, b_name) } else { (b_name, a_name) };
    let message = format!("`{first_name}` and `{second_name}` cannot be used together");
    reader.report(Problem::new(Check::Conflict, second, message).related(first, "set here"));
}

/// Pairs of keys of which one block may have only one.
const EXCLUSIVE: &[(&str, &str)] = &[
    ("basic_auth", "authorization"),
    ("basic_auth", "oauth2"),
    ("authorization", "oauth2"),
    ("basic_auth", "bearer_token"),
    ("basic_auth", "bearer_token_file"),
    ("authorization", "bearer_token"),
    ("authorization", "bearer_token_file"),
    ("oauth2", "bearer_token"),
    ("oauth2", "bearer_token_file"),
    ("bearer_token", "bearer_token_file"),
    ("sigv4", "basic_auth"),
    ("sigv4", "authorization"),
    ("sigv4", "oauth2"),
    ("azuread", "basic_auth"),
    ("azuread", "authorization"),
    ("azuread", "oauth2"),
    ("azuread", "sigv4"),
    ("google_iam", "basic_auth"),
    ("google_iam", "authorization"),
    ("google_iam", "oauth2"),
    ("google_iam", "sigv4"),
    ("google_iam", "azuread"),
];

/// The same, one level down.
const INNER: &[(&str, &[&str])] = &[
    ("basic_auth", &["username", "username_file", "username_ref"]),
    ("basic_auth", &["password", "password_file", "password_ref"]),
    ("authorization", &["credentials", "credentials_file", "credentials_ref"]),
    ("oauth2", &["client_secret", "client_secret_file", "client_secret_ref"]),
    ("tls_config", &["ca", "ca_file", "ca_ref"]),
    ("tls_config", &["cert", "cert_file", "cert_ref"]),
    ("tls_config", &["key", "key_file", "key_ref"]),
];

/// The versions of TLS, oldest first.
const TLS_VERSIONS: &[&str] = &["TLS10", "TLS11", "TLS12", "TLS13"];

/// The keys of an HTTP client that can be at odds with each other; most blocks have none of them.
const CLIENT_KEYS: &[&str] = &[
    "authorization",
    "azuread",
    "basic_auth",
    "bearer_token",
    "bearer_token_file",
    "google_iam",
    "headers",
    "http_headers",
    "no_proxy",
    "oauth2",
    "proxy_connect_header",
    "proxy_from_environment",
    "sigv4",
    "tls_config",
];

fn http_client(reader: &mut Reader<'_>, item: Node<'_>) {
    let is_client = |key: &str| key == "<<" || CLIENT_KEYS.contains(&key);
    if !item.entries().any(|entry| entry.key.text().is_none_or(is_client)) {
        return;
    }
    let set = |node: Node<'_>, key: &str| {
        node.entry(key).filter(|entry| !is_blank(Some(entry.value))).map(|entry| entry.key.span())
    };
    for &(a, b) in EXCLUSIVE {
        if let (Some(first), Some(second)) = (set(item, a), set(item, b)) {
            conflict(reader, first, a, second, b);
        }
    }
    for &(block, forms) in INNER {
        let Some(inner) = item.get(block) else { continue };
        let mut written = forms.iter().filter_map(|key| Some((*key, set(inner, key)?)));
        if let (Some((a, first)), Some((b, second))) = (written.next(), written.next()) {
            conflict(reader, first, a, second, b);
        }
    }
    proxy(reader, item);
    for tls in [item.get("tls_config"), item.get("oauth2").and_then(|node| node.get("tls_config"))] {
        tls_versions(reader, tls);
    }
    if let Some(tls) = item.get("tls_config").filter(|node| node.is_mapping()) {
        let cert = set(tls, "cert").or(set(tls, "cert_file")).or(set(tls, "cert_ref"));
        let key = set(tls, "key").or(set(tls, "key_file")).or(set(tls, "key_ref"));
        match (cert, key) {
            (Some(cert), None) => reader.report(Problem::new(
                Check::MissingRequired,
                cert,
                "a client certificate needs `key` or `key_file`",
            )),
            (None, Some(key)) => {
                reader.report(Problem::new(Check::MissingRequired, key, "a client key needs `cert` or `cert_file`"));
            }
            _ => {}
        }
    }
    if let Some(kind) = item.get("authorization").and_then(|node| node.get("type"))
        && kind.as_str().is_some_and(|word| word.trim().eq_ignore_ascii_case("basic"))
    {
        reader.report(Problem::new(
            Check::InvalidValue,
            kind.span(),
            "`type`: `basic` is refused here; write `basic_auth`",
        ));
    }
    if let Some(oauth) = item.get("oauth2").filter(|node| node.is_mapping()) {
        need(reader, oauth, "oauth2", "client_id");
        need(reader, oauth, "oauth2", "token_url");
    }
    for field in item
        .get("headers")
        .map(Node::fields)
        .unwrap_or_default()
        .into_iter()
        .chain(item.get("http_headers").map(Node::fields).unwrap_or_default())
    {
        let name = field.key.as_str().unwrap_or_default();
        if RESERVED_HEADERS.iter().any(|reserved| reserved.eq_ignore_ascii_case(name)) {
            reader.report(Problem::new(
                Check::InvalidValue,
                field.key.span(),
                format!("the header `{name}` cannot be set here"),
            ));
        }
    }
}

/// A proxy is named in one way, and what refines it needs one.
fn proxy(reader: &mut Reader<'_>, item: Node<'_>) {
    let set = |key: &str| item.entry(key).filter(|entry| !is_blank(Some(entry.value))).map(|entry| entry.key.span());
    let environment = item.entry("proxy_from_environment").filter(|entry| entry.value.as_bool() == Some(true));
    let environment = environment.map(|entry| entry.key.span());
    let url = set("proxy_url");
    if let Some(environment) = environment {
        for key in ["proxy_url", "no_proxy"] {
            if let Some(other) = set(key) {
                conflict(reader, environment, "proxy_from_environment", other, key);
            }
        }
    }
    if url.is_some() || environment.is_some() {
        return;
    }
    let headers = item.entry("proxy_connect_header").filter(|entry| !entry.value.fields().is_empty());
    let headers = headers.map(|entry| ("proxy_connect_header", entry.key.span()));
    for (key, span) in set("no_proxy").map(|span| ("no_proxy", span)).into_iter().chain(headers) {
        reader.report(Problem::new(Check::Conflict, span, format!("`{key}` needs a proxy: `proxy_url` is not set")));
    }
}

/// With a newest version below the oldest no connection can be made. The server loads it, and scrapes nothing.
fn tls_versions(reader: &mut Reader<'_>, tls: Option<Node<'_>>) {
    let version = |key: &str| {
        let node = tls?.get(key)?;
        let place = TLS_VERSIONS.iter().position(|word| node.as_str() == Some(word))?;
        Some((place, node.span()))
    };
    if let (Some((least, min)), Some((most, max))) = (version("min_version"), version("max_version"))
        && most < least
    {
        let (most, least) = (TLS_VERSIONS[most], TLS_VERSIONS[least]);
        let message = format!("`max_version`: `{most}` is below `min_version` `{least}`: no connection can be made");
        let problem = Problem::new(Check::InvalidValue, max, message).related(min, "the least");
        reader.report(problem.milder(Severity::Error, Category::Outage));
    }
}

const RESERVED_HEADERS: &[&str] = &[
    "authorization",
    "host",
    "content-encoding",
    "content-length",
    "content-type",
    "user-agent",
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "www-authenticate",
    "accept-encoding",
    "x-prometheus-remote-write-version",
    "x-prometheus-remote-read-version",
    "x-prometheus-scrape-timeout-seconds",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-content-sha256",
];

fn discoveries(reader: &mut Reader<'_>, item: Node<'_>) {
    for field in item.fields() {
        let Some(sd) = field.key.text().and_then(|key| key.strip_suffix("_sd_configs")) else { continue };
        for block in items(Some(field.value)) {
            let context = format!("{sd}_sd_configs");
            for key in required(sd) {
                need(reader, block, &context, key);
            }
            http_client(reader, block);
            discovery(reader, sd, block, &context);
        }
    }
}

fn discovery(reader: &mut Reader<'_>, sd: &str, block: Node<'_>, context: &str) {
    match sd {
        "dns" => {
            let kind = block.get("type").and_then(Node::as_str).unwrap_or("SRV");
            if !kind.eq_ignore_ascii_case("SRV") && block.get("port").and_then(Node::as_i64).unwrap_or(0) == 0 {
                let message = format!("`{context}` of type {kind} needs `port`");
                let problem = Problem::new(Check::MissingRequired, missing(block, "port"), message);
                reader.report(match port_of_names(block) {
                    Some(edits) => problem.fix(Safety::Unsafe, "move the port out of the names", edits),
                    None => problem,
                });
            }
        }
        "file" => {
            for file in block.get("files").into_iter().flat_map(Node::items) {
                let Some(path) = file.as_str() else { continue };
                let name = path.rsplit('/').next().unwrap_or(path);
                let ends = [".json", ".yml", ".yaml", ".JSON", ".YML", ".YAML"].iter().any(|end| name.ends_with(end));
                if !ends {
                    let message = format!("`files`: `{path}` must end in `.json`, `.yml` or `.yaml`");
                    reader.report(Problem::new(Check::InvalidValue, file.span(), message));
                }
                pattern(reader, file, "files");
            }
        }
        "http" | "puppetdb" => {
            let Some(url) = block.get("url").and_then(text).filter(|url| !url.value.is_empty()) else { return };
            let host = ["http://", "https://"].iter().find_map(|scheme| url.value.strip_prefix(scheme));
            if host.is_none_or(|host| host.is_empty() || host.starts_with('/')) {
                let message = format!("`url`: `{}` must start with `http://` or `https://` and a host", url.value);
                reader.report(Problem::new(Check::InvalidValue, url.span, message));
            }
        }
        "kubernetes" => kubernetes(reader, block),
        "ec2" | "lightsail" => {
            for filter in items(block.get("filters")) {
                need(reader, filter, &format!("a filter of {context}"), "values");
            }
        }
        "consul" | "nomad" => {
            if sd == "consul" {
                deprecated_by_consul(reader, block);
            }
            if let Some(server) = block.entry("server").filter(|entry| {
                entry.value.as_str().is_some_and(|text| text.trim().is_empty()) && !entry.value.is_null()
            }) {
                reader.report(Problem::new(
                    Check::MissingRequired,
                    server.key.span(),
                    format!("`{context}` needs `server`"),
                ));
            }
        }
        "azure" => {
            let method = block.get("authentication_method").and_then(Node::as_str).unwrap_or("OAuth");
            if method == "OAuth" {
                for key in ["tenant_id", "client_id", "client_secret"] {
                    need(reader, block, context, key);
                }
            }
        }
        "stackit" => {
            need_one(reader, block, context, &["region", "endpoint"]);
            if let Some(endpoint) =
                block.get("endpoint").filter(|node| node.as_str().is_some_and(|text| text.starts_with(':')))
            {
                reader.report(Problem::new(
                    Check::InvalidValue,
                    endpoint.span(),
                    "`endpoint`: a URL cannot start with a colon",
                ));
            }
        }
        "scaleway" | "outscale" => need_one(reader, block, context, &["secret_key", "secret_key_file"]),
        "eureka" | "kuma" => {
            let Some(server) = block.get("server").and_then(text).filter(|server| !server.value.is_empty()) else {
                return;
            };
            if !server.value.split_once("://").is_some_and(|(scheme, host)| !scheme.is_empty() && !host.is_empty()) {
                let message = format!("`server`: `{}` must be a URL with a scheme and a host", server.value);
                reader.report(Problem::new(Check::InvalidValue, server.span, message));
            }
        }
        "marathon" => {
            let set =
                |key: &str| block.entry(key).filter(|entry| !is_blank(Some(entry.value))).map(|entry| entry.key.span());
            let token = set("auth_token")
                .map(|span| ("auth_token", span))
                .or(set("auth_token_file").map(|span| ("auth_token_file", span)));
            if let (Some(a), Some(b)) = (set("auth_token"), set("auth_token_file")) {
                conflict(reader, a, "auth_token", b, "auth_token_file");
            }
            for key in ["basic_auth", "bearer_token", "bearer_token_file", "authorization"] {
                if let (Some((name, token)), Some(other)) = (token, set(key)) {
                    conflict(reader, token, name, other, key);
                }
            }
        }
        _ => {}
    }
}

/// The one port that stands behind every name of a `dns_sd_configs` block, as a key of its own.
fn port_of_names(block: Node<'_>) -> Option<Vec<Edit>> {
    let mut edits = Vec::new();
    let mut port = None;
    for name in block.get("names")?.items() {
        let name = text(name)?;
        let (host, own) = name.value.rsplit_once(':')?;
        let number = own.parse::<u16>().ok()?;
        if *port.get_or_insert(number) != number || name.exact.is_none() {
            return None;
        }
        edits.push(Edit::delete(name.at(host.len()..name.value.len())));
    }
    edits.push(match block.entry("port") {
        Some(entry) => entry.replace_value(&port?.to_string()),
        None => block.append(&format!("port: {}", port?))?,
    });
    Some(edits)
}

/// What Consul itself wants in another way by now.
fn deprecated_by_consul(reader: &mut Reader<'_>, block: Node<'_>) {
    let new = [
        ("username", "`basic_auth`"),
        ("password", "`basic_auth`"),
        ("tags", "a condition in `filter`"),
        ("node_meta", "a condition in `filter`"),
    ];
    for (key, new) in new {
        let Some(entry) = block.entry(key).filter(|entry| !is_blank(Some(entry.value))) else { continue };
        let message = format!("`{key}` of `consul_sd_configs` is deprecated: write {new}");
        reader.report(
            Problem::new(Check::RemovedOrChanged, entry.key.span(), message)
                .milder(Severity::Info, Category::Maintainability),
        );
    }
}

fn kubernetes(reader: &mut Reader<'_>, block: Node<'_>) {
    let set = |key: &str| block.entry(key).filter(|entry| !is_blank(Some(entry.value))).map(|entry| entry.key.span());
    let own = block
        .get("namespaces")
        .and_then(|node| node.entry("own_namespace"))
        .filter(|entry| entry.value.as_bool() == Some(true));
    let own = own.map(|entry| entry.key.span());
    if let (Some(a), Some(b)) = (set("api_server"), set("kubeconfig_file")) {
        conflict(reader, a, "api_server", b, "kubeconfig_file");
    }
    for key in ["api_server", "kubeconfig_file"] {
        if let (Some(a), Some(b)) = (set(key), own) {
            conflict(reader, a, key, b, "own_namespace");
        }
    }
    const CLIENT: &[&str] =
        &["basic_auth", "authorization", "oauth2", "bearer_token", "bearer_token_file", "tls_config", "proxy_url"];
    let client = CLIENT.iter().find_map(|key| set(key).map(|span| (*key, span)));
    match (client, set("kubeconfig_file"), set("api_server")) {
        (Some((name, span)), Some(file), _) => conflict(reader, span, name, file, "kubeconfig_file"),
        (Some((name, span)), None, None) => {
            reader.report(Problem::new(Check::MissingRequired, span, format!("`{name}` needs `api_server` beside it")));
        }
        _ => {}
    }
    let role = block.get("role").and_then(Node::as_str).unwrap_or_default();
    if let Some(node) = block.get("role").filter(|_| role == "endpoints") {
        let message = "role `endpoints` is deprecated, as the API is since Kubernetes 1.33: use `endpointslice`";
        reader.report(
            Problem::new(Check::RemovedOrChanged, node.span(), message)
                .milder(Severity::Info, Category::Maintainability),
        );
    }
    let allowed: &[&str] = match role {
        "pod" => &["pod", "node"],
        "endpoints" => &["pod", "service", "endpoints"],
        "endpointslice" => &["pod", "service", "endpointslice"],
        "service" => &["service"],
        "node" => &["node"],
        "ingress" => &["ingress"],
        _ => return,
    };
    let mut seen: Vec<&str> = Vec::new();
    for selector in block.get("selectors").into_iter().flat_map(Node::items) {
        let Some(node) = selector.get("role") else { continue };
        let Some(word) = node.as_str() else { continue };
        if !allowed.contains(&word) || seen.contains(&word) {
            let message = format!("`selectors`: role `{word}` cannot be selected here with role `{role}`");
            reader.report(Problem::new(Check::InvalidValue, node.span(), message));
        }
        seen.push(word);
        if let Some(field) = selector.get("field").filter(|node| !is_blank(Some(*node)))
            && field.as_str().is_some_and(|text| text.split(',').any(|part| !part.contains('=')))
        {
            reader.report(Problem::new(
                Check::InvalidValue,
                field.span(),
                "`field`: a field selector is written `key=value`",
            ));
        }
        if let Some(label) = selector.get("label").filter(|node| !is_blank(Some(*node)))
            && let Some(fault) = label_selector_fault(label.as_str().unwrap_or_default())
        {
            reader.report(Problem::new(Check::InvalidValue, label.span(), format!("`label`: {fault}")));
        }
    }
}

fn manager_version(reader: &mut Reader<'_>, item: Node<'_>) {
    let Some(version) = item.get("api_version").filter(|node| node.as_str() == Some("v1")) else { return };
    if reader.version.is_some_and(|version| version.major < 3) {
        return;
    }
    let problem =
        Problem::new(Check::RemovedOrChanged, version.span(), "Alertmanager API `v1` was removed in 3.0: write `v2`")
            .fix(Safety::Safe, "write `v2`", vec![Edit::replace(version.content_span(), "v2")]);
    let problem = cautious(reader, problem);
    reader.report(problem);
}

fn deprecated(reader: &mut Reader<'_>, item: Node<'_>) {
    for (key, new) in [("bearer_token", "credentials"), ("bearer_token_file", "credentials_file")] {
        let Some(entry) = item.entry(key).filter(|entry| !is_blank(Some(entry.value))) else { continue };
        let message = format!("`{key}` is deprecated since 2.26: write `{new}` under `authorization`");
        let problem = Problem::new(Check::RemovedOrChanged, entry.key.span(), message)
            .milder(Severity::Info, Category::Maintainability);
        reader.report(match under_authorization(item, entry, new) {
            Some(edit) => problem.fix(Safety::Safe, "write an `authorization` block", vec![edit]),
            None => problem,
        });
    }
}

/// Puts `authorization:` in front of a token; the value stays where it is.
fn under_authorization(item: Node<'_>, entry: Entry<'_>, new: &str) -> Option<Edit> {
    let block = item.kind() == Kind::Mapping { flow: false };
    let one_line = !entry.value.source().contains('\n') && !entry.value.is_alias();
    let span = entry.key.span();
    let before = item.yaml().text().get(..span.range().start)?;
    let column = before.len() - before.rfind('\n').map_or(0, |newline| newline + 1);
    let free = item.get("authorization").is_none();
    let indent = " ".repeat(column + 2);
    (block && one_line && free).then(|| Edit::replace(span, format!("authorization:\n{indent}{new}")))
}

/// A path whose directory holds no wildcard.
fn pattern(reader: &mut Reader<'_>, node: Node<'_>, key: &str) {
    let Some(path) = node.as_str() else { return };
    let Some((directory, _)) = path.rsplit_once('/') else { return };
    if directory.contains('*') {
        let message = format!("`{key}`: `{path}` has a `*` in a directory; it may stand only behind the last `/`");
        reader.report(Problem::new(Check::InvalidValue, node.span(), message));
    }
}

fn patterns(reader: &mut Reader<'_>, list: Option<Node<'_>>, key: &str) {
    for item in list.into_iter().flat_map(Node::items) {
        pattern(reader, item, key);
    }
}

fn label_names(reader: &mut Reader<'_>, node: Option<Node<'_>>, scheme: NameScheme) {
    for field in node.map(Node::fields).unwrap_or_default() {
        let name = field.key.as_str().unwrap_or_default();
        if !scheme.accepts(name) {
            reader.report(Problem::new(Check::InvalidValue, field.key.span(), format!("`{name}` is no label name")));
        }
    }
}

fn remote_url(reader: &mut Reader<'_>, item: Node<'_>, key: &str) {
    let Some(url) = item.get("url").and_then(text).filter(|url| !url.value.is_empty()) else { return };
    let lower = url.value.to_ascii_lowercase();
    if !lower.starts_with("http://") && !lower.starts_with("https://") && !url.value.contains('$') {
        let verb = if key == "remote_write" { "send" } else { "read" };
        let message = format!("`url`: `{}` has no `http://` or `https://` in front: every {verb} fails", url.value);
        reader.report(Problem::new(Check::InvalidValue, url.span, message).milder(Severity::Error, Category::DataLoss));
    }
}

fn global_timeout(reader: &mut Reader<'_>, config: &Setup) {
    let global = &config.global;
    let interval = global.scrape_interval.filter(|interval| interval.value.0 > 0);
    let effective = interval.map_or(60_000, |interval| interval.value.0);
    let Some(timeout) = global.scrape_timeout.filter(|timeout| timeout.value.0 > effective) else { return };
    timeout_problem(
        reader,
        timeout.span,
        timeout.value,
        crate::units::Millis(effective),
        interval.map(|interval| interval.span),
    );
}

fn timeout_problem(
    reader: &mut Reader<'_>,
    span: Span,
    timeout: crate::units::Millis,
    interval: crate::units::Millis,
    set: Option<Span>,
) {
    let message =
        format!("scrape_timeout `{timeout}` is longer than the scrape interval `{interval}` that applies here");
    let mut problem = Problem::new(Check::Timeout, span, message);
    problem = match set {
        Some(set) => problem.related(set, "the interval"),
        None => problem.help(format!("the default interval is `{interval}`")),
    };
    let edit = Edit::replace(span, interval.to_string());
    reader.report(problem.fix(Safety::Unsafe, "cap the timeout at the interval", vec![edit]));
}

/// What needs the whole configuration: names across files, inherited intervals, the rules of every relabel list.
pub(super) fn document(reader: &mut Reader<'_>, document: &Document) {
    let mut names = Map::new();
    for job in document.jobs() {
        let name = job.name.as_ref().map(|name| (name.value.as_str().into(), name.span));
        unique(reader, &mut names, name, "job_name");
        let interval = document.interval(job);
        if let Some(timeout) = job.scrape_timeout.filter(|timeout| timeout.value > interval) {
            let set = job.scrape_interval.filter(|interval| interval.value.0 > 0).or(document.global_interval());
            timeout_problem(reader, timeout.span, timeout.value, interval, set.map(|interval| interval.span));
        }
    }
    for (stage, job) in document.pools() {
        let scheme = document.name_scheme(Some(job), reader.semantics);
        for group in &job.groups {
            group_labels(reader, group, scheme);
            if stage == Stage::Target {
                group_timeout(reader, document, job, group);
            }
        }
    }
    for chain in document.chains() {
        let scheme = document.name_scheme(chain.job, reader.semantics);
        for step in chain.steps {
            relabel_step(reader, document, step, scheme);
        }
    }
}

/// The server loads such names, and then every scrape of the job fails.
fn group_labels(reader: &mut Reader<'_>, group: &TargetGroup, scheme: NameScheme) {
    for (name, _) in group.labels.iter().filter(|(name, _)| !scheme.accepts(&name.value)) {
        let message = format!("`{}` is no label name here: every scrape of these targets fails", name.value);
        let problem = Problem::new(Check::InvalidValue, name.span, message);
        reader.report(problem.milder(Severity::Error, Category::Outage));
    }
}

/// A timeout above the interval, where a label of the group sets one of them. The server loads it and drops the targets.
fn group_timeout(reader: &mut Reader<'_>, document: &Document, job: &Job, group: &TargetGroup) {
    let label = |name: &str| {
        let (_, value) = group.labels.iter().find(|(label, _)| label.value == name)?;
        Some((parse_duration(&value.value).ok()?, value.span))
    };
    let (interval, timeout) = (label("__scrape_interval__"), label("__scrape_timeout__"));
    let Some((_, span)) = timeout.or(interval) else { return };
    if job.may_write("__scrape_interval__") || job.may_write("__scrape_timeout__") || group.targets.is_empty() {
        return;
    }
    let (applies, set) = match interval {
        Some((interval, span)) => (interval, Some(span)),
        None => {
            let set = job.scrape_interval.filter(|interval| interval.value.0 > 0).or(document.global_interval());
            (document.interval(job), set.map(|set| set.span))
        }
    };
    let waits = timeout.map_or_else(|| document.timeout(job), |(timeout, _)| timeout);
    if waits <= applies {
        return;
    }
    let message = format!(
        "scrape_timeout `{waits}` is longer than the scrape interval `{applies}` of these targets: they are dropped"
    );
    let problem = Problem::new(Check::Timeout, span, message).milder(Severity::Error, Category::Outage);
    reader.report(match set.filter(|set| *set != span) {
        Some(set) => problem.related(set, "the interval"),
        None => problem,
    });
}

fn relabel_step(reader: &mut Reader<'_>, document: &Document, step: &RelabelStep, scheme: NameScheme) {
    if let (Some(error), Some(regex)) = (&step.regex_error, &step.regex) {
        let mut problem = Problem::new(
            Check::RelabelRegex,
            regex.at(error.range.clone()),
            format!("the regex does not compile: {error}"),
        );
        if error.kind == PatternErrorKind::LookAround {
            problem = problem.help("use a drop rule before this one, or list what to keep");
        }
        if problem.span.is_empty() {
            problem.span = regex.span;
        }
        reader.report(problem);
    }
    if step.regex_error.is_none()
        && step.rule.regex.is_unbalanced()
        && let Some(regex) = &step.regex
    {
        let message = "the regex compiles only because of the text Prometheus puts around it";
        reader.report(
            Problem::new(Check::RelabelRegex, regex.span, message).milder(Severity::Warning, Category::Maintainability),
        );
    }
    let action = step.rule.action;
    if let (Some(since), Some(version)) = (action.since(), reader.version)
        && (version.major, version.minor) < since
        && let Some(word) = &step.action
    {
        let message = format!("unknown action `{}`: it is known since Prometheus {}.{}", word.value, since.0, since.1);
        reader.report(Problem::new(Check::RelabelFields, word.span, message));
        return;
    }
    if !step.well_formed {
        return;
    }
    let key_span = |field: Field| step.key_span(field);
    for error in step.errors(scheme) {
        let (span, message) = match error {
            RuleError::Needs(field) => {
                let span =
                    key_span(*field).or_else(|| step.action.as_ref().map(|action| action.span)).unwrap_or(step.span);
                (span, format!("`{action}` needs `{}`", field.as_str()))
            }
            RuleError::Refuses(field) => {
                (key_span(*field).unwrap_or(step.span), format!("`{action}` does not take `{}`", field.as_str()))
            }
            RuleError::BadName(field) => {
                let span = step.value_span(*field).unwrap_or(step.span);
                let name = match field {
                    Field::Replacement => step.rule.replacement.as_str(),
                    _ => step.rule.target_label.as_str(),
                };
                (span, format!("`{name}` is no label name"))
            }
            RuleError::BadSource(index) => {
                let span = step.sources.get(*index).map_or(step.span, |text| text.span);
                (span, "a label name cannot be empty".to_owned())
            }
        };
        let mut problem = Problem::new(Check::RelabelFields, span, message);
        if let RuleError::Refuses(field) = error
            && matches!(action, Action::LabelDrop | Action::LabelKeep)
            && let Some(edit) = document.delete_field(step, *field)
        {
            let (safety, title) = match field {
                Field::SourceLabels => (Safety::Unsafe, "name the labels in `regex`".to_owned()),
                _ => (Safety::Safe, format!("delete `{}`", field.as_str())),
            };
            problem = problem.fix(safety, title, vec![edit]);
        }
        reader.report(problem);
    }
}

/// Keys whose whole meaning is lost if a variable is not filled in.
const VITAL: &[&str] = &[
    "url",
    "password",
    "username",
    "credentials",
    "token",
    "client_secret",
    "access_key",
    "secret_key",
    "targets",
    "job_name",
    "server",
    "bearer_token",
];

pub(super) fn environment(reader: &mut Reader<'_>, root: Node<'_>) {
    if next_variable(root.yaml().text(), 0).is_none() || reader.input.facts.is_true(Fact::PrometheusEnvsubst) {
        return;
    }
    let old = reader.version.is_some_and(|version| version.major < 3);
    for leaf in root.leaves() {
        let Some(value) = leaf.value.as_str() else { continue };
        let keys: Vec<&str> = leaf.keys.iter().filter_map(|key| key.text()).collect();
        let last = keys.last().copied().unwrap_or_default();
        let external = keys.contains(&"external_labels");
        let quiet = external && (!old || reader.has_feature("expand-external-labels"))
            || keys.iter().any(|key| key.ends_with("relabel_configs"))
            || matches!(last, "health_filter" | "filter" | "query");
        if quiet {
            continue;
        }
        for range in variables(value) {
            let word = &value[range.clone()];
            let message = if external {
                format!("before 3.0 Prometheus expands `{word}` only with the feature flag expand-external-labels")
            } else {
                format!("Prometheus does not expand environment variables here: `{word}` is used as it stands")
            };
            let mut problem = Problem::new(Check::Environment, leaf.value.offset(range.clone()), message);
            if external || !VITAL.contains(&last) {
                problem = problem.milder(Severity::Warning, Category::Outage);
            }
            problem = problem.help(match last {
                _ if external => "start the server with `--enable-feature=expand-external-labels`",
                "password" => "put the secret into a file and name it with `password_file`",
                "credentials" | "bearer_token" => "put the secret into a file and name it with `credentials_file`",
                _ => "fill the value in before the server reads the file",
            });
            reader.report(problem);
        }
    }
}

/// `${NAME}`, `$NAME`, `%{NAME}`, `$(NAME)` with a name in capital letters.
fn variables(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    while let Some(range) = next_variable(text, found.last().map_or(0, |last: &std::ops::Range<usize>| last.end)) {
        found.push(range);
    }
    found
}

fn next_variable(text: &str, from: usize) -> Option<std::ops::Range<usize>> {
    memchr::memchr2_iter(b'$', b'%', &text.as_bytes()[from..]).find_map(|at| variable_at(text, from + at))
}

fn variable_at(text: &str, at: usize) -> Option<std::ops::Range<usize>> {
    let behind = &text[at + 1..];
    let close = match (text.as_bytes()[at], behind.as_bytes().first()) {
        (_, Some(b'{')) => Some('}'),
        (b'$', Some(b'(')) => Some(')'),
        (b'$', _) => None,
        _ => return None,
    };
    let name = if close.is_some() { &behind[1..] } else { behind };
    let length = name.bytes().take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_').count();
    let starts = name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_');
    let ends = match close {
        Some(close) => name[length..].starts_with(close),
        None => !name[length..].starts_with(|c: char| c.is_ascii_alphanumeric()),
    };
    let end = at + 1 + if close.is_some() { length + 2 } else { length };
    (length >= 2 && starts && ends).then_some(at..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_found_in_their_spelling() {
        let found = |text: &str| variables(text).into_iter().map(|range| text[range].to_owned()).collect::<Vec<_>>();
        assert_eq!(found("${PW} $HOST:80 %{X_Y} $(ABC)"), ["${PW}", "$HOST", "%{X_Y}", "$(ABC)"]);
        assert!(found("$1 ${1} $a ${lower} 5% $$ $A ${").is_empty());
    }
}
