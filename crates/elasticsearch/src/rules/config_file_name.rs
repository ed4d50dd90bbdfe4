//! Settings in a file whose name the program does not read.

use crate::model::Elasticsearch;
use crate::node::Carrier;
use confvet_core::{Category, Context, Findings, Rule, Severity, source};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/config-file-name", check };

const SPELLINGS: &[&str] =
    &["elasticsearch.yml", "elasticsearch.yaml", "elasticsearch.json", "elasticsearch.properties"];

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for node in model.nodes.iter().filter(|node| node.carrier == Carrier::Files) {
        let path = context.path(node.file);
        let name = source::file_name(path);
        let Some(first) = node.settings().next().filter(|_| SPELLINGS.contains(&name)) else { continue };
        let release = &node.release;
        let directory = source::parent(path);
        let other = SPELLINGS
            .iter()
            .find(|other| **other != name && context.sources.by_path(&source::join(directory, other)).is_some());
        // 5.x still read the other spellings of YAML and JSON.
        let major = if name == "elasticsearch.properties" { 5 } else { 6 };
        let (message, refused) = if name != "elasticsearch.yml" && release.may_be_from(major, 0) {
            let message = format!("{name} is not read since {major}.0: the file must be elasticsearch.yml");
            (message, release.is_from(major, 0))
        } else if let Some(other) = other.filter(|other| name > **other && release.may_be_from(2, 0)) {
            (format!("{name} lies beside {other}: two files of settings are refused since 2.0"), release.is_from(2, 0))
        } else {
            continue;
        };
        let certain = refused && release.is_stated();
        findings
            .report(first.key_span, message)
            .severity(if refused { release.temper(Severity::Error) } else { Severity::Warning })
            .category(if certain { Category::Invalid } else { Category::Outage })
            .help("keep all settings in one elasticsearch.yml");
    }
}
