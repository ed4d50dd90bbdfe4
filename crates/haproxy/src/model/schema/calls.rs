//! Sample fetches and converters: their arguments, the kinds of value they hand on, and where a sample can be taken.

use super::{ProblemKind, Schema, is_build, is_plain};
use crate::model::reference::called;
use crate::model::{Call, Criterion, Expression, Proxy, SectionKind, Statement};
use crate::syntax::Word;
use crate::table::{Argument, CallShape, Context, Key, Keyword, Kind, Phases, keyword};
use crate::values::leading_ipv4;
use confvet_core::{Span, did_you_mean};
use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

/// What the text of an argument must be, beyond the type that HAProxy lists for it.
#[derive(Debug, Clone, Copy)]
enum Needs {
    /// The name of a variable with its scope: `txn.user`.
    Variable,
    /// A whole number, or the name of a variable.
    NumberOrVariable,
    /// A number of bytes that is not negative, or the name of a variable (a number before 3.0).
    Position,
    /// A number of bytes above zero, or the name of a variable (a number before 3.0).
    Length,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A number that is not 0.
    NonZero,
    /// `any`, `http`, or the mask of control characters.
    ControlMask,
    /// `true`, `false`, `1`, `0`.
    Boolean,
    /// Pairs of hexadecimal digits.
    Hexadecimal,
    /// The name of a variable, or bytes in base64.
    VariableOrBase64,
    /// A number in this range.
    Between(i64, i64),
    /// Four characters: the name of a token in the distcc protocol.
    Token,
    /// The number of a block of an HTTP message, or a name for one.
    Block,
    /// The name of a message digest.
    Digest,
    /// A number above zero, or the name of a FIX tag.
    FixTag,
    /// The name of a ring, or of an output that always exists.
    Sink,
    /// The name or the number of an MQTT packet that has fields.
    MqttPacket,
    /// An algorithm for signatures of JSON web tokens, or the name of a variable.
    JwtAlgorithm,
    /// Flags of a substitution.
    RegexFlags,
}

const DIGESTS: &[&str] = &["128", "192", "256"];
const SHA2: &[&str] = &["224", "256", "384", "512"];
const JSON: &[&str] = &["ascii", "utf8", "utf8s", "utf8p", "utf8ps"];
const TIME_UNITS: &[&str] = &["s", "ms", "us"];
const JWT_ALGORITHMS: &[&str] = &[
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "none",
];
/// Tags of the FIX protocol that have a name; all others are numbers.
const FIX_TAGS: &[&str] = &["BeginString", "BodyLength", "CheckSum", "MsgType", "SenderCompID", "TargetCompID"];
/// How names of message digests start. Which of them there are is up to the TLS library.
const DIGEST_NAMES: &[&str] = &[
    "md",
    "sha",
    "ripemd",
    "rmd",
    "sm3",
    "blake",
    "whirlpool",
    "keccak",
    "ssl",
    "rsa",
    "dsa",
    "ecdsa",
    "id-",
    "gost",
    "streebog",
    "null",
];
/// Types of fields in Protocol Buffers messages.
const PROTOBUF: &[&str] = &[
    "int32", "int64", "uint32", "uint64", "sint32", "sint64", "bool", "enum", "fixed32", "fixed64", "sfixed32",
    "sfixed64", "float", "double",
];
/// When a variable is set.
pub(super) const CONDITIONS: &[&str] =
    &["ifexists", "ifnotexists", "ifempty", "ifnotempty", "ifset", "ifnotset", "ifgt", "iflt"];
/// Outputs that exist without a `ring` section.
const SINKS: &[&str] = &["stdout", "stderr", "buf0"];

/// An argument that must not be missing or empty, although HAProxy lists some of them as optional.
fn not_empty(call: Keyword, context: Context) -> Option<usize> {
    Some(match (context, call) {
        (Context::Converter, keyword::BE2DEC | keyword::MQTT_FIELD_VALUE) => 1,
        (
            Context::Fetch,
            keyword::BIN
            | keyword::DISTCC_BODY
            | keyword::DISTCC_PARAM
            | keyword::INTERNAL_HTX_BLK_DATA
            | keyword::INTERNAL_HTX_BLK_HDRNAME
            | keyword::INTERNAL_HTX_BLK_HDRVAL
            | keyword::INTERNAL_HTX_BLK_SIZE
            | keyword::INTERNAL_HTX_BLK_START_LINE
            | keyword::INTERNAL_HTX_BLK_TYPE
            | keyword::VAR,
        ) => 0,
        (
            Context::Converter,
            keyword::DIGEST
            | keyword::FIX_TAG_VALUE
            | keyword::JSON_QUERY
            | keyword::SECURE_MEMCMP
            | keyword::SET_VAR
            | keyword::STRCMP
            | keyword::UNSET_VAR,
        ) => 0,
        _ => return None,
    })
}

