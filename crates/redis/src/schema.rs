//! Holds each statement against the table of directives: known, the right number of words, values of the right type.

use crate::keys::{Key, Kind, Support};
use crate::model::{ArityCause, Mode, Problem, ProblemKind, RedisConf, SaveFault, Statement, Unknown};
use crate::syntax::{Token, Unbalanced};
use crate::value;
use crate::version::Release;
use confvet_core::units::ByteSize;
use confvet_core::{Fact, Facts, FileId, Span, did_you_mean};

/// Faults of the bytes of a file.
pub(crate) fn check_bytes(file: FileId, text: &str, problems: &mut Vec<Problem>) {
    let mut push = |range, kind| problems.push(Problem { span: Span::new(file, range), kind });
    if let Some(mark) = utf16_mark(text) {
        push(0..mark, ProblemKind::Utf16);
        return;
    }
    if text.starts_with('\u{feff}') {
        push(0..'\u{feff}'.len_utf8(), ProblemKind::ByteOrderMark);
    }
    if let Some(first) = memchr::memchr(0, text.as_bytes()) {
        push(first..first + 1, ProblemKind::Nul(memchr::memchr_iter(0, text.as_bytes()).count()));
    }
    if is_one_line_of_carriage_returns(text) {
        let first = memchr::memchr(b'\r', text.as_bytes()).unwrap_or_default();
        push(first..first + 1, ProblemKind::CarriageReturns { comment: text.trim_start().starts_with('#') });
    }
}

/// The length of what is left of the byte order mark of UTF-16: two bytes that are no UTF-8, and NUL bytes behind them.
pub(crate) fn utf16_mark(text: &str) -> Option<usize> {
    const MARK: &str = "\u{fffd}\u{fffd}";
    let rest = text.strip_prefix(MARK)?;
    let begins_with_nul = |rest: &str| rest.starts_with('\0') || rest.chars().nth(1) == Some('\0');
    begins_with_nul(rest).then_some(MARK.len())
}

/// Is the text written with the line ends of old Macs, so that the server sees a single line?
pub(crate) fn is_one_line_of_carriage_returns(text: &str) -> bool {
    memchr::memchr(b'\n', text.as_bytes()).is_none()
        && memchr::memchr(b'\r', text.trim_end_matches('\r').as_bytes()).is_some()
}

/// A line whose quotes do not balance.
pub(crate) fn unbalanced(unbalanced: &Unbalanced, text: &str, problems: &mut Vec<Problem>) {
    let quote = if text.as_bytes().get(unbalanced.quote.start as usize) == Some(&b'"') { '"' } else { '\'' };
    let first = unbalanced.before.first().map(|name| name.text.to_ascii_lowercase()).unwrap_or_default();
    let sub = unbalanced.before.get(1).map(|name| name.text.to_ascii_lowercase()).unwrap_or_default();
    let key =
        Key::find(&first).filter(|key| key.kind != Kind::Sentinel).or_else(|| Key::find(&format!("{first} {sub}")));
    let kind = ProblemKind::Unbalanced {
        quote,
        rest: unbalanced.rest,
        closed: unbalanced.closed,
        secret: key.is_some_and(|key| is_secret(key) || key.kind == Kind::User),
    };
    problems.push(Problem { span: unbalanced.quote, kind });
}

/// Is the value of this directive a secret?
pub(crate) fn is_secret(key: &'static Key) -> bool {
    matches!(
        key.name,
        "requirepass"
            | "masterauth"
            | "primaryauth"
            | "tls-key-file-pass"
            | "tls-client-key-file-pass"
            | "sentinel auth-pass"
            | "sentinel sentinel-pass"
    )
}

/// Does every statement of this directive count, not just the last?
pub(crate) fn is_cumulative(key: &Key) -> bool {
    matches!(
        key.kind,
        Kind::Save | Kind::BufferLimit | Kind::User | Kind::Rename | Kind::ModulePath | Kind::Include | Kind::Sentinel
    ) || key.is_sentinel()
        || key.name == "dir"
}

/// Where secrets stand.
pub(crate) fn secrets(conf: &RedisConf) -> Vec<Span> {
    let mut spans = Vec::new();
    for statement in &conf.statements {
        let Some(key) = statement.key else { continue };
        if is_secret(key) {
            let secret = statement.values().last().filter(|token| placeholder(&token.text).is_none());
            spans.extend(secret.filter(|token| !token.text.is_empty()).map(|token| token.span));
        } else if key.kind == Kind::User {
            spans.extend(user_secrets(statement.values()));
        }
    }
    let in_acl = conf.acl.iter().flat_map(|acl| &acl.users).flat_map(|user| &user.rules).map(|rule| &rule.token);
    spans.extend(user_secrets(in_acl));
    for problem in &conf.problems {
        if let ProblemKind::Unbalanced { rest, secret: true, .. } = problem.kind {
            spans.push(rest);
        }
    }
    spans
}

