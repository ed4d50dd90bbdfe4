//! Whatever is damaged, no secret gets out: not in messages, fixes or models, and its bytes are masked.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use confvet_core::{
    Context, Diagnostic, Facts, FileId, Findings, Hosts, Identity, Input, Member, Set, Source, Sources, Span, System,
    Target,
};
use confvet_ipsec::{Ipsec, IpsecModel};
use confvet_testkit::{Random, damage};
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
    let set = Set::new(".", false, members, Arc::new(Hosts::default()));
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
    seeds.into_iter().map(|(path, text)| (path, damage(text, &[OTHER, CONF], random))).collect()
}

#[test]
fn no_secret_gets_out() {
    let mut random = Random::new("secrets");
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
