//! How programs read the same YAML differently: what a plain scalar is, what null is, what a second key of the same
//! name does.

/// The reader whose habits apply to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// PyYAML's `safe_load`, that is YAML 1.1: `on` is true, `010` is 8, `10:30` is 630. The last of equal keys wins.
    PyYaml,
    /// `gopkg.in/yaml.v2` in strict mode, as Prometheus reads its main configuration. Equal keys are refused; any scalar
    /// may become a string; a merge overrides keys that stand before it.
    GoYamlV2,
    /// `gopkg.in/yaml.v3`, as Prometheus reads rule files. As version 2, but keys win over merges wherever they stand,
    /// `0o17` is octal, and `yes` is a text unless a boolean is wanted.
    GoYamlV3,
    /// Jackson over an old SnakeYAML, as Elasticsearch up to 5.x: tabs are refused anywhere, booleans are plain text.
    /// No aliases, no merges.
    JacksonLegacy,
    /// Jackson over SnakeYAML, as Elasticsearch 6.0 and later. No aliases, no merges.
    Jackson,
    /// The core schema of YAML 1.2, for files that several programs read: only `true` and `false` are booleans, `0o17` is
    /// octal, merges are applied.
    Core,
}

/// What a second key of the same name in one mapping does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duplicates {
    /// The file is refused.
    Refused,
    /// The last one counts, as a whole.
    LastWins,
    /// It depends on more than the reader: Elasticsearch joins, refuses or overrides by version.
    Depends,
}

/// What a node is to the program that reads it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Nothing, `~`, `null`.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// A number with a fraction, or too large for [`Value::Int`].
    Float(f64),
    /// Text.
    Str(&'a str),
    /// A date or a point in time, as written.
    Timestamp(&'a str),
    /// A list.
    Sequence,
    /// A mapping.
    Mapping,
}

impl Value<'_> {
    /// The kind of value, with its article: "a number".
    pub fn describe(&self) -> &'static str {
        match self {
            Value::Null => "nothing (null)",
            Value::Bool(_) => "a boolean",
            Value::Int(value) if *value < 0 => "a negative number",
            Value::Int(_) => "a whole number",
            Value::Float(_) => "a number with a fraction",
            Value::Str(_) => "a text",
            Value::Timestamp(_) => "a date",
            Value::Sequence => "a list",
            Value::Mapping => "a mapping",
        }
    }
}

impl Dialect {
    /// Are `<<` keys replaced by the keys of the mapping they name?
    pub fn merges(self) -> bool {
        !self.is_jackson()
    }

    /// Are aliases replaced by what they name? Elasticsearch takes `*x` as the text `x`.
    pub fn aliases(self) -> bool {
        !self.is_jackson()
    }

    /// What a second key of the same name does.
    pub fn duplicates(self) -> Duplicates {
        match self {
            Dialect::PyYaml => Duplicates::LastWins,
            Dialect::GoYamlV2 | Dialect::GoYamlV3 | Dialect::Core => Duplicates::Refused,
            Dialect::JacksonLegacy | Dialect::Jackson => Duplicates::Depends,
        }
    }

    /// Does the program refuse a file with a second document? go-yaml reads the first and ignores the rest.
    pub fn single_document(self) -> bool {
        matches!(self, Dialect::PyYaml | Dialect::Jackson | Dialect::JacksonLegacy)
    }

    /// Where a string is wanted, is any scalar but null taken as it is written?
    pub fn any_scalar_is_text(self) -> bool {
        matches!(self, Dialect::GoYamlV2 | Dialect::GoYamlV3) || self.is_jackson()
    }

    pub(crate) fn is_go(self) -> bool {
        matches!(self, Dialect::GoYamlV2 | Dialect::GoYamlV3)
    }

    pub(crate) fn is_jackson(self) -> bool {
        matches!(self, Dialect::Jackson | Dialect::JacksonLegacy)
    }

    /// Is a plain scalar without a tag null? To all of them the same ones are.
    pub(crate) fn is_null(text: &str) -> bool {
        matches!(text, "" | "~" | "null" | "Null" | "NULL")
    }

