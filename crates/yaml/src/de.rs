//! A [`serde::Deserializer`] over the tree, for plain `#[derive(Deserialize)]` models.
//!
//! * [`from_node`] is strict: the first thing that does not fit is an error.
//! * [`from_node_lenient`] goes on: a field that does not fit is recorded and left out. An `Option` becomes `None`, a field
//!   with `#[serde(default)]` its default, a list or map loses the one item; the rest stands. Only if a field without a
//!   default does not fit is the struct around it given up, and the same question asked of the field that holds it.
//!
//! [`Spanned`](confvet_core::Spanned) values get the place where they are written (an alias: where `*name` is written;
//! nothing written: the key). Texts, numbers and booleans are what the [`Dialect`](crate::Dialect) says. The one thing
//! that does not work is `Spanned` below a `#[serde(flatten)]` field or in an untagged enum, because serde then copies the
//! values before it hands them on.
//!
//! ```
//! use confvet_core::{FileId, Spanned};
//! use confvet_yaml::{Dialect, Yaml, de};
//! #[derive(serde::Deserialize)]
//! struct Job {
//!     job_name: Spanned<String>,
//!     sample_limit: Option<u64>,
//! }
//! let yaml = Yaml::parse(FileId(0), "job_name: node\nsample_limit: many\n", Dialect::GoYamlV2);
//! let (job, mismatches) = de::from_node_lenient::<Job>(yaml.root().unwrap());
//! let job = job.unwrap();
//! assert_eq!((job.job_name.value.as_str(), job.job_name.span.range()), ("node", 10..14));
//! assert_eq!(job.sample_limit, None);
//! assert_eq!(mismatches[0].to_string(), "sample_limit: expected a whole number from 0, found a text");
//! ```

