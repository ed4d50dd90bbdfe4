//! A value of a type that Patroni cannot use; most of these pass a YAML linter.

use crate::Document;
use crate::model::Config;
use confvet_core::{Category, Context, Findings, Rule};
use confvet_yaml::{Node, Value};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/wrong-type", check: each_config!(check) };

struct Check<'a, 'f> {
    config: &'a Config,
    findings: &'f mut Findings,
}

fn check(config: &Config, _: &Context<'_>, findings: &mut Findings) {
    let mut check = Check { config, findings };
    for path in ["scope", "namespace", "name"] {
        check.text(config.local(path), path, Category::Invalid, "Patroni stops at start");
    }
    for user in ["superuser", "replication", "rewind"] {
        let path = format!("postgresql.authentication.{user}.password");
        check.text(config.local(&path), &path, Category::Outage, "the user is created without it and cannot log in");
    }
    check.hba();
    check.sections();
    check.initdb();
    check.methods();
    let local = config.local("postgresql.parameters");
    check.mapping(local, "postgresql.parameters", Category::Invalid, "Patroni stops at start");
    let dynamic = config.dynamic("postgresql.parameters");
    let path = config.dynamic_path("postgresql.parameters");
    check.mapping(dynamic, &path, Category::Outage, "Patroni discards the whole dynamic configuration");
    let tags = config.local("tags").filter(|node| node.is_sequence());
    check.mapping(tags, "tags", Category::Invalid, "Patroni stops at start");
    let callbacks = config.local("postgresql.callbacks");
    check.mapping(callbacks, "postgresql.callbacks", Category::Outage, "no callback ever runs");
    let slots = config.dynamic("slots");
    check.mapping(slots, &config.dynamic_path("slots"), Category::Outage, "the loop of the leader fails every time");
    check.hosts();
    check.log();
}

impl Check<'_, '_> {
    fn report(&mut self, node: Node<'_>, path: &str, expected: &str, category: Category, effect: &str) {
        let found = match node.value() {
            // A password is a secret even as a number.
            Value::Int(value) if !path.ends_with("password") && node.text() != Some(&value.to_string()) => {
                format!("the number {value} to YAML 1.1")
            }
            value => value.describe().to_owned(),
        };
        let message = format!("`{path}` must be {expected}, this is {found}: {effect}");
        let category = self.config.category(node.span(), category);
        let report = self.findings.report(node.span(), message).category(category);
        if expected == "a text" {
            let quoted = self.config.quoted(node).or_else(|| self.config.quoted_mapping(node));
            report.help("put the value in quotes").suggest("quote it", quoted);
        } else if expected == "a list" {
            report.suggest("make it a list", self.config.as_list(node));
        }
    }

    fn is_fine(&self, node: Node<'_>) -> bool {
        node.is_null() || self.config.is_unknown(node)
    }

    fn text(&mut self, node: Option<Node<'_>>, path: &str, category: Category, effect: &str) {
        let Some(node) = node.filter(|node| node.as_str().is_none() && !self.is_fine(*node)) else { return };
        self.report(node, path, "a text", category, effect);
    }

    fn mapping(&mut self, node: Option<Node<'_>>, path: &str, category: Category, effect: &str) {
        let Some(node) = node.filter(|node| !node.is_mapping() && !self.is_fine(*node)) else { return };
        self.report(node, path, "a mapping", category, effect);
    }