    /// What a plain scalar without a tag is.
    ///
    /// ```
    /// use confvet_yaml::{Dialect, Value};
    /// assert_eq!(Dialect::PyYaml.resolve("010"), Value::Int(8));
    /// assert_eq!(Dialect::Core.resolve("010"), Value::Int(10));
    /// assert_eq!(Dialect::PyYaml.resolve("on"), Value::Bool(true));
    /// assert_eq!(Dialect::Core.resolve("on"), Value::Str("on"));
    /// assert_eq!(Dialect::PyYaml.resolve("10:30"), Value::Int(630));
    /// assert_eq!(Dialect::PyYaml.resolve("5432:5432"), Value::Str("5432:5432"));
    /// ```
    pub fn resolve(self, text: &str) -> Value<'_> {
        let Some(&first) = text.as_bytes().first() else { return Value::Null };
        if Self::is_null(text) {
            return Value::Null;
        }
        if let Some(value) = self.boolean(text, false) {
            return Value::Bool(value);
        }
        if !matches!(first, b'0'..=b'9' | b'+' | b'-' | b'.') {
            return Value::Str(text);
        }
        let number = match self {
            Dialect::PyYaml => py_int(text).or_else(|| py_float(text)),
            Dialect::GoYamlV2 | Dialect::GoYamlV3 => go_number(text, self == Dialect::GoYamlV3),
            Dialect::Jackson | Dialect::JacksonLegacy => jackson_number(text),
            Dialect::Core => core_number(text),
        };
        if let Some(number) = number {
            return number;
        }
        let timestamps = matches!(self, Dialect::PyYaml | Dialect::GoYamlV3);
        if timestamps && is_timestamp(text) { Value::Timestamp(text) } else { Value::Str(text) }
    }

    /// The truth value a plain scalar stands for, if it stands for one; to go-yaml v3 `yes` does so only where a truth
    /// value is wanted.
    pub(crate) fn boolean(self, text: &str, wanted: bool) -> Option<bool> {
        let short = || match text {
            "y" | "Y" => Some(true),
            "n" | "N" => Some(false),
            _ => None,
        };
        let words = || match text {
            "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
            "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
            _ => None,
        };
        match text {
            "true" | "false" if self == Dialect::JacksonLegacy => None,
            "true" | "True" | "TRUE" if self != Dialect::JacksonLegacy => Some(true),
            "false" | "False" | "FALSE" if self != Dialect::JacksonLegacy => Some(false),
            _ => match self {
                Dialect::PyYaml | Dialect::Jackson => words(),
                Dialect::GoYamlV2 => words().or_else(short),
                Dialect::GoYamlV3 if wanted => words().or_else(short),
                Dialect::GoYamlV3 | Dialect::JacksonLegacy | Dialect::Core => None,
            },
        }
    }
}

/// The number without its sign, and whether that was a minus.
fn unsigned(text: &str) -> (&str, bool) {
    match text.as_bytes().first() {
        Some(b'-') => (&text[1..], true),
        Some(b'+') => (&text[1..], false),
        _ => (text, false),
    }
}

fn whole(digits: &str, radix: u32, negative: bool) -> Option<Value<'static>> {
    let plain: String;
    let digits = if digits.contains('_') {
        plain = digits.replace('_', "");
        plain.as_str()
    } else {
        digits
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    match i128::from_str_radix(digits, radix) {
        Ok(value) => Some(Value::Int(if negative { -value } else { value })),
        Err(_) if radix == 10 => float(digits).map(|size| match size {
            Value::Float(size) if negative => Value::Float(-size),
            size => size,
        }),
        Err(_) => {
            let step = |sum: f64, c: char| sum * f64::from(radix) + f64::from(c.to_digit(radix).unwrap_or_default());
            let size = digits.chars().fold(0.0, step);
            Some(Value::Float(if negative { -size } else { size }))
        }
    }
}

