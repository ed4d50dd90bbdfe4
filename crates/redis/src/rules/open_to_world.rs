//! A server that anyone can reach and nobody has to log in to.

use crate::model::{BindAddress, DefaultUser, Document, Exposure, Mode, RedisConf};
use confvet_core::{Context, Edit, Fact, Findings, Rule, Severity, Span};

pub(super) static RULE: Rule<Document> = Rule { name: "redis/open-to-world", check };

/// Can anyone get in whom the network lets through?
pub(super) fn is_open_to_world(conf: &RedisConf) -> bool {
    conf.open_side().is_some()
}

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(conf) = document.conf() else { return };
    let Some((exposure, protection)) = conf.open_side() else { return };
    let private = exposure == Exposure::Private;
    if conf.mode == Mode::Sentinel {
        if !private {
            sentinel(&protection, findings);
        }
        return;
    }
    let mild = private || protection.only_in_old_versions || ctx.facts.is_true(Fact::Container);
    let severity = if mild { Severity::Warning } else { Severity::Error };
    let binds = conf.binds();
    let addresses: Vec<String> = binds.iter().map(|bind| format!("`{}`", bind.token.text)).collect();
    let addresses = if addresses.is_empty() { "every interface".to_owned() } else { addresses.join(", ") };
    let port = conf.port().filter(|port| port.value > 0).or(conf.tls_port()).map_or(6379, |port| port.value);
    let message = format!(
        "Redis listens on {addresses} without a password{}: anyone who reaches port {port} can read, wipe and take over the host",
        protection.why
    );
    let report = findings.report(protection.span, message).severity(severity);
    let bind = conf.last("bind");
    let report = match bind.filter(|line| line.value_span() != protection.span) {
        Some(line) => report.label(line.value_span(), "reachable from other hosts"),
        None => report,
    };
    let loopback = if conf.lacks((6, 2, 0)) { "127.0.0.1" } else { "127.0.0.1 -::1" };
    let edit = match (bind, conf.first_statement()) {
        (Some(line), _) => Some(Edit::replace(line.value_span(), loopback)),
        (None, Some(first)) => Some(Edit::insert_before(first.span, format!("bind {loopback}\n"))),
        (None, None) => None,
    };
    report
        .help("set a password with `requirepass` or an ACL, or listen on the loopback address only")
        .suggest(format!("bind {loopback}"), edit);
}

fn sentinel(protection: &FailedProtection, findings: &mut Findings) {
    findings
        .report(
            protection.span,
            "this Sentinel takes commands from anyone who reaches its port: protected mode is off by default",
        )
        .severity(Severity::Info)
        .help("set `requirepass`, and the same one in all files of the set");
}

/// Why protected mode does not help.
struct FailedProtection {
    span: Span,
    why: &'static str,
    /// The version is not known, and only some older ones fail to protect.
    only_in_old_versions: bool,
}

impl RedisConf {
    /// How far the server can be reached without a password, and why protected mode does not help.
    fn open_side(&self) -> Option<(Exposure, FailedProtection)> {
        let exposure = self.exposure().filter(|exposure| *exposure > Exposure::Loopback)?;
        let is_open = self.default_user() == DefaultUser::Open && !self.is_for_tests();
        let may_be_closed = self.needs_client_certificate() || (self.is_partial() && self.last("bind").is_none());
        if !is_open || may_be_closed {
            return None;
        }
        Some((exposure, self.failed_protection()?))
    }

    /// Up to 3.1 there is no protected mode; from 3.2 to 6.2 any `bind` switches it off; from 7.0 on only
    /// `protected-mode no` does. A Sentinel has it off by default.
    fn failed_protection(&self) -> Option<FailedProtection> {
        let protected = self.switch("protected-mode")?;
        let bind = self.last("bind").map(crate::model::Statement::value_span);
        let off = match self.mode {
            Mode::Server => !protected.value,
            Mode::Sentinel => !(protected.value && protected.is_explicit()),
        };
        let failed = |span, why, only_in_old_versions| Some(FailedProtection { span, why, only_in_old_versions });
        if off && protected.is_explicit() {
            return failed(protected.span()?, " (protected mode is off)", false);
        }
        if off {
            return failed(bind.unwrap_or_else(|| self.start()), "", false);
        }
        if self.lacks((3, 2, 0)) {
            return failed(bind.unwrap_or_else(|| self.start()), "", false);
        }
        let bind = bind?;
        if self.lacks((7, 0, 0)) {
            return failed(bind, " (in Redis 3.2 to 6.2 a `bind` line switches protected mode off)", false);
        }
        let wide = |bind: &BindAddress| {
            bind.address.is_wildcard() || !(bind.address.is_private() || bind.address.is_loopback())
        };
        let matters = !self.release.is_known() && self.binds().iter().any(wide);
        if matters {
            return failed(bind, " if it is Redis 3.2 to 6.2, where a `bind` line switches protected mode off", true);
        }
        None
    }
}
