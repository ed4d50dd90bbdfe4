//! Every trap of the languages, read by each program: what is refused, what is read otherwise than it looks, who wins.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use confvet_core::{Category, Context, Diagnostic, Facts, FileId, Findings, Input, Source, Sources, System, Target};
use confvet_ipsec::model::{Auto, IkeVersion};
use confvet_ipsec::selector::Selector;
use confvet_ipsec::{Connection, Ipsec, IpsecModel};

/// strongSwan, libreswan 4, libreswan 5.
const PROGRAMS: [(&str, &str); 3] = [("strongswan", "5.9.8"), ("libreswan", "4.10"), ("libreswan", "5.4")];
const STRONGSWAN: (&str, &str) = PROGRAMS[0];
const LIBRESWAN4: (&str, &str) = PROGRAMS[1];
const LIBRESWAN5: (&str, &str) = PROGRAMS[2];

fn target((program, version): (&str, &str)) -> Target {
    let mut target = Target::new();
    target.set(program, version, &["strongswan", "libreswan"]).unwrap();
    target
}

struct Run {
    model: IpsecModel,
    found: Vec<Diagnostic>,
}

fn run(files: &[(&str, &str)], target: &Target) -> Run {
    let sources: Sources = files.iter().map(|&(path, text)| Source::new(path, text)).collect();
    let facts = Facts::new();
    let kind = Ipsec::detect(files[0].0, files[0].1).map_or("ipsec.conf", |detection| detection.kind);
    let input = Input { sources: &sources, file: FileId(0), kind, target, facts: &facts };
    let model = Ipsec::parse(&input).model;
    let context = Context { sources: &sources, target, facts: &facts };
    let mut found = Vec::new();
    for rule in Ipsec::rules() {
        let mut findings = Findings::new(confvet_rules::find(rule.name).unwrap());
        (rule.check)(&model, &context, &mut findings);
        found.extend(findings.into_diagnostics());
    }
    Run { model, found }
}

fn conf(text: &str, program: (&str, &str)) -> Run {
    run(&[("ipsec.conf", text)], &target(program))
}

impl Run {
    /// Rules that say the program refuses something.
    fn refused_by(&self) -> Vec<&str> {
        let invalid = self.found.iter().filter(|found| found.category == Category::Invalid);
        invalid.map(|found| found.rule.trim_start_matches("ipsec/")).collect()
    }

    fn rules(&self) -> Vec<&str> {
        self.found.iter().map(|found| found.rule.trim_start_matches("ipsec/")).collect()
    }

    fn conn(&self, name: &str) -> &Connection {
        self.model.connections.iter().find(|connection| connection.name == name).unwrap()
    }

    fn remote_nets(&self, name: &str) -> Vec<String> {
        let nets = self.conn(name).remote.selectors().iter().filter_map(Selector::net);
        nets.map(|net| net.to_string()).collect()
    }
}

/// A conn that all three load, with one more line in it.
fn with(line: &str) -> String {
    format!("conn a\n\tleft=198.51.100.10\n\tright=203.0.113.20\n\t{line}\n\tauto=add\n")
}

