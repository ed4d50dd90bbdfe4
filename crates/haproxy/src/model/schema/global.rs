//! What the statements of `global` take: how many words, and which ones, where HAProxy refuses all others.

use super::{ProblemKind, Schema};
use crate::model::Statement;
use crate::syntax::Word;
use crate::table::{Context, Keyword, keyword};
use crate::values::{Port, Time, Unit, endpoint, leading_number, time};
use confvet_core::did_you_mean;

/// What the first word behind a keyword has to be.
#[derive(Debug, Clone, Copy)]
enum Value {
    /// Not judged.
    Any,
    /// Something that starts with a number in this range; where no digit stands, the number is 0.
    Number(i64, i64),
    /// A number, all of it, in this range.
    Whole(i64, i64),
    /// A time of so many milliseconds at most; the unit of a bare number.
    Time(u128, Unit),
    /// One of these words, as 2.6 has them: later versions have more.
    OneOf(&'static [&'static str]),
}

/// As many words as there may be.
const MANY: usize = usize::MAX;
/// The largest number that fits what HAProxy keeps most settings in.
const INT: i64 = i32::MAX as i64;
const ON_OFF: &[&str] = &["on", "off"];
/// What `ssl-default-bind-options` takes of the options of `bind`; the servers take all but the last.
const TLS_OPTIONS: &[&str] = &[
    "force-sslv3",
    "force-tlsv10",
    "force-tlsv11",
    "force-tlsv12",
    "force-tlsv13",
    "no-sslv3",
    "no-tls-tickets",
    "no-tlsv10",
    "no-tlsv11",
    "no-tlsv12",
    "no-tlsv13",
    "ssl-min-ver",
    "ssl-max-ver",
    "prefer-client-ciphers",
];
const EXTRA_FILES: &[&str] = &["none", "all", "bundle", "sctl", "ocsp", "issuer", "key"];

