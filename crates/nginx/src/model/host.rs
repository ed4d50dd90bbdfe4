//! Hosts as they stand in `server` and `*_pass`, and how their names behave.

use compact_str::CompactString;
use confvet_core::source;
use serde::Serialize;
use std::net::IpAddr;
use std::ops::Range;

/// A host with its port, within a word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    /// The host: a name, an address without brackets, or the path of a socket.
    pub host: CompactString,
    /// The port, if one is written.
    pub port: Option<u16>,
    /// What kind of host.
    pub class: HostClass,
    /// The bytes of the host in the word, brackets included.
    #[serde(skip)]
    pub range: Range<usize>,
}

/// How the addresses of a host come and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HostClass {
    /// An IP address.
    Ip,
    /// A UNIX socket.
    Unix,
    /// `localhost`.
    Loopback,
    /// It holds a variable.
    Variable,
    /// A name without a dot: a container, a service, or an upstream.
    Bare,
    /// A name of a private zone.
    Internal,
    /// Any other name with a dot.
    Public,
    /// A name whose addresses are known to change: load balancers, serverless platforms, content networks.
    Rotating,
}

const PRIVATE_LABELS: &[&str] = &[
    "local",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "localdomain",
    "test",
    "invalid",
    "example",
    "prod",
    "staging",
    "stage",
    "qa",
    "uat",
    "svc",
    "consul",
];

/// Suffixes of names whose addresses change without notice, dot included.
const ROTATING_SUFFIXES: &[&str] = &[
    ".elb.amazonaws.com",
    ".cloudfront.net",
    ".s3.amazonaws.com",
    ".elasticbeanstalk.com",
    ".es.amazonaws.com",
    ".run.app",
    ".cloudfunctions.net",
    ".appspot.com",
    ".googleapis.com",
    ".web.app",
    ".firebaseapp.com",
    ".azurewebsites.net",
    ".azurefd.net",
    ".azureedge.net",
    ".trafficmanager.net",
    ".cloudapp.azure.com",
    ".azure-api.net",
    ".azurestaticapps.net",
    ".core.windows.net",
    ".herokuapp.com",
    ".herokudns.com",
    ".vercel.app",
    ".netlify.app",
    ".onrender.com",
    ".fly.dev",
    ".workers.dev",
    ".pages.dev",
    ".r2.dev",
    ".akamaiedge.net",
    ".akamaihd.net",
    ".akamaized.net",
    ".edgekey.net",
    ".edgesuite.net",
    ".fastly.net",
    ".fastlylb.net",
    ".b-cdn.net",
    ".ondigitalocean.app",
    ".digitaloceanspaces.com",
    ".service.consul",
    ".query.consul",
];

/// Labels of Amazon's names before the region.
const REGIONAL: &[(&str, &str)] =
    &[("elb", "amazonaws.com"), ("execute-api", "amazonaws.com"), ("lambda-url", "on.aws"), ("s3", "amazonaws.com")];

impl HostClass {
    /// The class of a host that is written as it is.
    pub fn of(host: &str) -> Self {
        if host.contains('$') {
            return HostClass::Variable;
        }
        if host.starts_with("unix:") {
            return HostClass::Unix;
        }
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        if bare.parse::<IpAddr>().is_ok() {
            return HostClass::Ip;
        }
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
        if host.bytes().all(is_plain) && host != "localhost" && !host.ends_with("lb") {
            return HostClass::Bare;
        }
        let name = host.trim_end_matches('.').to_ascii_lowercase();
        let labels: Vec<&str> = name.split('.').collect();
        let last = labels.last().copied().unwrap_or_default();
        if last == "localhost" {
            return HostClass::Loopback;
        }
        let is_balancer = |label: &str| {
            ["alb", "elb", "lb"].contains(&label) || ["-alb", "-elb", "-lb"].iter().any(|end| label.ends_with(end))
        };
        if labels.iter().any(|label| is_balancer(label))
            || ROTATING_SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
            || is_regional(&labels)
        {
            return HostClass::Rotating;
        }
        match labels.len() {
            1 => HostClass::Bare,
            _ if PRIVATE_LABELS.contains(&last) || name.ends_with(".svc.cluster.local") => HostClass::Internal,
            _ => HostClass::Public,
        }
    }

    /// Is it a name that DNS has to know?
    pub fn is_name(self) -> bool {
        matches!(self, HostClass::Bare | HostClass::Internal | HostClass::Public | HostClass::Rotating)
    }
}

/// `x.elb.eu-west-1.amazonaws.com`, `x.s3-eu-west-1.amazonaws.com` and the like.
fn is_regional(labels: &[&str]) -> bool {
    let labels = labels.strip_suffix(&["cn"]).unwrap_or(labels);
    let [.., service, region, domain, top] = labels else { return false };
    let base = format!("{domain}.{top}");
    REGIONAL
        .iter()
        .any(|&(name, suffix)| suffix == base && (*service == name || name == "s3" && region.starts_with("s3-")))
}

impl Endpoint {
    /// Reads `host`, `host:port`, `[v6]:port` and `unix:/path`. `offset` is where the text starts in its word.
    pub fn parse(text: &str, offset: usize) -> Self {
        let (host_end, port) = if text.starts_with("unix:") {
            (text.len(), None)
        } else {
            let after_bracket = text.rfind(']').map_or(0, |at| at + 1);
            match text[after_bracket..].rfind(':') {
                Some(colon) => {
                    let colon = colon + after_bracket;
                    (colon, text[colon + 1..].parse().ok())
                }
                None => (text.len(), None),
            }
        };
        let host = &text[..host_end];
        let class = HostClass::of(host);
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        Self { host: CompactString::new(bare), port, class, range: offset..offset + host_end }
    }

    /// A name that fits an upstream of its own: its first label with `_` for everything else.
    pub fn group_name(&self) -> String {
        let label = source::file_name(&self.host).split('.').next().unwrap_or_default();
        let name: String =
            label.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
        if name.is_empty() { "backend".to_owned() } else { name }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_names() {
        for (host, class) in [
            ("10.0.0.1", HostClass::Ip),
            ("[2001:db8::1]", HostClass::Ip),
            ("unix:/run/x.sock", HostClass::Unix),
            ("localhost", HostClass::Loopback),
            ("$backend", HostClass::Variable),
            ("cart", HostClass::Bare),
            ("api.corp.example", HostClass::Internal),
            ("cart.shop.svc.cluster.local", HostClass::Internal),
            ("api.example.com", HostClass::Public),
            ("booking-alb.internal", HostClass::Rotating),
            ("internal-pay-7.eu-west-1.elb.amazonaws.com", HostClass::Rotating),
            ("x.elb.eu-west-1.amazonaws.com", HostClass::Rotating),
            ("x.execute-api.eu-west-1.amazonaws.com", HostClass::Rotating),
            ("b.s3-eu-west-1.amazonaws.com", HostClass::Rotating),
            ("web.service.consul", HostClass::Rotating),
            ("x.awsglobalaccelerator.com", HostClass::Public),
            ("net-nlb.example.com", HostClass::Public),
        ] {
            assert_eq!(HostClass::of(host), class, "{host}");
        }
    }

    #[test]
    fn ports_are_split_off_and_the_host_keeps_its_place() {
        let endpoint = Endpoint::parse("[::1]:8080", 7);
        assert_eq!((endpoint.host.as_str(), endpoint.port, endpoint.range), ("::1", Some(8080), 7..12));
        assert_eq!(Endpoint::parse("unix:/run/a:b", 0).port, None);
        assert_eq!(Endpoint::parse("pay-api.example", 0).group_name(), "pay_api");
    }
}
