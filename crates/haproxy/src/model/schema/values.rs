//! Values that HAProxy refuses, or reads otherwise than they are written.

use super::grammar::is_number_set;
use super::{ProblemKind, Schema, bad_in_name};
use crate::model::{Expression, Proxy, Statement};
use crate::syntax::Word;
use crate::table::{Arguments, Context, Key, Keyword, keyword};
use crate::values::{Host, Port, Time, Unit, endpoint, ends_in_port, leading_number, time};
use confvet_core::did_you_mean;

/// The words of which an option of `server` or `bind` takes one.
fn option_words(option: Keyword) -> Option<&'static [&'static str]> {
    Some(match option {
        keyword::ON_MARKED_DOWN => &["shutdown-sessions"],
        keyword::ON_MARKED_UP => &["shutdown-backup-sessions"],
        keyword::ON_ERROR => &["fastinter", "fail-check", "sudden-death", "mark-down"],
        keyword::OBSERVE => &["layer4", "layer7"],
        keyword::LEVEL => &["user", "operator", "admin"],
        keyword::RESOLVE_PREFER => &["ipv4", "ipv6"],
        keyword::SSL_MIN_VER | keyword::SSL_MAX_VER => &["SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"],
        keyword::LOG_PROTO => &["legacy", "octet-count"],
        keyword::WS => &["auto", "h1", "h2"],
        keyword::SEVERITY_OUTPUT => &["none", "number", "string"],
        keyword::EXPOSE_FD => &["listeners"],
        _ => return None,
    })
}

/// Is it a statement that takes exactly one word?
fn takes_one_word(statement: Keyword) -> bool {
    matches!(
        statement,
        keyword::DEFAULT_BACKEND
            | keyword::MAXCONN
            | keyword::RETRIES
            | keyword::FULLCONN
            | keyword::BACKLOG
            | keyword::MODE
            | keyword::LOG_FORMAT
            | keyword::LOG_FORMAT_SD
            | keyword::ERROR_LOG_FORMAT
            | keyword::UNIQUE_ID_FORMAT
            | keyword::MONITOR_URI
    )
}

