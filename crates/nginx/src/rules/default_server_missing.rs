//! The first server answers for hosts nobody meant.

use crate::context::Protocol;
use crate::model::Nginx;
use confvet_core::{Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/default-server-missing", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    if !nginx.is_complete() {
        return;
    }
    for (address, listeners) in nginx.sockets(Protocol::Http).iter() {
        let mut servers: Vec<usize> = listeners.iter().map(|(server, _)| *server).collect();
        servers.dedup();
        let says_so = listeners.iter().any(|&(server, listen)| {
            listen.is_some_and(|listen| nginx.servers()[server].listens[listen].default_server)
        });
        let Some(&(first, listen)) = listeners.first().filter(|_| servers.len() > 1 && !says_so) else { continue };
        let server = &nginx.servers()[first];
        let catches_all = server.names.is_empty()
            || server.names.iter().any(|name| matches!(name.value.as_str(), "_" | "" | "~." | "~.*" | "~^"));
        if catches_all {
            continue;
        }
        let span = match listen {
            Some(listen) => server.listens[listen].directive(nginx).span(),
            None => server.directive(nginx).name().span,
        };
        let report = findings.report(
            span,
            format!("the first server answers for unknown hosts on `{address}`: no `listen` says `default_server`"),
        );
        if listen.is_some() {
            report.suggest("say so", [Edit::insert_after(span, " default_server")]);
        }
    }
}
