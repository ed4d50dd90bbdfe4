//! PostgreSQL parameters: which exist in which version, and how their values are read.

use confvet_core::did_you_mean;
use std::borrow::Cow;

/// A version as the tables write it.
pub type Number = (u16, u16, u16);

/// What a parameter takes. Units and bounds are in the parameter's own base unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    /// `on`, `off` and their many spellings.
    Bool,
    /// Any text.
    Text,
    /// A whole number: base unit (`kB`, `8kB`, `ms`, … or empty), least, greatest.
    Integer(&'static str, Option<f64>, Option<f64>),
    /// A number: base unit, least, greatest.
    Real(&'static str, Option<f64>, Option<f64>),
    /// One of these words, in any case.
    Enum(&'static [&'static str]),
    /// One of these words, or a boolean.
    EnumBool(&'static [&'static str]),
}

/// One parameter in one range of versions.
#[derive(Debug, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub shape: Shape,
    /// It can only be read.
    pub is_internal: bool,
    from: Option<Number>,
    till: Option<Number>,
    /// The default from a major version on, in the base unit.
    defaults: &'static [(u16, &'static str)],
}

include!(concat!(env!("OUT_DIR"), "/parameters.rs"));

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq)]
pub enum ValueFault {
    /// It cannot be read; what is probably meant.
    Unreadable(Option<String>),
    /// It is below the least value, which Patroni uses instead.
    Below(f64),
    /// It is above the greatest value, which Patroni uses instead.
    Above(f64),
}

/// PostgreSQL and Patroni fold the case of names: the spelling of the table, such as `DateStyle` for `datestyle` and
/// `work_mem` for `Work_Mem`.
fn spelling(name: &str) -> Cow<'_, str> {
    // Capitals sort before everything else.
    let mut capitals = PARAMETERS.iter().map(|parameter| parameter.name).take_while(|name| name.as_bytes()[0] < b'a');
    match capitals.find(|other| other.eq_ignore_ascii_case(name)) {
        Some(name) => Cow::Borrowed(name),
        None if name.bytes().any(|byte| byte.is_ascii_uppercase()) => Cow::Owned(name.to_ascii_lowercase()),
        None => Cow::Borrowed(name),
    }
}

