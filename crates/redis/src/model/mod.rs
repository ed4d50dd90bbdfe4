//! The typed models: a server or Sentinel configuration, an ACL file, an INFO snapshot.

mod acl;
mod conf;
mod info;
mod listen;
mod policy;
mod problem;
mod sentinel;
mod serialize;
mod setting;
mod workload;

pub(crate) use acl::sha256;
pub use acl::{AclFile, AclProblem, AclProblemKind, AclRule, AclUser, LineFault, Permissions, RuleWord, Secret};
pub use conf::{Include, IncludeOutcome, Mode, RedisConf, Rename, ReplicaBufferLimit, SavePoints, Statement};
pub(crate) use info::with_commas;
pub use info::{Info, InfoField, Keyspace, KeyspaceLine};
pub use listen::{BindAddress, DefaultUser, Exposure};
pub use policy::Policy;
pub use problem::{ArityCause, Problem, ProblemKind, SaveFault, Unknown};
pub use sentinel::{AboutMasters, Monitor};
pub use setting::Setting;
pub(crate) use workload::has_word;
pub use workload::{Workload, WorkloadReason};

use crate::cloud::Cloud;
use serde::Serialize;

/// One file of Redis's world, read, with what it includes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Document {
    /// redis.conf or sentinel.conf.
    Conf(Box<RedisConf>),
    /// An ACL file.
    Acl(AclFile),
    /// The reply of `INFO`.
    Info(Info),
    /// Resources of ElastiCache and MemoryDB.
    Cloud(Cloud),
}

impl Document {
    /// The configuration of a server or Sentinel, if it is one.
    pub fn conf(&self) -> Option<&RedisConf> {
        match self {
            Document::Conf(conf) => Some(conf),
            _ => None,
        }
    }

    /// The configuration of a server, if it is one.
    pub fn server(&self) -> Option<&RedisConf> {
        self.conf().filter(|conf| conf.mode == Mode::Server)
    }

    /// The configuration of a Sentinel, if it is one.
    pub fn sentinel(&self) -> Option<&RedisConf> {
        self.conf().filter(|conf| conf.mode == Mode::Sentinel)
    }

    /// The snapshot, if it is one.
    pub fn info(&self) -> Option<&Info> {
        match self {
            Document::Info(info) => Some(info),
            _ => None,
        }
    }

    /// The resources, if it is a file of those.
    pub fn cloud(&self) -> Option<&Cloud> {
        match self {
            Document::Cloud(cloud) => Some(cloud),
            _ => None,
        }
    }

    /// The ACL file: this one, or the one the configuration names.
    pub fn acl(&self) -> Option<&AclFile> {
        match self {
            Document::Acl(acl) => Some(acl),
            Document::Conf(conf) => conf.acl.as_ref(),
            Document::Info(_) | Document::Cloud(_) => None,
        }
    }
}
