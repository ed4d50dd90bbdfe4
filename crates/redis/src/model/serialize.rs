//! The models as data: what holds in the end, without places, secrets masked.

use super::{AclFile, AclUser, RedisConf};
use crate::schema;
use confvet_core::Map;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

const MASK: &str = "***";

impl Serialize for RedisConf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("mode", &self.mode)?;
        map.serialize_entry("release", &self.release)?;
        map.serialize_entry("workload", &self.workload())?;
        map.serialize_entry("settings", &self.settings())?;
        map.serialize_entry("save", &self.save_points().points)?;
        let renames: Vec<(&str, &str)> =
            self.renames().map(|rename| (rename.command.as_str(), rename.name.as_str())).collect();
        map.serialize_entry("renamed_commands", &renames)?;
        map.serialize_entry("users", &self.users)?;
        map.serialize_entry("acl_file", &self.acl)?;
        let sentinel: Vec<Vec<&str>> = (self.statements.iter().filter(|statement| statement.is_sentinel()))
            .map(|statement| {
                let secret = statement.key.is_some_and(schema::is_secret);
                let last = statement.args.len().saturating_sub(1);
                let masked = |index: usize| secret && index == last && index > 0;
                let words = statement.args.iter().enumerate();
                words.map(|(index, token)| if masked(index) { MASK } else { token.as_str() }).collect()
            })
            .collect();
        map.serialize_entry("sentinel", &sentinel)?;
        map.end()
    }
}

impl RedisConf {
    /// What is written for each directive that holds one value, under the name that counts.
    fn settings(&self) -> Map<&'static str, String> {
        let mut settings = Map::new();
        for statement in &self.statements {
            let Some(key) = statement.key.filter(|key| !key.is_sentinel() && !schema::is_cumulative(key)) else {
                continue;
            };
            let words: Vec<&str> = statement.values().iter().map(crate::syntax::Token::as_str).collect();
            let value = if schema::is_secret(key) { MASK.to_owned() } else { words.join(" ") };
            settings.insert(key.canonical(), value);
        }
        settings
    }
}

impl Serialize for AclUser {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rules: Vec<&str> = (self.rules.iter())
            .map(|rule| match rule.word {
                super::RuleWord::Password | super::RuleWord::Hash => MASK,
                _ => rule.token.as_str(),
            })
            .collect();
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("name", self.name.as_str())?;
        map.serialize_entry("can_log_in", &self.can_log_in())?;
        map.serialize_entry("no_password", &self.no_password)?;
        map.serialize_entry("rules", &rules)?;
        map.end()
    }
}

impl Serialize for AclFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("users", &self.users)?;
        map.end()
    }
}