impl Parameter {
    /// The rows of a parameter, in whatever case it is written, that hold for a major version; all rows when it is
    /// unknown.
    pub fn find(name: &str, major: Option<u16>) -> Vec<&'static Parameter> {
        let name = spelling(name);
        let start = PARAMETERS.partition_point(|parameter| parameter.name < &*name);
        let rows = PARAMETERS[start..].iter().take_while(|parameter| parameter.name == &*name);
        rows.filter(|parameter| {
            let Some(major) = major else { return true };
            parameter.from.is_none_or(|from| from.0 <= major)
                && parameter.till.is_none_or(|till| till.0 > major || (till.0 == major && till.1 > 0))
        })
        .collect()
    }

    /// Does any version of PostgreSQL know it?
    pub fn exists(name: &str) -> bool {
        let name = spelling(name);
        PARAMETERS.binary_search_by(|parameter| parameter.name.cmp(&name)).is_ok()
    }

    /// Every name once, sorted.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let mut last = "";
        PARAMETERS
            .iter()
            .map(|parameter| parameter.name)
            .filter(move |name| std::mem::replace(&mut last, name) != *name)
    }

    /// The name that was probably meant.
    pub fn near(name: &str) -> Option<&'static str> {
        did_you_mean(&name.to_ascii_lowercase(), PARAMETERS.iter().map(|parameter| parameter.name))
    }

    /// Reads a value as PostgreSQL does. `Ok` gives numbers in the base unit.
    ///
    /// # Errors
    /// What is wrong with the value.
    pub fn check(&self, value: &str) -> Result<Option<f64>, ValueFault> {
        match self.shape {
            Shape::Text => Ok(None),
            Shape::Bool => boolean(value).map(|_| None).ok_or(ValueFault::Unreadable(None)),
            Shape::Enum(words) | Shape::EnumBool(words) => {
                let known = words.iter().any(|word| word.eq_ignore_ascii_case(value));
                let is_switch = matches!(self.shape, Shape::EnumBool(_)) && boolean(value).is_some();
                if known || is_switch || value.is_empty() {
                    return Ok(None);
                }
                let meant = did_you_mean(value, words.iter().copied()).map(str::to_owned);
                Err(ValueFault::Unreadable(meant))
            }
            Shape::Integer(unit, least, greatest) | Shape::Real(unit, least, greatest) => {
                let Some(number) = quantity(value, unit) else {
                    return Err(ValueFault::Unreadable(with_right_unit(value, unit)));
                };
                let number = if matches!(self.shape, Shape::Integer(..)) { number.round() } else { number };
                match (least, greatest) {
                    (Some(least), _) if number < least => Err(ValueFault::Below(least)),
                    (_, Some(greatest)) if number > greatest => Err(ValueFault::Above(greatest)),
                    _ => Ok(Some(number)),
                }
            }
        }
    }

    /// The default of a major version, or of the newest, as people write it; `None` where it depends on the machine.
    pub fn default(&self, major: Option<u16>) -> Option<String> {
        let holds = |(from, _): &&(u16, &str)| major.is_none_or(|major| *from <= major.max(12));
        let (_, value) = self.defaults.iter().rfind(holds)?;
        let (Shape::Integer(unit, ..) | Shape::Real(unit, ..)) = self.shape else { return Some((*value).to_owned()) };
        let (Some(number), Some((is_size, base))) = (value.parse::<f64>().ok(), factor(unit)) else {
            return Some((*value).to_owned());
        };
        let units: &[&str] = if is_size { &["TB", "GB", "MB", "kB", "B"] } else { &["d", "h", "min", "s", "ms", "us"] };
        let whole = units.iter().find_map(|unit| {
            let count = number * base / factor(unit)?.1;
            (number > 0.0 && count >= 1.0 && count.fract() == 0.0).then(|| format!("{count}{unit}"))
        });
        Some(whole.unwrap_or_else(|| (*value).to_owned()))
    }

    /// The major version that no longer has it, of all rows of a name: the last one's end.
    pub fn removed_in(name: &str) -> Option<u16> {
        Parameter::find(name, None).last().and_then(|row| row.till).map(|till| till.0)
    }

    /// The first major version that has it, of all rows of a name.
    pub fn added_in(name: &str) -> Option<u16> {
        Parameter::find(name, None).first().and_then(|row| row.from).map(|from| from.0)
    }

    /// `10m` may be minutes or megabytes: the parameter's own unit tells which is likelier.
    pub fn meant_by_m(&self, value: &str) -> Option<String> {
        let (Shape::Integer(unit, ..) | Shape::Real(unit, ..)) = self.shape else { return None };
        let digits = value.trim().strip_suffix(['m', 'M'])?.trim_end();
        let meant = if factor(unit)?.0 { "MB" } else { "min" };
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| format!("{digits}{meant}"))
    }

    /// The kind of value, for messages.
    pub fn describe(&self) -> String {
        match self.shape {
            Shape::Text => "text".to_owned(),
            Shape::Bool => "boolean".to_owned(),
            Shape::Enum(words) => format!("value (one of {})", words.join(", ")),
            Shape::EnumBool(words) => format!("value (on, off, {})", words.join(", ")),
            Shape::Integer(unit, ..) | Shape::Real(unit, ..) => match unit {
                "" => "number".to_owned(),
                "B" | "kB" | "8kB" | "MB" | "16MB" => "size (units: B kB MB GB TB, case matters)".to_owned(),
                _ => "time (units: us ms s min h d, case matters)".to_owned(),
            },
        }
    }
}

/// A boolean as PostgreSQL and Patroni take it: unique prefixes of on, off, true, false, yes, no; 1 and 0.
pub fn boolean(value: &str) -> Option<bool> {
    match value.trim().to_ascii_lowercase().as_str() {
        "on" | "true" | "yes" | "1" | "t" | "tr" | "tru" | "y" | "ye" => Some(true),
        "off" | "of" | "false" | "no" | "0" | "f" | "fa" | "fal" | "fals" | "n" => Some(false),
        _ => None,
    }
}

/// The words Patroni takes for its own switches, in any case.
pub fn switch(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "on" | "true" | "yes" | "1" => Some(true),
        "off" | "false" | "no" | "0" => Some(false),
        _ => None,
    }
}

/// How many of the smallest unit (bytes, microseconds) a unit holds.
fn factor(unit: &str) -> Option<(bool, f64)> {
    Some(match unit {
        "B" => (true, 1.0),
        "kB" => (true, 1024.0),
        "8kB" => (true, 8192.0),
        "MB" => (true, 1_048_576.0),
        "16MB" => (true, 16.0 * 1_048_576.0),
        "GB" => (true, 1_073_741_824.0),
        "TB" => (true, 1_099_511_627_776.0),
        "us" => (false, 1.0),
        "ms" => (false, 1e3),
        "s" => (false, 1e6),
        "min" => (false, 60e6),
        "h" => (false, 3600e6),
        "d" => (false, 86_400e6),
        _ => return None,
    })
}