#[test]
fn each_program_refuses_what_it_refuses() {
    // What strongSwan, libreswan 4 and libreswan 5 say of the same text: the rule, or nothing.
    let cases: &[(&str, [&str; 3])] = &[
        ("config setup\n\tuniqueids=no\n", ["", "", ""]),
        ("config  setup\n\tuniqueids=no\n", ["syntax", "", ""]),
        ("config\tsetup\n\tuniqueids=no\n", ["syntax", "", ""]),
        ("connection a\n\tauto=add\n", ["syntax", "syntax", "syntax"]),
        ("Conn a\n\tleft=198.51.100.10\n", ["syntax", "syntax", "syntax"]),
        ("conn a\nleft=198.51.100.10\n", ["indentation", "indentation", "indentation"]),
        ("conn a\n\tright=203.0.113.20\n conn b\n\tright=203.0.113.20\n", ["indentation"; 3]),
        ("\tleft=198.51.100.10\nconn a\n\tright=203.0.113.20\n", ["", "indentation", "indentation"]),
        ("conn x y\n\tright=203.0.113.20\n", ["syntax", "syntax", "syntax"]),
        ("conn \"x y\"\n\tright=203.0.113.20\n", ["", "syntax", "syntax"]),
        ("conn a\n\n# comment\n\n\tright=203.0.113.20\n", ["", "", ""]),
        ("; comment\nconn a\n\tright=203.0.113.20\n", ["syntax", "syntax", "syntax"]),
        ("[a]\nconn a\n\tright=203.0.113.20\n", ["syntax", "syntax", "syntax"]),
        ("\u{feff}conn a\n\tright=203.0.113.20\n", ["syntax", "syntax", "syntax"]),
        ("conn a\r\n\tright=203.0.113.20\r\n", ["syntax", "syntax", "syntax"]),
        ("version 2.0\nconn a\n\tright=203.0.113.20\n", ["", "", ""]),
        ("conn a\n\tright=203.0.113.20\nversion 2.0\n", ["", "syntax", "syntax"]),
        ("ca x\n\tcacert=y.pem\n", ["", "syntax", "syntax"]),
        ("conn a\n\tright=203.0.113.20\n\tinclude more.conf\n", ["", "syntax", "syntax"]),
        ("include {a,b}.conf\nconn a\n\tright=203.0.113.20\n", ["", "", "syntax"]),
        ("include missing.conf\nconn a\n\tright=203.0.113.20\n", ["", "", ""]),
        ("conn a\n\tright=203.0.113.20\n\talso=nowhere\n", ["broken-also", "", ""]),
        ("conn a\n\talso=b\nconn b\n\talso=a\n", ["broken-also", "", ""]),
        ("conn %default\n\talso=b\nconn b\n\tright=203.0.113.20\n", ["", "", "broken-also"]),
        ("conn b\n\talso=c\nconn c\n\tright=203.0.113.20\n", ["", "", ""]),
    ];
    for (text, expected) in cases {
        for (program, expected) in PROGRAMS.into_iter().zip(expected) {
            let run = conf(text, program);
            let refused = run.refused_by();
            // A conn that is not complete for libreswan is another matter.
            let refused: Vec<_> = refused.into_iter().filter(|rule| *rule != "peer-unset").collect();
            let first = refused.first().copied().unwrap_or_default();
            assert_eq!(first, *expected, "{program:?}: {text:?}: {refused:?}");
        }
    }
}

