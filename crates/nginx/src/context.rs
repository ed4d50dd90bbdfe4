//! The places a directive may stand in, as nginx's modules name them.

use serde::{Serialize, Serializer};

/// Where a directive stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each variant is named in `Context::name`")]
pub enum Context {
    Main,
    Events,
    Http,
    Server,
    Location,
    Upstream,
    ServerIf,
    LocationIf,
    LimitExcept,
    Stream,
    StreamServer,
    StreamUpstream,
    Mail,
    MailServer,
    Mgmt,
    AcmeIssuer,
    OidcProvider,
    Rtmp,
    RtmpServer,
    RtmpApplication,
    RtmpRecorder,
    /// A block of a module whose own directives are not all known.
    Foreign,
    /// Inside `map`, `geo`, `types`, `split_clients` and `charset_map`: the words are entries, not directives.
    Entries,
    /// Not known: the block around it is not known.
    Unknown,
}

/// The protocol a block belongs to; variables and upstreams of one are unknown to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// Below `http`.
    Http,
    /// Below `stream`.
    Stream,
}

const ALL: &[Context] = &[
    Context::Main,
    Context::Events,
    Context::Http,
    Context::Server,
    Context::Location,
    Context::Upstream,
    Context::ServerIf,
    Context::LocationIf,
    Context::LimitExcept,
    Context::Stream,
    Context::StreamServer,
    Context::StreamUpstream,
    Context::Mail,
    Context::MailServer,
    Context::Mgmt,
    Context::AcmeIssuer,
    Context::OidcProvider,
    Context::Rtmp,
    Context::RtmpServer,
    Context::RtmpApplication,
    Context::RtmpRecorder,
];

impl Context {
    /// The words people use for it: "http", "server", "if in location".
    pub fn name(self) -> &'static str {
        match self {
            Context::Main => "main",
            Context::Events => "events",
            Context::Http => "http",
            Context::Server => "server",
            Context::Location => "location",
            Context::Upstream => "upstream",
            Context::ServerIf => "if in server",
            Context::LocationIf => "if in location",
            Context::LimitExcept => "limit_except",
            Context::Stream => "stream",
            Context::StreamServer => "stream server",
            Context::StreamUpstream => "stream upstream",
            Context::Mail => "mail",
            Context::MailServer => "mail server",
            Context::Mgmt => "mgmt",
            Context::AcmeIssuer => "acme_issuer",
            Context::OidcProvider => "oidc_provider",
            Context::Rtmp => "rtmp",
            Context::RtmpServer => "rtmp server",
            Context::RtmpApplication => "application",
            Context::RtmpRecorder => "recorder",
            Context::Foreign => "block of another module",
            Context::Entries => "list of entries",
            Context::Unknown => "unknown",
        }
    }

    /// Below `http`, below `stream`, or neither.
    pub fn protocol(self) -> Option<Protocol> {
        match self {
            Context::Http
            | Context::Server
            | Context::Location
            | Context::Upstream
            | Context::ServerIf
            | Context::LocationIf
            | Context::LimitExcept => Some(Protocol::Http),
            Context::Stream | Context::StreamServer | Context::StreamUpstream => Some(Protocol::Stream),
            _ => None,
        }
    }

    /// A `location`, or an `if` or `limit_except` in one.
    pub fn is_in_location(self) -> bool {
        matches!(self, Context::Location | Context::LocationIf | Context::LimitExcept)
    }

    /// Are the directives that may stand here all known?
    pub fn is_checked(self) -> bool {
        !matches!(self, Context::Foreign | Context::Entries | Context::Unknown)
    }

    /// What stands inside a block of that name that itself stands here.
    pub fn inside(self, block: &str) -> Context {
        match (self, block) {
            (_, "map" | "geo" | "types" | "split_clients" | "charset_map" | "num_map" | "geoip2") => Context::Entries,
            (Context::Main, "events") => Context::Events,
            (Context::Main, "http") => Context::Http,
            (Context::Main, "stream") => Context::Stream,
            (Context::Main, "mail") => Context::Mail,
            (Context::Main, "rtmp") => Context::Rtmp,
            (Context::Main, "mgmt") => Context::Mgmt,
            (Context::Http, "server") => Context::Server,
            (Context::Http, "upstream") => Context::Upstream,
            (Context::Http, "acme_issuer") => Context::AcmeIssuer,
            (Context::Http, "oidc_provider") => Context::OidcProvider,
            (Context::Server | Context::Location, "location") => Context::Location,
            (Context::Server, "if") => Context::ServerIf,
            (Context::Location, "if") => Context::LocationIf,
            (Context::Location, "limit_except") => Context::LimitExcept,
            (Context::Stream, "server") => Context::StreamServer,
            (Context::Stream, "upstream") => Context::StreamUpstream,
            (Context::Mail, "server") => Context::MailServer,
            (Context::Rtmp, "server") => Context::RtmpServer,
            (Context::RtmpServer, "application") => Context::RtmpApplication,
            (Context::RtmpApplication, "recorder") => Context::RtmpRecorder,
            (_, "match" | "otel_exporter") => Context::Foreign,
            (Context::Main, "server") => Context::Server,
            (Context::Main | Context::ServerIf | Context::LocationIf, "location") => Context::Location,
            (Context::Main, "upstream") => Context::Upstream,
            _ => Context::Unknown,
        }
    }
}

impl Serialize for Context {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A set of contexts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contexts(pub(crate) u32);

impl Contexts {
    /// Is the context in the set?
    pub fn contains(self, context: Context) -> bool {
        match context {
            Context::Entries | Context::Unknown => false,
            Context::Foreign => self.0 & 1 << 21 != 0,
            context => self.0 & 1 << context as u32 != 0,
        }
    }

    /// Is every context in the set?
    pub(crate) fn is_everywhere(self) -> bool {
        self.0 == u32::MAX
    }

    /// What is in both.
    #[must_use]
    pub fn and(self, other: Contexts) -> Contexts {
        Contexts(self.0 & other.0)
    }

    /// What is in one of them.
    #[must_use]
    pub fn or(self, other: Contexts) -> Contexts {
        Contexts(self.0 | other.0)
    }

    /// The contexts, from the outermost inwards.
    pub fn iter(self) -> impl Iterator<Item = Context> {
        ALL.iter().copied().filter(move |&context| self.contains(context))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_and_contexts_agree() {
        for (bit, &context) in ALL.iter().enumerate() {
            assert_eq!(Contexts(1 << bit).iter().collect::<Vec<_>>(), [context]);
        }
    }
}
