//! A configuration with its includes as one tree, and the questions rules ask of it.

mod access;
mod bounds;
mod build;
mod connection;
mod doubles;
mod entries;
mod exposure;
mod flaw;
mod header;
mod host;
mod location;
mod lookup;
mod origin;
mod params;
mod pass;
mod references;
mod resolver;
mod schema;
mod server;
mod shadow;
mod sticky;
mod structure;
mod taint;
mod tls;
mod tree;
mod upstream;
mod url;
mod variable;

pub use access::{AccessControl, AccessKind};
pub use connection::{ProxyHttpVersion, ReusedConnections};
pub use header::{DroppedHeaders, HeaderFamily};
pub(crate) use tls::weak_ciphers;
pub(crate) use variable::{Nameless, built_in, built_in_names};

pub use host::{Endpoint, HostClass};
pub use location::{Location, LocationKind};
pub use pass::{Family, Pass};
pub use references::{Missing, Reference};
pub use resolver::{NameServer, Resolver, ResolverUse};
pub(crate) use schema::is_placeholder;
pub use schema::{BadValue, Problem};
pub use server::{Listen, Server, SocketAddress};
pub(crate) use taint::Client;
pub use tls::{CipherFault, WeakCipher};
pub use tree::{Directive, Scope};
pub use upstream::{Upstream, UpstreamServer};
pub use variable::{Definition, DefinitionKind, Possible, Use};

use crate::context::{Context, Protocol};
use crate::keys::Key;
use crate::release::Release;
use crate::syntax::{FileTree, Word};
use compact_str::CompactString;
use confvet_core::{Address, FileId, Identity, Input, Map, Parsed, Span, Spanned};
use serde::ser::{Serialize, SerializeStruct, Serializer};

/// How the context of the file that was read first came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootKind {
    /// It is a main file: `events`, `http`, `stream` or `mail` stand in it.
    Main,
    /// Its path says where it is included.
    ByPath,
    /// Its directives say where it can be included.
    ByContent,
    /// Nothing fits; the context is a guess.
    Guess,
}

/// What came of an `include`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IncludeState {
    /// Its files are part of the tree.
    Read,
    /// A file that the package ships, such as `mime.types`; it is not here, but its content is known.
    Shipped,
    /// Not among the files, and it need not be.
    Absent,
    /// Not among the files, though it should be.
    NotFound,
    /// Found beside the file that includes it, where nginx does not look.
    BesideIncluder,
    /// A glob that no file matches.
    EmptyGlob,
    /// It includes itself.
    Cycle,
}

impl IncludeState {
    /// Is what it includes known?
    fn is_known(self) -> bool {
        matches!(self, IncludeState::Read | IncludeState::Shipped)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Include {
    node: u32,
    state: IncludeState,
    found: Option<FileId>,
}

/// A configuration of nginx: the tree of a main file, or of a fragment in the context it is made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nginx {
    trees: Vec<FileTree>,
    nodes: Vec<tree::Node>,
    /// Direct children's keys of each block, as a bit set of hashes; the last is for the top level.
    masks: Vec<u64>,
    /// Children of wide blocks by key.
    wide: Map<u32, Vec<(Key, u32)>>,
    by_key: Vec<u32>,
    by_key_start: Vec<u32>,
    includes: Vec<Include>,
    /// Of one of the includes the content is not known.
    has_unread_include: bool,
    problems: Vec<Problem>,
    /// Every regular expression, once: those with regard to case, those without.
    patterns: [Map<CompactString, variable::Read>; 2],
    uses: variable::Uses,
    locations: Vec<location::LocationAt>,
    /// The servers by socket, of `http` and of `stream`.
    sockets: [Map<SocketAddress, server::Listeners>; 2],
    root: Context,
    root_kind: RootKind,
    release: Release,
    passes: Vec<Pass>,
    group_uses: pass::GroupUses,
    upstreams: Vec<Upstream>,
    servers: Vec<Server>,
    resolvers: Vec<Resolver>,
    /// Variables by name, in `http` and in `stream`.
    definitions: [Map<String, Vec<Definition>>; 2],
    /// Hosts known from the start, with the directive that names each first.
    literals: Map<(crate::Protocol, String, Option<u16>), u32>,
    /// A directive is not of the open-source distribution, or unknown.
    foreign: bool,
}

impl Nginx {
    /// Reads a configuration and everything it includes from among the sources.
    pub fn read(input: &Input<'_>) -> Parsed<Nginx> {
        let mut nginx = build::build(input);
        let problems = schema::check(&nginx);
        nginx.problems = problems;
        nginx.foreign = nginx.find_foreign_directive();
        nginx.patterns = variable::read_patterns(&nginx);
        nginx.uses = variable::uses(&nginx);
        nginx.locations = location::read(&nginx);
        nginx.definitions = variable::definitions(&nginx);
        nginx.upstreams = upstream::read(&nginx);
        nginx.passes = pass::read(&nginx);
        nginx.group_uses = pass::GroupUses::new(&nginx);
        nginx.problems.extend(pass::without_port(&nginx));
        nginx.literals = nginx.literal_hosts();
        nginx.servers = server::read(&nginx);
        nginx.sockets = [Protocol::Http, Protocol::Stream].map(|protocol| server::sockets(&nginx.servers, protocol));
        for index in server::defaults(&nginx) {
            nginx.servers[index].is_default = true;
        }
        nginx.resolvers = resolver::read(&nginx);
        let files = nginx.trees.iter().map(|tree| tree.file).collect();
        let secrets = nginx.secrets();
        Parsed { model: nginx, files, secrets }
    }

