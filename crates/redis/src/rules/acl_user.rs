//! Users that cannot log in, or that may do more than they should.

use super::open_to_world::is_open_to_world;
use crate::model::{AclUser, DefaultUser, Document, Mode, RedisConf, Setting};
use confvet_core::{Category, Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "redis/acl-user", check };

/// Names of people and programs that need all rights.
const MIGHTY: &[&str] = &["admin", "root", "ops", "superuser", "sentinel", "replica", "replication", "monitor"];

/// A user, and who wrote its line.
struct Written<'a> {
    user: &'a AclUser,
    /// `CONFIG REWRITE` wrote it.
    rewritten: bool,
    /// `ACL SAVE` wrote it.
    saved: bool,
}

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let conf = document.conf();
    let sentinel = conf.is_some_and(|conf| conf.mode == Mode::Sentinel);
    let lines = conf.into_iter().flat_map(|conf| conf.all("user")).filter(|line| !line.values().is_empty());
    let in_conf = conf.into_iter().flat_map(|conf| &conf.users).zip(lines);
    let in_conf =
        in_conf.map(|(user, line)| Written { user, rewritten: line.generated || sentinel, saved: line.generated });
    let acl = document.acl();
    let saved = acl.is_some_and(|acl| acl.saved_by_server);
    let in_file = acl.into_iter().flat_map(|acl| &acl.users);
    let users: Vec<Written<'_>> =
        in_conf.chain(in_file.map(|user| Written { user, rewritten: sentinel, saved })).collect();
    locked_out(&users, findings);
    for Written { user, rewritten, saved } in &users {
        let switched_on = user.enabled == Some(true);
        if !saved {
            if user.enabled.is_none() && !user.rules.is_empty() {
                switched_off(user, findings);
            } else if switched_on {
                idle(user, conf, findings);
            }
        }
        if !rewritten && switched_on {
            careless(user, conf, findings);
        }
    }
}

/// Nobody can log in; without a line of its own the default user can.
fn locked_out(users: &[Written<'_>], findings: &mut Findings) {
    let Some(default) = users.iter().rfind(|written| written.user.is_default() && !written.saved) else { return };
    if users.iter().all(|written| !written.user.can_log_in()) {
        findings
            .report(
                default.user.name.span,
                "nobody can log in: every user is off or has neither a password nor `nopass`",
            )
            .severity(Severity::Error)
            .category(Category::Outage);
    }
}

fn switched_off(user: &AclUser, findings: &mut Findings) {
    findings
        .report(user.name.span, format!("user `{}` cannot log in: no `on`", user.name.text))
        .category(Category::Outage)
        .suggest("switch the user on", [Edit::insert_after(user.name.span, " on")]);
}

/// May do less than was meant.
fn idle(user: &AclUser, conf: Option<&RedisConf>, findings: &mut Findings) {
    let name = &user.name.text;
    if !user.permissions.has_commands && !user.has_selectors {
        findings
            .report(user.name.span, format!("user `{name}` may run no command: there is no `+` rule"))
            .severity(Severity::Info)
            .category(Category::Outage);
        return;
    }
    let channels_are_closed = conf.is_some_and(RedisConf::closes_channels);
    if channels_are_closed
        && user.permissions.has_keys
        && user.permissions.all_channels.is_none()
        && !user.permissions.has_channels
        && user.names_pubsub()
    {
        findings
            .report(user.name.span, format!("user `{name}` may use Pub/Sub on no channel: there is no `&` rule"))
            .severity(Severity::Info)
            .category(Category::Outage)
            .help("since Redis 7.0 channels are closed unless a rule such as `&app:*` opens them");
    }
}

/// May do more than it should.
fn careless(user: &AclUser, conf: Option<&RedisConf>, findings: &mut Findings) {
    let name = user.name.as_str();
    if user.is_default() {
        let wide = user.no_password && user.permissions.all_commands;
        // Only the configuration knows who can reach the server, and whose rules hold in the end.
        let reachable = conf.is_some_and(|conf| {
            conf.listens_beyond_loopback()
                && conf.default_user() == DefaultUser::Open
                && !conf.is_for_tests()
                && !is_open_to_world(conf)
        });
        if wide && reachable {
            findings.report(user.name.span, "anyone who reaches the port may run every command: `nopass` and `+@all`");
        }
        return;
    }
    if user.no_password {
        findings.report(user.name.span, format!("anyone may log in as `{name}`: `nopass` takes any password"));
    }
    let is_mighty = |name: &str| {
        let lower = name.to_ascii_lowercase();
        MIGHTY.iter().any(|word| lower.contains(word))
    };
    if user.is_almighty() && !is_mighty(name) {
        findings
            .report(user.name.span, format!("user `{name}` may run every command on every key"))
            .help("name the categories and key patterns it needs, or take `-@dangerous` away");
    }
}

impl AclUser {
    /// Does a rule allow Pub/Sub by name?
    fn names_pubsub(&self) -> bool {
        let words = ["+@pubsub", "+subscribe", "+psubscribe", "+publish"];
        self.rules.iter().any(|rule| words.iter().any(|word| rule.token.is(word)))
    }
}

impl RedisConf {
    /// Is it known that a user without a rule for channels may use none?
    fn closes_channels(&self) -> bool {
        let stated = self.text("acl-pubsub-default").filter(Setting::is_explicit);
        match stated {
            Some(setting) => setting.value.eq_ignore_ascii_case("resetchannels"),
            None => self.release.is_known_since((7, 0, 0)) && !self.is_partial(),
        }
    }
}