/// What the arguments of a fetch or a converter need, by their numbers.
fn needs_of(call: Keyword, context: Context) -> &'static [(usize, Needs)] {
    match (context, call) {
        (
            Context::Converter,
            keyword::ADD
            | keyword::AND
            | keyword::DIV
            | keyword::MOD
            | keyword::MUL
            | keyword::OR
            | keyword::SUB
            | keyword::XOR,
        ) => &[(0, Needs::NumberOrVariable)],
        (Context::Converter, keyword::ADD_ITEM | keyword::CONCAT) => &[(1, Needs::Variable)],
        (Context::Converter, keyword::AES_GCM_DEC) => &[
            (0, Needs::OneOf(DIGESTS)),
            (1, Needs::VariableOrBase64),
            (2, Needs::VariableOrBase64),
            (3, Needs::VariableOrBase64),
        ],
        (Context::Converter, keyword::BE2DEC) => &[(1, Needs::Between(1, 8))],
        (Context::Converter, keyword::BE2HEX) => &[(1, Needs::Between(0, i64::MAX))],
        (Context::Fetch, keyword::BIN) => &[(0, Needs::Hexadecimal)],
        (Context::Fetch, keyword::BOOL) => &[(0, Needs::Boolean)],
        (Context::Converter, keyword::BYTES) => &[(0, Needs::Position), (1, Needs::Length)],
        (Context::Fetch, keyword::DATE) => &[(1, Needs::OneOf(TIME_UNITS))],
        (Context::Converter, keyword::DEBUG) => &[(1, Needs::Sink)],
        (Context::Converter, keyword::DIGEST) => &[(0, Needs::Digest)],
        (Context::Fetch, keyword::DISTCC_BODY | keyword::DISTCC_PARAM) => &[(0, Needs::Token)],
        (Context::Fetch, keyword::FC_RTT | keyword::FC_RTTVAR) => &[(0, Needs::OneOf(&["us", "ms"]))],
        (Context::Converter, keyword::FIELD | keyword::WORD) => &[(0, Needs::NonZero)],
        (Context::Converter, keyword::FIX_TAG_VALUE) => &[(0, Needs::FixTag)],
        (Context::Converter, keyword::HAS_CTL) => &[(0, Needs::ControlMask)],
        (Context::Converter, keyword::HMAC) => &[(0, Needs::Digest), (1, Needs::VariableOrBase64)],
        (Context::Converter, keyword::HTTP_DATE) => &[(1, Needs::OneOf(TIME_UNITS))],
        (
            Context::Fetch,
            keyword::INTERNAL_HTX_BLK_DATA
            | keyword::INTERNAL_HTX_BLK_HDRNAME
            | keyword::INTERNAL_HTX_BLK_HDRVAL
            | keyword::INTERNAL_HTX_BLK_SIZE
            | keyword::INTERNAL_HTX_BLK_START_LINE
            | keyword::INTERNAL_HTX_BLK_TYPE,
        ) => &[(0, Needs::Block)],
        (Context::Converter, keyword::JSON) => &[(0, Needs::OneOf(JSON))],
        (Context::Converter, keyword::JSON_QUERY | keyword::JWT_HEADER_QUERY | keyword::JWT_PAYLOAD_QUERY) => {
            &[(1, Needs::OneOf(&["int"]))]
        }
        (Context::Converter, keyword::JWT_VERIFY) => &[(0, Needs::JwtAlgorithm)],
        (Context::Converter, keyword::MQTT_FIELD_VALUE) => &[(0, Needs::MqttPacket)],
        (Context::Converter, keyword::PROTOBUF | keyword::UNGRPC) => &[(1, Needs::OneOf(PROTOBUF))],
        (Context::Converter, keyword::REGSUB) => &[(2, Needs::RegexFlags)],
        (Context::Converter, keyword::SECURE_MEMCMP | keyword::STRCMP | keyword::UNSET_VAR) => &[(0, Needs::Variable)],
        (Context::Converter, keyword::SET_VAR) => &[(0, Needs::Variable), (1, Needs::OneOf(CONDITIONS))],
        (Context::Converter, keyword::SHA2) => &[(0, Needs::OneOf(SHA2))],
        (Context::Converter, keyword::URL_ENC) => &[(0, Needs::OneOf(&["query"]))],
        (Context::Fetch, keyword::VAR) => &[(0, Needs::Variable)],
        _ => &[],
    }
}

/// The scopes of variables.
const SCOPES: &[&str] = &["check", "proc", "req", "res", "sess", "txn"];

/// What is wrong with the name of a variable.
pub(super) fn variable_problem(name: &str) -> Option<String> {
    let Some((scope, rest)) = name.split_once('.') else {
        return Some(format!("`{name}` is no variable: its name starts with a scope, such as `txn.`"));
    };
    if !SCOPES.contains(&scope) {
        return Some(format!("`{scope}` is no scope of variables: they are {}", SCOPES.join(", ")));
    }
    let bad = rest.chars().find(|&c| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.')));
    if rest.is_empty() {
        return Some(format!("`{name}` is no variable: there is nothing behind its scope"));
    }
    bad.map(|bad| format!("`{bad}` is not allowed in the name of a variable"))
}

/// An argument without its quotes and escapes.
fn unquoted(written: &str) -> Cow<'_, str> {
    if !written.contains(['"', '\'', '\\']) {
        return Cow::Borrowed(written);
    }
    let mut text = String::with_capacity(written.len());
    let mut quote = None;
    let mut chars = written.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            (None | Some('"'), '\\') if matches!(chars.peek(), Some('\\' | ' ' | '"' | '\'')) => {
                text.extend(chars.next());
            }
            _ => text.push(c),
        }
    }
    Cow::Owned(text)
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && digits.len() <= 19 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A number, a range (`80:90`, `80-90`, `:5`), or a comparison in front of one.
fn is_number_pattern(text: &str) -> bool {
    let is_number = |text: &str| text.is_empty() || is_integer(text);
    if matches!(text, "eq" | "ge" | "gt" | "le" | "lt") {
        return true;
    }
    // The first character may be a sign.
    let separator = text.char_indices().skip(1).find(|(_, c)| matches!(c, ':' | '-')).map(|(at, _)| at);
    match (text.strip_prefix(':'), separator) {
        (Some(high), _) => is_number(high),
        (None, Some(at)) => is_number(&text[..at]) && is_number(&text[at + 1..]),
        (None, None) => !text.is_empty() && is_number(text),
    }
}