/// Splits a number in C notation (decimal, octal, hexadecimal, with fraction and exponent) from what follows.
fn number(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let (sign, body) = match text.as_bytes().first()? {
        b'-' => (-1.0, &text[1..]),
        b'+' => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    if let Some(hex) = body.strip_prefix("0x").or_else(|| body.strip_prefix("0X")) {
        let end = hex.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(hex.len());
        #[expect(clippy::cast_precision_loss, reason = "PostgreSQL goes through a double as well")]
        let value = u64::from_str_radix(&hex[..end], 16).ok()? as f64;
        return Some((sign * value, hex[end..].trim()));
    }
    let bytes = body.as_bytes();
    let mut end = 0;
    while bytes.get(end).is_some_and(u8::is_ascii_digit) {
        end += 1;
    }
    let whole = end;
    if bytes.get(end) == Some(&b'.') {
        end += 1;
        while bytes.get(end).is_some_and(u8::is_ascii_digit) {
            end += 1;
        }
    }
    if end == 0 || &body[..end] == "." {
        return None;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let mut exponent = end + 1 + usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if bytes.get(exponent).is_some_and(u8::is_ascii_digit) {
            while bytes.get(exponent).is_some_and(u8::is_ascii_digit) {
                exponent += 1;
            }
            end = exponent;
        }
    }
    let octal = whole == end && whole > 1 && bytes[0] == b'0' && body[..end].bytes().all(|byte| byte < b'8');
    #[expect(clippy::cast_precision_loss, reason = "PostgreSQL goes through a double as well")]
    let value = if octal { u64::from_str_radix(&body[..end], 8).ok()? as f64 } else { body[..end].parse().ok()? };
    Some((sign * value, body[end..].trim()))
}

/// A number with PostgreSQL's case-sensitive units, in the base unit.
pub fn quantity(value: &str, base: &str) -> Option<f64> {
    let (number, unit) = number(value)?;
    if unit.is_empty() {
        return Some(number);
    }
    if unit == "8kB" || unit == "16MB" {
        return None;
    }
    let ((size, has), (base_size, wants)) = (factor(unit)?, factor(base)?);
    (size == base_size).then(|| number * has / wants)
}

/// A number without any unit, as Patroni reads most of its own.
pub fn plain_number(value: &str) -> Option<f64> {
    number(value).filter(|(_, rest)| rest.is_empty()).map(|(number, _)| number)
}

/// A size or time with any unit, in bytes or seconds; also with units that PostgreSQL does not know but people mean.
pub fn meant_number(value: &str, base: &str) -> Option<f64> {
    quantity(&with_right_unit(value, base).unwrap_or_else(|| value.to_owned()), base)
}

/// The value with the unit that was visibly meant: `8gb` is `8GB`. `None` where that is not plain.
pub fn with_right_unit(value: &str, base: &str) -> Option<String> {
    let (_, unit) = number(value)?;
    let is_size = factor(base)?.0;
    let meant = match (is_size, unit) {
        (true, "gb" | "Gb" | "gB" | "G" | "g" | "GiB") => "GB",
        (true, "mb" | "Mb" | "mB" | "M" | "MiB") => "MB",
        (true, "kb" | "KB" | "Kb" | "K" | "k" | "KiB") => "kB",
        (true, "tb" | "Tb" | "T" | "t" | "TiB") => "TB",
        (false, "sec" | "secs" | "second" | "seconds" | "S") => "s",
        (false, "hour" | "hours" | "H") => "h",
        (false, "minute" | "minutes" | "mins") => "min",
        (false, "day" | "days") => "d",
        _ => return None,
    };
    Some(format!("{}{meant}", value.trim().strip_suffix(unit)?.trim_end()))
}

/// What Patroni accepts for a parameter that it passes on the command line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DcsOnly {
    /// The parameter.
    pub name: &'static str,
    /// What Patroni uses when nothing is given, or what is given is not accepted.
    pub default: &'static str,
    /// The least value, where it is a number.
    pub least: Option<f64>,
}