use crate::dialect::Value;
use crate::tree::{Field, Node};
use confvet_core::{Keys, Span, spanned_protocol};
use serde::de::{self, Deserialize, DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::forward_to_deserialize_any;
use std::cell::{Cell, RefCell};
use std::fmt;

/// A value that does not fit the type that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Where the value is written; its key, if nothing is written.
    pub span: Span,
    /// The way to it from the document's root: `scrape_configs[0].sample_limit`.
    pub path: String,
    /// What was expected and what was found, without the value itself.
    pub message: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Mismatch {}

/// Reads a node into a type.
///
/// # Errors
/// The first value that does not fit.
pub fn from_node<'a, T: Deserialize<'a>>(node: Node<'a>) -> Result<T, Mismatch> {
    let state = State::new(false);
    T::deserialize(De { node, state: &state }).map_err(|error| error.into_mismatch(node))
}

/// Reads a node into a type, leaving out what does not fit. `None` only if the type as a whole cannot be made.
pub fn from_node_lenient<'a, T: Deserialize<'a>>(node: Node<'a>) -> (Option<T>, Vec<Mismatch>) {
    let state = State::new(true);
    let value = match attempt(node, &state) {
        Ok(value) => Some(value),
        Err(error) => {
            state.record(node, error);
            None
        }
    };
    let mut mismatches = state.mismatches.into_inner();
    mismatches.sort_by_key(|mismatch| mismatch.span.start);
    (value, mismatches)
}

/// How often a struct is read again without a field that does not fit and is not optional. Beyond that it is given up.
const RETRIES: u32 = 1000;

struct State {
    lenient: bool,
    mismatches: RefCell<Vec<Mismatch>>,
    /// Values of mappings that are treated as not written.
    left_out: RefCell<Keys<u32>>,
    reported: RefCell<Keys<u32>>,
    retries: Cell<u32>,
}

impl State {
    fn new(lenient: bool) -> Self {
        Self {
            lenient,
            mismatches: RefCell::default(),
            left_out: RefCell::default(),
            reported: RefCell::default(),
            retries: Cell::new(RETRIES),
        }
    }

    fn has_left_out(&self, mapping: Node<'_>, key: &str) -> bool {
        mapping.get(key).is_some_and(|value| self.left_out.borrow().contains(&value.id))
    }

    fn record(&self, node: Node<'_>, error: Error<'_>) {
        let blamed = error.node.unwrap_or(node);
        if !error.consequence && self.reported.borrow_mut().insert(blamed.id) {
            self.mismatches.borrow_mut().push(error.into_mismatch(node));
        }
    }
}

/// Reads a node; leaves out one field after the other as long as that helps.
fn attempt<'a, T: Deserialize<'a>>(node: Node<'a>, state: &State) -> Result<T, Error<'a>> {
    loop {
        let mut error = match T::deserialize(De { node, state }) {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        error.consequence |= error.missing.is_some_and(|name| state.has_left_out(node, name));
        let Some(field) = error.field.filter(|_| state.lenient && state.retries.get() > 0) else { return Err(error) };
        if field.parent() != Some(node.target()) || !state.left_out.borrow_mut().insert(field.id) {
            return Err(error);
        }
        state.retries.set(state.retries.get() - 1);
        state.record(field, error);
    }
}

/// What goes through serde; ends as a [`Mismatch`].
#[derive(Debug)]
struct Error<'a> {
    message: String,
    node: Option<Node<'a>>,
    /// The field of the innermost struct given up so far.
    field: Option<Node<'a>>,
    missing: Option<&'static str>,
    /// Only follows from another one, which has been recorded.
    consequence: bool,
}

impl<'a> Error<'a> {
    fn at(mut self, node: Node<'a>) -> Self {
        self.node = self.node.or(Some(node));
        self
    }

    fn expected(what: impl fmt::Display, node: Node<'a>) -> Self {
        let found = node.value().describe();
        Self { node: Some(node), ..de::Error::custom(format_args!("expected {what}, found {found}")) }
    }

    fn into_mismatch(self, fallback: Node<'a>) -> Mismatch {
        let node = self.node.unwrap_or(fallback);
        Mismatch { span: place(node), path: node.path(), message: self.message }
    }
}

/// Where a value is written; its key, if nothing is.
fn place(node: Node<'_>) -> Span {
    if node.is_empty() { node.key_span() } else { node.span() }
}

impl fmt::Display for Error<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error<'_> {}

impl de::Error for Error<'_> {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { message: message.to_string(), node: None, field: None, missing: None, consequence: false }
    }

    fn missing_field(field: &'static str) -> Self {
        Self { missing: Some(field), ..Self::custom(format_args!("`{field}` is missing")) }
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        Self::custom(format_args!("`{field}` is not known here"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::custom(format_args!("`{field}` stands here twice"))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        let words: Vec<String> = expected.iter().map(|word| format!("`{word}`")).collect();
        Self::custom(format_args!("expected one of {}", words.join(", ")))
    }
}

#[derive(Clone, Copy)]
struct De<'a, 's> {
    node: Node<'a>,
    state: &'s State,
}

impl<'a, 's> De<'a, 's> {
    fn fields(self) -> Fields<'a, 's> {
        let mut fields = self.node.fields();
        let left_out = self.state.left_out.borrow();
        if !left_out.is_empty() {
            fields.retain(|field| !left_out.contains(&field.value.id));
        }
        Fields { fields: fields.into_iter(), value: None, state: self.state }
    }

    fn items(self, may_skip: bool) -> Items<'a, 's> {
        Items { node: self.node.target(), next: 0, may_skip: may_skip && self.state.lenient, state: self.state }
    }

    fn whole<T: TryFrom<i128>>(self, expected: &str) -> Result<T, Error<'a>> {
        let value = self.node.as_int().ok_or_else(|| Error::expected(expected, self.node))?;
        T::try_from(value).map_err(|_| {
            let found = if value < 0 { "a smaller one" } else { "a larger one" };
            Error { node: Some(self.node), ..de::Error::custom(format_args!("expected {expected}, found {found}")) }
        })
    }
}

macro_rules! whole_numbers {
    ($($method:ident $visit:ident $type:ty: $expected:literal;)*) => {$(
        fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error<'a>> {
            let value: $type = self.whole($expected)?;
            visitor.$visit(value).map_err(|error: Error<'a>| error.at(self.node))
        }
    )*};
}

impl<'a> de::Deserializer<'a> for De<'a, '_> {
    type Error = Error<'a>;

    whole_numbers! {
        deserialize_i8 visit_i8 i8: "a whole number from -128 to 127";
        deserialize_i16 visit_i16 i16: "a whole number from -32768 to 32767";
        deserialize_i32 visit_i32 i32: "a whole number of 32 bits";
        deserialize_i64 visit_i64 i64: "a whole number";
        deserialize_i128 visit_i128 i128: "a whole number";
        deserialize_u8 visit_u8 u8: "a whole number from 0 to 255";
        deserialize_u16 visit_u16 u16: "a whole number from 0 to 65535";
        deserialize_u32 visit_u32 u32: "a whole number from 0 to 4294967295";
        deserialize_u64 visit_u64 u64: "a whole number from 0";
        deserialize_u128 visit_u128 u128: "a whole number from 0";
    }

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error<'a>> {
        let result = match self.node.value() {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Int(value) => match (u64::try_from(value), i64::try_from(value)) {
                (Ok(value), _) => visitor.visit_u64(value),
                (_, Ok(value)) => visitor.visit_i64(value),
                _ => visitor.visit_i128(value),
            },
            Value::Float(value) => visitor.visit_f64(value),
            Value::Str(text) | Value::Timestamp(text) => visitor.visit_borrowed_str(text),
            Value::Sequence => visitor.visit_seq(self.items(false)),
            Value::Mapping => visitor.visit_map(self.fields()),
        };
        result.map_err(|error| error.at(self.node))
    }

    fn deserialize_bool<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error<'a>> {
        let value = self.node.as_bool().ok_or_else(|| Error::expected("`true` or `false`", self.node))?;
        visitor.visit_bool(value).map_err(|error: Error<'a>| error.at(self.node))
    }

    fn deserialize_f32<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error<'a>> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error<'a>> {
        let value = self.node.as_f64().ok_or_else(|| Error::expected("a number", self.node))?;
        visitor.visit_f64(value).map_err(|error: Error<'a>| error.at(self.node))
    }

    fn deserialize_char<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error<'a>> {
        self.deserialize_str(visitor)
    }

    fn deserialize_str<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error<'a>> {
        let text = self.node.as_str().ok_or_else(|| Error::expected("a text", self.node))?;
        visitor.visit_borrowed_str(text).map_err(|error: Error<'a>| error.at(self.node))
    }

    fn deserialize_string<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error<'a>> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error<'a>> {
        let text = self.node.as_str().ok_or_else(|| Error::expected("a text", self.node))?;
        visitor.visit_borrowed_bytes(text.as_bytes()).map_err(|error: Error<'a>| error.at(self.node))
    }

    fn deserialize_byte_buf<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error<'a>> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error<'a>> {
        let result = if self.node.is_null() { visitor.visit_none() } else { visitor.visit_some(self) };
        result.map_err(|error| error.at(self.node))
    }

    fn deserialize_unit<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error<'a>> {
        if !self.node.is_null() {
            return Err(Error::expected("nothing", self.node));
        }
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'a>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error<'a>> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error<'a>> {
        visitor.visit_newtype_struct(self).map_err(|error| error.at(self.node))
    }

    fn deserialize_seq<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error<'a>> {
        if !self.node.is_sequence() {
            return Err(Error::expected("a list", self.node));
        }
        visitor.visit_seq(self.items(true)).map_err(|error| error.at(self.node))
    }

    fn deserialize_tuple<V: Visitor<'a>>(self, length: usize, visitor: V) -> Result<V::Value, Error<'a>> {
        if self.node.items().len() != length {
            return Err(Error::expected(format_args!("a list of {length}"), self.node));
        }
        visitor.visit_seq(self.items(false)).map_err(|error| error.at(self.node))
    }

    fn deserialize_tuple_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Error<'a>> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error<'a>> {
        if !self.node.is_mapping() {
            return Err(Error::expected("a mapping", self.node));
        }
        visitor.visit_map(self.fields()).map_err(|error| error.at(self.node))
    }

    fn deserialize_struct<V: Visitor<'a>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error<'a>> {
        if name == spanned_protocol::NAME {
            return visitor.visit_map(Place { de: self, step: 0 }).map_err(|error| error.at(self.node));
        }
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error<'a>> {
        let variant = if self.node.is_mapping() {
            let [entry] = self.node.fields()[..] else {
                return Err(Error::expected("a mapping with one key", self.node));
            };
            Variant { name: entry.key, content: Some(entry.value), state: self.state }
        } else if self.node.text().is_some() && !self.node.is_null() {
            Variant { name: self.node, content: None, state: self.state }
        } else {
            return Err(Error::expected("a word", self.node));
        };
        visitor.visit_enum(variant).map_err(|error| error.at(self.node))
    }

    fn deserialize_identifier<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error<'a>> {
        Key(self).deserialize_identifier(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error<'a>> {
        visitor.visit_unit()
    }
}

