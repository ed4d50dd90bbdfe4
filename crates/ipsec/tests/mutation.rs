//! Thousands of damaged files: nothing panics, every span fits its file, no secret gets out, and no safe fix makes a
//! file worse.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use confvet_core::{
    Category, Context, Diagnostic, Edit, Facts, FileId, Findings, Hosts, Identity, Input, Member, Safety, Set, Source,
    Sources, Span, System, Target, apply,
};
use confvet_ipsec::{Ipsec, IpsecModel};
use std::sync::Arc;

/// Part of every secret below.
const MARK: &str = "Zk9SeCrEt7Qx";

const CONF: &str = "version 2.0\nconfig setup\n\tuniqueids=no\n\nconn %default\n\tkeylife=20m\n\trekeymargin=3m\n\nconn base\n\
    \tleft=198.51.100.10\n\tleftsubnet=10.1.0.0/16,fd00::/64\n\tleftid=\"C=CH, O=Acme, CN=gw\"\n\nconn é-site\n\talso=base\n\
    \tright=203.0.113.20 # peer\n\trightsubnet=10.0.0.0/8[tcp/80-90]\n\tike=aes256-sha2_256-modp1024!\n\
    \tesp=aes256,aes_gcm256;dh14\n\tauthby=secret\n\tlifetime=1.5h\n\tauto=start\n\ninclude other.conf\nca x\n\tcacert=y\n";
const OTHER: &str = "conn two\n\tleft=%defaultroute\n\tright=%any\n\tleftsubnets={10.1.0.0/24 10.2.0.0/24}\n\tkeyexchange=ikev1\n\
    \taggressive=yes\n\tleftauth=psk\n\trightauth=PSK\n\ttype=transport\n\tauto=add\n";
const SECRETS: &str = "# keys\n198.51.100.10 203.0.113.20 : PSK \"Zk9SeCrEt7Qx-and-more\"\n@gw %any: PSK 0sWms5U2VDckV0N1F4\n\
    : RSA key.pem \"Zk9SeCrEt7Qx\"\nuser : EAP Zk9SeCrEt7Qx\ninclude more.secrets\n: PSK Zk9SeCrEt7Qx words behind\n";
const SWANCTL: &str = "connections {\n  site {\n    remote_addrs = 203.0.113.20\n    dpd_action = restart\n    proposals = aes256-sha256-modp2048!\n\
    \x20   local {\n      auth = psk\n      id = gw\n    }\n    remote {\n      auth = psk\n    }\n    children {\n      net {\n\
    \x20       local_ts = 10.1.0.0/16\n        remote_ts = 10.1.0.0/16, 10.9.0.0/255.255.0.0\n        life_time = 1h\n        rekey_time = 2h\n      }\n    }\n  }\n}\n\
    secrets {\n  ike-1 {\n    secret = \"Zk9SeCrEt7Qx and more\"\n  }\n  psk-2 {\n    secret = Zk9SeCrEt7Qx\n  }\n}\n";
const SYSCTL: &str = "#net.ipv4.ip_forward=1\nnet.ipv4.conf.all.rp_filter = 1\n";

/// A small generator of numbers, always the same ones (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }
}

fn boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn mutate(text: &str, random: &mut Random) -> String {
    const SCRAPS: &[&str] = &[
        "=",
        "\"",
        "{",
        "}",
        "#",
        "\t",
        " ",
        "\n",
        "\r\n",
        ",",
        "!",
        ";",
        "-",
        "/",
        "[",
        ":",
        "%any",
        "é",
        "\u{feff}",
        "also=base",
        "also=two",
        "include ipsec.conf",
        "conn ",
        "0x",
        "{{ x }}",
        "\0",
        "10.0.0.0/99",
        "::/0",
        "yes",
    ];
    let mut text = text.to_owned();
    for _ in 0..=random.below(4) {
        let at = boundary(&text, random.below(text.len() + 1));
        match random.below(4) {
            0 => text.insert_str(at, SCRAPS[random.below(SCRAPS.len())]),
            1 => {
                let end = boundary(&text, (at + random.below(12)).min(text.len()));
                text.replace_range(at.min(end)..end.max(at), "");
            }
            2 => {
                let end = boundary(&text, (at + random.below(40)).min(text.len()));
                let copy = text[at.min(end)..end.max(at)].to_owned();
                let to = boundary(&text, random.below(text.len() + 1));
                text.insert_str(to, &copy);
            }
            _ => {
                let end = boundary(&text, (at + 1).min(text.len()));
                text.replace_range(at.min(end)..end.max(at), SCRAPS[random.below(SCRAPS.len())]);
            }
        }
    }
    text
}