/// Looks like an IPv4 address or network and is none. Anything else may be a name that resolves.
fn is_bad_network(text: &str) -> bool {
    if let Some((_, length)) = leading_ipv4(text.as_bytes()) {
        match &text.as_bytes()[length..] {
            [] | [b'/', b'0'..=b'9'] | [b'/', b'1' | b'2', b'0'..=b'9'] | [b'/', b'3', b'0'..=b'2'] => return false,
            _ => {}
        }
    }
    let (address, mask) = text.split_once('/').map_or((text, None), |(address, mask)| (address, Some(mask)));
    if address.contains(':') && address.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.')) {
        return !is_network(text);
    }
    let dotted = address.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if !dotted || address.bytes().filter(|&byte| byte == b'.').count() != 3 {
        return false;
    }
    let bad_mask = |mask: &str| mask.parse::<Ipv4Addr>().is_err() && mask.parse::<u8>().map_or(true, |bits| bits > 32);
    address.parse::<Ipv4Addr>().is_err() || mask.is_some_and(bad_mask)
}

/// An address or a network, written out: no name that has to be resolved.
pub(super) fn is_network(text: &str) -> bool {
    let (address, mask) = text.split_once('/').map_or((text, None), |(address, mask)| (address, Some(mask)));
    let bits = |most: u8| mask.is_none_or(|mask| mask.parse::<u8>().is_ok_and(|bits| bits <= most));
    match address.parse::<Ipv4Addr>() {
        Ok(_) => bits(32) || mask.is_some_and(|mask| mask.parse::<Ipv4Addr>().is_ok()),
        Err(_) => address.parse::<Ipv6Addr>().is_ok() && bits(128),
    }
}

/// The words behind `-m`.
const METHODS: &[&str] = &["found", "bool", "int", "ip", "bin", "len", "str", "sub", "reg", "beg", "end", "dir", "dom"];

/// A method that does not exist, or that cannot compare what the expression gives.
fn bad_method<'a>(criterion: &Criterion<'a>, kind: Kind) -> Option<(Word<'a>, String)> {
    let at = criterion.flags.iter().position(|flag| flag.text == "-m")?;
    let method = criterion.flags.get(at + 1).filter(|method| method.is_known() && !method.has_dollar())?;
    if !METHODS.contains(&method.text) {
        return Some((method, format!("`{}` is no way to compare: there are {}", method.text, METHODS.join(", "))));
    }
    let fits = match method.text {
        "bool" | "int" => !matches!(kind, Kind::Meth | Kind::Bin),
        "ip" => !matches!(kind, Kind::Meth | Kind::Bin | Kind::Bool),
        _ => true,
    };
    let message = || format!("`-m {}` cannot compare {}", method.text, kind.as_str());
    (!fits).then(|| (method, message()))
}

/// The first pattern that its method cannot read.
fn bad_pattern<'a>(criterion: &Criterion<'a>, plain: bool) -> Option<(Word<'a>, String)> {
    if criterion.has_flag("-f") || criterion.has_flag("-M") {
        return None;
    }
    let fetch = criterion.fetch();
    let method = criterion.method();
    let is_regex = method == Some("reg") || method.is_none() && plain && fetch.ends_with("_reg");
    let is_bytes = method == Some("bin") || method.is_none() && plain && matches!(fetch, "payload" | "payload_lv");
    let is_version = method.is_none() && plain && matches!(fetch, "req_ssl_ver" | "req.ssl_ver");
    if !is_regex && !is_bytes && !is_version {
        return None;
    }
    let mut values = criterion.values.iter().filter(|value| value.is_known() && !value.has_filler());
    let is_hex = |text: &str| text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_dotted = |text: &str| {
        matches!(text, "eq" | "ge" | "gt" | "le" | "lt")
            || text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b':' | b'-'))
    };
    if is_regex {
        // A dollar sign is at home in a regular expression.
        let mut values = criterion.values.iter().filter(|value| value.is_known());
        return values.find_map(|value| Some((value, regex_problem(value.text)?)));
    }
    let bad = |value: &Word<'_>| if is_bytes { !is_hex(value.text) } else { !is_dotted(value.text) };
    let value = values.find(bad)?;
    let what = if is_bytes { "pairs of hexadecimal digits" } else { "a version such as `3.1`" };
    Some((value, format!("`{}` is not a valid pattern for `{fetch}`: it must be {what}", value.text)))
}

