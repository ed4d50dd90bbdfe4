//! A network that belongs to somebody else: loopback, link-local, multicast, Docker, carriers.

use crate::model::collisions::{Reserved, reserved_owner, shared_addresses};
use crate::model::{Connection, End, Ipsec};
use confvet_core::{Context, Fact, Findings, Keys, Rule, Severity};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/reserved-subnet", check };

fn check(model: &Ipsec, context: &Context<'_>, findings: &mut Findings) {
    let docker_elsewhere = context.facts.text(Fact::DockerBridge).is_some_and(|bridge| bridge != "172.17.0.0/16");
    let mut reported = Keys::new();
    for selector in model.live().flat_map(Connection::ends).flat_map(End::remarkable_selectors) {
        let Some(net) = selector.net() else { continue };
        let Some((owner, range)) = reserved_owner(net) else { continue };
        if owner == Reserved::Docker && docker_elsewhere || !reported.insert(selector.span) {
            continue;
        }
        let (severity, whose, consequence) = match owner {
            Reserved::Loopback => (Severity::Warning, "the loopback range", "the kernel never sends it out"),
            Reserved::LinkLocal => {
                (Severity::Warning, "the link-local range", "the cloud's metadata service lives there")
            }
            Reserved::Multicast => (Severity::Warning, "the multicast range", "it is never tunnelled as unicast"),
            Reserved::Future => (Severity::Warning, "the reserved range", "most systems drop it"),
            Reserved::SharedNat => (Severity::Info, "carriers' shared range", "a provider may use the same addresses"),
            Reserved::Docker => {
                (Severity::Info, "Docker's default bridge", "hosts that run Docker route it to docker0")
            }
        };
        let shared = shared_addresses(net, range);
        let message = format!("`{net}` collides with {whose} `{range}` ({shared} addresses in both): {consequence}");
        findings.report(selector.span, message).severity(severity);
    }
}
