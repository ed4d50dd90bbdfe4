//! CloudFormation templates in YAML and JSON, and what `describe-cache-parameters` prints.

use super::{Attribute, Cloud, Notation, Parameter, Resource, ResourceKind, Scalar};
use confvet_core::{FileId, Spanned, did_you_mean};
use confvet_yaml::{Dialect, Node, Yaml};

const TYPES: &[(&str, ResourceKind, bool)] = &[
    ("AWS::ElastiCache::ParameterGroup", ResourceKind::ParameterGroup, false),
    ("AWS::ElastiCache::ReplicationGroup", ResourceKind::ReplicationGroup, false),
    ("AWS::ElastiCache::CacheCluster", ResourceKind::Cluster, false),
    ("AWS::MemoryDB::ParameterGroup", ResourceKind::ParameterGroup, true),
    ("AWS::MemoryDB::Cluster", ResourceKind::ReplicationGroup, true),
];

/// What the text is, if it is one of these.
pub(crate) fn describe(text: &str) -> Option<(bool, String)> {
    if text.contains("Resources")
        && let Some((kind, ..)) = TYPES.iter().find(|(kind, ..)| text.contains(kind))
    {
        return Some((true, format!("a resource of type `{kind}`")));
    }
    let cache = text.contains("\"ParameterName\"") && text.contains("\"Parameters\"");
    let memory =
        text.contains("\"AllowedValues\"") && text.contains("\"MinimumEngineVersion\"") && text.contains("\"Name\"");
    let starts = text.trim_start().starts_with('{');
    (starts && (cache || memory)).then(|| (false, "a list of cache parameters, as AWS prints it".to_owned()))
}

/// Reads the resources of a template.
pub(crate) fn read_template(file: FileId, text: &str) -> Cloud {
    let yaml = Yaml::parse(file, text, Dialect::Core);
    let mut resources = Vec::new();
    for field in yaml.root().and_then(|root| root.get("Resources")).map(Node::fields).unwrap_or_default() {
        let node = field.value;
        let kind = node.get("Type").and_then(Node::text);
        let Some((_, kind, is_memorydb)) = TYPES.iter().find(|(name, ..)| Some(*name) == kind) else { continue };
        resources.push(resource(node, *kind, *is_memorydb));
    }
    let mut unknown_functions = Vec::new();
    if let Some(root) = yaml.root().filter(|root| root.get("Transform").is_none()) {
        find_unknown_functions(root, &mut unknown_functions);
    }
    Cloud { file, resources, notation: Notation::CloudFormation, directory: None, unknown_functions }
}

/// The intrinsic functions of CloudFormation and of its rules, without `Fn::`.
const FUNCTIONS: &[&str] = &[
    "And",
    "Base64",
    "Cidr",
    "Condition",
    "Contains",
    "EachMemberEquals",
    "EachMemberIn",
    "Equals",
    "FindInMap",
    "GetAZs",
    "GetAtt",
    "GetStackOutput",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Ref",
    "RefAll",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
    "ValueOf",
    "ValueOfAll",
];

/// The function that was probably meant, in the form in which it was written.
pub(crate) fn unknown_function_near(function: &str) -> Option<String> {
    let prefix = if function.starts_with('!') { "!" } else { "Fn::" };
    let name = function.strip_prefix(prefix)?;
    did_you_mean(name, FUNCTIONS.iter().copied()).map(|near| format!("{prefix}{near}"))
}

/// Collects the functions that CloudFormation does not have. The tree is no deeper than the YAML reader lets it be.
fn find_unknown_functions(node: Node<'_>, unknown: &mut Vec<Spanned<String>>) {
    let is_known = |name: &str| FUNCTIONS.contains(&name) || name.starts_with("ForEach::");
    if let Some(name) = node.tag().and_then(|tag| tag.strip_prefix('!')).filter(|name| !is_known(name)) {
        let tag = node.span().slice(0..name.len() + 1);
        unknown.push(Spanned::new(format!("!{name}"), tag));
    }
    for entry in node.entries() {
        let function = entry.key.text().and_then(|key| key.strip_prefix("Fn::"));
        if let Some(name) = function.filter(|name| !is_known(name)) {
            unknown.push(Spanned::new(format!("Fn::{name}"), entry.key.content_span()));
        }
        if !entry.value.is_alias() {
            find_unknown_functions(entry.value, unknown);
        }
    }
    for item in node.items().filter(|item| !item.is_alias()) {
        find_unknown_functions(item, unknown);
    }
}

