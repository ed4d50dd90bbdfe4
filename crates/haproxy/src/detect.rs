//! Is a file a HAProxy configuration, or the file of one of its SPOE filters?

use crate::model::{SectionKind, SpoeKind};
use confvet_core::source::{file_name, parent};
use confvet_core::{Confidence, Detection};

/// A configuration, as [`Detection::kind`] names it.
pub(crate) const CONFIGURATION: &str = "haproxy";
/// A file of agents, messages and groups that a SPOE filter reads.
pub(crate) const SPOE: &str = "spoe";

/// Words at the start of a line that a section of a proxy nearly always has.
const STATEMENTS: &[&str] = &[
    "bind",
    "server",
    "mode",
    "timeout",
    "default_backend",
    "use_backend",
    "stats",
    "log",
    "option",
    "balance",
    "maxconn",
];

/// Sections whose names other programs hardly use at the start of a line.
fn is_section_line(line: &str) -> bool {
    let mut words = line.split_ascii_whitespace();
    let first = words.next().unwrap_or_default();
    let first = first.split('#').next().unwrap_or_default();
    let Some(kind) = SectionKind::of_word(first) else { return false };
    let name = words.next().filter(|name| !name.starts_with('#'));
    match kind {
        SectionKind::Global => name.is_none(),
        SectionKind::Defaults => true,
        _ => name.is_some_and(|name| !name.contains(['{', '=', ';', '('])),
    }
}

/// Endings of copies and samples: what stands before them says what the file is.
const COPIES: &[&str] = &["bak", "default", "dist", "example", "new", "old", "orig", "sample"];

/// The ending that says what the file is; `None` when it has none.
fn extension(name: &str) -> Option<&str> {
    let (rest, extension) = name.rsplit_once('.')?;
    if COPIES.contains(&extension) { rest.rsplit_once('.').map(|(_, extension)| extension) } else { Some(extension) }
}

/// A file without an ending, or with one that tells nothing, must carry HAProxy's name: a manual page, a script or a
/// note about HAProxy is none of its files.
pub(crate) fn might_be(path: &str) -> bool {
    let name = file_name(path);
    match extension(name) {
        Some("cfg" | "conf" | "haproxy" | "spoe") => true,
        Some(_) => false,
        None => name.contains("haproxy") || name.contains("spoe"),
    }
}

/// What the first lines of a file hold.
#[derive(Default)]
struct Evidence {
    sections: usize,
    statements: usize,
    /// Something says that it is another format.
    foreign: bool,
}

