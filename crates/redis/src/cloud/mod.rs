//! ElastiCache and MemoryDB: parameter groups, replication groups and clusters, however they are written down.
//!
//! Terraform, CloudFormation and the replies of `describe-cache-parameters` come to one model. Attributes carry
//! Terraform's names. A value that is computed (a variable, an interpolation, an intrinsic function) is not known, and
//! nothing is said about it.

mod cloudformation;
mod hcl;
mod modules;
mod parameters;
mod terraform;

use cloudformation::property_name;
pub(crate) use cloudformation::{describe, read_described, read_template, unknown_function_near};
pub(crate) use modules::Modules;
pub use parameters::{Allowed, ParameterInfo, node_memory};
pub(crate) use terraform::{detect as detect_terraform, read as read_terraform};

use crate::model::{Policy, Workload, WorkloadReason};
use confvet_core::{Edit, FileId, Input, Sources, Span, Spanned};
use serde::{Serialize, Serializer};

/// All resources of one file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cloud {
    /// The file.
    #[serde(skip)]
    pub file: FileId,
    /// Parameter groups, replication groups and clusters, in the order of the file.
    pub resources: Vec<Resource>,
    /// How the file is written, which decides what a fix looks like.
    #[serde(skip)]
    pub notation: Notation,
    /// The directory whose files Terraform reads as one module. A template is read alone.
    #[serde(skip)]
    pub(crate) directory: Option<String>,
    /// Intrinsic functions that CloudFormation does not have. A template with a `Transform` has none: the transform may
    /// know them.
    #[serde(skip)]
    pub unknown_functions: Vec<Spanned<String>>,
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notation {
    /// `name = "value"`.
    Terraform,
    /// `name: value`, or JSON.
    CloudFormation,
    /// What the AWS command line prints: nothing to edit.
    Reply,
}

/// What kind of resource it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResourceKind {
    /// A group of parameters.
    ParameterGroup,
    /// A primary with replicas, or shards of them.
    ReplicationGroup,
    /// A single node.
    Cluster,
    /// A module that makes such resources by rules of its own.
    Module,
}

/// One resource.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Resource {
    /// What it is.
    pub kind: ResourceKind,
    /// MemoryDB, not ElastiCache.
    pub is_memorydb: bool,
    /// The name in the file.
    pub name: String,
    /// Where it begins: type and name.
    #[serde(skip)]
    pub header: Span,
    /// Attributes under Terraform's names.
    pub attributes: Vec<Attribute>,
    /// What is set explicitly.
    pub parameters: Vec<Parameter>,
    /// What is known to hold without being set, as `describe-cache-parameters` prints it.
    pub defaults: Vec<Parameter>,
    /// Some parameters are computed, so that there may be more.
    pub is_partial: bool,
    /// What it is used for, if its own names or the facts tell.
    pub workload: Option<Workload>,
    /// Why.
    pub workload_reason: Option<WorkloadReason>,
    /// Where the first attribute begins, in front of which another one fits.
    #[serde(skip)]
    pub(crate) first: Option<Span>,
}

/// One attribute. The text of a secret is not serialised.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// Terraform's name.
    pub name: String,
    /// Its value.
    pub value: Scalar,
}

/// One parameter of a group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parameter {
    /// Its name.
    pub name: Spanned<String>,
    /// Its value.
    pub value: Scalar,
}

/// A value, if it is written down as one.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalar {
    /// The value; `None` if it is computed, or a list or a block.
    pub text: Option<String>,
    /// The resource of the same module or template that it is the name of: `aws_elasticache_parameter_group.NAME.name` or `!Ref NAME`.
    pub reference: Option<String>,
    /// Inside the quotes, if there are any.
    pub span: Span,
}

impl Serialize for Attribute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = if self.name == "auth_token" { Some("***") } else { self.value.text.as_deref() };
        (&self.name, text).serialize(serializer)
    }
}

impl Serialize for Scalar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.text.serialize(serializer)
    }
}

impl Cloud {
    /// The parameter groups.
    pub fn groups(&self) -> impl Iterator<Item = &Resource> {
        self.resources
            .iter()
            .filter(|resource| resource.kind == ResourceKind::ParameterGroup || !resource.parameters.is_empty())
    }

    /// The replication groups and clusters.
    pub fn users_of_groups(&self) -> impl Iterator<Item = &Resource> {
        self.resources.iter().filter(|resource| resource.uses_a_group())
    }

    /// The replication groups and clusters of Redis and Valkey that take the default group of their family, and where
    /// they say so.
    pub fn users_of_defaults(&self) -> impl Iterator<Item = (&Resource, Span)> {
        self.users_of_groups().filter_map(|user| {
            if user.is_partial || user.takes_settings_from_another() || !user.runs_redis() {
                return None;
            }
            match user.attribute("parameter_group_name") {
                None => Some((user, user.header)),
                Some(value) => value.text.as_ref()?.starts_with("default.").then_some((user, value.span)),
            }
        })
    }

    /// Where tokens stand.
    pub(crate) fn secrets(&self) -> Vec<Span> {
        let tokens = self.resources.iter().filter_map(|resource| resource.attribute("auth_token"));
        tokens.filter(|token| token.text.is_some()).map(|token| token.span).collect()
    }

