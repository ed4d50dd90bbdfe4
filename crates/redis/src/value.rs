//! How the servers read numbers, sizes and switches: strictly from 6.0 on, and before that with surprises.

use crate::version::Release;
use confvet_core::units::ByteSize;

/// `yes` and `no`, whatever the case. Nothing else is a switch.
pub fn switch(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("yes") {
        Some(true)
    } else if text.eq_ignore_ascii_case("no") {
        Some(false)
    } else {
        None
    }
}

/// An integer as Redis 6.0 and younger read it: no `+`, no leading zeros, no suffix.
pub fn integer(text: &str) -> Option<i128> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty()
        && digits.len() <= 20
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'))
        && text != "-0";
    plain.then(|| text.parse().ok()).flatten()
}

/// An integer as C's `atoi` reads it: leading digits count, 0 if there are none.
pub fn leading_integer(text: &str) -> i64 {
    let trimmed = text.trim_start();
    let (sign, digits) = match trimmed.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let value = digits[..end.min(18)].parse::<i64>().unwrap_or_default();
    sign * value
}

/// Digits and what follows them.
pub(crate) fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

fn unit_factor(unit: &str) -> Option<u64> {
    let factors =
        [("", 1), ("b", 1), ("k", 1000), ("kb", 1 << 10), ("m", 1_000_000), ("mb", 1 << 20), ("g", 1_000_000_000)];
    let known = factors.into_iter().chain([("gb", 1 << 30)]).find(|(name, _)| unit.eq_ignore_ascii_case(name));
    known.map(|(_, factor)| factor)
}

/// A size as the server writes it: digits and one of `b k kb m mb g gb`, where `k` is 1000 and `kb` is 1024. Too large
/// a value wraps in the server; here it stays at the largest.
pub fn memory(text: &str) -> Option<ByteSize> {
    let (digits, unit) = split_digits(text);
    if digits.is_empty() {
        return None;
    }
    let factor = unit_factor(unit)?;
    let number: u128 = digits.get(..30.min(digits.len()))?.parse().ok()?;
    Some(ByteSize(u64::try_from(number.saturating_mul(u128::from(factor))).unwrap_or(u64::MAX)))
}

/// What a version that does not check sizes makes of a text that is none: 0 from 3.0 on, the bare number before.
pub fn lenient_memory(text: &str, release: Release) -> ByteSize {
    if release.since((3, 0, 0)) {
        return ByteSize(0);
    }
    ByteSize(split_digits(text).0.parse().unwrap_or_default())
}

/// The size as a person would write it for Redis, in the largest unit that divides it: `64mb`.
pub fn write_memory(size: ByteSize) -> String {
    let units = [(ByteSize::GIB, "gb"), (ByteSize::MIB, "mb"), (ByteSize::KIB, "kb")];
    let fitting = units.into_iter().find(|(unit, _)| size.bytes() >= *unit && size.bytes().is_multiple_of(*unit));
    match fitting {
        Some((unit, name)) => format!("{}{name}", size.bytes() / unit),
        None => size.bytes().to_string(),
    }
}

/// What the writer of `4GiB`, `1.5gb` or `1tb` meant, in Redis's own units.
pub(crate) fn intended_memory(text: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim().to_ascii_lowercase();
    let shift: u32 = match unit.as_str() {
        "" | "b" | "bytes" => 0,
        "k" | "kb" | "ki" | "kib" => 10,
        "m" | "mb" | "mi" | "mib" => 20,
        "g" | "gb" | "gi" | "gib" => 30,
        "t" | "tb" | "ti" | "tib" => 40,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.len() > 9 || fraction.len() > 6 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let scale = 10_u64.pow(u32::try_from(fraction.len()).ok()?);
    let fraction: u64 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let bytes = (u128::from(whole) << shift) + (u128::from(fraction) << shift) / u128::from(scale);
    let bytes = u64::try_from(bytes).ok()?;
    // A fraction of a unit is written in the next smaller one.
    let rounded = if fraction > 0 && shift >= 20 { bytes >> (shift - 10) << (shift - 10) } else { bytes };
    (rounded > 0).then(|| write_memory(ByteSize(rounded)))
}

/// Milliseconds (or seconds, if `seconds`) that the writer of `5s` or `3min` meant.
pub(crate) fn intended_time(text: &str, seconds: bool) -> Option<u64> {
    let (digits, unit) = split_digits(text);
    let number: u64 = digits.parse().ok()?;
    let millis: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "ms" | "msec" => 1,
        "s" | "sec" | "secs" | "seconds" => 1_000,
        "m" | "min" | "mins" | "minutes" => 60_000,
        "h" | "hour" | "hours" => 3_600_000,
        _ => return None,
    };
    let total = number.checked_mul(millis)?;
    if seconds { total.is_multiple_of(1_000).then_some(total / 1_000) } else { Some(total) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::version::Engine;

    #[test]
    fn integers_are_strict() {
        for (text, value) in [("0", Some(0)), ("-1", Some(-1)), ("18446744073709551615", Some(u64::MAX.into()))] {
            assert_eq!(integer(text), value, "{text}");
        }
        for text in ["007", "+1", "5m", "", "-", "1.5", "0x10", "-0"] {
            assert_eq!(integer(text), None, "{text}");
        }
    }

    #[test]
    fn atoi_takes_leading_digits() {
        for (text, value) in [("5s", 5), ("-3x", -3), ("abc", 0), ("26379/tcp", 26379), ("", 0)] {
            assert_eq!(leading_integer(text), value, "{text}");
        }
    }

    #[test]
    fn sizes_count_a_thousand_or_1024() {
        for (text, bytes) in [("1k", 1000), ("1KB", 1024), ("4gb", 4 << 30), ("4g", 4_000_000_000), ("100", 100)] {
            assert_eq!(memory(text), Some(ByteSize(bytes)), "{text}");
        }
        for text in ["4GiB", "1.5gb", "50%", "1tb", "-1", "unlimited", "", "1 gb"] {
            assert_eq!(memory(text), None, "{text}");
        }
    }

    #[test]
    fn old_versions_read_a_wrong_size_as_nothing() {
        assert_eq!(lenient_memory("4GiB", Release::new(Engine::Redis, (5, 0, 0))), ByteSize(0));
        assert_eq!(lenient_memory("4GiB", Release::new(Engine::Redis, (2, 8, 24))), ByteSize(4));
    }

    #[test]
    fn intentions_are_understood() {
        for (text, meant) in
            [("4GiB", "4gb"), ("512Mi", "512mb"), ("1.5gb", "1536mb"), ("1tb", "1024gb"), ("2G", "2gb")]
        {
            assert_eq!(intended_memory(text).as_deref(), Some(meant), "{text}");
        }
        assert_eq!(intended_memory("50%"), None);
        assert_eq!(intended_time("3min", false), Some(180_000));
        assert_eq!(intended_time("5m", true), Some(300));
        assert_eq!(intended_time("6379/tcp", false), None);
    }
}
