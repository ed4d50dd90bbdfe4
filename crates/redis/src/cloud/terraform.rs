//! Terraform: `aws_elasticache_*` and `aws_memorydb_*` resources, and modules around them.

use super::hcl::{Block, Body, Expression, Value};
use super::{Attribute, Cloud, Notation, Parameter, Resource, ResourceKind, Scalar};
use confvet_core::{FileId, Span, Spanned};

/// Which types of resource are read, and what they are.
const TYPES: &[(&str, ResourceKind, bool)] = &[
    ("aws_elasticache_parameter_group", ResourceKind::ParameterGroup, false),
    ("aws_elasticache_replication_group", ResourceKind::ReplicationGroup, false),
    ("aws_elasticache_cluster", ResourceKind::Cluster, false),
    ("aws_memorydb_parameter_group", ResourceKind::ParameterGroup, true),
    ("aws_memorydb_cluster", ResourceKind::ReplicationGroup, true),
];

/// Does the text mention one of these types, or a module with the service in its source?
pub(crate) fn detect(text: &str) -> Option<String> {
    let quoted = |kind: &str| text.contains(&format!("\"{kind}\""));
    if let Some((kind, ..)) = TYPES.iter().find(|(kind, ..)| quoted(kind)) {
        return Some(format!("a resource of type `{kind}`"));
    }
    let source = |line: &str| {
        let line = line.trim_start();
        line.starts_with("source") && line.contains("elasticache")
    };
    (text.contains("module") && text.lines().any(source))
        .then(|| "a module whose source is about ElastiCache".to_owned())
}

/// Reads all resources of a file. A file that is no HCL gives none: Terraform itself says why.
pub(crate) fn read(file: FileId, text: &str) -> Cloud {
    let blocks = Body::parse(text).unwrap_or_default().blocks;
    let resources = blocks.iter().filter_map(|block| resource(file, block)).collect();
    Cloud { file, resources, notation: Notation::Terraform, directory: None, unknown_functions: Vec::new() }
}

fn resource(file: FileId, block: &Block<'_>) -> Option<Resource> {
    let label = |index: usize| block.labels.get(index).map(String::as_str);
    let (kind, is_memorydb, name) = match block.kind {
        "resource" => {
            let (_, kind, is_memorydb) = TYPES.iter().find(|(kind, ..)| Some(*kind) == label(0))?;
            (*kind, *is_memorydb, label(1)?)
        }
        "module" if block.body.get("source")?.text()?.contains("elasticache") => {
            (ResourceKind::Module, false, label(0)?)
        }
        _ => return None,
    };
    let mut resource = Resource {
        kind,
        is_memorydb,
        name: name.to_owned(),
        header: Span::new(file, block.header.clone()),
        attributes: Vec::new(),
        parameters: Vec::new(),
        defaults: Vec::new(),
        is_partial: false,
        workload: None,
        workload_reason: None,
        first: block.body.attributes.first().map(|first| Span::new(file, first.name_range.clone())),
    };
    fill(&mut resource, file, &block.body);
    Some(resource)
}

fn fill(resource: &mut Resource, file: FileId, body: &Body<'_>) {
    for attribute in &body.attributes {
        if matches!(attribute.name, "parameter" | "parameters") {
            list(resource, file, &attribute.value);
            continue;
        }
        let value = scalar(file, &attribute.value);
        resource.attributes.push(Attribute { name: attribute.name.to_owned(), value });
    }
    for block in &body.blocks {
        match block.kind {
            "parameter" => {
                let part = |name: &str| block.body.get(name).map(|part| scalar(file, part));
                add(resource, part("name"), part("value"));
            }
            "dynamic" => resource.is_partial = true,
            "cluster_mode" => fill(resource, file, &block.body),
            _ => {}
        }
    }
}

/// `[{ name = "…", value = "…" }, …]`, as modules take it.
fn list(resource: &mut Resource, file: FileId, expression: &Expression<'_>) {
    let Value::List(items) = &expression.value else {
        resource.is_partial = true;
        return;
    };
    for item in items {
        let entries = if let Value::Object(entries) = &item.value { entries.as_slice() } else { &[] };
        let part = |wanted: &str| {
            let (_, value) = entries.iter().find(|(key, _)| key.is_key(wanted))?;
            Some(scalar(file, value))
        };
        add(resource, part("name"), part("value"));
    }
}

