//! Pools that look like PostgreSQL and give no evidence of Patroni: the rules that know Patroni stay quiet.

#![allow(clippy::unwrap_used, reason = "a test")]

use confvet_core::{
    Category, Context, Facts, FileId, Findings, Input, RuleInfo, Severity, Source, Sources, System, Target,
};
use confvet_haproxy::HaproxySystem;

static INFO: RuleInfo = RuleInfo {
    name: "",
    title: "",
    severity: Severity::Error,
    category: Category::Outage,
    fix: None,
    applies: None,
    needs: &[],
    supersedes: &[],
};

const HEAD: &str = "global\n    log stdout format raw local0\ndefaults\n    mode tcp\n    log global\n    timeout connect \
                    4s\n    timeout client 30m\n    timeout server 30m\n    timeout check 5s\n";

/// The rules about Patroni that speak.
fn speaking(text: &str) -> Vec<&'static str> {
    let text = format!("{HEAD}{text}");
    let sources: Sources = [Source::new("haproxy.cfg", text)].into_iter().collect();
    let (target, facts) = (Target::new(), Facts::new());
    let input = Input { sources: &sources, file: FileId(0), kind: "haproxy", target: &target, facts: &facts };
    let parsed = HaproxySystem::parse(&input);
    let context = Context { sources: &sources, target: &target, facts: &facts };
    let rules = HaproxySystem::rules().iter().filter(|rule| rule.name.starts_with("haproxy/patroni-"));
    rules
        .filter(|rule| {
            let mut findings = Findings::new(&INFO);
            (rule.check)(&parsed.model, &context, &mut findings);
            !findings.into_diagnostics().is_empty()
        })
        .map(|rule| rule.name)
        .collect()
}

/// A pool of two nodes.
fn pool(name: &str, port: u16, lines: &str, server: &str) -> String {
    format!(
        "listen {name}\n    bind :{port}\n{lines}    server n1 10.0.0.11:{server}\n    server n2 10.0.0.12:{server}\n"
    )
}

#[test]
fn the_same_pools_with_evidence_are_judged() {
    let bare = pool("pg-write", 5000, "    option httpchk OPTIONS /health\n", "5432 check port 8008");
    assert!(speaking(&bare).contains(&"haproxy/patroni-writer-endpoint"));
    let by_path = pool("pg-read", 5001, "    option httpchk GET /primary\n", "5432 check port 9000");
    assert!(speaking(&by_path).contains(&"haproxy/patroni-replica-endpoint"));
}

#[test]
fn pools_of_other_programs_are_left_alone() {
    for text in [
        // PgBouncer farms, Citus, CockroachDB: every node takes everything, and nothing names a role.
        pool("pgbouncer", 6432, "", "6432 check"),
        pool("citus", 5432, "    balance leastconn\n", "5432 check inter 30s"),
        pool("cockroach", 26257, "    option httpchk GET /health?ready=1\n", "26257 check port 8080"),
        // HTTP checks of an agent of one's own, at a port that is not Patroni's.
        pool("postgres", 5432, "    option httpchk GET /\n", "5432 check port 9200"),
        pool("postgres", 5432, "    option httpchk GET /health\n", "5432 check port 9200 backup"),
        // Not PostgreSQL at all.
        pool("web-primary", 8080, "    option httpchk GET /health\n", "8080 check port 8008"),
    ] {
        assert_eq!(speaking(&text), Vec::<&str>::new(), "{text}");
    }
}

#[test]
fn what_makes_a_role_check_unneeded_is_seen() {
    for (lines, server) in [
        ("    option external-check\n    external-check command /usr/local/bin/role\n", "5432 check port 8008"),
        ("    option tcp-check\n    tcp-check connect port 8008\n    tcp-check expect string primary\n", "5432 check"),
    ] {
        let text = pool("pg-primary", 5000, lines, server);
        assert!(!speaking(&text).contains(&"haproxy/patroni-no-role-check"), "{text}");
    }
}

#[test]
fn only_a_name_is_a_warning_and_no_more() {
    let text = pool("pg-primary", 5000, "", "5432 check");
    assert_eq!(speaking(&text), ["haproxy/patroni-no-role-check"]);
    assert_eq!(speaking(&pool("pg", 5000, "", "5432 check")), Vec::<&str>::new());
}
