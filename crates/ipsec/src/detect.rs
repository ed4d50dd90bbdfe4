//! Which files are ours.

use crate::dialect::{Dialect, Program};
use crate::model;
use crate::syntax::conf;
use confvet_core::{Confidence, Detection, FileId, Source, Sources, Target, source};

/// Is the file worth opening? Every `*.conf` may hold conns.
pub(crate) fn might_be(path: &str) -> bool {
    let name = source::file_name(path);
    let in_directory = |directory: &str| path.split('/').any(|part| part == directory);
    name.ends_with(".conf") || name.ends_with(".secrets") || in_directory("ipsec.d") || in_directory("swanctl")
}

/// What the file is.
pub(crate) fn detect(path: &str, text: &str) -> Option<Detection> {
    let name = source::file_name(path);
    if name.ends_with(".secrets") {
        return secrets(text);
    }
    if name == "sysctl.conf" || path.split('/').any(|part| part == "sysctl.d") || name.ends_with("sysctl.conf") {
        return sysctl(text);
    }
    if name == "strongswan.conf"
        || name.ends_with(".strongswan.conf")
        || path.split('/').any(|part| part == "strongswan.d")
    {
        return strongswan(name, text);
    }
    ipsec_conf(path, text).or_else(|| swanctl(path, text))
}

/// So many bytes tell whose language it is.
const TELLING: usize = 16 * 1024;

/// Settings that are shown as the reason, and how long each may be.
const MAX_TOKENS: usize = 3;
const MAX_TOKEN: usize = 60;

/// Nobody wants to know of more.
const ENOUGH: usize = 100;

fn ipsec_conf(path: &str, text: &str) -> Option<Detection> {
    let mut conns = 0;
    let mut settings = 0;
    let (mut setup, mut ca, mut other) = (false, false, false);
    let mut bare = true;
    for line in text.trim_start_matches('\u{feff}').lines() {
        let line = line.trim_end();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let words = |word: &str| line.strip_prefix(word).is_some_and(|rest| rest.starts_with([' ', '\t']));
        if words("conn") && !line.contains('{') {
            conns += 1;
            if conns == ENOUGH && settings > 0 {
                break;
            }
        } else if words("config") && line.split_whitespace().nth(1) == Some("setup") {
            setup = true;
        } else if words("ca") && !line.contains('{') {
            ca = true;
        } else if line.ends_with('{') && conns == 0 && !setup && !ca {
            // A block: no line of this format ends so.
            return None;
        } else if line.starts_with([' ', '\t']) {
            let body = line.trim_start();
            settings += usize::from(!body.starts_with('#') && body.contains('='));
            continue;
        } else if line.contains('{')
            || line.starts_with("ike ")
            || line.starts_with("ikev2 ")
            || line.starts_with("flow ")
        {
            other = true;
        }
        bare &= words("include") || words("version") || line.starts_with("version");
    }
    let name = source::file_name(path);
    let named =
        name == "ipsec.conf" || name.ends_with(".ipsec.conf") || name.starts_with("ipsec.") && name.ends_with(".conf");
    let in_directory = path.split('/').any(|part| part == "ipsec.d");
    if other && conns == 0 {
        return None;
    }
    let what = |conns: usize| match conns {
        0 if setup => "`config setup`".to_owned(),
        0 => "a `ca` section".to_owned(),
        1 => "1 conn".to_owned(),
        ENOUGH => format!("{ENOUGH} conns or more"),
        many => format!("{many} conns"),
    };
    // `ca` is a word of other programs too.
    let sections = setup || ca && (named || in_directory);
    if (conns > 0 || sections) && (settings > 0 || named && !other) {
        let confidence = if conns > 0 && settings > 0 { Confidence::Sure } else { Confidence::Likely };
        return Some(Detection::new("ipsec.conf", confidence, format!("{}, {}", what(conns), whose(text))));
    }
    if name == "ipsec.conf" && (bare || settings > 0) {
        return Some(Detection::new("ipsec.conf", Confidence::Possible, "the name"));
    }
    if in_directory && conns > 0 {
        return Some(Detection::new("ipsec.conf", Confidence::Likely, what(conns)));
    }
    None
}

