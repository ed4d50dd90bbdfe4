//! Every endpoint that was tried on a running cluster, for the oldest version of each row and for the newest one.

use confvet_core::{Version, parse_version};
use confvet_patroni::rest::{Method, Role, status, status_of};

/// One row of the table: path, versions, synchronous mode, what OPTIONS and HEAD do, and a code for each of [`Role::ALL`].
const TABLE: &str = include_str!("endpoints.tsv");

/// The oldest version of a requirement such as `>=1.6.0 <2.1.5`, and the newest one where it has no end.
fn versions(requirement: &str) -> Vec<Version> {
    let bound = |sign: &str| requirement.split(' ').find_map(|part| parse_version(part.strip_prefix(sign)?).ok());
    let oldest = bound(">=").unwrap_or(Version::new(1, 0, 0));
    let newest = match bound("<") {
        Some(_) => oldest.clone(),
        None => Version::new(4, 1, 4),
    };
    if oldest == newest { vec![oldest] } else { vec![oldest, newest] }
}

#[test]
fn the_table_holds() {
    let mut rows = 0;
    for row in TABLE.lines().skip(1) {
        let cells: Vec<&str> = row.split('\t').collect();
        let [path, requirement, _, options, head, codes @ ..] = cells.as_slice() else { panic!("{row}") };
        for version in versions(requirement) {
            for (role, code) in Role::ALL.into_iter().zip(codes).filter(|(_, code)| **code != "-") {
                let code: u16 = code.parse().unwrap();
                assert_eq!(status(path, role, Some(&version)), code, "GET {path} {version} {role:?}");
                let by_options = if *options == "none" { 503 } else { code };
                let answer = status_of(Method::Options, path, role, Some(&version));
                assert_eq!(answer, by_options, "OPTIONS {path} {version} {role:?}");
                let by_head = match *head {
                    _ if version < Version::new(2, 1, 5) => 501,
                    "none" => 503,
                    _ => code,
                };
                assert_eq!(
                    status_of(Method::Head, path, role, Some(&version)),
                    by_head,
                    "HEAD {path} {version} {role:?}"
                );
            }
        }
        rows += 1;
    }
    assert!(rows > 30, "{rows}");
}
