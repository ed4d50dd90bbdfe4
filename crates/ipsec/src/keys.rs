//! The keys of `ipsec.conf`, in both dialects, and the options of `swanctl.conf`.

use crate::dialect::{Dialect, Program, ShortVersion};
use serde::Serialize;

/// What a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ValueType {
    /// Free text, or a type with a reader of its own (addresses, subnets, identities).
    Text,
    /// yes or no.
    Bool,
    /// One of the words.
    Enum,
    /// A length of time.
    Duration,
    /// A number followed by `%`.
    Percent,
    /// A natural number.
    Unsigned,
    /// A natural number or `%forever`.
    Forever,
    /// Algorithms.
    Proposals,
    /// The name of another section.
    Also,
    /// strongSwan's `leftauth`: unknown words fall back to "any".
    Auth,
    /// libreswan's list of authentication methods.
    Authby,
    /// libreswan's list of what is logged in detail.
    Debug,
}

/// One key as one dialect knows it.
#[derive(Debug)]
pub struct KeyRow {
    /// The key.
    pub name: &'static str,
    /// Index of the first row of this name.
    first: u16,
    /// Who knows it.
    pub dialect: Dialect,
    /// Allowed in `config setup`.
    pub setup: bool,
    /// Allowed in `conn`.
    pub conn: bool,
    /// Allowed in `ca`.
    pub ca: bool,
    /// What it takes.
    pub kind: ValueType,
    /// The words of an enumeration.
    pub words: &'static [&'static str],
    /// The words since libreswan 5.0, where they differ.
    pub words5: &'static [&'static str],
    /// First version; `None`: older than all targets.
    pub since: Option<ShortVersion>,
    /// First version without it.
    pub removed: Option<ShortVersion>,
    /// First version that reads it and throws it away.
    pub obsolete: Option<ShortVersion>,
    /// The key it is another name of.
    pub alias: Option<&'static str>,
}

include!(concat!(env!("OUT_DIR"), "/keys.rs"));
include!(concat!(env!("OUT_DIR"), "/names.rs"));

/// A known key, whatever the dialect: the index of its first row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(u16);

impl Key {
    /// Looks a key up by its exact name.
    pub fn find(name: &str) -> Option<Key> {
        let index = ROWS.partition_point(|row| row.name < name);
        let found = ROWS.get(index).is_some_and(|row| row.name == name);
        found.then(|| Key(u16::try_from(index).unwrap_or(u16::MAX)))
    }

    /// Looks a key up in every spelling that some version of libreswan takes.
    pub fn find_loosely(name: &str) -> Option<(Key, Spelling)> {
        if let Some(key) = Key::find(name) {
            return Some((key, Spelling::Exact));
        }
        let lower = name.to_ascii_lowercase();
        if let Some(key) = Key::find(&lower) {
            return Some((key, Spelling::Case));
        }
        if let Some(side) = ["left", "right"].into_iter().find(|side| lower.starts_with(side)) {
            let rest = lower[side.len()..].strip_prefix('-')?;
            return Key::find(&format!("{side}{rest}")).map(|key| (key, Spelling::Dash));
        }
        let right = Key::find(&format!("right{lower}"))?;
        right.row(Dialect::Libreswan).map(|_| (right, Spelling::Sideless))
    }

    /// Every key.
    pub fn all() -> impl Iterator<Item = Key> {
        ROWS.iter().map(|row| Key(row.first))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        ROWS[usize::from(self.0)].name
    }

    fn rows(self) -> impl Iterator<Item = &'static KeyRow> {
        ROWS[usize::from(self.0)..].iter().take_while(move |row| row.first == self.0)
    }

    /// How one dialect knows it.
    pub fn row(self, dialect: Dialect) -> Option<&'static KeyRow> {
        self.rows().find(|row| row.dialect == dialect)
    }

    /// How one dialect knows it in a kind of section; how it knows it elsewhere when it does not belong there.
    pub fn row_in(self, dialect: Dialect, section: SectionKind) -> Option<&'static KeyRow> {
        self.rows().find(|row| row.dialect == dialect && row.allowed_in(section)).or_else(|| self.row(dialect))
    }

    /// The key under which a dialect stores it.
    pub fn canonical(self, dialect: Dialect) -> Key {
        let Some(alias) = self.row(dialect).and_then(|row| row.alias) else { return self };
        Key::find(alias).unwrap_or(self)
    }
}

impl FromIterator<Key> for KeySet {
    fn from_iter<I: IntoIterator<Item = Key>>(keys: I) -> Self {
        let mut set = Self::default();
        for key in keys {
            set.insert(key);
        }
        set
    }
}