/// The passwords and hashes among ACL rules, without the sign in front.
pub(crate) fn user_secrets<'a>(rules: impl IntoIterator<Item = &'a Token>) -> Vec<Span> {
    let secret = |token: &&Token| token.text.starts_with(['>', '<', '#', '!']) && token.text.len() > 1;
    rules.into_iter().filter(secret).map(|token| token.span.slice(1..token.span.len())).collect()
}

/// Parameters that only ElastiCache and MemoryDB have.
const ELASTICACHE_ONLY: &[&str] = &[
    "client-output-buffer-limit-normal-hard-limit",
    "client-output-buffer-limit-normal-soft-limit",
    "client-output-buffer-limit-normal-soft-seconds",
    "client-output-buffer-limit-pubsub-hard-limit",
    "client-output-buffer-limit-pubsub-soft-limit",
    "client-output-buffer-limit-pubsub-soft-seconds",
    "client-output-buffer-limit-replica-hard-limit",
    "client-output-buffer-limit-replica-soft-limit",
    "client-output-buffer-limit-replica-soft-seconds",
    "close-on-replica-write",
    "close-on-slave-write",
    "replica-allow-chaining",
    "reserved-memory",
    "reserved-memory-percent",
    "slave-allow-chaining",
];

/// Directives that no Sentinel has, so that their file is a server's.
const SERVER_ONLY: &[&str] = &["replicaof", "appendonly", "maxmemory", "maxmemory-policy", "save", "cluster-enabled"];

struct Checker<'a> {
    release: Release,
    mode: Mode,
    loads_modules: bool,
    expands_variables: bool,
    server_evidence: Option<Span>,
    problems: &'a mut Vec<Problem>,
}

/// Finds all faults of the statements.
pub(crate) fn check(conf: &mut RedisConf, facts: &Facts) {
    let has_sentinel = conf.mode == Mode::Sentinel || conf.statements.iter().any(Statement::is_sentinel);
    let server_evidence = has_sentinel
        .then(|| {
            let only = |statement: &&Statement| SERVER_ONLY.iter().any(|name| statement.is(name));
            conf.statements.iter().find(only).map(|statement| statement.name.span)
        })
        .flatten();
    let mut problems = std::mem::take(&mut conf.problems);
    let mut checker = Checker {
        release: conf.release,
        mode: conf.mode,
        loads_modules: conf.loads_modules(),
        expands_variables: facts.is_true(Fact::Envsubst),
        server_evidence,
        problems: &mut problems,
    };
    for statement in &conf.statements {
        checker.statement(statement);
    }
    conf.problems = problems;
}