/// Which program's language it is, and by which settings: "strongSwan's by `authby=psk`". The files beside it and the
/// target may decide otherwise.
fn whose(text: &str) -> String {
    let text = &text[..text.floor_char_boundary(TELLING)];
    let sources: Sources = [Source::new("ipsec.conf", text)].into_iter().collect();
    let conf = conf::parse(&sources, FileId(0), Dialect::Unknown);
    let program = Program::decide(&Target::new(), model::signals_of(&conf));
    if program.dialect == Dialect::Unknown {
        return "strongSwan's or libreswan's".to_owned();
    }
    let deciding = program.signals.iter().filter(|signal| signal.dialect == program.dialect);
    let tokens: Vec<String> = (deciding.map(|signal| sources.text(signal.span)))
        .filter(|token| token.len() <= MAX_TOKEN && !token.contains('"'))
        .map(|token| format!("`{token}`"))
        .take(MAX_TOKENS)
        .collect();
    let by = if tokens.is_empty() { String::new() } else { format!(" by {}", tokens.join(", ")) };
    format!("{}'s{by}", program.dialect.title())
}

fn secrets(text: &str) -> Option<Detection> {
    const TOKENS: &[&str] = &["PSK", "RSA", "XAUTH", "EAP", "ECDSA", "PKCS8", "P12", "PIN", "NTLM", "PPKS", "BLISS"];
    let mut content = false;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        content = true;
        let has_token = line.split(':').skip(1).any(|rest| {
            let word = rest.split_whitespace().next().unwrap_or_default();
            TOKENS.iter().any(|token| token.eq_ignore_ascii_case(word))
        });
        if has_token {
            return Some(Detection::new("ipsec.secrets", Confidence::Sure, "an entry for IPsec"));
        }
        if line.starts_with("include ") {
            return Some(Detection::new("ipsec.secrets", Confidence::Possible, "`include` in a secrets file"));
        }
    }
    (!content && text.contains("ipsec")).then(|| Detection::new("ipsec.secrets", Confidence::Possible, "the name"))
}

fn swanctl(path: &str, text: &str) -> Option<Detection> {
    const SECTIONS: &[&str] = &["connections", "secrets", "pools", "authorities"];
    let opens = |line: &str, name: &str| {
        line.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('{') || rest.trim().is_empty())
    };
    let name = source::file_name(path);
    let in_directory = name.ends_with(".conf") && path.split('/').any(|part| part == "swanctl");
    let named = name == "swanctl.conf" || name.ends_with(".swanctl.conf") || in_directory;
    let top = |line: &str| SECTIONS.iter().any(|section| opens(line, section));
    let has_top = text.lines().any(|line| top(line.trim_end()));
    let marks = ["local_addrs", "remote_addrs", "children", "local_ts", "remote_ts", "esp_proposals"];
    let has_mark = text.lines().map(str::trim_start).any(|line| marks.iter().any(|mark| line.starts_with(mark)));
    if has_top && has_mark {
        return Some(Detection::new("swanctl.conf", Confidence::Sure, "`connections` with their children"));
    }
    if named && (has_top || has_mark || text.trim_start().starts_with("include") || text.contains('{')) {
        return Some(Detection::new("swanctl.conf", Confidence::Likely, "the name"));
    }
    None
}

fn strongswan(name: &str, text: &str) -> Option<Detection> {
    const SECTIONS: &[&str] =
        &["charon", "charon-systemd", "starter", "swanctl", "pki", "libstrongswan", "pool", "libtls"];
    let has_section = text.lines().any(|line| {
        let word = line.split([' ', '\t', '{']).next().unwrap_or_default();
        SECTIONS.contains(&word)
    });
    if has_section {
        return Some(Detection::new("strongswan.conf", Confidence::Sure, "a section of strongSwan's programs"));
    }
    let has_content = text.lines().map(str::trim).any(|line| !line.is_empty() && !line.starts_with('#'));
    let may_be = !has_content || text.contains(['{', '=']);
    (name.ends_with("strongswan.conf") && may_be)
        .then(|| Detection::new("strongswan.conf", Confidence::Possible, "the name"))
}