const LOG_LEVELS: &[&str] = &["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];

const FACILITIES: &[&str] = &[
    "alert", "audit", "auth", "auth2", "cron", "cron2", "daemon", "ftp", "kern", "local0", "local1", "local2",
    "local3", "local4", "local5", "local6", "local7", "lpr", "mail", "news", "ntp", "syslog", "user", "uucp",
];

impl Schema<'_> {
    pub(super) fn invalid(
        &mut self,
        statement: &Statement,
        word: Word<'_>,
        message: String,
        instead: Option<(String, bool)>,
    ) {
        self.add(statement, word.span, ProblemKind::Invalid { message, instead });
    }

    pub(super) fn values(&mut self, proxy: Option<&Proxy>, statement: &Statement) {
        let id = statement.id();
        let second = || statement.text(1);
        if proxy.is_none() {
            match id {
                keyword::LOG => self.log(statement),
                keyword::HARD_STOP_AFTER
                | keyword::GRACE
                | keyword::CLOSE_SPREAD_TIME
                | keyword::MAX_SPREAD_CHECKS
                | keyword::TUNE_LUA_SESSION_TIMEOUT
                | keyword::TUNE_LUA_TASK_TIMEOUT
                | keyword::TUNE_LUA_SERVICE_TIMEOUT => self.first_time(statement, 1),
                keyword::STATS if second() == "timeout" => self.first_time(statement, 2),
                keyword::MAXCONN => self.global_maxconn(statement),
                _ => {}
            }
            return;
        }
        match id {
            keyword::TIMEOUT => self.lone_time(statement, 2),
            keyword::TCP_REQUEST | keyword::TCP_RESPONSE if second() == "inspect-delay" => {
                self.lone_time(statement, 2);
            }
            keyword::CLITCPKA_IDLE | keyword::CLITCPKA_INTVL | keyword::SRVTCPKA_IDLE | keyword::SRVTCPKA_INTVL => {
                self.time_value(statement, 1, Unit::Milliseconds);
            }
            keyword::STICK_TABLE => self.table(statement),
            keyword::MODE => self.mode(statement),
            keyword::BALANCE => self.balance(statement),
            keyword::BIND => self.bind(statement),
            keyword::SERVER | keyword::SERVER_TEMPLATE => self.server(statement),
            keyword::LOG => self.log(statement),
            keyword::OPTION if second() == "httpchk" => self.httpchk(statement),
            keyword::STATS if statement.is_whole() => self.stats(statement),
            keyword::MAXCONN | keyword::RETRIES | keyword::FULLCONN | keyword::BACKLOG => {
                self.number(statement, statement.keyword(), 1);
            }
            keyword::HTTP_REUSE => {
                self.one_of(statement, "http-reuse", 1, &["never", "safe", "aggressive", "always"]);
            }
            keyword::LOAD_SERVER_STATE_FROM_FILE => {
                self.one_of(statement, "load-server-state-from-file", 1, &["global", "local", "none"]);
            }
            _ => {}
        }
        if takes_one_word(id) {
            self.one_word(statement);
        }
    }

    /// A word more than the statement takes.
    fn one_word(&mut self, statement: &Statement) {
        match statement.word(1) {
            None => {
                let message = format!("`{}` needs a value", statement.keyword());
                self.add(statement, statement.keyword_span(), ProblemKind::Invalid { message, instead: None });
            }
            Some(_) if statement.words().iter().any(|word| word.is_empty() || word.text.contains("[*]")) => {}
            Some(_) => {
                let keyword = statement.keyword();
                let extra = statement.word(2).filter(|word| word.text != "\\" && keyword.contains("format"));
                let Some(extra) = extra else { return };
                let message = format!("`{keyword}` takes one word: quote the format, or escape its spaces");
                self.invalid(statement, extra, message, None);
            }
        }
    }

    /// A time that has to be there; what stands behind it does not matter.
    fn first_time(&mut self, statement: &Statement, at: usize) {
        if statement.word(at).is_some() {
            self.time_value(statement, at, Unit::Milliseconds);
        } else {
            self.lone_time(statement, at);
        }
    }

    /// A time that is the last word of its statement.
    fn lone_time(&mut self, statement: &Statement, at: usize) {
        let Some(word) = statement.word(at) else {
            let message = format!("`{}` needs a time", statement.setting());
            self.add(statement, statement.setting_span(), ProblemKind::Invalid { message, instead: None });
            return;
        };
        if let Some(extra) = statement.word(at + 1).filter(|extra| extra.text != "\\" && !extra.is_empty()) {
            let joined = format!("{}{}", word.text, extra.text);
            let reads = matches!(time(&joined, Unit::Milliseconds), Some(Time::Exact(_)));
            if word.is_known() && extra.is_known() {
                let message =
                    format!("`{} {}` is not a valid time for `{}`", word.text, extra.text, statement.setting());
                let instead = reads.then_some((joined, true));
                self.add(statement, word.span.to(extra.span), ProblemKind::Invalid { message, instead });
            }
            return;
        }
        self.time_value(statement, at, Unit::Milliseconds);
    }

    pub(super) fn time_value(&mut self, statement: &Statement, at: usize, unit: Unit) {
        let Some(word) = statement.word(at).filter(|word| word.is_known() && !word.is_empty() && !word.has_dollar())
        else {
            return;
        };
        let read = time(word.text, unit);
        if matches!(read, Some(Time::Exact(_))) {
            return;
        }
        let setting =
            if at == 2 && statement.sub().is_some() { statement.setting() } else { statement.text(at - 1).to_owned() };
        match read {
            Some(Time::Exact(_)) => {}
            Some(Time::Partly(_, length)) => {
                let read = word.text[..length].to_owned();
                let kind = ProblemKind::ReadPartly { setting, read: read.clone(), instead: Some(read), time: true };
                self.add(statement, word.span, kind);
            }
            Some(Time::Bare(_, number)) => {
                let idle = ["timeout client", "timeout server", "timeout tunnel", "hard-stop-after"]
                    .contains(&setting.as_str());
                let small = number > 0 && (number < 100 || (idle && number < 1000));
                if unit == Unit::Milliseconds && small {
                    self.add(statement, word.span, ProblemKind::SmallTime { setting, number });
                }
            }
            None => {
                let message = format!("`{}` is not a valid time for `{setting}`", word.text);
                let instead = repaired_time(word.text).map(|time| (time, true));
                self.invalid(statement, word, message, instead);
            }
        }
    }

    fn number(&mut self, statement: &Statement, setting: &str, at: usize) {
        let Some(word) = statement.word(at).filter(|word| word.is_known() && !word.is_empty()) else { return };
        let (number, whole) = leading_number(word.text);
        if whole {
            return;
        }
        let read = match (setting, number) {
            ("maxconn", 0) => "0, which is no limit".to_owned(),
            _ => number.to_string(),
        };
        let instead = written_out(word.text);
        let kind = ProblemKind::ReadPartly { setting: setting.to_owned(), read, instead, time: false };
        self.add(statement, word.span, kind);
    }

    pub(super) fn one_of(&mut self, statement: &Statement, setting: &str, at: usize, words: &'static [&'static str]) {
        let Some(word) = statement.word(at).filter(|word| word.is_known() && !word.has_dollar()) else { return };
        if words.contains(&word.text) || word.is_empty() {
            return;
        }
        let near =
            did_you_mean(word.text, words.iter().copied()).or(if words.len() == 1 { Some(words[0]) } else { None });
        let message = format!("`{}` is not a valid value for `{setting}`: it takes {}", word.text, words.join(", "));
        self.invalid(statement, word, message, near.map(|near| (near.to_owned(), false)));
    }

    /// Words with commas between them. An address is a word of `init-addr` too.
    fn list_of(&mut self, statement: &Statement, setting: &str, at: usize, words: &'static [&'static str]) {
        let Some(word) = statement.word(at).filter(|word| word.is_known() && !word.has_dollar()) else { return };
        let known =
            |part: &str| words.contains(&part) || (setting == "init-addr" && part.parse::<std::net::IpAddr>().is_ok());
        if let Some(bad) = word.text.split(',').find(|part| !part.is_empty() && !known(part)) {
            let message = format!("`{bad}` is not a valid value for `{setting}`: it takes {}", words.join(", "));
            self.invalid(statement, word, message, None);
        }
    }

    fn mode(&mut self, statement: &Statement) {
        let Some(word) = statement.word(1).filter(|word| word.is_known() && !word.has_dollar()) else { return };
        match Context::ProxyMode.find(word.text) {
            Some(key) if key.is_plain() => {}
            Some(key) => {
                self.version(statement, key, &format!("mode {}", word.text), word.span);
            }
            None => {
                let near = did_you_mean(word.text, Context::ProxyMode.names());
                let message = format!("`{}` is not a valid mode: it is `tcp` or `http`", word.text);
                self.invalid(statement, word, message, near.map(|near| (near.to_owned(), false)));
            }
        }
    }

    fn balance(&mut self, statement: &Statement) {
        let Some(word) = statement.word(1).filter(|word| word.is_known() && !word.has_dollar()) else { return };
        let name = word.text.split('(').next().unwrap_or_default();
        let context = Context::ProxyBalance;
        let known = context.find(name).or_else(|| context.find("hdr(").filter(|_| name == "hdr"));
        match known {
            Some(key) if key.is_plain() => {}
            Some(key) => {
                self.version(statement, key, &format!("balance {name}"), word.span);
            }
            None => {
                let near = did_you_mean(word.text, context.names());
                let message = format!("`{}` is not a valid algorithm for `balance`", word.text);
                self.invalid(statement, word, message, near.map(|near| (near.to_owned(), false)));
            }
        }
    }

    fn bind(&mut self, statement: &Statement) {
        let Some(word) = statement.word(1) else {
            let message = "`bind` needs an address".to_owned();
            self.add(statement, statement.keyword_span(), ProblemKind::Invalid { message, instead: None });
            return;
        };
        if word.is_variable() || word.is_empty() {
            return;
        }
        for address in Proxy::addresses_of(word) {
            let needs_port = matches!(address.host, Host::Inet(_));
            match address.port {
                Port::None | Port::Relative if needs_port => {
                    let digits = !address.text.is_empty() && address.text.bytes().all(|byte| byte.is_ascii_digit());
                    let instead = digits.then(|| (format!(":{}", address.text), false));
                    let message = format!("`bind {}` has no port", address.text);
                    self.add(statement, address.span, ProblemKind::Invalid { message, instead });
                }
                Port::Invalid => self.bad_port(statement, &address),
                Port::Fixed(port) if port != 0 => self.partial_port(statement, &address),
                Port::Fixed(0) if needs_port && !self.haproxy.template => {
                    let message = format!("`bind {}` has port 0", address.text);
                    self.add(statement, address.span, ProblemKind::Invalid { message, instead: None });
                }
                _ => {}
            }
        }
    }

    fn bad_port(&mut self, statement: &Statement, address: &crate::values::Endpoint) {
        let port = address.text.rsplit(':').next().unwrap_or_default();
        let message = format!("`{port}` is not a valid port: it is a number up to 65535");
        self.add(statement, address.port_span.unwrap_or(address.span), ProblemKind::Invalid { message, instead: None });
    }

    fn server(&mut self, statement: &Statement) {
        let at = if statement.is("server-template") { 3 } else { 2 };
        let is_open = |word: Word<'_>| word.is_variable() || word.is_empty();
        if !statement.is_whole() && statement.words().until(at + 1).iter().any(is_open) {
            return;
        }
        let Some(word) = statement.word(at) else {
            let message = format!("`{}` needs a name and an address", statement.keyword());
            self.add(statement, statement.span(), ProblemKind::Invalid { message, instead: None });
            return;
        };
        if let Some(bad) = bad_in_name(statement.text(1)) {
            let message = format!("`{bad}` is not allowed in the name of a server");
            self.add(statement, statement.span_of(1), ProblemKind::Invalid { message, instead: None });
        }
        if at == 3 {
            self.slots(statement);
        }
        if ends_in_port(word.text) {
            return;
        }
        let address = endpoint(word, 0..word.text.len());
        if matches!(address.port, Port::Invalid | Port::Range(..)) {
            self.bad_port(statement, &address);
        }
        self.partial_port(statement, &address);
    }

    /// `NUMBER` or `LOW-HIGH`, of which HAProxy reads the leading digits.
    fn slots(&mut self, statement: &Statement) {
        let Some(word) = statement.word(2).filter(|word| word.is_known() && !word.has_dollar()) else { return };
        let (low, high) = match word.text.split_once('-') {
            Some((low, high)) => (leading_number(low).0, leading_number(high).0),
            None => (1, leading_number(word.text).0),
        };
        let fits = word.text == "-" || (high >= 1 && low >= 0 && low <= high);
        if !fits {
            let message = format!("`{}` is not a valid number of servers: write `3`, or `1-3`", word.text);
            self.invalid(statement, word, message, None);
        }
    }

    /// Digits with something behind them: the digits count.
    fn partial_port(&mut self, statement: &Statement, address: &crate::values::Endpoint) {
        let text = address.text.rsplit(':').next().unwrap_or_default();
        if let (Port::Fixed(port), Some(span)) = (address.port, address.port_span)
            && !text.bytes().all(|byte| byte.is_ascii_digit())
        {
            let kind = ProblemKind::ReadPartly {
                setting: "port".to_owned(),
                read: port.to_string(),
                instead: None,
                time: false,
            };
            self.add(statement, span, kind);
        }
    }

    fn table(&mut self, statement: &Statement) {
        let mut at = 1;
        while let Some(word) = statement.word(at).filter(|word| word.is_known() && !word.is_empty()) {
            at += match word.text {
                "type" if matches!(statement.text(at + 2), "len" | "length") => 4,
                "type" | "size" | "expire" | "peers" | "store" | "brates-factor" | "write-to" | "server-key"
                | "srvkey" | "recv-only" => 2,
                "nopurge" => 1,
                "\\" => return,
                _ => {
                    let message = format!("`{}` is no argument of `stick-table`", word.text);
                    self.invalid(statement, word, message, None);
                    return;
                }
            };
        }
        if let Some(at) = statement.words().iter().position(|word| word.text == "expire") {
            self.time_value(statement, at + 1, Unit::Milliseconds);
        }
        if let Some(size) = statement.after("size").filter(|size| size.is_known() && !size.is_empty()) {
            let digits = size.text.bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 || !matches!(&size.text[digits..], "" | "k" | "K" | "m" | "M" | "g" | "G") {
                let message = format!("`{}` is not a valid size: write a number with `k`, `m` or `g`", size.text);
                self.invalid(statement, size, message, None);
            }
        }
    }

    fn global_maxconn(&mut self, statement: &Statement) {
        let Some(word) = statement.word(1).filter(|word| word.is_known() && !word.is_empty()) else { return };
        if leading_number(word.text).1 {
            return;
        }
        match self.haproxy.target {
            Some(target) if target >= (2, 8, 0) => {
                let message = format!("`{}` is not a valid number for `maxconn`", word.text);
                self.invalid(statement, word, message, written_out(word.text).map(|number| (number, false)));
            }
            _ => self.number(statement, "maxconn", 1),
        }
    }

    fn httpchk(&mut self, statement: &Statement) {
        let Some(host) = statement.word(5).filter(|host| !host.is_empty() && host.text != "\\") else { return };
        if self.haproxy.target.is_some_and(|target| target < (3, 1, 0)) {
            let message = format!(
                "`{}` is one argument too many: the host of `option httpchk` exists since HAProxy 3.1",
                host.text
            );
            self.invalid(statement, host, message, None);
        }
    }

    /// `log ADDRESS [len N] [format F] [sample S] [profile P] FACILITY [LEVEL [MINIMUM]]`
    fn log(&mut self, statement: &Statement) {
        if statement.is_negated() || !statement.is_whole() {
            return;
        }
        let Some(address) = statement.word(1) else { return };
        // With a word behind it, it is an address like any other.
        if address.text == "global" && statement.word(2).is_none() {
            return;
        }
        let mut at = 2;
        while matches!(statement.text(at), "len" | "format" | "sample" | "profile") {
            at += 2;
        }
        let Some(facility) = statement.word(at) else {
            let message = format!("`log {}` needs a facility such as `local0`", address.text);
            self.add(statement, statement.span(), ProblemKind::Invalid { message, instead: None });
            return;
        };
        if !FACILITIES.contains(&facility.text) {
            let near = did_you_mean(facility.text, FACILITIES.iter().copied());
            let message = format!("`{}` is not a log facility", facility.text);
            self.invalid(statement, facility, message, near.map(|near| (near.to_owned(), false)));
            return;
        }
        if let Some(word) =
            statement.word(at + 1).filter(|word| matches!(word.text, "len" | "format" | "sample" | "profile"))
        {
            let message = format!("`{}` must stand in front of the facility `{}`", word.text, facility.text);
            self.invalid(statement, word, message, None);
            return;
        }
        for level in statement.from(at + 1).until(2).iter().filter(|level| super::is_plain(*level)) {
            if !LOG_LEVELS.contains(&level.text) && level.text != "\\" {
                let near = did_you_mean(level.text, LOG_LEVELS.iter().copied());
                let message = format!("`{}` is not a level of logs: they are {}", level.text, LOG_LEVELS.join(", "));
                self.invalid(statement, level, message, near.map(|near| (near.to_owned(), false)));
                return;
            }
        }
        if let Some(extra) = statement.word(at + 3).filter(|extra| extra.text != "\\") {
            let message = format!("`{}` is one word too many: two levels may follow the facility", extra.text);
            self.invalid(statement, extra, message, None);
        }
    }

    /// What stands behind `stats` in a proxy.
    fn stats(&mut self, statement: &Statement) {
        let (second, third) = (statement.text(1), statement.word(2));
        let message = match second {
            "uri" | "realm" | "auth" | "scope" | "refresh" if third.is_none() => {
                format!("`stats {second}` needs a value")
            }
            "admin" if !third.is_some_and(|word| matches!(word.text, "if" | "unless")) => {
                "`stats admin` needs `if` or `unless` and a condition".to_owned()
            }
            "http-request" if third.is_none() => "`stats http-request` needs an action".to_owned(),
            "refresh" => {
                self.time_value(statement, 2, Unit::Seconds);
                return;
            }
            _ => return,
        };
        self.add(statement, statement.setting_span(), ProblemKind::Invalid { message, instead: None });
    }

    /// The value of an option of `server` or `bind`.
    pub(super) fn option_value(&mut self, statement: &Statement, key: &'static Key, at: usize) {
        if key.arguments != Arguments::One {
            return;
        }
        let is_bind = matches!(statement.id(), keyword::BIND | keyword::STATS);
        let Some(word) = statement.word(at + 1).filter(|word| word.is_known() && !word.has_dollar()) else {
            return;
        };
        let number = |text: &str| text.parse::<i64>().ok();
        match key.keyword {
            keyword::SLOWSTART => self.time_value(statement, at + 1, Unit::Milliseconds),
            keyword::WEIGHT if number(word.text).is_some_and(|weight| !(0..=256).contains(&weight)) => {
                let message = format!("`weight {}` is out of range: it goes from 0 to 256", word.text);
                self.invalid(statement, word, message, None);
            }
            keyword::FALL | keyword::RISE if leading_number(word.text).0 < 1 => {
                let message = format!("`{} {}` is not a valid number of checks: it is 1 or more", key.name, word.text);
                self.invalid(statement, word, message, None);
            }
            keyword::ERROR_LIMIT if leading_number(word.text).0 < 1 => {
                let message = format!("`error-limit {}` is not a valid number of errors: it is 1 or more", word.text);
                self.invalid(statement, word, message, None);
            }
            keyword::INIT_ADDR => self.list_of(statement, "init-addr", at + 1, &["last", "libc", "none"]),
            keyword::RESOLVE_OPTS => {
                let known = &["allow-dup-ip", "ignore-weight", "prevent-dup-ip"];
                self.list_of(statement, "resolve-opts", at + 1, known);
            }
            keyword::PROXY_V2_OPTIONS => {
                let known =
                    &["authority", "cert-cn", "cert-key", "cert-sig", "crc32c", "ssl", "ssl-cipher", "unique-id"];
                self.list_of(statement, "proxy-v2-options", at + 1, known);
            }
            keyword::SNI | keyword::CHECK_SNI if key.keyword == keyword::SNI && is_bare_word(word.text) => {
                if Context::Fetch.find(word.text).is_none() {
                    let message =
                        format!("`sni` takes a sample expression: write `str({})` for a fixed name", word.text);
                    self.invalid(statement, word, message, Some((format!("str({})", word.text), false)));
                }
            }
            keyword::SNI if Expression::of_word(word).is_none() => {
                let message = format!("`{}` is no sample expression, which `sni` takes", word.text);
                self.invalid(statement, word, message, None);
            }
            keyword::SNI => self.fetch_name(statement, word),
            keyword::INTER | keyword::FASTINTER | keyword::DOWNINTER | keyword::AGENT_INTER if is_zero(word.text) => {
                let message = format!("`{} {}` is not a valid interval: it is above 0", key.name, word.text);
                self.invalid(statement, word, message, None);
            }
            keyword::INTER
            | keyword::FASTINTER
            | keyword::DOWNINTER
            | keyword::AGENT_INTER
            | keyword::POOL_PURGE_DELAY
            | keyword::TCP_UT
            | keyword::IDLE_PING => {
                self.time_value(statement, at + 1, Unit::Milliseconds);
            }
            keyword::ID if is_bind && !leading_number(word.text).1 => {
                let message = format!("`id {}` is not a valid number", word.text);
                self.invalid(statement, word, message, None);
            }
            keyword::ID => self.positive(statement, at + 1, "id"),
            keyword::MAXCONN | keyword::BACKLOG if is_bind && leading_number(word.text).0 < 0 => {
                let message = format!("`{} {}` is not a valid number: it is not negative", key.name, word.text);
                self.invalid(statement, word, message, None);
            }
            keyword::MAXCONN | keyword::MINCONN | keyword::MAXQUEUE | keyword::PORT if !word.text.starts_with('+') => {
                self.number(statement, key.name, at + 1);
            }
            keyword::POOL_MAX_CONN if leading_number(word.text).0 < -1 => {
                let message = format!("`pool-max-conn {}` is not a valid number: it is -1 or more", word.text);
                self.invalid(statement, word, message, None);
            }
            keyword::RESOLVE_NET => {
                let bad = |part: &&str| !part.is_empty() && !super::calls::is_network(part);
                if let Some(bad) = word.text.split(',').find(bad) {
                    let message = format!("`{bad}` is not a valid network for `resolve-net`");
                    self.invalid(statement, word, message, None);
                }
            }
            keyword::SOCKS4 => {
                let address = endpoint(word, 0..word.text.len());
                if address.inet().is_some() && matches!(address.port, Port::None | Port::Invalid) {
                    let message = format!("`socks4 {}` has no port", word.text);
                    self.invalid(statement, word, message, None);
                }
            }
            keyword::PROTO | keyword::CHECK_PROTO => self.protocol(statement, key.name, word, is_bind),
            keyword::MODE
                if is_bind
                    && !word.text.trim_start_matches(['-', '+']).bytes().all(|byte| matches!(byte, b'0'..=b'7')) =>
            {
                let message = format!("`{}` is not a valid mode of a socket: it is an octal number", word.text);
                self.invalid(statement, word, message, None);
            }
            keyword::MSS if !(1..=65535).contains(&leading_number(word.text).0.unsigned_abs()) => {
                let message = format!("`{}` is not a valid segment size: it goes from 1 to 65535", word.text);
                self.invalid(statement, word, message, None);
            }
            keyword::NICE if !(-1024..=1024).contains(&leading_number(word.text).0) => {
                let message = format!("`nice {}` is out of range: it goes from -1024 to 1024", word.text);
                self.invalid(statement, word, message, None);
            }
            keyword::PROCESS if is_bind && self.haproxy.at_least((2, 5, 0)) => self.process(statement, word),
            keyword::THREAD if is_bind => self.threads(statement, word),
            keyword::SHARDS => self.shards(statement, word),
            keyword::ACCEPT_NETSCALER_CIP => self.positive(statement, at + 1, "accept-netscaler-cip"),
            keyword::CA_IGNORE_ERR | keyword::CRT_IGNORE_ERR if word.text != "all" => {
                // Since 2.7 errors have names too.
                let names = self.haproxy.target.is_none_or(|target| target >= (2, 7, 0));
                let fits = |part: &str| match part.as_bytes().first() {
                    Some(first) if first.is_ascii_alphabetic() => names && part != "all",
                    _ => leading_number(part).0 > 0,
                };
                if let Some(bad) = word.text.split(',').find(|part| !fits(part)) {
                    let message = format!("`{bad}` is not the number of a certificate error");
                    self.invalid(statement, word, message, None);
                }
            }
            keyword::VERIFY if is_bind => self.one_of(statement, "verify", at + 1, &["none", "optional", "required"]),
            keyword::VERIFY => self.one_of(statement, "verify", at + 1, &["none", "required"]),
            option => {
                if let Some(words) = option_words(option) {
                    self.one_of(statement, key.name, at + 1, words);
                }
            }
        }
    }
}