impl Checker<'_> {
    fn push(&mut self, span: Span, kind: ProblemKind) {
        self.problems.push(Problem { span, kind });
    }

    fn old(&self) -> bool {
        self.release.is_before((6, 0, 0))
    }

    fn statement(&mut self, statement: &Statement) {
        if self.inline_comment(statement) {
            return;
        }
        let Some(key) = self.known_key(statement) else { return };
        if !self.expands_variables && self.placeholders(statement, key) {
            return;
        }
        if self.arity(statement, key) {
            self.values(statement, key);
        }
    }

    fn inline_comment(&mut self, statement: &Statement) -> bool {
        let values = statement.values();
        let Some(at) = values.iter().position(|token| token.text.starts_with('#') && !token.quoted) else {
            return false;
        };
        let key = statement.key;
        let is_hash = |text: &str| text.len() > 1 && text[1..].bytes().all(|byte| byte.is_ascii_hexdigit());
        let allowed = match key {
            Some(key) if key.kind == Kind::User => {
                values.iter().filter(|token| token.text.starts_with('#')).all(|token| is_hash(&token.text))
            }
            Some(key) if is_secret(key) || matches!(key.name, "masteruser" | "primaryuser" | "sentinel auth-user") => {
                at + 1 == values.len() && at + 1 == usize::from(key.words.1)
            }
            _ => false,
        };
        if allowed {
            return false;
        }
        let comment = values[at].span.to(statement.span.after());
        let ignored = key.is_some_and(|key| match key.kind {
            Kind::ModulePath => true,
            Kind::Save => self.release.is_before((7, 0, 0)),
            _ => false,
        });
        let kind = ProblemKind::InlineComment {
            key: statement.name.text.clone(),
            words: values.len() - at,
            line: statement.span,
            refused: !ignored,
        };
        self.push(comment, kind);
        true
    }

    fn known_key(&mut self, statement: &Statement) -> Option<&'static Key> {
        let Some(key) = statement.key else {
            self.unknown(statement);
            return None;
        };
        let unknown = |why| ProblemKind::Unknown { name: statement.name.text.clone(), why };
        if key.is_sentinel() && self.mode == Mode::Server {
            let evidence = self.server_evidence.unwrap_or(statement.name.span);
            self.push(statement.name.span, unknown(Unknown::SentinelInServer(evidence)));
            return None;
        }
        match key.support(self.release) {
            Support::Known => Some(key),
            Support::IgnoredSince(version) => {
                self.push(statement.name_span(), unknown(Unknown::NoEffect(version)));
                Some(key)
            }
            _ if key.kind == Kind::Module && self.loads_modules => Some(key),
            support => {
                let name = statement.name_text();
                let kind = ProblemKind::Unknown { name, why: Unknown::Elsewhere(support, key.canonical()) };
                self.push(statement.name_span(), kind);
                None
            }
        }
    }

    fn unknown(&mut self, statement: &Statement) {
        let text = statement.name.text.to_ascii_lowercase();
        if statement.is_sentinel() {
            let Some(sub) = statement.args.first() else {
                let kind =
                    ProblemKind::Arity { key: "sentinel", takes: "a statement", found: 0, cause: ArityCause::Missing };
                return self.push(statement.name.span, kind);
            };
            let names = Key::all().iter().filter_map(|key| key.name.strip_prefix("sentinel "));
            let why = Unknown::Nowhere(did_you_mean(&sub.text.to_ascii_lowercase(), names));
            return self.push(sub.span, ProblemKind::Unknown { name: statement.name_text(), why });
        }
        if let Some(at) = text.find(['=', ':']) {
            let separator = if text.as_bytes().get(at) == Some(&b'=') { '=' } else { ':' };
            if let Some(key) = Key::find(&text[..at]).filter(|_| !statement.name.quoted) {
                let span = statement.name.span.slice(at..at + 1);
                let found = statement.args.len();
                let cause = ArityCause::Glued(span, separator);
                let kind = ProblemKind::Arity { key: key.name, takes: takes(key), found, cause };
                return self.push(statement.name.span, kind);
            }
        }
        let module_setting = text.contains('.') && self.release.since((7, 0, 0));
        let module_prefix = ["search-", "ts-", "bf-", "cf-"].iter().any(|prefix| text.starts_with(prefix));
        let redis_8 = self.release.since((8, 0, 0));
        if (module_setting && self.loads_modules) || (redis_8 && (self.loads_modules || module_prefix)) {
            return;
        }
        let why = if ELASTICACHE_ONLY.contains(&text.as_str()) {
            Unknown::ElastiCache
        } else {
            Unknown::Nowhere(nearest_key(&text, self.release))
        };
        self.push(statement.name.span, ProblemKind::Unknown { name: statement.name.text.clone(), why });
    }

    fn placeholders(&mut self, statement: &Statement, key: &'static Key) -> bool {
        let secret = is_secret(key) || key.kind == Kind::User;
        let typed = !matches!(key.kind, Kind::Text | Kind::User | Kind::ModulePath | Kind::Module | Kind::Include);
        let mut found = false;
        for token in statement.values() {
            let range = placeholder(&token.text).or_else(|| {
                // Of the rules of a user only passwords in plain text can be dummies.
                let password = match key.kind {
                    Kind::User => token.text.strip_prefix('>'),
                    _ => secret.then_some(token.as_str()),
                };
                password.is_some_and(is_dummy).then_some(0..token.text.len())
            });
            let Some(range) = range else { continue };
            // Escapes in quotes move the text, so that only the whole word can be pointed at.
            let span = if token.quoted { token.span } else { token.span.slice(range) };
            let refused = (typed && !key.is_sentinel()) || key.kind == Kind::Include;
            self.push(span, ProblemKind::Placeholder { key: key.name, secret, refused });
            found = true;
        }
        found
    }

    fn arity(&mut self, statement: &Statement, key: &'static Key) -> bool {
        let values = statement.values();
        // From 7.0 on a directive that takes several values splits one quoted word again.
        let splits = matches!(key.kind, Kind::OomValues | Kind::BufferLimit | Kind::ReplicaOf)
            && values.len() == 1
            && self.release.since((7, 0, 0));
        let found = if splits { values[0].text.split_ascii_whitespace().count() } else { values.len() };
        let fits = match key.kind {
            Kind::Save | Kind::Module => true,
            Kind::Signals | Kind::Percentiles | Kind::ModulePath | Kind::User => found >= 1,
            Kind::Bind => (1..=16).contains(&found),
            Kind::OomValues => found == 3,
            Kind::BufferLimit if self.release.is_before((7, 0, 0)) => found == 4,
            Kind::BufferLimit => found > 0 && found.is_multiple_of(4),
            Kind::ReplicaOf | Kind::Rename => found == 2,
            _ => (usize::from(key.words.0)..=usize::from(key.words.1)).contains(&found),
        };
        if fits {
            return true;
        }
        let missing = match key.kind {
            Kind::BufferLimit | Kind::OomValues => found < 4,
            Kind::ReplicaOf | Kind::Rename => found < 2,
            _ => found < usize::from(key.words.0),
        };
        let (span, cause) = if missing {
            (statement.name_span(), ArityCause::Missing)
        } else {
            let expected = match key.kind {
                Kind::ReplicaOf | Kind::Rename => 2,
                Kind::OomValues => 3,
                Kind::BufferLimit => found / 4 * 4,
                Kind::Bind => 16,
                _ => usize::from(key.words.1),
            };
            let surplus = values.get(expected.min(found.saturating_sub(1))).map_or(statement.span, |token| token.span);
            (surplus.to(statement.span.after()), self.surplus_cause(values, key))
        };
        self.push(span, ProblemKind::Arity { key: key.name, takes: takes(key), found, cause });
        false
    }

    fn surplus_cause(&self, values: &[Token], key: &Key) -> ArityCause {
        if let ([number, unit], Kind::Memory { .. } | Kind::MemoryOrPercent) = (values, key.kind) {
            let joined = format!("{}{}", number.text, unit.text);
            if let Some(meant) =
                value::memory(&joined).map(|_| joined.clone()).or_else(|| value::intended_memory(&joined))
            {
                return ArityCause::UnitApart(meant);
            }
        }
        let is_list = matches!(key.kind, Kind::Events)
            || matches!(key.name, "tls-protocols" | "tls-ciphers" | "tls-ciphersuites" | "ignore-warnings");
        if is_list && values.iter().all(|token| !token.quoted) {
            let separator = match key.kind {
                Kind::Events => "",
                _ => " ",
            };
            let words: Vec<&str> = values.iter().map(Token::as_str).collect();
            return ArityCause::Unquoted(words.join(separator));
        }
        ArityCause::Surplus
    }

    fn invalid(
        &mut self,
        token: &Token,
        key: &'static Key,
        expected: impl Into<String>,
        meant: Option<(String, bool)>,
    ) {
        let kind = ProblemKind::Value { key: key.name, expected: expected.into(), meant, secret: is_secret(key) };
        self.push(token.span, kind);
    }

    fn values(&mut self, statement: &Statement, key: &'static Key) {
        let values = statement.values();
        let Some(last) = values.last() else {
            if key.kind == Kind::Save {
                self.save(statement);
            }
            return;
        };
        match key.kind_in(self.release) {
            Kind::Bool => self.switch(last, key),
            Kind::Int { min, max } => self.integer(last, key, min, max),
            Kind::Memory { min, max } => self.memory(last, key, min, max),
            Kind::MemoryOrPercent => {
                let percent = last.text.strip_suffix('%').and_then(value::integer);
                if percent.is_none_or(|percent| !(0..=100).contains(&percent)) {
                    self.memory(last, key, 0, u64::MAX);
                }
            }
            Kind::Octal => {
                let octal = u32::from_str_radix(&last.text, 8).ok().filter(|mode| *mode <= 0o777);
                if octal.is_none() || last.text.starts_with('+') {
                    self.invalid(last, key, "octal digits up to `777`", None);
                }
            }
            Kind::Enum(words) => self.word(last, key, words),
            Kind::Text => self.text(last, key),
            Kind::Save => self.save(statement),
            Kind::BufferLimit => self.buffer_limit(values, key),
            Kind::Percentiles => self.list(values, key, "numbers from 0 to 100", |word| {
                word.parse::<f64>().is_ok_and(|number| (0.0..=100.0).contains(&number))
            }),
            Kind::OomValues => self.list(values, key, "integers from -2000 to 2000", |word| {
                value::integer(word).is_some_and(|number| (-2000..=2000).contains(&number))
            }),
            Kind::Signals => self.list(values, key, "`default`, `save`, `nosave`, `now` or `force`", |word| {
                ["default", "save", "nosave", "now", "force"].iter().any(|flag| word.eq_ignore_ascii_case(flag))
            }),
            Kind::Events => self.events(last, key),
            Kind::ReplicaOf => self.replica_of(values, key),
            Kind::Atoi | Kind::AtoiPositive => self.sentinel_number(last, key),
            Kind::Monitor => self.monitor(values, key),
            Kind::RunId if last.text.len() != 40 => self.invalid(last, key, "40 characters", None),
            Kind::RunId
            | Kind::Bind
            | Kind::Include
            | Kind::ModulePath
            | Kind::Rename
            | Kind::Sentinel
            | Kind::User
            | Kind::Module
            | Kind::Obsolete => {}
        }
    }

    fn switch(&mut self, token: &Token, key: &'static Key) {
        if value::switch(&token.text).is_some() {
            return;
        }
        let meant = match token.text.to_ascii_lowercase().as_str() {
            "on" | "true" | "1" | "enabled" | "y" => Some("yes"),
            "off" | "false" | "0" | "disabled" | "n" => Some("no"),
            _ => None,
        };
        self.invalid(token, key, "`yes` or `no`", meant.map(|word| (word.to_owned(), true)));
    }

    fn integer(&mut self, token: &Token, key: &'static Key, min: i64, max: u64) {
        let expected = || {
            let bounded =
                max < i64::MAX as u64 && max != u64::from(i32::MAX.unsigned_abs()) && max != u64::from(u32::MAX);
            if bounded {
                format!("an integer from {min} to {max}")
            } else if min == i64::MIN || min == i64::from(i32::MIN) {
                "an integer".to_owned()
            } else {
                format!("an integer of {min} or more")
            }
        };
        let in_range = |number: i128| number >= i128::from(min) && number <= i128::from(max);
        // Versions up to 5.0 check the range of a few values only, and read all of them leniently.
        if self.old() {
            let reads_as = value::leading_integer(&token.text);
            let checks_range = matches!(
                key.canonical(),
                "port" | "databases" | "maxclients" | "repl-timeout" | "repl-ping-replica-period" | "tcp-backlog"
            ) || (key.name == "timeout" && reads_as < 0);
            if checks_range && !in_range(reads_as.into()) {
                self.invalid(token, key, expected(), None);
            } else if value::integer(&token.text).is_none() && token.text.parse::<i64>().is_err() {
                let (unit, seconds) = time_unit(key);
                let meant = unit.and_then(|_| value::intended_time(&token.text, seconds));
                self.push(token.span, ProblemKind::Suffix { key: key.name, reads_as, unit, meant });
            }
            return;
        }
        match value::integer(&token.text) {
            Some(number) if in_range(number) => {}
            Some(_) => self.invalid(token, key, expected(), None),
            None => {
                let (unit, seconds) = time_unit(key);
                let meant = unit.and_then(|_| value::intended_time(&token.text, seconds));
                self.invalid(token, key, expected(), meant.map(|number| (number.to_string(), false)));
            }
        }
    }

    fn memory(&mut self, token: &Token, key: &'static Key, min: i64, max: u64) {
        let Some(size) = value::memory(&token.text) else {
            let reads_as = self.old().then(|| value::lenient_memory(&token.text, self.release).bytes());
            return self.size(token, key, reads_as);
        };
        let too_small = u64::try_from(min).is_ok_and(|min| size.bytes() < min);
        if !self.old() && (too_small || size.bytes() > max) {
            let min = u64::try_from(min).unwrap_or_default();
            self.invalid(token, key, format!("a size of at least {}", value::write_memory(ByteSize(min))), None);
            return;
        }
        let (digits, unit) = value::split_digits(&token.text);
        if key.name == "maxmemory" && matches!(unit, "k" | "K" | "m" | "M" | "g" | "G") {
            let meant = format!("{digits}{}b", unit.to_ascii_lowercase());
            let Some(meant_bytes) = value::memory(&meant).map(ByteSize::bytes) else { return };
            let round = meant_bytes.is_power_of_two() || meant_bytes.is_multiple_of(256 << 20);
            if round {
                self.push(token.span, ProblemKind::DecimalSize { bytes: size.bytes(), meant, meant_bytes });
            }
        }
    }

    fn size(&mut self, token: &Token, key: &'static Key, reads_as: Option<u64>) {
        let meant = value::intended_memory(&token.text);
        self.push(token.span, ProblemKind::Size { key: key.name, refused: reads_as.is_none(), reads_as, meant });
    }

    fn word(&mut self, token: &Token, key: &'static Key, words: &'static [(&'static str, crate::version::Number)]) {
        let release = self.release;
        let known = words.iter().find(|(word, _)| token.is(word));
        let ours = |since: crate::version::Number| !release.is_known() || release.since(since);
        if known.is_some_and(|(_, since)| ours(*since)) {
            return;
        }
        let list: Vec<String> =
            words.iter().filter(|(_, since)| ours(*since)).map(|(word, _)| format!("`{word}`")).collect();
        let expected = match list.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
            None => String::new(),
        };
        let folded = token.text.to_ascii_lowercase().replace('_', "-");
        let same = |word: &str| word == folded || word.replace('-', "") == folded.replace('-', "");
        let available = || words.iter().filter(|(_, since)| ours(*since)).map(|(word, _)| *word);
        let meant = available()
            .find(|word| same(word))
            .map(|word| (word.to_owned(), true))
            .or_else(|| did_you_mean(&folded, available()).map(|word| (word.to_owned(), false)));
        self.invalid(token, key, expected, meant);
    }

    fn text(&mut self, token: &Token, key: &'static Key) {
        let base_name = matches!(key.name, "dbfilename" | "appendfilename" | "appenddirname");
        if base_name && token.text.contains('/') {
            let meant = token.text.rsplit('/').next().filter(|name| !name.is_empty());
            self.invalid(token, key, "a name without `/`", meant.map(|name| (name.to_owned(), false)));
        }
        let is_password = matches!(key.name, "requirepass" | "masterauth");
        if is_password && token.text.len() > 512 && self.release.is_before((6, 2, 0)) {
            self.invalid(token, key, "at most 512 bytes long", None);
        }
    }

    fn save(&mut self, statement: &Statement) {
        let span = statement.value_span();
        match read_save(statement, self.release) {
            Save::Clear => {}
            Save::Points(points) => {
                const PERIODS: &[i64] = &[300, 600, 900, 1800, 3600];
                if let [(seconds, changes)] = points[..]
                    && (1..=10).contains(&seconds)
                    && PERIODS.contains(&changes)
                {
                    let meant = format!("save {changes} {seconds}");
                    self.push(span, ProblemKind::Save(SaveFault::Swapped(meant)));
                }
            }
            Save::Ignored => {
                let fault = SaveFault::Ignored(intended_save(statement));
                self.push(span, ProblemKind::Save(fault));
            }
            Save::Refused => {
                let fault = SaveFault::Refused(intended_save(statement));
                self.push(span, ProblemKind::Save(fault));
            }
        }
    }

    fn buffer_limit(&mut self, values: &[Token], key: &'static Key) {
        for group in values.as_chunks::<4>().0 {
            let [class, hard, soft, seconds] = group;
            let replica = (!self.release.is_before((5, 0, 0))).then_some("replica");
            let mut known = ["normal", "slave", "pubsub"].into_iter().chain(replica);
            if !known.any(|word| class.is(word)) {
                let names = "`normal`, `replica` or `pubsub`";
                let names = if self.old() { "`normal`, `slave` or `pubsub`" } else { names };
                self.invalid(class, key, names, None);
            }
            for limit in [hard, soft] {
                if value::memory(&limit.text).is_none() {
                    let lenient = self.release.is_before((7, 0, 0));
                    let reads_as = lenient.then(|| value::lenient_memory(&limit.text, self.release).bytes());
                    self.size(limit, key, reads_as);
                }
            }
            if value::leading_integer(&seconds.text) < 0 {
                self.invalid(seconds, key, "a number of seconds, 0 or more", None);
            }
        }
    }

    fn list(&mut self, values: &[Token], key: &'static Key, expected: &str, fits: impl Fn(&str) -> bool) {
        for token in values {
            let wrong = token.text.split_ascii_whitespace().any(|word| !fits(word));
            if wrong {
                self.invalid(token, key, expected, None);
            }
        }
    }

    fn events(&mut self, token: &Token, key: &'static Key) {
        let since = |c: char| match c {
            'A' | 'g' | '$' | 'l' | 's' | 'h' | 'z' | 'x' | 'e' | 'K' | 'E' => Some((0, 0, 0)),
            't' => Some((5, 0, 0)),
            'm' => Some((6, 0, 0)),
            'd' => Some((6, 2, 0)),
            'n' => Some((7, 0, 0)),
            _ => None,
        };
        let known = |c: char| since(c).is_some_and(|version| !self.release.is_before(version));
        if let Some(wrong) = token.text.chars().find(|&c| !known(c)) {
            self.invalid(token, key, format!("made of the letters `Ag$lshzxetmdnKE`, without `{wrong}`"), None);
        }
    }

    fn replica_of(&mut self, values: &[Token], key: &'static Key) {
        let [host, port] = values else { return };
        if host.is("no") && port.is("one") {
            return;
        }
        let number =
            if self.old() { Some(value::leading_integer(&port.text).into()) } else { value::integer(&port.text) };
        if number.is_none_or(|number| !(0..=65535).contains(&number)) {
            self.invalid(port, key, "a host and a port from 0 to 65535", None);
        }
    }

    fn sentinel_number(&mut self, token: &Token, key: &'static Key) {
        let reads_as = value::leading_integer(&token.text);
        let pure = token.text.strip_prefix('-').unwrap_or(&token.text).bytes().all(|byte| byte.is_ascii_digit());
        let positive = key.kind == Kind::AtoiPositive;
        if positive && reads_as <= 0 {
            self.invalid(token, key, "a number of milliseconds above 0", None);
        } else if reads_as < 0 && key.name.ends_with("period") {
            self.invalid(token, key, "a number of milliseconds, 0 or more", None);
        } else if !pure {
            let is_time = positive || key.name.ends_with("period");
            let meant = is_time.then(|| value::intended_time(&token.text, false)).flatten();
            let unit = is_time.then_some("milliseconds");
            self.push(token.span, ProblemKind::Suffix { key: key.name, reads_as, unit, meant });
        } else if key.name == "sentinel announce-port" && !(0..=65535).contains(&reads_as) {
            self.invalid(token, key, "a port from 0 to 65535", None);
        }
    }

    fn monitor(&mut self, values: &[Token], key: &'static Key) {
        let [_, _, port, quorum] = values else { return };
        for (token, least, most, expected) in
            [(port, 0, 65535, "a port from 0 to 65535"), (quorum, 1, i64::MAX, "a quorum of 1 or more")]
        {
            let reads_as = value::leading_integer(&token.text);
            if !(least..=most).contains(&reads_as) {
                self.invalid(token, key, format!("a name, an address, a port and a quorum: {expected}"), None);
            } else if !token.text.bytes().all(|byte| byte.is_ascii_digit()) {
                self.push(token.span, ProblemKind::Suffix { key: key.name, reads_as, unit: None, meant: None });
            }
        }
    }
}

