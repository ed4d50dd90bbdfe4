//! "Did you mean …?"

/// The candidate nearest to `word`, if it is near enough to be what the author meant: at most two typing slips
/// (insert, delete, replace, swap), one for words of up to four letters, and fewer slips than half the word.
/// `-`, `_` and case do not count as slips. The first of equally near candidates wins.
///
/// ```
/// use confvet_core::did_you_mean;
/// assert_eq!(did_you_mean("apendonly", ["appendonly", "appendfsync"]), Some("appendonly"));
/// assert_eq!(did_you_mean("allow_origin", ["allow-origin"]), Some("allow-origin"));
/// assert_eq!(did_you_mean("foo", ["bar"]), None);
/// ```
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = if word.chars().count() <= 4 { 1 } else { 2 };
    nearest(word, candidates, limit)
}

/// The candidate nearest to `word` within `limit` slips, judged as [`did_you_mean`] does.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>, limit: usize) -> Option<&'a str> {
    let folded = fold(word);
    let length = folded.chars().count();
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        if candidate == word || candidate.len().abs_diff(word.len()) > limit + 2 {
            continue;
        }
        let slips = strsim::osa_distance(&folded, &fold(candidate));
        if slips <= limit && slips * 2 < length.max(2) && best.is_none_or(|(least, _)| slips < least) {
            best = Some((slips, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

fn fold(word: &str) -> String {
    word.chars().map(|c| if c == '_' { '-' } else { c.to_ascii_lowercase() }).collect()
}