/// What every library of regular expressions refuses: brackets that do not match, and a backslash at the end.
pub(super) fn regex_problem(regex: &str) -> Option<String> {
    // Comments, extended syntax and literal runs have rules of their statement.
    if regex.contains("(?#") || regex.contains("\\Q") || regex.contains("(*") || regex.starts_with("(?x") {
        return None;
    }
    let bytes = regex.as_bytes();
    let mut at = 0;
    let mut open = 0_u32;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if at + 1 == bytes.len() => {
                return Some(format!("regular expression `{regex}` ends in a backslash"));
            }
            b'\\' => at += 1,
            b'[' => match class_end(bytes, at) {
                Some(end) => at = end,
                None => return Some(format!("regular expression `{regex}` has a `[` without its `]`")),
            },
            b'(' => open += 1,
            b')' if open == 0 => return Some(format!("regular expression `{regex}` has a `)` without its `(`")),
            b')' => open -= 1,
            _ => {}
        }
        at += 1;
    }
    (open > 0).then(|| format!("regular expression `{regex}` has a `(` without its `)`"))
}

/// Where the bracket closes that opens a class of characters.
fn class_end(bytes: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    if bytes.get(at) == Some(&b'^') {
        at += 1;
    }
    let first = at;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b']' if at > first => return Some(at),
            b'\\' => at += 1,
            b'[' if matches!(bytes.get(at + 1), Some(b':' | b'.' | b'=')) => {
                let kind = bytes[at + 1];
                let close = bytes[at + 2..].windows(2).position(|pair| pair == [kind, b']']);
                // Without its end it is an ordinary bracket.
                at += close.map_or(0, |length| length + 3);
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// May HAProxy make this kind of value out of that one?
fn converts(from: Kind, to: Kind) -> bool {
    match (from, to) {
        _ if from == to || from == Kind::Any || to == Kind::Any => true,
        (Kind::Bool, to) => matches!(to, Kind::Sint | Kind::Str | Kind::Bin),
        (Kind::Sint, to) => to != Kind::Meth,
        (Kind::Addr, to) => matches!(to, Kind::Ipv4 | Kind::Ipv6 | Kind::Str | Kind::Bin),
        (Kind::Ipv4, to) => !matches!(to, Kind::Meth | Kind::Bool),
        (Kind::Ipv6, to) => !matches!(to, Kind::Meth | Kind::Bool | Kind::Sint),
        (Kind::Str, _) => true,
        (Kind::Bin, to) => matches!(to, Kind::Str | Kind::Meth),
        (Kind::Meth, to) => matches!(to, Kind::Str | Kind::Bin),
        (Kind::Any, _) => true,
    }
}

impl Kind {
    /// For messages.
    fn as_str(self) -> &'static str {
        match self {
            Kind::Any => "anything",
            Kind::Bool => "a boolean",
            Kind::Sint => "a number",
            Kind::Addr | Kind::Ipv4 | Kind::Ipv6 => "an address",
            Kind::Str => "a text",
            Kind::Bin => "bytes",
            Kind::Meth => "an HTTP method",
        }
    }
}

/// When the expressions of a statement are evaluated, where HAProxy refuses those that have no value then.
/// In conditions it only warns.
fn phases(statement: &Statement, proxy: &Proxy) -> Option<(Phases, &'static str)> {
    let sides = |frontend: Phases, backend: Phases| match (proxy.has_frontend_side(), proxy.has_backend_side()) {
        (true, true) => Some(frontend.or(backend)),
        (true, false) => Some(frontend),
        (false, true) => Some(backend),
        (false, false) => None,
    };
    let second = || statement.text(1);
    let (phases, when) = match statement.id() {
        keyword::HTTP_REQUEST => (sides(Phases::FRONTEND_REQUEST, Phases::BACKEND_REQUEST)?, "in `http-request` rules"),
        keyword::HTTP_RESPONSE => {
            (sides(Phases::FRONTEND_RESPONSE, Phases::BACKEND_RESPONSE)?, "in `http-response` rules")
        }
        keyword::HTTP_AFTER_RESPONSE => {
            (sides(Phases::FRONTEND_RESPONSE, Phases::BACKEND_RESPONSE)?, "in `http-after-response` rules")
        }
        keyword::TCP_REQUEST if second() == "connection" => (Phases::CONNECTION, "in `tcp-request connection` rules"),
        keyword::TCP_REQUEST if second() == "session" => (Phases::SESSION, "in `tcp-request session` rules"),
        keyword::TCP_REQUEST if second() == "content" => {
            (sides(Phases::FRONTEND_CONTENT, Phases::BACKEND_CONTENT)?, "in `tcp-request content` rules")
        }
        keyword::TCP_RESPONSE if second() == "content" => {
            (Phases::BACKEND_RESPONSE_CONTENT, "in `tcp-response content` rules")
        }
        keyword::STICK if matches!(second(), "on" | "match" | "store-request") => {
            (Phases::SERVER_CHOICE, "when a server is chosen")
        }
        keyword::STICK if second() == "store-response" => (Phases::STICK_STORE, "when a response is stored"),
        keyword::LOG_FORMAT | keyword::LOG_FORMAT_SD | keyword::ERROR_LOG_FORMAT => (Phases::LOG, "in logs"),
        keyword::UNIQUE_ID_FORMAT if proxy.has_frontend_side() => (Phases::FRONTEND_REQUEST, "when a request comes in"),
        keyword::BALANCE if second() == "hash" => (Phases::SERVER_CHOICE, "when a server is chosen"),
        _ => return None,
    };
    Some((phases, when))
}

impl<'a> Schema<'a> {
    /// Sample fetches and converters of a statement.
    pub(super) fn fetches(&mut self, proxy: &Proxy, statement: &'a Statement) {
        if let Some(criterion) = statement.criterion() {
            self.criterion(proxy, statement, &criterion);
        } else if statement.marks().has_odd() {
            for criterion in statement.criteria() {
                self.criterion(proxy, statement, &criterion);
            }
        }
        if !statement.has_calls() && statement.expression_word().is_none() {
            self.all_called = true;
            return;
        }
        // Names and numbers are no formats, whatever they look like.
        if matches!(statement.text(1), "del-header" | "set-nice") {
            return;
        }
        let phases = phases(statement, proxy);
        for expression in statement.sample_expressions() {
            let kind = self.expression(proxy, statement, &expression, false, phases);
            if let Some(kind) = kind.filter(|_| statement.expression_word() == Some(expression.fetch.word)) {
                self.key(proxy, statement, &expression, kind);
            }
        }
        self.all_called = true;
    }

    fn criterion(&mut self, proxy: &Proxy, statement: &'a Statement, criterion: &Criterion<'a>) {
        self.odd |= criterion.may_be_odd();
        if let Some(expression) = &criterion.expression
            && let Some(kind) = self.expression(proxy, statement, expression, true, None)
        {
            self.patterns(statement, criterion, kind);
        }
    }

    /// What an ACL compares with: numbers with numbers, addresses with addresses.
    fn patterns(&mut self, statement: &Statement, criterion: &Criterion<'_>, kind: Kind) {
        let plain = criterion.expression.as_ref().is_some_and(|expression| expression.converters.is_empty());
        let fetch = criterion.fetch();
        if fetch == "http_auth_group" {
            self.groups(statement, criterion);
            return;
        }
        if let Some((word, message)) = bad_method(criterion, kind) {
            self.refuse(statement, word.span, message);
            return;
        }
        if let Some((word, message)) = bad_pattern(criterion, plain) {
            self.refuse(statement, word.span, message);
            return;
        }
        // Whatever is compared with a text is one.
        if matches!(kind, Kind::Any | Kind::Bool | Kind::Str) && fetch != "var" {
            return;
        }
        let alias = || plain && Context::AclAlias.find(fetch).is_some();
        if criterion.method().is_some() || criterion.has_flag("-f") || criterion.has_flag("-M") || alias() {
            return;
        }
        if plain && (matches!(kind, Kind::Bin | Kind::Meth) || fetch == "var") {
            let message = format!("`{fetch}` gives {}: say with `-m` how it is compared", kind.as_str());
            self.refuse(statement, criterion.word.span, message);
            return;
        }
        for value in criterion.values.iter().filter(|value| value.is_known() && !value.has_filler()) {
            let message = match kind {
                Kind::Sint if !is_number_pattern(value.text) => {
                    format!("`{}` is not a number, which is what `{fetch}` gives", value.text)
                }
                Kind::Ipv4 | Kind::Ipv6 | Kind::Addr
                    if is_bad_network(value.text) || criterion.has_flag("-n") && !is_network(value.text) =>
                {
                    format!("`{}` is not a valid address or network", value.text)
                }
                _ => continue,
            };
            self.refuse(statement, value.span, message);
            return;
        }
    }

    /// What `http_auth_group` compares with are groups of its userlist.
    fn groups(&mut self, statement: &Statement, criterion: &Criterion<'_>) {
        let list = criterion.expression.as_ref().and_then(|expression| expression.fetch.argument(0));
        let Some(list) = list.filter(|_| !criterion.has_flag("-f") && criterion.word.is_known()) else { return };
        if criterion.values.is_empty() {
            let message = "`http_auth_group` needs the names of groups behind it".to_owned();
            self.refuse(statement, criterion.word.span, message);
            return;
        }
        let compares = criterion.method().is_none_or(|method| method == "str");
        let Some(groups) = Some(list).filter(|_| compares).and_then(|list| self.groups_of(list)) else { return };
        let unknown = |value: &Word<'_>| value.is_known() && !value.has_filler() && !groups.contains(value.text);
        if let Some(value) = criterion.values.iter().find(unknown) {
            let message = format!("`{}` is no group of the userlist `{list}`", value.text);
            self.refuse(statement, value.span, message);
        }
    }

    /// What is stored in a table has to become its type of key.
    fn key(&mut self, proxy: &Proxy, statement: &Statement, expression: &Expression<'_>, kind: Kind) {
        let tracks = statement.words().iter().take(3).any(|word| word.text.starts_with("track-sc"));
        if !tracks && !statement.is("stick") {
            return;
        }
        let table = match statement.after("table") {
            Some(name) => self.haproxy.table(name.text),
            None => proxy.last("stick-table"),
        };
        let Some(of_table) = table.and_then(|table| table.after("type")) else { return };
        let wanted = match of_table.text {
            "ip" => Kind::Ipv4,
            "ipv6" => Kind::Ipv6,
            "integer" => Kind::Sint,
            "string" => Kind::Str,
            "binary" => Kind::Bin,
            _ => return,
        };
        if !converts(kind, wanted) {
            let message = format!(
                "`{}` gives {}, which cannot be a key of a table of `type {}`",
                expression.fetch.name,
                kind.as_str(),
                of_table.text
            );
            self.refuse(statement, expression.fetch.span(), message);
        }
    }

    fn expression(
        &mut self,
        proxy: &Proxy,
        statement: &Statement,
        expression: &Expression<'a>,
        criterion: bool,
        phases: Option<(Phases, &'static str)>,
    ) -> Option<Kind> {
        let fetch = &expression.fetch;
        self.looks.add(fetch.name);
        if let Some(header) = fetch.client_header() {
            self.looks.add(header);
        }
        let known = Context::Fetch.find(fetch.name);
        let calls = &mut self.calls;
        let mut named = |named, name, span| calls.push((named, name, span));
        called(fetch, known, &mut named);
        for converter in &expression.converters {
            self.looks.add_call(converter.name);
            called(converter, Context::Converter.find(converter.name), &mut named);
        }
        let known = known.or_else(|| Context::AclAlias.find(fetch.name).filter(|_| criterion));
        if !self.call(proxy, statement, known, fetch, "sample fetch", Context::Fetch) {
            return None;
        }
        let shape = known.and_then(|key| key.call);
        if let (Some(shape), Some((phases, when))) = (shape, phases)
            && (!shape.is_there_at(phases) || self.is_not_there_yet(fetch.name, phases))
            && fetch.name != "internal.htx.data"
        {
            let message = format!("`{}` has no value {when}", fetch.name);
            self.add(statement, fetch.span(), ProblemKind::Invalid { message, instead: None });
            return None;
        }
        let mut kind = shape.map_or(Kind::Any, |shape| shape.output);
        for converter in &expression.converters {
            let known = Context::Converter.find(converter.name);
            if !self.call(proxy, statement, known, converter, "converter", Context::Converter) {
                return None;
            }
            let Some(shape) = known.and_then(|key| key.call) else {
                kind = Kind::Any;
                continue;
            };
            if !converts(kind, shape.input) {
                let message =
                    format!("`{}` works on {}, and gets {} here", converter.name, shape.input.as_str(), kind.as_str());
                self.add(statement, converter.span(), ProblemKind::Invalid { message, instead: None });
                return None;
            }
            // Converters that hand on what they got are listed as giving anything.
            if shape.output != Kind::Any || converter.name == "json_query" {
                kind = shape.output;
            }
        }
        Some(kind)
    }

    /// The versions of request and answer are kept for later only since a version above 2.6.
    fn is_not_there_yet(&self, fetch: &str, phases: Phases) -> bool {
        let later = match fetch {
            "req.ver" | "req_ver" => Phases::ANSWERS.or(Phases::LOG),
            "res.ver" | "resp_ver" => Phases::LOG,
            _ => return false,
        };
        phases.is_within(later) && self.haproxy.target.is_some_and(|target| target < (2, 7, 0))
    }

    /// Reports what is wrong with a call; false when it is unknown or its word cannot be read here.
    fn call(
        &mut self,
        proxy: &Proxy,
        statement: &Statement,
        known: Option<&'static Key>,
        call: &Call<'_>,
        what: &'static str,
        context: Context,
    ) -> bool {
        if call.name.starts_with("lua.") || !is_plain(call.word) && call.word.text.starts_with(call.name) {
            return false;
        }
        match known {
            Some(key) if !key.build => {
                if self.version(statement, key, call.name, call.span()) {
                    return false;
                }
                if let Some(shape) = key.call.filter(|_| !call.word.is_variable() && !call.word.has_literal_variable())
                {
                    self.arguments(proxy, statement, call, key, shape, context);
                } else if key.keyword == keyword::HAS_CTL {
                    self.needs(statement, call, key, context);
                }
                true
            }
            Some(_) => false,
            None if is_build(call.name) => false,
            None => {
                let near = did_you_mean(call.name, context.names().chain(Context::AclAlias.names()));
                self.add(statement, call.span(), ProblemKind::Unknown { what, word: call.name.to_owned(), near });
                false
            }
        }
    }

    fn refuse(&mut self, statement: &Statement, span: Span, message: String) {
        self.add(statement, span, ProblemKind::Invalid { message, instead: None });
    }

    /// The number of arguments and the type of each.
    fn arguments(
        &mut self,
        proxy: &Proxy,
        statement: &Statement,
        call: &Call<'_>,
        key: &Key,
        shape: &'static CallShape,
        context: Context,
    ) {
        let name = call.name;
        if !call.is_closed {
            self.refuse(statement, call.span(), format!("the parenthesis behind `{name}` is not closed"));
            return;
        }
        let most = shape.arguments.len() + later_arguments(key.keyword);
        let nothing = call.arguments.is_empty();
        let own_table = nothing && call.has_parentheses() && shape.arguments.first() == Some(&Argument::Table);
        let given = if nothing && shape.required == 0 && !own_table { 0 } else { call.written_arguments().count() };
        if given > most && !(nothing && most == 0) {
            let message = match most {
                0 => format!("`{name}` takes no argument"),
                1 => format!("`{name}` takes one argument, and gets {given}"),
                _ => format!("`{name}` takes at most {most} arguments, and gets {given}"),
            };
            self.refuse(statement, call.argument_span(most), message);
            return;
        }
        if given < shape.required {
            let message = format!("`{name}` needs {} arguments, and gets {given}", shape.required);
            self.refuse(statement, call.span(), message);
            return;
        }
        if given == 0 && !is_checked_when_empty(key.keyword) {
            return;
        }
        for (index, (written, argument)) in call.written_arguments().zip(shape.arguments).enumerate() {
            if written.is_empty() && index >= shape.required && !names_a_section(*argument) {
                continue;
            }
            if let Some(expected) = self.mistyped(proxy, name, &unquoted(written), *argument) {
                let span = if written.is_empty() { call.span() } else { call.argument_span(index) };
                let message = if written.is_empty() {
                    format!("argument {} of `{name}` is empty: it must be {expected}", index + 1)
                } else {
                    format!("`{written}` is not a valid argument of `{name}`: it must be {expected}")
                };
                self.refuse(statement, span, message);
                return;
            }
        }
        self.needs(statement, call, key, context);
    }

    /// What the argument would have to be.
    fn mistyped(&self, proxy: &Proxy, name: &str, text: &str, argument: Argument) -> Option<&'static str> {
        match argument {
            // Since 3.0 these numbers may stand in variables.
            Argument::Integer if name == "bytes" && self.haproxy.target.is_none_or(|target| target >= (3, 0, 0)) => {
                None
            }
            Argument::Integer => (!is_integer(text)).then_some("a whole number"),
            Argument::Mask4 => (text.parse::<Ipv4Addr>().is_err() && text.parse::<u8>().map_or(true, |bits| bits > 32))
                .then_some("a number of bits up to 32, or an IPv4 mask"),
            Argument::Mask6 => (text.parse::<Ipv6Addr>().is_err()
                && text.parse::<u8>().map_or(true, |bits| bits > 128))
            .then_some("a number of bits up to 128, or an IPv6 mask"),
            Argument::Ipv4 => text.parse::<Ipv4Addr>().is_err().then_some("an IPv4 address"),
            Argument::Ipv6 => text.parse::<Ipv6Addr>().is_err().then_some("an IPv6 address"),
            Argument::Field => (text.is_empty()
                || !text.split('.').all(|part| part.parse::<u32>().is_ok_and(|number| number > 0)))
            .then_some("field numbers with dots between them"),
            Argument::Userlist => text.is_empty().then_some("the name of a userlist"),
            Argument::Backend => (text.is_empty() && !proxy.has_backend_side() && proxy.has_frontend_side())
                .then_some("the name of a backend"),
            Argument::Frontend => (text.is_empty() && !proxy.has_frontend_side() && proxy.has_backend_side())
                .then_some("the name of a frontend"),
            Argument::Table => {
                (text.is_empty() && proxy.kind != SectionKind::Defaults && proxy.last("stick-table").is_none())
                    .then_some("the name of a table, as the proxy has none of its own")
            }
            Argument::Server => text.is_empty().then_some("the name of a server"),
            Argument::Regex => regex_problem(text).is_some().then_some("a regular expression whose brackets match"),
            Argument::Text => None,
        }
    }

    /// What a few calls ask of their arguments beyond the type.
    fn needs(&mut self, statement: &Statement, call: &Call<'_>, key: &Key, context: Context) {
        let written = |index: usize| call.written_arguments().nth(index).unwrap_or_default();
        if let Some(index) = not_empty(key.keyword, context).filter(|&index| written(index).is_empty()) {
            let message = format!("argument {} of `{}` is empty: HAProxy refuses that", index + 1, call.name);
            self.refuse(statement, call.span(), message);
            return;
        }
        let whole = match key.keyword {
            keyword::BE2HEX if !written(0).is_empty() && written(1).is_empty() => {
                Some("`be2hex` needs the size of a chunk behind its separator")
            }
            keyword::FC_RTT | keyword::FC_RTTVAR if call.has_parentheses() && written(0).is_empty() => {
                let message = format!("`{}` takes `us` or `ms` in its parenthesis, or none", call.name);
                self.refuse(statement, call.span(), message);
                return;
            }
            keyword::ADD_ITEM if written(1).is_empty() && written(2).is_empty() => {
                Some("`add_item` adds nothing: it needs a variable or a suffix")
            }
            _ => None,
        };
        if let Some(message) = whole.filter(|_| context == Context::Converter) {
            self.refuse(statement, call.span(), message.to_owned());
            return;
        }
        for &(index, needs) in needs_of(key.keyword, context) {
            let written = written(index);
            if written.is_empty() {
                continue;
            }
            if let Some(message) = self.unmet(statement.section, call.name, &unquoted(written), needs) {
                self.refuse(statement, call.argument_span(index), message);
            }
        }
    }

    fn unmet(&mut self, section: u32, name: &str, text: &str, needs: Needs) -> Option<String> {
        let number = text.parse::<i64>();
        let must = |what: &str| Some(format!("`{text}` is not a valid argument of `{name}`: it must be {what}"));
        match needs {
            Needs::Variable => variable_problem(text),
            Needs::NumberOrVariable if number.is_ok() || is_integer(text) => None,
            Needs::NumberOrVariable => {
                variable_problem(text).and_then(|_| must("a whole number, or a variable such as `txn.count`"))
            }
            Needs::Position | Needs::Length if !self.haproxy.at_least((3, 0, 0)) => None,
            Needs::Position | Needs::Length => {
                let least = i64::from(matches!(needs, Needs::Length));
                let fits = number.map_or_else(|_| variable_problem(text).is_none(), |number| number >= least);
                if fits { None } else { must(&format!("{least} or more, or a variable")) }
            }
            Needs::OneOf(words) if words.contains(&text) => None,
            Needs::OneOf([word]) => must(&format!("`{word}`")),
            Needs::OneOf(words) => must(&format!("one of {}", words.join(", "))),
            Needs::NonZero => (number == Ok(0)).then(|| must("another number than 0")).flatten(),
            Needs::ControlMask => {
                let digits =
                    text.strip_prefix("0x").map_or_else(|| text.parse().ok(), |hex| u64::from_str_radix(hex, 16).ok());
                let fits = matches!(text, "any" | "http") || digits.is_some_and(|mask| mask >> 33 == 0);
                if fits { None } else { must("`any`, `http`, or a mask of control characters") }
            }
            Needs::Boolean if matches!(text, "true" | "false" | "1" | "0") => None,
            Needs::Boolean => must("`true` or `false`"),
            Needs::Hexadecimal if text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                None
            }
            Needs::Hexadecimal => must("pairs of hexadecimal digits"),
            Needs::VariableOrBase64 if is_base64(text) || variable_problem(text).is_none() => None,
            Needs::VariableOrBase64 => must("bytes in base64, or a variable such as `txn.key`"),
            Needs::Between(low, high) if number.as_ref().is_ok_and(|number| (low..=high).contains(number)) => None,
            Needs::Between(low, i64::MAX) => must(&format!("{low} or more")),
            Needs::Between(low, high) => must(&format!("a number from {low} to {high}")),
            Needs::Token if text.len() == 4 => None,
            Needs::Token => must("a name of four characters"),
            Needs::Block if matches!(text, "head" | "tail" | "first") => None,
            Needs::Block if text.bytes().all(|byte| byte.is_ascii_digit()) => None,
            Needs::Block => must("the number of a block, `head`, `tail` or `first`"),
            Needs::Digest => {
                let lower = text.to_ascii_lowercase();
                let may_be = DIGEST_NAMES.iter().any(|start| lower.starts_with(start));
                if may_be { None } else { must("the name of a message digest, such as `sha256`") }
            }
            Needs::FixTag if FIX_TAGS.iter().any(|tag| tag.eq_ignore_ascii_case(text)) => None,
            Needs::FixTag if number.is_ok_and(|number| number > 0) => None,
            Needs::FixTag => must(&format!("the number of a FIX tag, or one of {}", FIX_TAGS.join(", "))),
            Needs::Sink if SINKS.contains(&text) || self.haproxy.is_part() || self.is_ring(text, section) => None,
            Needs::Sink => must("the name of a `ring` section above, `stdout`, `stderr` or `buf0`"),
            Needs::MqttPacket if matches!(text, "1" | "2") => None,
            Needs::MqttPacket if ["connect", "connack"].iter().any(|name| name.eq_ignore_ascii_case(text)) => None,
            Needs::MqttPacket => must("`connect` or `connack`: only these packets have fields"),
            Needs::JwtAlgorithm if JWT_ALGORITHMS.contains(&text) || variable_problem(text).is_none() => None,
            Needs::JwtAlgorithm => must("an algorithm such as `RS256`, or a variable"),
            Needs::RegexFlags if text.bytes().all(|flag| matches!(flag, b'i' | b'g')) => None,
            Needs::RegexFlags => must("`i`, `g` or both"),
        }
    }
}