/// A set of keys, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct KeySet([u64; 8]);

const _: () = assert!(CONSTANT_NAMES.len() <= 8 * 64, "KeySet holds too few bits");

impl KeySet {
    pub(crate) fn contains(&self, key: Key) -> bool {
        self.0[usize::from(key.0 / 64)] & 1 << (key.0 % 64) != 0
    }

    /// Adds a key; false when it is in the set already.
    pub(crate) fn insert(&mut self, key: Key) -> bool {
        let word = &mut self.0[usize::from(key.0 / 64)];
        let before = *word;
        *word |= 1 << (key.0 % 64);
        *word != before
    }

    pub(crate) fn remove(&mut self, key: Key) {
        self.0[usize::from(key.0 / 64)] &= !(1 << (key.0 % 64));
    }
}

/// How a name in a file differs from the key's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Spelling {
    /// Not at all.
    Exact,
    /// In the case of its letters: libreswan takes any.
    Case,
    /// By a dash behind the side, as `left-subnet`: libreswan since 5.3.
    Dash,
    /// By the missing side, as `subnet`, which libreswan before 5.0 reads as the right one's.
    Sideless,
}

impl Spelling {
    /// Does the program know the key by this name?
    pub fn is_known_to(self, dialect: Dialect, version: Option<ShortVersion>) -> bool {
        match self {
            Spelling::Exact => true,
            _ if dialect != Dialect::Libreswan => false,
            Spelling::Case => true,
            Spelling::Dash => version.is_none_or(|version| version >= (5, 3, 0)),
            Spelling::Sideless => version.is_none_or(|version| version < (5, 0, 0)),
        }
    }
}

/// A key by name, checked when the crate is built.
const fn key(name: &str) -> Key {
    let mut index = 0;
    while index < CONSTANT_NAMES.len() {
        if same(CONSTANT_NAMES[index].as_bytes(), name.as_bytes()) {
            return Key(index as u16);
        }
        index += 1;
    }
    panic!("no such key in the table")
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut index = 0;
    while index < a.len() {
        if a[index] != b[index] {
            return false;
        }
        index += 1;
    }
    true
}

macro_rules! keys {
    ($($constant:ident = $name:literal),* $(,)?) => {
        impl Key {
            $(pub(crate) const $constant: Key = key($name);)*
        }
    };
}

keys! {
    AGGRESSIVE = "aggressive", AH = "ah", ALSO = "also", AUTHBY = "authby", AUTO = "auto",
    CISCO_SPLIT = "cisco-split", DPDACTION = "dpdaction", DPDDELAY = "dpddelay", ESP = "esp", IKE = "ike",
    IKELIFETIME = "ikelifetime", IKEV1_POLICY = "ikev1-policy", IKEV2 = "ikev2", INACTIVITY = "inactivity",
    IPSEC_INTERFACE = "ipsec-interface", IPSEC_LIFETIME = "ipsec-lifetime", KEYEXCHANGE = "keyexchange",
    KEYINGTRIES = "keyingtries", KEYLIFE = "keylife", LEFT = "left", LEFTADDRESSPOOL = "leftaddresspool",
    LEFTAUTH = "leftauth", LEFTAUTH2 = "leftauth2", LEFTMODECFGSERVER = "leftmodecfgserver", LEFTCERT = "leftcert", LEFTFIREWALL = "leftfirewall",
    LEFTID = "leftid", LEFTNATIP = "leftnatip",
    LEFTPROTOPORT = "leftprotoport", LEFTSIGKEY = "leftsigkey", LEFTRSASIGKEY = "leftrsasigkey",
    LEFTSOURCEIP = "leftsourceip", LEFTSUBNET = "leftsubnet", LEFTSUBNETWITHIN = "leftsubnetwithin",
    LEFTSUBNETS = "leftsubnets", LEFTUPDOWN = "leftupdown", LEFTVTI = "leftvti", LIFETIME = "lifetime",
    MARGINTIME = "margintime", MARK = "mark", MARK_IN = "mark_in", MARK_IN_DASH = "mark-in", MARK_OUT = "mark_out",
    MARK_OUT_DASH = "mark-out", MEDIATED_BY = "mediated_by", METRIC = "metric", NARROWING = "narrowing", OVERLAPIP = "overlapip", P2P_MEDIATED_BY = "p2p_mediated_by", PFS = "pfs",
    PRIORITY = "priority", REAUTH = "reauth", REKEY = "rekey", REKEYFUZZ = "rekeyfuzz",
    REKEYMARGIN = "rekeymargin", REQID = "reqid", RIGHT = "right", RIGHTADDRESSPOOL = "rightaddresspool",
    RIGHTAUTH = "rightauth", RIGHTAUTH2 = "rightauth2",
    RIGHTMODECFGSERVER = "rightmodecfgserver", RIGHTCERT = "rightcert", RIGHTFIREWALL = "rightfirewall",
    RIGHTID = "rightid", RIGHTNATIP = "rightnatip",
    RIGHTPROTOPORT = "rightprotoport", RIGHTSIGKEY = "rightsigkey", RIGHTRSASIGKEY = "rightrsasigkey",
    RIGHTSOURCEIP = "rightsourceip", RIGHTSUBNET = "rightsubnet", RIGHTSUBNETWITHIN = "rightsubnetwithin",
    RIGHTSUBNETS = "rightsubnets", RIGHTUPDOWN = "rightupdown", SECRETSFILE = "secretsfile",
    TYPE = "type", UNIQUEIDS = "uniqueids", VTI_INTERFACE = "vti-interface",
}

