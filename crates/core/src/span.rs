//! Byte-exact places in a file, and values that remember their place.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::{Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, Range};

/// A file within one [`Sources`](crate::Sources).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A half-open range of bytes in one file.
///
/// Both ends lie on character boundaries of the file's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span over `range` of `file`. Offsets past `u32::MAX` are clamped; sources are never that large.
    pub fn new(file: FileId, range: Range<usize>) -> Self {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { file, start: clamp(range.start), end: clamp(range.end.max(range.start)) }
    }

    /// The bytes as a range, for slicing the file's text.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Length in bytes.
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Does the span cover no byte?
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The smallest span that covers both. `other` must be in the same file; otherwise `self` is returned.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        if self.file != other.file {
            return self;
        }
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Do the two share a byte, or touch at an empty span?
    pub fn overlaps(self, other: Span) -> bool {
        self.file == other.file
            && (self.start < other.end && other.start < self.end
                || (self.is_empty() || other.is_empty()) && self.start <= other.end && other.start <= self.end)
    }

    /// Does `other` lie wholly inside this span?
    pub fn contains(self, other: Span) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }

    /// The empty span in front of the first byte.
    #[must_use]
    pub fn before(self) -> Span {
        Span { end: self.start, ..self }
    }

    /// The empty span behind the last byte.
    #[must_use]
    pub fn after(self) -> Span {
        Span { start: self.end, ..self }
    }

    /// The part of the span that covers `range`, counted from the span's start.
    #[must_use]
    pub fn slice(self, range: Range<usize>) -> Span {
        let start = self.start as usize;
        let end = self.end as usize;
        Span::new(self.file, (start + range.start).min(end)..(start + range.end).min(end))
    }
}

/// A value and the place where it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Pairs a value with its place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    /// The same place with another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: f(self.value), span: self.span }
    }

    /// Borrows the value, keeping the place.
    pub fn as_ref(&self) -> Spanned<&T> {
        Spanned { value: &self.value, span: self.span }
    }
}

impl<T> Deref for Spanned<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

/// Serialises as the value alone: places mean nothing outside the run that made them.
impl<T: Serialize> Serialize for Spanned<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

/// The protocol by which a deserializer that knows places hands them to [`Spanned`]: it answers
/// `deserialize_struct(NAME, FIELDS)` with a map of exactly these fields.
pub mod spanned_protocol {
    /// Name of the struct asked for.
    pub const NAME: &str = "$confvet::Spanned";
    /// `u32`: the file's id.
    pub const FILE: &str = "$file";
    /// `u32`: first byte.
    pub const START: &str = "$start";
    /// `u32`: one past the last byte.
    pub const END: &str = "$end";
    /// The value itself.
    pub const VALUE: &str = "$value";
    /// All fields, in the order in which they must arrive.
    pub const FIELDS: &[&str] = &[FILE, START, END, VALUE];
}

/// Only a deserializer that knows places can make one, such as the one of confvet-yaml; others give an error.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use spanned_protocol::{END, FIELDS, FILE, NAME, START, VALUE};

        struct SpannedVisitor<T>(PhantomData<T>);

        fn field<'de, A: MapAccess<'de>, V: Deserialize<'de>>(map: &mut A, name: &'static str) -> Result<V, A::Error> {
            match map.next_key::<std::borrow::Cow<'de, str>>()? {
                Some(key) if key == name => map.next_value(),
                _ => {
                    Err(A::Error::custom("a value with its place can only be read by a deserializer that knows places"))
                }
            }
        }

        impl<'de, T: Deserialize<'de>> Visitor<'de> for SpannedVisitor<T> {
            type Value = Spanned<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value with its place")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Spanned<T>, A::Error> {
                let file = FileId(field(&mut map, FILE)?);
                let start = field(&mut map, START)?;
                let end = field(&mut map, END)?;
                let value = field(&mut map, VALUE)?;
                Ok(Spanned { value, span: Span { file, start, end } })
            }
        }

        deserializer.deserialize_struct(NAME, FIELDS, SpannedVisitor(PhantomData))
    }
}