fn target(random: &mut Random) -> Target {
    let mut target = Target::new();
    let known = &["strongswan", "libreswan"];
    match random.below(5) {
        0 => target.set("strongswan", "5.9.8", known).unwrap(),
        1 => target.set("libreswan", "4.10", known).unwrap(),
        2 => target.set("libreswan", "5.4", known).unwrap(),
        3 => target.set("strongswan", "6.0", known).unwrap(),
        _ => {}
    }
    target
}

struct Run {
    sources: Sources,
    found: Vec<Diagnostic>,
    masked: Vec<Span>,
    models: Vec<String>,
}

fn run(files: &[(&str, String)], target: &Target) -> Run {
    let sources: Sources = files.iter().map(|(path, text)| Source::new(*path, text.as_str())).collect();
    let (target, facts) = (Arc::new(target.clone()), Arc::new(Facts::new()));
    let mut members: Vec<Member<IpsecModel>> = Vec::new();
    let mut run = Run { sources: Sources::default(), found: Vec::new(), masked: Vec::new(), models: Vec::new() };
    for (file, kind) in [(0, "ipsec.conf"), (3, "swanctl.conf"), (4, "sysctl.conf"), (2, "ipsec.secrets")] {
        let file = FileId(file);
        let parsed = Ipsec::parse(&Input { sources: &sources, file, kind, target: &target, facts: &facts });
        let context = Context { sources: &sources, target: &target, facts: &facts };
        for rule in Ipsec::rules() {
            let mut findings = Findings::new(confvet_rules::find(rule.name).unwrap());
            (rule.check)(&parsed.model, &context, &mut findings);
            run.found.extend(findings.into_diagnostics());
        }
        run.masked.extend(&parsed.secrets);
        run.models.push(serde_json::to_string(&parsed.model).unwrap());
        run.models.push(format!("{:?}", parsed.model));
        let _ = parsed.model.collisions();
        let (target, facts) = (target.clone(), facts.clone());
        members.push(Member { parsed, identity: Identity::default(), file, kind, host: None, target, facts });
    }
    let set = Set { stack: ".".to_owned(), complete: false, members, hosts: Arc::new(Hosts::default()) };
    let context = Context { sources: &sources, target: &target, facts: &facts };
    for rule in Ipsec::set_rules() {
        let mut findings = Findings::new(confvet_rules::find(rule.name).unwrap());
        (rule.check)(&set, &context, &mut findings);
        run.found.extend(findings.into_diagnostics());
    }
    run.sources = sources;
    run
}

fn files(random: &mut Random) -> Vec<(&'static str, String)> {
    let seeds = [
        ("ipsec.conf", CONF),
        ("other.conf", OTHER),
        ("ipsec.secrets", SECRETS),
        ("swanctl.conf", SWANCTL),
        ("sysctl.conf", SYSCTL),
    ];
    seeds.into_iter().map(|(path, text)| (path, mutate(text, random))).collect()
}

fn assert_spans_fit(run: &Run) {
    for span in run.found.iter().flat_map(Diagnostic::spans).chain(run.masked.iter().copied()) {
        let text = run.sources.get(span.file).text();
        assert!(text.get(span.range()).is_some(), "{span:?} does not fit");
    }
}

fn invalid(run: &Run) -> usize {
    run.found.iter().filter(|found| found.category == Category::Invalid).count()
}