/// A key or the name of a variant: its text counts, whatever type the dialect sees in it.
struct Key<'a, 's>(De<'a, 's>);

macro_rules! as_value {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error<'a>> {
            self.0.$method(visitor)
        }
    )*};
}

impl<'a> de::Deserializer<'a> for Key<'a, '_> {
    type Error = Error<'a>;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error<'a>> {
        let text = self.0.node.text().ok_or_else(|| Error::expected("a text", self.0.node))?;
        visitor.visit_borrowed_str(text).map_err(|error: Error<'a>| error.at(self.0.node))
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error<'a>> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error<'a>> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'a>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error<'a>> {
        if name == spanned_protocol::NAME {
            return visitor.visit_map(KeyPlace { key: self.0, step: 0 });
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error<'a>> {
        visitor.visit_enum(Variant { name: self.0.node, content: None, state: self.0.state })
    }

    as_value! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128 deserialize_u8
        deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32 deserialize_f64
    }

    forward_to_deserialize_any! {
        <V: Visitor<'a>>
        char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

/// The fields of a mapping.
struct Fields<'a, 's> {
    fields: std::vec::IntoIter<Field<'a>>,
    value: Option<Node<'a>>,
    state: &'s State,
}

impl<'a, 's> Fields<'a, 's> {
    fn take_value(&mut self) -> Result<De<'a, 's>, Error<'a>> {
        let node = self.value.take().ok_or_else(|| de::Error::custom("a value was asked for before its key"))?;
        Ok(De { node, state: self.state })
    }
}

impl<'a> MapAccess<'a> for Fields<'a, '_> {
    type Error = Error<'a>;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, Error<'a>> {
        let Some(field) = self.fields.next() else { return Ok(None) };
        self.value = Some(field.value);
        seed.deserialize(Key(De { node: field.key, state: self.state })).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, Error<'a>> {
        let de = self.take_value()?;
        seed.deserialize(de).map_err(|error| Error { field: Some(de.node), ..error.at(de.node) })
    }

    fn next_value<V: Deserialize<'a>>(&mut self) -> Result<V, Error<'a>> {
        let De { node, state } = self.take_value()?;
        let error = match attempt(node, state) {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        if state.lenient
            && let Ok(nothing) = V::deserialize(Nothing)
        {
            state.record(node, error);
            return Ok(nothing);
        }
        Err(Error { field: Some(node), ..error })
    }

    fn next_entry<K: Deserialize<'a>, V: Deserialize<'a>>(&mut self) -> Result<Option<(K, V)>, Error<'a>> {
        while let Some(key) = self.next_key()? {
            let node = self.value;
            match self.next_value() {
                Ok(value) => return Ok(Some((key, value))),
                Err(error) => match node.filter(|_| self.state.lenient) {
                    Some(node) => self.state.record(node, error),
                    None => return Err(error),
                },
            }
        }
        Ok(None)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.fields.len())
    }
}

/// What an optional field gets instead of a value that does not fit.
struct Nothing;

#[derive(Debug)]
struct NotOptional;

impl fmt::Display for NotOptional {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not optional")
    }
}

impl std::error::Error for NotOptional {}

impl de::Error for NotOptional {
    fn custom<T: fmt::Display>(_: T) -> Self {
        NotOptional
    }
}

impl<'a> de::Deserializer<'a> for Nothing {
    type Error = NotOptional;