    pub(crate) fn infer_workloads(&mut self, input: &Input<'_>) {
        let stated = Workload::stated(input.facts);
        let path = without_service_name(input.source().path());
        for resource in &mut self.resources {
            let texts = ["name", "replication_group_id", "cluster_id", "description"];
            let named = || {
                let attributes = texts.iter().filter_map(|name| resource.text(name));
                let mut all = attributes.chain([resource.name.as_str(), path.as_str()]);
                all.find_map(|text| Workload::named(&without_service_name(text)))
            };
            let found = match (stated, named()) {
                (Some(workload), _) => Some((workload, WorkloadReason::Fact)),
                (None, Some(workload)) => Some((workload, WorkloadReason::Name)),
                (None, None) if resource.is_memorydb => Some((Workload::Store, WorkloadReason::Settings)),
                (None, None) => None,
            };
            (resource.workload, resource.workload_reason) = found.unzip();
        }
    }
}

/// The service is called a cache whatever it is used for.
fn without_service_name(text: &str) -> String {
    text.replace("elasticache", "").replace("ElastiCache", "").replace("elastic-cache", "").replace("elastic_cache", "")
}

impl Resource {
    /// Is it a replication group or a cluster?
    pub(crate) fn uses_a_group(&self) -> bool {
        matches!(self.kind, ResourceKind::ReplicationGroup | ResourceKind::Cluster)
    }

    /// An attribute, if it is there.
    pub fn attribute(&self, name: &str) -> Option<&Scalar> {
        self.attributes.iter().find(|attribute| attribute.name == name).map(|attribute| &attribute.value)
    }

    /// The text of an attribute, if it is there and known.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.attribute(name)?.text.as_deref()
    }

    /// A switch: `None` if it is not there or not known.
    pub fn switch(&self, name: &str) -> Option<bool> {
        match self.text(name)? {
            "true" | "True" => Some(true),
            "false" | "False" => Some(false),
            _ => None,
        }
    }

    /// A number: `None` if it is not there or not known.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok()
    }

    /// Is the attribute there, but not known?
    pub fn is_computed(&self, name: &str) -> bool {
        self.attribute(name).is_some_and(|value| value.text.is_none())
    }

    /// A parameter, if it is set.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().rfind(|parameter| parameter.name.value == name)
    }

    /// What AWS has printed as the value of a parameter that is not set.
    fn printed(&self, name: &str) -> Option<&str> {
        self.defaults.iter().find(|parameter| parameter.name.value == name)?.value.text.as_deref()
    }

    /// Does it run Redis or Valkey, as far as the file says? A replication group does unless it names another engine.
    pub fn runs_redis(&self) -> bool {
        match self.attribute("engine") {
            Some(engine) => engine.text.as_deref().is_some_and(|engine| matches!(engine, "redis" | "valkey")),
            None => self.kind == ResourceKind::ReplicationGroup,
        }
    }

    /// Is it a member of another group, or the copy of one, whose version and parameters it takes over?
    pub fn takes_settings_from_another(&self) -> bool {
        let member = self.kind == ResourceKind::Cluster && self.attribute("replication_group_id").is_some();
        let copy = ["global_replication_group_id", "primary_cluster_id"];
        member || copy.iter().any(|name| self.attribute(name).is_some())
    }

    /// Writes one more attribute in front of the first one. `name` is Terraform's; the value is a number or a switch.
    pub(crate) fn insertion(&self, notation: Notation, sources: &Sources, name: &str, value: &str) -> Option<Edit> {
        let first = self.first?;
        let text = sources.get(first.file).text();
        let before = &text[..first.range().start];
        let indent: String = before.chars().rev().take_while(|c| matches!(c, ' ' | '\t')).collect();
        let line = match notation {
            Notation::Terraform => format!("{name} = {value}\n{indent}"),
            Notation::CloudFormation if text[first.range()].starts_with(['"', '\'']) => {
                format!("\"{}\": {value}, ", property_name(name))
            }
            Notation::CloudFormation => format!("{}: {value}\n{indent}", property_name(name)),
            Notation::Reply => return None,
        };
        Some(Edit::insert_before(first, line))
    }

    /// The family, such as `redis7`, if it is known.
    pub fn family(&self) -> Option<&str> {
        self.text("family")
    }

    /// The eviction policy that holds: what is set, or the default: `volatile-lru` for ElastiCache, `noeviction` for
    /// MemoryDB. The parameter is given along if it is set. `None` if it is computed.
    pub fn policy(&self) -> Option<(Policy, Option<&Parameter>)> {
        match self.parameter("maxmemory-policy") {
            Some(parameter) => Some((Policy::parse(parameter.value.text.as_deref()?)?, Some(parameter))),
            None if self.family().is_some_and(|family| family.starts_with("memcached")) => None,
            None if let Some(printed) = self.printed("maxmemory-policy") => Some((Policy::parse(printed)?, None)),
            // A module may have defaults of its own.
            None if self.is_partial || self.kind == ResourceKind::Module => None,
            None if self.is_memorydb => Some((Policy::NoEviction, None)),
            None => Some((Policy::Volatile("volatile-lru"), None)),
        }
    }
}
