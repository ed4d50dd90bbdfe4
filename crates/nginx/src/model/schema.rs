//! What the table of directives and nginx's own value parsers say of each directive: unknown, misplaced, wrong number of
//! arguments, wrong value, set twice.

use super::server::parse_listen;
use super::tree::Directive;
use super::url::{self, UrlUse};
use super::variable::built_in;
use super::{Nginx, bounds, params};
use crate::context::{Context, Protocol};
use crate::keys::{Arguments, Key, NAMES, Row, TableVersion, ValueType, Values, key, known};
use crate::release::{Flavor, Release};
use crate::syntax::{Word, Words};
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

/// Something that nginx refuses about a directive. The ids are those of the model's directives.
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
    let mut checker = Checker { nginx, problems: Vec::new(), seen: vec![(0, 0); NAMES.all.len()], block: 0 };
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
            // Without its end nobody knows which words are its own.
            if directive.is_unterminated() {
                return;
            }
            self.problems.push(Problem::ArgumentCount(id, allowed));
            return;
        }
        let of_block = match key {
            known::IF => condition(directive),
            known::LOCATION => modifier(directive),
            _ => None,
        };
        if let Some(bad) = of_block {
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
            ValueType::Template => {
                if let Some(bad) = args.first().filter(|_| is_rate(key)).and_then(rate) {
                    self.bad(directive, bad);
                }
                return;
            }
            ValueType::NameValue => {
                let is_param = matches!(key, known::FASTCGI_PARAM | known::UWSGI_PARAM | known::SCGI_PARAM);
                if let Some(word) = args.get(2).filter(|word| is_param && word.text != "if_not_empty") {
                    let message = format!("`{}` is no parameter here: only `if_not_empty` is", word.text);
                    self.bad(directive, bad(word.span, message));
                }
                return;
            }
            ValueType::Block => return,
            ValueType::Enum | ValueType::Set if row.values != Values::Any => {}
            ValueType::Enum | ValueType::Set | ValueType::Other => {
                if let Some(bad) = custom(directive, key, self.nginx.release()) {
                    self.bad(directive, bad);
                }
                return;
            }
            _ => {}
        }
        let before = self.problems.len();
        for (index, word) in args.iter().enumerate() {
            if let Some(bad) = self.plain(word, index, row) {
                self.bad(directive, bad);
            }
        }
        if let Some(bad) = bounds::check(directive, key).filter(|_| self.problems.len() == before) {
            self.bad(directive, bad);
        }
    }

    /// A value whose type the table names.
    fn plain(&self, word: Word<'_>, index: usize, row: &Row) -> Option<BadValue> {
        let text = word.text;
        if is_placeholder(text) {
            return None;
        }
        match row.kind {
            // Since it does nothing any more, nobody looks at its value.
            ValueType::Flag if row.deprecated == Some("ignored") => None,
            ValueType::Flag => flag(word),
            ValueType::Number => number(word, row.values),
            ValueType::Buffers if value::number(text) == Some(0) || index == 1 && value::size(text) == Some(0) => {
                Some(bad(word.span, format!("`{text}`: at least one buffer with room in it is needed")))
            }
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
    let bytes = text.as_bytes();
    let start = memchr::memchr_iter(b'$', bytes).find(|&at| bytes.get(at + 1) == Some(&b'{'));
    start.is_some_and(|at| {
        let name = &text[at + 2..];
        let end = name.find('}').unwrap_or(0);
        end > 0 && name[..end].bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    })
}

pub(super) fn bad(span: Span, message: String) -> BadValue {
    BadValue { span, message, replacement: None }
}

fn safe(span: Span, message: String, replacement: impl Into<String>) -> BadValue {
    BadValue { span, message, replacement: Some((Safety::Safe, replacement.into())) }
}

fn suggested(span: Span, message: String, replacement: Option<String>) -> BadValue {
    BadValue { span, message, replacement: replacement.map(|text| (Safety::Unsafe, text)) }
}

fn flag(word: Word<'_>) -> Option<BadValue> {
    let text = word.text;
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

fn number(word: Word<'_>, values: Values) -> Option<BadValue> {
    let text = word.text;
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

fn size(word: Word<'_>, giga: bool) -> Option<BadValue> {
    let text = word.text;
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

fn time(word: Word<'_>, units: TimeUnits) -> Option<BadValue> {
    time_text(word.text, word.inner(), units)
}

pub(super) fn time_text(text: &str, span: Span, units: TimeUnits) -> Option<BadValue> {
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

pub(super) fn one_of(word: Word<'_>, words: &[&'static str]) -> Option<BadValue> {
    let text = word.text;
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

/// A parameter that only NGINX Plus takes, where the target is surely another program.
fn is_plus_only(release: &Release) -> bool {
    release.version.is_some() && release.flavor != Flavor::Plus
}

fn custom(directive: Directive<'_>, key: Key, release: &Release) -> Option<BadValue> {
    let args = directive.args();
    let context = directive.context();
    let first = args.first()?;
    if is_placeholder(first.text) {
        return None;
    }
    match key {
        known::LISTEN => listen(directive, release),
        known::SERVER if matches!(context, Context::Upstream | Context::StreamUpstream) => {
            upstream_server(directive, release)
        }
        known::RESOLVER => resolver(directive, release),
        known::ZONE => args.get(1).and_then(|word| size(word, false)),
        known::HASH => args
            .get(1)
            .filter(|word| word.text != "consistent")
            .map(|word| bad(word.span, format!("`{}` is no parameter of `hash`: only `consistent` is", word.text))),
        known::RANDOM => random(args, release),
        known::RETURN if context != Context::StreamServer => return_code(args),
        known::REWRITE => {
            let empty = args.get(1).filter(|word| word.text.is_empty());
            let empty = empty.map(|word| bad(word.span, "an empty replacement leads nowhere".to_owned()));
            empty.or_else(|| args.get(2).and_then(rewrite_flag))
        }
        known::ERROR_LOG => args.get(1).and_then(|word| {
            one_of(word, &["debug", "info", "notice", "warn", "error", "crit", "alert", "emerg"])
                .filter(|_| !word.text.starts_with("debug_"))
        }),
        known::ERROR_PAGE => args.without_last().iter().find_map(error_code),
        known::LIMIT_REQ_ZONE => limit_zone(args, &["zone=", "rate=", "sync"]),
        known::LIMIT_CONN_ZONE => limit_zone(args, &["zone="]),
        known::LIMIT_REQ => args.iter().find_map(limit_req),
        known::LIMIT_CONN => args.get(1).and_then(|word| number(word, Values::Range(1, 65535))),
        known::PROXY_CACHE_PATH | known::FASTCGI_CACHE_PATH | known::UWSGI_CACHE_PATH | known::SCGI_CACHE_PATH => {
            cache_path(directive)
        }
        known::PROXY_PASS => pass_scheme(first, context),
        known::GRPC_PASS => {
            scheme_of(first, &["grpc", "grpcs"], "`grpc://` or `grpcs://`").or_else(|| plain_address(first))
        }
        known::UWSGI_PASS => {
            scheme_of(first, &["uwsgi", "suwsgi"], "`uwsgi://` or `suwsgi://`").or_else(|| plain_address(first))
        }
        known::MEMCACHED_PASS if template::has_variables(first.text) => {
            Some(bad(first.span, "`memcached_pass` takes no variables: the key is in `$memcached_key`".to_owned()))
        }
        known::FASTCGI_PASS | known::SCGI_PASS | known::MEMCACHED_PASS | known::TUNNEL_PASS => {
            no_scheme(first).or_else(|| plain_address(first))
        }
        known::ALLOW | known::DENY => network(first, &["all", "unix:"]),
        known::SET_REAL_IP_FROM => network_or_name(first),
        known::SERVER_NAME => args.iter().find(|word| word.text == "*").map(|word| {
            bad(word.span, "`*` is no server name: use `_` with `default_server` for a catch-all".to_owned())
        }),
        known::WORKER_PROCESSES if first.text != "auto" => number(first, Values::Any),
        known::WORKER_CONNECTIONS => number(first, Values::Range(1, u64::MAX)),
        known::KEEPALIVE if context == Context::Upstream => number(first, Values::Any).or_else(|| {
            let word = args.get(1).filter(|word| word.text != "local")?;
            Some(bad(word.span, format!("`{}` is no parameter of `keepalive`: only `local` is", word.text)))
        }),
        _ => params::check(directive, key),
    }
}

fn listen(directive: Directive<'_>, release: &Release) -> Option<BadValue> {
    if let Err(bad) = parse_listen(directive) {
        return Some(bad);
    }
    let parameters = directive.args().iter().skip(1).filter(|word| !is_placeholder(word.text));
    let is_udp = directive.args().iter().skip(1).any(|word| word.text == "udp");
    parameters.into_iter().find_map(|word| {
        if is_udp && matches!(word.text, "ssl" | "proxy_protocol") {
            return Some(bad(word.span, format!("`{}` and `udp` exclude each other", word.text)));
        }
        listen_parameter(word, directive.context(), release)
    })
}

fn listen_parameter(word: Word<'_>, context: Context, release: &Release) -> Option<BadValue> {
    const HTTP: &[&str] =
        &["default_server", "http2", "ssl", "quic", "proxy_protocol", "deferred", "bind", "reuseport", "multipath"];
    const OTHERS: &[&str] =
        &["default_server", "ssl", "udp", "proxy_protocol", "deferred", "bind", "reuseport", "multipath"];
    let text = word.text;
    let words = if context == Context::Server { HTTP } else { OTHERS };
    let Some((name, given)) = text.split_once('=') else {
        let old = context == Context::Server && (text == "default" || text == "spdy" && release.is_before((1, 22, 1)));
        if old || words.contains(&text) {
            return None;
        }
        let near = did_you_mean(text, words.iter().copied());
        let message = match near {
            Some(near) => format!("`{text}` is no parameter of `listen`; did you mean `{near}`?"),
            None => format!("`{text}` is no parameter of `listen`"),
        };
        return Some(suggested(word.span, message, near.map(str::to_owned)));
    };
    let span = word.slice(name.len() + 1..text.len());
    match name {
        "backlog" if !matches!(value::number(given), Some(1..)) => {
            Some(bad(span, format!("`{given}` is no backlog: a number from 1")))
        }
        "fastopen" if value::number(given).is_none() => {
            Some(bad(span, format!("`{given}` is not a number: only digits are allowed")))
        }
        "rcvbuf" | "sndbuf" if value::size(given).is_none() => {
            Some(bad(span, format!("`{given}` is not a size: use digits and one of k and m (base 1024)")))
        }
        "ipv6only" if !matches!(given, "on" | "off") => Some(bad(span, format!("`{given}` is neither `on` nor `off`"))),
        "so_keepalive" if !is_keepalive(given) => {
            Some(bad(span, format!("`{given}` is neither `on`, `off` nor `idle:interval:count` such as `30m::10`")))
        }
        "backlog" | "fastopen" | "rcvbuf" | "sndbuf" | "ipv6only" | "so_keepalive" | "setfib" | "accept_filter" => None,
        _ => Some(bad(word.span, format!("`{name}=` is no parameter of `listen`"))),
    }
}

/// `on`, `off`, or up to three fields of which one at least is given.
fn is_keepalive(text: &str) -> bool {
    let fields: Vec<&str> = text.split(':').collect();
    let fits = |(index, field): (usize, &&str)| {
        field.is_empty()
            || if index == 2 {
                value::number(field).is_some()
            } else {
                value::time(field, TimeUnits::Seconds).is_some()
            }
    };
    matches!(text, "on" | "off")
        || fields.len() <= 3 && fields.iter().any(|field| !field.is_empty()) && fields.iter().enumerate().all(fits)
}

/// A host with a port and nothing else, unless it is only known at run time.
fn plain_address(word: Word<'_>) -> Option<BadValue> {
    let start = url::scheme_end(word.text).map_or(0, |at| at + 3);
    if template::has_variables(word.text) { None } else { url::fault(word, start, UrlUse::Plain) }
}

fn upstream_server(directive: Directive<'_>, release: &Release) -> Option<BadValue> {
    let address = directive.arg(0)?;
    let text = address.text;
    if template::has_variables(text) {
        let message = format!("`{text}` holds a variable: names in an upstream are looked up when nginx starts");
        return Some(bad(address.span, message));
    }
    let scheme = || url::stray_scheme(address, "write the host alone, the scheme belongs into `proxy_pass`");
    if let Some(bad) = scheme().or_else(|| url::fault(address, 0, UrlUse::Plain)) {
        return Some(bad);
    }
    let parameters = || directive.args().iter().skip(1);
    let service = parameters().find(|word| word.text.starts_with("service="));
    if let Some(service) = service.filter(|_| release.has_resolve() || release.version.is_none()) {
        let endpoint = super::host::Endpoint::parse(text, 0);
        let missing = if !endpoint.class.is_name() && endpoint.class != super::HostClass::Loopback {
            Some(format!("`service=` needs a domain name, `{text}` is none"))
        } else if endpoint.port.is_some() {
            Some(format!("`{text}` has a port: with `service=` the ports come from DNS"))
        } else if !parameters().any(|word| word.text == "resolve") {
            Some("`service=` needs `resolve` beside it".to_owned())
        } else {
            None
        };
        if let Some(message) = missing {
            return Some(bad(service.span, message));
        }
    }
    let has_port = || text.starts_with("unix:") || super::host::Endpoint::parse(text, 0).port.is_some();
    if directive.context() == Context::StreamUpstream && service.is_none() && !has_port() {
        return Some(bad(address.span, format!("`{text}` has no port: a server of a stream upstream needs one")));
    }
    parameters().find_map(|word| {
        let plus = word.text.starts_with("slow_start=") && is_plus_only(release);
        let message = || format!("`{}` is a parameter of NGINX Plus; open-source nginx does not know it", word.text);
        if plus { Some(bad(word.span, message())) } else { server_parameter(word) }
    })
}

fn server_parameter(word: Word<'_>) -> Option<BadValue> {
    let text = word.text;
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

fn resolver(directive: Directive<'_>, release: &Release) -> Option<BadValue> {
    let in_mail = matches!(directive.context(), Context::Mail | Context::MailServer);
    let mut both_off = 0;
    for word in directive.args() {
        let text = word.text;
        if is_placeholder(text) {
            continue;
        }
        if template::has_variables(text) {
            let message = format!("`{text}` is not expanded: the addresses of a `resolver` are fixed");
            return Some(bad(word.span, message));
        }
        let Some((name, given)) = text.split_once('=') else {
            if text == "off" && !in_mail {
                let message = "`off` is not a name server: a resolver cannot be switched off here".to_owned();
                return Some(bad(word.span, message));
            }
            if text.parse::<std::net::Ipv6Addr>().is_ok() {
                let message = format!("`{text}` is not a name server: an IPv6 address stands in brackets");
                return Some(safe(word.span, message, format!("[{text}]")));
            }
            match url::fault(word, 0, UrlUse::Plain) {
                Some(bad) => return Some(bad),
                None => continue,
            }
        };
        let span = word.slice(name.len() + 1..text.len());
        match name {
            "valid" => {
                if let Some(bad) = time_text(given, span, TimeUnits::Seconds) {
                    return Some(bad);
                }
            }
            "ipv4" | "ipv6" if !matches!(given, "on" | "off") => {
                return Some(bad(span, format!("`{given}` is neither `on` nor `off`")));
            }
            "ipv4" | "ipv6" => both_off += u32::from(given == "off"),
            "status_zone" if !is_plus_only(release) => {}
            "status_zone" => {
                let message = "`status_zone=` is a parameter of NGINX Plus; open-source nginx takes it for a host name";
                return Some(bad(word.span, message.to_owned()));
            }
            _ => {
                return Some(bad(
                    word.span,
                    format!("`{name}=` is no parameter of `resolver`: nginx takes it for a host name"),
                ));
            }
        }
    }
    if directive.args().iter().all(|word| word.text.contains('=') && !is_placeholder(word.text)) {
        return Some(bad(directive.span(), "`resolver` names no name server".to_owned()));
    }
    (both_off == 2).then(|| bad(directive.span(), "`ipv4=off` and `ipv6=off` leave nothing to look up".to_owned()))
}

fn random(args: Words<'_>, release: &Release) -> Option<BadValue> {
    let first = args.first()?;
    if first.text != "two" {
        return Some(bad(first.span, format!("`{}` is no parameter of `random`: only `two` is", first.text)));
    }
    let plus = ["least_conn", "least_time=header", "least_time=last_byte"];
    args.get(1).and_then(|word| one_of(word, if is_plus_only(release) { &plus[..1] } else { &plus }))
}

fn return_code(args: Words<'_>) -> Option<BadValue> {
    let first = args.first()?;
    let text = first.text;
    let is_url = args.len() == 1 && ["http://", "https://", "$scheme"].iter().any(|start| text.starts_with(start));
    match value::number(text) {
        Some(0..=999) => None,
        Some(_) => Some(bad(first.span, format!("`{text}` is no status code: at most 999"))),
        None if is_url => None,
        None => Some(bad(first.span, format!("`{text}` is neither a status code nor a URL"))),
    }
}

fn rewrite_flag(word: Word<'_>) -> Option<BadValue> {
    const FLAGS: &[&str] = &["last", "break", "redirect", "permanent"];
    if FLAGS.contains(&word.text) {
        return None;
    }
    let near = did_you_mean(word.text, FLAGS.iter().copied());
    let message = format!("`{}` is no flag of `rewrite`: last, break, redirect or permanent", word.text);
    Some(suggested(word.span, message, near.map(str::to_owned)))
}

fn error_code(word: Word<'_>) -> Option<BadValue> {
    let text = word.text;
    if text.starts_with('=') {
        return None;
    }
    match value::number(text) {
        Some(499) => Some(bad(word.span, "`499` has no error page: the client is gone by then".to_owned())),
        Some(300..=599) => None,
        _ => Some(bad(word.span, format!("`{text}` is no code an error page can have: 300 to 599"))),
    }
}

fn limit_zone(args: Words<'_>, parameters: &[&str]) -> Option<BadValue> {
    for word in args.iter().skip(1) {
        let text = word.text;
        let is_it = |name: &&str| if name.ends_with('=') { text.starts_with(*name) } else { text == *name };
        if !parameters.iter().any(is_it) {
            return Some(bad(word.span, format!("`{text}` is no parameter of this zone: {}", parameters.join(", "))));
        }
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
            if value::size(given).is_some_and(|size| size < SMALLEST_ZONE) {
                let message = format!("zone `{name}` is {given}; nginx needs at least 8 memory pages (32k)");
                return Some(bad(word.slice(5 + name.len() + 1..text.len()), message));
            }
        }
    }
    None
}

/// Directives that take a size, or text with variables that becomes one.
fn is_rate(key: Key) -> bool {
    const RATES: &[Key] = &[
        key!("limit_rate"),
        key!("limit_rate_after"),
        key!("proxy_limit_rate"),
        key!("fastcgi_limit_rate"),
        key!("uwsgi_limit_rate"),
        key!("scgi_limit_rate"),
        key!("proxy_download_rate"),
        key!("proxy_upload_rate"),
    ];
    RATES.contains(&key)
}

fn rate(word: Word<'_>) -> Option<BadValue> {
    if template::has_variables(word.text) { None } else { size(word, false) }
}

/// Eight pages of the smallest size there is.
const SMALLEST_ZONE: u64 = 8 * 4096;

/// A cache needs a zone for its keys, of 8k at least.
fn cache_path(directive: Directive<'_>) -> Option<BadValue> {
    let Some(word) = directive.args().iter().skip(1).find(|word| word.text.starts_with("keys_zone=")) else {
        let message = format!("`{}` has no `keys_zone=NAME:SIZE`", directive.name().text);
        return Some(bad(directive.span(), message));
    };
    let text = word.text;
    match text.rsplit_once(':') {
        None => Some(bad(word.span, format!("`{text}` has no size: write `{text}:10m`"))),
        Some((name, given)) if !matches!(value::size(given), Some(8192..)) => {
            let message = format!("`{given}` is no size of a zone of keys: at least 8k, with k or m (base 1024)");
            Some(bad(word.slice(name.len() + 1..text.len()), message))
        }
        Some(_) => None,
    }
}

fn limit_req(word: Word<'_>) -> Option<BadValue> {
    let text = word.text;
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

fn pass_scheme(word: Word<'_>, context: Context) -> Option<BadValue> {
    if context == Context::StreamServer {
        return no_scheme(word).or_else(|| plain_address(word));
    }
    if template::has_variables(word.text) {
        return None;
    }
    let Some(at) = url::scheme_end(word.text) else {
        let message = format!("`{}` has no scheme: write `http://` or `https://` before the host", word.text);
        return Some(safe(word.inner().before(), message, "http://"));
    };
    scheme_of(word, &["http", "https"], "`http://` or `https://`")
        .or_else(|| url::fault(word, at + 3, UrlUse::WithPath))
}

fn scheme_of(word: Word<'_>, schemes: &[&str], expected: &str) -> Option<BadValue> {
    let at = url::scheme_end(word.text)?;
    let scheme = &word.text[..at];
    if template::has_variables(scheme) || schemes.iter().any(|known| known.eq_ignore_ascii_case(scheme)) {
        return None;
    }
    Some(bad(word.slice(0..at + 3), format!("`{scheme}://` is no scheme of this directive: {expected}")))
}

fn no_scheme(word: Word<'_>) -> Option<BadValue> {
    if word.text.starts_with('/') {
        let message = format!("`{}` is a path: a socket is written `unix:{}`", word.text, word.text);
        return Some(safe(word.inner().before(), message, "unix:"));
    }
    url::stray_scheme(word, "write the host and port alone")
}

fn is_network(text: &str) -> bool {
    text.parse::<std::net::IpAddr>().is_ok() || text.parse::<ipnet::IpNet>().is_ok()
}

fn network(word: Word<'_>, words: &[&str]) -> Option<BadValue> {
    let text = word.text;
    if words.contains(&text) || is_network(text) {
        return None;
    }
    Some(bad(word.span, format!("`{text}` is no address or network: use for example `10.0.0.0/8`")))
}

/// What stands in front of the path of a location, when there are two words.
fn modifier(directive: Directive<'_>) -> Option<BadValue> {
    let [word, _] = directive.args().exactly()?;
    let message = || format!("`{}` is no modifier of a location: =, ^~, ~ or ~*", word.text);
    (!matches!(word.text, "=" | "^~" | "~" | "~*")).then(|| bad(word.span, message()))
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
    let name = &subject[1..];
    let is_capture = name.bytes().all(|byte| byte.is_ascii_digit());
    // Behind a prefix such as `arg_` any byte belongs to the name.
    let is_open = || built_in(Protocol::Http, &name.to_ascii_lowercase()).is_some_and(|row| row.prefix);
    let is_word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_capture || !is_word && !is_open() {
        let message = format!("`{subject}` is taken for the name of a variable: blanks stand around the operator");
        return Some(bad(span(0), message));
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

fn network_or_name(word: Word<'_>) -> Option<BadValue> {
    let text = word.text;
    if text == "unix:" || is_network(text) || !text.contains('/') {
        return None;
    }
    Some(bad(word.span, format!("`{text}` is no address or network: use for example `10.0.0.0/8`")))
}
