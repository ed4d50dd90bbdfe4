//! A linter from the options object of the JavaScript constructor.

use confvet::{Level, Linter};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Options {
    target: BTreeMap<String, String>,
    facts: BTreeMap<String, Value>,
    rules: BTreeMap<String, String>,
}

pub(crate) fn linter(json: &str) -> Result<Linter, String> {
    let options: Options = serde_json::from_str(json).map_err(|error| format!("options: {error}"))?;
    let mut linter = Linter::new();
    for (program, version) in &options.target {
        linter = linter.target(program, version).map_err(|error| error.to_string())?;
    }
    for (name, value) in &options.facts {
        linter = linter.fact(name, &fact_text(value)).map_err(|error| format!("facts: {error}"))?;
    }
    for (pattern, level) in &options.rules {
        let level: Level = level.parse().map_err(|error| format!("rules: {error}"))?;
        linter = linter.rule(pattern, level).map_err(|error| format!("rules: {error}"))?;
    }
    Ok(linter)
}

/// A fact's value as the command line would have it.
fn fact_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(fact_text).collect::<Vec<_>>().join(","),
        Value::Object(entries) => {
            entries.iter().map(|(name, value)| format!("{name}={}", fact_text(value))).collect::<Vec<_>>().join(",")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_checked() {
        assert!(linter("{}").is_ok());
        assert!(linter(r#"{"facts": {"memory": "64GiB", "members": 3, "static_hosts": ["a", "b"]}}"#).is_ok());
        assert_eq!(
            linter(r#"{"facts": {"memroy": "64GiB"}}"#).unwrap_err(),
            "facts: `memroy` is no fact; did you mean `memory`?"
        );
        assert!(linter(r#"{"fact": {}}"#).unwrap_err().starts_with("options: unknown field `fact`"));
        assert!(linter(r#"{"rules": {"confvet/unused-allow": "loud"}}"#).unwrap_err().starts_with("rules: `loud`"));
    }
}
