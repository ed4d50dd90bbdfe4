//! TLS: what a list of ciphers switches on.

use crate::syntax::Word;
use confvet_core::Span;

/// How bad a cipher is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CipherFault {
    /// Broken in practice over time.
    Weak,
    /// No secrecy or no authentication at all.
    None,
}

/// A weak selector that an OpenSSL cipher list switches on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeakCipher {
    /// The selector as written.
    pub name: String,
    /// Where it stands.
    pub span: Span,
    /// How bad it is.
    pub fault: CipherFault,
}

const NO_PROTECTION: &[&str] = &["NULL", "ENULL", "ANULL", "ADH", "AECDH", "EXP", "EXPORT", "EXPORT40", "EXPORT56"];
const WEAK: &[&str] = &["RC4", "DES", "3DES", "MD5", "LOW", "MEDIUM", "ALL", "RC2", "IDEA", "SEED"];

/// The weak selectors a list switches on explicitly and does not ban for good.
pub(crate) fn weak_ciphers(list: Word<'_>) -> Vec<WeakCipher> {
    let text = list.text;
    let mut items = Vec::new();
    let mut start = 0;
    for part in text.split([':', ',', ' ']) {
        items.push((start, part));
        start += part.len() + 1;
    }
    let banned: Vec<String> =
        items.iter().filter_map(|(_, part)| part.strip_prefix('!')).map(str::to_ascii_uppercase).collect();
    let mut removed: Vec<String> = Vec::new();
    let mut found: Vec<WeakCipher> = Vec::new();
    for (start, part) in items {
        if let Some(name) = part.strip_prefix('-') {
            let name = name.to_ascii_uppercase();
            found.retain(|weak| !weak.name.eq_ignore_ascii_case(&name));
            removed.push(name);
            continue;
        }
        if part.is_empty() || part.starts_with(['!', '+', '@']) {
            continue;
        }
        let upper = part.to_ascii_uppercase();
        let pieces: Vec<&str> = upper.split(['+', '-']).collect();
        let is_banned = banned.iter().any(|ban| pieces.contains(&ban.as_str()) || *ban == upper);
        if is_banned {
            continue;
        }
        let is_selector = !upper.contains('-');
        let names = |list: &[&str]| pieces.iter().any(|piece| list.contains(piece));
        let bare_all = upper == "ALL"
            && !["LOW", "MEDIUM", "RC4", "DES", "3DES"].iter().any(|name| banned.iter().any(|ban| ban == name));
        let fault = if names(NO_PROTECTION) {
            Some(CipherFault::None)
        } else if pieces.contains(&"ALL") {
            bare_all.then_some(CipherFault::Weak)
        } else if names(WEAK) || !is_selector && upper.contains("DES-CBC") {
            Some(CipherFault::Weak)
        } else {
            None
        };
        if let Some(fault) = fault {
            found.push(WeakCipher { name: part.to_owned(), span: list.slice(start..start + part.len()), fault });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::parse;
    use confvet_core::FileId;

    fn weak(list: &str) -> Vec<String> {
        let tree = parse(FileId(0), &format!("ssl_ciphers {list};"));
        weak_ciphers(tree.word(1)).into_iter().map(|weak| weak.name).collect()
    }

    #[test]
    fn only_what_is_switched_on_counts() {
        assert_eq!(weak("HIGH:!aNULL:!MD5"), [""; 0]);
        assert_eq!(weak("ALL:!aNULL:RC4-SHA"), ["ALL", "RC4-SHA"]);
        assert_eq!(weak("ECDHE+AESGCM:DHE+AESGCM:!MD5:!RC4"), [""; 0]);
        assert_eq!(weak("HIGH:RC4:!RC4"), [""; 0]);
        assert_eq!(weak("HIGH:RC4:-RC4"), [""; 0]);
        assert_eq!(weak("eNULL:HIGH"), ["eNULL"]);
        assert_eq!(weak("DEFAULT@SECLEVEL=1"), [""; 0]);
        assert_eq!(weak("EECDH+3DES"), ["EECDH+3DES"]);
    }
}
