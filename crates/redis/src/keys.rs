//! The known directives and commands, with the versions that know them.

use crate::slots::{SLOTS, first_slot};
use crate::version::{Engine, Number, Release};
use std::sync::LazyLock;

/// What a directive takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `yes` or `no`.
    Bool,
    /// An integer within a range.
    Int {
        /// Least value.
        min: i64,
        /// Greatest value.
        max: u64,
    },
    /// Bytes, as `2gb`.
    Memory {
        /// Least value, in bytes.
        min: i64,
        /// Greatest value, in bytes.
        max: u64,
    },
    /// Bytes, or a share of `maxmemory`.
    MemoryOrPercent,
    /// A file mode in octal digits, up to 777.
    Octal,
    /// One of these words; each with the version of Redis that brought it.
    Enum(&'static [(&'static str, Number)]),
    /// One word of any form.
    Text,
    /// Up to sixteen addresses.
    Bind,
    /// Pairs of seconds and changes, or `""`.
    Save,
    /// Groups of class, hard limit, soft limit, seconds.
    BufferLimit,
    /// A path, from 7.0 with wildcards.
    Include,
    /// Numbers from 0 to 100, or `""`.
    Percentiles,
    /// A path and arguments of the module.
    ModulePath,
    /// Characters that each switch on one class of keyspace events.
    Events,
    /// Three integers from -2000 to 2000.
    OomValues,
    /// A command and its new name.
    Rename,
    /// Host and port, or `no one`.
    ReplicaOf,
    /// What `sentinel` begins; its second word is the key.
    Sentinel,
    /// A user name and ACL rules.
    User,
    /// What a signal does: flags.
    Signals,
    /// Belongs to a module that Redis 8 brings along.
    Module,
    /// Gone for so long that no value matters.
    Obsolete,
    /// A number that Sentinel reads leniently: leading digits count.
    Atoi,
    /// The same, greater than zero.
    AtoiPositive,
    /// Name, address, port, quorum.
    Monitor,
    /// Forty characters.
    RunId,
}

/// One directive, or one `sentinel` statement under the name `sentinel NAME`.
#[derive(Debug, PartialEq, Eq)]
pub struct Key {
    /// Its name, in lower case.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// Of a `sentinel` statement: least and greatest number of words behind its name.
    pub words: (u8, u8),
    /// Where the key that counts stands among [`Key::all`].
    target: u16,
    default: &'static str,
    redis: Option<Number>,
    valkey: Option<Number>,
    removed: Option<Number>,
    ignored: Option<Number>,
    alias_of: Option<&'static str>,
    /// A younger minor version whose first patch releases lack it again: the release that brought it back.
    again: Option<Number>,
    defaults: &'static [(bool, Number, &'static str)],
    kinds: &'static [(bool, Number, Kind)],
}

/// One command, one subcommand as `container|name`, or one ACL category as `@name`.
#[derive(Debug, PartialEq, Eq)]
pub struct Command {
    /// Its name, in lower case.
    pub name: &'static str,
    since: Number,
    until: Option<Number>,
    in_valkey: bool,
}

include!(concat!(env!("OUT_DIR"), "/keys.rs"));
include!(concat!(env!("OUT_DIR"), "/commands.rs"));

/// A sorted table, and where its names stand in it.
struct Indexed<T: 'static> {
    table: &'static [T],
    slots: [u16; SLOTS],
    name_of: fn(&T) -> &'static str,
}

/// Leads out of every table: no name has this slot.
const EMPTY: u16 = u16::MAX;

static BY_NAME: LazyLock<Indexed<Key>> = LazyLock::new(|| Indexed::new(&KEYS, |key| key.name));
static COMMANDS_BY_NAME: LazyLock<Indexed<Command>> = LazyLock::new(|| Indexed::new(&COMMANDS, |command| command.name));

impl<T> Indexed<T> {
    /// Whoever finds its slot taken moves on to the next one.
    fn new(table: &'static [T], name_of: fn(&T) -> &'static str) -> Self {
        let mut slots = [EMPTY; SLOTS];
        for (index, entry) in (0..).zip(table) {
            let mut slot = first_slot(name_of(entry).as_bytes());
            while slots[slot] != EMPTY {
                slot = (slot + 1) % SLOTS;
            }
            slots[slot] = index;
        }
        Self { table, slots, name_of }
    }

    /// The entry with a name.
    fn find(&self, name: &str) -> Option<&'static T> {
        let mut slot = first_slot(name.as_bytes());
        loop {
            let entry = self.table.get(usize::from(self.slots[slot]))?;
            if (self.name_of)(entry) == name {
                return Some(entry);
            }
            slot = (slot + 1) % SLOTS;
        }
    }
}

