//! The files as they are written: as JSON by the key table, and as the types of [`crate::config`].
//!
//! Both say the same, and a test holds them against each other. The JSON needs none of the types, so that a program that
//! only prints it, such as the module of the browser, does not carry the code of seventy-nine of them.

use super::Document;
use crate::config::{Config, RuleFile, Secret, StaticConfig};
use crate::keys::{SCHEMA, detail_at};
use crate::units::{parse_duration, parse_size};
use confvet_core::FileId;
use confvet_yaml::schema::Type;
use confvet_yaml::{Node, Value, Yaml, de};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Serialize, Serializer};

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// prometheus.yml
    Config,
    /// Named by `scrape_config_files`.
    ScrapeConfig,
    /// A rule file.
    Rules,
    /// A manifest for Kubernetes with rules in it.
    Manifest,
    /// Named by `file_sd_configs`.
    Targets,
}

/// A file that went into a model.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    pub(crate) role: Role,
    pub(crate) yaml: Yaml,
}

impl Tree {
    pub(crate) fn new(role: Role, yaml: Yaml) -> Self {
        Self { role, yaml }
    }

    fn roots(&self) -> impl Iterator<Item = Node<'_>> {
        let manifest = self.role == Role::Manifest;
        let own = self.yaml.root().filter(|_| !manifest);
        let specs = self.yaml.documents().filter(move |_| manifest).filter_map(|document| {
            let root = document.root();
            root.get("spec").filter(|_| root.get("kind").and_then(Node::as_str) == Some("PrometheusRule"))
        });
        own.into_iter().chain(specs)
    }
}

/// A target file.
const TARGETS: Type = Type::List(&Type::Mapping("static_configs"));

impl Document {
    fn roots(&self, roles: &'static [Role]) -> impl Iterator<Item = Node<'_>> {
        self.trees.iter().filter(|tree| roles.contains(&tree.role)).flat_map(Tree::roots)
    }

    fn read<'a, T: Deserialize<'a>>(&'a self, roles: &'static [Role]) -> Vec<T> {
        self.roots(roles).filter_map(|root| de::from_node_lenient(root).0).collect()
    }

    /// Everything that prometheus.yml says. `None` if there is none, or if it is no YAML.
    pub fn config(&self) -> Option<Config> {
        self.read(&[Role::Config]).pop()
    }

    /// Everything that the files say which `scrape_config_files` names.
    pub fn scrape_config_files(&self) -> Vec<Config> {
        self.read(&[Role::ScrapeConfig])
    }

    /// Everything that the rule files say.
    pub fn rule_files(&self) -> Vec<RuleFile> {
        self.read(&[Role::Rules, Role::Manifest])
    }

    /// Everything that the target files say.
    pub fn target_files(&self) -> Vec<Vec<StaticConfig>> {
        self.read(&[Role::Targets])
    }

    /// An item by its number in the tree of its file.
    pub(super) fn item(&self, file: FileId, number: u32) -> Option<Node<'_>> {
        let at = self.trees.binary_search_by_key(&file, |tree| tree.yaml.file()).ok()?;
        self.trees[at].yaml.node(number)
    }
}

/// `config`, `scrape_config_files`, `rule_files` and `target_files`, each where there is one.
impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const CONFIG: Type = Type::Mapping("top level");
        const RULES: Type = Type::Mapping("rule file");
        let mut map = serializer.serialize_map(None)?;
        if let Some(root) = self.roots(&[Role::Config]).find(|root| CONFIG.fits(*root)) {
            map.serialize_entry("config", &Shown { node: root, kind: &CONFIG, secret: false })?;
        }
        let lists: [(&str, &'static [Role], &Type); 3] = [
            ("scrape_config_files", &[Role::ScrapeConfig], &CONFIG),
            ("rule_files", &[Role::Rules, Role::Manifest], &RULES),
            ("target_files", &[Role::Targets], &TARGETS),
        ];
        for (name, roles, kind) in lists {
            let fitting = self.roots(roles).filter(|root| kind.fits(*root));
            let shown: Vec<Shown<'_>> = fitting.map(|node| Shown { node, kind, secret: false }).collect();
            if !shown.is_empty() {
                map.serialize_entry(name, &shown)?;
            }
        }
        map.end()
    }
}