#[test]
fn each_program_refuses_the_values_it_refuses() {
    let cases: &[(&str, [&str; 3])] = &[
        // Keys: case, comments, strangers, missing parts.
        ("LEFTID=@a", ["", "", ""]),
        ("x-note=hello", ["", "", ""]),
        ("x_note=hello", ["", "", ""]),
        ("x-note", ["syntax", "syntax", ""]),
        ("nosuchkey=1", ["", "unknown-key", "unknown-key"]),
        ("uniqueids=yes", ["unknown-key", "unknown-key", "unknown-key"]),
        ("leftid", ["syntax", "syntax", "syntax"]),
        ("leftid: @a", ["syntax", "syntax", "syntax"]),
        ("leftid=", ["", "", "invalid-value"]),
        // Words.
        ("type=Tunnel", ["invalid-value", "", ""]),
        ("authby=Secret", ["invalid-value", "invalid-value", "invalid-value"]),
        ("authby=psk", ["", "invalid-value", "invalid-value"]),
        ("mobike=on", ["invalid-value", "", ""]),
        ("mobike=1", ["invalid-value", "invalid-value", ""]),
        ("mobike=YES", ["invalid-value", "invalid-value", ""]),
        ("keyexchange=ikev2", ["", "invalid-value", ""]),
        ("keyingtries=%forever", ["", "", ""]),
        ("rekeyfuzz=100", ["invalid-value", "invalid-value", "invalid-value"]),
        ("rekeyfuzz=10foo", ["invalid-value", "", "invalid-value"]),
        ("rekeyfuzz=100%", ["", "", ""]),
        // Durations.
        ("ikelifetime=1.5h", ["invalid-value", "", ""]),
        ("ikelifetime=1w", ["invalid-value", "", ""]),
        ("ikelifetime=90min", ["invalid-value", "", "invalid-value"]),
        ("ikelifetime=1H", ["invalid-value", "", "invalid-value"]),
        ("ikelifetime=60s", ["", "", ""]),
        // Words of a value, quotes, `=`.
        ("leftid=a b", ["", "syntax", "syntax"]),
        ("leftid=\"a b\"", ["", "", ""]),
        ("leftid=\"a\n b\"", ["", "syntax", "syntax"]),
        ("leftid='a'", ["", "", ""]),
        ("leftid='a b'", ["", "syntax", "syntax"]),
        ("leftid=C=CH, O=Acme, CN=gw", ["syntax", "syntax", "syntax"]),
        ("leftid=CN=gw", ["syntax", "", ""]),
        ("leftid=a#b", ["", "", ""]),
        ("leftid=@#0a0b", ["", "", ""]),
        // Networks.
        ("leftsubnet=10.1.0.0/16, 10.2.0.0/16", ["", "syntax", "syntax"]),
        ("leftsubnet=10.1.0.0/16,10.2.0.0/16", ["", "", ""]),
        ("leftsubnet=10.1.0.0/255.255.0.0", ["", "", "invalid-subnet"]),
        ("leftsubnet=10.1.0.0", ["", "", "invalid-subnet"]),
        ("leftsubnet=10.1.0.0/33", ["", "", "invalid-subnet"]),
        ("leftsubnet=fd00::/64", ["", "", "invalid-subnet"]),
        ("leftsubnet=fd00::/64\n\trightsubnet=fd01::/64", ["", "", ""]),
        ("leftsubnet=fd00::/64\n\trightsubnet=10.2.0.0/16", ["", "", "invalid-subnet"]),
        ("subnet=10.1.0.0/16", ["", "", "unknown-key"]),
        // Proposals.
        ("ike=aes256-sha2_256-modp2048", ["", "", ""]),
        ("ike=aes256-sha2_256-modp2048!", ["", "invalid-proposal", "invalid-proposal"]),
        ("ike=AES256-SHA2_256-MODP2048", ["invalid-proposal", "", ""]),
        ("ike=aes256-sha2_256-dh14", ["invalid-proposal", "", ""]),
        ("ike=aes256-sha2_256-modp1024", ["", "invalid-proposal", "invalid-proposal"]),
        ("ike=aes256", ["invalid-proposal", "", ""]),
        ("ike=aes256gcm16-prfsha256-ecp256", ["", "invalid-proposal", "invalid-proposal"]),
        ("ike=aes256-sha2_256;modp2048", ["invalid-proposal", "", ""]),
        ("ike=aes256-sha2_256-modp2048,", ["invalid-proposal", "invalid-proposal", "invalid-proposal"]),
        ("esp=aes256-sha1,aes128-sha1-modp2048", ["", "invalid-proposal", "invalid-proposal"]),
        // One key twice.
        ("leftid=@a\n\tleftid=@b", ["", "duplicate-key", ""]),
    ];
    for (line, expected) in cases {
        for (program, expected) in PROGRAMS.into_iter().zip(expected) {
            let run = conf(&with(line), program);
            let first = run.refused_by().first().copied().unwrap_or_default();
            assert_eq!(first, *expected, "{program:?}: {line:?}: {:?}", run.refused_by());
        }
    }
}

#[test]
fn what_is_read_without_a_word_is_told() {
    let cases: &[(&str, (&str, &str), &str)] = &[
        ("LEFTID=@a", STRONGSWAN, "unknown-key"),
        ("x-note=hello", STRONGSWAN, "unknown-key"),
        ("nosuchkey=1", STRONGSWAN, "unknown-key"),
        ("pfs=yes", STRONGSWAN, "deprecated"),
        ("ikelifetime=90min", LIBRESWAN4, "invalid-value"),
        ("leftsubnet=10.1.0.0/255.255.0.0", STRONGSWAN, "invalid-subnet"),
        ("leftsubnet=10.1.0.0", STRONGSWAN, "invalid-subnet"),
        ("leftsubnet=10.1.0.0/33", STRONGSWAN, "invalid-subnet"),
        ("leftsubnet=10.1.0.0/16;10.2.0.0/16", STRONGSWAN, "invalid-subnet"),
        ("leftsubnet=10.1.0.0/16,10.2.0.0/16", LIBRESWAN4, "invalid-subnet"),
        ("leftsubnet=10.1.0.0", LIBRESWAN4, "invalid-subnet"),
        ("leftsubnets={10.1.0.0/16 10.2.0.0/16}", LIBRESWAN4, "invalid-subnet"),
        ("leftsubnet=10.1.5.0/16", LIBRESWAN5, "subnet-host-bits"),
        ("esp=aes256", STRONGSWAN, "unauthenticated-esp"),
        ("rightauth=PSK", STRONGSWAN, "unknown-auth-method"),
    ];
    for (line, program, rule) in cases {
        let run = conf(&with(line), *program);
        assert!(run.rules().contains(rule), "{program:?}: {line:?}: {:?}", run.rules());
        assert_eq!(run.refused_by(), [""; 0], "{program:?}: {line:?}");
    }
}

