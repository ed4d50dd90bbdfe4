//! Redis and Valkey, read as the servers read them: redis.conf and sentinel.conf with their includes, ACL files,
//! `INFO` snapshots, and the parameters of ElastiCache and MemoryDB.
//!
//! ```
//! let conf = confvet_redis::parse("maxmemory 2gb\nmaxmemory-policy allkeys-lru\n").model;
//! assert_eq!(conf.maxmemory().unwrap().value.bytes(), 2 << 30);
//! assert!(conf.policy().unwrap().value.evicts_all_keys());
//! assert_eq!(conf.port().unwrap().value, 6379); // the default
//! ```
//!
//! [`RedisConf`] is a main file with everything it includes, in the order in which the server executes it: the last
//! statement wins, wherever it stands. Typed questions ([`RedisConf::maxmemory`], [`RedisConf::save_points`],
//! [`RedisConf::default_user`], …) give the value that holds and the place where it was set.
#![forbid(unsafe_code)]

mod cloud;
mod deployment;
mod detect;
mod keys;
mod model;
mod rules;
mod schema;
mod slots;
mod syntax;
mod value;
mod version;

pub use cloud::{
    Allowed, Attribute, Cloud, Notation, Parameter, ParameterInfo, Resource, ResourceKind, Scalar, node_memory,
};
pub use keys::{Command, Key, Kind, Support};
pub use model::{
    AboutMasters, AclFile, AclProblem, AclProblemKind, AclRule, AclUser, ArityCause, BindAddress, DefaultUser,
    Document, Exposure, Include, IncludeOutcome, Info, InfoField, Keyspace, KeyspaceLine, LineFault, Mode, Monitor,
    Permissions, Policy, Problem, ProblemKind, RedisConf, Rename, ReplicaBufferLimit, RuleWord, SaveFault, SavePoints,
    Secret, Setting, Statement, Unknown, Workload, WorkloadReason,
};
pub use syntax::Token;
pub use value::{integer, leading_integer, lenient_memory, memory, switch, write_memory};
pub use version::{Engine, Number, Release};

use confvet_core::{
    Detection, Hint, HintScope, Identity, Input, Parsed, Rule, Set, Spanned, Statement as Says, System, read_alone,
};

pub(crate) const REDIS_CONF: &str = "redis-conf";
pub(crate) const SENTINEL_CONF: &str = "sentinel-conf";
pub(crate) const REDIS_ACL: &str = "redis-acl";
pub(crate) const REDIS_INFO: &str = "redis-info";
pub(crate) const TERRAFORM: &str = "elasticache-terraform";
pub(crate) const CLOUDFORMATION: &str = "elasticache-cloudformation";
pub(crate) const DESCRIBED: &str = "elasticache-json";

/// Redis and Valkey.
#[derive(Debug, Clone, Copy)]
pub struct Redis;

impl System for Redis {
    type Model = Document;

    const NAME: &'static str = "redis";
    const TITLE: &'static str = "Redis";
    const TARGETS: &'static [&'static str] = &["redis", "valkey"];
    const KINDS: &'static [&'static str] =
        &[REDIS_CONF, SENTINEL_CONF, REDIS_ACL, REDIS_INFO, TERRAFORM, CLOUDFORMATION, DESCRIBED];

    fn might_be(path: &str) -> bool {
        detect::might_be(path)
    }

    fn detect(path: &str, text: &str) -> Option<Detection> {
        detect::detect(path, text)
    }

    fn parse(input: &Input<'_>) -> Parsed<Document> {
        let text = input.text();
        match input.kind {
            REDIS_ACL => {
                let acl = AclFile::read(input.sources, input.file, Release::of(input.target));
                let rules = acl.users.iter().flat_map(|user| &user.rules).map(|rule| &rule.token);
                let secrets = schema::user_secrets(rules);
                Parsed { model: Document::Acl(acl), files: vec![input.file], secrets }
            }
            REDIS_INFO => {
                let info = Info::read(input.file, input.source().path(), text);
                Parsed { model: Document::Info(info), files: vec![input.file], secrets: Vec::new() }
            }
            TERRAFORM | CLOUDFORMATION | DESCRIBED => {
                let mut cloud = match input.kind {
                    TERRAFORM => cloud::read_terraform(input.file, text),
                    CLOUDFORMATION => cloud::read_template(input.file, text),
                    _ => cloud::read_described(input.file, text),
                };
                if input.kind == TERRAFORM {
                    cloud.directory = Some(confvet_core::source::parent(input.source().path()).to_owned());
                }
                cloud.infer_workloads(input);
                let secrets = cloud.secrets();
                Parsed { model: Document::Cloud(cloud), files: vec![input.file], secrets }
            }
            _ => {
                let conf = RedisConf::read(input);
                let secrets = schema::secrets(&conf);
                Parsed { files: conf.files().to_vec(), model: Document::Conf(Box::new(conf)), secrets }
            }
        }
    }

    fn identity(document: &Document) -> Identity {
        match document {
            Document::Conf(conf) => conf.identity(),
            Document::Info(info) => Identity { hints: info.hints(), ..Identity::default() },
            Document::Acl(_) | Document::Cloud(_) => Identity::default(),
        }
    }

    fn rules() -> &'static [&'static Rule<Document>] {
        rules::FILE_RULES
    }

    fn set_rules() -> &'static [&'static Rule<Set<Document>>] {
        rules::SET_RULES
    }
}

impl RedisConf {
    fn identity(&self) -> Identity {
        let named = |token: &Token| Spanned::new(token.text.to_string(), token.span);
        let announced = self.last("replica-announce-ip").or_else(|| self.last("sentinel announce-ip"));
        let announced = announced.and_then(Statement::value);
        let bound = self.binds().into_iter().map(|bind| Spanned::new(bind.address, bind.token.span));
        let mut addresses: Vec<_> = bound.collect();
        addresses.extend(announced.map(|token| Spanned::new(confvet_core::Address::parse(&token.text), token.span)));
        Identity {
            cluster: self.monitors().next().map(|monitor| named(monitor.name)),
            member: None,
            addresses,
            hints: Vec::new(),
        }
    }
}

impl Info {
    fn hints(&self) -> Vec<Hint> {
        let Some((engine, version, span)) = self.version() else { return Vec::new() };
        let program = match engine {
            Engine::Redis => "redis",
            Engine::Valkey => "valkey",
        };
        vec![Hint { scope: HintScope::Directory, says: Says::Version(program, version), span }]
    }
}

/// Reads a redis.conf or sentinel.conf by itself, without includes, for the newest version.
pub fn parse(text: &str) -> Parsed<RedisConf> {
    let kind = match detect::detect("redis.conf", text) {
        Some(detection) if detection.kind == SENTINEL_CONF => SENTINEL_CONF,
        _ => REDIS_CONF,
    };
    let model = read_alone("redis.conf", kind, text, RedisConf::read);
    let secrets = schema::secrets(&model);
    Parsed { files: model.files().to_vec(), model, secrets }
}
