//! What the code that `confvet-tables` generates lays its tables out with.

/// The texts of a column, one a line.
pub fn texts(lines: &'static str) -> std::str::Split<'static, char> {
    lines.split('\n')
}

/// The lists of words of a column, one a line, with bars between the words. They live as long as the program.
///
/// ```
/// assert_eq!(confvet_core::table::words("\non|off"), [&[] as &[&str], &["on", "off"]]);
/// ```
pub fn words(lines: &'static str) -> Vec<&'static [&'static str]> {
    let list = |line: &'static str| &*line.split('|').filter(|word| !word.is_empty()).collect::<Vec<_>>().leak();
    texts(lines).map(list).collect()
}