/// The lines that are not empty and no comments.
fn statements(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.trim_start_matches('\u{feff}').lines().take(2_000).map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Sections of SPOE files, and nothing in front of the first one but scopes.
fn spoe_sections(text: &str) -> usize {
    let mut lines = statements(text);
    let is_section = |line: &&str| {
        let mut words = line.split_ascii_whitespace();
        let kind = words.next().and_then(SpoeKind::of_word);
        kind.is_some() && words.next().is_some() && words.next().is_none_or(|word| word.starts_with('#'))
    };
    let first = lines.by_ref().find(|line| !line.starts_with(['[', '.']));
    if !first.as_ref().is_some_and(is_section) {
        return 0;
    }
    1 + lines.filter(is_section).count()
}

fn look_at(text: &str) -> Evidence {
    let mut evidence = Evidence::default();
    for line in statements(text) {
        if is_section_line(line) {
            evidence.sections += 1;
        } else if line.split_ascii_whitespace().next().is_some_and(|word| STATEMENTS.contains(&word))
            && !line.ends_with([';', '{'])
        {
            evidence.statements += 1;
        }
        evidence.foreign |= line.ends_with(';') && !line.contains('"')
            || line.starts_with('<')
            || line.starts_with("spoe-agent")
            || line.starts_with("define ");
    }
    evidence
}

pub(crate) fn detect(path: &str, text: &str) -> Option<Detection> {
    let name = file_name(path).to_ascii_lowercase();
    if !might_be(path) {
        return None;
    }
    let found = |confidence, reason: String| Some(Detection::new(CONFIGURATION, confidence, reason));
    let agents = spoe_sections(text);
    if agents > 0 {
        return Some(Detection::new(SPOE, Confidence::Sure, format!("{agents} sections of a SPOE filter")));
    }
    let named = (name.starts_with("haproxy") && name.ends_with(".cfg")) || name.ends_with(".haproxy");
    let by_name = || found(Confidence::Sure, format!("its name, `{}`", file_name(path)));
    if (named || name == "haproxy.conf") && statements(text).next().is_none_or(is_section_line) {
        return by_name();
    }
    // What other programs keep about HAProxy may have the same name: checks of Nagios, rules of tmpfiles.d.
    let Evidence { sections, statements, foreign } = look_at(text);
    if (named && !foreign) || ((named || name == "haproxy.conf") && sections > 0) {
        return by_name();
    }
    if foreign || sections == 0 {
        return None;
    }
    let directory = parent(path);
    let in_haproxy = directory.split('/').any(|part| part.eq_ignore_ascii_case("haproxy") || part == "haproxy.d");
    if in_haproxy && name.ends_with(".cfg") {
        return found(Confidence::Sure, "a section of HAProxy, and its directory".to_owned());
    }
    if statements > 0 && extension(&name).is_some() {
        return found(Confidence::Sure, format!("{sections} sections and {statements} statements of HAProxy"));
    }
    if statements > 1 {
        return found(Confidence::Likely, format!("{sections} sections and {statements} statements of HAProxy"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "global\n    daemon\ndefaults\n    mode http\nfrontend web\n    bind :80\n";

    #[test]
    fn names_and_contents_are_recognised() {
        for path in ["haproxy.cfg", "etc/haproxy-prod.cfg", "lb.haproxy", "haproxy.conf"] {
            assert!(detect(path, "# nothing yet\n").is_some(), "{path}");
        }
        assert!(detect("etc/haproxy/conf.d/10-web.cfg", "frontend web\n    bind :80\n").is_some());
        assert!(detect("lb/edge.cfg", PLAIN).is_some());
    }

    #[test]
    fn files_of_filters_are_told_from_configurations() {
        let agent = "# mirrors requests\n[mirror]\nspoe-agent mirror # the agent\n    log global\n    messages all\n\nspoe-message all\n    event on-client-session\n";
        for path in ["spoe-mirror.conf", "etc/haproxy/mirror.cfg", "mirror.spoe"] {
            assert_eq!(detect(path, agent).map(|found| found.kind), Some(SPOE), "{path}");
        }
        assert_eq!(detect("lb/edge.cfg", PLAIN).map(|found| found.kind), Some(CONFIGURATION));
    }

    #[test]
    fn neighbours_are_not() {
        assert!(detect("nginx.conf", "http {\n    server {\n        listen 80;\n    }\n}\n").is_none());
        assert!(detect("setup.cfg", "[metadata]\nname = x\n\n[options]\npackages = find:\n").is_none());
        assert!(detect("nagios.cfg", "define host{\n    host_name a\n}\n").is_none());
        for text in
            ["[mirror]\nkey = value\n", "[a]\nserver = spoe-agent\n", "# spoe-agent x\n", "spoe-agent\nspoe-message\n"]
        {
            assert!(detect("haproxy/spoe-mirror.conf", text).is_none(), "{text}");
        }
        assert!(detect("prometheus.yml", "global:\n  scrape_interval: 15s\n").is_none());
        assert!(detect("smb.conf", "[global]\n   log file = /x\n").is_none());
        assert!(detect("grub.cfg", "set default=0\nmenuentry 'x' {\n}\n").is_none());
        for (path, text) in [
            ("haproxy/hosts.map", "www.example.com app\nbackend.example.com api\n"),
            ("haproxy/crt-list.txt", "/etc/haproxy/a.pem [alpn h2] www.example.com\n"),
            ("haproxy/blocked.acl", "10.0.0.0/8\n192.0.2.1\n"),
            ("haproxy/errors/503.http", "HTTP/1.0 503 Service Unavailable\nContent-Type: text/html\n\n<html>\n"),
            ("squid.conf", "http_port 3128\nacl localnet src 10.0.0.0/8\nhttp_access allow localnet\n"),
            ("httpd.conf", "<VirtualHost *:80>\n    ServerName a\n</VirtualHost>\n"),
            ("keepalived.conf", "global_defs {\n    router_id a\n}\nvrrp_instance a {\n}\n"),
            ("stunnel.conf", "[https]\naccept = 443\nconnect = 80\n"),
            ("mosquitto.conf", "listener 1883\nlog_dest stdout\n"),
            ("redis.conf", "bind 127.0.0.1\nport 6379\ntimeout 0\nmaxclients 100\n"),
            ("notes.txt", "frontend team\nbackend team\nbind the two\n"),
            ("nagios/haproxy.cfg", "# checks\ndefine command{\n    command_name check_haproxy\n}\n"),
            ("tmpfiles.d/haproxy.conf", "d /run/haproxy 2775 haproxy haproxy - -\n"),
            ("health.d/haproxy.conf", " template: haproxy_backend_server_status\n       on: haproxy_hs.down\n"),
            ("man1/haproxy-lua.1", ".SH INTRO\nglobal\n  lua-load x\nfrontend a\n  bind :80\n  mode http\n"),
            ("docs/haproxy.md", "frontend a\n    bind :80\n    mode http\nbackend b\n    server s 10.0.0.1:80\n"),
            ("poetry.cfg", "[global]\nserver = a\n[peers]\nbind = b\n"),
        ] {
            assert!(detect(path, text).is_none(), "{path}");
        }
    }
}