#[test]
fn a_dialect_that_is_not_known_refuses_only_what_both_refuse() {
    for (line, rules) in [
        ("leftid=CN=gw", &[][..]),
        ("leftid=a b", &[]),
        ("leftid=C=CH, O=Acme", &["syntax"]),
        ("mobike=on", &[]),
        ("mobike=maybe", &["invalid-value"]),
        ("leftsubnet=10.1.0.0/255.255.0.0", &[]),
        ("ike=aes256-sha2_256-nosuch", &["invalid-proposal"]),
    ] {
        let text = with(line);
        let run = run(&[("ipsec.conf", &text)], &Target::new());
        assert_eq!(run.refused_by(), rules, "{line:?} as {:?}", run.model.program.dialect);
    }
}

#[test]
fn own_values_beat_also_and_also_beats_the_default() {
    let text = "conn %default\n\trightsubnet=10.9.0.0/16\n\tkeyexchange=ikev1\n\n\
                conn base\n\trightsubnet=10.2.0.0/16\n\tauto=route\n\n\
                conn own\n\trightsubnet=10.3.0.0/16\n\talso=base\n\n\
                conn heir\n\talso=base\n\nconn other\n\tright=203.0.113.20\n";
    for program in PROGRAMS {
        let run = conf(text, program);
        assert_eq!(run.remote_nets("own"), ["10.3.0.0/16"], "{program:?}");
        assert_eq!(run.remote_nets("heir"), ["10.2.0.0/16"], "{program:?}");
        assert_eq!(run.remote_nets("other"), ["10.9.0.0/16"], "{program:?}");
        assert_eq!(run.conn("heir").auto, Some(Auto::OnDemand), "{program:?}");
    }
    assert_eq!(conf(text, STRONGSWAN).conn("heir").ike_version, IkeVersion::V1);
}

#[test]
fn an_also_above_an_own_value_wins_in_libreswan_5_only() {
    let text = "conn base\n\trightsubnet=10.2.0.0/16\n\nconn a\n\talso=base\n\trightsubnet=10.3.0.0/16\n";
    let nets = PROGRAMS.map(|program| conf(text, program).remote_nets("a").join(" "));
    assert_eq!(nets, ["10.3.0.0/16", "10.3.0.0/16", "10.2.0.0/16"]);
}

#[test]
fn the_last_of_several_also_wins_in_strongswan_whatever_they_include() {
    let sections =
        "conn a-values\n\trightsubnet=10.1.0.0/16\n\nconn b-values\n\talso=a-values\n\trightsubnet=10.2.0.0/16\n\n";
    for order in ["\talso=a-values\n\talso=b-values\n", "\talso=b-values\n\talso=a-values\n"] {
        let run = conf(&format!("{sections}conn x\n{order}"), STRONGSWAN);
        assert_eq!(run.remote_nets("x"), ["10.2.0.0/16"], "{order:?}");
    }
    let independent = "conn a-values\n\trightsubnet=10.1.0.0/16\n\nconn b-values\n\trightsubnet=10.2.0.0/16\n\n";
    let run = conf(&format!("{independent}conn x\n\talso=b-values\n\talso=a-values\n"), STRONGSWAN);
    assert_eq!(run.remote_nets("x"), ["10.1.0.0/16"]);
}

