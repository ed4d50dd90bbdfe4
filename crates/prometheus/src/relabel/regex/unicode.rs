//! Categories, scripts and case of characters, as Go's package `unicode` has them.
//!
//! The tables are of Unicode 17, which Go 1.27 has. Each covers all characters in runs, of which only the lengths are
//! written down: they are looked through as a whole, once for each `\p{…}` of a pattern.

use super::set::CharSet;
use std::sync::OnceLock;

struct Runs {
    lengths: &'static [u8],
    values: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/unicode.rs"));

/// Not assigned to any character.
const UNASSIGNED: u8 = 2;
const LOWER: u8 = 5;
const TITLE: u8 = 8;
const UPPER: u8 = 9;
/// Upper and lower case in turn, and the other way round.
const UPPER_LOWER: u8 = 30;
const LOWER_UPPER: u8 = 31;

/// Other names of categories, which Go takes since 1.25.
const ALIASES: &[(&str, &str)] = &[
    ("CasedLetter", "LC"),
    ("ClosePunctuation", "Pe"),
    ("CombiningMark", "M"),
    ("ConnectorPunctuation", "Pc"),
    ("Control", "Cc"),
    ("CurrencySymbol", "Sc"),
    ("DashPunctuation", "Pd"),
    ("DecimalNumber", "Nd"),
    ("EnclosingMark", "Me"),
    ("FinalPunctuation", "Pf"),
    ("Format", "Cf"),
    ("InitialPunctuation", "Pi"),
    ("Letter", "L"),
    ("LetterNumber", "Nl"),
    ("LineSeparator", "Zl"),
    ("LowercaseLetter", "Ll"),
    ("Mark", "M"),
    ("MathSymbol", "Sm"),
    ("ModifierLetter", "Lm"),
    ("ModifierSymbol", "Sk"),
    ("NonspacingMark", "Mn"),
    ("Number", "N"),
    ("OpenPunctuation", "Ps"),
    ("Other", "C"),
    ("OtherLetter", "Lo"),
    ("OtherNumber", "No"),
    ("OtherPunctuation", "Po"),
    ("OtherSymbol", "So"),
    ("ParagraphSeparator", "Zp"),
    ("PrivateUse", "Co"),
    ("Punctuation", "P"),
    ("Separator", "Z"),
    ("SpaceSeparator", "Zs"),
    ("SpacingMark", "Mc"),
    ("Surrogate", "Cs"),
    ("Symbol", "S"),
    ("TitlecaseLetter", "Lt"),
    ("Unassigned", "Cn"),
    ("UppercaseLetter", "Lu"),
    ("cntrl", "Cc"),
    ("digit", "Nd"),
    ("punct", "P"),
];

fn numbers(bytes: &'static [u8]) -> impl Iterator<Item = u32> {
    let mut bytes = bytes.iter();
    std::iter::from_fn(move || {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = *bytes.next()?;
            number |= u32::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Some(number);
            }
            shift += 7;
        }
    })
}

impl Runs {
    /// First and last character of each run, and what they are.
    fn iter(&self) -> impl Iterator<Item = (u32, u32, u8)> {
        let mut next = 0;
        numbers(self.lengths).zip(self.values).map(move |(length, &value)| {
            let first = next;
            next += length;
            (first, next - 1, value)
        })
    }
}

/// The characters of a category or a script by its name; None if there is none of that name. Before `lenient`, Go wanted
/// names letter by letter and knew fewer of them.
pub(super) fn class(name: &str, lenient: bool) -> Option<CharSet> {
    let is = |known: &str| if lenient { is_same(known, name) } else { known == name };
    if is("Any") {
        return Some(CharSet::any());
    }
    if lenient && is("ASCII") {
        return Some(CharSet::new(vec![(0, 0x7F)]));
    }
    if lenient && is("Assigned") {
        return Some(of_categories(1 << UNASSIGNED).negated());
    }
    let alias = ALIASES.iter().find(|(alias, _)| lenient && is(alias)).map(|(_, short)| *short);
    if let Some(wanted) = categories(alias.unwrap_or(name), lenient) {
        return Some(of_categories(wanted));
    }
    let script = SCRIPTS.split(' ').position(is)?;
    // The runs of scripts reach over characters that nothing is assigned to.
    let unassigned = of_categories(1 << UNASSIGNED);
    let others = SCRIPT_RUNS.iter().filter(|&(.., value)| usize::from(value) != script);
    let others = others.map(|(first, last, _)| (first, last)).chain(unassigned.ranges());
    Some(CharSet::new(others.collect()).negated())
}

/// The same letters and digits, whatever their case and what is between them.
fn is_same(known: &str, name: &str) -> bool {
    plain(known).eq(plain(name))
}

fn plain(name: &str) -> impl Iterator<Item = u8> {
    name.bytes().filter(|byte| !matches!(byte, b'_' | b'-' | b' ')).map(|byte| byte.to_ascii_lowercase())
}