/// Shared: kernel settings are not IPsec's alone. They matter only beside a gateway.
fn sysctl(text: &str) -> Option<Detection> {
    let wanted = |line: &str| {
        let line = line.trim_start().trim_start_matches(['#', ';']).trim_start().trim_start_matches('-');
        let Some((key, _)) = line.split_once('=') else { return false };
        let key = key.trim();
        key.starts_with("net.ipv") || key.starts_with("net/ipv")
    };
    let found = text.lines().any(wanted);
    found.then(|| Detection::new("sysctl.conf", Confidence::Likely, "`net.` settings").shared())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(path: &str, text: &str) -> Option<&'static str> {
        detect(path, text).map(|detection| detection.kind)
    }

    #[test]
    fn our_files_are_found() {
        for (path, text, wanted) in [
            ("etc/ipsec.conf", "# nothing\n", "ipsec.conf"),
            ("etc/ipsec.conf", "include ipsec.d/*.conf\n", "ipsec.conf"),
            ("etc/ipsec.conf", "ca x\n\tcacert=y\n", "ipsec.conf"),
            ("x/west.conf", "conn a\n\tauto=add\n", "ipsec.conf"),
            ("x/west.conf", "\u{feff}config setup\r\n  uniqueids=no\r\n", "ipsec.conf"),
            ("etc/ipsec.d/branch.conf", "conn a\nleft=1.2.3.4\n", "ipsec.conf"),
            ("etc/ipsec.d/ca.conf", "ca x\n\tcacert=y\n", "ipsec.conf"),
            ("etc/ipsec.secrets", "a b: PSK \"x\"\n", "ipsec.secrets"),
            ("vpn.secrets", "@a @b : psk \"x\"\n", "ipsec.secrets"),
            ("etc/ipsec.d/x.secrets", ": RSA key.pem\n", "ipsec.secrets"),
            ("swanctl.conf", "connections {\n a {\n  local_addrs = 1.2.3.4\n }\n}\n", "swanctl.conf"),
            ("etc/swanctl/conf.d/a.conf", "secrets {\n ike-a {\n  secret = x\n }\n}\n", "swanctl.conf"),
            ("a.swanctl.conf", "pools {\n p {\n  addrs = 10.0.0.0/24\n }\n}\n", "swanctl.conf"),
            ("site.conf", "connections {\n a {\n  children {\n   net {\n   }\n  }\n }\n}\n", "swanctl.conf"),
            ("strongswan.conf", "charon {\n}\n", "strongswan.conf"),
            ("etc/strongswan.d/charon/stroke.conf", "charon {\n}\n", "strongswan.conf"),
            ("etc/sysctl.conf", "net/ipv4/ip_forward = 1\n", "sysctl.conf"),
            ("etc/sysctl.d/99.conf", "#net.ipv4.ip_forward=1\n", "sysctl.conf"),
        ] {
            assert_eq!(kind(path, text), Some(wanted), "{path}: {text:?}");
        }
    }

    #[test]
    fn the_program_is_told_with_what_tells_it() {
        for (line, whose) in [
            ("authby=psk", "1 conn, strongSwan's by `authby=psk`"),
            ("ikev2=insist", "1 conn, libreswan's by `ikev2=insist`"),
            ("auto=add", "1 conn, strongSwan's or libreswan's"),
        ] {
            let reason = detect("x.conf", &format!("conn a\n\t{line}\n")).map(|detection| detection.reason);
            assert_eq!(reason.as_deref(), Some(whose));
        }
    }

    #[test]
    fn other_programs_files_are_left_alone() {
        for (path, text) in [
            // OpenBSD: the same file name.
            ("etc/ipsec.conf", "ike esp from 10.0.0.0/8 to 10.1.0.0/16 peer 1.2.3.4\n"),
            ("etc/iked.conf", "ikev2 \"x\" active esp from a to b\n"),
            ("racoon.conf", "remote 1.2.3.4 {\n\texchange_mode main;\n}\nsainfo anonymous {\n\tpfs_group 2;\n}\n"),
            (
                "setkey.conf",
                "flush;\nspdadd 10.0.0.0/8 10.1.0.0/16 any -P out ipsec esp/tunnel/1.2.3.4-5.6.7.8/require;\n",
            ),
            ("xl2tpd.conf", "[global]\nipsec saref = yes\n[lns default]\n ip range = 10.0.0.2-10.0.0.9\n"),
            ("unbound.conf", "server:\n\tverbosity: 1\n"),
            ("nginx.conf", "http {\n  server {\n  }\n}\n"),
            ("app.conf", "connections {\n  max = 10\n}\n"),
            ("openssl.conf", "ca x\n\tdefault_ca=CA_default\n"),
            ("db.conf", "conn\n\thost=db\n"),
            ("db.conf", "connection main\n\thost=db\n"),
            ("words.conf", "conn main\n\tno setting here\n"),
            ("etc/ipsec.d/cacerts.conf", "trusted = /etc/ssl\n"),
            ("pap.secrets", "user * password\n"),
            ("chap.secrets", "# client server secret IP\nvpn l2tpd \"x\" *\n"),
            ("wg.secrets", "peer: PSKX value\n"),
            ("etc/ld.so.conf.d/strongswan.conf", "/usr/local/lib/ipsec\n"),
            ("etc/swanctl/up.sh", "#!/bin/sh\nup() {\n  swanctl --load-all\n}\n"),
            ("sbin/swanctl", "{}\n"),
            ("packages/my-swanctl/hosts.conf", "hosts {\n}\n"),
            ("etc/sysctl.conf", "vm.swappiness = 1\n"),
            ("etc/sysctl.d/10-network.conf", "# net settings are elsewhere\n"),
        ] {
            assert_eq!(kind(path, text), None, "{path}: {text:?}");
        }
    }
}
