//! Nobody notices that the peer is gone.

use crate::dialect::Dialect;
use crate::keys::Key;
use crate::model::{Auto, Connection, Ipsec, Origin, Via};
use confvet_core::units::display_duration;
use confvet_core::{Context, Edit, Findings, Keys, Rule, Severity};
use std::time::Duration;

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/no-dead-peer-recovery", check };

fn check(model: &Ipsec, _: &Context<'_>, findings: &mut Findings) {
    if model.program.dialect == Dialect::Unknown {
        return;
    }
    let mut reported = Keys::new();
    let fixed_peer = |connection: &&Connection| {
        connection.initiates() && !connection.remote.is_any() && !connection.remote.is_group()
    };
    for connection in model.live().filter(fixed_peer) {
        let span = connection.start_span();
        if !connection.dead_peer_detection {
            let until = display_duration(Duration::from_secs(connection.lifetime));
            let message = format!(
                "conn `{}` (`{}`) has dead peer detection off: after the peer restarts, traffic is lost until the next rekey ({until})",
                connection.name, connection.auto_text
            );
            if reported.insert(span) {
                findings
                    .report(span, message)
                    .label(connection.name_span, "this connection")
                    .suggest("switch dead peer detection on", repair(model, connection));
            }
        } else if let Some(tries) = connection.attempts.filter(|_| connection.auto == Some(Auto::Start))
            && reported.insert(span)
        {
            let message = format!("conn `{}` gives up after {tries} attempts (`keyingtries`)", connection.name);
            findings.report(span, message).severity(Severity::Info).label(connection.name_span, "this connection");
        }
    }
}

/// Beside its own `auto`; an inherited one serves other connections too.
fn repair(model: &Ipsec, connection: &Connection) -> Option<Edit> {
    let auto = connection
        .values
        .get(Key::AUTO)
        .filter(|auto| auto.via == Via::Own && connection.origin == Origin::IpsecConf)?;
    let named = |key| model.value(connection, key).is_some();
    let (unset, text) = if model.program.is_libreswan() {
        (!named(Key::DPDDELAY), "dpddelay=30\n\t")
    } else {
        (!named(Key::DPDACTION) && !named(Key::DPDDELAY), "dpdaction=restart\n\t")
    };
    unset.then(|| Edit::insert_before(model.setting(auto.setting).name_span, text))
}
