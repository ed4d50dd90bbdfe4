//! How settings read their values: booleans, durations, sizes, shares. What is accepted differs by version.

use crate::release::Release;

/// Why a value is refused, as a clause for people.
pub type Refusal = &'static str;

/// Reads a boolean. `quoted` says whether the text stood in quotes. Versions before 5.0 take everything but
/// `false`, `0`, `off` and `no` for true.
///
/// # Errors
/// If the release refuses the text.
pub fn boolean(text: &str, quoted: bool, release: &Release) -> Result<bool, Refusal> {
    if release.is_before(5, 0) {
        return Ok(!matches!(text, "false" | "0" | "off" | "no"));
    }
    match text {
        "true" => return Ok(true),
        "false" => return Ok(false),
        _ => {}
    }
    let old = match text {
        "1" | "on" | "yes" => Some(true),
        "0" | "off" | "no" => Some(false),
        _ => None,
    };
    if release.is_before(6, 0) {
        return old.ok_or("5.x takes only the lower-case words true, false, yes, no, on, off, 1 and 0");
    }
    if !quoted {
        match text {
            "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => return Ok(true),
            "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => return Ok(false),
            _ => {}
        }
    }
    // Whatever 5.x took is not certainly wrong while 5.x is possible.
    match old.filter(|_| release.may_be_before(6, 0) && !release.is_unknown()) {
        Some(value) => Ok(value),
        None => Err("only true and false are allowed"),
    }
}

/// Reads a duration, in nanoseconds.
///
/// # Errors
/// If the release refuses the text.
pub fn duration(text: &str, release: &Release) -> Result<i128, Refusal> {
    let trimmed = text.trim();
    if matches!(trimmed, "0" | "-1") {
        return Ok(trimmed.parse().unwrap_or(0));
    }
    let start = trimmed.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(trimmed.len());
    let (number, unit) = (trimmed[..start].trim_end(), &trimmed[start..]);
    let nanos: i128 = match unit.to_ascii_lowercase().as_str() {
        "nanos" => 1,
        "micros" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" if unit == "m" || release.is_before(5, 0) => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "d" => 86_400_000_000_000,
        "w" if release.is_before(5, 0) => 604_800_000_000_000,
        "" if release.is_before(2, 0) => 1_000_000,
        "" => return Err("a unit is missing, as in `30s`"),
        "m" => return Err("minutes are a lower-case m"),
        "w" => return Err("weeks are not known; write days, as in `7d`"),
        "min" | "mins" | "minute" | "minutes" => return Err("minutes are m"),
        "sec" | "secs" | "second" | "seconds" => return Err("seconds are s"),
        "hour" | "hours" => return Err("hours are h"),
        _ => return Err("the units are nanos, micros, ms, s, m, h and d"),
    };
    if let Ok(count) = number.parse::<i64>() {
        return match count {
            ..-1 if release.is_from(7, 0) => Err("durations below -1 are refused"),
            count => Ok(i128::from(count) * nanos),
        };
    }
    match number.parse::<f64>() {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "fractions of seconds suffice"
        )]
        Ok(count) if release.is_before(5, 0) => Ok((count * nanos as f64) as i128),
        Ok(_) => Err("fractions are not allowed; use a smaller unit"),
        Err(_) => Err("that is no number with a unit"),
    }
}

/// Reads a size, in bytes; -1 where it means "none".
///
/// # Errors
/// If the release refuses the text.
pub fn bytes(text: &str, release: &Release) -> Result<i128, Refusal> {
    let trimmed = text.trim();
    if matches!(trimmed, "0" | "-1") {
        return Ok(trimmed.parse().unwrap_or(0));
    }
    let start = trimmed.find(|c: char| c.is_ascii_alphabetic() || c == '%').unwrap_or(trimmed.len());
    let (number, unit) = (trimmed[..start].trim_end(), &trimmed[start..]);
    let factor: i128 = match unit.to_ascii_lowercase().as_str() {
        "b" => 1,
        "k" | "kb" => 1 << 10,
        "m" | "mb" => 1 << 20,
        "g" | "gb" => 1 << 30,
        "t" | "tb" => 1 << 40,
        "p" | "pb" => 1 << 50,
        "" if release.is_before(2, 0) => 1,
        "" => return Err("a unit is missing, as in `100mb`"),
        "kib" | "mib" | "gib" | "tib" => return Err("the units are kb, mb, gb; they already count 1024"),
        "%" => return Err("a share is not allowed here"),
        _ => return Err("the units are b, kb, mb, gb, tb and pb"),
    };
    if let Ok(count) = number.parse::<i64>() {
        return Ok(i128::from(count) * factor);
    }
    match number.parse::<f64>() {
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "the program rounds too")]
        Ok(count) if count.is_finite() && !number.starts_with(['+', '.']) => Ok((count * factor as f64) as i128),
        _ => Err("that is no number with a unit"),
    }
}

