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
    let mut search = Search::new(word, limit);
    for candidate in candidates {
        search.consider(candidate);
    }
    search.best.map(|(_, candidate)| candidate)
}

/// What is the same for all kinds of lists of candidates.
struct Search<'w, 'c> {
    word: &'w str,
    folded: String,
    length: usize,
    limit: usize,
    best: Option<(usize, &'c str)>,
}

impl<'w, 'c> Search<'w, 'c> {
    fn new(word: &'w str, limit: usize) -> Self {
        let folded = fold(word);
        Self { word, length: folded.chars().count(), folded, limit, best: None }
    }

    fn consider(&mut self, candidate: &'c str) {
        if candidate == self.word || candidate.len().abs_diff(self.word.len()) > self.limit + 2 {
            return;
        }
        let slips = strsim::osa_distance(&self.folded, &fold(candidate));
        let is_nearer = self.best.is_none_or(|(least, _)| slips < least);
        if slips <= self.limit && slips * 2 < self.length.max(2) && is_nearer {
            self.best = Some((slips, candidate));
        }
    }
}

fn fold(word: &str) -> String {
    word.chars().map(|c| if c == '_' { '-' } else { c.to_ascii_lowercase() }).collect()
}
