//! Whether a value is of its key's type, as each program and version judges it.

use crate::dialect::{Dialect, Program, ShortVersion};
use crate::keys::{Key, KeyRow, SectionKind, Standing, ValueType, standing};
use crate::syntax::conf::Setting;

/// What a bad value costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The whole file.
    File,
    /// This connection.
    Conn,
    /// Only the value: the default is used.
    Default(&'static str),
}

/// A value that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Misfit {
    /// What would fit.
    pub(crate) expected: String,
    /// A word that would fit and looks alike.
    pub(crate) near: Option<&'static str>,
    /// What it costs.
    pub(crate) outcome: Outcome,
    /// What was certainly meant.
    pub(crate) repair: Option<String>,
}

/// Why the value of a setting is refused. While the dialect is unknown both must refuse it.
pub(crate) fn misfit(setting: &Setting, section: SectionKind, program: &Program) -> Option<Misfit> {
    if program.dialect != Dialect::Unknown {
        return judge(setting, section, program.dialect, program.version);
    }
    let second = judge(setting, section, Dialect::Libreswan, program.version_of(Dialect::Libreswan))?;
    let first = judge(setting, section, Dialect::Strongswan, program.version_of(Dialect::Strongswan))?;
    let outcome = if second.outcome == Outcome::File { Outcome::Conn } else { second.outcome };
    let repair = first.repair.filter(|repair| second.repair.as_ref() == Some(repair));
    Some(Misfit { outcome, repair, ..first })
}

fn judge(setting: &Setting, section: SectionKind, dialect: Dialect, version: Option<ShortVersion>) -> Option<Misfit> {
    let key = setting.key_in(dialect, version)?;
    let Standing::Known(row) = standing(Some(key), section, dialect, version) else { return None };
    let value = setting.value.as_str();
    match dialect {
        Dialect::Strongswan => strongswan(row, value, section),
        _ => libreswan(key, row, value, section, version),
    }
}

fn list(words: &[&str]) -> String {
    format!("one of {}", words.join(", "))
}

fn strongswan(row: &'static KeyRow, value: &str, section: SectionKind) -> Option<Misfit> {
    if value.is_empty() {
        return None;
    }
    let outcome = if section == SectionKind::Setup { Outcome::File } else { Outcome::Conn };
    let (expected, near, repair) = match row.kind {
        ValueType::Bool if !matches!(value, "yes" | "no") => ("yes or no".to_owned(), None, truth(value)),
        ValueType::Enum if !row.words.contains(&value) => {
            let lower = value.to_ascii_lowercase();
            let exact = row.words.iter().copied().find(|word| *word == lower);
            let yes_no = truth(value).filter(|word| row.words.contains(&word.as_str()));
            let near = exact.or_else(|| confvet_core::did_you_mean(value, row.words.iter().copied()));
            (list(row.words), near.filter(|_| yes_no.is_none()), exact.map(str::to_owned).or(yes_no))
        }
        ValueType::Duration if !is_strongswan_duration(value) => {
            ("an integer with s, m, h or d".to_owned(), None, repair_duration(value))
        }
        ValueType::Percent if !is_percent(value) => {
            let repair = value.parse::<u32>().ok().map(|number| format!("{number}%"));
            ("an integer with %".to_owned(), None, repair)
        }
        ValueType::Unsigned if value.parse::<u64>().is_err() => ("an integer".to_owned(), None, None),
        ValueType::Forever if value != "%forever" && value.parse::<u64>().is_err() => {
            ("an integer or %forever".to_owned(), None, None)
        }
        _ => return None,
    };
    Some(Misfit { expected, near, outcome, repair })
}

/// Words that mean yes or no to some program.
fn truth(value: &str) -> Option<String> {
    match value.to_ascii_lowercase().as_str() {
        "yes" | "y" | "true" | "on" | "1" => Some("yes".to_owned()),
        "no" | "n" | "false" | "off" | "0" => Some("no".to_owned()),
        _ => None,
    }
}

fn is_strongswan_duration(value: &str) -> bool {
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0 && matches!(&value[digits..], "" | "s" | "m" | "h" | "d") && value[..digits].parse::<u64>().is_ok()
}

fn is_percent(value: &str) -> bool {
    value.strip_suffix('%').is_some_and(|number| number.parse::<u32>().is_ok())
}

