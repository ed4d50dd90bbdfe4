//! What the table of directives and nginx's own value parsers say of each directive: unknown, misplaced, wrong number of
//! arguments, wrong value, set twice.

use super::Nginx;
use super::server::parse_listen;
use super::tree::Directive;
use crate::context::Context;
use crate::keys::{Arguments, Key, NAMES, Row, TableVersion, ValueType, Values, key};
use crate::syntax::Word;
use crate::template;
use crate::value::{self, TimeUnits};
use confvet_core::{Safety, Span, did_you_mean};

/// A value that nginx does not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadValue {
    /// The value, or the part of it that is wrong.
    pub span: Span,
    /// What is wrong and what to write.
    pub message: String,
    /// What to write in place of the span, and how safe that is.
    pub replacement: Option<(Safety, String)>,
}

/// Something that nginx refuses about a directive. The ids are those of [`Nginx::directive`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// No module has a directive of that name.
    Unknown(u32),
    /// Known, but not allowed here.
    Misplaced(u32),
    /// It has a block, but takes none.
    NoBlockAllowed(u32),
    /// It needs a block.
    BlockMissing(u32),
    /// Too few or too many arguments.
    ArgumentCount(u32, Arguments),
    /// A value that does not parse.
    Value(u32, BadValue),
    /// Set before in the same block, by the second directive.
    Duplicate(u32, u32),
    /// The target version does not know it yet.
    TooNew(u32, TableVersion),
    /// The target version does not know it any more.
    Removed(u32, TableVersion),
}

/// Directives that may be repeated although their module has a check against some repetitions.
const REPEATABLE: &[Key] = &[
    key!("limit_req"),
    key!("limit_conn"),
    key!("proxy_redirect"),
    key!("proxy_cookie_domain"),
    key!("proxy_cookie_path"),
    key!("proxy_cookie_flags"),
    key!("disable_symlinks"),
    key!("mirror"),
    key!("limit_except"),
    key!("geoip_city"),
    key!("geoip_country"),
    key!("geoip_org"),
    key!("js_body_filter"),
    key!("sticky"),
];

/// Directives with parsers of their own that refuse a second use.
const UNIQUE: &[Key] = &[
    key!("proxy_pass"),
    key!("fastcgi_pass"),
    key!("uwsgi_pass"),
    key!("scgi_pass"),
    key!("grpc_pass"),
    key!("memcached_pass"),
    key!("root"),
    key!("alias"),
    key!("try_files"),
    key!("resolver"),
    key!("auth_basic"),
    key!("pid"),
    key!("daemon"),
    key!("worker_processes"),
    key!("user"),
    key!("keepalive"),
    key!("events"),
    key!("http"),
    key!("stream"),
    key!("mail"),
];

pub(super) fn check(nginx: &Nginx) -> Vec<Problem> {
    let mut checker = Checker { nginx, problems: Vec::new(), seen: vec![(u32::MAX, 0); NAMES.len()], block: 0 };
    for directive in nginx.directives() {
        checker.directive(directive);
    }
    checker.duplicates(nginx.top().children());
    for block in nginx.directives().filter(|directive| directive.is_block() && directive.block().context().is_checked())
    {
        checker.duplicates(block.block().children());
    }
    checker.problems
}

struct Checker<'a> {
    nginx: &'a Nginx,
    problems: Vec<Problem>,
    /// By key: the block in which it was seen last, and where.
    seen: Vec<(u32, u32)>,
    block: u32,
}