impl Schema<'_> {
    /// The protocol that a side of a connection speaks.
    fn protocol(&mut self, statement: &Statement, option: &str, word: Word<'_>, is_bind: bool) {
        let spop = !is_bind && self.haproxy.target.is_none_or(|target| target >= (3, 1, 0));
        let known: &[&str] = match (is_bind, spop) {
            (true, _) => &["h1", "h2", "quic"],
            (false, true) => &["h1", "h2", "fcgi", "spop", "quic", "none"],
            (false, false) => &["h1", "h2", "fcgi", "none"],
        };
        // In tcp mode it may be said that there is none. QMux is in the making.
        let next = word.text == "qmux" && self.haproxy.target.is_none_or(|target| target >= (3, 4, 0));
        if known.contains(&word.text) || is_bind && word.text == "none" || next {
            return;
        }
        let message = format!("`{}` is not a valid protocol for `{option}`: it takes {}", word.text, known.join(", "));
        self.invalid(statement, word, message, None);
    }

    /// `[GROUP/]THREADS`; since 2.7 several of them.
    fn threads(&mut self, statement: &Statement, word: Word<'_>) {
        let old = self.haproxy.target.is_some_and(|target| target < (2, 7, 0));
        let highest = if old { 64 } else { u32::MAX };
        let fits = |part: &str| match part.split_once('/') {
            Some((group, threads)) => {
                is_number_set(threads, highest) && if old { group == "1" } else { is_number_set(group, highest) }
            }
            None => is_number_set(part, highest),
        };
        let is_list = !old && word.text.contains(',');
        if !(if is_list { word.text.split(',').all(fits) } else { fits(word.text) }) {
            let message = format!("`{}` is not a valid set of threads", word.text);
            self.invalid(statement, word, message, None);
        }
    }

    /// How many sockets a `bind` line becomes.
    fn shards(&mut self, statement: &Statement, word: Word<'_>) {
        let target = self.haproxy.target;
        let fits = match word.text {
            "by-thread" => true,
            "by-group" => target.is_none_or(|target| target >= (2, 8, 0)),
            text => {
                let number = leading_number(text).0;
                number >= 1 && (number <= 64 || target.is_none_or(|target| target >= (2, 7, 0)))
            }
        };
        if !fits {
            let message = format!("`shards {}` is not valid: it is a number from 1, or `by-thread`", word.text);
            self.invalid(statement, word, message, None);
        }
    }

    /// A sample expression has to start with a fetch that exists.
    fn fetch_name(&mut self, statement: &Statement, word: Word<'_>) {
        let Some(fetch) = Expression::of_word(word).map(|expression| expression.fetch) else { return };
        if Context::Fetch.find(fetch.name).is_none() && super::is_plain(word) && !super::is_build(fetch.name) {
            let near = did_you_mean(fetch.name, Context::Fetch.names());
            let kind = ProblemKind::Unknown { what: "sample fetch", word: fetch.name.to_owned(), near };
            self.add(statement, fetch.span(), kind);
        }
    }
}