fn py_int(text: &str) -> Option<Value<'static>> {
    let (digits, negative) = unsigned(text);
    if let Some(binary) = digits.strip_prefix("0b") {
        return whole(binary, 2, negative);
    }
    if let Some(hex) = digits.strip_prefix("0x") {
        return whole(hex, 16, negative);
    }
    let first = *digits.as_bytes().first()?;
    if digits == "0" {
        return Some(Value::Int(0));
    }
    if first == b'0' {
        return whole(&digits[1..], 8, negative).or_else(|| {
            let only_underscores = digits.len() > 1 && digits[1..].bytes().all(|b| b == b'_');
            only_underscores.then_some(Value::Int(0))
        });
    }
    if !first.is_ascii_digit() {
        return None;
    }
    if !digits.contains(':') {
        return whole(digits, 10, negative);
    }
    let mut parts = digits.split(':');
    let Some(Value::Int(mut sum)) = whole(parts.next()?, 10, false) else { return None };
    for part in parts {
        sum = sum.checked_mul(60)?.checked_add(sexagesimal(part)?)?;
    }
    Some(Value::Int(if negative { -sum } else { sum }))
}

/// A place of a number in base 60: one or two digits, below 60.
fn sexagesimal(part: &str) -> Option<i128> {
    let fits = matches!(part.len(), 1 | 2) && part.bytes().all(|b| b.is_ascii_digit());
    let value: i128 = if fits { part.parse().ok()? } else { return None };
    (value < 60).then_some(value)
}

fn special_float(text: &str) -> Option<Value<'static>> {
    let (name, negative) = unsigned(text);
    match name {
        ".inf" | ".Inf" | ".INF" => Some(Value::Float(if negative { f64::NEG_INFINITY } else { f64::INFINITY })),
        ".nan" | ".NaN" | ".NAN" if name == text => Some(Value::Float(f64::NAN)),
        _ => None,
    }
}

fn float(text: &str) -> Option<Value<'static>> {
    let parsed = if text.contains('_') { text.replace('_', "").parse() } else { text.parse() };
    parsed.ok().map(Value::Float)
}

/// `digits` are digits or underscores.
fn digits_or_underscores(digits: &str) -> bool {
    digits.bytes().all(|b| b.is_ascii_digit() || b == b'_')
}

fn py_float(text: &str) -> Option<Value<'static>> {
    if let Some(special) = special_float(text) {
        return Some(special);
    }
    let (body, negative) = unsigned(text);
    let (whole_part, rest) = body.split_once('.')?;
    if let Some((head, last)) = whole_part.rsplit_once(':') {
        // Base 60 with a fraction: `1:30.5`.
        let mut places = head.split(':');
        let first = places.next()?;
        if !first.starts_with(|c: char| c.is_ascii_digit()) || !digits_or_underscores(rest) {
            return None;
        }
        let Some(Value::Int(start)) = whole(first, 10, false) else { return None };
        let sum =
            places.chain([last]).try_fold(start, |sum, place| sum.checked_mul(60)?.checked_add(sexagesimal(place)?))?;
        let Some(Value::Float(fraction)) = float(&format!("0.{}0", rest.replace('_', ""))) else { return None };
        #[expect(clippy::cast_precision_loss, reason = "a float is what the reader makes of it")]
        let value = sum as f64 + fraction;
        return Some(Value::Float(if negative { -value } else { value }));
    }
    let (fraction, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    let starts_with_digit = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
    let mantissa_fits = if whole_part.is_empty() {
        body.len() == text.len() && starts_with_digit(fraction)
    } else {
        starts_with_digit(whole_part)
    };
    // YAML 1.1 as PyYAML has it: an exponent needs its sign.
    let exponent_fits = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']);
        digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
    });
    if mantissa_fits && exponent_fits && digits_or_underscores(whole_part) && digits_or_underscores(fraction) {
        return float(text);
    }
    None
}

fn go_number(text: &str, v3: bool) -> Option<Value<'static>> {
    if let Some(special) = special_float(text) {
        return Some(special);
    }
    let (digits, negative) = unsigned(text);
    let first = *digits.as_bytes().first()?;
    let radix = match digits.get(..2) {
        Some("0x" | "0X") => Some(16),
        Some("0b" | "0B") => Some(2),
        Some("0o" | "0O") if v3 => Some(8),
        _ => None,
    };
    if let Some(radix) = radix {
        return whole(&digits[2..], radix, negative);
    }
    if first.is_ascii_digit() {
        if digits.len() > 1 && first == b'0' {
            if let Some(octal) = whole(&digits[1..], 8, negative) {
                return Some(octal);
            }
        } else if let Some(value) = whole(digits, 10, negative) {
            return Some(value);
        }
    }
    is_decimal_float(digits).then(|| float(text)).flatten()
}

