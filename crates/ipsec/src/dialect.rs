//! Which of the two programs reads the files: strongSwan and libreswan share file names and 72 keys, not the language.

use confvet_core::{Span, Target, Version};
use serde::Serialize;

/// A version as the tables hold it: major, minor, patch.
pub type ShortVersion = (u16, u16, u16);

/// The program that reads `ipsec.conf` and `ipsec.secrets`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// strongSwan: `starter` and the stroke plugin.
    Strongswan,
    /// libreswan: `addconn` and `pluto`.
    Libreswan,
    /// The files fit both.
    Unknown,
}

impl Dialect {
    /// The name as its project writes it.
    pub fn title(self) -> &'static str {
        match self {
            Dialect::Strongswan => "strongSwan",
            Dialect::Libreswan => "libreswan",
            Dialect::Unknown => "strongSwan and libreswan",
        }
    }
}

/// A set of readers: what refuses or accepts a construct. libreswan changed its grammar and its inheritance with 5.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Readers(u8);

impl Readers {
    /// No program.
    pub const NONE: Readers = Readers(0);
    /// strongSwan, any version.
    pub const STRONGSWAN: Readers = Readers(1);
    /// libreswan 4.
    pub const LIBRESWAN4: Readers = Readers(2);
    /// libreswan 5.
    pub const LIBRESWAN5: Readers = Readers(4);
    /// libreswan, any version.
    pub const LIBRESWAN: Readers = Readers(6);
    /// Every program.
    pub const ALL: Readers = Readers(7);

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Readers) -> Readers {
        Readers(self.0 | other.0)
    }

    /// Is every reader of `other` in this set?
    pub const fn covers(self, other: Readers) -> bool {
        other.0 & !self.0 == 0
    }
}

/// What is known of the program on one gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Program {
    /// Which program.
    pub dialect: Dialect,
    /// Its version, from the target; no file says it.
    pub version: Option<ShortVersion>,
    /// The version libreswan would have, should the dialect be unknown.
    #[serde(skip)]
    versions: [Option<ShortVersion>; 2],
    /// What decided, in the order of the files.
    pub signals: Vec<Signal>,
}

/// A token that only one of the programs understands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signal {
    /// Whose token it is.
    pub dialect: Dialect,
    /// Where it stands.
    #[serde(skip)]
    pub span: Span,
}

fn short(version: &Version) -> ShortVersion {
    let clamp = |number: u64| u16::try_from(number).unwrap_or(u16::MAX);
    (clamp(version.major), clamp(version.minor), clamp(version.patch))
}

impl Program {
    /// Decides from the target first, then from the signals: the more of one kind win, a tie stays unknown.
    pub fn decide(target: &Target, signals: Vec<Signal>) -> Self {
        let versions = ["strongswan", "libreswan"].map(|program| target.version(program).map(short));
        let count = |dialect| signals.iter().filter(|signal| signal.dialect == dialect).count();
        let dialect = match versions {
            [Some(_), None] => Dialect::Strongswan,
            [None, Some(_)] => Dialect::Libreswan,
            _ => match count(Dialect::Strongswan).cmp(&count(Dialect::Libreswan)) {
                std::cmp::Ordering::Greater => Dialect::Strongswan,
                std::cmp::Ordering::Less => Dialect::Libreswan,
                std::cmp::Ordering::Equal => Dialect::Unknown,
            },
        };
        let mut program = Self { dialect, version: None, versions, signals };
        program.version = program.version_of(dialect);
        program
    }

    /// strongSwan, as the reader of `swanctl.conf` and `strongswan.conf` always is.
    pub fn strongswan(target: &Target) -> Self {
        let version = target.version("strongswan").map(short);
        Self { dialect: Dialect::Strongswan, version, versions: [version, None], signals: Vec::new() }
    }

    /// The version of a dialect, should it be the one.
    pub fn version_of(&self, dialect: Dialect) -> Option<ShortVersion> {
        match dialect {
            Dialect::Strongswan => self.versions[0],
            Dialect::Libreswan => self.versions[1],
            Dialect::Unknown => None,
        }
    }

    /// The programs that may read the files.
    pub fn readers(&self) -> Readers {
        match (self.dialect, self.version) {
            (Dialect::Strongswan, _) => Readers::STRONGSWAN,
            (Dialect::Libreswan, Some(version)) if version >= (5, 0, 0) => Readers::LIBRESWAN5,
            (Dialect::Libreswan, Some(_)) => Readers::LIBRESWAN4,
            (Dialect::Libreswan, None) => Readers::LIBRESWAN,
            (Dialect::Unknown, _) => Readers::ALL,
        }
    }

    /// Is it certain that the program refuses what `refused_by` refuse?
    pub fn surely(&self, refused_by: Readers) -> bool {
        refused_by.covers(self.readers())
    }

    /// Is it strongSwan?
    pub fn is_strongswan(&self) -> bool {
        self.dialect == Dialect::Strongswan
    }

    /// Is it libreswan?
    pub fn is_libreswan(&self) -> bool {
        self.dialect == Dialect::Libreswan
    }

    /// Is it libreswan of at least this version, for certain?
    pub fn is_libreswan_since(&self, version: ShortVersion) -> bool {
        self.is_libreswan() && self.version.is_some_and(|known| known >= version)
    }

    /// Is it libreswan before this version, for certain?
    pub fn is_libreswan_before(&self, version: ShortVersion) -> bool {
        self.is_libreswan() && self.version.is_some_and(|known| known < version)
    }

    /// "strongSwan does not start" / "libreswan loads none of this file's connections".
    pub fn refuses_file(&self) -> &'static str {
        match self.dialect {
            Dialect::Strongswan => "strongSwan does not start",
            Dialect::Libreswan => "libreswan loads none of this file's connections",
            Dialect::Unknown => "the whole file is refused",
        }
    }
}
