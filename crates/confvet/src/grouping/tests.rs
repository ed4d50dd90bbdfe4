//! One test for each thing that grouping promises.

use super::*;
use confvet_core::{FileId, Span, Spanned};

/// A configuration as a test writes it down.
#[derive(Clone)]
struct File {
    path: &'static str,
    system: &'static str,
    identity: Identity,
    text: &'static str,
}

fn spanned<T>(value: T) -> Spanned<T> {
    Spanned::new(value, Span { file: FileId(0), start: 0, end: 0 })
}

fn file(system: &'static str, path: &'static str) -> File {
    File { path, system, identity: Identity::default(), text: path }
}

impl File {
    fn cluster(mut self, name: &str) -> Self {
        self.identity.cluster = Some(spanned(name.to_owned()));
        self
    }

    fn member(mut self, name: &str) -> Self {
        self.identity.member = Some(spanned(name.to_owned()));
        self
    }

    fn at(mut self, address: &str) -> Self {
        self.identity.addresses.push(spanned(Address::parse(address)));
        self
    }

    fn text(self, text: &'static str) -> Self {
        Self { text, ..self }
    }
}

fn stacks_of(files: &[File], declared: &[StackDecl]) -> Vec<Stack> {
    let unit = |file: &'_ File| Unit {
        path: file.path,
        system: file.system,
        identity: Box::leak(Box::new(file.identity.clone())),
        texts: vec![file.text],
    };
    let units: Vec<Unit<'_>> = files.iter().map(unit).collect();
    let stacks = group("configs", &units, declared);
    let mut seen: Vec<usize> = stacks.iter().flat_map(|stack| stack.units.iter().copied()).collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..files.len()).collect::<Vec<_>>(), "every unit is in exactly one stack");
    for stack in &stacks {
        assert!(stack.units.windows(2).all(|pair| files[pair[0]].path <= files[pair[1]].path), "sorted by path");
        assert_eq!(stack.units.len(), stack.host_of.len());
    }
    stacks
}