/// The parameters that Patroni takes only from the dynamic configuration; sorted by name.
pub static DCS_ONLY: &[DcsOnly] = &[
    DcsOnly { name: "max_connections", default: "100", least: Some(25.0) },
    DcsOnly { name: "max_locks_per_transaction", default: "64", least: Some(32.0) },
    DcsOnly { name: "max_prepared_transactions", default: "0", least: Some(0.0) },
    DcsOnly { name: "max_replication_slots", default: "10", least: Some(4.0) },
    DcsOnly { name: "max_wal_senders", default: "10", least: Some(3.0) },
    DcsOnly { name: "max_worker_processes", default: "8", least: Some(2.0) },
    DcsOnly { name: "track_commit_timestamp", default: "off", least: None },
    DcsOnly { name: "wal_keep_segments", default: "8", least: Some(1.0) },
    DcsOnly { name: "wal_keep_size", default: "128MB", least: Some(16.0) },
    DcsOnly { name: "wal_level", default: "replica", least: None },
    DcsOnly { name: "wal_log_hints", default: "on", least: None },
];

impl DcsOnly {
    /// The parameter with this name, in whatever case, if it is one of them.
    pub fn find(name: &str) -> Option<&'static DcsOnly> {
        let name = name.to_ascii_lowercase();
        DCS_ONLY.binary_search_by(|parameter| parameter.name.cmp(&name)).ok().map(|index| &DCS_ONLY[index])
    }

    /// Does Patroni accept the value?
    pub fn accepts(&self, value: &str) -> bool {
        match (self.name, self.least) {
            ("wal_keep_size", Some(least)) => quantity(value, "MB").is_some_and(|size| size >= least),
            (_, Some(least)) => plain_number(value).is_some_and(|number| number >= least),
            ("wal_level", None) => {
                ["hot_standby", "replica", "logical"].iter().any(|word| word.eq_ignore_ascii_case(value))
            }
            (_, None) => boolean(value).is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_versions_hold() {
        assert!(PARAMETERS.is_sorted_by(|a, b| a.name <= b.name));
        assert!(DCS_ONLY.is_sorted_by(|a, b| a.name < b.name));
        assert!(Parameter::find("wal_keep_segments", Some(13)).is_empty());
        assert_eq!(Parameter::find("wal_keep_segments", Some(12)).len(), 1);
        assert_eq!(Parameter::near("max_conections"), Some("max_connections"));
        for name in ["datestyle", "DateStyle", "TIMEZONE", "Work_Mem"] {
            assert!(Parameter::exists(name) && !Parameter::find(name, Some(15)).is_empty(), "{name}");
        }
        assert!(!Parameter::exists("Work_Memory"));
        assert!(DcsOnly::find("Max_Connections").is_some());
    }

    #[test]
    fn units_are_case_sensitive() {
        let check = |name: &str, value: &str| Parameter::find(name, Some(15))[0].check(value);
        assert_eq!(check("shared_buffers", "8GB"), Ok(Some(1_048_576.0)));
        assert_eq!(check("shared_buffers", "64 MB"), Ok(Some(8192.0)));
        assert_eq!(check("shared_buffers", "8gb"), Err(ValueFault::Unreadable(Some("8GB".to_owned()))));
        assert_eq!(check("work_mem", "10s"), Err(ValueFault::Unreadable(None)));
        assert_eq!(check("work_mem", "0x400"), Ok(Some(1024.0)));
        assert_eq!(check("synchronous_commit", "sometimes"), Err(ValueFault::Unreadable(None)));
        assert_eq!(check("autovacuum_max_workers", "0"), Err(ValueFault::Below(1.0)));
    }

    #[test]
    fn defaults_are_written_as_people_write_them() {
        let default = |name: &str, major| Parameter::find(name, major)[0].default(major);
        assert_eq!(default("shared_buffers", Some(12)).as_deref(), Some("128MB"));
        assert_eq!(default("shared_buffers", None).as_deref(), Some("128MB"));
        assert_eq!(default("work_mem", Some(16)).as_deref(), Some("4MB"));
        assert_eq!(default("checkpoint_timeout", None).as_deref(), Some("5min"));
        assert_eq!(default("synchronous_commit", None).as_deref(), Some("on"));
        assert_eq!(Parameter::removed_in("promote_trigger_file"), Some(16));
        assert_eq!(Parameter::removed_in("work_mem"), None);
    }

    #[test]
    fn patroni_has_its_own_minima() {
        let accepts = |name: &str, value: &str| DcsOnly::find(name).unwrap().accepts(value);
        assert!(!accepts("max_connections", "20"));
        assert!(accepts("max_connections", "25"));
        assert!(!accepts("wal_keep_size", "2G"));
        assert!(!accepts("wal_keep_size", "8MB"));
        assert!(!accepts("wal_level", "minimal"));
        assert!(accepts("wal_level", "LOGICAL"));
    }
}
