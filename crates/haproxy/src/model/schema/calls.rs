//! Sample fetches and converters: their arguments, the kinds of value they hand on, and where a sample can be taken.

use super::{ProblemKind, Schema, is_build, is_plain};
use crate::model::{Call, Criterion, Expression, Proxy, SectionKind, Statement};
use crate::table::{Argument, CallShape, Context, Kind, Phases};
use confvet_core::{Span, did_you_mean};
use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

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
}

const DIGESTS: &[&str] = &["128", "192", "256"];
const SHA2: &[&str] = &["224", "256", "384", "512"];
const JSON: &[&str] = &["ascii", "utf8", "utf8s", "utf8p", "utf8ps"];
const TIME_UNITS: &[&str] = &["s", "ms", "us"];

/// Fetch or converter, number of the argument, what it needs; sorted by name.
const NEEDS: &[(&str, Context, usize, Needs)] = &[
    ("add", Context::Converter, 0, Needs::NumberOrVariable),
    ("aes_gcm_dec", Context::Converter, 0, Needs::OneOf(DIGESTS)),
    ("and", Context::Converter, 0, Needs::NumberOrVariable),
    ("bin", Context::Fetch, 0, Needs::Hexadecimal),
    ("bool", Context::Fetch, 0, Needs::Boolean),
    ("bytes", Context::Converter, 0, Needs::Position),
    ("bytes", Context::Converter, 1, Needs::Length),
    ("concat", Context::Converter, 1, Needs::Variable),
    ("date", Context::Fetch, 1, Needs::OneOf(TIME_UNITS)),
    ("div", Context::Converter, 0, Needs::NumberOrVariable),
    ("fc_rtt", Context::Fetch, 0, Needs::OneOf(&["us", "ms"])),
    ("fc_rttvar", Context::Fetch, 0, Needs::OneOf(&["us", "ms"])),
    ("field", Context::Converter, 0, Needs::NonZero),
    ("has_ctl", Context::Converter, 0, Needs::ControlMask),
    ("http_date", Context::Converter, 1, Needs::OneOf(TIME_UNITS)),
    ("json", Context::Converter, 0, Needs::OneOf(JSON)),
    ("mod", Context::Converter, 0, Needs::NumberOrVariable),
    ("mul", Context::Converter, 0, Needs::NumberOrVariable),
    ("or", Context::Converter, 0, Needs::NumberOrVariable),
    ("secure_memcmp", Context::Converter, 0, Needs::Variable),
    ("set-var", Context::Converter, 0, Needs::Variable),
    ("sha2", Context::Converter, 0, Needs::OneOf(SHA2)),
    ("strcmp", Context::Converter, 0, Needs::Variable),
    ("sub", Context::Converter, 0, Needs::NumberOrVariable),
    ("unset-var", Context::Converter, 0, Needs::Variable),
    ("url_enc", Context::Converter, 0, Needs::OneOf(&["query"])),
    ("var", Context::Fetch, 0, Needs::Variable),
    ("word", Context::Converter, 0, Needs::NonZero),
    ("xor", Context::Converter, 0, Needs::NumberOrVariable),
];

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
    let (address, mask) = text.split_once('/').map_or((text, None), |(address, mask)| (address, Some(mask)));
    let dotted = address.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if !dotted || address.bytes().filter(|&byte| byte == b'.').count() != 3 {
        return false;
    }
    let bad_mask = |mask: &str| mask.parse::<Ipv4Addr>().is_err() && mask.parse::<u8>().map_or(true, |bits| bits > 32);
    address.parse::<Ipv4Addr>().is_err() || mask.is_some_and(bad_mask)
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
    let (phases, when) = match (statement.keyword(), statement.text(1)) {
        ("http-request", _) => (sides(Phases::FRONTEND_REQUEST, Phases::BACKEND_REQUEST)?, "in `http-request` rules"),
        ("http-response", _) => {
            (sides(Phases::FRONTEND_RESPONSE, Phases::BACKEND_RESPONSE)?, "in `http-response` rules")
        }
        ("http-after-response", _) => {
            (sides(Phases::FRONTEND_RESPONSE, Phases::BACKEND_RESPONSE)?, "in `http-after-response` rules")
        }
        ("tcp-request", "connection") => (Phases::CONNECTION, "in `tcp-request connection` rules"),
        ("tcp-request", "session") => (Phases::SESSION, "in `tcp-request session` rules"),
        ("tcp-request", "content") => {
            (sides(Phases::FRONTEND_CONTENT, Phases::BACKEND_CONTENT)?, "in `tcp-request content` rules")
        }
        ("tcp-response", "content") => (Phases::BACKEND_RESPONSE_CONTENT, "in `tcp-response content` rules"),
        ("stick", "on" | "match" | "store-request") => (Phases::SERVER_CHOICE, "when a server is chosen"),
        ("stick", "store-response") => (Phases::STICK_STORE, "when a response is stored"),
        ("log-format" | "log-format-sd" | "error-log-format", _) => (Phases::LOG, "in logs"),
        _ => return None,
    };
    Some((phases, when))
}

