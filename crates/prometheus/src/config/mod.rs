//! prometheus.yml, rule files and target files as types: every section and every key, as they are written.
//!
//! The structs are made from the key table by which files are checked (`src/keys.tsv`), so that they know the same keys. What
//! is not written, or does not fit, is `None` or empty; nothing is inherited and no default is filled in. [`Spanned`] says
//! where a value stands. Secrets print as `***`.
//!
//! ```
//! let text = "remote_write:\n- url: https://mimir/api/v1/push\n  queue_config: {max_shards: 20}\n";
//! let config = confvet_prometheus::parse(text).model.config().unwrap();
//! let queue = config.remote_write[0].queue_config.as_ref().unwrap();
//! assert_eq!(queue.max_shards.map(|shards| shards.value), Some(20));
//! ```

mod value;

pub use crate::relabel::{Action, NameScheme};
pub use crate::units::{Millis, Size};
pub use value::{AnyValue, Secret};

use confvet_core::Spanned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;

/// A list; without one, or with something else in its place, none.
fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// A mapping; without one, or with something else in its place, none.
fn map<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// A type whose values are words.
macro_rules! words {
    ($(#[$about:meta])* $name:ident $any_case:literal { $($variant:ident = $word:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "the words are Prometheus's")]
        pub enum $name {
            $(#[doc = concat!("`", $word, "`")] $variant,)*
        }

        impl $name {
            /// The word for it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                value::word(deserializer, &[$(($word, Self::$variant)),*], $any_case)
            }
        }
    };
}

include!(concat!(env!("OUT_DIR"), "/config.rs"));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::SCHEMA;
    use serde::de::Visitor;
    use std::collections::BTreeSet;

    pub(super) type Fields = fn() -> &'static [&'static str];

    /// Asked for a struct, it remembers the names of the fields.
    struct Probe<'p>(&'p mut &'static [&'static str]);

    impl<'de> Deserializer<'de> for Probe<'_> {
        type Error = serde::de::value::Error;

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
            Err(serde::de::Error::custom("no struct"))
        }

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            _: V,
        ) -> Result<V::Value, Self::Error> {
            *self.0 = fields;
            Err(serde::de::Error::custom("only a probe"))
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
            newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }

    pub(super) fn fields<T: Deserialize<'static>>() -> &'static [&'static str] {
        let mut fields: &[&str] = &[];
        let _ = T::deserialize(Probe(&mut fields));
        fields
    }

    #[test]
    fn every_key_is_a_field_and_every_field_a_key() {
        let contexts: BTreeSet<&str> = SCHEMA.keys.iter().map(|row| row.context).collect();
        assert_eq!(contexts, SECTIONS.iter().map(|(context, _)| *context).collect());
        for (context, fields) in SECTIONS {
            let keys: BTreeSet<&str> = SCHEMA.context(context).iter().map(|row| row.key).collect();
            assert_eq!(keys, fields().iter().copied().collect(), "{context}");
        }
    }
}