/// The stacks as lists of paths.
fn grouped(paths: &[&'static str]) -> Vec<Vec<&'static str>> {
    let files: Vec<File> = paths.iter().map(|path| file("redis", path)).collect();
    let paths = |stack: &Stack| stack.units.iter().map(|&unit| files[unit].path).collect();
    stacks_of(&files, &[]).iter().map(paths).collect()
}

fn together(paths: &[&'static str]) {
    assert_eq!(grouped(paths).len(), 1, "{paths:?}");
}

fn apart(paths: &[&'static str]) {
    assert_eq!(grouped(paths).len(), paths.len(), "{paths:?}");
}

fn declaration(name: &str, globs: &[&str]) -> StackDecl {
    let files = globs.iter().map(|glob| (*glob).to_owned()).collect();
    StackDecl { name: name.to_owned(), files, ..StackDecl::default() }
}

fn host(name: &str, addresses: &[&str]) -> (String, Vec<Address>) {
    (name.to_owned(), addresses.iter().map(|address| Address::parse(address)).collect())
}

/// The machine of each file, in the order of the files, of a single stack.
fn machines(files: &[File], declared: &[StackDecl]) -> Vec<Option<(String, PlacedBy)>> {
    let stacks = stacks_of(files, declared);
    let [stack] = stacks.as_slice() else { panic!("one stack expected, not {stacks:?}") };
    let mut machines = vec![None; files.len()];
    for ((&unit, host), by) in stack.units.iter().zip(&stack.host_of).zip(&stack.placed_by) {
        machines[unit] = host.map(|host| (stack.hosts.get(host).name.clone(), by.unwrap()));
    }
    machines
}

fn on(name: &str, by: PlacedBy) -> Option<(String, PlacedBy)> {
    Some((name.to_owned(), by))
}

// Section 1, point 1: declared stacks.

#[test]
fn a_declared_stack_takes_its_files_and_leaves_the_rest() {
    let files =
        [file("patroni", "db/a/node1.yml"), file("haproxy", "lb/haproxy.cfg"), file("redis", "cache/redis.conf")];
    let mut orders = declaration("orders", &["db/**", "lb/haproxy.cfg"]);
    orders.complete = true;
    let stacks = stacks_of(&files, &[orders]);
    assert_eq!(stacks.len(), 2);
    assert_eq!((stacks[0].name.as_str(), stacks[0].complete), ("orders", true));
    assert_eq!((&stacks[0].units, &stacks[0].reason), (&vec![0, 1], &Reason::Declared));
    assert_eq!((stacks[1].name.as_str(), stacks[1].complete), ("configs", false));
    assert_eq!((&stacks[1].units, &stacks[1].reason), (&vec![2], &Reason::SameRoot));
}

#[test]
fn declared_stacks_are_ordered_and_the_first_that_fits_wins() {
    let files = [file("redis", "a/redis.conf"), file("redis", "b/redis.conf")];
    let stacks = stacks_of(&files, &[declaration("z", &["a/**"]), declaration("y", &["**"])]);
    let seen: Vec<(&str, &[usize])> =
        stacks.iter().map(|stack| (stack.name.as_str(), stack.units.as_slice())).collect();
    assert_eq!(seen, [("z", &[0][..]), ("y", &[1][..])]);
}

#[test]
fn a_declared_stack_is_not_cut_into_environments() {
    let files = [file("redis", "prod/redis.conf"), file("redis", "test/redis.conf")];
    assert_eq!(stacks_of(&files, &[declaration("all", &["**"])]).len(), 1);
}

#[test]
fn a_declared_stack_without_files_is_none() {
    let stacks = stacks_of(&[file("redis", "a/redis.conf")], &[declaration("x", &["nowhere/**"])]);
    assert_eq!(stacks.len(), 1);
    assert!(stacks_of(&[], &[declaration("x", &["**"])]).is_empty());
}

// Point 2: the directory is one stack; different clusters share it.

#[test]
fn one_directory_is_one_stack_with_several_clusters() {
    let files = [
        file("elasticsearch", "logs/elasticsearch.yml").cluster("logs"),
        file("elasticsearch", "search/elasticsearch.yml").cluster("search"),
        file("haproxy", "haproxy.cfg"),
    ];
    let stacks = stacks_of(&files, &[]);
    assert_eq!(stacks.len(), 1);
    assert_eq!(stacks[0].units, [2, 0, 1]);
}

// Point 3: environments.

#[test]
fn sibling_directories_named_like_environments_are_apart() {
    apart(&["prod/redis.conf", "staging/redis.conf"]);
    apart(&["production/redis.conf", "live/redis.conf", "UAT/redis.conf", "qa/redis.conf", "demo/redis.conf"]);
    apart(&["stage/a.conf", "stg/a.conf", "preprod/a.conf", "test/a.conf", "dev/a.conf", "development/a.conf"]);
    apart(&["example/a.conf", "examples/a.conf", "sample/a.conf", "old/a.conf", "backup/a.conf", "bak/a.conf"]);
    apart(&["db-prod/redis.conf", "db_staging/redis.conf"]);
    apart(&["x/y/prod/redis.conf", "x/y/staging/deep/er/redis.conf"]);
}

#[test]
fn siblings_of_the_same_environment_stay_together() {
    assert_eq!(
        grouped(&["prod-db/a.conf", "prod-lb/a.conf", "staging-db/a.conf", "staging-lb/a.conf"]),
        [["prod-db/a.conf", "prod-lb/a.conf"], ["staging-db/a.conf", "staging-lb/a.conf"]]
    );
    together(&["es-prod-1/a.conf", "es-prod-2/a.conf"]);
}

#[test]
fn the_same_environment_below_several_directories_is_one_stack() {
    assert_eq!(
        grouped(&["db/prod/a.conf", "db/test/a.conf", "lb/prod/a.conf", "lb/test/a.conf"]),
        [["db/prod/a.conf", "lb/prod/a.conf"], ["db/test/a.conf", "lb/test/a.conf"]]
    );
}

#[test]
fn examples_stand_for_themselves() {
    apart(&["example-a/redis.conf", "example-b/redis.conf"]);
    apart(&["redis/redis.conf", "redis-old/redis.conf"]);
}

#[test]
fn an_environment_needs_a_sibling() {
    together(&["prod/redis.conf", "common/redis.conf"]);
    together(&["prod/a/redis.conf", "prod/b/redis.conf"]);
    together(&["a/prod/redis.conf", "b/staging/redis.conf"]);
}

#[test]
fn what_is_outside_of_all_environments_is_a_stack_of_its_own() {
    assert_eq!(
        grouped(&["common/a.conf", "prod/a.conf", "staging/a.conf", "a.conf"]),
        [vec!["a.conf", "common/a.conf"], vec!["prod/a.conf"], vec!["staging/a.conf"]]
    );
}

#[test]
fn members_sites_and_hosts_are_not_environments() {
    together(&["node1/redis.conf", "node2/redis.conf"]);
    together(&["pg-a/redis.conf", "pg-b/redis.conf"]);
    together(&["primary/redis.conf", "standby/redis.conf"]);
    together(&["site-a/redis.conf", "site-b/redis.conf"]);
    together(&["10.0.1.10/redis.conf", "10.0.1.11/redis.conf"]);
    together(&["es1.prod.example.com/redis.conf", "es1.test.example.com/redis.conf"]);
    together(&["producer/redis.conf", "tester/redis.conf"]);
}

#[test]
fn a_file_and_its_variant_for_an_environment_are_apart() {
    apart(&["redis.conf", "redis.prod.conf"]);
    apart(&["redis.conf", "redis-staging.conf", "redis.conf.bak", "redis.conf.old"]);
    apart(&["prod.yml", "staging.yml"]);
    assert_eq!(
        grouped(&["haproxy.prod.cfg", "redis.conf", "redis.prod.conf"]),
        [vec!["redis.conf"], vec!["haproxy.prod.cfg", "redis.prod.conf"]]
    );
    together(&["redis.conf", "nginx-test.conf"]);
    together(&["a/redis.conf", "b/redis.prod.conf"]);
    together(&["lb-primary.conf", "lb-standby.conf"]);
}

#[test]
fn a_stack_is_named_after_its_environment() {
    let files = [file("redis", "db/prod/redis.conf"), file("redis", "db/old/redis.conf")];
    let stacks = stacks_of(&files, &[]);
    let names: Vec<&str> = stacks.iter().map(|stack| stack.name.as_str()).collect();
    assert_eq!(names, ["configs (db/old)", "configs (prod)"]);
    assert_eq!(stacks[1].reason.to_string(), "environment `prod`");
}

// Point 4: copies.

fn copies_of(files: &[File]) -> Vec<Option<usize>> {
    stacks_of(files, &[])[0].copy_of.clone()
}

#[test]
fn the_same_member_with_the_same_text_is_a_copy() {
    let node = |path| file("elasticsearch", path).cluster("logs").member("es1").text("same");
    assert_eq!(copies_of(&[node("a/es.yml"), node("b/es.yml"), node("c/es.yml")]), [None, Some(0), Some(0)]);
}

#[test]
fn another_text_another_member_or_no_identity_is_no_copy() {
    let node = |path| file("elasticsearch", path).cluster("logs").member("es1").text("same");
    assert_eq!(copies_of(&[node("a/es.yml"), node("b/es.yml").text("other")]), [None, None]);
    assert_eq!(copies_of(&[node("a/es.yml"), node("b/es.yml").member("es2")]), [None, None]);
    assert_eq!(copies_of(&[node("a/es.yml"), node("b/es.yml").cluster("search")]), [None, None]);
    assert_eq!(copies_of(&[file("redis", "a/r.conf").text("x"), file("redis", "b/r.conf").text("x")]), [None, None]);
    let nameless = |path| file("elasticsearch", path).cluster("logs").text("same");
    assert_eq!(copies_of(&[nameless("a/es.yml"), nameless("b/es.yml")]), [None, None]);
}

#[test]
fn files_of_different_machines_are_no_copies() {
    let node = |path| file("elasticsearch", path).cluster("logs").member("es1").text("same");
    let deployed = [node("10.0.1.10/es.yml"), node("10.0.1.11/es.yml"), node("10.0.1.11/second.yml")];
    assert_eq!(copies_of(&deployed), [None, None, Some(1)]);
}

// Point 5: machines.

#[test]
fn confvet_toml_places_a_file_before_all_else() {
    let mut stack = declaration("db", &["**"]);
    stack.hosts = vec![host("pg1", &["10.0.1.10"]), host("pg2", &["10.0.1.11"])];
    stack.file_hosts = vec![("pg1/patroni.yml".to_owned(), "pg2".to_owned()), ("x.cfg".to_owned(), "lb".to_owned())];
    let files = [file("patroni", "pg1/patroni.yml").at("10.0.1.10"), file("haproxy", "x.cfg")];
    assert_eq!(machines(&files, &[stack]), [on("pg2", PlacedBy::Declaration), on("lb", PlacedBy::Declaration)]);
}

#[test]
fn a_directory_named_like_a_machine_places_before_the_address() {
    let mut stack = declaration("db", &["**"]);
    stack.hosts = vec![host("pg1", &["10.0.1.10", "db.internal"]), host("pg2", &["10.0.1.11"])];
    let files = [
        file("patroni", "pg1/patroni.yml").member("pg1").at("10.0.1.11"),
        file("haproxy", "pg2/etc/haproxy/haproxy.cfg"),
        file("redis", "db/redis.conf"),
    ];
    let expected = [on("pg1", PlacedBy::Directory), on("pg2", PlacedBy::Directory), on("pg1", PlacedBy::Directory)];
    assert_eq!(machines(&files, &[stack]), expected);
}

#[test]
fn a_directory_named_by_an_address_is_a_machine() {
    let files = [file("redis", "hosts/10.0.1.10/etc/redis.conf"), file("nginx", "hosts/10.0.1.11/etc/nginx.conf")];
    let expected = [on("10.0.1.10", PlacedBy::Directory), on("10.0.1.11", PlacedBy::Directory)];
    assert_eq!(machines(&files, &[]), expected);
    assert_eq!(machines(&[file("redis", "0.0.0.0/r.conf"), file("redis", "127.0.0.1/r.conf")], &[]), [None, None]);
}

#[test]
fn a_member_name_beside_an_address_names_the_machine() {
    let files = [
        file("patroni", "all/x.yml").cluster("orders").member("pg1").at("10.0.1.10"),
        file("redis", "pg1/redis.conf"),
        file("redis", "other/redis.conf").at("10.0.1.10"),
    ];
    let expected = [on("pg1", PlacedBy::OwnAddress), on("pg1", PlacedBy::Directory), on("pg1", PlacedBy::OwnAddress)];
    assert_eq!(machines(&files, &[]), expected);
}

#[test]
fn a_file_named_like_a_machine_is_on_it() {
    let mut stack = declaration("db", &["**"]);
    stack.hosts = vec![host("node1", &[]), host("pg-a", &[]), host("1", &[])];
    for (path, machine) in [
        ("patroni-node1.yml", Some("node1")),
        ("node1.yml", Some("node1")),
        ("node1-patroni.yml", Some("node1")),
        ("patroni_pg-a.yml", Some("pg-a")),
        ("patroni.node1.yml", Some("node1")),
        ("patroni-10.0.1.10.yml", Some("10.0.1.10")),
        ("patroni-1.yml", None),
        ("node1-extra.yml", None),
        ("patroni-node11.yml", None),
    ] {
        let expected = machine.and_then(|machine| on(machine, PlacedBy::FileName));
        assert_eq!(machines(&[file("patroni", path)], &[stack.clone()]), [expected], "{path}");
    }
}

#[test]
fn the_stated_address_places_where_no_name_does() {
    let files = [
        file("redis", "a/redis.conf").at("127.0.0.1").at("10.0.1.10"),
        file("redis", "b/redis.conf").at("0.0.0.0").at("::1"),
        file("elasticsearch", "c/elasticsearch.yml").member("es1"),
        file("elasticsearch", "d/elasticsearch.yml").member("${HOSTNAME}"),
    ];
    let expected = [on("10.0.1.10", PlacedBy::OwnAddress), None, on("es1", PlacedBy::OwnAddress), None];
    assert_eq!(machines(&files, &[]), expected);
}

#[test]
fn a_neighbour_in_a_leaf_directory_is_on_the_same_machine() {
    let files = [file("patroni", "a/patroni.yml").at("10.0.1.10"), file("haproxy", "a/haproxy.cfg")];
    assert_eq!(machines(&files, &[]), [on("10.0.1.10", PlacedBy::OwnAddress), on("10.0.1.10", PlacedBy::Neighbour)]);
}

#[test]
fn no_neighbour_is_placed_when_the_directory_may_hold_several_machines() {
    let patroni = file("patroni", "a/patroni.yml").at("10.0.1.10");
    let haproxy = file("haproxy", "a/haproxy.cfg");
    let placed = |files: &[File]| machines(files, &[])[1].is_some();
    assert!(!placed(&[patroni.clone(), haproxy.clone(), file("haproxy", "a/second.cfg")]), "two of one system");
    assert!(!placed(&[patroni.clone(), haproxy.clone(), file("redis", "a/b/redis.conf")]), "not a leaf");
    assert!(!placed(&[patroni.clone(), haproxy.clone(), file("redis", "a/redis.conf").at("10.0.1.11")]), "two hosts");
    let by_name = file("patroni", "a/patroni-10.0.1.10.yml");
    assert!(!placed(&[by_name, haproxy]), "files carry the names of machines");
}

#[test]
fn a_file_without_a_sign_is_unplaced() {
    let files = [file("haproxy", "lb/haproxy.cfg"), file("redis", "node1/redis.conf")];
    assert_eq!(machines(&files, &[]), [None, None]);
}

// Section 2, point 1: the table of machines.

fn hosts(files: &[File], declared: &[StackDecl]) -> Hosts {
    stacks_of(files, declared)[0].hosts.clone()
}

fn same(hosts: &Hosts, a: &str, b: &str) -> bool {
    hosts.same(&Address::parse(a), &Address::parse(b))
}

#[test]
fn a_name_and_an_address_match_through_one_file_that_states_both() {
    let hosts = hosts(&[file("patroni", "a.yml").member("pg1").at("10.0.1.10").at("pg1.internal")], &[]);
    assert!(same(&hosts, "pg1", "10.0.1.10"));
    assert!(same(&hosts, "PG1.internal.", "::ffff:10.0.1.10"));
    assert!(!same(&hosts, "pg2", "10.0.1.10"));
}

#[test]
fn a_short_and_a_long_name_match_when_no_other_machine_has_the_label() {
    let one = file("patroni", "a.yml").member("pg1").at("10.0.1.10");
    let long = file("redis", "b.conf").at("pg1.internal");
    let other = file("redis", "c.conf").at("pg1.elsewhere");
    let unique = hosts(&[one.clone(), long.clone()], &[]);
    assert!(same(&unique, "pg1.internal", "10.0.1.10"));
    assert_eq!(unique.iter().count(), 1);
    let ambiguous = hosts(&[one, long, other], &[]);
    assert!(!same(&ambiguous, "pg1.internal", "10.0.1.10"));
    assert!(!same(&ambiguous, "pg1", "pg1.internal"));
}

#[test]
fn a_name_that_two_members_bear_names_no_machine() {
    let hosts = hosts(
        &[
            file("patroni", "a.yml").cluster("x").member("pg1").at("10.0.1.10"),
            file("patroni", "b.yml").cluster("x").member("pg1").at("10.0.1.11"),
        ],
        &[],
    );
    assert!(!same(&hosts, "pg1", "10.0.1.10") && !same(&hosts, "pg1", "10.0.1.11"));
    assert!(!same(&hosts, "10.0.1.10", "10.0.1.11"));
    let without_addresses = |path| file("elasticsearch", path).member("es1");
    assert_eq!(machines(&[without_addresses("a/e.yml"), without_addresses("b/e.yml")], &[]), [None, None]);
}

#[test]
fn an_address_copied_into_the_next_member_does_not_make_them_one_machine() {
    let hosts = hosts(
        &[
            file("patroni", "a.yml").cluster("x").member("pg1").at("10.0.1.10"),
            file("patroni", "b.yml").cluster("x").member("pg2").at("10.0.1.10"),
        ],
        &[],
    );
    assert!(!same(&hosts, "pg1", "pg2"));
}

#[test]
fn two_clusters_may_share_machines() {
    let hosts = hosts(
        &[
            file("patroni", "a.yml").cluster("x").member("x1").at("10.0.1.10"),
            file("patroni", "b.yml").cluster("y").member("y1").at("10.0.1.10"),
        ],
        &[],
    );
    assert!(same(&hosts, "x1", "y1"));
}

#[test]
fn a_floating_address_does_not_make_two_machines_one() {
    let files = [
        file("haproxy", "a/haproxy.cfg").at("10.0.1.5").at("10.0.1.6"),
        file("haproxy", "b/haproxy.cfg").at("10.0.1.5").at("10.0.1.7"),
    ];
    assert_eq!(machines(&files, &[]), [on("10.0.1.6", PlacedBy::OwnAddress), on("10.0.1.7", PlacedBy::OwnAddress)]);
    assert!(!same(&hosts(&files, &[]), "10.0.1.6", "10.0.1.7"));
}

#[test]
fn declared_machines_are_never_joined_by_what_files_say() {
    let mut stack = declaration("db", &["**"]);
    stack.hosts = vec![host("pg1", &["10.0.1.10"]), host("pg2", &["10.0.1.11"])];
    let files = [file("patroni", "x.yml").member("pg1").at("10.0.1.11"), file("redis", "y.conf").at("pg1.internal")];
    let hosts = hosts(&files, &[stack]);
    assert!(!same(&hosts, "pg1", "pg2") && !same(&hosts, "10.0.1.10", "10.0.1.11"));
    assert!(same(&hosts, "pg1.internal", "10.0.1.10"));
    let names: Vec<&str> = hosts.iter().map(|(_, host)| host.name.as_str()).collect();
    assert_eq!(names, ["pg1", "pg2"]);
}

#[test]
fn the_outcome_does_not_depend_on_the_order_of_the_units() {
    let files = [
        file("patroni", "b/patroni.yml").cluster("x").member("pg2").at("10.0.1.11"),
        file("patroni", "a/patroni.yml").cluster("x").member("pg1").at("10.0.1.10"),
        file("redis", "prod/redis.conf"),
        file("redis", "test/redis.conf").at("pg2.internal"),
    ];
    let mut reversed = files.to_vec();
    reversed.reverse();
    let summary = |files: &[File]| {
        let stacks = stacks_of(files, &[]);
        let line = |stack: &Stack| {
            let paths: Vec<&str> = stack.units.iter().map(|&unit| files[unit].path).collect();
            format!("{} {paths:?} {:?} {:?}", stack.name, stack.host_of, stack.hosts)
        };
        stacks.iter().map(line).collect::<Vec<_>>()
    };
    assert_eq!(summary(&files), summary(&reversed));
}

#[test]
fn thousands_of_machines_are_grouped_in_no_time() {
    let files: Vec<File> = (0..20_000_u32)
        .map(|i| {
            let path: &'static str = Box::leak(format!("rack{}/node{i}/redis.conf", i / 40).into_boxed_str());
            let [_, b, c, d] = i.to_be_bytes();
            file("redis", path).cluster("x").member(&format!("node{i}.dc")).at(&format!("10.{b}.{c}.{d}"))
        })
        .collect();
    let start = std::time::Instant::now();
    assert_eq!(stacks_of(&files, &[])[0].hosts.iter().count(), files.len());
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}
