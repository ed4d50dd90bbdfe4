//! Numbers, sizes and times as nginx reads them (`ngx_parse.c`).

use std::time::Duration;

/// Decimal digits and nothing else.
pub fn number(text: &str) -> Option<u64> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// A size in bytes: digits, then `k` or `m`.
pub fn size(text: &str) -> Option<u64> {
    scaled(text, false)
}

/// An offset in bytes: digits, then `k`, `m` or `g`.
pub fn offset(text: &str) -> Option<u64> {
    scaled(text, true)
}

fn scaled(text: &str, giga: bool) -> Option<u64> {
    let factor: u64 = match text.bytes().last()? {
        b'k' | b'K' => 1 << 10,
        b'm' | b'M' => 1 << 20,
        b'g' | b'G' if giga => 1 << 30,
        _ => return number(text),
    };
    number(&text[..text.len() - 1])?.checked_mul(factor)
}

/// The units a time may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeUnits {
    /// `w d h m s ms`.
    Milliseconds,
    /// `y M w d h m s`.
    Seconds,
}

/// A time: numbers with units in descending order; a last number without a unit is in seconds.
pub fn time(text: &str, units: TimeUnits) -> Option<Duration> {
    let mut millis: u64 = 0;
    let mut previous = 0;
    let mut rest = text;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let amount = number(&rest[..digits])?;
        rest = &rest[digits..];
        let (width, rank, factor) = match (rest.as_bytes(), units) {
            ([b'y', ..], TimeUnits::Seconds) => (1, 1, 365 * 86_400_000),
            ([b'M', ..], TimeUnits::Seconds) => (1, 2, 30 * 86_400_000),
            ([b'w', ..], _) => (1, 3, 7 * 86_400_000),
            ([b'd', ..], _) => (1, 4, 86_400_000),
            ([b'h', ..], _) => (1, 5, 3_600_000),
            ([b'm', b's', ..], TimeUnits::Milliseconds) => (2, 8, 1),
            ([b'm', b's', ..], TimeUnits::Seconds) => return None,
            ([b'm', ..], _) => (1, 6, 60_000),
            ([b's', ..], _) => (1, 7, 1_000),
            ([] | [b' ', ..], _) => (0, 7, 1_000),
            _ => return None,
        };
        if rank <= previous {
            return None;
        }
        previous = rank;
        millis = millis.checked_add(amount.checked_mul(factor)?)?;
        rest = rest[width..].trim_start_matches(' ');
    }
    Some(Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_no_g_and_no_b() {
        assert_eq!(size("64k"), Some(65_536));
        assert_eq!(size("1M"), Some(1 << 20));
        assert_eq!(size("1g"), None);
        assert_eq!(offset("1g"), Some(1 << 30));
        for text in ["10MB", "64kb", "-1", "", "k", "1.5m", "99999999999999999999k"] {
            assert_eq!(offset(text), None, "{text}");
        }
    }

    #[test]
    fn times_descend_and_have_units_of_their_kind() {
        let ms = |text| time(text, TimeUnits::Milliseconds).map(|time| time.as_millis());
        let s = |text| time(text, TimeUnits::Seconds).map(|time| time.as_secs());
        assert_eq!(ms("60"), Some(60_000));
        assert_eq!(ms("1h 30m"), Some(5_400_000));
        assert_eq!(ms("1h30m5"), Some(5_405_000));
        assert_eq!(ms("1500ms"), Some(1_500));
        assert_eq!(s("1M"), Some(30 * 86_400));
        assert_eq!(s("1y6M"), Some((365 + 180) * 86_400));
        for text in ["1.5s", "10sec", "10S", "30m1h", "-1", "", "1y", "5s5s"] {
            assert_eq!(ms(text), None, "{text}");
        }
        assert_eq!(s("500ms"), None);
    }
}