/// Where a setting stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SectionKind {
    /// `config setup`.
    Setup,
    /// `conn`.
    Conn,
    /// `ca`.
    Ca,
}

impl SectionKind {
    /// As it is written.
    pub fn words(self) -> &'static str {
        match self {
            SectionKind::Setup => "config setup",
            SectionKind::Conn => "conn",
            SectionKind::Ca => "ca",
        }
    }
}

/// What a dialect and version make of a key.
#[derive(Debug, Clone, Copy)]
pub enum Standing {
    /// Known and effective.
    Known(&'static KeyRow),
    /// Read and thrown away.
    Obsolete(&'static KeyRow),
    /// Known, but in another kind of section.
    Misplaced(&'static KeyRow),
    /// Not yet, or no more.
    OtherVersion(&'static KeyRow),
    /// Not a key.
    Unknown,
}

impl Standing {
    /// Does the program take the key here, with or without effect?
    pub fn is_accepted(self) -> bool {
        matches!(self, Standing::Known(_) | Standing::Obsolete(_))
    }
}

impl KeyRow {
    /// Is the key allowed in that kind of section?
    pub fn allowed_in(&self, section: SectionKind) -> bool {
        match section {
            SectionKind::Setup => self.setup,
            SectionKind::Conn => self.conn,
            SectionKind::Ca => self.ca,
        }
    }

    fn exists_in(&self, version: Option<ShortVersion>) -> bool {
        version.is_none_or(|version| {
            self.since.is_none_or(|since| version >= since) && self.removed.is_none_or(|removed| version < removed)
        })
    }

    fn is_obsolete_in(&self, version: Option<ShortVersion>) -> bool {
        match (self.obsolete, self.dialect) {
            (None, _) => false,
            // All of strongSwan's went with 5.0, which is older than any target.
            (Some(_), Dialect::Strongswan) => true,
            (Some(since), _) => version.is_some_and(|version| version >= since) || since == (0, 0, 0),
        }
    }

    /// The words of an enumeration that the program takes; all that any version takes when the version is not known.
    pub fn words_for(&self, version: Option<ShortVersion>) -> (&'static [&'static str], &'static [&'static str]) {
        if self.words5.is_empty() {
            return (self.words, &[]);
        }
        match version {
            Some(version) if version >= (5, 0, 0) => (self.words5, &[]),
            Some(_) => (self.words, &[]),
            None => (self.words, self.words5),
        }
    }
}

/// What `dialect` makes of a key in a section. The name itself is needed for libreswan's `x-` comments.
pub fn standing(key: Option<Key>, section: SectionKind, dialect: Dialect, version: Option<ShortVersion>) -> Standing {
    let Some(row) = key.and_then(|key| key.row_in(dialect, section)) else { return Standing::Unknown };
    if !row.exists_in(version) {
        Standing::OtherVersion(row)
    } else if !row.allowed_in(section) {
        Standing::Misplaced(row)
    } else if row.is_obsolete_in(version) {
        Standing::Obsolete(row)
    } else {
        Standing::Known(row)
    }
}

/// Names that would be accepted in a section, for did-you-mean.
pub fn accepted_names(section: SectionKind, program: &Program) -> impl Iterator<Item = &'static str> {
    let (dialect, version) = (program.dialect, program.version);
    ROWS.iter()
        .filter(move |row| dialect == Dialect::Unknown || row.dialect == dialect)
        .filter(move |row| row.allowed_in(section) && row.exists_in(version) && !row.is_obsolete_in(version))
        .map(|row| row.name)
}

/// The type of an option of `swanctl.conf`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionType {
    /// A subsection.
    Section,
    /// Free text.
    Text,
    /// A comma list.
    List,
    /// A truth value.
    Bool,
    /// One of the words.
    Enum,
    /// A length of time.
    Duration,
    /// A natural number.
    Unsigned,
    /// A number of bytes.
    Bytes,
}

