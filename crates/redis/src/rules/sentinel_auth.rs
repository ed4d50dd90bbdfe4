//! A Sentinel that cannot log in to what it watches, or to its peers.

use crate::deployment::Deployment;
use crate::model::{DefaultUser, Document, RedisConf, Statement};
use crate::schema;
use crate::syntax::{Token, quote_if_needed};
use confvet_core::{Context, Edit, Findings, Rule, Set, Severity};
use std::collections::BTreeMap;

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "redis/sentinel-auth", check };

fn check(set: &Set<Document>, ctx: &Context<'_>, findings: &mut Findings) {
    let deployment = Deployment::of(set);
    for sentinel in deployment.sentinels.iter().filter(|sentinel| !sentinel.conf.is_partial()) {
        for monitor in sentinel.conf.monitors() {
            let name = monitor.name.as_str();
            let auth = sentinel.conf.about_master("sentinel auth-pass", name);
            for node in deployment.watched(&monitor) {
                match (node.conf.default_user(), auth) {
                    (DefaultUser::Password(line), None) => {
                        let edit = line.value().filter(|password| is_known(password)).map(|password| {
                            let text = quote_if_needed(&password.text);
                            Edit::insert_after(monitor.statement.span, format!("\nsentinel auth-pass {name} {text}"))
                        });
                        let message = format!(
                            "`{name}` requires a password, but there is no `sentinel auth-pass {name}`: Sentinel sees it as down"
                        );
                        findings
                            .report(monitor.name.span, message)
                            .label(line.name.span, "the server requires one")
                            .suggest("log in with the server's password", edit);
                        break;
                    }
                    (DefaultUser::Password(line), Some(auth)) => {
                        let (Some(ours), Some(theirs)) = (auth.values().get(1), line.value()) else { continue };
                        let has_user = sentinel.conf.about_master("sentinel auth-user", name).is_some();
                        if !has_user && is_known(ours) && is_known(theirs) && ours.text != theirs.text {
                            findings
                                .report(
                                    ours.span,
                                    format!("this is not the password of `{name}`: Sentinel cannot log in"),
                                )
                                .label(theirs.span, "the server's password");
                            break;
                        }
                    }
                    (DefaultUser::Off, _) if sentinel.conf.about_master("sentinel auth-user", name).is_none() => {
                        findings
                            .report(
                                monitor.name.span,
                                format!(
                                    "the default user of `{name}` is off, and there is no `sentinel auth-user {name}`"
                                ),
                            )
                            .severity(Severity::Warning);
                        break;
                    }
                    _ => {}
                }
            }
        }
    }
    peers(&deployment, ctx, findings);
}

fn is_known(password: &Token) -> bool {
    !schema::is_placeholder_password(&password.text)
}

/// Sentinels that watch the same master log in to each other with `sentinel-pass`, or with their own `requirepass`.
fn peers(deployment: &Deployment<'_>, ctx: &Context<'_>, findings: &mut Findings) {
    let mut asks: BTreeMap<&str, Vec<(&RedisConf, &Token)>> = BTreeMap::new();
    for sentinel in &deployment.sentinels {
        for monitor in sentinel.conf.monitors() {
            if let Some(password) = password(sentinel.conf.last("requirepass")) {
                asks.entry(monitor.name.as_str()).or_default().push((sentinel.conf, password));
            }
        }
    }
    for sentinel in &deployment.sentinels {
        let conf = sentinel.conf;
        if conf.last("sentinel sentinel-user").is_some() || conf.is_partial() {
            continue;
        }
        let sends = password(conf.last("sentinel sentinel-pass")).or_else(|| password(conf.last("requirepass")));
        let Some(monitor) = conf.monitors().next() else { continue };
        let others = asks.get(monitor.name.as_str()).into_iter().flatten();
        let wrong = others
            .filter(|(other, _)| !std::ptr::eq(*other, conf))
            .find(|(_, asked)| is_known(asked) && sends.is_none_or(|sent| is_known(sent) && sent.text != asked.text));
        if let Some((_, asked)) = wrong {
            let place = ctx.path(asked.span.file);
            let (span, what) = match sends {
                Some(sent) => (sent.span, "this is not the password of the sentinel in"),
                None => (monitor.name.span, "no `sentinel sentinel-pass` for the sentinel in"),
            };
            findings
                .report(span, format!("{what} {place}: the two do not talk to each other"))
                .label(asked.span, "what it asks for");
        }
    }
}

fn password(line: Option<&Statement>) -> Option<&Token> {
    line?.value().filter(|password| !password.text.is_empty())
}