#[test]
fn damaged_files_are_judged_without_harm() {
    let mut random = Random(0x5eed_1234_abcd_0001);
    for _ in 0..400 {
        let target = target(&mut random);
        let files = files(&mut random);
        let before = run(&files, &target);
        assert_spans_fit(&before);
        for found in &before.found {
            for fix in found.fixes.iter().filter(|fix| fix.safety == Safety::Safe) {
                let changed: Vec<(&str, String)> = (files.iter().enumerate())
                    .map(|(index, (path, text))| {
                        let here = |edit: &&Edit| edit.span.file == FileId(u32::try_from(index).unwrap());
                        let edits: Vec<Edit> = fix.edits.iter().filter(here).cloned().collect();
                        (*path, apply(text, &edits).unwrap())
                    })
                    .collect();
                let after = run(&changed, &target);
                assert_spans_fit(&after);
                let same = |other: &&Diagnostic| other.rule == found.rule && other.message == found.message;
                let (old, new) = (before.found.iter().filter(same).count(), after.found.iter().filter(same).count());
                assert!(new < old || changed != files, "{}: {} changes nothing", found.rule, fix.title);
            }
        }
    }
}

#[test]
fn safe_fixes_of_undamaged_files_never_add_what_the_program_refuses() {
    for (name, version) in [("strongswan", "5.9.8"), ("libreswan", "4.10"), ("libreswan", "5.4"), ("", "")] {
        let mut target = Target::new();
        if !name.is_empty() {
            target.set(name, version, &["strongswan", "libreswan"]).unwrap();
        }
        let files: Vec<(&str, String)> = vec![
            ("ipsec.conf", CONF.to_owned()),
            ("other.conf", OTHER.to_owned()),
            ("ipsec.secrets", SECRETS.to_owned()),
            ("swanctl.conf", SWANCTL.to_owned()),
            ("sysctl.conf", SYSCTL.to_owned()),
        ];
        let before = run(&files, &target);
        for found in &before.found {
            for fix in found.fixes.iter().filter(|fix| fix.safety == Safety::Safe) {
                let changed: Vec<(&str, String)> = (files.iter().enumerate())
                    .map(|(index, (path, text))| {
                        let here = |edit: &&Edit| edit.span.file == FileId(u32::try_from(index).unwrap());
                        (*path, apply(text, &fix.edits.iter().filter(here).cloned().collect::<Vec<_>>()).unwrap())
                    })
                    .collect();
                let after = run(&changed, &target);
                assert!(invalid(&after) <= invalid(&before), "{name} {version} {}: {}", found.rule, fix.title);
            }
        }
    }
}

#[test]
fn no_secret_gets_out() {
    let mut random = Random(0x5eed_1234_abcd_0002);
    for round in 0..900 {
        let target = target(&mut random);
        let mut all = files(&mut random);
        // Damage may carry a secret to where it is none; in swanctl.conf nothing then tells it from a network.
        all[3].1 = SWANCTL.to_owned();
        if round % 3 == 0 {
            all[2].1 = SECRETS.to_owned();
        }
        let run = run(&all, &target);
        let masked = |span: Span| run.masked.iter().any(|mask| mask.overlaps(span));
        for found in &run.found {
            let texts = [Some(&found.message), found.help.as_ref(), Some(&found.primary.message)];
            let labels = found.secondary.iter().map(|label| &label.message);
            let fixes = found
                .fixes
                .iter()
                .flat_map(|fix| std::iter::once(&fix.title).chain(fix.edits.iter().map(|edit| &edit.text)));
            for text in texts.into_iter().flatten().chain(labels).chain(fixes) {
                assert!(!text.contains(MARK), "{}: {text}", found.rule);
            }
        }
        if round % 3 == 0 {
            for model in &run.models {
                assert!(!model.contains(MARK), "a secret in the model");
            }
            for (index, text) in [(2, SECRETS), (3, SWANCTL)] {
                for (at, _) in text.match_indices(MARK) {
                    assert!(masked(Span::new(FileId(index), at..at + MARK.len())), "{index} {at} is not masked");
                }
            }
        }
    }
}