impl Statement {
    /// Its name, with `sentinel` in front where that belongs to it.
    pub(crate) fn name_text(&self) -> compact_str::CompactString {
        match self.args.first() {
            Some(sub) if self.is_sentinel() => compact_str::format_compact!("sentinel {}", sub.text),
            _ => self.name.text.clone(),
        }
    }
}

/// What a `save` statement does to the list of save points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Save {
    /// Drops all points before it.
    Clear,
    /// Adds points.
    Points(Vec<(i64, i64)>),
    /// Nothing, without a word.
    Ignored,
    /// The server does not start.
    Refused,
}

/// Reads a `save` statement. Up to 6.2 two words or one empty one are read, and any other number is skipped; from 7.0
/// on any number of pairs, also in one quoted word.
pub(crate) fn read_save(statement: &Statement, release: Release) -> Save {
    let values = statement.values();
    if let [only] = values
        && only.text.is_empty()
    {
        return Save::Clear;
    }
    let strict = release.since((7, 0, 0));
    if !strict && values.len() != 2 {
        return Save::Ignored;
    }
    let words: Vec<&str> = match values {
        [only] => only.text.split_ascii_whitespace().collect(),
        many => many.iter().map(Token::as_str).collect(),
    };
    let (pairs, rest) = words.as_chunks::<2>();
    if pairs.is_empty() || !rest.is_empty() {
        return Save::Refused;
    }
    let number = |word: &str| {
        if strict {
            value::integer(word).and_then(|number| i64::try_from(number).ok())
        } else {
            Some(value::leading_integer(word))
        }
    };
    let mut points = Vec::with_capacity(pairs.len());
    for [seconds, changes] in pairs {
        match (number(seconds), number(changes)) {
            (Some(seconds), Some(changes)) if seconds >= 1 && changes >= 0 => points.push((seconds, changes)),
            _ => return Save::Refused,
        }
    }
    Save::Points(points)
}

