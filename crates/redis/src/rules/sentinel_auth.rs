//! A Sentinel that cannot log in to what it watches, or to its peers.

use crate::deployment::{Deployment, Watch, has_sentinels};
use crate::model::{AboutMasters, DefaultUser, Document, Monitor, RedisConf, Statement};
use crate::schema;
use crate::syntax::{Token, needs_quotes, quote_if_needed};
use confvet_core::{Context, Edit, Findings, Map, Rule, Set, Severity, Span};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "redis/sentinel-auth", check };

fn check(set: &Set<Document>, ctx: &Context<'_>, findings: &mut Findings) {
    if !has_sentinels(set) {
        return;
    }
    let deployment = Deployment::of(set);
    let about: Vec<AboutMasters<'_>> =
        deployment.sentinels.iter().map(|sentinel| sentinel.conf.about_masters()).collect();
    for watch in deployment.watches() {
        let wanted = Wanted::by(watch);
        for (sentinel, monitor) in watch.monitors() {
            if !deployment.sentinels[sentinel].conf.is_partial() {
                wanted.compare(&monitor, &about[sentinel], findings);
            }
        }
    }
    for sentinel in &deployment.sentinels {
        unquoted_by_rewrite(sentinel.conf, findings);
    }
    peers(&deployment, ctx, findings);
}

/// What the servers of one watch ask of those who connect.
#[derive(Default)]
struct Wanted<'a> {
    /// Each password once, with the statement that sets it.
    passwords: Vec<&'a Statement>,
    /// Where an ACL gives the default user a password.
    acl_password: Option<Span>,
    /// A server whose default user is off.
    off: bool,
}

impl<'a> Wanted<'a> {
    fn by(watch: Watch<'_, 'a>) -> Self {
        let mut wanted = Wanted::default();
        let mut seen = Map::new();
        for node in watch.servers() {
            match node.conf.default_user() {
                DefaultUser::Password(line) => {
                    let password = line.value().map(Token::as_str);
                    seen.or_insert_with(password, || wanted.passwords.push(line));
                }
                DefaultUser::AclPassword(user) => {
                    wanted.acl_password.get_or_insert(user.name.span);
                }
                DefaultUser::Off => wanted.off = true,
                DefaultUser::Open | DefaultUser::Unknown => {}
            }
        }
        wanted
    }

    fn compare(&self, monitor: &Monitor<'_>, about: &AboutMasters<'_>, findings: &mut Findings) {
        let name = monitor.name.as_str();
        let has_user = about.statement("sentinel auth-user", name).is_some();
        let ours = about.value("sentinel auth-pass", name);
        let asks = self.passwords.first().map(|line| line.name.span).or(self.acl_password);
        if let (None, Some(place)) = (ours, asks) {
            self.missing(monitor, place, findings);
            return;
        }
        let wrong = |ours: &&Token| !has_user && is_known(ours);
        if let Some(ours) = ours.filter(wrong) {
            let theirs = self.passwords.iter().filter_map(|line| line.value());
            let mut others = theirs.filter(|theirs| is_known(theirs) && theirs.text != ours.text);
            if let Some(theirs) = others.next() {
                findings
                    .report(ours.span, format!("this is not the password of `{name}`: Sentinel cannot log in"))
                    .label(theirs.span, "the server's password");
                return;
            }
        }
        if self.off && !has_user {
            findings
                .report(
                    monitor.name.span,
                    format!("the default user of `{name}` is off, and there is no `sentinel auth-user {name}`"),
                )
                .severity(Severity::Warning);
        }
    }

    fn missing(&self, monitor: &Monitor<'_>, place: Span, findings: &mut Findings) {
        let name = monitor.name.as_str();
        let password = self.passwords.first().and_then(|line| line.value()).filter(|password| is_known(password));
        let edit = password.map(|password| {
            let text = quote_if_needed(&password.text);
            Edit::insert_after(monitor.statement.span, format!("\nsentinel auth-pass {name} {text}"))
        });
        findings
            .report(
                monitor.name.span,
                format!("`{name}` requires a password, but there is no `sentinel auth-pass {name}`: Sentinel sees it as down"),
            )
            .label(place, "the server requires one")
            .suggest("log in with the server's password", edit);
    }
}

fn is_known(password: &Token) -> bool {
    !schema::is_placeholder_password(&password.text)
}

/// Sentinel writes its file anew as soon as it has started, and forgets the quotes of these passwords.
fn unquoted_by_rewrite(conf: &RedisConf, findings: &mut Findings) {
    for line in conf.all("sentinel auth-pass") {
        let Some(password) = line.values().get(1).filter(|password| needs_quotes(&password.text)) else { continue };
        if is_known(password) && !password.text.is_empty() {
            findings
                .report(
                    password.span,
                    "Sentinel writes this password back without quotes: at its next start it refuses its own file",
                )
                .help("take a password without blanks and quotes");
        }
    }
}

/// Sentinels that watch the same master log in to each other with `sentinel-pass`, or with their own `requirepass`.
fn peers(deployment: &Deployment<'_>, ctx: &Context<'_>, findings: &mut Findings) {
    // For each master the passwords that Sentinels ask for; of those that ask for the same, two are enough.
    let mut asks: Map<&str, Vec<&Token>> = Map::new();
    let mut seen: Map<(&str, &str), u8> = Map::new();
    for sentinel in &deployment.sentinels {
        let Some(asked) = password(sentinel.conf.last("requirepass")).filter(|asked| is_known(asked)) else { continue };
        for monitor in sentinel.conf.monitors() {
            let master = monitor.name.as_str();
            let count = seen.or_default((master, asked.as_str()));
            if *count < 2 {
                *count += 1;
                asks.or_default(master).push(asked);
            }
        }
    }
    for sentinel in &deployment.sentinels {
        let conf = sentinel.conf;
        if conf.last("sentinel sentinel-user").is_some() || conf.is_partial() {
            continue;
        }
        let own = password(conf.last("requirepass"));
        let sends = password(conf.last("sentinel sentinel-pass")).or(own);
        let Some(monitor) = conf.monitors().next().filter(|_| sends.is_none_or(is_known)) else { continue };
        let asked = asks.get(monitor.name.as_str()).into_iter().flatten();
        let mut wrong = asked.filter(|asked| {
            let is_own = own.is_some_and(|own| own.span == asked.span);
            !is_own && sends.is_none_or(|sent| sent.text != asked.text)
        });
        let Some(asked) = wrong.next() else { continue };
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

fn password(line: Option<&Statement>) -> Option<&Token> {
    line?.value().filter(|password| !password.text.is_empty())
}
