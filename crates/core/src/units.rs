//! Sizes and durations: the types that models carry, and how messages print them.

use serde::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ByteSize(pub u64);

impl ByteSize {
    /// 1024 bytes.
    pub const KIB: u64 = 1 << 10;
    /// 1024² bytes.
    pub const MIB: u64 = 1 << 20;
    /// 1024³ bytes.
    pub const GIB: u64 = 1 << 30;
    /// 1024⁴ bytes.
    pub const TIB: u64 = 1 << 40;

    /// `n` GiB.
    pub const fn gib(n: u64) -> Self {
        Self(n * Self::GIB)
    }

    /// `n` MiB.
    pub const fn mib(n: u64) -> Self {
        Self(n * Self::MIB)
    }

    /// The number of bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// `percent` per cent of it, rounded down.
    #[must_use]
    pub fn percent(self, percent: u64) -> Self {
        let part = u128::from(self.0) * u128::from(percent) / 100;
        Self(u64::try_from(part).unwrap_or(u64::MAX))
    }
}

/// Prints as a person would write it: the largest binary unit with at most one decimal place.
impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(Self::TIB, "TiB"), (Self::GIB, "GiB"), (Self::MIB, "MiB"), (Self::KIB, "KiB")];
        let Some((unit, name)) = units.into_iter().find(|&(unit, _)| self.0 >= unit) else {
            return write!(f, "{} bytes", self.0);
        };
        let tenths = (u128::from(self.0) * 10 + u128::from(unit) / 2) / u128::from(unit);
        match (tenths / 10, tenths % 10) {
            (whole, 0) => write!(f, "{whole} {name}"),
            (whole, tenth) => write!(f, "{whole}.{tenth} {name}"),
        }
    }
}

impl Serialize for ByteSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

/// A text that is no size or duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is no {what}; write for example `{example}`")]
pub struct UnitError {
    value: String,
    what: &'static str,
    example: &'static str,
}

/// Reads confvet's own notation, as in `memory = "64GiB"`: a number, then `B KiB MiB GiB TiB` (1024) or `kB MB GB TB`
/// (1000); single letters `K M G T` count 1024. Formats of other programs have their own readers.
impl FromStr for ByteSize {
    type Err = UnitError;
    fn from_str(value: &str) -> Result<Self, UnitError> {
        let error = || UnitError { value: value.to_owned(), what: "size", example: "64GiB" };
        let (number, unit) = split_number(value.trim());
        let factor: u64 = match unit {
            "" | "B" | "b" => 1,
            "KiB" | "K" | "k" | "Ki" => Self::KIB,
            "MiB" | "M" | "m" | "Mi" => Self::MIB,
            "GiB" | "G" | "g" | "Gi" => Self::GIB,
            "TiB" | "T" | "t" | "Ti" => Self::TIB,
            "kB" | "KB" | "kb" => 1_000,
            "MB" | "mb" => 1_000_000,
            "GB" | "gb" => 1_000_000_000,
            "TB" | "tb" => 1_000_000_000_000,
            _ => return Err(error()),
        };
        scaled(number, u128::from(factor)).and_then(|bytes| u64::try_from(bytes).ok()).map(ByteSize).ok_or_else(error)
    }
}

/// Reads confvet's own notation of durations, as in `rto = "60s"`: one or more numbers with `ms s m h d w`.
///
/// # Errors
/// If the text is anything else.
pub fn parse_duration(value: &str) -> Result<Duration, UnitError> {
    let error = || UnitError { value: value.to_owned(), what: "duration", example: "60s" };
    let mut rest = value.trim();
    let mut millis: u128 = 0;
    if rest.is_empty() {
        return Err(error());
    }
    while !rest.is_empty() {
        let (number, tail) = split_number(rest);
        let unit_len = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let factor = match &tail[..unit_len] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 604_800_000,
            _ => return Err(error()),
        };
        millis += scaled(number, factor).ok_or_else(error)?;
        rest = &tail[unit_len..];
    }
    u64::try_from(millis).map(Duration::from_millis).map_err(|_| error())
}

fn split_number(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    (&text[..end], text[end..].trim_start())
}

/// `number` times `factor`, exactly for integers; a decimal fraction keeps nine places.
fn scaled(number: &str, factor: u128) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole: u128 = if whole.is_empty() && !fraction.is_empty() { 0 } else { whole.parse().ok()? };
    let nano: u128 = if fraction.is_empty() {
        0
    } else {
        let digits: String = fraction.chars().chain("000000000".chars()).take(9).collect();
        digits.parse().ok()?
    };
    whole.checked_mul(factor)?.checked_add(nano * factor / 1_000_000_000)
}

/// A duration as a person would write it: `90s`, `1h30m`, `250ms`, `2d`.
pub fn display_duration(duration: Duration) -> String {
    let millis = duration.as_millis();
    if millis == 0 {
        return "0s".to_owned();
    }
    if !millis.is_multiple_of(1_000) {
        return if millis > 10_000 { format!("{:.1}s", duration.as_secs_f64()) } else { format!("{millis}ms") };
    }
    let seconds = millis / 1_000;
    if seconds < 120 {
        return format!("{seconds}s");
    }
    let parts = [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    parts.into_iter().filter(|&(count, _)| count > 0).map(|(count, unit)| format!("{count}{unit}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_and_print() {
        for (text, bytes, printed) in [
            ("64GiB", 64 << 30, "64 GiB"),
            ("1.5G", 3 << 29, "1.5 GiB"),
            ("2GB", 2_000_000_000, "1.9 GiB"),
            ("512", 512, "512 bytes"),
        ] {
            let size: ByteSize = text.parse().unwrap();
            assert_eq!(size, ByteSize(bytes), "{text}");
            assert_eq!(size.to_string(), printed);
        }
        for text in ["", "GiB", "-1", "1 XB", "99999999999999999999TiB", "1.2.3G"] {
            assert!(text.parse::<ByteSize>().is_err(), "{text}");
        }
    }

    #[test]
    fn durations_read_and_print() {
        for (text, millis, printed) in
            [("60s", 60_000, "60s"), ("1h30m", 5_400_000, "1h30m"), ("250ms", 250, "250ms"), ("2d", 172_800_000, "2d")]
        {
            let duration = parse_duration(text).unwrap();
            assert_eq!(duration, Duration::from_millis(millis), "{text}");
            assert_eq!(display_duration(duration), printed);
        }
        for text in ["", "5", "s", "1y", "-1s"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