/// The lines that say what the author of a wrong `save` statement meant, in a form that every version reads.
fn intended_save(statement: &Statement) -> Vec<String> {
    let words: Vec<&str> = statement.values().iter().flat_map(|token| token.text.split_ascii_whitespace()).collect();
    if let [word] = words[..]
        && ["no", "off", "none", "never", "false", "disabled"].iter().any(|none| word.eq_ignore_ascii_case(none))
    {
        return vec!["save \"\"".to_owned()];
    }
    let numbers: Option<Vec<i128>> = words.iter().map(|word| value::integer(word)).collect();
    match numbers {
        Some(numbers) if !numbers.is_empty() && numbers.len().is_multiple_of(2) => {
            let valid = numbers.as_chunks::<2>().0.iter().all(|[seconds, changes]| *seconds >= 1 && *changes >= 0);
            let lines = numbers.as_chunks::<2>().0.iter().map(|[seconds, changes]| format!("save {seconds} {changes}"));
            if valid { lines.collect() } else { Vec::new() }
        }
        _ => Vec::new(),
    }
}

/// How many values a directive takes, in words.
fn takes(key: &Key) -> &'static str {
    match (key.kind, key.words) {
        (Kind::ReplicaOf, _) => "2 values, a host and a port",
        (Kind::Rename, _) => "2 values, a command and its new name",
        (Kind::BufferLimit, _) => "4 values: class, hard limit, soft limit, seconds",
        (Kind::OomValues, _) => "3 values",
        (Kind::Bind, _) => "1 to 16 values",
        (Kind::User | Kind::ModulePath | Kind::Signals | Kind::Percentiles, _) => "at least 1 value",
        (Kind::Monitor, _) => "4 values: name, address, port, quorum",
        (_, (3, 4)) => "3 or 4 values",
        (_, (1, _)) => "1 value",
        (_, (2, _)) => "2 values",
        _ => "3 values",
    }
}

