//! The table of directives: where each may stand, how many arguments it takes and of which kind, and which versions
//! know it. Made at build time from `keys.tsv`.

use crate::context::{Context, Contexts};
use crate::release::Release;
use std::num::NonZeroU16;
use std::sync::LazyLock;

/// A name of the table of directives: one more than its position in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(NonZeroU16);

/// The key of a directive that the table knows; a name it does not know stops the build.
macro_rules! key {
    ($name:literal) => {
        const { $crate::keys::Key::named($name) }
    };
}
pub(crate) use key;

/// A version as the table writes it.
pub type TableVersion = (u16, u16, u16);

/// Who ships a directive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The open-source distribution.
    OpenSource,
    /// NGINX Plus only.
    Plus,
    /// The Lua modules of OpenResty.
    OpenResty,
    /// Another third-party module.
    Module,
}

/// How a value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    /// `on` or `off`, in any case.
    Flag,
    /// Decimal digits.
    Number,
    /// Bytes, with `k` or `m`.
    Size,
    /// Bytes, with `k`, `m` or `g`.
    Offset,
    /// A time down to milliseconds.
    TimeMs,
    /// A time down to seconds, up to years.
    TimeS,
    /// One of a list of words.
    Enum,
    /// Several of a list of words.
    Set,
    /// Text with variables.
    Template,
    /// A name, then text with variables.
    NameValue,
    /// A number of buffers and the size of each.
    Buffers,
    /// A block.
    Block,
    /// Read by the directive itself, or any text.
    Other,
}

/// Which values are allowed, beyond the type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// The type says it all.
    Any,
    /// These words.
    Words(&'static [&'static str]),
    /// From, to.
    Range(u64, u64),
}

/// How many arguments a directive takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arguments(u16);

impl Arguments {
    const UNLIMITED: u16 = 0x8000;

    /// Is that number of arguments fine? More than seven are so only for directives without an upper limit.
    pub fn allow(self, count: usize) -> bool {
        if count > 7 { self.0 & Self::UNLIMITED != 0 } else { self.0 & 1 << count != 0 }
    }

    /// The smallest number.
    pub fn least(self) -> usize {
        self.0.trailing_zeros() as usize
    }

    /// The largest number, if there is one.
    pub fn most(self) -> Option<usize> {
        (self.0 & Self::UNLIMITED == 0).then(|| 15 - self.0.leading_zeros() as usize)
    }
}

/// One row: a directive of one module.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The directive.
    pub name: &'static str,
    /// It opens a block.
    pub block: bool,
    /// Where it may stand.
    pub contexts: Contexts,
    arguments: Arguments,
    arguments_before: Option<(Arguments, TableVersion)>,
    /// How its values are read.
    pub kind: ValueType,
    /// Which values are allowed.
    pub values: Values,
    /// A second one in the same block is an error.
    pub unique: bool,
    /// The module.
    pub module: &'static str,
    /// First version that knows it; `None` is older than 1.0.
    pub since: Option<TableVersion>,
    /// First version that does not know it any more.
    pub removed: Option<TableVersion>,
    /// What to use instead, when nginx says that it is deprecated.
    pub deprecated: Option<&'static str>,
    /// First version that says so; `None` is older than 1.0.
    pub deprecated_since: Option<TableVersion>,
    /// Who ships it.
    pub origin: Origin,
}

impl Row {
    /// How many arguments it takes in that release.
    pub fn arguments(&self, release: &Release) -> Arguments {
        match self.arguments_before {
            Some((before, changed)) if release.is_before(changed) => before,
            _ => self.arguments,
        }
    }
}

include!(concat!(env!("OUT_DIR"), "/names.rs"));
include!(concat!(env!("OUT_DIR"), "/rows.rs"));

/// The names, sorted, and what leads to and from them.
pub(crate) struct Names {
    /// In order, each once.
    pub(crate) all: Vec<&'static str>,
    /// Where the rows of each begin, and of one more behind the last.
    first_rows: Vec<u16>,
    /// Their positions by hash; whoever finds the slot taken moves on to the next one.
    slots: Vec<u16>,
}

const SLOTS: usize = 4096;

/// The names of the table.
pub(crate) static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let mut names = Names { all: Vec::new(), first_rows: Vec::new(), slots: vec![u16::MAX; SLOTS] };
    for (at, row) in (0..).zip(ROWS.iter()) {
        if names.all.last() == Some(&row.name) {
            continue;
        }
        let mut slot = hash(row.name);
        while names.slots[slot % SLOTS] != u16::MAX {
            slot += 1;
        }
        names.slots[slot % SLOTS] = (names.all.len() & 0xffff) as u16;
        names.all.push(row.name);
        names.first_rows.push(at);
    }
    names.first_rows.push((ROWS.len() & 0xffff) as u16);
    names
});