/// A time of nothing at all.
fn is_zero(text: &str) -> bool {
    time(text, Unit::Milliseconds).is_some_and(|time| time.duration().is_zero())
}

/// A name with nothing behind it.
fn is_bare_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

/// `1.5s` is `1500ms`, `30M` is `30m`.
fn repaired_time(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    if lower != text && matches!(time(&lower, Unit::Milliseconds), Some(Time::Exact(_))) {
        return Some(lower);
    }
    let (whole, rest) = text.split_once('.')?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (fraction, unit) = rest.split_at(digits);
    let factor: u64 = match unit {
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    let fraction = fraction.get(..3.min(digits)).filter(|fraction| !fraction.is_empty())?;
    let thousandths: u64 = format!("{fraction:0<3}").parse().ok()?;
    let millis = whole.parse::<u64>().ok()?.checked_mul(factor)?.checked_add(factor * thousandths / 1_000)?;
    Some(format!("{millis}ms"))
}

/// `5k` is `5000`, `1,000` is `1000`.
fn written_out(text: &str) -> Option<String> {
    let plain = text.replace([',', '_', '\''], "");
    if plain.len() < text.len() && plain.bytes().all(|byte| byte.is_ascii_digit()) && !plain.is_empty() {
        return Some(plain);
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let factor: u64 = match &text[digits..] {
        "k" | "K" => 1_000,
        "m" | "M" => 1_000_000,
        _ => return None,
    };
    Some(text[..digits].parse::<u64>().ok()?.checked_mul(factor)?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_mended_where_the_meaning_is_clear() {
        assert_eq!(repaired_time("1.5s").as_deref(), Some("1500ms"));
        assert_eq!(repaired_time("30M").as_deref(), Some("30m"));
        assert_eq!(repaired_time("0.25m").as_deref(), Some("15000ms"));
        assert_eq!(repaired_time("soon"), None);
        assert_eq!(written_out("5k").as_deref(), Some("5000"));
        assert_eq!(written_out("1,000").as_deref(), Some("1000"));
        assert_eq!(written_out("abc"), None);
    }
}