impl Schema<'_> {
    /// Sample fetches and converters of a statement.
    pub(super) fn fetches(&mut self, proxy: &Proxy, statement: &Arc<Statement>) {
        let own = Arc::clone(statement);
        for criterion in own.criteria() {
            let Some(expression) = &criterion.expression else { continue };
            if let Some(kind) = self.expression(proxy, statement, expression, true, None) {
                self.patterns(statement, &criterion, kind);
            }
        }
        if !own.has_calls && own.expression_word().is_none() {
            return;
        }
        let phases = phases(statement, proxy);
        for expression in own.sample_expressions() {
            let kind = self.expression(proxy, statement, &expression, false, phases);
            if let Some(kind) = kind.filter(|_| statement.expression_word() == Some(expression.fetch.word)) {
                self.key(proxy, statement, &expression, kind);
            }
        }
    }

    /// What an ACL compares with: numbers with numbers, addresses with addresses.
    fn patterns(&mut self, statement: &Arc<Statement>, criterion: &Criterion<'_>, kind: Kind) {
        let plain = criterion.expression.as_ref().is_some_and(|expression| expression.converters.is_empty());
        let fetch = criterion.fetch();
        let alias = plain && Context::AclAlias.find(fetch).is_some();
        if criterion.method().is_some() || criterion.has_flag("-f") || criterion.has_flag("-M") || alias {
            return;
        }
        if plain && (kind == Kind::Bin || fetch == "var") {
            let message = format!("`{fetch}` gives {}: say with `-m` how it is compared", kind.as_str());
            self.refuse(statement, criterion.word.span, message);
            return;
        }
        for value in criterion.values.iter().filter(|value| value.is_known() && !value.text.contains(['$', '<'])) {
            let message = match kind {
                Kind::Sint if !is_number_pattern(&value.text) => {
                    format!("`{}` is not a number, which is what `{fetch}` gives", value.text)
                }
                Kind::Ipv4 | Kind::Ipv6 | Kind::Addr if is_bad_network(&value.text) => {
                    format!("`{}` is not a valid address or network", value.text)
                }
                _ => continue,
            };
            self.refuse(statement, value.span, message);
            return;
        }
    }

    /// What is stored in a table has to become its type of key.
    fn key(&mut self, proxy: &Proxy, statement: &Arc<Statement>, expression: &Expression<'_>, kind: Kind) {
        let tracks = statement.words.iter().take(3).any(|word| word.text.starts_with("track-sc"));
        if !tracks && !statement.is("stick") {
            return;
        }
        let table = match statement.after("table") {
            Some(name) => self.haproxy.table(&name.text),
            None => proxy.last("stick-table"),
        };
        let Some(of_table) = table.and_then(|table| table.after("type")) else { return };
        let wanted = match of_table.text.as_str() {
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
        statement: &Arc<Statement>,
        expression: &Expression<'_>,
        criterion: bool,
        phases: Option<(Phases, &'static str)>,
    ) -> Option<Kind> {
        let fetch = &expression.fetch;
        if let Some(looks) = self.looks.last_mut() {
            looks.add(fetch.name);
            if let Some(header) = fetch.client_header() {
                looks.add(header);
            }
        }
        let alias = criterion.then(|| Context::AclAlias.find(fetch.name)).flatten();
        let known = Context::Fetch.find(fetch.name).or(alias);
        if !self.call(proxy, statement, known, fetch, "sample fetch", Context::Fetch) {
            return None;
        }
        let shape = known.and_then(|key| key.call);
        if let (Some(shape), Some((phases, when))) = (shape, phases)
            && !shape.is_there_at(phases)
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

    /// Reports what is wrong with a call; false when it is unknown or its word cannot be read here.
    fn call(
        &mut self,
        proxy: &Proxy,
        statement: &Arc<Statement>,
        known: Option<&'static crate::table::Key>,
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
                    self.arguments(proxy, statement, call, shape, context);
                } else if key.name == "has_ctl" {
                    self.needs(statement, call, context);
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

    fn refuse(&mut self, statement: &Arc<Statement>, span: Span, message: String) {
        self.add(statement, span, ProblemKind::Invalid { message, instead: None });
    }

    /// The number of arguments and the type of each.
    fn arguments(
        &mut self,
        proxy: &Proxy,
        statement: &Arc<Statement>,
        call: &Call<'_>,
        shape: &'static CallShape,
        context: Context,
    ) {
        let name = call.name;
        if !call.is_closed {
            self.refuse(statement, call.span(), format!("the parenthesis behind `{name}` is not closed"));
            return;
        }
        let most = shape.arguments.len() + later_arguments(name);
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
        if given == 0 {
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
        self.needs(statement, call, context);
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
            Argument::Text | Argument::Regex => None,
        }
    }

    /// What a few calls ask of their arguments beyond the type.
    fn needs(&mut self, statement: &Arc<Statement>, call: &Call<'_>, context: Context) {
        let start = NEEDS.partition_point(|(name, ..)| *name < call.name);
        let rows = NEEDS[start..].iter().take_while(|(name, ..)| *name == call.name);
        for &(_, _, index, needs) in rows.filter(|row| row.1 == context) {
            let Some(written) = call.written_arguments().nth(index).filter(|written| !written.is_empty()) else {
                continue;
            };
            if let Some(message) = self.unmet(call.name, &unquoted(written), needs) {
                self.refuse(statement, call.argument_span(index), message);
            }
        }
    }

    fn unmet(&self, name: &str, text: &str, needs: Needs) -> Option<String> {
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
        }
    }
}

/// An argument that is empty stands for the proxy itself.
fn names_a_section(argument: Argument) -> bool {
    matches!(argument, Argument::Table | Argument::Backend | Argument::Frontend)
}

/// Arguments that newer versions have added to what 2.6 takes.
fn later_arguments(name: &str) -> usize {
    match name {
        "url_param" | "urlp" | "urlp_val" | "aes_gcm_dec" | "aes_gcm_enc" => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_needs_is_sorted() {
        assert!(NEEDS.windows(2).all(|pair| (pair[0].0, pair[0].2) < (pair[1].0, pair[1].2)));
    }

    #[test]
    fn arguments_are_unquoted_as_the_second_tokenizer_does() {
        assert_eq!(unquoted("'a,b'"), "a,b");
        assert_eq!(unquoted(r#""a"\ b"#), "a b");
        assert_eq!(unquoted(r"\.php"), r"\.php");
    }
}