    fn hba(&mut self) {
        let config = self.config;
        let lists = [
            (config.local("postgresql.pg_hba"), "postgresql.pg_hba".to_owned()),
            (config.local("postgresql.pg_ident"), "postgresql.pg_ident".to_owned()),
            (config.dynamic("postgresql.pg_hba"), config.dynamic_path("postgresql.pg_hba")),
            (config.dynamic("postgresql.pg_ident"), config.dynamic_path("postgresql.pg_ident")),
            (config.local("bootstrap.pg_hba"), "bootstrap.pg_hba".to_owned()),
            (config.local("postgresql.pg_hba_primary"), "postgresql.pg_hba_primary".to_owned()),
            (config.local("postgresql.pg_hba_replica"), "postgresql.pg_hba_replica".to_owned()),
            (config.local("postgresql.pg_hba_standby_leader"), "postgresql.pg_hba_standby_leader".to_owned()),
        ];
        for (node, path) in lists {
            let Some(node) = node.filter(|node| !self.is_fine(*node)) else { continue };
            if node.as_str().is_some() {
                let effect = "it is written one character per line and PostgreSQL refuses to start";
                self.report(node, &path, "a list", Category::Invalid, effect);
            }
            for item in node.items() {
                if item.as_str().is_none() && !config.is_unknown(item) {
                    let effect = "the line is left out without a word";
                    self.report(item, &format!("an item of {path}"), "a text", Category::Outage, effect);
                }
            }
        }
    }

    fn sections(&mut self) {
        let config = self.config;
        for section in ["postgresql", "restapi"] {
            let Some(node) = config.local(section).filter(|node| !node.is_mapping() && !config.is_unknown(*node))
            else {
                continue;
            };
            if !config.may_be_completed() && !config.is_overridden_below(section) {
                self.report(node, section, "a mapping", Category::Invalid, "Patroni stops at start");
            }
        }
        for entry in config.dcs_sections() {
            let node = entry.value;
            if !node.is_mapping() && !config.is_unknown(node) && !config.may_be_completed() {
                let path = entry.key.text().unwrap_or_default();
                self.report(node, path, "a mapping", Category::Invalid, "Patroni finds no store and stops");
            }
        }
    }

    fn initdb(&mut self) {
        let Some(initdb) = self.config.local("bootstrap.initdb").filter(|node| !self.is_fine(*node)) else { return };
        if initdb.text().is_some() {
            self.report(initdb, "bootstrap.initdb", "a list", Category::Outage, "the bootstrap fails");
        }
        for item in initdb.items() {
            if item.entries().len() > 1 {
                let message = "an item of `bootstrap.initdb` holds one option, this holds several: the bootstrap fails";
                self.findings.report(item.span(), message).category(Category::Outage);
                continue;
            }
            for option in item.entries() {
                let path = format!("bootstrap.initdb.{}", option.key.text().unwrap_or_default());
                self.text(Some(option.value), &path, Category::Outage, "the bootstrap fails");
            }
        }
    }

    fn methods(&mut self) {
        let config = self.config;
        let lists = [
            (config.local("postgresql.create_replica_methods"), "postgresql.create_replica_methods".to_owned()),
            (
                config.dynamic("postgresql.create_replica_methods"),
                config.dynamic_path("postgresql.create_replica_methods"),
            ),
            (
                config.dynamic("standby_cluster.create_replica_methods"),
                config.dynamic_path("standby_cluster.create_replica_methods"),
            ),
        ];
        for (node, path) in lists {
            if let Some(node) = node.filter(|node| node.as_str().is_some() && !self.is_fine(*node)) {
                let effect = "it is read letter by letter and no replica is ever created";
                self.report(node, &path, "a list", Category::Outage, effect);
            }
        }
    }

    fn hosts(&mut self) {
        for section in ["etcd.hosts", "etcd3.hosts"] {
            let node = self.config.local(section).filter(|node| !self.is_fine(*node));
            if let Some(node) = node.filter(|node| node.as_str().is_some_and(|text| text.trim_start().starts_with('[')))
            {
                self.report(
                    node,
                    section,
                    "a list or host:port with commas",
                    Category::Invalid,
                    "Patroni stops at start",
                );
            }
        }
    }

    fn log(&mut self) {
        if self.config.local("log.dir").is_none_or(Node::is_null) {
            return;
        }
        for path in ["log.file_size", "log.file_num"] {
            let node = self.config.local(path).filter(|node| !self.is_fine(*node));
            if let Some(node) = node.filter(|node| crate::model::python_int(*node).is_none()) {
                self.report(node, path, "a whole number", Category::Invalid, "Patroni stops at start");
            }
        }
    }
}
