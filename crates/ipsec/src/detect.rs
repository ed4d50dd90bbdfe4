//! Which files are ours.

use confvet_core::{Confidence, Detection, source};

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

fn ipsec_conf(path: &str, text: &str) -> Option<Detection> {
    let mut conns = 0;
    let mut settings = 0;
    let (mut sections, mut other) = (false, false);
    let mut bare = true;
    for line in text.trim_start_matches('\u{feff}').lines() {
        let line = line.trim_end();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let words = |word: &str| line.strip_prefix(word).is_some_and(|rest| rest.starts_with([' ', '\t']));
        if words("conn") && !line.contains('{') {
            conns += 1;
        } else if words("config") && line.split_whitespace().nth(1) == Some("setup") || words("ca") {
            sections = true;
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
        0 => "`config setup`".to_owned(),
        1 => "1 conn".to_owned(),
        many => format!("{many} conns"),
    };
    if (conns > 0 || sections) && (settings > 0 || named && !other) {
        let confidence = if conns > 0 && settings > 0 { Confidence::Sure } else { Confidence::Likely };
        return Some(Detection::new("ipsec.conf", confidence, what(conns)));
    }
    if name == "ipsec.conf" && (bare || settings > 0) {
        return Some(Detection::new("ipsec.conf", Confidence::Possible, "the name"));
    }
    if in_directory && conns > 0 {
        return Some(Detection::new("ipsec.conf", Confidence::Likely, what(conns)));
    }
    None
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
    let named = name == "swanctl.conf" || name.ends_with(".swanctl.conf") || path.contains("swanctl/");
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
    name.ends_with("strongswan.conf").then(|| Detection::new("strongswan.conf", Confidence::Possible, "the name"))
}

/// Shared: kernel settings are not IPsec's alone. They matter only beside a gateway.
fn sysctl(text: &str) -> Option<Detection> {
    let wanted = |line: &str| {
        let line = line.trim_start().trim_start_matches(['#', ';']).trim_start().trim_start_matches('-');
        let key = line.split('=').next().unwrap_or_default().trim();
        line.contains('=') && (key.starts_with("net.ipv") || key.starts_with("net/ipv"))
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
        assert_eq!(kind("etc/ipsec.conf", "# nothing\n"), Some("ipsec.conf"));
        assert_eq!(kind("x/west.conf", "conn a\n\tauto=add\n"), Some("ipsec.conf"));
        assert_eq!(kind("x.conf", "ca x\n\tcacert=y\n"), Some("ipsec.conf"));
        assert_eq!(kind("etc/ipsec.secrets", "a b: PSK \"x\"\n"), Some("ipsec.secrets"));
        assert_eq!(kind("swanctl.conf", "connections {\n a {\n  local_addrs = 1.2.3.4\n }\n}\n"), Some("swanctl.conf"));
        assert_eq!(kind("strongswan.conf", "charon {\n}\n"), Some("strongswan.conf"));
        assert_eq!(kind("etc/sysctl.d/99.conf", "#net.ipv4.ip_forward=1\n"), Some("sysctl.conf"));
    }

    #[test]
    fn other_programs_files_are_left_alone() {
        assert_eq!(kind("etc/ipsec.conf", "ike esp from 10.0.0.0/8 to 10.1.0.0/16 peer 1.2.3.4\n"), None);
        assert_eq!(kind("etc/iked.conf", "ikev2 \"x\" active esp from a to b\n"), None);
        assert_eq!(kind("racoon.conf", "remote 1.2.3.4 {\n\texchange_mode main;\n}\n"), None);
        assert_eq!(kind("unbound.conf", "server:\n\tverbosity: 1\n"), None);
        assert_eq!(kind("nginx.conf", "http {\n  server {\n  }\n}\n"), None);
        assert_eq!(kind("pap.secrets", "user * password\n"), None);
        assert_eq!(kind("etc/sysctl.conf", "vm.swappiness = 1\n"), None);
    }
}