/// Does a value fit a type of the key table, so that the typed model holds it?
trait Fits {
    fn fits(&self, node: Node<'_>) -> bool;
}

impl Fits for Type {
    fn fits(&self, node: Node<'_>) -> bool {
        if node.is_null() {
            return matches!(self, Type::Any);
        }
        match self {
            Type::Any => true,
            Type::Mapping(_) | Type::Map(_) => node.is_mapping(),
            Type::List(_) => node.is_sequence(),
            Type::Bool => node.as_bool().is_some(),
            Type::Int => node.as_i64().is_some(),
            Type::Uint => node.as_u64().is_some(),
            Type::Float => node.as_f64().is_some(),
            Type::Text => node.as_str().is_some(),
            Type::Enum(words) => node.as_str().is_some_and(|text| words.contains(&text)),
            Type::EnumAnyCase(words) => {
                node.as_str().is_some_and(|text| words.iter().any(|word| word.eq_ignore_ascii_case(text)))
            }
            Type::Scalar("duration") => node.as_str().is_some_and(|text| parse_duration(text).is_ok()),
            Type::Scalar("size") => node.as_str().is_some_and(|text| parse_size(text).is_some()),
            Type::Scalar(_) => node.as_str().is_some(),
            Type::OneOf(kinds) => kinds.iter().any(|kind| kind.fits(node)),
        }
    }
}

/// A value that fits its type, as the typed model prints it.
struct Shown<'a> {
    node: Node<'a>,
    kind: &'a Type,
    secret: bool,
}

impl<'a> Shown<'a> {
    /// A value below it, if it fits its type.
    fn inner(&self, node: Node<'a>, kind: &'a Type) -> Option<Self> {
        kind.fits(node).then_some(Self { node, kind, secret: self.secret })
    }

    /// Nothing of a list or of a map is left.
    fn is_hollow(&self) -> bool {
        match self.kind {
            Type::List(kind) => !self.node.items().any(|item| kind.fits(item)),
            Type::Map(kind) => !self.node.fields().iter().any(|field| kind.fits(field.value)),
            _ => false,
        }
    }
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = || self.node.as_str().unwrap_or_default();
        match *self.kind {
            Type::Mapping(context) => {
                let mut map = serializer.serialize_map(None)?;
                for field in self.node.fields() {
                    let Some(at) = field.key.text().and_then(|key| SCHEMA.place(context, key)) else { continue };
                    let row = &SCHEMA.keys[at];
                    let shown = Shown { node: field.value, kind: &row.kind, secret: detail_at(at).secret };
                    if row.kind.fits(field.value) && !field.value.is_null() && !shown.is_hollow() {
                        map.serialize_entry(row.key, &shown)?;
                    }
                }
                map.end()
            }
            Type::Map(kind) => {
                let mut map = serializer.serialize_map(None)?;
                for field in self.node.fields() {
                    if let (Some(key), Some(shown)) = (field.key.text(), self.inner(field.value, kind)) {
                        map.serialize_entry(key, &shown)?;
                    }
                }
                map.end()
            }
            Type::List(kind) => {
                let mut list = serializer.serialize_seq(None)?;
                for shown in self.node.items().filter_map(|item| self.inner(item, kind)) {
                    list.serialize_element(&shown)?;
                }
                list.end()
            }
            Type::Bool => serializer.serialize_bool(self.node.as_bool().unwrap_or_default()),
            Type::Int => serializer.serialize_i64(self.node.as_i64().unwrap_or_default()),
            Type::Uint => serializer.serialize_u64(self.node.as_u64().unwrap_or_default()),
            Type::Float => serializer.serialize_f64(self.node.as_f64().unwrap_or_default()),
            _ if self.secret => serializer.serialize_str(Secret::MASK),
            Type::EnumAnyCase(words) => {
                let word = words.iter().find(|word| word.eq_ignore_ascii_case(text()));
                serializer.serialize_str(word.copied().unwrap_or_default())
            }
            Type::Scalar("duration") => match parse_duration(text()) {
                Ok(duration) => duration.serialize(serializer),
                Err(_) => serializer.serialize_none(),
            },
            Type::Scalar("size") => parse_size(text()).serialize(serializer),
            Type::Any | Type::OneOf(_) => Plain(self.node).serialize(serializer),
            Type::Text | Type::Enum(_) | Type::Scalar(_) => serializer.serialize_str(text()),
        }
    }
}

/// A value of which nothing is known.
struct Plain<'a>(Node<'a>);

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.value() {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(value),
            Value::Int(value) => match i64::try_from(value) {
                Ok(value) => serializer.serialize_i64(value),
                #[expect(clippy::cast_precision_loss, reason = "it has no other place")]
                Err(_) => serializer.serialize_f64(value as f64),
            },
            Value::Float(value) => serializer.serialize_f64(value),
            Value::Str(text) | Value::Timestamp(text) => serializer.serialize_str(text),
            Value::Sequence => serializer.collect_seq(self.0.items().map(Plain)),
            Value::Mapping => {
                let fields = self.0.fields();
                let entries = fields.iter().filter_map(|field| Some((field.key.text()?, Plain(field.value))));
                serializer.collect_map(entries)
            }
        }
    }
}