fn resource(node: Node<'_>, kind: ResourceKind, is_memorydb: bool) -> Resource {
    let mut resource = Resource {
        kind,
        is_memorydb,
        name: node.key().and_then(Node::text).unwrap_or_default().to_owned(),
        header: node.key_span(),
        attributes: Vec::new(),
        parameters: Vec::new(),
        defaults: Vec::new(),
        is_partial: false,
        workload: None,
        workload_reason: None,
        first: None,
    };
    let Some(properties) = node.get("Properties") else { return resource };
    if !properties.is_mapping() || is_computed(properties) {
        resource.is_partial = true;
        return resource;
    }
    resource.first = properties.fields().first().map(|first| first.value.key_span());
    for field in properties.fields() {
        let Some(name) = field.value.key().and_then(Node::text) else { continue };
        if name.starts_with("Fn::") {
            resource.is_partial = true;
        } else if matches!(name, "Properties" | "Parameters") && kind == ResourceKind::ParameterGroup {
            parameters(&mut resource, field.value);
        } else {
            let value = scalar(field.value);
            resource.attributes.push(Attribute { name: terraform_name(name), value });
        }
    }
    resource
}

fn parameters(resource: &mut Resource, node: Node<'_>) {
    if !node.is_mapping() || is_computed(node) {
        resource.is_partial = true;
        return;
    }
    for field in node.fields() {
        let Some(key) = field.value.key() else { continue };
        let Some(name) = key.text() else { continue };
        if name.starts_with("Fn::") {
            resource.is_partial = true;
            continue;
        }
        let name = Spanned::new(name.to_owned(), key.content_span());
        resource.parameters.push(Parameter { name, value: scalar(field.value) });
    }
}

/// Does an intrinsic function make this value, in its short form `!Ref` or its long one?
fn is_computed(node: Node<'_>) -> bool {
    let long = |node: Node<'_>| {
        let mut fields = node.entries();
        let first = fields.next().and_then(|entry| entry.key.text());
        first.is_some_and(|key| key == "Ref" || key.starts_with("Fn::")) && fields.next().is_none()
    };
    node.tag().is_some_and(|tag| !tag.starts_with("tag:yaml.org")) || (node.is_mapping() && long(node))
}

fn scalar(node: Node<'_>) -> Scalar {
    let known = !node.is_mapping() && !node.is_sequence() && !is_computed(node) && !node.is_null();
    let text = known.then(|| node.text()).flatten().map(str::to_owned);
    // A count is all that matters of a list of shards.
    let text = if node.is_sequence() && !is_computed(node) { Some(node.items().len().to_string()) } else { text };
    Scalar { text, reference: reference(node), span: node.content_span() }
}

/// The resource that `!Ref NAME` or `{Ref: NAME}` means.
fn reference(node: Node<'_>) -> Option<String> {
    let name = if node.tag() == Some("!Ref") { Some(node) } else { node.get("Ref").filter(|_| is_computed(node)) };
    name.and_then(Node::text).map(str::to_owned)
}

/// The property that Terraform calls so.
pub(super) fn property_name(name: &str) -> String {
    if name == "multi_az_enabled" {
        return "MultiAZEnabled".to_owned();
    }
    let capital = |word: &str| word.split_at_checked(1).map(|(first, rest)| first.to_ascii_uppercase() + rest);
    name.split('_').filter_map(capital).collect()
}

