//! Published flaws of nginx, and what in a configuration reaches them.

use super::Nginx;
use super::pass::Family;
use super::tree::Directive;
use crate::context::Context;
use crate::keys::{Key, TableVersion, key};
use crate::release::{Flavor, display};
use confvet_core::{Map, Span};

/// A published flaw.
#[derive(Debug)]
struct Flaw {
    id: &'static str,
    name: &'static str,
    minor: bool,
    /// First and last version of each vulnerable range.
    vulnerable: &'static [(TableVersion, TableVersion)],
    /// The first version that is mended in each branch; the highest is so for all above it.
    mended: &'static [TableVersion],
    trigger: Trigger,
}

/// What a configuration must hold for a flaw to matter.
#[derive(Debug, Clone, Copy)]
enum Trigger {
    Always,
    MapRegex,
    Slice,
    Ssi,
    Quic,
    IgnoredHeaders,
    CharsetMap,
    RewriteCaptures,
    Http2SetBody,
    RewriteQuery,
    ScgiUwsgi,
    OcspResolver,
    DavAlias,
    Mp4,
    MailCram,
    MailResolver,
    StreamOcsp,
    TlsUpstream,
    MailSmtp,
    SharedSessions,
    SharedSessionCache,
    TlsListen,
    Dav,
    Resolver,
    Http2,
    MailStarttls,
    Spdy,
    AnyPass,
}

include!(concat!(env!("OUT_DIR"), "/flaws.rs"));

/// A flaw that the target version has.
#[derive(Debug)]
pub(crate) struct KnownFlaw {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) minor: bool,
    /// The versions that are mended.
    pub(crate) fixed: String,
    /// What reaches it; `None`: any configuration does.
    pub(crate) trigger: Option<Span>,
}

impl Flaw {
    fn concerns(&self, version: TableVersion) -> bool {
        let inside = self.vulnerable.iter().any(|&(first, last)| (first..=last).contains(&version));
        let highest = self.mended.iter().max();
        let mended = self.mended.iter().any(|&fixed| {
            version >= fixed && (Some(&fixed) == highest || (version.0, version.1) == (fixed.0, fixed.1))
        });
        inside && !mended
    }
}

impl Nginx {
    /// The flaws that the target version has and this configuration reaches. Only for open-source nginx.
    pub(crate) fn known_flaws(&self) -> Vec<KnownFlaw> {
        let number = |part: u64| u16::try_from(part).unwrap_or(u16::MAX);
        let Some(version) = self.release.version.as_ref().filter(|_| self.release.flavor == Flavor::OpenSource) else {
            return Vec::new();
        };
        let version = (number(version.major), number(version.minor), number(version.patch));
        let concerned = FLAWS.iter().filter(|flaw| flaw.concerns(version));
        concerned
            .filter_map(|flaw| {
                let trigger = match flaw.trigger {
                    Trigger::Always => None,
                    trigger => Some(self.trigger(trigger)?.span()),
                };
                let fixed: Vec<String> = flaw.mended.iter().rev().map(|&version| display(version)).collect();
                let fixed = fixed.join(" and ");
                Some(KnownFlaw { id: flaw.id, name: flaw.name, minor: flaw.minor, fixed, trigger })
            })
            .collect()
    }

