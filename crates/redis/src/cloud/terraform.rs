//! Terraform: `aws_elasticache_*` and `aws_memorydb_*` resources, and modules around them.

use super::{Attribute, Cloud, Notation, Parameter, Resource, ResourceKind, Scalar};
use confvet_core::{FileId, Span, Spanned};
use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, ObjectKey, TraversalOperator};
use hcl_edit::structure::{Block, Body};
use hcl_edit::template::Element;
use std::ops::Range;

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
    let resources = match hcl_edit::parser::parse_body(text) {
        Ok(body) => body.blocks().filter_map(|block| resource(file, text, block)).collect(),
        Err(_) => Vec::new(),
    };
    Cloud { file, resources, notation: Notation::Terraform, directory: None, unknown_functions: Vec::new() }
}

fn resource(file: FileId, text: &str, block: &Block) -> Option<Resource> {
    let label = |index: usize| block.labels.get(index).map(hcl_edit::structure::BlockLabel::as_str);
    let (kind, is_memorydb, name) = match block.ident.as_str() {
        "resource" => {
            let (_, kind, is_memorydb) = TYPES.iter().find(|(kind, ..)| Some(*kind) == label(0))?;
            (*kind, *is_memorydb, label(1)?)
        }
        "module" => {
            let source = block.body.get_attribute("source").and_then(|source| source.value.as_str())?;
            if !source.contains("elasticache") {
                return None;
            }
            (ResourceKind::Module, false, label(0)?)
        }
        _ => return None,
    };
    let first = block.ident.span()?;
    let last = block.labels.last().and_then(hcl_edit::Span::span).unwrap_or_else(|| first.clone());
    let mut resource = Resource {
        kind,
        is_memorydb,
        name: name.to_owned(),
        header: Span::new(file, first.start..last.end),
        attributes: Vec::new(),
        parameters: Vec::new(),
        defaults: Vec::new(),
        is_partial: false,
        workload: None,
        workload_reason: None,
        first: block.body.attributes().next().and_then(|first| first.key.span()).map(|key| Span::new(file, key)),
    };
    fill(&mut resource, file, text, &block.body);
    Some(resource)
}

fn fill(resource: &mut Resource, file: FileId, text: &str, body: &Body) {
    for attribute in body.attributes() {
        let name = attribute.key.as_str();
        if matches!(name, "parameter" | "parameters") {
            list(resource, file, text, &attribute.value);
            continue;
        }
        let value = scalar(file, text, &attribute.value);
        resource.attributes.push(Attribute { name: name.to_owned(), value });
    }
    for block in body.blocks() {
        match block.ident.as_str() {
            "parameter" => {
                let part = |name: &str| block.body.get_attribute(name).map(|part| scalar(file, text, &part.value));
                match (part("name"), part("value")) {
                    (Some(name), Some(value)) => add(resource, name, value),
                    _ => resource.is_partial = true,
                }
            }
            "dynamic" => resource.is_partial = true,
            "cluster_mode" => fill(resource, file, text, &block.body),
            _ => {}
        }
    }
}

/// `[{ name = "…", value = "…" }, …]`, as modules take it.
fn list(resource: &mut Resource, file: FileId, text: &str, expression: &Expression) {
    let Some(items) = expression.as_array() else {
        resource.is_partial = true;
        return;
    };
    for item in items {
        let Some(object) = item.as_object() else {
            resource.is_partial = true;
            continue;
        };
        let part = |wanted: &str| {
            let is_it = |key: &ObjectKey| match key {
                ObjectKey::Ident(ident) => ident.as_str() == wanted,
                ObjectKey::Expression(expression) => {
                    expression.as_str() == Some(wanted)
                        || matches!(expression, Expression::Variable(name) if name.as_str() == wanted)
                }
            };
            let (_, value) = object.iter().find(|(key, _)| is_it(key))?;
            Some(scalar(file, text, value.expr()))
        };
        match (part("name"), part("value")) {
            (Some(name), Some(value)) => add(resource, name, value),
            _ => resource.is_partial = true,
        }
    }
}

fn add(resource: &mut Resource, name: Scalar, value: Scalar) {
    match name.text {
        Some(text) => resource.parameters.push(Parameter { name: Spanned::new(text, name.span), value }),
        None => resource.is_partial = true,
    }
}

/// A literal; everything else is computed.
fn scalar(file: FileId, text: &str, expression: &Expression) -> Scalar {
    let range = expression.span().unwrap_or(0..0);
    let value = match expression {
        Expression::String(string) => Some(string.as_str().to_owned()),
        Expression::Number(number) => Some(number.value().to_string()),
        Expression::Bool(value) => Some(value.value().to_string()),
        _ => None,
    };
    let range = if matches!(expression, Expression::String(_)) { inside_quotes(text, range) } else { range };
    Scalar { text: value, reference: reference(expression), span: Span::new(file, range) }
}

/// The name of the parameter group that `aws_elasticache_parameter_group.NAME.name` means, also as `"${…}"`.
fn reference(expression: &Expression) -> Option<String> {
    let traversal = match expression {
        Expression::Traversal(traversal) => traversal,
        Expression::StringTemplate(template) => {
            let mut elements = template.iter();
            match (elements.next()?, elements.next()) {
                (Element::Interpolation(only), None) => only.expr.as_traversal()?,
                _ => return None,
            }
        }
        _ => return None,
    };
    let Expression::Variable(kind) = &traversal.expr else { return None };
    let is_group =
        TYPES.iter().any(|(name, resource, _)| *resource == ResourceKind::ParameterGroup && *name == kind.as_str());
    match traversal.operators.first().map(hcl_edit::Decorated::value) {
        Some(TraversalOperator::GetAttr(name)) if is_group => Some(name.as_str().to_owned()),
        _ => None,
    }
}

fn inside_quotes(text: &str, range: Range<usize>) -> Range<usize> {
    let raw = text.get(range.clone()).unwrap_or_default();
    if raw.len() >= 2 && raw.starts_with('"') && raw.ends_with('"') { range.start + 1..range.end - 1 } else { range }
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