/// Whether a program knows a directive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// It does.
    Known,
    /// It is read and has no effect since this version.
    IgnoredSince(Number),
    /// It came with this version of the same engine.
    NeedsVersion(Number),
    /// It went with this version.
    RemovedIn(Number),
    /// Only the other engine has it.
    OnlyIn(Engine),
}

impl Key {
    /// The key with this name in lower case.
    pub fn find(name: &str) -> Option<&'static Key> {
        BY_NAME.find(name)
    }

    /// All keys, sorted by name.
    pub fn all() -> &'static [Key] {
        &KEYS
    }

    /// Where the key that counts stands among [`Key::all`].
    pub(crate) fn target_index(&self) -> usize {
        usize::from(self.target)
    }

    /// The name that counts: an old spelling gives its new one. Both write to the same setting.
    pub fn canonical(&self) -> &'static str {
        self.alias_of.unwrap_or(self.name)
    }

    /// Is it a `sentinel` statement?
    pub fn is_sentinel(&self) -> bool {
        self.name.starts_with("sentinel ")
    }

    /// Does this release know it? When the version is unknown, any version of either engine will do, except that what
    /// Redis has dropped is said to be dropped.
    pub fn support(&self, release: Release) -> Support {
        let Some(version) = release.version() else {
            return match (self.removed, self.ignored) {
                (Some(removed), _) => Support::RemovedIn(removed),
                (None, Some(ignored)) => Support::IgnoredSince(ignored),
                (None, None) => Support::Known,
            };
        };
        let (since, other) = match release.engine {
            Engine::Redis => (self.redis, Engine::Valkey),
            Engine::Valkey => (self.valkey, Engine::Redis),
        };
        let Some(since) = since else {
            return match self.removed {
                Some(removed) => Support::RemovedIn(removed),
                None => Support::OnlyIn(other),
            };
        };
        if version < since {
            return Support::NeedsVersion(since);
        }
        // A fix that went into an old series first is missing from the younger series until it arrives there too.
        if let Some(again) = self.again.filter(|_| release.engine == Engine::Redis)
            && (again.0, again.1) == (version.0, version.1)
            && version < again
        {
            return Support::NeedsVersion(again);
        }
        match (self.removed, self.ignored) {
            (Some(removed), _) if release.since(removed) => Support::RemovedIn(removed),
            (_, Some(ignored)) if release.since(ignored) => Support::IgnoredSince(ignored),
            _ => Support::Known,
        }
    }

    /// The value that holds when nothing is written.
    pub fn default_value(&self, release: Release) -> &'static str {
        held(self.defaults, release).unwrap_or(self.default)
    }

    /// What it takes in this release.
    pub fn kind_in(&self, release: Release) -> Kind {
        held(self.kinds, release).unwrap_or(self.kind)
    }
}

/// The entry of a history that holds for a release; none when the release is not known.
fn held<T: Copy>(history: &[(bool, Number, T)], release: Release) -> Option<T> {
    let reached = |(valkey, since, _): &&(bool, Number, T)| {
        release.is_known() && if *valkey { release.is_valkey_since(*since) } else { release.since(*since) }
    };
    history.iter().rfind(reached).map(|(.., value)| *value)
}