/// One parameter; one whose name or value is not there is one more that nobody knows.
fn add(resource: &mut Resource, name: Option<Scalar>, value: Option<Scalar>) {
    match (name, value) {
        (Some(Scalar { text: Some(name), span, .. }), Some(value)) => {
            resource.parameters.push(Parameter { name: Spanned::new(name, span), value });
        }
        _ => resource.is_partial = true,
    }
}

/// A literal; everything else is computed.
fn scalar(file: FileId, expression: &Expression<'_>) -> Scalar {
    let range = expression.range.clone();
    let (value, range) = match &expression.value {
        Value::Text(value) => (Some(value.clone()), range.start + 1..range.end - 1),
        Value::Number(number) => (Some(number.clone()), range),
        Value::Bool(value) => (Some(value.to_string()), range),
        _ => (None, range),
    };
    Scalar { text: value, reference: reference(expression), span: Span::new(file, range) }
}

/// The name of the parameter group that `aws_elasticache_parameter_group.NAME.name` means, also as `"${…}"`.
fn reference(expression: &Expression<'_>) -> Option<String> {
    let Value::Reference(names) = &expression.value else { return None };
    let [kind, name, ..] = names.as_slice() else { return None };
    let is_group =
        |(known, resource, _): &(&str, ResourceKind, bool)| *resource == ResourceKind::ParameterGroup && known == kind;
    TYPES.iter().any(is_group).then(|| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::modules::Uses;

    #[test]
    fn blocks_lists_and_computed_values_are_told_apart() {
        let text = r#"
resource "aws_elasticache_parameter_group" "sessions" {
  name   = "sessions-redis7"
  family = "redis7"
  parameter {
    name  = "reserved-memory"
    value = "20"
  }
  parameter {
    name  = "timeout"
    value = var.timeout
  }
}
module "cache" {
  source     = "terraform-aws-modules/elasticache/aws"
  parameters = [{ name = "maxmemory-policy", value = "noeviction" }, { name = "timeout", value = 20 }]
}
resource "aws_s3_bucket" "x" {}
"#;
        let cloud = read(FileId(0), text);
        assert_eq!(cloud.resources.len(), 2);
        let group = &cloud.resources[0];
        assert_eq!(group.family(), Some("redis7"));
        let value = &group.parameters[0].value;
        assert_eq!((value.text.as_deref(), &text[value.span.range()]), (Some("20"), "20"));
        assert_eq!(group.parameters[1].value.text, None);
        let module = &cloud.resources[1];
        assert_eq!(module.parameter("timeout").unwrap().value.text.as_deref(), Some("20"));
        assert_eq!(&text[group.header.range()], "resource \"aws_elasticache_parameter_group\" \"sessions\"");
    }

    #[test]
    fn a_group_is_found_by_name_and_by_reference() {
        let text = r#"
resource "aws_elasticache_parameter_group" "sessions" {
  name   = "sessions-redis7"
  family = "redis7"
}
resource "aws_elasticache_replication_group" "a" {
  parameter_group_name = aws_elasticache_parameter_group.sessions.name
}
resource "aws_elasticache_replication_group" "b" {
  parameter_group_name = "${aws_elasticache_parameter_group.sessions[0].id}"
}
resource "aws_elasticache_replication_group" "c" {
  parameter_group_name = "sessions-redis7"
}
resource "aws_elasticache_replication_group" "d" {
  parameter_group_name = var.group
}
"#;
        let cloud = read(FileId(0), text);
        assert_eq!(Uses::of(&[&cloud]).users_of(&cloud.resources[0]), [(0, 1), (0, 2), (0, 3)]);
    }

    #[test]
    fn broken_files_give_nothing() {
        assert!(read(FileId(0), "resource \"aws_elasticache_cluster\" {{{").resources.is_empty());
    }
}
