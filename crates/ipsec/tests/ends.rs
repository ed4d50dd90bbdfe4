//! Hundreds of tunnels whose two ends fit: each pair is found, and no rule about both ends has anything to say. Then the
//! same with one fault each: exactly the rule for that fault speaks.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use confvet_core::{
    Context, Facts, FileId, Findings, Hosts, Identity, Input, Member, Set, Source, Sources, System, Target,
};
use confvet_ipsec::model::pairing::{pair_up, pairs};
use confvet_ipsec::{CollisionKind, Ipsec, IpsecModel};
use std::fmt::Write;
use std::sync::Arc;

const KEY: &str = "Yx4Tn7Qe2Lp9Vb6Hm3Rk8Wc5Zd1Fs0Ga";

/// What is found where.
struct Run {
    /// Conns that were paired, of how many.
    paired: usize,
    /// Findings of the rules that see both ends.
    found: Vec<(&'static str, String)>,
    sources: Sources,
}

fn run(files: &[(String, String)], target: &Target) -> Run {
    let sources: Sources = files.iter().map(|(path, text)| Source::new(path, text)).collect();
    let (target, facts) = (Arc::new(target.clone()), Arc::new(Facts::new()));
    let mut members: Vec<Member<IpsecModel>> = Vec::new();
    for (file, source) in sources.iter() {
        let Some(detection) = Ipsec::detect(source.path(), source.text()) else { continue };
        let (kind, facts) = (detection.kind, facts.clone());
        let parsed = Ipsec::parse(&Input { sources: &sources, file, kind, target: &target, facts: &facts });
        let target = target.clone();
        members.push(Member { parsed, identity: Identity::default(), file, kind, host: None, target, facts });
    }
    members.sort_by_key(|member| sources.get(member.file).path());
    let set = Set::new(".", true, members, Arc::new(Hosts::default()));
    let context = Context { sources: &sources, target: &target, facts: &facts };
    let mut found = Vec::new();
    for rule in Ipsec::set_rules() {
        let mut findings = Findings::new(confvet_rules::find(rule.name).unwrap());
        (rule.check)(&set, &context, &mut findings);
        let said = findings.into_diagnostics().into_iter().map(|found| (found.rule, found.message));
        found.extend(said.filter(|(rule, _)| rule.contains("mirror-") || rule.contains("nobody-")));
    }
    Run { paired: pairs(&set).len(), found, sources }
}

fn strongswan() -> Target {
    let mut target = Target::new();
    target.set("strongswan", "5.9.8", &["strongswan", "libreswan"]).unwrap();
    target
}

/// How an end is written. All say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// The own address left.
    Left,
    /// The same file on both ends, left and right as on the other.
    SameText,
    /// A private own address behind NAT, the public one as identity.
    BehindNat,
    /// The address found at run time, the public one as identity.
    DefaultRoute,
    /// With `also` and `%default`.
    Inherited,
    /// As swanctl.conf.
    Swanctl,
}

const STYLES: [Style; 6] =
    [Style::Left, Style::SameText, Style::BehindNat, Style::DefaultRoute, Style::Inherited, Style::Swanctl];