impl<'a> Checker<'a> {
    fn directive(&mut self, directive: Directive<'a>) {
        let context = directive.context();
        if !context.is_checked() || directive.is_broken() {
            return;
        }
        let id = directive.id();
        let Some(key) = directive.key() else {
            self.problems.push(Problem::Unknown(id));
            return;
        };
        let Some(row) = key.row(context) else {
            self.problems.push(Problem::Misplaced(id));
            return;
        };
        let release = self.nginx.release();
        if let Some(since) = row.since.filter(|&since| release.is_before(since)) {
            self.problems.push(Problem::TooNew(id, since));
            return;
        }
        if let Some(removed) = row.removed.filter(|&removed| release.is_at_least(removed)) {
            self.problems.push(Problem::Removed(id, removed));
            return;
        }
        let has_block = directive.is_block() || directive.is_lua();
        if directive.open_brace().is_some() != row.block && directive.whole_span() != directive.span() {
            let problem = if has_block { Problem::NoBlockAllowed } else { Problem::BlockMissing };
            self.problems.push(problem(id));
            return;
        }
        let allowed = row.arguments(release);
        if !allowed.allow(directive.args().len()) && !key.is_lua_block() && !directive.is(key!("if")) {
            self.problems.push(Problem::ArgumentCount(id, allowed));
            return;
        }
        if let Some(bad) = directive.is(key!("if")).then(|| condition(directive)).flatten() {
            self.bad(directive, bad);
        }
        self.values(directive, key, row);
    }

    fn duplicates(&mut self, children: impl Iterator<Item = Directive<'a>>) {
        self.block += 1;
        let paths = [key!("root"), key!("alias")];
        for directive in children {
            let Some(key) = directive.key() else { continue };
            let unique = UNIQUE.contains(&key)
                || directive.row().is_some_and(|row| row.unique && !row.block) && !REPEATABLE.contains(&key);
            let slot = if key == key!("alias") && directive.context() == Context::Location { paths[0] } else { key };
            let seen = &mut self.seen[slot.index()];
            match *seen {
                (block, first) if block == self.block && unique => {
                    self.problems.push(Problem::Duplicate(directive.id(), first));
                }
                _ => *seen = (self.block, directive.id()),
            }
        }
    }

    fn bad(&mut self, directive: Directive<'_>, bad: BadValue) {
        self.problems.push(Problem::Value(directive.id(), bad));
    }

    fn values(&mut self, directive: Directive<'a>, key: Key, row: &Row) {
        let args = directive.args();
        match row.kind {
            ValueType::Template | ValueType::NameValue | ValueType::Block => return,
            ValueType::Other => {
                if let Some(bad) = custom(directive, key) {
                    self.bad(directive, bad);
                }
                return;
            }
            _ => {}
        }
        for (index, word) in args.iter().enumerate() {
            if let Some(bad) = self.plain(word, index, row) {
                self.bad(directive, bad);
            }
        }
    }

    /// A value whose type the table names.
    fn plain(&self, word: &Word, index: usize, row: &Row) -> Option<BadValue> {
        let text = word.text.as_str();
        if is_placeholder(text) {
            return None;
        }
        match row.kind {
            ValueType::Flag => flag(word),
            ValueType::Number => number(word, row.values),
            ValueType::Buffers if index == 0 => number(word, row.values),
            ValueType::Size | ValueType::Buffers => size(word, false),
            ValueType::Offset => size(word, true),
            ValueType::TimeMs => time(word, TimeUnits::Milliseconds),
            ValueType::TimeS => time(word, TimeUnits::Seconds),
            ValueType::Enum | ValueType::Set => match row.values {
                Values::Words(words) => one_of(word, words),
                _ => None,
            },
            _ => None,
        }
    }
}

/// `${NAME}` in capitals: filled in by envsubst before nginx reads the file.
pub(crate) fn is_placeholder(text: &str) -> bool {
    text.find("${").is_some_and(|at| {
        let name = &text[at + 2..];
        let end = name.find('}').unwrap_or(0);
        end > 0 && name[..end].bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    })
}

fn bad(span: Span, message: String) -> BadValue {
    BadValue { span, message, replacement: None }
}

fn safe(span: Span, message: String, replacement: impl Into<String>) -> BadValue {
    BadValue { span, message, replacement: Some((Safety::Safe, replacement.into())) }
}

fn suggested(span: Span, message: String, replacement: Option<String>) -> BadValue {
    BadValue { span, message, replacement: replacement.map(|text| (Safety::Unsafe, text)) }
}

