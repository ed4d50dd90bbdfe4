//! Who may come in: `allow`, `deny`, passwords, subrequests.

use super::tree::{Directive, Scope};
use crate::keys::{Key, key};

/// A kind of access control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessKind {
    /// `allow` and `deny`.
    Addresses,
    /// `auth_basic`, `auth_request`, `auth_jwt`.
    Identity,
}

/// The access control directives of one block.
#[derive(Debug, Clone)]
pub struct AccessControl<'a> {
    /// The directives that restrict access, in order.
    pub directives: Vec<Directive<'a>>,
    /// What the first of them is.
    pub kind: AccessKind,
}

const IDENTITY: &[Key] = &[
    key!("auth_basic"),
    key!("auth_request"),
    key!("auth_jwt"),
    key!("auth_oidc"),
    key!("access_by_lua_block"),
    key!("access_by_lua_file"),
    key!("access_by_lua"),
];

fn restricts(directive: &Directive<'_>) -> bool {
    let value = directive.text(0);
    if directive.is(key!("allow")) {
        return value != "all";
    }
    directive.is(key!("deny")) || directive.is_any(IDENTITY) && !value.eq_ignore_ascii_case("off")
}

impl<'a> Scope<'a> {
    /// The access control that stands directly in this block.
    pub fn own_access_control(self) -> Option<AccessControl<'a>> {
        let directives: Vec<Directive<'a>> = self
            .children()
            .filter(|child| child.is(key!("allow")) || child.is(key!("deny")) || child.is_any(IDENTITY))
            .filter(restricts)
            .collect();
        let first = directives.first()?;
        let kind = if first.is_any(IDENTITY) { AccessKind::Identity } else { AccessKind::Addresses };
        Some(AccessControl { directives, kind })
    }

    /// The `allow` and `deny` that hold here, in order: those of the nearest block that has any.
    pub(crate) fn effective_addresses(self) -> Vec<Directive<'a>> {
        let is_rule = |child: &Directive<'_>| child.is(key!("allow")) || child.is(key!("deny"));
        let nearest = self.outwards().find(|scope| scope.has(key!("allow")) || scope.has(key!("deny")));
        nearest.map(|scope| scope.children().filter(is_rule).collect()).unwrap_or_default()
    }

    /// Does the list that holds here let in only whom it names?
    pub(crate) fn admits_only_listed(self) -> bool {
        self.effective_addresses().iter().any(|rule| rule.is(key!("deny")) && rule.text(0) == "all")
    }

    /// Is a password, a token or a subrequest asked for here?
    pub(crate) fn asks_identity(self) -> bool {
        IDENTITY.iter().any(|&key| self.effective(key).is_some_and(|found| restricts(&found)))
    }

    /// Is it closed to clients: restricted, or only reached by internal redirects?
    pub(crate) fn is_restricted(self) -> bool {
        self.effective_addresses().iter().any(restricts)
            || self.asks_identity()
            || self.has(key!("internal"))
            || self.returns_denial()
    }

    /// Does it answer every request with 401, 403, 404 or 444?
    pub(crate) fn returns_denial(self) -> bool {
        self.first(key!("return")).is_some_and(|found| matches!(found.text(0), "401" | "403" | "404" | "410" | "444"))
    }
}