/// The categories of a name, a bit for each.
fn categories(name: &str, lenient: bool) -> Option<u32> {
    let is = |known: &str| if lenient { is_same(known, name) } else { known == name };
    if lenient && is("LC") {
        return Some(1 << LOWER | 1 << TITLE | 1 << UPPER);
    }
    let all = CATEGORIES.split(' ').enumerate();
    let of_name = all.filter(|(_, category)| is(category) || is(&category[..1]));
    let wanted = of_name.fold(0, |all, (number, _)| all | 1u32 << number);
    // Old versions have no name for what is not assigned, and do not count it as `C`.
    let wanted = if lenient { wanted } else { wanted & !(1 << UNASSIGNED) };
    (wanted != 0).then_some(wanted)
}

fn of_categories(wanted: u32) -> CharSet {
    let has = |category: u8| wanted >> category & 1 == 1;
    let mut ranges = Vec::new();
    for (first, last, category) in CATEGORY_RUNS.iter() {
        if category < UPPER_LOWER {
            if has(category) {
                ranges.push((first, last));
            }
            continue;
        }
        let starts_upper = category != LOWER_UPPER;
        for c in first..=last {
            if has(if ((c - first) % 2 == 0) == starts_upper { UPPER } else { LOWER }) {
                ranges.push((c, c));
            }
        }
    }
    CharSet::new(ranges)
}

/// Characters that differ in case only, in pairs: each with the smallest of its kind, both ways, sorted.
pub(super) fn folding() -> &'static [(u32, u32)] {
    static PAIRS: OnceLock<Vec<(u32, u32)>> = OnceLock::new();
    PAIRS.get_or_init(|| {
        let mut pairs = Vec::new();
        let mut numbers = numbers(FOLDING);
        let mut first = 0;
        while let (Some(gap), Some(count), Some(distance)) = (numbers.next(), numbers.next(), numbers.next()) {
            first += gap;
            for index in 0..=count / 2 {
                let c = first + index * (count % 2 + 1);
                pairs.extend([(c, c + distance), (c + distance, c)]);
            }
        }
        pairs.sort_unstable();
        pairs
    })
}

#[cfg(test)]
mod tests {
    use super::{CATEGORIES, CharSet, SCRIPTS, class};
    use regex_syntax::hir::{Class, HirKind};

    /// The same class as another crate knows it, which is a version of Unicode behind.
    fn theirs(class: &str) -> CharSet {
        let hir = regex_syntax::parse(class).unwrap();
        match hir.kind() {
            HirKind::Class(Class::Unicode(class)) => {
                CharSet::new(class.ranges().iter().map(|range| (range.start().into(), range.end().into())).collect())
            }
            HirKind::Literal(literal) => {
                let c = std::str::from_utf8(&literal.0).unwrap().chars().next().unwrap();
                CharSet::new(vec![(c.into(), c.into())])
            }
            other => panic!("{class}: {other:?}"),
        }
    }

    fn both(a: &CharSet, b: &CharSet) -> CharSet {
        CharSet::new(a.negated().ranges().chain(b.negated().ranges()).collect()).negated()
    }

    #[test]
    fn classes_hold_what_they_held_a_version_ago() {
        // In Unicode 17 two characters changed their category and one its script.
        const CHANGED: u32 = 3;
        let assigned = theirs(r"\p{Assigned}");
        let mut changed = 0;
        for name in CATEGORIES.split(' ').chain(["L", "M", "N", "P", "S", "Z", "LC"]).chain(SCRIPTS.split(' ')) {
            // Half of a surrogate pair is no character to them, and some scripts are new.
            if matches!(name, "Cs" | "Cn") || regex_syntax::parse(&format!(r"\p{{{name}}}")).is_err() {
                continue;
            }
            let ours = both(&class(name, true).unwrap(), &assigned);
            let theirs = theirs(&format!(r"\p{{{name}}}"));
            let (more, less) = (both(&ours, &theirs.negated()), both(&theirs, &ours.negated()));
            changed += more.ranges().chain(less.ranges()).map(|(first, last)| last - first + 1).sum::<u32>();
        }
        assert!(changed <= CHANGED, "{changed}");
    }

    #[test]
    fn case_is_what_it_was_a_version_ago() {
        let assigned = theirs(r"\p{Assigned}");
        let with_case = super::folding().iter().filter_map(|&(c, _)| char::from_u32(c));
        for c in with_case.chain('\0'..'\u{600}').filter(|&c| assigned.contains(c)) {
            let ours = CharSet::new(vec![(c.into(), c.into())]).folded();
            let theirs = theirs(&format!(r"(?i)\x{{{:X}}}", u32::from(c)));
            assert!(ours == theirs || both(&ours, &assigned) == theirs, "{c:?}: {ours:?}, {theirs:?}");
        }
    }

    #[test]
    fn names_are_those_of_go() {
        for (name, lenient, strict) in [
            ("Lu", true, true),
            ("lu", true, false),
            ("Uppercase Letter", true, false),
            ("uppercase-letter", true, false),
            ("Old_Italic", true, true),
            ("OLDITALIC", true, false),
            ("Any", true, true),
            ("any", true, false),
            ("Assigned", true, false),
            ("ASCII", true, false),
            ("LC", true, false),
            ("Cn", true, false),
            ("C", true, true),
            ("punct", true, false),
            ("X", false, false),
            ("", false, false),
            ("_", false, false),
        ] {
            assert_eq!((class(name, true).is_some(), class(name, false).is_some()), (lenient, strict), "{name}");
        }
    }
}