/// An option of `swanctl.conf`. In names `*` stands for any name and a final `~` for any suffix.
#[derive(Debug)]
pub struct OptionRow {
    /// The section it belongs to, with `*` for names.
    pub section: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub kind: OptionType,
    /// The words of an enumeration.
    pub words: &'static [&'static str],
    /// First version.
    pub since: Option<ShortVersion>,
    /// First version without it.
    pub removed: Option<ShortVersion>,
}

include!(concat!(env!("OUT_DIR"), "/swanctl.rs"));

impl OptionRow {
    /// Does the row describe `name`?
    pub fn is_named(&self, name: &str) -> bool {
        self.name == name
            || match self.name.as_bytes() {
                [b'*'] => true,
                [stem @ .., b'~'] => name.as_bytes().starts_with(stem),
                _ => false,
            }
    }

    /// Does the version have it? Without a version, any does.
    pub fn exists_in(&self, version: Option<ShortVersion>) -> bool {
        version.is_none_or(|version| {
            self.since.is_none_or(|since| version >= since) && self.removed.is_none_or(|removed| version < removed)
        })
    }
}

/// The options of one section of `swanctl.conf`.
pub fn options(section: &str) -> &'static [OptionRow] {
    let start = OPTIONS.partition_point(|row| row.section < section);
    let end = OPTIONS.partition_point(|row| row.section <= section);
    &OPTIONS[start..end]
}

/// The sections in which an option of that name would be at home.
pub fn homes(name: &str) -> impl Iterator<Item = &'static OptionRow> {
    OPTIONS.iter().filter(move |row| row.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_and_aliases_are_keys() {
        assert!(ROWS.is_sorted_by_key(|row| row.name));
        assert!(OPTIONS.is_sorted_by_key(|row| row.section));
        for row in ROWS.iter() {
            if let Some(alias) = row.alias {
                let target = Key::find(alias).and_then(|key| key.row(row.dialect));
                assert!(target.is_some(), "{} is an alias of nothing", row.name);
            }
        }
    }

    #[test]
    fn versions_and_sections_decide_what_a_key_is() {
        let standing_of = |name: &str, section, dialect, version| standing(Key::find(name), section, dialect, version);
        let ss = Dialect::Strongswan;
        let ls = Dialect::Libreswan;
        assert!(matches!(standing_of("leftsubnet", SectionKind::Conn, ss, None), Standing::Known(_)));
        assert!(matches!(standing_of("pfs", SectionKind::Conn, ss, None), Standing::Obsolete(_)));
        assert!(matches!(standing_of("uniqueids", SectionKind::Conn, ss, None), Standing::Misplaced(_)));
        assert!(matches!(
            standing_of("forceencaps", SectionKind::Conn, ls, Some((5, 0, 0))),
            Standing::OtherVersion(_)
        ));
        assert!(matches!(
            standing_of("forceencaps", SectionKind::Conn, ls, None),
            Standing::Known(_) | Standing::Obsolete(_)
        ));
        assert!(matches!(standing_of("dpdaction", SectionKind::Conn, ls, Some((5, 2, 0))), Standing::Obsolete(_)));
        assert!(matches!(standing_of("dpdaction", SectionKind::Conn, ls, Some((4, 10, 0))), Standing::Known(_)));
        assert_eq!(Key::KEYLIFE.canonical(ls), Key::IPSEC_LIFETIME);
    }

    #[test]
    fn names_are_found_in_every_spelling() {
        let (ss, ls) = (Dialect::Strongswan, Dialect::Libreswan);
        for (name, key, four, five, strongswan) in [
            ("rightsubnet", "rightsubnet", true, true, true),
            ("RightSubnet", "rightsubnet", true, true, false),
            ("right-subnet", "rightsubnet", false, true, false),
            ("subnet", "rightsubnet", true, false, false),
        ] {
            let (found, spelling) = Key::find_loosely(name).unwrap();
            assert_eq!(found.name(), key);
            assert_eq!(spelling.is_known_to(ls, Some((4, 10, 0))), four, "{name}");
            assert_eq!(spelling.is_known_to(ls, Some((5, 4, 0))), five, "{name}");
            assert_eq!(spelling.is_known_to(ss, None), strongswan, "{name}");
        }
        assert!(Key::find_loosely("nosuchkey").is_none());
    }
}