#[test]
fn an_empty_value_cuts_the_inherited_one_in_strongswan_and_is_nothing_in_libreswan_4() {
    let text = "conn %default\n\trightsubnet=10.9.0.0/16\n\nconn a\n\trightsubnet=\n\tauto=add\n";
    assert_eq!(conf(text, STRONGSWAN).remote_nets("a"), [""; 0]);
    assert_eq!(conf(text, LIBRESWAN4).remote_nets("a"), ["10.9.0.0/16"]);
}

#[test]
fn sections_of_one_name_merge_in_strongswan_and_replace_in_libreswan() {
    let text = "conn a\n\trightsubnet=10.2.0.0/16\n\tauto=start\n\nconn a\n\tright=203.0.113.30\n";
    let run = conf(text, STRONGSWAN);
    assert_eq!((run.remote_nets("a"), run.conn("a").auto), (vec!["10.2.0.0/16".to_owned()], Some(Auto::Start)));
    for program in [LIBRESWAN4, LIBRESWAN5] {
        let run = conf(text, program);
        assert_eq!((run.remote_nets("a"), run.conn("a").auto), (Vec::new(), None), "{program:?}");
    }
}

#[test]
fn a_parents_spelling_of_the_lifetime_beats_the_own_one_in_strongswan() {
    let text = "conn %default\n\tkeylife=8h\n\nconn a\n\tright=203.0.113.20\n\tlifetime=1h\n\tauto=add\n";
    let run = conf(text, STRONGSWAN);
    assert_eq!(run.conn("a").lifetime, 8 * 3_600);
    assert!(run.rules().contains(&"inherited-wins"));
    let one_section = "conn a\n\tright=203.0.113.20\n\tkeylife=8h\n\tlifetime=1h\n\tauto=add\n";
    assert_eq!(conf(one_section, STRONGSWAN).conn("a").lifetime, 3_600);
}

#[test]
fn includes_are_relative_to_their_file_and_may_stand_in_a_section() {
    let files = [
        ("etc/ipsec.conf", "conn a\n\tinclude parts/left.conf\n\tauto=add\n\ninclude ipsec.d/*.conf\n"),
        ("etc/parts/left.conf", "\tright=203.0.113.20\n\tinclude deeper/subnet.conf\n"),
        ("etc/parts/deeper/subnet.conf", "\trightsubnet=10.2.0.0/16\n"),
        ("etc/ipsec.d/b.conf", "conn b\n\talso=a\n"),
    ];
    let run = run(&files, &target(STRONGSWAN));
    assert_eq!(run.remote_nets("a"), ["10.2.0.0/16"]);
    assert_eq!(run.remote_nets("b"), ["10.2.0.0/16"]);
}

#[test]
fn a_chain_of_includes_ends() {
    let names: Vec<String> = (0..40).map(|at| format!("{at}.conf")).collect();
    let texts: Vec<String> = (0..40).map(|at| format!("conn c{at}\n\tauto=add\ninclude {}.conf\n", at + 1)).collect();
    let files: Vec<(&str, &str)> =
        names.iter().zip(&texts).map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let depth = run(&files, &target(LIBRESWAN4)).model.connections.len();
    assert_eq!(depth, 11, "the root and ten levels below it");
}

#[test]
fn each_program_reads_secrets_its_own_way() {
    // How many entries strongSwan and libreswan load, and whether each has something to say.
    let cases: &[(&str, usize, usize)] = &[
        ("@a @b : PSK \"x\"\n", 1, 1),
        ("  @a @b : PSK \"x\"\n", 1, 0),
        ("@a @b: PSK \"x\"\n", 0, 1),
        (":PSK \"x\"\n", 0, 1),
        (": PSK \"x\"\n", 1, 1),
        ("@a\t:\tPSK \"x\"\n", 0, 1),
        (": psk \"x\"\n", 0, 1),
        (": PSK bare\n", 1, 0),
        (": PSK 'x'\n", 1, 1),
        (": PSK 0xzz\n", 0, 0),
        (": PSK 0x0a0b\n", 1, 1),
        (": PSK 0sAAEC\n", 1, 1),
        (": PSK 0ttext\n", 1, 1),
        (": PSK\n  \"x\"\n", 0, 1),
        (": PSK \"x\" y\n", 1, 0),
        (": PSK \"first\nsecond\"\n: PSK \"x\"\n", 0, 1),
        ("user : EAP \"x\"\n", 1, 0),
        (": RSA {\n\tModulus: 0x1\n\t}\n@a : PSK \"x\"\n", 0, 1),
    ];
    for (text, strongswan, libreswan) in cases {
        for (program, expected) in [(STRONGSWAN, strongswan), (LIBRESWAN4, libreswan)] {
            let run = run(&[("ipsec.secrets", text)], &target(program));
            let secrets = &run.model.secrets;
            let count = secrets.entries.iter().filter(|secret| !secret.bytes.expose().is_empty()).count();
            assert_eq!(count, *expected, "{program:?}: {text:?}: {:?}", secrets.faults);
        }
    }
}