    /// The context of the first file's top level.
    pub fn root_context(&self) -> Context {
        self.root
    }

    /// How that context is known.
    pub fn root_kind(&self) -> RootKind {
        self.root_kind
    }

    /// The first file is a whole configuration, not a fragment.
    pub fn is_main(&self) -> bool {
        self.root_kind == RootKind::Main
    }

    /// The program and version that will read it.
    pub fn release(&self) -> &Release {
        &self.release
    }

    /// Every file, with the faults and comments that the tokenizer found. Their statements are the directives of the tree.
    pub fn trees(&self) -> &[FileTree] {
        &self.trees
    }

    /// Problems of directives: names, places, numbers of arguments, values.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// All upstream groups.
    pub fn upstreams(&self) -> &[Upstream] {
        &self.upstreams
    }

    /// All `*_pass` directives.
    pub fn passes(&self) -> &[Pass] {
        &self.passes
    }

    /// All servers of `http` and `stream`.
    pub fn servers(&self) -> &[Server] {
        &self.servers
    }

    /// All `resolver` directives.
    pub fn resolvers(&self) -> &[Resolver] {
        &self.resolvers
    }

    /// The includes and what came of them; the file is the one that was found instead.
    pub fn includes(&self) -> impl Iterator<Item = (Directive<'_>, IncludeState, Option<FileId>)> {
        self.includes.iter().map(|include| (self.directive(include.node), include.state, include.found))
    }

    /// Is this a main file all of whose includes have been read?
    pub fn is_complete(&self) -> bool {
        self.is_main() && !self.has_unread_include
    }

    /// The addresses its servers listen on are the machine's own.
    pub(crate) fn identity(&self) -> Identity {
        let listens = self.servers.iter().flat_map(|server| server.listens.iter());
        let addresses = listens
            .filter(|listen| listen.address.host != "*" && !listen.address.host.starts_with("unix:"))
            .map(|listen| Spanned::new(Address::parse(&listen.address.host), listen.directive(self).span()))
            .filter(|address| matches!(address.value, Address::Ip(_)) && !address.value.is_wildcard())
            .collect();
        Identity { addresses, ..Identity::default() }
    }

    /// Where secrets stand in plain text.
    pub(crate) fn secrets(&self) -> Vec<Span> {
        self.secret_words().map(|word| word.inner()).collect()
    }

    fn secret_words(&self) -> impl Iterator<Item = Word<'_>> {
        const ALWAYS: &[Key] = &[crate::keys::key!("secure_link_secret"), crate::keys::key!("secure_link_md5")];
        const NAMED: &[Key] = &[
            crate::keys::key!("proxy_set_header"),
            crate::keys::key!("grpc_set_header"),
            crate::keys::key!("add_header"),
            crate::keys::key!("fastcgi_param"),
            crate::keys::key!("uwsgi_param"),
            crate::keys::key!("auth_http_header"),
        ];
        let always = ALWAYS.iter().flat_map(|&key| self.all(key)).filter_map(|directive| directive.arg(0));
        let named = NAMED.iter().flat_map(|&key| self.all(key)).filter_map(|directive| {
            let value = directive.arg(1).filter(|word| !word.text.is_empty() && !word.has_dollar)?;
            is_credential(directive.text(0)).then_some(value)
        });
        always.chain(named)
    }
}

/// Does a header or parameter of that name carry a credential?
fn is_credential(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('_', "-");
    matches!(name.as_str(), "authorization" | "proxy-authorization" | "cookie" | "x-auth-key")
        || ["token", "secret", "password", "api-key", "apikey"].iter().any(|part| name.contains(part))
}

/// The typed parts, and the tree as nested directives. Secrets are masked.
impl Serialize for Nginx {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut whole = serializer.serialize_struct("Nginx", 6)?;
        whole.serialize_field("context", &self.root)?;
        whole.serialize_field("release", &self.release)?;
        whole.serialize_field("upstreams", &self.upstreams)?;
        whole.serialize_field("servers", &self.servers)?;
        whole.serialize_field("passes", &self.passes)?;
        whole.serialize_field("directives", &tree::Nested::new(self.top(), &self.secrets()))?;
        whole.end()
    }
}
