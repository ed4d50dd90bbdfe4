//! Where a server listens, and who may come in.

use super::{AclUser, RedisConf, Statement};
use crate::syntax::Token;
use confvet_core::Address;

/// One word of a `bind` statement.
#[derive(Debug, Clone, PartialEq)]
pub struct BindAddress {
    /// As written.
    pub token: Token,
    /// The address, without the `-` in front.
    pub address: Address,
    /// A `-` in front: the server starts even if the host does not have the address.
    pub optional: bool,
}

/// How far a server can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exposure {
    /// No TCP port at all.
    Nowhere,
    /// From its own host only.
    Loopback,
    /// From private networks only.
    Private,
    /// From every interface, or on a public address or a name that may be one.
    Everywhere,
}

/// What a connection may do that has not logged in.
#[derive(Debug, Clone, PartialEq)]
pub enum DefaultUser<'a> {
    /// The default user has no password.
    Open,
    /// It needs a password, which this statement sets.
    Password(&'a Statement),
    /// It needs a password that rules of the ACL set.
    AclPassword(&'a AclUser),
    /// It is switched off.
    Off,
    /// An include or an ACL file that is not here decides.
    Unknown,
}

impl RedisConf {
    /// The addresses of the `bind` statement that counts; empty if there is none.
    pub fn binds(&self) -> Vec<BindAddress> {
        let Some(statement) = self.last("bind") else { return Vec::new() };
        // From 7.0 on one quoted word is split like the line itself.
        let words = statement.values().iter().filter(|token| !token.text.is_empty());
        let parts = words.flat_map(|token| token.text.split_ascii_whitespace().map(move |part| (token, part)));
        parts
            .map(|(token, part)| {
                let bare = part.strip_prefix('-').unwrap_or(part);
                BindAddress {
                    token: Token { text: part.into(), ..token.clone() },
                    address: Address::parse(bare),
                    optional: bare.len() < part.len(),
                }
            })
            .collect()
    }

    /// How far it can be reached. `None` if a port cannot be read.
    pub fn exposure(&self) -> Option<Exposure> {
        self.port()?;
        if !self.has_tcp_port() {
            return Some(Exposure::Nowhere);
        }
        if self.last("bind").is_none() {
            return Some(Exposure::Everywhere);
        }
        let reach = |bind: &BindAddress| match &bind.address {
            address if address.is_loopback() => Exposure::Loopback,
            address if !address.is_wildcard() && address.is_private() => Exposure::Private,
            _ => Exposure::Everywhere,
        };
        Some(self.binds().iter().map(reach).max().unwrap_or(Exposure::Nowhere))
    }

    /// Does it listen on a TCP port, with TLS or without?
    pub fn has_tcp_port(&self) -> bool {
        let open = |port: Option<super::Setting<'_, i64>>| port.is_some_and(|port| port.value != 0);
        open(self.port()) || open(self.tls_port())
    }

    /// Can it be reached from another host?
    pub fn listens_beyond_loopback(&self) -> bool {
        self.exposure().is_some_and(|exposure| exposure > Exposure::Loopback)
    }

    /// Does the plain port accept nobody, so that only clients with a certificate get in?
    pub fn needs_client_certificate(&self) -> bool {
        let tls_only =
            self.port().is_some_and(|port| port.value == 0) && self.tls_port().is_some_and(|port| port.value > 0);
        tls_only && self.text("tls-auth-clients").is_some_and(|setting| setting.value.eq_ignore_ascii_case("yes"))
    }

    /// What a connection may do that has not logged in: an ACL file decides, then `user default`, then `requirepass`.
    pub fn default_user(&self) -> DefaultUser<'_> {
        if self.has_text("aclfile") && !self.lacks((6, 0, 0)) {
            return match self.acl.as_ref().map(|acl| acl.default_user()) {
                None => DefaultUser::Unknown,
                Some(None) => DefaultUser::Open,
                Some(Some(user)) => state_of(user),
            };
        }
        if let Some(user) = self.users.iter().rfind(|user| user.is_default()) {
            return state_of(user);
        }
        match self.last("requirepass") {
            Some(statement) if statement.value().is_none_or(|password| !password.text.is_empty()) => {
                DefaultUser::Password(statement)
            }
            _ if self.is_partial() => DefaultUser::Unknown,
            _ => DefaultUser::Open,
        }
    }

    /// Is a password needed that is known here?
    pub fn has_password(&self) -> bool {
        matches!(self.default_user(), DefaultUser::Password(_) | DefaultUser::AclPassword(_))
    }
}

fn state_of(user: &AclUser) -> DefaultUser<'_> {
    if user.enabled != Some(true) {
        DefaultUser::Off
    } else if user.no_password {
        DefaultUser::Open
    } else {
        DefaultUser::AclPassword(user)
    }
}