#[test]
fn the_own_side_is_the_one_that_can_be_this_host() {
    let side = |left: &str, right: &str, program| {
        let run = conf(&format!("conn a\n\tleft={left}\n\tright={right}\n\tauto=add\n"), program);
        run.conn("a").local.side
    };
    for program in PROGRAMS {
        assert_eq!(side("198.51.100.10", "203.0.113.20", program), "left");
        assert_eq!(side("203.0.113.20", "%defaultroute", program), "right");
    }
    assert_eq!(side("%any", "203.0.113.20", LIBRESWAN5), "right", "libreswan's peers may be any");
    assert_eq!(side("%any", "203.0.113.20", STRONGSWAN), "left", "strongSwan listens on any address");
}

#[test]
fn an_entry_fits_by_the_rules_of_each_program() {
    let text =
        "conn a\n\tauto=add\n\tauthby=secret\n\tleft=10.0.1.5\n\tleftid=@aws\n\tright=203.0.113.20\n\trightid=@azure\n";
    let missing = |secrets: &str, keyexchange: &str, program| {
        let text = format!("{text}{keyexchange}");
        let run = run(&[("ipsec.conf", &text), ("ipsec.secrets", secrets)], &target(program));
        run.rules().contains(&"secret-missing")
    };
    let (v1, v2) = ("\tkeyexchange=ikev1\n", "\tkeyexchange=ikev2\n");
    let by_address = "10.0.1.5 203.0.113.20 : PSK \"Yx4Tn7Qe2Lp9Vb6Hm3Rk8Wc5Zd1Fs0Ga\"\n";
    let of_peer = "@azure : PSK \"Yx4Tn7Qe2Lp9Vb6Hm3Rk8Wc5Zd1Fs0Ga\"\n";
    let of_me = "aws : PSK \"Yx4Tn7Qe2Lp9Vb6Hm3Rk8Wc5Zd1Fs0Ga\"\n";
    let of_both = "@azure @aws : PSK \"Yx4Tn7Qe2Lp9Vb6Hm3Rk8Wc5Zd1Fs0Ga\"\n";
    let of_anybody = ": PSK \"Yx4Tn7Qe2Lp9Vb6Hm3Rk8Wc5Zd1Fs0Ga\"\n";
    assert!(missing(by_address, v2, STRONGSWAN));
    assert!(!missing(by_address, v1, STRONGSWAN), "IKEv1 falls back to the addresses");
    assert!(missing(by_address, v2, LIBRESWAN5));
    assert!(!missing(of_peer, v2, STRONGSWAN));
    assert!(missing(of_peer, v2, LIBRESWAN5), "an entry that names only the peer does not fit");
    for secrets in [of_me, of_both, of_anybody] {
        assert!(!missing(secrets, v2, STRONGSWAN), "{secrets}");
        assert!(!missing(secrets, v2, LIBRESWAN5), "{secrets}");
    }
    let behind_a_fault = format!("no entry\n{of_both}");
    assert!(missing(&behind_a_fault, v2, STRONGSWAN), "strongSwan never reads it");
}