/// A size that may be a share of the heap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Memory {
    /// Bytes; -1 is unbounded.
    Bytes(i128),
    /// Per cent of the heap.
    Percent(f64),
}

/// Reads a size or a share of the heap.
///
/// # Errors
/// If the release refuses the text.
pub fn memory(text: &str, release: &Release) -> Result<Memory, Refusal> {
    match text.trim().strip_suffix('%') {
        Some(percent) => match percent.parse::<f64>() {
            Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(Memory::Percent(percent)),
            Ok(_) => Err("a share of the heap lies between 0% and 100%"),
            Err(_) => Err("that is no number with a per cent sign"),
        },
        None => bytes(text, release).map(Memory::Bytes),
    }
}

/// A disk watermark.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Watermark {
    /// Per cent of the disk in use.
    Used(f64),
    /// Free bytes.
    Free(i128),
}

/// Reads a watermark: `85%`, `0.85` or free bytes.
///
/// # Errors
/// If the release refuses the text.
pub fn watermark(text: &str, release: &Release) -> Result<Watermark, Refusal> {
    let trimmed = text.trim();
    if let Some(percent) = trimmed.strip_suffix('%') {
        return match percent.parse::<f64>() {
            Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(Watermark::Used(percent)),
            Ok(_) => Err("a share of the disk lies between 0% and 100%"),
            Err(_) => Err("that is no number with a per cent sign"),
        };
    }
    if let Ok(ratio) = trimmed.parse::<f64>()
        && (0.0..=1.0).contains(&ratio)
    {
        return Ok(Watermark::Used(ratio * 100.0));
    }
    bytes(trimmed, release).map(Watermark::Free).map_err(|refusal| match refusal {
        "a unit is missing, as in `100mb`" => "a plain number is neither a share (`85%`) nor free space (`50gb`)",
        other => other,
    })
}

/// Reads a signed integer of 32 bits.
pub fn integer(text: &str) -> Option<i64> {
    text.trim().parse::<i32>().ok().map(i64::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::Flavour;
    use confvet_core::Version;

    fn es(major: u64, minor: u64) -> Release {
        Release::stated(Flavour::Elasticsearch, Version::new(major, minor, 0))
    }

    #[test]
    fn booleans_by_version() {
        for word in ["True", "Off", "YES", "off"] {
            assert!(boolean(word, false, &es(6, 8)).is_ok(), "{word} is a YAML 1.1 word");
            assert!(boolean(word, true, &es(6, 8)).is_err(), "quoted {word} is text");
        }
        for word in ["tRUE", "y", "1", "0"] {
            assert!(boolean(word, false, &es(7, 17)).is_err(), "{word}");
        }
        assert_eq!(boolean("on", true, &es(5, 6)), Ok(true));
        assert!(boolean("True", false, &es(5, 6)).is_err(), "verified: run 5.6");
        assert_eq!(boolean("False", false, &es(2, 4)), Ok(true), "2.x takes False for true");
    }

    #[test]
    fn durations_by_version() {
        assert_eq!(duration("30s", &es(6, 8)), Ok(30_000_000_000));
        assert_eq!(duration(" 5 m", &es(6, 8)), Ok(300_000_000_000));
        assert_eq!(duration("-1", &es(6, 8)), Ok(-1));
        assert_eq!(duration("30S", &es(6, 8)), Ok(30_000_000_000));
        for text in ["30", "0.5m", "1.5h", "1w", "5M", "5min", "x", "", "s"] {
            assert!(duration(text, &es(6, 8)).is_err(), "{text}");
        }
        assert!(duration("1w", &es(2, 4)).is_ok() && duration("5M", &es(2, 4)).is_ok());
        assert!(duration("30", &es(1, 7)).is_ok());
    }

    #[test]
    fn sizes_by_version() {
        assert_eq!(bytes("1.5gb", &es(6, 8)), Ok(3 << 29));
        assert_eq!(bytes("100 MB", &es(6, 8)), Ok(100 << 20));
        for text in ["200", "100MiB", "10%", "1_000mb", "", "gb", "NaNgb"] {
            assert!(bytes(text, &es(6, 8)).is_err(), "{text}");
        }
        assert_eq!(memory("60%", &es(6, 8)), Ok(Memory::Percent(60.0)));
        assert!(memory("110%", &es(6, 8)).is_err() && memory("0.1", &es(6, 8)).is_err());
        assert_eq!(watermark("0.85", &es(6, 8)), Ok(Watermark::Used(85.0)));
        assert_eq!(watermark("10gb", &es(6, 8)), Ok(Watermark::Free(10 << 30)));
        assert!(watermark("85", &es(6, 8)).is_err());
    }
}