/// How many words a statement needs, how many it takes, and what the first one has to be.
fn takes(statement: Keyword) -> Option<(usize, usize, Value)> {
    Some(match statement {
        keyword::BUSY_POLLING
        | keyword::DAEMON
        | keyword::H1_ACCEPT_PAYLOAD_WITH_ANY_METHOD
        | keyword::H2_WORKAROUND_BOGUS_WEBSOCKET_CLIENTS
        | keyword::INSECURE_FORK_WANTED
        | keyword::INSECURE_SETUID_WANTED
        | keyword::NO_MEMORY_TRIMMING
        | keyword::NOEPOLL
        | keyword::NOEVPORTS
        | keyword::NOGETADDRINFO
        | keyword::NOKQUEUE
        | keyword::NOPOLL
        | keyword::NOREUSEPORT
        | keyword::NOSPLICE
        | keyword::PP2_NEVER_SEND_LOCAL
        | keyword::QUIET
        | keyword::STRICT_LIMITS
        | keyword::TUNE_SSL_FORCE_PRIVATE_CACHE
        | keyword::ZERO_WARNING => (0, 0, Value::Any),
        keyword::MASTER_WORKER => (0, 1, Value::OneOf(&["no-exit-on-failure"])),
        // Where a number is wanted, a word without one is read as 0.
        keyword::CA_BASE
        | keyword::FD_HARD_LIMIT
        | keyword::GID
        | keyword::MAXCOMPRATE
        | keyword::MAXCONN
        | keyword::MAXCONNRATE
        | keyword::MAXPIPES
        | keyword::MAXSESSRATE
        | keyword::MAXSSLRATE
        | keyword::MAXZLIBMEM
        | keyword::TUNE_BUFFERS_LIMIT
        | keyword::TUNE_BUFFERS_RESERVE
        | keyword::TUNE_HTTP_COOKIELEN
        | keyword::TUNE_HTTP_LOGURILEN
        | keyword::TUNE_MAXPOLLEVENTS
        | keyword::TUNE_PIPESIZE
        | keyword::TUNE_RCVBUF_CLIENT
        | keyword::TUNE_RCVBUF_SERVER
        | keyword::TUNE_RECV_ENOUGH
        | keyword::TUNE_RUNQUEUE_DEPTH
        | keyword::TUNE_SNDBUF_CLIENT
        | keyword::TUNE_SNDBUF_SERVER
        | keyword::UID
        | keyword::ULIMIT_N
        | keyword::CHROOT
        | keyword::CLUSTER_SECRET
        | keyword::CRT_BASE
        | keyword::GROUP
        | keyword::LOCALPEER
        | keyword::LOG_TAG
        | keyword::NODE
        | keyword::PIDFILE
        | keyword::SSL_DEFAULT_BIND_CIPHERS
        | keyword::SSL_DEFAULT_BIND_CIPHERSUITES
        | keyword::SSL_DEFAULT_BIND_CURVES
        | keyword::SSL_DEFAULT_SERVER_CIPHERS
        | keyword::SSL_DEFAULT_SERVER_CIPHERSUITES
        | keyword::USER => (1, 1, Value::Any),
        keyword::DESCRIPTION
        | keyword::H1_CASE_ADJUST_FILE
        | keyword::ISSUERS_CHAIN_PATH
        | keyword::LOG
        | keyword::SERVER_STATE_BASE
        | keyword::SERVER_STATE_FILE
        | keyword::SSL_DH_PARAM_FILE
        | keyword::UNSETENV
        | keyword::LUA_LOAD => (1, MANY, Value::Any),
        keyword::MAX_SPREAD_CHECKS => (0, 1, Value::Any),
        keyword::LUA_PREPEND_PATH => (1, 2, Value::Any),
        keyword::H1_CASE_ADJUST => (2, 2, Value::Any),
        keyword::SETENV | keyword::PRESETENV => (2, 3, Value::Any),
        keyword::SET_VAR | keyword::SET_VAR_FMT => (2, MANY, Value::Any),
        keyword::MAXSSLCONN
        | keyword::TUNE_MAXREWRITE
        | keyword::TUNE_SSL_CACHESIZE
        | keyword::TUNE_SSL_CAPTURE_BUFFER_SIZE
        | keyword::TUNE_SSL_CAPTURE_CIPHERLIST_SIZE
        | keyword::TUNE_SSL_HARD_MAXRECORD
        | keyword::TUNE_SSL_MAXRECORD
        | keyword::TUNE_SSL_SSL_CTX_CACHE_SIZE => (1, 1, Value::Number(0, i64::MAX)),
        keyword::TUNE_MAXACCEPT => (1, 1, Value::Number(i64::MIN, INT)),
        keyword::MAXCOMPCPUUSAGE | keyword::TUNE_POOL_HIGH_FD_RATIO | keyword::TUNE_POOL_LOW_FD_RATIO => {
            (1, 1, Value::Number(0, 100))
        }
        keyword::TUNE_FAIL_ALLOC => (0, 1, Value::Number(0, 100)),
        keyword::SPREAD_CHECKS => (1, 1, Value::Number(0, 50)),
        keyword::TUNE_BUFSIZE => (1, 1, Value::Number(1, INT)),
        keyword::TUNE_COMP_MAXLEVEL => (1, 1, Value::Number(1, 9)),
        keyword::TUNE_H2_HEADER_TABLE_SIZE => (1, 1, Value::Number(4096, 65536)),
        keyword::TUNE_H2_INITIAL_WINDOW_SIZE | keyword::TUNE_H2_MAX_CONCURRENT_STREAMS => {
            (0, 1, Value::Number(0, i64::MAX))
        }
        keyword::TUNE_H2_MAX_FRAME_SIZE => (1, 1, Value::Number(16_384, 16_777_215)),
        // Fewer are too few for the pages that HAProxy itself answers with.
        keyword::TUNE_HTTP_MAXHDR => (1, 1, Value::Number(9, 32_767)),
        keyword::TUNE_PATTERN_CACHE_SIZE => (1, MANY, Value::Number(0, i64::MAX)),
        keyword::TUNE_PEERS_MAX_UPDATES_AT_ONCE => (1, 1, Value::Number(1, i64::MAX)),
        keyword::TUNE_LUA_FORCED_YIELD
        | keyword::TUNE_VARS_CHECK_MAX_SIZE
        | keyword::TUNE_VARS_GLOBAL_MAX_SIZE
        | keyword::TUNE_VARS_PROC_MAX_SIZE
        | keyword::TUNE_VARS_REQRES_MAX_SIZE
        | keyword::TUNE_VARS_SESS_MAX_SIZE
        | keyword::TUNE_VARS_TXN_MAX_SIZE => (0, MANY, Value::Whole(i64::MIN, i64::MAX)),
        keyword::TUNE_LUA_MAXMEM => (1, MANY, Value::Whole(i64::MIN, i64::MAX)),
        keyword::NBTHREAD => (1, 1, Value::Whole(1, 64)),
        keyword::THREAD_GROUP => (1, MANY, Value::Whole(1, i64::MAX)),
        keyword::THREAD_GROUPS => (1, 1, Value::Whole(1, 1)),
        keyword::TUNE_SSL_DEFAULT_DH_PARAM => (1, 1, Value::Any),
        keyword::TUNE_IDLETIMER => (1, 1, Value::Time(65_535, Unit::Milliseconds)),
        keyword::TUNE_SSL_LIFETIME => (1, 1, Value::Time(u128::MAX, Unit::Seconds)),
        keyword::TUNE_IDLE_POOL_SHARED
        | keyword::TUNE_LISTENER_MULTI_QUEUE
        | keyword::TUNE_SCHED_LOW_LATENCY
        | keyword::TUNE_SSL_KEYLOG => (1, 1, Value::OneOf(ON_OFF)),
        keyword::TUNE_FD_EDGE_TRIGGERED => (1, MANY, Value::Any),
        keyword::PROFILING_TASKS => (1, 1, Value::OneOf(&["on", "auto", "off"])),
        keyword::SSL_SERVER_VERIFY => (1, MANY, Value::OneOf(&["none", "required"])),
        keyword::HTTPCLIENT_SSL_VERIFY => (0, 1, Value::OneOf(&["none", "required"])),
        keyword::HTTPCLIENT_RESOLVERS_PREFER => (1, 1, Value::OneOf(&["ipv4", "ipv6"])),
        keyword::DEFAULT_PATH => (1, MANY, Value::OneOf(&["current", "config", "parent", "origin"])),
        keyword::STATS => (1, MANY, Value::OneOf(&["socket", "maxconn", "bind-process", "timeout"])),
        keyword::UNIX_BIND => (0, MANY, Value::OneOf(&["prefix", "mode", "uid", "gid", "user", "group"])),
        keyword::SSL_LOAD_EXTRA_FILES => (1, MANY, Value::OneOf(EXTRA_FILES)),
        keyword::SSL_DEFAULT_BIND_OPTIONS => (1, MANY, Value::OneOf(TLS_OPTIONS)),
        keyword::SSL_DEFAULT_SERVER_OPTIONS => (1, MANY, Value::OneOf(TLS_OPTIONS.split_at(TLS_OPTIONS.len() - 1).0)),
        _ => return None,
    })
}

