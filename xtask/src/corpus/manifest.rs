//! MANIFEST.tsv: which files there are, where they come from, and what the real program says.

use super::peer::Expectation;
use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

pub(super) const NAME: &str = "MANIFEST.tsv";

/// Where a program takes a file and leaves out a part of it: path, version, part, `refused` or else. The heading of the
/// second column names the program.
const PARTS: &str = "CONNS.tsv";

/// What the real program does with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    Accepted,
    Rejected,
}

/// A row about a file in `accepted/` or `rejected/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Relative to the directory of the manifest.
    pub(super) path: String,
    /// The name the file had where it comes from.
    pub(super) original_name: Option<String>,
    pub(super) truth: Truth,
    /// It was cut out of a page, a manifest or a script, which said what it is.
    pub(super) is_cutting: bool,
    /// All cells as lines `column=cell`, with `_` for blanks in column names: what the versions are read from.
    pub(super) row: String,
    /// What another linter expects, whose test the file is.
    pub(super) peer: Option<Expectation>,
    /// Programs with their versions that take the file and refuse a part of it.
    pub(super) refuse_a_part: BTreeSet<(String, String)>,
}

pub(super) fn read(directory: &Path) -> Result<Vec<Entry>> {
    let path = directory.join(NAME);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut entries = parse(&text).with_context(|| format!("in {}", path.display()))?;
    let parts = fs::read_to_string(directory.join(PARTS)).unwrap_or_default();
    add_refused_parts(&mut entries, &parts);
    Ok(entries)
}

fn add_refused_parts(entries: &mut [Entry], text: &str) {
    let rows = || text.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let Some(program) = rows().next().and_then(|heading| heading.get(1).map(|name| column_name(name))) else { return };
    let mut refusing: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for row in rows().skip(1) {
        if let [path, version, _, "refused", ..] = row.as_slice() {
            refusing.entry((*path).to_owned()).or_default().insert((program.clone(), (*version).to_owned()));
        }
    }
    for entry in entries {
        entry.refuse_a_part = refusing.remove(&entry.path).unwrap_or_default();
    }
}

/// The first column is the path; the others are known by their names. Rows about other folders are left out.
fn parse(text: &str) -> Result<Vec<Entry>> {
    let mut lines = text.lines();
    let heading: Vec<String> = lines.next().unwrap_or_default().split('\t').map(column_name).collect();
    let Some(original) = heading.iter().position(|name| name == "original_path") else {
        bail!("no column `original path` in the first line");
    };
    let mut entries = Vec::new();
    for line in lines.filter(|line| !line.trim().is_empty()) {
        let cells: Vec<&str> = line.split('\t').collect();
        let path = cells[0];
        let truth = match path.split('/').next() {
            Some("accepted") => Truth::Accepted,
            Some("rejected") => Truth::Rejected,
            _ => continue,
        };
        let mut row = String::new();
        for (name, cell) in heading.iter().zip(&cells) {
            let _ = writeln!(row, "{name}={cell}");
        }
        let original_name = cells.get(original).and_then(|path| original_name(path));
        let is_cutting = cells.get(original).is_some_and(|path| path.contains('#'));
        let cell = |name: &str| {
            let at = heading.iter().position(|heading| heading == name);
            at.and_then(|at| cells.get(at)).map(|cell| cell.trim().to_owned()).unwrap_or_default()
        };
        let peer = Expectation::read(cell);
        let refuse_a_part = BTreeSet::new();
        entries.push(Entry { path: path.to_owned(), original_name, truth, is_cutting, row, peer, refuse_a_part });
    }
    Ok(entries)
}

fn column_name(heading: &str) -> String {
    heading.trim().to_lowercase().replace(' ', "_")
}

/// `docs/a.conf` was `a.conf`; what follows a `#` is the file inside a script, if it has a name.
fn original_name(path: &str) -> Option<String> {
    let file_name = |path: &str| path.rsplit('/').next().filter(|name| name.contains('.')).map(str::to_owned);
    let (outer, inner) = path.split_once('#').map_or((path, None), |(outer, inner)| (outer, Some(inner)));
    match inner {
        Some(inner) => file_name(inner),
        None => file_name(outer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_by_column_name() {
        let text = "local path\trepo\toriginal path\tverdict\thow\n\
                    accepted/a__b.conf\tx/a\tsrc/b.conf\taccepted\tran 7.2\n\
                    rejected/c.yml\tx/c\tt.txt#rules/1.yml\trejected\t\n\
                    rejected/d.conf\tx/d\tREADME.md#x11\trejected\t\n\
                    templates/e.j2\tx/e\te.j2\ttemplate\t\n";
        let entries = parse(text).unwrap();
        let seen: Vec<(&str, Option<&str>, Truth)> =
            entries.iter().map(|entry| (&*entry.path, entry.original_name.as_deref(), entry.truth)).collect();
        assert_eq!(
            seen,
            [
                ("accepted/a__b.conf", Some("b.conf"), Truth::Accepted),
                ("rejected/c.yml", Some("1.yml"), Truth::Rejected),
                ("rejected/d.conf", None, Truth::Rejected),
            ]
        );
        assert!(entries[0].row.contains("\nhow=ran 7.2\n"));
    }

    #[test]
    fn what_a_peer_expects_is_read() {
        let text = "local_path\toriginal_path\tpeer_plugin\tpeer_expects\tconfvet_rule\tnote\n\
                    accepted/a.conf\ta.conf\tssrf\tmust fire\tnginx/ssrf\tdisputed: no\n\
                    accepted/b.conf\tb.conf\t\t\t\t\n";
        let entries = parse(text).unwrap();
        assert_eq!(entries[0].peer.as_ref().map(|peer| peer.rule.as_str()), Some("nginx/ssrf"));
        assert_eq!(entries[1].peer, None);
    }

    #[test]
    fn parts_that_a_program_refuses_are_known() {
        let text = "local path\toriginal path\naccepted/a.conf\ta.conf\naccepted/b.conf\tb.conf\n";
        let mut entries = parse(text).unwrap();
        let parts = "local path\tlibreswan\tconn\tresult\treason\naccepted/a.conf\t4.10\tx\tloaded\t\n\
                     accepted/a.conf\t5.4\tx\trefused\twhy\n";
        add_refused_parts(&mut entries, parts);
        let refusing: Vec<_> = entries.iter().map(|entry| entry.refuse_a_part.iter().next()).collect();
        assert_eq!(refusing, [Some(&("libreswan".to_owned(), "5.4".to_owned())), None]);
    }

    #[test]
    fn a_table_without_origin_is_an_error() {
        assert!(parse("path\tverdict\n").is_err());
    }
}
