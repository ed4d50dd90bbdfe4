//! Turns the key table and the table of JVM flags into static sorted arrays, and the keys into a tree of their names.

use confvet_tables::{Row, Table, TableError, version, write_output};
use std::collections::BTreeMap;

fn main() -> Result<(), TableError> {
    let columns = ["key", "type", "absent_before", "since", "deprecated", "removed", "replacement", "rename"];
    let keys = Table::read("src/keys.tsv", &columns)?;
    keys.write_sorted("keys.rs", "KEYS", "Key", key)?;
    write_output("key_tree.rs", &format!("static TREE: Branch = {};\n", Branch::of(&keys).expression("")))?;
    Table::read("src/jvm-flags.tsv", &["flag", "jdks"])?.write_sorted("jvm_flags.rs", "FLAGS", "JvmFlag", flag)
}

fn key(row: Row<'_>) -> Result<String, String> {
    Ok(format!(
        "Key {{ name: {:?}, kind: {}, absent_before: {}, since: {}, deprecated: {}, removed: {}, replacement: {}, \
         rename: {} }}",
        row.get("key"),
        kind(row.get("type"))?,
        version(row.get("absent_before"))?,
        version(row.get("since"))?,
        version(row.get("deprecated"))?,
        version(row.get("removed"))?,
        row.optional("replacement"),
        row.optional("rename"),
    ))
}

fn kind(word: &str) -> Result<String, String> {
    if let Some(names) = word.strip_prefix("enum(").and_then(|rest| rest.strip_suffix(')')) {
        return Ok(format!("Kind::Enum(&{:?})", names.split('|').collect::<Vec<_>>()));
    }
    let kind = match word {
        "auto-create" => "AutoCreate",
        "bool" => "Bool",
        "bytesize" => "Bytes",
        "float" => "Float",
        "group" => "Group",
        "int" => "Int",
        "list" => "List",
        "long" => "Long",
        "memsize" => "Memory",
        "port-range" => "Ports",
        "prefix" => "Prefix",
        "prefix-index" => "IndexPrefix",
        "prefix-open" => "OpenPrefix",
        "prefix-open-ge8" => "OpenPrefixFrom8",
        "prefix-removed" => "RemovedPrefix",
        "rate" => "Rate",
        "ratio-or-bytesize" => "RatioOrBytes",
        "removed" => "Removed",
        "secure" => "Secure",
        "secure-legacy" => "LegacySecret",
        "string" => "Text",
        "time" => "Time",
        other => return Err(format!("`{other}` is no type")),
    };
    Ok(format!("Kind::{kind}"))
}

/// A name of keys: the rows that end with it, by their place in the sorted array, and the names behind it.
#[derive(Default)]
struct Branch<'t> {
    row: Option<usize>,
    below: Option<usize>,
    /// By length and name.
    branches: BTreeMap<(usize, &'t str), Branch<'t>>,
}

impl<'t> Branch<'t> {
    fn of(table: &'t Table) -> Self {
        let mut keys: Vec<&str> = table.rows().map(|row| row.get("key")).collect();
        keys.sort_unstable();
        let mut root = Self::default();
        for (index, key) in keys.into_iter().enumerate() {
            let names = key.strip_suffix('.').unwrap_or(key).split('.');
            let branch = names.fold(&mut root, |branch, name| branch.branches.entry((name.len(), name)).or_default());
            *(if key.ends_with('.') { &mut branch.below } else { &mut branch.row }) = Some(index);
        }
        root
    }

    fn expression(&self, name: &str) -> String {
        let row = |index: Option<usize>| index.map_or("None".to_owned(), |index| format!("Some(&KEYS[{index}])"));
        let branches: Vec<String> = self.branches.iter().map(|((_, name), branch)| branch.expression(name)).collect();
        format!(
            "Branch {{ name: {name:?}, row: {}, below: {}, branches: &[{}] }}",
            row(self.row),
            row(self.below),
            branches.join(", ")
        )
    }
}

fn flag(row: Row<'_>) -> Result<String, String> {
    let states = row.get("jdks").chars().map(|state| {
        Ok(match state {
            '-' => "Refused",
            'p' => "Accepted",
            'e' => "Experimental",
            'd' => "Diagnostic",
            'D' => "Deprecated",
            'i' => "Ignored",
            '?' => "Unmeasured",
            other => return Err(format!("`{other}` is no state")),
        })
    });
    let states: Vec<&str> = states.collect::<Result<_, _>>()?;
    let states: Vec<String> = states.into_iter().map(|state| format!("FlagState::{state}")).collect();
    Ok(format!("JvmFlag {{ name: {:?}, states: [{}] }}", row.get("flag"), states.join(", ")))
}
