//! The reply of `INFO`: what the server knows about itself at one moment.

use super::Policy;
use crate::version::{Engine, Number};
use compact_str::CompactString;
use confvet_core::units::ByteSize;
use confvet_core::{FileId, Map, Span, Version, parse_version};
use serde::{Serialize, Serializer};

/// A snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct Info {
    /// The file.
    pub file: FileId,
    /// Path of the file.
    pub path: String,
    /// All fields but those of the keyspace, in the order of the file.
    pub fields: Vec<InfoField>,
    /// One line for each database that has keys.
    pub keyspace: Vec<KeyspaceLine>,
}

/// One `name:value`.
#[derive(Debug, Clone, PartialEq)]
pub struct InfoField {
    /// The name.
    pub name: CompactString,
    /// The value, as printed.
    pub value: CompactString,
    /// Where the value stands.
    pub span: Span,
}

/// One `dbN:keys=…,expires=…`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KeyspaceLine {
    /// Number of the database.
    pub database: u32,
    /// Keys.
    pub keys: u64,
    /// Keys with a time to live.
    pub expires: u64,
    /// The line.
    #[serde(skip)]
    pub span: Span,
}

/// All databases together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Keyspace {
    /// Keys.
    pub keys: u64,
    /// Keys with a time to live.
    pub expires: u64,
}

impl Keyspace {
    /// Keys that never expire.
    pub fn permanent(self) -> u64 {
        self.keys.saturating_sub(self.expires)
    }

    /// Has less than this share of the keys a time to live?
    pub fn fewer_expire_than(self, percent: u64) -> bool {
        u128::from(self.expires) * 100 < u128::from(self.keys) * u128::from(percent)
    }
}

impl Info {
    pub(crate) fn read(file: FileId, path: &str, text: &str) -> Self {
        let mut info = Info { file, path: path.to_owned(), fields: Vec::new(), keyspace: Vec::new() };
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let line = line.trim_end_matches(['\n', '\r']);
            if line.starts_with(['#', '$']) {
                continue;
            }
            let Some((name, value)) = line.split_once(':') else { continue };
            let span = Span::new(file, start..start + line.len());
            match read_keyspace(name, value, span) {
                Some(line) => info.keyspace.push(line),
                None => info.fields.push(InfoField {
                    name: CompactString::new(name.trim()),
                    value: CompactString::new(value),
                    span: span.slice(name.len() + 1..line.len()),
                }),
            }
        }
        info
    }

    /// A field by its name.
    pub fn field(&self, name: &str) -> Option<&InfoField> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// A field that is a natural number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.field(name)?.value.parse().ok()
    }

    /// A field that is bytes.
    pub fn size(&self, name: &str) -> Option<ByteSize> {
        self.number(name).map(ByteSize)
    }

    /// The eviction policy; printed from 3.2 on.
    pub fn policy(&self) -> Option<Policy> {
        Policy::parse(&self.field("maxmemory_policy")?.value)
    }

    /// The limit, if there is one; printed from 3.2 on.
    pub fn limit(&self) -> Option<ByteSize> {
        self.size("maxmemory").filter(|limit| limit.bytes() > 0)
    }

    /// How full the memory is, in per cent of the limit.
    pub fn fill(&self) -> Option<u64> {
        let (used, limit) = (self.size("used_memory")?, self.limit()?);
        let percent = u128::from(used.bytes()) * 100 / u128::from(limit.bytes());
        u64::try_from(percent).ok()
    }

    /// All databases together.
    pub fn keys(&self) -> Keyspace {
        self.keyspace.iter().fold(Keyspace::default(), |sum, line| Keyspace {
            keys: sum.keys.saturating_add(line.keys),
            expires: sum.expires.saturating_add(line.expires),
        })
    }

    /// "9,812 of 10,000 keys in db0 never expire", for the database with the most keys that never do. The line is given
    /// along.
    pub fn permanent_keys(&self) -> Option<(String, Span)> {
        let worst = self.keyspace.iter().max_by_key(|line| line.keys.saturating_sub(line.expires))?;
        let permanent = worst.keys.saturating_sub(worst.expires);
        if permanent == 0 {
            return None;
        }
        let (permanent, keys) = (with_commas(permanent), with_commas(worst.keys));
        Some((format!("{permanent} of {keys} keys in db{} never expire", worst.database), worst.span))
    }

    /// Which program printed it, and its version. Valkey also prints a Redis version, which it is compatible with.
    pub fn version(&self) -> Option<(Engine, Version, Span)> {
        let field = |name: &str, engine| {
            let field = self.field(name)?;
            let version = parse_version(&field.value).ok()?;
            Some((engine, version, field.span))
        };
        field("valkey_version", Engine::Valkey).or_else(|| field("redis_version", Engine::Redis))
    }

    /// The version as a number to compare with.
    pub fn version_number(&self) -> Option<Number> {
        let (_, version, _) = self.version()?;
        let part = |part: u64| u16::try_from(part).unwrap_or(u16::MAX);
        Some((part(version.major), part(version.minor), part(version.patch)))
    }
}

fn read_keyspace(name: &str, value: &str, span: Span) -> Option<KeyspaceLine> {
    let database = name.strip_prefix("db")?.parse().ok()?;
    let field = |wanted: &str| {
        let (_, value) = value.split(',').filter_map(|part| part.split_once('=')).find(|(name, _)| *name == wanted)?;
        value.trim().parse().ok()
    };
    Some(KeyspaceLine { database, keys: field("keys")?, expires: field("expires").unwrap_or_default(), span })
}

/// A number with commas between groups of three digits.
pub(crate) fn with_commas(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

impl Serialize for Info {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let fields: Map<&str, &str> =
            self.fields.iter().map(|field| (field.name.as_str(), field.value.as_str())).collect();
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("fields", &fields)?;
        map.serialize_entry("keyspace", &self.keyspace)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Info {
        Info::read(FileId(0), "redis.info", text)
    }

    #[test]
    fn fields_are_split_at_the_first_colon() {
        let info = read(
            "$4050\r\n# Server\r\nredis_version:7.0.15\r\nexecutable:/a:b\r\n\r\nmaxmemory:1024\r\nused_memory:512\r\n",
        );
        assert_eq!(info.field("executable").unwrap().value, "/a:b");
        assert_eq!(info.version_number(), Some((7, 0, 15)));
        assert_eq!(info.fill(), Some(50));
        assert_eq!(info.policy(), None);
    }

    #[test]
    fn keyspace_lines_may_carry_more_fields() {
        let info = read("db0:keys=10000,expires=188,avg_ttl=0,subexpiry=0\ndb1:keys=5,expires=5,avg_ttl=9\n");
        assert_eq!(info.keys(), Keyspace { keys: 10005, expires: 193 });
        assert_eq!(info.permanent_keys().unwrap().0, "9,812 of 10,000 keys in db0 never expire");
    }

    #[test]
    fn valkey_wins_over_the_redis_version_it_prints() {
        let info = read("redis_version:7.2.4\nserver_name:valkey\nvalkey_version:8.0.1\n");
        assert_eq!(info.version().unwrap().0, Engine::Valkey);
        assert_eq!(info.version_number(), Some((8, 0, 1)));
    }
}