/// FNV-1a.
fn hash(name: &str) -> usize {
    let add = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    name.as_bytes().iter().fold(0x811c_9dc5, add) as usize
}

impl Key {
    const fn at(index: u16) -> Key {
        match NonZeroU16::new(index + 1) {
            Some(number) => Key(number),
            None => panic!("too many names"),
        }
    }

    /// The key of a name, if the table has it.
    pub fn find(name: &str) -> Option<Key> {
        let names = &*NAMES;
        let mut slot = hash(name);
        loop {
            let index = names.slots[slot % SLOTS];
            if *names.all.get(index as usize)? == name {
                return Some(Key::at(index));
            }
            slot += 1;
        }
    }

    /// The key of a name that is known to be in the table.
    ///
    /// # Panics
    /// If it is not; used through `key!`, which makes that a build error.
    pub(crate) const fn named(name: &str) -> Key {
        let (mut low, mut high) = (0, CONSTANT_NAMES.len());
        while low < high {
            let middle = low.midpoint(high);
            match compare(CONSTANT_NAMES[middle].as_bytes(), name.as_bytes()) {
                0 => return Key::at(middle as u16),
                ..0 => low = middle + 1,
                _ => high = middle,
            }
        }
        panic!("no such directive");
    }

    /// All names, in order.
    pub(crate) fn all() -> impl Iterator<Item = Key> {
        (0..NAMES.all.len()).filter_map(|index| u16::try_from(index).ok()).map(Key::at)
    }

    /// The name.
    pub fn name(self) -> &'static str {
        NAMES.all[self.index()]
    }

    /// Its position in the table of names.
    pub(crate) fn index(self) -> usize {
        self.0.get() as usize - 1
    }

    /// Every row of the name.
    pub fn rows(self) -> &'static [Row] {
        let first_rows = &NAMES.first_rows;
        &ROWS[first_rows[self.index()] as usize..first_rows[self.index() + 1] as usize]
    }

    /// The row that holds in a context: that of the open-source distribution before others.
    pub fn row(self, context: Context) -> Option<&'static Row> {
        let mut rows = self.rows().iter().filter(|row| row.contexts.contains(context));
        let first = rows.next()?;
        Some(match first.origin {
            Origin::OpenSource if first.removed.is_none() => first,
            _ => rows.find(|row| row.origin == Origin::OpenSource && row.removed.is_none()).unwrap_or(first),
        })
    }

    /// Where the name may stand at all.
    pub fn contexts(self) -> Contexts {
        self.rows().iter().fold(Contexts(0), |all, row| all.or(row.contexts))
    }

    /// Where it may stand as a block, or as a directive without one.
    pub(crate) fn contexts_as(self, block: bool) -> Contexts {
        self.rows().iter().filter(|row| row.block == block).fold(Contexts(0), |all, row| all.or(row.contexts))
    }

    /// `*_by_lua_block`: the body is Lua.
    pub fn is_lua_block(self) -> bool {
        self.name().ends_with("_by_lua_block")
    }
}

const fn compare(a: &[u8], b: &[u8]) -> i8 {
    let mut at = 0;
    loop {
        match (at < a.len(), at < b.len()) {
            (false, false) => return 0,
            (false, true) => return -1,
            (true, false) => return 1,
            (true, true) if a[at] < b[at] => return -1,
            (true, true) if a[at] > b[at] => return 1,
            (true, true) => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_by_hash_and_by_halving() {
        for name in &NAMES.all {
            let key = Key::find(name).unwrap();
            assert_eq!(key, Key::named(name));
            assert!(!key.rows().is_empty());
        }
        assert_eq!(Key::find("proxy_pas"), None);
        assert_eq!(Key::find(""), None);
    }

    #[test]
    fn shapes_of_arguments_read_as_the_table_says() {
        let count = |name: &str, context, n| {
            let row = Key::find(name).unwrap().row(context).unwrap();
            row.arguments(&Release::default()).allow(n)
        };
        assert!(count("return", Context::Location, 2) && !count("return", Context::Location, 3));
        assert!(count("server_name", Context::Server, 50) && !count("server_name", Context::Server, 0));
        assert!(count("root", Context::Server, 1) && !count("root", Context::Server, 0));
        assert!(count("limit_except", Context::Location, 9));
    }
}
