//! The known keys of every section, and what their scalars accept.

use crate::units::{DurationError, parse_duration, parse_size};
use confvet_yaml::Node;
use confvet_yaml::schema::{KeyRow, Release, Schema, Type};
use std::sync::LazyLock;

/// A row of the table of keys: what the schema wants to know, and what there is to say beside it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Detail {
    /// The kind of mapping the key stands in.
    pub(crate) context: &'static str,
    /// The key.
    pub(crate) key: &'static str,
    kind: Type,
    since: &'static [Release],
    removed: Option<Release>,
    /// The default, where it is a plain word.
    pub(crate) default: Option<&'static str>,
    /// The value is a secret.
    pub(crate) secret: bool,
}

include!(concat!(env!("OUT_DIR"), "/keys.rs"));

static KEYS: LazyLock<Vec<KeyRow>> = LazyLock::new(|| {
    let key =
        |row: &Detail| KeyRow { since: row.since, removed: row.removed, ..KeyRow::new(row.context, row.key, row.kind) };
    DETAILS.iter().map(key).collect()
});

/// The keys of prometheus.yml, rule files and target files.
pub(crate) static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema { scalar, ..Schema::new(&KEYS) });

/// What the row at this place of the table says beside its type: the schema has the same rows.
pub(crate) fn detail_at(row: usize) -> &'static Detail {
    &DETAILS[row]
}

fn scalar(name: &str, node: Node<'_>) -> Result<(), String> {
    let text = node.as_str().unwrap_or_default();
    match name {
        "duration" => match parse_duration(text) {
            Ok(_) => Ok(()),
            Err(DurationError::NoUnit) => Err(format!("a duration: it has no unit; write `{text}s` for seconds")),
            Err(_) => Err("a duration such as `30s` or `1h30m`".to_owned()),
        },
        "size" if parse_size(text).is_none() => Err("a size with a unit, such as `10MB`".to_owned()),
        "url" => match url_fault(text) {
            Some(fault) => Err(format!("a URL: {fault}")),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Why Go's parser refuses a URL.
fn url_fault(text: &str) -> Option<&'static str> {
    if text.bytes().any(|b| b.is_ascii_control()) {
        return Some("it holds a control character");
    }
    if text.starts_with(':') {
        return Some("it starts with a colon");
    }
    let scheme_end = text.find(':').filter(|&end| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text[..end].bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
    });
    let rest = scheme_end.map_or(text, |end| &text[end + 1..]);
    let bad_escape = |(at, _): (usize, &str)| {
        !rest.get(at + 1..at + 3).is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    if rest.match_indices('%').any(bad_escape) {
        return Some("it holds a `%` that escapes nothing");
    }
    let Some(authority) = rest.strip_prefix("//") else {
        let segment = rest.split('/').next().unwrap_or_default();
        return (scheme_end.is_none() && segment.contains(':'))
            .then_some("a port needs a scheme in front, such as `http://`");
    };
    let host = authority.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let port = host.rsplit_once(':').map(|(_, port)| port).filter(|port| !port.ends_with(']'));
    if host.contains([' ', '<', '>', '"']) {
        return Some("its host holds a blank or a quote");
    }
    port.is_some_and(|port| !port.bytes().all(|b| b.is_ascii_digit())).then_some("its port is no number")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sound() {
        assert_eq!(SCHEMA.flaw(), None);
        assert!(SCHEMA.row("scrape_configs", "job_name").is_some());
        let detail = |context: &str, key: &str| {
            DETAILS.iter().find(|detail| (detail.context, detail.key) == (context, key)).unwrap()
        };
        assert_eq!(detail("scrape_configs", "scheme").default, Some("http"));
        assert!(detail("basic_auth", "password").secret);
    }

    #[test]
    fn urls_are_refused_as_go_refuses_them() {
        for text in ["http://a:9090/x", "a:9009/api", "", "/x", "http://[::1]:80/", "http://u:p@h/"] {
            assert_eq!(url_fault(text), None, "{text}");
        }
        for text in ["1.2.3.4:80/x", "http://a:port/", "http://a b/", ":x", "http://a/%zz"] {
            assert!(url_fault(text).is_some(), "{text}");
        }
    }
}
