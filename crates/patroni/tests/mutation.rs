//! Whatever is done to a file: no panic, every span inside the file and between characters, every fix applicable.

use confvet_core::{
    Category, Context, Facts, FileId, Findings, Input, RuleInfo, Safety, Severity, Source, Sources, System, Target,
    apply,
};
use confvet_patroni::Patroni;

static INFO: RuleInfo = RuleInfo {
    name: "patroni/any",
    title: "any",
    severity: Severity::Error,
    category: Category::Outage,
    fix: Some(Safety::Unsafe),
    applies: None,
    needs: &[],
    supersedes: &[],
};

const LOCAL: &str = r#"scope: "main"
name: pg-1
restapi: {listen: "0.0.0.0:8008", connect_address: 10.0.0.1:8008, allowlist: 10.0.0.0/8}
etcd3: {hosts: "10.0.0.5:2379,http://10.0.0.6:2379"}
bootstrap:
  dcs:
    ttl: 30s
    synchronous_mode: qourum
    slots: {cdc: {type: logical, database: äöü}}
    postgresql:
    use_pg_rewind: true
      parameters:
        max_connections: 20
  initdb: [encoding: UTF8, data-checksums]
postgresql:
  listen: *:5432
  data_dir: /var/lib/postgresql/15/main
  parameters: {shared_buffers: 8gb, fsync: "off", max_connections: 300}
  pg_hba:
  - local all all peer
  - host all all {{ ip }}/0 md5
  - "host replication rep [::1]/128 scram"
  - host a,b all 10/8 255.0.0.0 md5 map=x \
  authentication: {replication: {username: rep, password: 0123}}
tags: {nofailover: "false", failover_priority: 1}
watchdog: {mode: on, safety_margin: 25}
"#;

const DYNAMIC: &str =
    "ttl: 30\nloop_wait: 10\npause: on\npostgresql: {pg_hba: [local all all md5], parameters: {wal_level: x}}\n";

const HBA: &str =
    "# TYPE\nlocal all all peer\nhost \"a b\" +grp 010.1/16 md5 \\\n  clientcert=1\nHOST all all é/32 x=\"y\n";

/// xorshift: the same edits in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let limit = u64::try_from(limit.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.0 % limit).unwrap_or(0)
    }
}

const PIECES: &[&str] = &[
    "\n",
    "  ",
    ": ",
    "- ",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "'",
    "#",
    "*",
    "&a ",
    "<<: ",
    "|\n",
    "/",
    "/0",
    ",",
    "\\\n",
    "{{",
    "}}",
    "ä",
    "\u{feff}",
    "\t",
    "0x",
    "-1",
    "99999999999999999999",
    "~",
    "trust",
    "postgresql:",
    "\r\n",
    "__A__",
    "%",
];

fn mutate(text: &str, random: &mut Random) -> String {
    let mut text = text.to_owned();
    for _ in 0..=random.below(4) {
        let start = text.floor_char_boundary(random.below(text.len() + 1));
        let end = text.ceil_char_boundary((start + random.below(12)).min(text.len()));
        let piece = match random.below(3) {
            0 => "",
            _ => PIECES[random.below(PIECES.len())],
        };
        text.replace_range(start..end, piece);
    }
    text
}

fn lint(path: &str, kind: &'static str, text: &str, major: Option<&str>) {
    let sources: Sources = [Source::new(path, text)].into_iter().collect();
    let mut target = Target::new();
    if let Some(major) = major {
        target.set("postgresql", major, &["postgresql"]).expect("a version");
    }
    let mut facts = Facts::new();
    facts.set_text("memory", "8GiB").expect("a size");
    let input = Input { sources: &sources, file: FileId(0), kind, target: &target, facts: &facts };
    let parsed = Patroni::parse(&input);
    let context = Context { sources: &sources, target: &target, facts: &facts };
    for span in parsed.secrets {
        assert!(text.get(span.range()).is_some(), "secret {span:?} in {text:?}");
    }
    for rule in Patroni::rules() {
        let mut findings = Findings::new(&INFO);
        (rule.check)(&parsed.model, &context, &mut findings);
        for found in findings.into_diagnostics() {
            for span in found.spans() {
                assert!(text.get(span.range()).is_some(), "{} {span:?} in {text:?}", rule.name);
            }
            for fix in &found.fixes {
                assert!(apply(text, &fix.edits).is_ok(), "{} {:?} in {text:?}", rule.name, fix.edits);
            }
        }
    }
    Patroni::identity(&parsed.model);
    Patroni::detect(path, text);
}

#[test]
fn no_edit_breaks_the_rules() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for round in 0..2_000 {
        let major = [None, Some("13"), Some("16"), Some("18")][round % 4];
        lint("patroni.yml", "patroni-yml", &mutate(LOCAL, &mut random), major);
        lint("dcs.yml", "patroni-dynamic", &mutate(DYNAMIC, &mut random), major);
        lint("pg_hba.conf", "pg-hba", &mutate(HBA, &mut random), major);
    }
}
