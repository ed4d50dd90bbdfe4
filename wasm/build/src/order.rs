//! Brings functions into an order that compresses well, by giving them new names: wasm-opt puts them in the order of their
//! names.
//!
//! The versions of one generic function stand side by side already, in the order of a hash. Here they get that in which they are
//! called: then the second version of one function calls the second version of another, and a packed call need not say which.

use crate::code;
use crate::module::{CODE, CUSTOM, IMPORT, contents, function_names, imported_functions, push_names, without_names};
use crate::pack::family;
use anyhow::{Context, Result};
use std::collections::{BTreeMap, HashMap};

/// The order of callers decides that of those they call, which may be callers: a chain of calls takes as many rounds.
const ROUNDS: usize = 24;

/// The module with other names for its functions.
pub(crate) fn rename(module: &[u8]) -> Result<Vec<u8>> {
    let names = new_names(module).context("the module has lost the names of its functions")?;
    let mut renamed = without_names(module);
    push_names(&mut renamed, names.iter().map(|(&function, name)| (function, name.as_str())));
    Ok(renamed)
}

fn new_names(module: &[u8]) -> Option<BTreeMap<usize, String>> {
    let content = |id: u8| contents(module, id);
    let imported = imported_functions(content(IMPORT).next()?)?;
    let old: BTreeMap<usize, String> = content(CUSTOM).find_map(function_names)?.into_iter().collect();
    let mut code = content(CODE).next()?;
    let calls = (0..code.number()?).map(|_| code::calls(code.sized()?)).collect::<Option<Vec<_>>>()?;

    let mut order: Vec<usize> = (imported..imported + calls.len()).collect();
    let mut names = old.clone();
    for _ in 0..ROUNDS {
        let called = order.iter().flat_map(|&function| &calls[function - imported]);
        let mut ranks = HashMap::new();
        for &function in called {
            let rank = ranks.len();
            ranks.entry(function).or_insert(rank);
        }
        names =
            old.iter().map(|(&function, name)| (function, with_rank(name, ranks.get(&function).copied()))).collect();
        order.sort_by_key(|function| names.get(function));
    }
    Some(names)
}

/// The name with a number instead of the hash that tells versions of one function apart.
fn with_rank(name: &str, rank: Option<usize>) -> String {
    let family = family(name);
    match rank {
        _ if family.len() == name.len() => name.to_owned(),
        Some(rank) => format!("{family}17h{rank:016x}E"),
        // Called through the table only. The hash stays, for names may not be the same.
        None => format!("{family}17hf{}", &name[family.len() + 3..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::{functions, push_section, push_sized};

    /// A module of these functions, each with the numbers of those it calls.
    fn module(functions: &[(&str, &[u8])]) -> Vec<u8> {
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        push_section(&mut module, IMPORT, &[0]);
        let mut code = vec![functions.len() as u8];
        for (_, calls) in functions {
            let calls = calls.iter().flat_map(|&callee| [code::CALL, callee]);
            push_sized(&mut code, &[vec![0], calls.collect(), vec![code::END]].concat());
        }
        push_section(&mut module, CODE, &code);
        push_names(&mut module, functions.iter().map(|&(name, _)| name).enumerate().collect::<Vec<_>>().into_iter());
        module
    }

    #[test]
    fn versions_are_numbered_as_they_are_called() {
        // `b` calls the versions of `a` in another order than that of their hashes, and `c` those of `b`.
        let called: [(&str, &[u8]); 6] = [
            ("a17h01E", &[]),
            ("a17h02E", &[]),
            ("b17h03E", &[1]),
            ("b17h04E", &[0]),
            ("c", &[3, 2]),
            ("d17h05E", &[]),
        ];
        let renamed = functions(&rename(&module(&called)).unwrap());
        let names: Vec<&str> = renamed.iter().map(|(_, name)| name.as_str()).collect();
        let before = |one: usize, other: usize| assert!(names[one] < names[other], "{names:?}");
        before(3, 2);
        before(0, 1);
        before(1, 2);
        assert_eq!(names[4], "c");
        assert_eq!(names[5], "d17hf05E");
    }

    #[test]
    fn names_are_needed() {
        assert!(rename(b"").is_err());
        assert!(rename(&module(&[])).is_ok());
    }
}
