//! In which crates the code of a module lies. Generic functions of the standard library stand for themselves, by family:
//! they are compiled once for every type they are used with, and no crate could be named for them.

use crate::module;
use std::collections::BTreeMap;

/// Parts of mangled names and the family they mean; the first that fits counts.
const FAMILIES: [(&str, &str); 10] = [
    ("5slice4sort", "sorting (generic)"),
    ("5btree", "BTreeMap and BTreeSet (generic)"),
    ("..btree..", "BTreeMap and BTreeSet (generic)"),
    ("hashbrown", "HashMap and HashSet (generic)"),
    ("4core4iter", "iterators (generic)"),
    ("core..iter", "iterators (generic)"),
    ("spec_from_iter", "collecting into Vec (generic)"),
    ("5alloc3vec", "Vec (generic)"),
    ("alloc..vec", "Vec (generic)"),
    ("drop_in_place", "dropping (generic)"),
];

/// Name, bytes of code and number of functions, largest first.
pub(crate) fn by_crate(named: &[u8]) -> Vec<(String, usize, usize)> {
    let mut sums: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (size, name) in module::functions(named) {
        let sum = sums.entry(owner(&name).to_owned()).or_default();
        *sum = (sum.0 + size, sum.1 + 1);
    }
    let mut all: Vec<_> = sums.into_iter().map(|(name, (size, count))| (name, size, count)).collect();
    all.sort_by_key(|&(_, size, _)| std::cmp::Reverse(size));
    all
}

/// The family or the crate of a function with a mangled name; the first crate that its path names.
fn owner(mangled: &str) -> &str {
    if let Some((_, family)) = FAMILIES.iter().find(|(part, _)| mangled.contains(part)) {
        return family;
    }
    if let Some(start) = mangled.find("confvet") {
        let rest = &mangled[start..];
        return &rest[..rest.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(rest.len())];
    }
    // `_ZN8hcl_edit6parser…`: the first part of the path, behind its length; `_$LT$` begins a path of an impl.
    let Some(start) = mangled.find(|c: char| c.is_ascii_digit()) else { return "other" };
    let part = mangled[start..].trim_start_matches(|c: char| c.is_ascii_digit());
    let part = part.strip_prefix("_$LT$").unwrap_or(part);
    let length: usize = mangled[start..mangled.len() - part.len()].parse().unwrap_or(part.len());
    let part = part.get(..length).unwrap_or(part);
    match part.find(|c: char| !c.is_ascii_lowercase() && c != '_') {
        Some(0) => "other",
        Some(end) => &part[..end],
        None => part,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_belong_to_their_crate_or_family() {
        assert_eq!(owner("_ZN13confvet_nginx5model5Nginx4read17hd85a8572c1f68ee3E"), "confvet_nginx");
        assert_eq!(owner("_ZN8hcl_edit6parser4expr15expr_term17he3cfb343a4b0128aE"), "hcl_edit");
        assert_eq!(owner("_ZN4core5slice4sort6stable5drift4sort17h0E"), "sorting (generic)");
        assert_eq!(owner("_ZN69_$LT$confvet_redis..Redis$u20$as$u20$x$GT$5parse17h0E"), "confvet_redis");
        assert_eq!(owner(""), "other");
    }
}