    /// The first `ssl_session_cache shared:…` whose sessions several TLS servers take: it holds for them all, or they
    /// name the same zone.
    fn shared_session_cache(&self) -> Option<Directive<'_>> {
        let mut seen: Map<&str, u32> = Map::new();
        for server in self.servers.iter().filter(|server| server.is_tls(self)) {
            let Some(cache) = server.block(self).effective(key!("ssl_session_cache")) else { continue };
            let Some(shared) = cache.args().iter().find_map(|word| word.text.strip_prefix("shared:")) else { continue };
            let zone = shared.split(':').next().unwrap_or_default();
            if *seen.or_insert(zone, server.directive) != server.directive {
                return Some(cache);
            }
        }
        None
    }

    /// The first directive that reaches the flaw.
    fn trigger(&self, trigger: Trigger) -> Option<Directive<'_>> {
        let first = |key: Key| self.all(key).next();
        let on = |key: Key| self.all(key).find(|line| line.text(0).eq_ignore_ascii_case("on"));
        let listen_with =
            |word: &str| self.all(key!("listen")).find(|line| line.args().iter().any(|arg| arg.text == word));
        let has_capture = |line: &Directive<'_>| line.pattern().is_some_and(|pattern| pattern.text().contains('('));
        match trigger {
            Trigger::Always => None,
            Trigger::MapRegex => {
                self.all(key!("map")).find(|map| map.block().children().any(|entry| entry.pattern().is_some()))
            }
            Trigger::Slice => first(key!("slice")).or_else(|| on(key!("proxy_cache_background_update"))),
            Trigger::Ssi => on(key!("ssi")),
            Trigger::Quic => listen_with("quic"),
            Trigger::IgnoredHeaders => {
                let off = self.all(key!("ignore_invalid_headers")).find(|line| line.text(0) == "off")?;
                let version2 = self.all(key!("proxy_http_version")).any(|line| line.text(0) == "2");
                (version2 || self.has(key!("grpc_pass"))).then_some(off)
            }
            Trigger::CharsetMap => first(key!("charset_map")),
            Trigger::RewriteCaptures => self.all(key!("rewrite")).find(has_capture),
            Trigger::Http2SetBody => {
                let version2 = self.all(key!("proxy_http_version")).any(|line| line.text(0) == "2");
                first(key!("proxy_set_body")).filter(|_| version2)
            }
            Trigger::RewriteQuery => self.all(key!("rewrite")).find(|line| {
                let target = line.text(1);
                let follows = line
                    .scope()
                    .children()
                    .any(|next| next.id() > line.id() && next.is_any(&[key!("rewrite"), key!("if"), key!("set")]));
                target.contains('?') && target.contains('$') && has_capture(line) && follows
            }),
            Trigger::ScgiUwsgi => first(key!("scgi_pass")).or_else(|| first(key!("uwsgi_pass"))),
            Trigger::OcspResolver => {
                self.all(key!("ssl_ocsp")).find(|line| line.text(0) != "off").filter(|_| self.has(key!("resolver")))
            }
            Trigger::DavAlias => self.all(key!("dav_methods")).find(|line| {
                let copies = line.args().iter().any(|arg| arg.text == "COPY" || arg.text == "MOVE");
                copies && line.scope().has(key!("alias"))
            }),
            Trigger::Mp4 => first(key!("mp4")),
            Trigger::MailCram => [key!("smtp_auth"), key!("imap_auth"), key!("pop3_auth")]
                .into_iter()
                .flat_map(|key| self.all(key))
                .find(|line| line.args().iter().any(|arg| matches!(arg.text, "cram-md5" | "apop"))),
            Trigger::MailResolver => {
                first(key!("auth_http")).filter(|line| line.scope().effective(key!("resolver")).is_some())
            }
            Trigger::StreamOcsp => self.all(key!("ssl_ocsp")).find(|line| {
                line.text(0) != "off" && matches!(line.context(), Context::Stream | Context::StreamServer)
            }),
            Trigger::TlsUpstream => self.passes.iter().find(|pass| pass.is_tls()).map(|pass| pass.directive(self)),
            Trigger::MailSmtp => self.all(key!("protocol")).find(|line| line.text(0) == "smtp"),
            Trigger::SharedSessions => {
                let verifies = self.all(key!("ssl_verify_client")).find(|line| line.text(0) != "off")?;
                (self.servers.iter().filter(|server| server.is_tls(self)).count() > 1).then_some(verifies)
            }
            Trigger::SharedSessionCache => self.shared_session_cache(),
            Trigger::TlsListen => listen_with("ssl").or_else(|| on(key!("ssl"))),
            Trigger::Dav => first(key!("dav_methods")),
            Trigger::Resolver => first(key!("resolver")),
            Trigger::Http2 => listen_with("http2").or_else(|| on(key!("http2"))),
            Trigger::MailStarttls => self.all(key!("starttls")).find(|line| line.text(0) != "off"),
            Trigger::Spdy => listen_with("spdy"),
            Trigger::AnyPass => self
                .passes
                .iter()
                .find(|pass| !matches!(pass.family, Family::Stream | Family::Memcached | Family::Tunnel))
                .map(|pass| pass.directive(self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use confvet_core::{Facts, FileId, Input, Source, Sources, Target};

    fn flaws(version: &str, http: &str) -> Vec<&'static str> {
        let sources: Sources =
            [Source::new("nginx.conf", format!("events {{}} http {{ {http} }}"))].into_iter().collect();
        let (mut target, facts) = (Target::new(), Facts::new());
        target.set("nginx", version, &["nginx"]).unwrap();
        let input = Input { sources: &sources, file: FileId(0), kind: "nginx-conf", target: &target, facts: &facts };
        let known = Nginx::read(&input).model.known_flaws();
        known.into_iter().filter(|flaw| flaw.trigger.is_some()).map(|flaw| flaw.id).collect()
    }

    #[test]
    fn sessions_are_shared_when_two_servers_name_one_zone() {
        let servers = |a: &str, b: &str| format!("server {{ listen 443 ssl; {a} }} server {{ listen 444 ssl; {b} }}");
        let (one, two) = ("ssl_session_cache shared:a:1m;", "ssl_session_cache shared:b:1m;");
        assert_eq!(flaws("1.6.1", &servers(one, one)), ["CVE-2014-3616"]);
        assert_eq!(flaws("1.6.1", &format!("{one} {}", servers("", ""))), ["CVE-2014-3616"]);
        assert_eq!(flaws("1.6.1", &servers(one, two)), [""; 0]);
        assert_eq!(flaws("1.6.2", &servers(one, one)), [""; 0]);
    }

    #[test]
    fn the_highest_mended_branch_means_all_above_it() {
        assert!(flaws("1.20.0", "resolver 10.0.0.1;").contains(&"CVE-2021-23017"));
        for version in ["1.20.1", "1.20.2", "1.21.0", "1.25.0"] {
            assert!(!flaws(version, "resolver 10.0.0.1;").contains(&"CVE-2021-23017"), "{version}");
        }
    }
}