impl Command {
    /// The command, subcommand or category with this name in lower case.
    pub fn find(name: &str) -> Option<&'static Command> {
        COMMANDS_BY_NAME.find(name)
    }

    /// Does a command have subcommands in any version?
    pub fn has_subcommands(name: &str) -> bool {
        let at = COMMANDS.partition_point(|command| command.name < name);
        let rest = COMMANDS[at..].iter().take_while(|command| command.name.starts_with(name));
        rest.into_iter().any(|command| command.name[name.len()..].starts_with('|'))
    }

    /// All names, sorted.
    pub fn names() -> impl Iterator<Item = &'static str> {
        COMMANDS.iter().map(|command| command.name)
    }

    /// Does this release have it? Anything known will do when the version is unknown.
    pub fn exists_in(&self, release: Release) -> bool {
        !release.is_known()
            || (release.since(self.since)
                && self.until.is_none_or(|until| !release.since((until.0, until.1 + 1, 0)))
                && (release.engine == Engine::Redis || self.in_valkey))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REDIS_5: Release = Release::new(Engine::Redis, (5, 0, 14));
    const REDIS_7_2: Release = Release::new(Engine::Redis, (7, 2, 6));
    const VALKEY_8: Release = Release::new(Engine::Valkey, (8, 0, 1));

    fn support(name: &str, release: Release) -> Support {
        Key::find(name).unwrap().support(release)
    }

    #[test]
    fn the_tables_are_sorted_and_aliases_lead_somewhere() {
        assert!(KEYS.is_sorted_by(|a, b| a.name < b.name));
        assert!(COMMANDS.is_sorted_by(|a, b| a.name < b.name));
        for key in KEYS.iter() {
            assert_eq!(Key::find(key.canonical()).map(|target| target.alias_of), Some(None), "{}", key.name);
            assert_eq!(KEYS[key.target_index()].name, key.canonical());
            assert_eq!(Key::find(key.name), Some(key));
        }
        for command in COMMANDS.iter() {
            assert_eq!(Command::find(command.name), Some(command));
        }
        for name in ["", "maxmemor", "maxmemory2", "x"] {
            assert_eq!((Key::find(name), Command::find(name)), (None, None));
        }
    }

    #[test]
    fn support_follows_version_and_engine() {
        assert_eq!(support("repl-diskless-sync-max-replicas", REDIS_5), Support::NeedsVersion((7, 0, 0)));
        assert_eq!(support("primaryauth", REDIS_7_2), Support::OnlyIn(Engine::Valkey));
        assert_eq!(support("primaryauth", VALKEY_8), Support::Known);
        assert_eq!(support("gopher-enabled", REDIS_7_2), Support::RemovedIn((7, 0, 0)));
        assert_eq!(support("vm-enabled", REDIS_5), Support::RemovedIn((2, 6, 0)));
        assert_eq!(support("list-max-ziplist-entries", REDIS_5), Support::IgnoredSince((3, 2, 0)));
        assert_eq!(support("sentinel resolve-hostnames", REDIS_5), Support::NeedsVersion((6, 2, 0)));
        assert_eq!(support("aof-rewrite-cpulist", VALKEY_8), Support::Known);
    }

    #[test]
    fn patch_releases_count() {
        let redis = |major, minor, patch| Release::new(Engine::Redis, (major, minor, patch));
        for (name, release, expected) in [
            ("ignore-warnings", redis(5, 0, 10), Support::NeedsVersion((5, 0, 11))),
            ("ignore-warnings", redis(5, 0, 11), Support::Known),
            ("ignore-warnings", redis(6, 0, 9), Support::NeedsVersion((6, 0, 10))),
            ("ignore-warnings", redis(6, 0, 10), Support::Known),
            ("ignore-warnings", redis(6, 2, 0), Support::Known),
            ("sentinel deny-scripts-reconfig", redis(3, 2, 13), Support::Known),
            ("sentinel deny-scripts-reconfig", redis(4, 0, 10), Support::NeedsVersion((4, 0, 11))),
            ("sentinel deny-scripts-reconfig", redis(5, 0, 0), Support::Known),
            ("cluster-replica-no-failiver", redis(5, 0, 0), Support::Known),
            ("cluster-replica-no-failiver", redis(5, 0, 1), Support::RemovedIn((5, 0, 1))),
            ("replica-announced", redis(6, 2, 1), Support::NeedsVersion((6, 2, 2))),
            ("ignore-warnings", VALKEY_8, Support::Known),
        ] {
            assert_eq!(support(name, release), expected, "{name} in {release}");
        }
    }

    #[test]
    fn what_a_directive_takes_follows_the_version() {
        let kind = |name: &str, release| Key::find(name).unwrap().kind_in(release);
        assert_eq!(kind("maxmemory-samples", REDIS_7_2), Kind::Int { min: 1, max: 2_147_483_647 });
        assert_eq!(kind("maxmemory-samples", Release::UNKNOWN), Kind::Int { min: 1, max: 2_147_483_647 });
        let redis_7_4 = Release::new(Engine::Redis, (7, 4, 0));
        assert_eq!(kind("maxmemory-samples", redis_7_4), Kind::Int { min: 1, max: 64 });
        assert_eq!(kind("maxmemory-samples", VALKEY_8), Kind::Int { min: 1, max: 64 });
        assert_eq!(
            kind("proto-max-bulk-len", Release::new(Engine::Redis, (6, 0, 6))),
            Kind::Memory { min: 0, max: 9_223_372_036_854_775_807 }
        );
    }

    #[test]
    fn defaults_follow_the_version() {
        let default = |name: &str, release| Key::find(name).unwrap().default_value(release);
        assert_eq!(default("maxmemory-policy", Release::new(Engine::Redis, (2, 8, 24))), "volatile-lru");
        assert_eq!(default("maxmemory-policy", Release::UNKNOWN), "noeviction");
        assert_eq!(default("repl-backlog-size", VALKEY_8), "10485760");
        assert_eq!(default("repl-backlog-size", REDIS_7_2), "1048576");
    }
}