/// The name that Terraform gives to a property.
fn terraform_name(name: &str) -> String {
    let known = match name {
        "CacheParameterGroupFamily" | "Family" => "family",
        "CacheParameterGroupName" | "ParameterGroupName" => "parameter_group_name",
        "CacheNodeType" | "NodeType" => "node_type",
        "NumCacheClusters" => "num_cache_clusters",
        "MultiAZEnabled" => "multi_az_enabled",
        "ReplicationGroupDescription" | "Description" => "description",
        "ClusterName" => "cluster_id",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    let mut snake = String::with_capacity(name.len() + 4);
    for (index, c) in name.chars().enumerate() {
        if c.is_ascii_uppercase() && index > 0 {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

/// Reads what `describe-cache-parameters` prints, and `describe-parameters` of MemoryDB. What a user has set is told from
/// defaults by its `Source`; MemoryDB does not say, so that all of it is taken for defaults. The defaults of an engine, as
/// `describe-engine-default-parameters` lists them, hold for nobody in particular.
pub(crate) fn read_described(file: FileId, text: &str) -> Cloud {
    let yaml = Yaml::parse(file, text, Dialect::Core);
    let mut resources = Vec::new();
    if let Some(root) = yaml.root() {
        let inner = root.get("EngineDefaults").unwrap_or(root);
        let family = root
            .at_path(["EngineDefaults", "CacheParameterGroupFamily"])
            .or_else(|| root.get("CacheParameterGroupFamily"));
        let list = inner.get("Parameters");
        let mut group = Resource {
            kind: ResourceKind::ParameterGroup,
            is_memorydb: false,
            name: String::new(),
            header: list.map_or(root.span(), Node::key_span),
            attributes: Vec::new(),
            parameters: Vec::new(),
            defaults: Vec::new(),
            is_partial: true,
            workload: None,
            workload_reason: None,
            first: None,
        };
        if let Some(family) = family {
            group.attributes.push(Attribute { name: "family".to_owned(), value: scalar(family) });
        }
        let items = list.into_iter().flat_map(Node::items);
        for item in items {
            let name = item.get("ParameterName").or_else(|| item.get("Name"));
            let value = item.get("ParameterValue").or_else(|| item.get("Value"));
            let (Some(name), Some(value)) = (name, value) else { continue };
            let Some(text) = name.text() else { continue };
            group.is_memorydb |= item.get("ParameterName").is_none();
            let parameter =
                Parameter { name: Spanned::new(text.to_owned(), name.content_span()), value: scalar(value) };
            if item.get("Source").and_then(Node::text) == Some("user") {
                group.parameters.push(parameter);
            } else if root.get("EngineDefaults").is_none() {
                group.defaults.push(parameter);
            }
        }
        resources.push(group);
    }
    Cloud { file, resources, notation: Notation::Reply, directory: None, unknown_functions: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::modules::Uses;

    #[test]
    fn functions_that_cloudformation_lacks_are_found_in_both_forms() {
        let text =
            "Resources:\n  A: !Rain::Embed x.js\n  B:\n    Fn::Jion: ['', [a]]\n  C: !Sub x\n  D: [!GetAtt A.Arn]\n";
        let cloud = read_template(FileId(0), text);
        let found: Vec<&str> = cloud.unknown_functions.iter().map(|name| &text[name.span.range()]).collect();
        assert_eq!(found, ["!Rain::Embed", "Fn::Jion"]);
        let transformed = format!("Transform: AWS::LanguageExtensions\n{text}");
        assert_eq!(read_template(FileId(0), &transformed).unknown_functions, []);
    }

    #[test]
    fn short_and_long_functions_are_not_known() {
        let text = "Resources:\n  Group:\n    Type: AWS::ElastiCache::ParameterGroup\n    Properties:\n      CacheParameterGroupFamily: !Ref Family\n      Properties:\n        reserved-memory: 20\n        timeout: !Sub '${T}'\n        databases: {Ref: D}\n";
        let cloud = read_template(FileId(0), text);
        let group = &cloud.resources[0];
        assert_eq!((group.name.as_str(), group.family()), ("Group", None));
        let value = |name: &str| group.parameter(name).unwrap().value.text.clone();
        assert_eq!(value("reserved-memory").as_deref(), Some("20"));
        assert_eq!((value("timeout"), value("databases")), (None, None));
    }

    #[test]
    fn json_templates_and_replies_are_read() {
        let text = r#"{"Resources": {"G": {"Type": "AWS::ElastiCache::ParameterGroup", "Properties": {"CacheParameterGroupFamily": "redis7", "Properties": {"reserved-memory": "20"}}}}}"#;
        let cloud = read_template(FileId(0), text);
        let value = &cloud.resources[0].parameter("reserved-memory").unwrap().value;
        assert_eq!(&text[value.span.range()], "20");
        let text = r#"{"Parameters": [{"ParameterName": "reserved-memory", "ParameterValue": "20", "Source": "user"}, {"ParameterName": "timeout", "ParameterValue": "0", "Source": "system"}]}"#;
        assert!(!describe(text).unwrap().0);
        let cloud = read_described(FileId(0), text);
        assert_eq!(cloud.resources[0].parameters.len(), 1);
        let text = r#"{"Parameters": [{"Name": "maxmemory-policy", "Value": "noeviction", "AllowedValues": "noeviction,allkeys-lru", "MinimumEngineVersion": "6.2.4"}]}"#;
        assert!(!describe(text).unwrap().0);
        let cloud = read_described(FileId(0), text);
        assert!(cloud.resources[0].is_memorydb);
        assert_eq!(cloud.resources[0].policy().map(|(policy, _)| policy.as_str()), Some("noeviction"));
    }

    #[test]
    fn a_group_is_found_by_reference() {
        let text = "Resources:\n  G:\n    Type: AWS::ElastiCache::ParameterGroup\n    Properties:\n      CacheParameterGroupFamily: redis7\n  A:\n    Type: AWS::ElastiCache::ReplicationGroup\n    Properties:\n      CacheParameterGroupName: !Ref G\n  B:\n    Type: AWS::ElastiCache::ReplicationGroup\n    Properties:\n      CacheParameterGroupName: {Ref: G}\n";
        let cloud = read_template(FileId(0), text);
        assert_eq!(Uses::of(&[&cloud]).users_of(&cloud.resources[0]), [(0, 1), (0, 2)]);
    }

    #[test]
    fn names_become_those_of_terraform() {
        assert_eq!(terraform_name("AutomaticFailoverEnabled"), "automatic_failover_enabled");
        assert_eq!(terraform_name("NumNodeGroups"), "num_node_groups");
        assert_eq!(terraform_name("AtRestEncryptionEnabled"), "at_rest_encryption_enabled");
        for name in ["AutomaticFailoverEnabled", "MultiAZEnabled", "DataTieringEnabled", "NumCacheClusters"] {
            assert_eq!(property_name(&terraform_name(name)), name);
        }
    }
}