    fn deserialize_any<V: Visitor<'a>>(self, _: V) -> Result<V::Value, NotOptional> {
        Err(NotOptional)
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, NotOptional> {
        visitor.visit_none()
    }

    forward_to_deserialize_any! {
        <V: Visitor<'a>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// The items of a list.
struct Items<'a, 's> {
    node: Node<'a>,
    next: usize,
    may_skip: bool,
    state: &'s State,
}

impl<'a> SeqAccess<'a> for Items<'a, '_> {
    type Error = Error<'a>;

    fn next_element_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Result<Option<T::Value>, Error<'a>> {
        let Some(node) = self.node.item(self.next) else { return Ok(None) };
        self.next += 1;
        seed.deserialize(De { node, state: self.state }).map(Some).map_err(|error| error.at(node))
    }

    fn next_element<T: Deserialize<'a>>(&mut self) -> Result<Option<T>, Error<'a>> {
        while let Some(node) = self.node.item(self.next) {
            self.next += 1;
            match attempt(node, self.state) {
                Ok(value) => return Ok(Some(value)),
                Err(error) if self.may_skip => self.state.record(node, error),
                Err(error) => return Err(error.at(node)),
            }
        }
        Ok(None)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.node.items().len().saturating_sub(self.next))
    }
}

/// A word, or a mapping of one key, that stands for an enum's variant.
struct Variant<'a, 's> {
    name: Node<'a>,
    content: Option<Node<'a>>,
    state: &'s State,
}

impl<'a, 's> EnumAccess<'a> for Variant<'a, 's> {
    type Error = Error<'a>;
    type Variant = Content<'a, 's>;