#[test]
fn what_a_template_engine_fills_in_is_left_alone() {
    let conf = "conn a\n\tauto=add\n\tauthby=secret\n\tkeyexchange={{ version }}\n\tleft={{ address }}\n\tleftid={{ id }}\n\
                \tleftsubnet={{ net }}\n\tright=203.0.113.20\n\trightid=@azure\n\tlifetime=${LIFETIME}\n\tike=<%= ike %>\n";
    let files =
        [("ipsec.conf", conf), ("ipsec.secrets", "{{ id }} @azure : PSK \"{{ key }}\"\n@b : PSK \"{{ key }}\"\n")];
    for program in PROGRAMS {
        assert_eq!(run(&files, &target(program)).rules(), [""; 0], "{program:?}");
    }
    let swanctl = "connections {\n\ta {\n\t\tremote_addrs = {{ peer }}\n\t\tlocal {\n\t\t\tauth = psk\n\t\t\tid = {{ id }}\n\t\t}\n\
                   \t\tremote {\n\t\t\tauth = psk\n\t\t\tid = b\n\t\t}\n\t\tchildren {\n\t\t\tnet {\n\
                   \t\t\t\tremote_ts = {{ net }}\n\t\t\t}\n\t\t}\n\t\tversion = 2\n\t}\n}\nsecrets {\n\tike-1 {\n\
                   \t\tid = {{ id }}\n\t\tsecret = {{ key }}\n\t}\n}\n";
    assert_eq!(run(&[("swanctl.conf", swanctl)], &target(STRONGSWAN)).rules(), [""; 0]);
}

#[test]
fn swanctl_loses_what_it_loses() {
    let site = |inside: &str| {
        format!(
            "connections {{\n\tsite {{\n\t\tremote_addrs = 203.0.113.20\n\t\tlocal {{\n\t\t\tauth = psk\n\t\t}}\n\
             \t\tremote {{\n\t\t\tauth = psk\n\t\t}}\n\t\tchildren {{\n\t\t\tnet {{\n\t\t\t\tremote_ts = 10.2.0.0/16\n\
             \t\t\t}}\n\t\t}}\n\t\t{inside}\n\t}}\n}}\n"
        )
    };
    for (text, rule) in [
        (site("version = 2"), ""),
        (site("mobike = disabled\r"), ""),
        (site("rekey_time = 60 m"), ""),
        (site("unique = a = b"), "swanctl-discarded"),
        (site("mobike = off"), "swanctl-discarded"),
        (site("rekey_time = 1w"), "swanctl-discarded"),
        (site("proposals = aes256-sha256-modp2048!"), "swanctl-discarded"),
        (site("esp_proposals = aes256-sha256"), "swanctl-discarded"),
        (site("dpd_action = restart"), "swanctl-discarded"),
        (site("pools = a.b"), ""),
        (site("").replace("connections", "connection"), "swanctl-syntax"),
        (site("children {"), "swanctl-syntax"),
        (site("}"), "swanctl-syntax"),
        (site("= 2"), "swanctl-syntax"),
        (site("version 2"), "swanctl-syntax"),
        (site("vips = \"10.0.0.1"), "swanctl-syntax"),
    ] {
        let run = run(&[("swanctl.conf", &text)], &target(STRONGSWAN));
        assert_eq!(run.refused_by().first().copied().unwrap_or_default(), rule, "{text}: {:?}", run.refused_by());
    }
    let secrets = "secrets {\n\tpsk-1 {\n\t\tsecret = \"Yx4Tn7Qe2Lp9Vb6Hm3Rk8Wc5Zd1Fs0Ga\"\n\t}\n}\n";
    let run = run(&[("swanctl.conf", &format!("{}{secrets}", site("")))], &target(STRONGSWAN));
    assert!(
        run.rules().contains(&"swanctl-discarded") && run.refused_by().is_empty(),
        "ignored, and all else is loaded"
    );
}

#[test]
fn kernel_settings_are_read_as_sysctl_reads_them() {
    let text = "# comment\n; net.ipv4.ip_forward = 0\n-net/ipv4/ip_forward = 0\nnet.ipv4.ip_forward=1\n";
    let run = run(&[("sysctl.conf", text)], &Target::new());
    let lines: Vec<(&str, &str, bool)> =
        run.model.sysctl.iter().map(|line| (&*line.key, &*line.value, line.commented)).collect();
    let key = "net.ipv4.ip_forward";
    assert_eq!(lines, [(key, "0", true), (key, "0", false), (key, "1", false)]);
}
