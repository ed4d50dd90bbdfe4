//! Models as [`Value`]s, with as little code as can be for each of their types.
//!
//! Every field of every model has code of its own here. In `serde_json::to_value` each makes a value and puts it into the
//! map of its struct; here it only calls the next one, and what the leaves pile up is put together by type once it is there.

use serde::{Serialize, Serializer, ser};
use serde_json::{Error, Map, Value};

/// What `serde_json::to_value` makes of it.
///
/// # Errors
/// If it says so itself, or a map has keys that are neither texts nor numbers.
pub(crate) fn to_value<T: Serialize>(model: &T) -> Result<Value, Error> {
    let mut pile = Pile::default();
    model.serialize(&mut pile)?;
    Ok(pile.0.pop().unwrap_or_default())
}

/// Values that are ready. Those of a list or an object that is not yet complete are the last ones; before each value of an
/// object lies its key.
#[derive(Default)]
struct Pile(Vec<Value>);

impl Pile {
    fn put(&mut self, value: Value) -> Result<(), Error> {
        self.0.push(value);
        Ok(())
    }

    fn put_text(&mut self, text: &str) -> Result<(), Error> {
        self.put(Value::String(text.to_owned()))
    }

    fn begin(&mut self) -> Result<Open<'_>, Error> {
        Ok(Open { start: self.0.len(), pile: self, in_variant: false })
    }

    fn begin_variant(&mut self, name: &str) -> Result<Open<'_>, Error> {
        self.put_text(name)?;
        Ok(Open { in_variant: true, ..self.begin()? })
    }

    /// Makes the last value fit to be a key.
    fn make_key(&mut self) -> Result<(), Error> {
        match self.0.last_mut() {
            Some(Value::String(_)) => Ok(()),
            Some(key @ (Value::Number(_) | Value::Bool(_))) => {
                *key = Value::String(key.to_string());
                Ok(())
            }
            _ => Err(ser::Error::custom("key must be a string")),
        }
    }

    fn end_list(&mut self, start: usize) {
        let list = self.0.split_off(start);
        self.0.push(Value::Array(list));
    }

    fn end_object(&mut self, start: usize) {
        let mut object = Map::new();
        let mut pairs = self.0.drain(start..);
        while let (Some(Value::String(key)), Some(value)) = (pairs.next(), pairs.next()) {
            object.insert(key, value);
        }
        drop(pairs);
        self.0.push(Value::Object(object));
    }
}

/// A list or an object that is not yet complete.
struct Open<'a> {
    pile: &'a mut Pile,
    /// Where its first value lies.
    start: usize,
    /// It is the value of an object whose only key is the name of the variant.
    in_variant: bool,
}

impl Open<'_> {
    fn end_list(self) -> Result<(), Error> {
        self.pile.end_list(self.start);
        self.end_variant()
    }

    fn end_object(self) -> Result<(), Error> {
        self.pile.end_object(self.start);
        self.end_variant()
    }

    fn end_variant(self) -> Result<(), Error> {
        if self.in_variant {
            self.pile.end_object(self.start - 1);
        }
        Ok(())
    }
}

macro_rules! leaves {
    ($($method:ident: $type:ty),+) => {
        $(fn $method(self, value: $type) -> Result<(), Error> {
            self.put(Value::from(value))
        })+
    };
}

impl<'a> Serializer for &'a mut Pile {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Open<'a>;
    type SerializeTuple = Open<'a>;
    type SerializeTupleStruct = Open<'a>;
    type SerializeTupleVariant = Open<'a>;
    type SerializeMap = Open<'a>;
    type SerializeStruct = Open<'a>;
    type SerializeStructVariant = Open<'a>;

    leaves! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_f32: f32, serialize_f64: f64, serialize_bytes: &[u8]
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.put(Value::String(value.to_string()))
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        self.put_text(value)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.put(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.put(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.put(Value::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.put_text(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let open = self.begin_variant(variant)?;
        value.serialize(&mut *open.pile)?;
        open.end_variant()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Open<'a>, Error> {
        self.begin()
    }

    fn serialize_tuple(self, _: usize) -> Result<Open<'a>, Error> {
        self.begin()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Open<'a>, Error> {
        self.begin()
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Open<'a>, Error> {
        self.begin_variant(variant)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Open<'a>, Error> {
        self.begin()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Open<'a>, Error> {
        self.begin()
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Open<'a>, Error> {
        self.begin_variant(variant)
    }
}

macro_rules! lists {
    ($($kind:ident: $method:ident),+) => {
        $(impl ser::$kind for Open<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                value.serialize(&mut *self.pile)
            }

            fn end(self) -> Result<(), Error> {
                self.end_list()
            }
        })+
    };
}

macro_rules! objects {
    ($($kind:ident),+) => {
        $(impl ser::$kind for Open<'_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
                self.pile.put_text(key)?;
                value.serialize(&mut *self.pile)
            }

            fn end(self) -> Result<(), Error> {
                self.end_object()
            }
        })+
    };
}

lists! {
    SerializeSeq: serialize_element, SerializeTuple: serialize_element, SerializeTupleStruct: serialize_field,
    SerializeTupleVariant: serialize_field
}
objects! { SerializeStruct, SerializeStructVariant }

impl ser::SerializeMap for Open<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        key.serialize(&mut *self.pile)?;
        self.pile.make_key()
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(&mut *self.pile)
    }

    fn end(self) -> Result<(), Error> {
        self.end_object()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[derive(Serialize)]
    struct All {
        unit: Unit,
        pair: Pair,
        new: New,
        variants: Vec<Variant>,
        numbers: (i8, u64, f64, f32),
        keys: BTreeMap<u8, Option<char>>,
        #[serde(flatten)]
        more: More,
        #[serde(skip_serializing_if = "Option::is_none")]
        absent: Option<bool>,
    }

    #[derive(Serialize)]
    struct Unit;
    #[derive(Serialize)]
    struct Pair(bool, String);
    #[derive(Serialize)]
    struct New(Option<()>);
    #[derive(Serialize)]
    struct More {
        nothing: Vec<u8>,
    }

    #[derive(Serialize)]
    enum Variant {
        Plain,
        New(u8),
        Tuple(u8, &'static str),
        Struct { nested: Box<Variant> },
    }

    #[test]
    fn it_is_what_serde_json_makes() {
        let nested = Variant::Struct { nested: Box::new(Variant::Tuple(1, "two")) };
        let all = All {
            unit: Unit,
            pair: Pair(true, "text".to_owned()),
            new: New(Some(())),
            variants: vec![Variant::Plain, Variant::New(7), Variant::Tuple(8, "nine"), nested],
            numbers: (-1, u64::MAX, f64::NAN, 0.5),
            keys: [(1, Some('x')), (2, None)].into_iter().collect(),
            more: More { nothing: Vec::new() },
            absent: None,
        };
        assert_eq!(to_value(&all).unwrap(), serde_json::to_value(&all).unwrap());
    }

    #[test]
    fn a_key_must_be_a_text() {
        let odd: BTreeMap<Vec<u8>, u8> = [(Vec::new(), 1)].into_iter().collect();
        assert!(to_value(&odd).is_err());
    }
}