    fn variant_seed<V: DeserializeSeed<'a>>(self, seed: V) -> Result<(V::Value, Content<'a, 's>), Error<'a>> {
        let name = De { node: self.name, state: self.state };
        let value = seed.deserialize(Key(name)).map_err(|error| error.at(self.name))?;
        let content = self.content.map(|node| De { node, state: self.state });
        Ok((value, Content { name: self.name, content }))
    }
}

/// What a variant holds.
struct Content<'a, 's> {
    name: Node<'a>,
    content: Option<De<'a, 's>>,
}

impl<'a, 's> Content<'a, 's> {
    fn required(self) -> Result<De<'a, 's>, Error<'a>> {
        self.content.ok_or_else(|| Error::expected("a mapping with one key", self.name))
    }
}

impl<'a> VariantAccess<'a> for Content<'a, '_> {
    type Error = Error<'a>;

    fn unit_variant(self) -> Result<(), Error<'a>> {
        match self.content {
            Some(content) if !content.node.is_null() => Err(Error::expected("nothing", content.node)),
            _ => Ok(()),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'a>>(self, seed: T) -> Result<T::Value, Error<'a>> {
        seed.deserialize(self.required()?)
    }

    fn tuple_variant<V: Visitor<'a>>(self, length: usize, visitor: V) -> Result<V::Value, Error<'a>> {
        de::Deserializer::deserialize_tuple(self.required()?, length, visitor)
    }

    fn struct_variant<V: Visitor<'a>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Error<'a>> {
        de::Deserializer::deserialize_map(self.required()?, visitor)
    }
}

/// Hands a place and a value to [`confvet_core::Spanned`].
struct Place<'a, 's> {
    de: De<'a, 's>,
    step: usize,
}

/// The same for a key.
struct KeyPlace<'a, 's> {
    key: De<'a, 's>,
    step: usize,
}

fn place_key<'a, K: DeserializeSeed<'a>>(step: usize, seed: K) -> Result<Option<K::Value>, Error<'a>> {
    let Some(&name) = spanned_protocol::FIELDS.get(step) else { return Ok(None) };
    seed.deserialize(de::value::BorrowedStrDeserializer::new(name)).map(Some)
}

/// The number that belongs to a step: file, start, end.
fn place_number(span: Span, step: usize) -> Option<u32> {
    [span.file.0, span.start, span.end].get(step.checked_sub(1)?).copied()
}

impl<'a> MapAccess<'a> for Place<'a, '_> {
    type Error = Error<'a>;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, Error<'a>> {
        let key = place_key(self.step, seed);
        self.step += 1;
        key
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, Error<'a>> {
        match place_number(place(self.de.node), self.step) {
            Some(number) => seed.deserialize(de::value::U32Deserializer::new(number)),
            None => seed.deserialize(self.de),
        }
    }
}

impl<'a> MapAccess<'a> for KeyPlace<'a, '_> {
    type Error = Error<'a>;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, Error<'a>> {
        let key = place_key(self.step, seed);
        self.step += 1;
        key
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, Error<'a>> {
        match place_number(self.key.node.span(), self.step) {
            Some(number) => seed.deserialize(de::value::U32Deserializer::new(number)),
            None => seed.deserialize(Key(self.key)),
        }
    }
}
