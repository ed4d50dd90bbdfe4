//! Switches that let any client crash the server or run code on the host.

use crate::model::{DefaultUser, Document, RedisConf, Statement};
use confvet_core::{Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "redis/dangerous-switches", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let Some(conf) = document.conf() else { return };
    if conf.is_for_tests() {
        return;
    }
    for (key, what) in [
        ("enable-debug-command", "crash the server"),
        ("enable-module-command", "load native code"),
        ("enable-protected-configs", "change dir and dbfilename, and so write files"),
    ] {
        let Some(value) = conf.last(key).and_then(Statement::value) else { continue };
        if value.is("yes") {
            let open = conf.listens_beyond_loopback() && conf.default_user() == DefaultUser::Open;
            findings
                .report(value.span, format!("`{key} yes` lets any client {what}"))
                .severity(if open { Severity::Error } else { Severity::Warning })
                .suggest("allow it from the host itself only", [Edit::replace(value.span, "local")]);
        } else if value.is("local") {
            findings
                .report(value.span, format!("`{key} local` lets any client on the host {what}"))
                .severity(Severity::Info);
        }
    }
    socket(conf, findings);
    if let Some(value) =
        conf.last("sentinel deny-scripts-reconfig").and_then(Statement::value).filter(|value| value.is("no"))
    {
        findings
            .report(value.span, "`deny-scripts-reconfig no` lets any client of the Sentinel run scripts on the host")
            .suggest("deny it", [Edit::replace(value.span, "yes")]);
    }
    for line in conf.all("loadmodule") {
        let Some(path) = line.values().first() else { continue };
        if ["/tmp/", "/var/tmp/", "/dev/shm/"].iter().any(|root| path.text.starts_with(root)) {
            findings.report(
                path.span,
                format!("everyone on the host can replace `{}`, which runs as native code", path.text),
            );
        }
    }
}

fn socket(conf: &RedisConf, findings: &mut Findings) {
    let Some(mode) = conf.last("unixsocketperm").and_then(Statement::value) else { return };
    let world_writable = u32::from_str_radix(&mode.text, 8).is_ok_and(|mode| mode & 0o2 != 0);
    if world_writable && conf.has_text("unixsocket") && conf.default_user() == DefaultUser::Open {
        findings
            .report(mode.span, format!("mode {} lets every user of the host in, and there is no password", mode.text))
            .suggest("let the group in only", [Edit::replace(mode.span, "770")]);
    }
}