impl Schema<'_> {
    /// The words of a statement of `global`.
    pub(super) fn global(&mut self, statement: &Statement) {
        let id = statement.id();
        if !statement.is_whole() || statement.marks().has_continuation() || statement.prefix.is_some() {
            return;
        }
        let old = self.haproxy.target.is_some_and(|target| target < (2, 7, 0));
        let takes = match id {
            // Later versions take a word here.
            keyword::EXTERNAL_CHECK | keyword::SET_DUMPABLE if old => Some((0, 0, Value::Any)),
            // And there they do without one.
            keyword::HTTPCLIENT_SSL_VERIFY if old && statement.word(1).is_none() => Some((1, 1, Value::Any)),
            _ => takes(id),
        };
        let Some((least, most, value)) = takes else { return };
        let words = statement.words().len() - 1;
        if words < least {
            let what = if least == 1 { "a value".to_owned() } else { format!("{least} words") };
            let message = format!("`{}` needs {what}", statement.keyword());
            self.add(statement, statement.keyword_span(), ProblemKind::Invalid { message, instead: None });
            return;
        }
        if most < MANY {
            self.most(statement, statement.keyword(), most + 1);
        }
        let Some(first) = statement.word(1).filter(|first| super::is_plain(*first)) else { return };
        if words <= most {
            self.global_value(statement, first, value, old);
        }
        match id {
            keyword::NODE => {
                let is_good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
                if let Some(bad) = first.text.chars().find(|&c| !is_good(c)) {
                    let message = format!("`{bad}` is not allowed in the name of a node");
                    self.invalid(statement, first, message, None);
                }
            }
            keyword::H1_CASE_ADJUST if !first.text.eq_ignore_ascii_case(statement.text(2)) => {
                let message =
                    format!("`{}` and `{}` differ in more than the case of letters", first.text, statement.text(2));
                self.invalid(statement, first, message, None);
            }
            keyword::LUA_PREPEND_PATH
                if statement.word(2).is_some_and(|kind| kind.is_known() && !matches!(kind.text, "path" | "cpath")) =>
            {
                let message = format!("`{}` is no kind of path: it is `path` or `cpath`", statement.text(2));
                self.invalid(statement, statement.at(2), message, None);
            }
            keyword::TUNE_SSL_DEFAULT_DH_PARAM if (0..1024).contains(&leading_number(first.text).0) => {
                let message = format!("`{}` bits are too few: the least are 1024", first.text);
                self.invalid(statement, first, message, None);
            }
            keyword::TUNE_FD_EDGE_TRIGGERED
                if old && self.haproxy.global_setting("expose-experimental-directives").is_none() =>
            {
                let message = format!("`{}` needs `expose-experimental-directives` in `global`", statement.keyword());
                self.invalid(statement, statement.at(0), message, None);
            }
            keyword::SET_VAR | keyword::SET_VAR_FMT if !first.text.starts_with("proc.") => {
                let message = format!("`{}` cannot be set in `global`: only variables `proc.…` can", first.text);
                self.invalid(statement, first, message, None);
            }
            keyword::STATS
                if statement.words().is(1, "maxconn")
                    && statement.word(2).is_none_or(|most| most.is_known() && leading_number(most.text).0 < 1) =>
            {
                let message = "`stats maxconn` needs a number above 0".to_owned();
                self.invalid(statement, first, message, None);
            }
            keyword::STATS if statement.words().is(1, "socket") && statement.word(2).is_none() => {
                let message = "`stats socket` needs an address".to_owned();
                self.invalid(statement, first, message, None);
            }
            keyword::STATS if statement.words().is(1, "socket") => {
                self.needs_port(statement, 2);
                self.options(statement, 3, Context::BindOption, false);
            }
            _ => {}
        }
    }

    /// The words of a statement of `resolvers`.
    pub(super) fn resolvers(&mut self, statement: &Statement) {
        const EVENTS: &[&str] = &["nx", "refused", "timeout", "valid", "obsolete", "other"];
        if !statement.is_whole() || statement.marks().has_continuation() {
            return;
        }
        let (least, what) = match statement.id() {
            keyword::HOLD => (2, "an event and a time"),
            keyword::TIMEOUT => (2, "`resolve` or `retry`, and a time"),
            keyword::NAMESERVER => (2, "a name and an address"),
            keyword::RESOLVE_RETRIES | keyword::ACCEPTED_PAYLOAD_SIZE => (1, "a number"),
            _ => return,
        };
        if statement.words().len() <= least {
            let message = format!("`{}` needs {what}", statement.keyword());
            self.add(statement, statement.keyword_span(), ProblemKind::Invalid { message, instead: None });
            return;
        }
        match statement.id() {
            keyword::HOLD => {
                self.one_of(statement, "hold", 1, EVENTS);
                self.time_value(statement, 2, Unit::Milliseconds);
            }
            keyword::TIMEOUT => {
                self.one_of(statement, "timeout", 1, &["resolve", "retry"]);
                self.time_value(statement, 2, Unit::Milliseconds);
            }
            keyword::NAMESERVER => self.needs_port(statement, 2),
            keyword::ACCEPTED_PAYLOAD_SIZE => {
                let Some(size) = statement.word(1).filter(|size| super::is_plain(*size)) else { return };
                self.global_value(statement, size, Value::Number(12, 65_535), true);
            }
            _ => {}
        }
    }

    /// An address that is nothing without a port.
    fn needs_port(&mut self, statement: &Statement, at: usize) {
        let Some(word) = statement.word(at).filter(|word| super::is_plain(*word)) else { return };
        let address = endpoint(word, 0..word.text.len());
        if address.inet().is_some() && matches!(address.port, Port::None) {
            let message = format!("`{}` has no port", word.text);
            self.invalid(statement, word, message, None);
        }
    }

    fn global_value(&mut self, statement: &Statement, word: Word<'_>, value: Value, old: bool) {
        let setting = statement.keyword();
        let range = match value {
            Value::Any => return,
            Value::Number(low, high) if (low..=high).contains(&leading_number(word.text).0) => return,
            Value::Number(low, high) => number_range(low, high),
            Value::Whole(low, high) => {
                let digits = word.text.strip_prefix(['-', '+']).unwrap_or(word.text);
                let is_whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
                // How many threads there may be is up to the version.
                let high = if old { high } else { i64::MAX };
                if is_whole && (low..=high).contains(&leading_number(word.text).0) {
                    return;
                }
                number_range(low, high)
            }
            Value::Time(most, unit) => match time(word.text, unit) {
                Some(Time::Exact(time) | Time::Bare(time, _)) if time.as_millis() <= most => return,
                _ if most == u128::MAX => "a time such as `300s`".to_owned(),
                _ => format!("a time up to {most} ms"),
            },
            Value::OneOf(words) if !old || words.contains(&word.text) => return,
            Value::OneOf(words) => {
                let near = did_you_mean(word.text, words.iter().copied()).map(|near| (near.to_owned(), false));
                let message =
                    format!("`{}` is not a valid value for `{setting}`: it takes {}", word.text, words.join(", "));
                self.invalid(statement, word, message, near);
                return;
            }
        };
        let message = format!("`{}` is not a valid value for `{setting}`: it takes {range}", word.text);
        self.invalid(statement, word, message, None);
    }
}

/// For messages.
fn number_range(low: i64, high: i64) -> String {
    match (low, high) {
        (i64::MIN, _) => "a number".to_owned(),
        (low, INT | i64::MAX) => format!("a number from {low}"),
        (low, high) => format!("a number from {low} to {high}"),
    }
}
