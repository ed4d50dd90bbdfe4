//! Durations and sizes as Prometheus writes them.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A duration in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u64);

/// A text that is no duration, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DurationError {
    /// Nothing.
    Empty,
    /// A number without a unit.
    NoUnit,
    /// Anything else.
    Malformed,
}

const UNITS: [(&str, u64); 7] = [
    ("y", 365 * 24 * 3_600_000),
    ("w", 7 * 24 * 3_600_000),
    ("d", 24 * 3_600_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Pairs of a whole number and a unit, each unit at most once and the longest first: `1h30m`. `0` needs no unit.
///
/// # Errors
/// If the text is anything else.
pub fn parse_duration(text: &str) -> Result<Millis, DurationError> {
    if text.is_empty() {
        return Err(DurationError::Empty);
    }
    if text == "0" {
        return Ok(Millis(0));
    }
    let mut rest = text;
    let mut next = 0;
    let mut sum: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let behind = &rest[digits..];
        let letters = behind.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, tail) = behind.split_at(letters);
        if digits == text.len() {
            return Err(DurationError::NoUnit);
        }
        let at = UNITS.iter().position(|(name, _)| *name == unit).filter(|&at| at >= next && digits > 0);
        let (Some(at), Ok(count)) = (at, rest[..digits].parse::<u64>()) else { return Err(DurationError::Malformed) };
        next = at + 1;
        let part = count.checked_mul(UNITS[at].1);
        // Go counts in nanoseconds of 63 bits.
        let total = part.and_then(|part| sum.checked_add(part)).filter(|&total| total <= i64::MAX as u64 / 1_000_000);
        sum = total.ok_or(DurationError::Malformed)?;
        rest = tail;
    }
    Ok(Millis(sum))
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let mut rest = self.0;
        // A year or a week only if nothing is left over, as Prometheus prints it.
        for (name, size) in UNITS {
            let whole_only = matches!(name, "y" | "w");
            if rest >= size && (!whole_only || rest.is_multiple_of(size)) {
                write!(f, "{}{name}", rest / size)?;
                rest %= size;
            }
        }
        Ok(())
    }
}

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Millis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_duration(&text).map_err(|_| D::Error::custom("expected a duration such as `30s` or `1h30m`"))
    }
}

/// A size in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Size(pub i64);

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_size(&text).ok_or_else(|| D::Error::custom("expected a size with a unit, such as `10MB`"))
    }
}

/// Pairs of a number and a unit, `512MB`, `1.5GiB`, or a plain `0`; both kinds of unit are powers of 1024.
pub(crate) fn parse_size(text: &str) -> Option<Size> {
    let (body, sign) = match text.strip_prefix('-') {
        Some(body) => (body, -1.0),
        None => (text.strip_prefix('+').unwrap_or(text), 1.0),
    };
    if body == "0" {
        return Some(Size(0));
    }
    let mut sum = 0.0;
    let mut rest = body;
    while !rest.is_empty() {
        let number = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        let value = &rest[..number];
        let unit_length = rest[number..].bytes().take_while(u8::is_ascii_alphabetic).count();
        let unit = &rest[number..number + unit_length];
        let fits = value.bytes().any(|b| b.is_ascii_digit()) && value.matches('.').count() <= 1;
        let power = match unit {
            "B" => 0,
            "KB" | "KiB" => 1,
            "MB" | "MiB" => 2,
            "GB" | "GiB" => 3,
            "TB" | "TiB" => 4,
            "PB" | "PiB" => 5,
            "EB" | "EiB" => 6,
            _ => return None,
        };
        if !fits {
            return None;
        }
        sum += value.parse::<f64>().ok()? * 1024_f64.powi(power);
        rest = &rest[number + unit_length..];
    }
    #[expect(clippy::cast_possible_truncation, reason = "what is larger than an i64 becomes the largest")]
    let bytes = (sign * sum) as i64;
    (!body.is_empty()).then_some(Size(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_stricter_than_gos() {
        for (text, millis) in
            [("15s", 15_000), ("1h30m", 5_400_000), ("0", 0), ("0s", 0), ("500ms", 500), ("1d", 86_400_000)]
        {
            assert_eq!(parse_duration(text), Ok(Millis(millis)), "{text}");
        }
        assert_eq!(parse_duration("15"), Err(DurationError::NoUnit));
        for text in ["1.5m", "30s1m", "15 s", "15S", "-1m", "s", "1s1s", "99999999999y"] {
            assert_eq!(parse_duration(text), Err(DurationError::Malformed), "{text}");
        }
        assert_eq!(Millis(5_400_000).to_string(), "1h30m");
        assert_eq!(Millis(7 * 86_400_000).to_string(), "1w");
        assert_eq!(Millis(8 * 86_400_000).to_string(), "8d");
    }

    #[test]
    fn sizes_need_a_unit() {
        for text in ["0", "10MB", "1.5GiB", "1GB512MB", "+1B"] {
            assert!(parse_size(text).is_some(), "{text}");
        }
        assert_eq!(parse_size("1.5KB"), Some(Size(1536)));
        assert_eq!(parse_size("-1GB512MiB"), Some(Size(-(1 << 30) - (1 << 29))));
        for text in ["", "100", "10M", "10kB", "MB", "1 GB", "1.2.3GB"] {
            assert!(parse_size(text).is_none(), "{text}");
        }
    }
}