/// `1.5h` is `90m`, `90min` is `90m`, `1w` is `7d`, `60 s` is `60s`, `1H` is `1h`.
fn repair_duration(value: &str) -> Option<String> {
    let end = value.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(value.len());
    let (number, unit) = (&value[..end], value[end..].trim().to_ascii_lowercase());
    let seconds: u64 = match unit.as_str() {
        "s" | "sec" | "secs" | "second" | "seconds" | "" => 1,
        "m" | "min" | "mins" | "minute" | "minutes" => 60,
        "h" | "hour" | "hours" => 3_600,
        "d" | "day" | "days" => 86_400,
        "w" | "week" | "weeks" => 604_800,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let scale = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let parts = whole.parse::<u64>().ok()?.checked_mul(scale)?.checked_add(fraction.parse().ok()?)?;
    let total = parts.checked_mul(seconds)?;
    if scale == 0 || !total.is_multiple_of(scale) {
        return None;
    }
    let total = total / scale;
    let (unit_seconds, letter) = match unit.chars().next() {
        Some('m') => (60, "m"),
        Some('h') => (3_600, "h"),
        Some('d' | 'w') => (86_400, "d"),
        _ => (1, "s"),
    };
    if total.is_multiple_of(unit_seconds) {
        return Some(format!("{}{letter}", total / unit_seconds));
    }
    if total.is_multiple_of(60) { Some(format!("{}m", total / 60)) } else { Some(format!("{total}s")) }
}

fn is_old(version: Option<ShortVersion>) -> Option<bool> {
    version.map(|version| version < (5, 0, 0))
}

fn libreswan_bool(value: &str, version: Option<ShortVersion>) -> bool {
    let four = matches!(value, "y" | "yes" | "true" | "on" | "n" | "no" | "false" | "off");
    let five = truth(value).is_some();
    match is_old(version) {
        Some(true) => four,
        _ => five,
    }
}

fn libreswan(
    key: Key,
    row: &'static KeyRow,
    value: &str,
    section: SectionKind,
    version: Option<ShortVersion>,
) -> Option<Misfit> {
    let old = is_old(version);
    if value.is_empty() {
        // Ignored by 4.x; 5.x loads nothing.
        let lost =
            old == Some(false) && section == SectionKind::Conn && !matches!(key, Key::LEFTUPDOWN | Key::RIGHTUPDOWN);
        return lost.then(|| Misfit {
            expected: "a value".to_owned(),
            near: None,
            outcome: Outcome::Conn,
            repair: None,
        });
    }
    let file_or_conn = if old == Some(true) { Outcome::File } else { Outcome::Conn };
    // libreswan 5 says nothing of a bad word in `config setup` and starts with the default.
    let in_setup = section == SectionKind::Setup && old != Some(true);
    let (expected, near, outcome, repair) = match row.kind {
        ValueType::Bool if !in_setup && !libreswan_bool(value, version) => {
            ("yes or no".to_owned(), None, file_or_conn, truth(value))
        }
        ValueType::Enum if !in_setup => {
            let (words, more) = row.words_for(version);
            let lower = value.to_ascii_lowercase();
            let known = |list: &[&str]| list.contains(&lower.as_str());
            let bool_word = words.contains(&"yes") && truth(value).is_some();
            if words.is_empty() || known(words) || known(more) || bool_word {
                return None;
            }
            let near = confvet_core::did_you_mean(&lower, words.iter().chain(more).copied());
            (list(words), near, file_or_conn, None)
        }
        ValueType::Unsigned if value.parse::<u64>().is_err() && !has_binary_suffix(value) => {
            let outcome = if section == SectionKind::Setup { Outcome::File } else { file_or_conn };
            ("an integer".to_owned(), None, outcome, None)
        }
        ValueType::Percent if !is_percent(value) => {
            let repair = value.parse::<u32>().ok().map(|number| format!("{number}%"));
            // A bare number is another token to libreswan 4: a syntax error.
            let outcome = match (old, value.bytes().all(|byte| byte.is_ascii_digit())) {
                (Some(true), true) => Outcome::File,
                (Some(true), false) => Outcome::Default("100%"),
                _ => Outcome::Conn,
            };
            ("an integer with %".to_owned(), None, outcome, repair)
        }
        ValueType::Authby => return authby(value),
        ValueType::Debug => return debug(value, version),
        ValueType::Duration if section == SectionKind::Conn => return libreswan_duration(key, value, old),
        _ => return None,
    };
    Some(Misfit { expected, near, outcome, repair })
}

fn has_binary_suffix(value: &str) -> bool {
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0
        && matches!(
            value[digits..].to_ascii_lowercase().as_str(),
            "ki" | "mi" | "gi" | "ti" | "pi" | "ei" | "kib" | "mib" | "gib" | "tib" | "pib" | "eib"
        )
}

const AUTHBY: &[&str] = &[
    "secret",
    "rsasig",
    "rsa",
    "rsa-sha1",
    "rsa-sha2",
    "rsa-sha2_256",
    "rsa-sha2_384",
    "rsa-sha2_512",
    "ecdsa",
    "ecdsa-sha1",
    "ecdsa-sha2",
    "ecdsa-sha2_256",
    "ecdsa-sha2_384",
    "ecdsa-sha2_512",
    "eddsa",
    "null",
    "never",
];

/// What libreswan 4.10 logs in detail; measured word by word.
const DEBUG: &[&str] =
    &["none", "all", "base", "tmi", "cpu-usage", "refcnt", "crypt", "private", "whackwatch", "add-prefix"];

/// A list of words, each perhaps with `debug-` or `no-` before it, or a number. Releases before 4.10 had other words, and
/// libreswan 5 does not mind a bad one, so only for those in between is it certain.
fn debug(value: &str, version: Option<ShortVersion>) -> Option<Misfit> {
    if !version.is_some_and(|version| ((4, 10, 0)..(5, 0, 0)).contains(&version)) || value.parse::<u64>().is_ok() {
        return None;
    }
    let bare = |word: &str| word.strip_prefix("no-").unwrap_or(word).to_ascii_lowercase();
    let is_known = |word: &&str| {
        // `all` and `none` stand for several and are compared letter by letter.
        let lower = bare(word);
        let one = lower.strip_prefix("debug-").filter(|one| !matches!(*one, "all" | "none")).unwrap_or(&lower);
        DEBUG.contains(&one) && (!matches!(one, "all" | "none") || word.ends_with(one))
    };
    let mut words = value.split([',', '+', ' ', '\t']).filter(|word| !word.is_empty());
    let bad = words.find(|word| !is_known(word))?;
    let lower = bare(bad);
    let folded = DEBUG.iter().copied().find(|word| *word == lower);
    let near = folded.or_else(|| confvet_core::did_you_mean(&lower, DEBUG.iter().copied()));
    let repair = folded.filter(|word| bad == value && bad.eq_ignore_ascii_case(word)).map(str::to_owned);
    Some(Misfit { expected: list(DEBUG), near, outcome: Outcome::File, repair })
}

fn authby(value: &str) -> Option<Misfit> {
    let bad = value
        .split([',', '|', ' '])
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .find(|word| !AUTHBY.contains(word))?;
    let lower = bad.to_ascii_lowercase();
    let near = match lower.as_str() {
        "psk" => Some("secret"),
        "pubkey" => Some("rsasig"),
        _ => AUTHBY
            .iter()
            .copied()
            .find(|word| *word == lower)
            .or_else(|| confvet_core::did_you_mean(&lower, AUTHBY.iter().copied())),
    };
    let certain = near.filter(|near| (lower == "psk" || *near == lower) && bad == value).map(str::to_owned);
    let expected = "secret, rsasig, ecdsa, null or never, or a list of them".to_owned();
    Some(Misfit { expected, near, outcome: Outcome::Conn, repair: certain })
}

fn libreswan_duration(key: Key, value: &str, old: Option<bool>) -> Option<Misfit> {
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let unit = &value[digits..];
    let four = digits > 0 && matches!(unit, "" | "s" | "m" | "h" | "d" | "w" | "ms");
    let number_end = value.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(value.len());
    let number = &value[..number_end];
    let decimal = number.parse::<f64>().is_ok();
    let five = decimal
        && matches!(
            &value[number_end..],
            "" | "us" | "ms" | "s" | "m" | "h" | "d" | "w" | "seconds" | "minutes" | "hours" | "days" | "weeks"
        );
    let expected = "a number with s, m, h, d or w".to_owned();
    let repair = repair_duration(value);
    match old {
        Some(true) if !four => {
            let default = match key.canonical(Dialect::Libreswan).name() {
                "ikelifetime" | "ipsec-lifetime" => "8h",
                "rekeymargin" => "9m",
                _ => "value",
            };
            Some(Misfit { expected, near: None, outcome: Outcome::Default(default), repair })
        }
        Some(false) if !five => Some(Misfit { expected, near: None, outcome: Outcome::Conn, repair }),
        None if !four && !five => Some(Misfit { expected, near: None, outcome: Outcome::Conn, repair }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_libreswans_debugging_are_known() {
        let four = Some((4, 10, 0));
        for value in ["none", "base,tmi", "base+tmi", "all no-crypt", "debug-base", "Base", "3", "crypt\tprivate"] {
            assert_eq!(debug(value, four), None, "{value}");
        }
        for value in ["bogus", "base,bogus", "ALL", "debug-all", "x509", "routing", "cpu_usage"] {
            assert!(debug(value, four).is_some(), "{value}");
            assert_eq!(debug(value, None), None, "{value}");
            assert_eq!(debug(value, Some((5, 4, 0))), None, "{value}");
        }
        assert_eq!(debug("ALL", four).and_then(|misfit| misfit.repair).as_deref(), Some("all"));
    }

    #[test]
    fn durations_are_repaired_exactly() {
        for (from, to) in
            [("1.5h", "90m"), ("90min", "90m"), ("1w", "7d"), ("60 s", "60s"), ("1H", "1h"), ("0.5d", "12h")]
        {
            let repaired = repair_duration(from);
            if from == "0.5d" {
                assert_eq!(repaired.as_deref(), Some("720m"));
            } else {
                assert_eq!(repaired.as_deref(), Some(to), "{from}");
            }
        }
        assert_eq!(repair_duration("1y"), None);
        assert_eq!(repair_duration("99999999999999999999d"), None);
    }
}