/// The unit of a time, and whether it is seconds.
fn time_unit(key: &Key) -> (Option<&'static str>, bool) {
    match key.canonical() {
        "timeout"
        | "tcp-keepalive"
        | "repl-timeout"
        | "repl-ping-replica-period"
        | "repl-backlog-ttl"
        | "repl-diskless-sync-delay"
        | "min-replicas-max-lag"
        | "shutdown-timeout" => (Some("seconds"), true),
        "cluster-node-timeout" | "busy-reply-threshold" => (Some("milliseconds"), false),
        _ => (None, false),
    }
}

/// A known directive with nearly the same name, or with the same words in another order.
fn nearest_key(name: &str, release: Release) -> Option<&'static str> {
    let available = || {
        Key::all().iter().filter(move |key| {
            !key.is_sentinel() && key.kind != Kind::Module && matches!(key.support(release), Support::Known)
        })
    };
    if let Some(near) = did_you_mean(name, available().map(|key| key.name)) {
        return Some(near);
    }
    let sorted = |name: &str| {
        let mut words: Vec<String> = name.split(['-', '_']).map(str::to_owned).collect();
        words.sort_unstable();
        words
    };
    if name.len() > 64 {
        return None;
    }
    let words = sorted(name);
    available().map(|key| key.name).find(|key| key.len() == name.len() && sorted(key) == words)
}