/// `[0-9][0-9_]*` or with fraction and exponent, without a sign.
fn is_decimal_float(digits: &str) -> bool {
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (&digits[..at], Some(&digits[at + 1..])),
        None => (digits, None),
    };
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let some_digit = mantissa.bytes().any(|b| b.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    });
    some_digit && exponent_fits && digits_or_underscores(before) && digits_or_underscores(after)
}

/// Jackson counts a plain decimal number as one and keeps its text; everything else is text.
fn jackson_number(text: &str) -> Option<Value<'static>> {
    let (digits, negative) = unsigned(text);
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        return whole(digits, 10, negative);
    }
    (!digits.contains('_') && is_decimal_float(digits)).then(|| float(text)).flatten()
}

fn core_number(text: &str) -> Option<Value<'static>> {
    if let Some(special) = special_float(text) {
        return Some(special);
    }
    if let Some(octal) = text.strip_prefix("0o") {
        return (!octal.contains('_')).then(|| whole(octal, 8, false)).flatten();
    }
    if let Some(hex) = text.strip_prefix("0x") {
        return (!hex.contains('_')).then(|| whole(hex, 16, false)).flatten();
    }
    let (digits, negative) = unsigned(text);
    if digits.contains('_') {
        return None;
    }
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        return whole(digits, 10, negative);
    }
    is_decimal_float(digits).then(|| float(text)).flatten()
}

/// Year, month, day, hour, minute and second of a timestamp; what is not written is 0.
pub(crate) fn date_fields(timestamp: &str) -> [u32; 6] {
    let numbers = timestamp.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    let date_only = timestamp.len() <= 10;
    let mut fields = [0; 6];
    for (field, number) in fields.iter_mut().zip(numbers.take(if date_only { 3 } else { 6 })) {
        *field = number.parse().unwrap_or(u32::MAX);
    }
    fields
}

/// `2024-01-01`, or a date with a time behind it, as YAML 1.1 writes it.
fn is_timestamp(text: &str) -> bool {
    timestamp(text).is_some()
}

/// `Some` if the whole text is a date or a date with a time.
fn timestamp(text: &str) -> Option<()> {
    let mut rest = text.as_bytes();
    let digits = |rest: &mut &[u8], least: usize, most: usize| -> Option<()> {
        let count = rest.iter().take(most).take_while(|b| b.is_ascii_digit()).count();
        *rest = (count >= least).then(|| &rest[count..])?;
        Some(())
    };
    let byte = |rest: &mut &[u8], wanted: u8| -> Option<()> {
        *rest = rest.strip_prefix(&[wanted])?;
        Some(())
    };
    digits(&mut rest, 4, 4)?;
    byte(&mut rest, b'-')?;
    let before_month = rest.len();
    digits(&mut rest, 1, 2)?;
    let short_month = before_month - rest.len() == 1;
    byte(&mut rest, b'-')?;
    let before_day = rest.len();
    digits(&mut rest, 1, 2)?;
    let short_day = before_day - rest.len() == 1;
    if rest.is_empty() {
        return (!short_month && !short_day).then_some(());
    }
    match rest[0] {
        b'T' | b't' => rest = &rest[1..],
        b' ' | b'\t' => rest = rest.trim_ascii_start(),
        _ => return None,
    }
    digits(&mut rest, 1, 2)?;
    byte(&mut rest, b':')?;
    digits(&mut rest, 2, 2)?;
    byte(&mut rest, b':')?;
    digits(&mut rest, 2, 2)?;
    if byte(&mut rest, b'.').is_some() {
        digits(&mut rest, 0, usize::MAX)?;
    }
    rest = rest.trim_ascii_start();
    if rest.is_empty() || rest == b"Z" {
        return Some(());
    }
    rest = rest.strip_prefix(b"+").or_else(|| rest.strip_prefix(b"-"))?;
    digits(&mut rest, 1, 2)?;
    if byte(&mut rest, b':').is_some() {
        digits(&mut rest, 2, 2)?;
    }
    rest.is_empty().then_some(())
}