/// A tunnel: addresses, networks, when it starts, and its number.
struct Tunnel {
    number: usize,
    networks: [&'static str; 2],
    proposals: [&'static str; 2],
    version: &'static str,
}

impl Tunnel {
    /// The tunnel number `number`: what does not matter for a fault varies.
    fn new(number: usize) -> Self {
        let networks = [
            ["10.1.0.0/16", "10.2.0.0/16"],
            ["10.1.0.0/16,10.5.0.0/24", "10.2.0.0/16"],
            ["10.1.0.0/24[tcp/80-90]", "10.2.0.0/24"],
            ["fd00:1::/64", "fd00:2::/64"],
            ["10.1.7.0/16", "10.2.0.0/16,10.3.0.0/16"],
        ];
        let proposals = [
            ["aes256-sha256-modp2048", "aes256-sha256-modp2048"],
            ["aes256gcm16-prfsha384-ecp384", "aes256gcm16-ecp384"],
            ["aes128-sha1-modp1536,aes256-sha2_256-modp2048", "aes256-sha256"],
        ];
        let version = ["ikev2", "ikev1", ""][number % 3];
        // IKEv1 has one network a side.
        let networks = if version == "ikev1" { networks[0] } else { networks[number / 3 % networks.len()] };
        Self { number, networks, proposals: proposals[number / 2 % proposals.len()], version }
    }

    /// The address of an end: 0 the first, 1 the second.
    fn address(&self, end: usize) -> String {
        format!("{}.{}.{}.{}", [198, 203][end], self.number / 250 + 20, self.number % 250, end + 1)
    }

    /// The directory and file of an end, and its text.
    fn file(&self, end: usize, style: Style) -> (String, String) {
        let name = if style == Style::Swanctl { "swanctl.conf" } else { "ipsec.conf" };
        (format!("{}/{name}", ["a", "b"][end]), self.text(end, style))
    }

    fn text(&self, end: usize, style: Style) -> String {
        let (me, peer) = (self.address(end), self.address(1 - end));
        let (mine, theirs) = (self.networks[end], self.networks[1 - end]);
        let auto = ["start", "add"][end];
        let [ike, esp] = self.proposals;
        if style == Style::Swanctl {
            let version = ["2", "1", "0"][self.number % 3];
            let start = ["trap", "none"][end];
            return format!(
                "connections {{\n\ttunnel {{\n\t\tversion = {version}\n\t\tlocal_addrs = {me}\n\t\tremote_addrs = {peer}\n\
                 \t\tproposals = {ike}\n\t\tlocal {{\n\t\t\tauth = psk\n\t\t}}\n\t\tremote {{\n\t\t\tauth = psk\n\t\t}}\n\
                 \t\tchildren {{\n\t\t\tnet {{\n\t\t\t\tlocal_ts = {mine}\n\t\t\t\tremote_ts = {theirs}\n\
                 \t\t\t\tesp_proposals = {esp}\n\t\t\t\tstart_action = {start}\n\t\t\t}}\n\t\t}}\n\t}}\n}}\n\
                 secrets {{\n\tike-1 {{\n\t\tsecret = {KEY}\n\t}}\n}}\n"
            );
        }
        let mut text = String::new();
        let version = if self.version.is_empty() { String::new() } else { format!("\tkeyexchange={}\n", self.version) };
        let shared = format!("{version}\tike={ike}!\n\tesp={esp}!\n\tauthby=secret\n");
        let ends = match style {
            Style::SameText => {
                let (a, b) = (self.address(0), self.address(1));
                let [left, right] = self.networks;
                format!("\tleft={a}\n\tleftsubnet={left}\n\tright={b}\n\trightsubnet={right}\n")
            }
            Style::BehindNat => {
                format!(
                    "\tleft=10.{}.0.4\n\tleftid={me}\n\tleftsubnet={mine}\n\tright={peer}\n\trightsubnet={theirs}\n",
                    end + 1
                )
            }
            Style::DefaultRoute => {
                format!(
                    "\tleft=%defaultroute\n\tleftid={me}\n\tleftsubnet={mine}\n\tright={peer}\n\trightsubnet={theirs}\n"
                )
            }
            _ => format!("\tleft={me}\n\tleftsubnet={mine}\n\tright={peer}\n\trightsubnet={theirs}\n"),
        };
        if style == Style::Inherited {
            let _ =
                write!(text, "conn %default\n{shared}\nconn tunnel\n\talso=ends\n\tauto={auto}\n\nconn ends\n{ends}");
        } else {
            let _ = write!(text, "conn tunnel\n{ends}{shared}\tauto={auto}\n");
        }
        text
    }

    fn secrets(end: usize, style: Style) -> Option<(String, String)> {
        let text = format!(": PSK \"{KEY}\"\n");
        (style != Style::Swanctl).then(|| (format!("{}/ipsec.secrets", ["a", "b"][end]), text))
    }

    fn files(&self, styles: [Style; 2]) -> Vec<(String, String)> {
        let files = (0..2).flat_map(|end| [Some(self.file(end, styles[end])), Self::secrets(end, styles[end])]);
        files.flatten().collect()
    }
}

#[test]
fn hundreds_of_tunnels_pair_and_stay_quiet() {
    let (mut pairs, mut all) = (0, 0);
    for number in 0..600 {
        let tunnel = Tunnel::new(number);
        let mut styles = [STYLES[number % 6], STYLES[number / 6 % 6]];
        // The same text on both ends means that both name themselves left.
        if styles.contains(&Style::SameText) {
            styles = [Style::SameText; 2];
        }
        let run = run(&tunnel.files(styles), &strongswan());
        assert_eq!(run.paired, 1, "{number} {styles:?}");
        assert_eq!(run.found, [], "{number} {styles:?}\n{}", run.sources.get(FileId(0)).text());
        pairs += run.paired;
        all += 1;
    }
    println!("{pairs} of {all} two-ended set-ups pair and stay quiet");
}

#[test]
fn many_tunnels_between_many_gateways_pair_each_with_its_own() {
    // One hub, its branches.
    let mut hub = String::new();
    let mut files = Vec::new();
    for number in 0..300 {
        let tunnel = Tunnel { version: "ikev2", ..Tunnel::new(number) };
        let text = tunnel.text(0, Style::Left).replace("conn tunnel", &format!("conn branch-{number}"));
        hub += &text.replace(&tunnel.address(0), "198.20.0.1");
        let branch = tunnel.text(1, Style::Left).replace(&tunnel.address(0), "198.20.0.1");
        files.push((format!("branch-{number}/ipsec.conf"), branch));
    }
    files.push(("hub/ipsec.conf".to_owned(), hub));
    let run = run(&files, &strongswan());
    assert_eq!((run.paired, run.found), (300, Vec::new()));
}

#[test]
fn one_fault_is_one_finding_of_its_rule() {
    let faults: &[(&str, &str, &str)] = &[
        ("rightsubnet=10.1.0.0/16", "rightsubnet=10.9.0.0/16", "ipsec/mirror-selectors"),
        ("rightsubnet=10.1.0.0/16", "rightsubnet=10.1.0.0/17", "ipsec/mirror-selectors"),
        ("auto=add", "auto=add\n\ttype=transport", "ipsec/mirror-selectors"),
        ("ike=aes256-sha256-modp2048!", "ike=aes128-sha256-modp2048!", "ipsec/mirror-proposals"),
        ("esp=aes256-sha256-modp2048!", "esp=aes256-sha256-modp3072!", "ipsec/mirror-proposals"),
        ("esp=aes256-sha256-modp2048!", "esp=aes256-sha256!", "ipsec/mirror-proposals"),
        ("keyexchange=ikev2", "keyexchange=ikev1", "ipsec/mirror-ike-version"),
        ("authby=secret", "authby=pubkey", "ipsec/mirror-auth"),
        ("authby=secret", "authby=secret\n\trightid=@elsewhere", "ipsec/mirror-auth"),
        ("auto=add", "auto=start", "ipsec/nobody-initiates"),
    ];
    for (good, bad, rule) in faults {
        let tunnel = Tunnel { version: "ikev2", ..Tunnel::new(0) };
        let mut files = tunnel.files([Style::Left, Style::Left]);
        let file = files.iter_mut().find(|(path, _)| path == "b/ipsec.conf").unwrap();
        assert!(file.1.contains(good), "{good}: {}", file.1);
        file.1 = file.1.replace(good, bad);
        let run = run(&files, &strongswan());
        let rules: Vec<&str> = run.found.iter().map(|(rule, _)| *rule).collect();
        assert_eq!(rules, [*rule], "{bad}: {:?}", run.found);
    }
}

#[test]
fn another_key_on_one_end_is_found_and_never_printed() {
    let tunnel = Tunnel { version: "ikev2", ..Tunnel::new(0) };
    let mut files = tunnel.files([Style::Left, Style::Swanctl]);
    let other = "Zk9SeCrEt7QxZk9SeCrEt7QxZk9SeCrEt";
    files[1].1 = files[1].1.replace(KEY, other);
    let run = run(&files, &strongswan());
    let [(rule, message)] = run.found.as_slice() else { panic!("one finding, not {:?}", run.found) };
    assert_eq!(*rule, "ipsec/mirror-auth");
    assert!(!message.contains(other) && !message.contains(KEY));
}

#[test]
fn what_both_ends_have_behind_them_collides() {
    let text = |left: &str, right: &str, subnets: [&str; 2]| {
        format!(
            "conn x\n\tleft={left}\n\tleftsubnet={}\n\tright={right}\n\trightsubnet={}\n\tauto=start\n",
            subnets[0], subnets[1]
        )
    };
    let a = confvet_ipsec::parse(&text("198.51.100.10", "203.0.113.20", ["10.0.0.0/16", "10.7.0.0/16"])).model;
    let b = confvet_ipsec::parse(&text("203.0.113.20", "198.51.100.10", ["10.0.0.0/8", "10.0.0.0/16"])).model;
    let pairs = pair_up(&[(&a, FileId(0)), (&b, FileId(1))]);
    let collisions = pairs[0].collisions();
    let [collision] = collisions.as_slice() else { panic!("one collision, not {collisions:?}") };
    assert!(matches!(collision.kind, CollisionKind::OtherEnd { .. }));
    assert_eq!((collision.relation.verb(), collision.addresses), ("contains", 65_536));
}
