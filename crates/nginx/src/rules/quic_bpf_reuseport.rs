//! QUIC packets for the wrong worker.

use crate::keys::key;
use crate::model::Nginx;
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/quic-bpf-reuseport", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    let Some(bpf) = nginx.top().first(key!("quic_bpf")).filter(|line| line.text(0).eq_ignore_ascii_case("on")) else {
        return;
    };
    let single = nginx.top().first(key!("worker_processes")).is_none_or(|line| line.text(0) == "1");
    let listen = nginx
        .servers()
        .iter()
        .flat_map(|server| server.listens.iter())
        .find(|listen| listen.quic && listen.directive(nginx).args().iter().any(|word| word.text == "reuseport"));
    if let Some(listen) = listen.filter(|_| !single) {
        findings
            .report(bpf.span(), "QUIC connections may drop at reload: packets are steered to workers that are gone")
            .label(listen.directive(nginx).span(), "the socket that is shared");
    }
}