/// Calls that HAProxy examines even without a single argument.
fn is_checked_when_empty(call: Keyword) -> bool {
    let either = |context| not_empty(call, context).is_some();
    matches!(call, keyword::FC_RTT | keyword::FC_RTTVAR) || either(Context::Fetch) || either(Context::Converter)
}

/// Whole groups of four base64 characters.
fn is_base64(text: &str) -> bool {
    let data = text.trim_end_matches('=');
    text.len().is_multiple_of(4)
        && text.len() - data.len() <= 2
        && data.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

/// An argument that is empty stands for the proxy itself.
fn names_a_section(argument: Argument) -> bool {
    matches!(argument, Argument::Table | Argument::Backend | Argument::Frontend)
}

/// Arguments that newer versions have added to what 2.6 takes.
fn later_arguments(call: Keyword) -> usize {
    match call {
        keyword::URL_PARAM | keyword::URLP | keyword::URLP_VAL | keyword::AES_GCM_DEC | keyword::AES_GCM_ENC => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_of_regular_expressions_have_to_match() {
        for regex in ["(a", "a)", "[a", "[]a", "[[:alpha:]", "a\\", "(a[)]"] {
            assert!(regex_problem(regex).is_some(), "{regex}");
        }
        for regex in ["a]", "[]a]", "[^]a]", "[[:alpha:]]", r"[\]]", r"\(", "(?<a>b)", "a{", "[(]", "(?#(a)", "^/foo$"]
        {
            assert_eq!(regex_problem(regex), None, "{regex}");
        }
    }

    #[test]
    fn arguments_are_unquoted_as_the_second_tokenizer_does() {
        assert_eq!(unquoted("'a,b'"), "a,b");
        assert_eq!(unquoted(r#""a"\ b"#), "a b");
        assert_eq!(unquoted(r"\.php"), r"\.php");
    }
}
