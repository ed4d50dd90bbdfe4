//! Label selectors of Kubernetes, as `kubernetes_sd_configs` hands them to the API server.

/// Why a label selector is refused: terms such as `app=web`, `tier in (a, b)`, `!legacy` with commas between them.
pub(super) fn label_selector_fault(text: &str) -> Option<String> {
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (term, tail) = first_term(rest);
        if let Some(fault) = term_fault(term.trim()) {
            return Some(fault);
        }
        let Some(tail) = tail else { break };
        rest = tail.trim();
        if rest.is_empty() {
            return Some("a term is missing behind the last comma".to_owned());
        }
    }
    None
}

/// The text up to the first comma that stands outside of brackets, and what follows it.
fn first_term(text: &str) -> (&str, Option<&str>) {
    let mut depth = 0_i32;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth <= 0 => return (&text[..at], Some(&text[at + 1..])),
            _ => {}
        }
    }
    (text, None)
}

fn term_fault(term: &str) -> Option<String> {
    if let Some(key) = term.strip_prefix('!').filter(|key| !key.starts_with('=')) {
        return key_fault(key.trim());
    }
    if let Some((key, value)) = ["!=", "==", "=", ">", "<"].iter().find_map(|sign| term.split_once(sign)) {
        return key_fault(key.trim()).or_else(|| value_fault(value.trim()));
    }
    let words: Vec<&str> = term.splitn(2, char::is_whitespace).collect();
    let [key, condition] = words.as_slice() else { return key_fault(term) };
    let condition = condition.trim();
    let Some(list) = ["notin", "in"].iter().find_map(|word| condition.strip_prefix(word)) else {
        return Some(format!("`{condition}` is no operator; write `=`, `!=`, `in (…)` or `notin (…)`"));
    };
    let inner = list.trim().strip_prefix('(').and_then(|list| list.strip_suffix(')'));
    let Some(inner) = inner else {
        return Some(format!("the values of `{key}` must stand in brackets"));
    };
    key_fault(key).or_else(|| inner.split(',').find_map(|value| value_fault(value.trim())))
}

/// Letters, digits, `-`, `_` and `.`, starting and ending with a letter or a digit.
fn is_name(text: &str) -> bool {
    let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
    let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    text.len() <= 63 && text.bytes().all(inner) && edge(text.bytes().next()) && edge(text.bytes().next_back())
}

fn key_fault(key: &str) -> Option<String> {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let domain = |prefix: &str| {
        let label = |label: &str| {
            is_name(label) && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        !prefix.is_empty() && prefix.len() <= 253 && prefix.split('.').all(label)
    };
    (!is_name(name) || !prefix.is_none_or(domain)).then(|| format!("`{key}` is no label key"))
}

fn value_fault(value: &str) -> Option<String> {
    (!value.is_empty() && !is_name(value)).then(|| format!("`{value}` is no label value"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_read_as_kubernetes_reads_them() {
        for text in [
            "",
            "app=web",
            "app==web,tier!=db",
            "app in (a, b), tier notin (c)",
            "!legacy",
            "app",
            "app.kubernetes.io/name=x",
            "n>5",
            "empty=",
            "x in (,a)",
        ] {
            assert_eq!(label_selector_fault(text), None, "{text}");
        }
        for text in ["a in b", "a=b=c", "=x", "a b", "app=web,", "-a=b", "a=b c", "Bad_/x=y", "a in (b", "a,,b"] {
            assert!(label_selector_fault(text).is_some(), "{text}");
        }
    }
}
