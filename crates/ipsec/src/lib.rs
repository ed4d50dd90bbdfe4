//! IPsec gateways: strongSwan's and libreswan's `ipsec.conf` and `ipsec.secrets`, strongSwan's `swanctl.conf`, and the
//! kernel settings without which a gateway does not forward.
//!
//! ```
//! let parsed = confvet_ipsec::parse("conn a\n\tleftsubnet=10.1.0.0/16\n\trightsubnet=10.1.0.0/16\n\tauto=start\n");
//! assert_eq!(parsed.model.collisions().len(), 1);
//! ```
#![forbid(unsafe_code)]

mod detect;
pub mod dialect;
pub mod keys;
pub mod model;
pub mod proposal;
mod rules;
pub mod selector;
pub mod syntax;
mod value;

pub use dialect::{Dialect, Program};
pub use model::{Collision, CollisionKind, Connection, End, Ipsec as IpsecModel};

use confvet_core::{Detection, Input, Parsed, Rule, Set, System, read_alone};

/// The system.
#[derive(Debug, Clone, Copy)]
pub struct Ipsec;

impl System for Ipsec {
    type Model = IpsecModel;
    const NAME: &'static str = "ipsec";
    const TITLE: &'static str = "IPsec";
    const TARGETS: &'static [&'static str] = &["strongswan", "libreswan"];
    const KINDS: &'static [&'static str] = model::KINDS;

    fn might_be(path: &str) -> bool {
        detect::might_be(path)
    }

    fn detect(path: &str, text: &str) -> Option<Detection> {
        detect::detect(path, text)
    }

    fn parse(input: &Input<'_>) -> Parsed<IpsecModel> {
        model::read(input)
    }

    fn rules() -> &'static [&'static Rule<IpsecModel>] {
        rules::FILE_RULES
    }

    fn set_rules() -> &'static [&'static Rule<Set<IpsecModel>>] {
        rules::SET_RULES
    }
}

/// Reads one text, recognised by its content; `ipsec.conf` when it looks like nothing.
pub fn parse(text: &str) -> Parsed<IpsecModel> {
    let kind = ["ipsec.conf", "ipsec.secrets", "swanctl.conf"]
        .into_iter()
        .find_map(|name| detect::detect(name, text))
        .map_or(model::KINDS[0], |detection| detection.kind);
    read_alone("ipsec.conf", kind, text, model::read)
}