fn flag(word: &Word) -> Option<BadValue> {
    let text = word.text.as_str();
    if text.eq_ignore_ascii_case("on") || text.eq_ignore_ascii_case("off") {
        return None;
    }
    let message = format!("`{text}` is neither `on` nor `off`");
    Some(match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" | "enable" | "enabled" => safe(word.span, message, "on"),
        "false" | "no" | "0" | "disable" | "disabled" => safe(word.span, message, "off"),
        _ => bad(word.span, message),
    })
}

fn number(word: &Word, values: Values) -> Option<BadValue> {
    let text = word.text.as_str();
    let Some(number) = value::number(text) else {
        return Some(bad(word.span, format!("`{text}` is not a number: only digits are allowed")));
    };
    match values {
        Values::Range(low, high) if !(low..=high).contains(&number) => {
            Some(bad(word.span, format!("`{text}` is out of range: {low} to {high}")))
        }
        _ => None,
    }
}

fn size(word: &Word, giga: bool) -> Option<BadValue> {
    let text = word.text.as_str();
    let read = if giga { value::offset } else { value::size };
    if read(text).is_some() {
        return None;
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let units = if giga { "k, m and g" } else { "k and m" };
    let message = format!("`{text}` is not a size: use digits and one of {units} (base 1024)");
    let wished = match unit.to_ascii_lowercase().as_str() {
        "" | "g" | "gb" | "gib" if number.is_empty() => None,
        "kb" | "kib" => Some(format!("{number}k")),
        "mb" | "mib" => Some(format!("{number}m")),
        "gb" | "gib" if giga => Some(format!("{number}g")),
        "b" => Some(number.to_owned()),
        _ => None,
    };
    if let Some(wished) = wished.filter(|_| !number.is_empty()) {
        return Some(safe(word.inner(), message, wished));
    }
    let large = matches!(unit.to_ascii_lowercase().as_str(), "g" | "gb" | "gib") && !giga;
    let mega = number.parse::<u64>().ok().filter(|_| large).and_then(|number| number.checked_mul(1024));
    Some(suggested(word.inner(), message, mega.map(|mega| format!("{mega}m"))))
}

fn time(word: &Word, units: TimeUnits) -> Option<BadValue> {
    time_text(&word.text, word.inner(), units)
}

fn time_text(text: &str, span: Span, units: TimeUnits) -> Option<BadValue> {
    if value::time(text, units).is_some() {
        return None;
    }
    let digits = text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let (number, unit) = text.split_at(digits);
    let whole = value::number(number).is_some();
    let short = match unit.to_ascii_lowercase().as_str() {
        "sec" | "secs" | "second" | "seconds" => Some("s"),
        "min" | "mins" | "minute" | "minutes" => Some("m"),
        "hour" | "hours" | "hr" | "hrs" => Some("h"),
        "day" | "days" => Some("d"),
        _ => None,
    };
    if let (true, Some(unit)) = (whole, short) {
        let wished = format!("{number}{unit}");
        return Some(safe(span, format!("`{text}` is not a time: use `{wished}`"), wished));
    }
    if let (Some(millis), TimeUnits::Milliseconds, "s") = (thousandths(number), units, unit) {
        let wished = format!("{millis}ms");
        return Some(safe(span, format!("`{text}` is not a time: use `{wished}`"), wished));
    }
    let allowed = match units {
        TimeUnits::Milliseconds => "w, d, h, m, s and ms",
        TimeUnits::Seconds => "y, M, w, d, h, m and s",
    };
    Some(bad(span, format!("`{text}` is not a time: use digits with {allowed}, the largest unit first")))
}

/// `1.5` is 1500.
fn thousandths(number: &str) -> Option<u64> {
    let (whole, fraction) = number.split_once('.')?;
    let digits = format!("{fraction:0<3}");
    let fraction = value::number(digits.get(..3)?)?;
    value::number(whole)?.checked_mul(1000)?.checked_add(fraction)
}

fn one_of(word: &Word, words: &[&'static str]) -> Option<BadValue> {
    let text = word.text.as_str();
    if words.iter().any(|known| known.eq_ignore_ascii_case(text)) {
        return None;
    }
    let near = did_you_mean(text, words.iter().copied());
    let message = match near {
        Some(near) => format!("`{text}` is not one of {}; did you mean `{near}`?", words.join(", ")),
        None => format!("`{text}` is not one of {}", words.join(", ")),
    };
    Some(suggested(word.inner(), message, near.map(str::to_owned)))
}

fn custom(directive: Directive<'_>, key: Key) -> Option<BadValue> {
    let args = directive.args();
    let context = directive.context();
    let first = args.first()?;
    if is_placeholder(&first.text) {
        return None;
    }
    match key.name() {
        "listen" => listen(directive),
        "server" if matches!(context, Context::Upstream | Context::StreamUpstream) => upstream_server(directive),
        "resolver" => resolver(directive),
        "zone" => args.get(1).and_then(|word| size(word, false)),
        "hash" => args
            .get(1)
            .filter(|word| word.text != "consistent")
            .map(|word| bad(word.span, format!("`{}` is no parameter of `hash`: only `consistent` is", word.text))),
        "random" => random(args),
        "return" if context != Context::StreamServer => return_code(args),
        "rewrite" => args.get(2).and_then(rewrite_flag),
        "error_log" => args.get(1).and_then(|word| {
            one_of(word, &["debug", "info", "notice", "warn", "error", "crit", "alert", "emerg"])
                .filter(|_| !word.text.starts_with("debug_"))
        }),
        "error_page" => args[..args.len() - 1].iter().find_map(error_code),
        "limit_req_zone" | "limit_conn_zone" => limit_zone(args),
        "limit_req" => args.iter().find_map(limit_req),
        "proxy_pass" => pass_scheme(first, context),
        "grpc_pass" => scheme_of(first, &["grpc", "grpcs"], "`grpc://` or `grpcs://`"),
        "fastcgi_pass" | "scgi_pass" | "memcached_pass" => no_scheme(first),
        "allow" | "deny" => network(first, &["all", "unix:"]),
        "set_real_ip_from" => network_or_name(first),
        "server_name" => args.iter().find(|word| word.text == "*").map(|word| {
            bad(word.span, "`*` is no server name: use `_` with `default_server` for a catch-all".to_owned())
        }),
        "worker_processes" if first.text != "auto" => number(first, Values::Any),
        "worker_connections" => number(first, Values::Any),
        "keepalive" if context == Context::Upstream => number(first, Values::Any),
        "ssl_session_cache" | "user" | "include" => None,
        _ => None,
    }
}

fn listen(directive: Directive<'_>) -> Option<BadValue> {
    let listen = match parse_listen(directive) {
        Ok(listen) => listen,
        Err(bad) => return Some(bad),
    };
    let known = |text: &str| {
        const WORDS: &[&str] = &[
            "default_server",
            "default",
            "http2",
            "ssl",
            "quic",
            "spdy",
            "proxy_protocol",
            "deferred",
            "bind",
            "reuseport",
            "udp",
            "multipath",
            "ipv6only=on",
            "ipv6only=off",
        ];
        const PREFIXES: &[&str] =
            &["setfib=", "fastopen=", "backlog=", "rcvbuf=", "sndbuf=", "accept_filter=", "so_keepalive="];
        WORDS.contains(&text) || PREFIXES.iter().any(|prefix| text.starts_with(prefix))
    };
    let _ = listen;
    let parameter = directive.args().iter().skip(1).find(|word| !known(&word.text) && !is_placeholder(&word.text))?;
    let text = parameter.text.as_str();
    let near =
        did_you_mean(text, ["default_server", "http2", "ssl", "quic", "proxy_protocol", "reuseport", "deferred"]);
    let message = match near {
        Some(near) => format!("`{text}` is no parameter of `listen`; did you mean `{near}`?"),
        None => format!("`{text}` is no parameter of `listen`"),
    };
    Some(suggested(parameter.span, message, near.map(str::to_owned)))
}

fn upstream_server(directive: Directive<'_>) -> Option<BadValue> {
    let address = directive.arg(0)?;
    let text = address.text.as_str();
    if template::has_variables(text) {
        let message = format!("`{text}` holds a variable: names in an upstream are looked up when nginx starts");
        return Some(bad(address.span, message));
    }
    if let Some(at) = text.find("://") {
        let message = format!("`{text}` has a scheme: write the host alone, the scheme belongs into `proxy_pass`");
        return Some(safe(address.slice(0..at + 3), message, ""));
    }
    if !text.starts_with("unix:") && text.contains('/') {
        return Some(bad(address.span, format!("`{text}` has a path: a server of an upstream is only host and port")));
    }
    if let Some(bad) = port_of(address) {
        return Some(bad);
    }
    let has_port = text.starts_with("unix:") || super::host::Endpoint::parse(text, 0).port.is_some();
    let has_service = directive.args().iter().any(|word| word.text.starts_with("service="));
    if directive.context() == Context::StreamUpstream && !has_port && !has_service {
        return Some(bad(address.span, format!("`{text}` has no port: a server of a stream upstream needs one")));
    }
    directive.args().iter().skip(1).find_map(server_parameter)
}

fn port_of(address: &Word) -> Option<BadValue> {
    let text = address.text.as_str();
    if text.starts_with("unix:") {
        return None;
    }
    let after_bracket = text.rfind(']').map_or(0, |at| at + 1);
    let colon = text[after_bracket..].rfind(':')? + after_bracket;
    let port = &text[colon + 1..];
    match value::number(port) {
        Some(1..=65535) => None,
        _ => Some(bad(address.slice(colon + 1..text.len()), format!("`{port}` is no port: 1 to 65535"))),
    }
}

fn server_parameter(word: &Word) -> Option<BadValue> {
    let text = word.text.as_str();
    let Some((name, given)) = text.split_once('=') else {
        const WORDS: &[&str] = &["backup", "down", "resolve", "drain"];
        if WORDS.contains(&text) {
            return None;
        }
        let near = did_you_mean(text, WORDS.iter().copied());
        return Some(suggested(
            word.span,
            match near {
                Some(near) => format!("`{text}` is no parameter of `server`; did you mean `{near}`?"),
                None => format!("`{text}` is no parameter of `server`"),
            },
            near.map(str::to_owned),
        ));
    };
    let span = word.slice(name.len() + 1..text.len());
    match name {
        "weight" if !matches!(value::number(given), Some(1..)) => {
            Some(bad(span, format!("`{given}` is no weight: a number from 1")))
        }
        "max_fails" | "max_conns" if value::number(given).is_none() => {
            Some(bad(span, format!("`{given}` is not a number: only digits are allowed")))
        }
        "fail_timeout" | "slow_start" => time_text(given, span, TimeUnits::Seconds),
        "weight" | "max_fails" | "max_conns" | "route" | "service" => None,
        _ => {
            const NAMES: &[&str] = &["weight", "max_fails", "max_conns", "fail_timeout", "route", "service"];
            let near = did_you_mean(name, NAMES.iter().copied());
            let message = match near {
                Some(near) => format!("`{name}` is no parameter of `server`; did you mean `{near}`?"),
                None => format!("`{name}` is no parameter of `server`"),
            };
            Some(suggested(word.slice(0..name.len()), message, near.map(str::to_owned)))
        }
    }
}

fn resolver(directive: Directive<'_>) -> Option<BadValue> {
    let mut both_off = 0;
    for word in directive.args() {
        let text = word.text.as_str();
        if template::has_variables(text) && !is_placeholder(text) {
            let message = format!("`{text}` is not expanded: the addresses of a `resolver` are fixed");
            return Some(bad(word.span, message));
        }
        if let Some(given) = text.strip_prefix("valid=") {
            if let Some(bad) = time_text(given, word.slice(6..text.len()), TimeUnits::Seconds) {
                return Some(bad);
            }
        } else if let Some(given) = text.strip_prefix("ipv4=").or_else(|| text.strip_prefix("ipv6=")) {
            if !matches!(given, "on" | "off") {
                return Some(bad(word.slice(5..text.len()), format!("`{given}` is neither `on` nor `off`")));
            }
            both_off += u32::from(given == "off");
        } else if text == "off" && directive.context() != Context::Mail && directive.context() != Context::MailServer {
            return Some(bad(
                word.span,
                "`off` is not a name server: a resolver cannot be switched off here".to_owned(),
            ));
        } else if text.matches(':').count() > 1 && !text.starts_with('[') {
            let message = format!("`{text}` is not a name server: an IPv6 address stands in brackets");
            let whole = text.parse::<std::net::Ipv6Addr>().is_ok();
            return Some(if whole { safe(word.span, message, format!("[{text}]")) } else { bad(word.span, message) });
        } else if let Some(bad) = port_of(word) {
            return Some(bad);
        }
    }
    (both_off == 2).then(|| bad(directive.span(), "`ipv4=off` and `ipv6=off` leave nothing to look up".to_owned()))
}

fn random(args: &[Word]) -> Option<BadValue> {
    let first = args.first()?;
    if first.text != "two" {
        return Some(bad(first.span, format!("`{}` is no parameter of `random`: only `two` is", first.text)));
    }
    args.get(1).and_then(|word| one_of(word, &["least_conn", "least_time=header", "least_time=last_byte"]))
}

fn return_code(args: &[Word]) -> Option<BadValue> {
    let first = args.first()?;
    let text = first.text.as_str();
    let is_url = args.len() == 1 && ["http://", "https://", "$scheme"].iter().any(|start| text.starts_with(start));
    match value::number(text) {
        Some(0..=999) => None,
        Some(_) => Some(bad(first.span, format!("`{text}` is no status code: at most 999"))),
        None if is_url => None,
        None => Some(bad(first.span, format!("`{text}` is neither a status code nor a URL"))),
    }
}

fn rewrite_flag(word: &Word) -> Option<BadValue> {
    const FLAGS: &[&str] = &["last", "break", "redirect", "permanent"];
    if FLAGS.contains(&word.text.as_str()) {
        return None;
    }
    let near = did_you_mean(&word.text, FLAGS.iter().copied());
    let message = format!("`{}` is no flag of `rewrite`: last, break, redirect or permanent", word.text);
    Some(suggested(word.span, message, near.map(str::to_owned)))
}

fn error_code(word: &Word) -> Option<BadValue> {
    let text = word.text.as_str();
    if text.starts_with('=') {
        return None;
    }
    match value::number(text) {
        Some(499) => Some(bad(word.span, "`499` has no error page: the client is gone by then".to_owned())),
        Some(300..=599) => None,
        _ => Some(bad(word.span, format!("`{text}` is no code an error page can have: 300 to 599"))),
    }
}

fn limit_zone(args: &[Word]) -> Option<BadValue> {
    for word in args.iter().skip(1) {
        let text = word.text.as_str();
        if let Some(rate) = text.strip_prefix("rate=") {
            let number = rate.strip_suffix("r/s").or_else(|| rate.strip_suffix("r/m"));
            if !matches!(number.and_then(value::number), Some(1..)) {
                let message = format!("`{rate}` is no rate: use for example `10r/s` or `30r/m`");
                return Some(bad(word.slice(5..text.len()), message));
            }
        } else if let Some(zone) = text.strip_prefix("zone=") {
            let Some((name, given)) = zone.rsplit_once(':') else {
                return Some(bad(word.span, format!("`{text}` has no size: write `zone=NAME:10m`")));
            };
            if value::size(given).is_none() {
                let message = format!("`{given}` is not a size: use digits and one of k and m (base 1024)");
                return Some(bad(word.slice(5 + name.len() + 1..text.len()), message));
            }
        }
    }
    None
}

fn limit_req(word: &Word) -> Option<BadValue> {
    let text = word.text.as_str();
    match text.split_once('=') {
        None if text == "nodelay" => None,
        Some(("zone", _)) => None,
        Some(("burst", given)) if !matches!(value::number(given), Some(1..)) => {
            Some(bad(word.slice(6..text.len()), format!("`{given}` is no burst: a number from 1")))
        }
        Some(("delay", given)) if !matches!(value::number(given), Some(1..)) => {
            Some(bad(word.slice(6..text.len()), format!("`{given}` is no delay: a number from 1")))
        }
        Some(("burst" | "delay", _)) => None,
        _ => Some(bad(word.span, format!("`{text}` is no parameter of `limit_req`: zone=, burst=, delay=, nodelay"))),
    }
}

fn pass_scheme(word: &Word, context: Context) -> Option<BadValue> {
    if context != Context::StreamServer {
        if template::has_variables(&word.text) {
            return None;
        }
        return match word.text.find("://") {
            None => {
                let message = format!("`{}` has no scheme: write `http://` or `https://` before the host", word.text);
                Some(safe(word.inner().before(), message, "http://"))
            }
            Some(_) => scheme_of(word, &["http", "https"], "`http://` or `https://`"),
        };
    }
    no_scheme(word)
}

fn scheme_of(word: &Word, schemes: &[&str], expected: &str) -> Option<BadValue> {
    let at = word.text.find("://")?;
    let scheme = &word.text[..at];
    if template::has_variables(scheme) || schemes.iter().any(|known| known.eq_ignore_ascii_case(scheme)) {
        return None;
    }
    Some(bad(word.slice(0..at + 3), format!("`{scheme}://` is no scheme of this directive: {expected}")))
}

fn no_scheme(word: &Word) -> Option<BadValue> {
    if word.text.starts_with('/') {
        let message = format!("`{}` is a path: a socket is written `unix:{}`", word.text, word.text);
        return Some(safe(word.inner().before(), message, "unix:"));
    }
    let at = word.text.find("://")?;
    let scheme = &word.text[..at + 3];
    Some(safe(word.slice(0..at + 3), format!("`{scheme}` does not belong here: write the host and port alone"), ""))
}

fn is_network(text: &str) -> bool {
    text.parse::<std::net::IpAddr>().is_ok() || text.parse::<ipnet::IpNet>().is_ok()
}

fn network(word: &Word, words: &[&str]) -> Option<BadValue> {
    let text = word.text.as_str();
    if words.contains(&text) || is_network(text) {
        return None;
    }
    Some(bad(word.span, format!("`{text}` is no address or network: use for example `10.0.0.0/8`")))
}

/// nginx has no grammar of expressions: a condition is a variable, a comparison or a file test.
fn condition(directive: Directive<'_>) -> Option<BadValue> {
    const OPERATORS: &[&str] = &["=", "!=", "~", "~*", "!~", "!~*"];
    const TESTS: &[&str] = &["-f", "!-f", "-d", "!-d", "-e", "!-e", "-x", "!-x"];
    let args = directive.args();
    let (first, last) = (args.first()?, args.last()?);
    if !first.text.starts_with('(') || !last.text.ends_with(')') {
        return Some(bad(directive.span(), "the condition is not in parentheses".to_owned()));
    }
    let inner = super::location::condition_words(args);
    let text = |index: usize| inner.get(index).map(|(word, range)| &word.text[range.clone()]);
    let span = |index: usize| inner.get(index).map_or(directive.span(), |(word, range)| word.slice(range.clone()));
    let Some(subject) = text(0) else { return Some(bad(directive.span(), "the condition is empty".to_owned())) };
    if TESTS.contains(&subject) {
        return (inner.len() != 2).then(|| bad(directive.span(), format!("`{subject}` tests one file")));
    }
    if !subject.starts_with('$') {
        return Some(bad(span(0), format!("invalid condition `{subject}`: it starts with a variable or a file test")));
    }
    match text(1) {
        None => None,
        Some("==") => Some(safe(span(1), "`==` is no operator: nginx compares with `=`".to_owned(), "=")),
        Some(operator) if !OPERATORS.contains(&operator) => {
            Some(bad(span(1), format!("`{operator}` is no operator: {}", OPERATORS.join(", "))))
        }
        Some(_) if inner.len() != 3 => {
            Some(bad(directive.span(), "a condition is one comparison: there is no `and` and no `or`".to_owned()))
        }
        Some(_) => None,
    }
}

fn network_or_name(word: &Word) -> Option<BadValue> {
    let text = word.text.as_str();
    let looks_numeric = text.contains('/') || text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if text == "unix:" || is_network(text) || !looks_numeric {
        return None;
    }
    Some(bad(word.span, format!("`{text}` is no address or network: use for example `10.0.0.0/8`")))
}