/// Where a hole of a template engine begins: `{{`, `{%` or `<%`.
pub(crate) fn template_hole(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    memchr::memchr2_iter(b'{', b'<', bytes)
        .find(|&at| matches!((bytes[at], bytes.get(at + 1)), (b'{', Some(b'{' | b'%')) | (b'<', Some(b'%'))))
}

/// Where a value holds something that a template engine or a shell should have filled in.
pub(crate) fn placeholder(text: &str) -> Option<std::ops::Range<usize>> {
    if let Some(start) = template_hole(text).filter(|&start| !text[start..].starts_with("{%")) {
        let close = if text[start..].starts_with("{{") { "}}" } else { "%>" };
        let end = text[start..].find(close).map_or(text.len(), |at| start + at + close.len());
        return Some(start..end);
    }
    let bytes = text.as_bytes();
    for start in memchr::memchr_iter(b'$', bytes) {
        let rest = &text[start + 1..];
        for (open, close) in [('{', '}'), ('(', ')')] {
            if rest.starts_with(open)
                && let Some(end) = rest.find(close).filter(|&end| end > 1)
            {
                return Some(start..start + 1 + end + 1);
            }
        }
        let name =
            rest.bytes().take_while(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_').count();
        if name >= 3 && rest.starts_with(|c: char| c.is_ascii_uppercase()) {
            return Some(start..start + 1 + name);
        }
    }
    let inner = text.strip_prefix('%').and_then(|rest| rest.strip_suffix('%')).unwrap_or_default();
    let is_name = inner.len() >= 3
        && inner.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    is_name.then_some(0..text.len())
}

/// Is the password one that somebody should have filled in?
pub(crate) fn is_placeholder_password(text: &str) -> bool {
    placeholder(text).is_some() || is_dummy(text)
}

/// A password that says that somebody should put one here.
fn is_dummy(text: &str) -> bool {
    if text.len() > 64 {
        return false;
    }
    let lower = text.to_ascii_lowercase().replace('-', "_");
    let bracketed = lower.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    bracketed.is_some_and(|inner| inner.contains("pass") || inner.contains("secret"))
        || matches!(
            lower.as_str(),
            "changeme"
                | "change_me"
                | "changeit"
                | "your_password_here"
                | "your_password"
                | "yourpassword"
                | "replace_me"
        )
}
