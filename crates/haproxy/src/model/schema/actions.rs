//! Rules: what an action takes, and that nothing but a condition stands behind it.

use super::{ProblemKind, Schema};
use crate::model::{Expression, Proxy, Statement};
use crate::syntax::Word;
use crate::table::Context;
use confvet_core::did_you_mean;
use std::sync::Arc;

/// What stands between an action and its condition.
#[derive(Debug, Clone, Copy)]
enum Takes {
    /// So many words.
    Words(usize),
    /// One word, or none.
    Format,
    /// A number that may be hexadecimal; since 3.0 a sample expression too.
    Mark,
    /// A sample expression.
    Expression,
    /// A number, or a sample expression.
    NumberOrExpression,
    /// A sample expression, then maybe `table NAME`.
    Track,
    /// A sample expression, then `len N` or `id N`.
    Capture,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A status code, then maybe `reason TEXT`.
    Status,
    /// Settings of an answer: `status`, `content-type`, `string`, `hdr`, …
    Answer,
    /// Settings of a redirection.
    Redirect,
    /// `server`, `tunnel` or another timeout, and a time or an expression.
    Timeout,
    /// `time T`, then maybe `at-least SIZE`.
    Body,
    /// A name, then maybe `-m METHOD`.
    Header,
    /// Maybe `rst-ttl N`.
    Drop,
    /// `http`, then maybe `proto NAME`.
    Mode,
    /// Not judged.
    Anything,
}

const LEVELS: &[&str] = &["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug", "silent"];

/// What each action takes, sorted by name.
const ACTIONS: &[(&str, Takes)] = &[
    ("accept", Takes::Words(0)),
    ("add-acl(", Takes::Words(1)),
    ("add-header", Takes::Words(2)),
    ("allow", Takes::Words(0)),
    ("auth", Takes::Anything),
    ("cache-store", Takes::Words(1)),
    ("cache-use", Takes::Words(1)),
    ("capture", Takes::Capture),
    ("close", Takes::Words(0)),
    ("del-acl(", Takes::Words(1)),
    ("del-header", Takes::Header),
    ("del-map(", Takes::Words(1)),
    ("deny", Takes::Answer),
    ("disable-l7-retry", Takes::Words(0)),
    ("do-resolve(", Takes::Expression),
    ("early-hint", Takes::Words(2)),
    ("expect-netscaler-cip", Takes::OneOf(&["layer4"])),
    ("expect-proxy", Takes::OneOf(&["layer4"])),
    ("redirect", Takes::Redirect),
    ("reject", Takes::Words(0)),
    ("replace-header", Takes::Words(3)),
    ("replace-path", Takes::Words(2)),
    ("replace-pathq", Takes::Words(2)),
    ("replace-uri", Takes::Words(2)),
    ("replace-value", Takes::Words(3)),
    ("return", Takes::Answer),
    ("sc-add-gpc(", Takes::NumberOrExpression),
    ("sc-inc-gpc(", Takes::Words(0)),
    ("sc-inc-gpc0(", Takes::Words(0)),
    ("sc-inc-gpc1(", Takes::Words(0)),
    ("sc-set-gpt(", Takes::NumberOrExpression),
    ("sc-set-gpt0(", Takes::NumberOrExpression),
    ("send-spoe-group", Takes::Words(2)),
    ("set-bc-mark", Takes::Mark),
    ("set-bc-tos", Takes::Mark),
    ("set-dst", Takes::Expression),
    ("set-dst-port", Takes::Expression),
    ("set-fc-mark", Takes::Mark),
    ("set-fc-tos", Takes::Mark),
    ("set-header", Takes::Words(2)),
    ("set-log-level", Takes::OneOf(LEVELS)),
    ("set-map(", Takes::Words(2)),
    ("set-mark", Takes::Mark),
    ("set-method", Takes::Words(1)),
    ("set-nice", Takes::Words(1)),
    ("set-path", Takes::Words(1)),
    ("set-pathq", Takes::Words(1)),
    ("set-priority-class", Takes::Expression),
    ("set-priority-offset", Takes::Expression),
    ("set-query", Takes::Words(1)),
    ("set-src", Takes::Expression),
    ("set-src-port", Takes::Expression),
    ("set-status", Takes::Status),
    ("set-timeout", Takes::Timeout),
    ("set-tos", Takes::Mark),
    ("set-uri", Takes::Words(1)),
    ("set-var(", Takes::Expression),
    ("set-var-fmt(", Takes::Format),
    ("silent-drop", Takes::Drop),
    ("strict-mode", Takes::OneOf(&["on", "off"])),
    ("switch-mode", Takes::Mode),
    ("tarpit", Takes::Answer),
    ("track-sc(", Takes::Track),
    ("unset-var(", Takes::Words(0)),
    ("wait-for-body", Takes::Body),
    ("wait-for-handshake", Takes::Words(0)),
];

/// How many words belong to an action for sure, whatever they are.
pub(in crate::model) fn words_of_action(action: &str) -> usize {
    let name = action.find('(').map_or(action, |open| &action[..=open]);
    match ACTIONS.binary_search_by(|(known, _)| (*known).cmp(name)).map(|index| ACTIONS[index].1) {
        Ok(Takes::Words(count)) => count,
        Ok(Takes::Format | Takes::Mark | Takes::Header) => 1,
        _ => 0,
    }
}

/// Settings of an answer, and how many words each takes.
fn answer_words(setting: &str) -> Option<usize> {
    Some(match setting {
        "default-errorfiles" => 0,
        "deny_status" | "status" | "content-type" | "errorfile" | "errorfiles" | "file" | "lf-file" | "string"
        | "lf-string" => 1,
        "hdr" => 2,
        _ => return None,
    })
}

/// Settings of a redirection, and how many words each takes.
fn redirect_words(setting: &str) -> Option<usize> {
    Some(match setting {
        "drop-query" | "append-slash" | "ignore-empty" | "keep-query" => 0,
        "location" | "prefix" | "scheme" | "code" | "set-cookie" | "set-cookie-fmt" | "clear-cookie" => 1,
        _ => return None,
    })
}

/// Does a condition start here, or nothing stand?
fn ends(word: Option<&Word>) -> bool {
    word.is_none_or(|word| matches!(word.text.as_str(), "if" | "unless"))
}

impl Schema<'_> {
    /// The action of a rule.
    pub(super) fn actions(&mut self, proxy: &Proxy, statement: &Arc<Statement>) {
        let (at, context, what) = match (statement.keyword(), statement.text(1)) {
            ("http-request", _) => (1, Context::HttpRequestAction, "http-request action"),
            ("http-response", _) => (1, Context::HttpResponseAction, "http-response action"),
            ("http-after-response", _) => (1, Context::HttpAfterResponseAction, "http-after-response action"),
            ("tcp-request", "connection") => (2, Context::TcpRequestConnectionAction, "tcp-request connection action"),
            ("tcp-request", "session") => (2, Context::TcpRequestSessionAction, "tcp-request session action"),
            ("tcp-request", "content") => (2, Context::TcpRequestContentAction, "tcp-request content action"),
            ("tcp-response", "content") => (2, Context::TcpResponseContentAction, "tcp-response content action"),
            ("quic-initial", _) => (1, Context::QuicInitialAction, "quic-initial action"),
            ("filter", _) => (1, Context::Filter, "filter"),
            ("redirect", _) => {
                if statement.is_whole() {
                    let end = self.redirect(statement, 0);
                    self.condition_at(statement, end);
                }
                return;
            }
            _ => return,
        };
        let Some(word) = statement.word(at) else {
            let message = format!("`{}` needs an action behind it", statement.text(at - 1));
            self.add(statement, statement.words[at - 1].span, ProblemKind::Invalid { message, instead: None });
            return;
        };
        if word.is_variable() || word.is_empty() {
            return;
        }
        let Some(key) = context.find_action(&word.text) else {
            self.unknown(statement, word, what, context);
            return;
        };
        if self.version(statement, key, word, word.span) {
            return;
        }
        if key.name == "use-service" {
            let service = statement.word(at + 1).filter(|word| super::is_plain(word) && !word.text.starts_with("lua."));
            if let Some(service) = service.filter(|service| Context::Service.find(&service.text).is_none()) {
                self.unknown(statement, service, "service", Context::Service);
            }
            return;
        }
        if key.name == "normalize-uri"
            && self.haproxy.global_setting("expose-experimental-directives").is_none()
            && !self.haproxy.is_part()
        {
            let message = "`normalize-uri` needs `expose-experimental-directives` in `global`".to_owned();
            self.invalid(statement, word, message, None);
            return;
        }
        if key.name == "send-spoe-group"
            && let Some(looks) = self.looks.last_mut()
        {
            looks.add(key.name);
        }
        if key.name == "spoe" && context == Context::Filter {
            self.spoe(statement, word);
            return;
        }
        if !statement.is_whole() || statement.words.last().is_some_and(|word| word.text == "\\") {
            return;
        }
        self.parenthesis(statement, word, key.name);
        match key.name {
            "replace-header" | "replace-value" => self.regex(statement, at + 2),
            "replace-path" | "replace-pathq" | "replace-uri" => self.regex(statement, at + 1),
            _ => {}
        }
        let Ok(index) = ACTIONS.binary_search_by(|(name, _)| (*name).cmp(key.name)) else { return };
        if let Some(end) = self.behind(proxy, statement, at, ACTIONS[index].1) {
            self.condition_at(statement, end);
        }
    }

    /// `filter spoe` takes the name of an engine and a file, in any order, and is nothing without the file.
    fn spoe(&mut self, statement: &Arc<Statement>, word: &Word) {
        if !statement.is_whole() {
            return;
        }
        let mut at = 2;
        let mut reads = false;
        while let Some(setting) = statement.word(at) {
            if !matches!(setting.text.as_str(), "engine" | "config") {
                let message = format!("`{}` is no word of `filter spoe`: it takes `engine` and `config`", setting.text);
                self.invalid(statement, setting, message, None);
                return;
            }
            if statement.word(at + 1).is_none() {
                let message = format!("`{}` needs a value", setting.text);
                self.invalid(statement, setting, message, None);
                return;
            }
            reads |= setting.text == "config";
            at += 2;
        }
        if !reads {
            let message = "`filter spoe` needs `config` and the file of its agent".to_owned();
            self.add(statement, word.span, ProblemKind::Invalid { message, instead: None });
        }
    }

    /// The names and numbers in the parenthesis of an action.
    fn parenthesis(&mut self, statement: &Arc<Statement>, word: &Word, name: &str) {
        let Some(call) = Expression::of_word(word).map(|expression| expression.fetch) else { return };
        let number = |index: usize| call.argument(index).is_some_and(|text| text.parse::<u32>().is_ok());
        let counter = |index: usize| call.argument(index).and_then(|text| text.parse::<u32>().ok());
        let message = match name {
            "set-var(" | "set-var-fmt(" | "unset-var(" => match call.argument(0) {
                Some(variable) => super::calls::variable_problem(variable).or_else(|| {
                    let conditions: Vec<&str> = call.written_arguments().skip(1).map(str::trim).collect();
                    let bad = conditions.iter().find(|name| !super::calls::CONDITIONS.contains(name))?;
                    let known = super::calls::CONDITIONS.join(", ");
                    Some(format!("`{bad}` is no condition for setting a variable: they are {known}"))
                }),
                None => Some(format!("`{}` needs the name of a variable in its parenthesis", call.name)),
            },
            // Without a parenthesis they are accepted, and do nothing that helps.
            "sc-inc-gpc(" | "sc-inc-gpc0(" | "sc-inc-gpc1(" if !call.has_parentheses() => None,
            "sc-inc-gpc(" | "sc-set-gpt(" | "sc-add-gpc(" if !number(0) || !number(1) => {
                Some(format!("`{}` needs two numbers in its parenthesis: of the array, and of the counter", call.name))
            }
            "sc-inc-gpc0(" | "sc-inc-gpc1(" | "sc-set-gpt0(" => match counter(0) {
                // 3 counters by default; since 2.8 `tune.stick-counters` may set more.
                Some(3..) if self.haproxy.target.is_some_and(|target| target < (2, 8, 0)) => {
                    Some("there are the counters 0, 1 and 2".to_owned())
                }
                Some(_) => None,
                None => Some(format!("`{}` needs the number of a counter in its parenthesis", call.name)),
            },
            "track-sc(" if self.haproxy.target.is_some_and(|target| target < (2, 8, 0)) => {
                let counter = call.name.strip_prefix("track-sc").and_then(|number| number.parse::<u32>().ok());
                counter.filter(|&number| number > 2).map(|_| "there are the counters 0, 1 and 2".to_owned())
            }
            "do-resolve(" if call.argument(1).is_none() => {
                Some("`do-resolve` needs a variable and a resolvers section in its parenthesis".to_owned())
            }
            "do-resolve(" => call.argument(0).and_then(super::calls::variable_problem),
            _ => None,
        };
        if let Some(message) = message {
            self.add(statement, word.span, ProblemKind::Invalid { message, instead: None });
        }
    }

    /// Reads what an action takes; returns where its condition has to start, or `None` when something is wrong or not
    /// judged.
    fn behind(&mut self, proxy: &Proxy, statement: &Arc<Statement>, at: usize, takes: Takes) -> Option<usize> {
        let first = statement.word(at + 1);
        match takes {
            Takes::Words(count) => {
                let end = at + 1 + count;
                if end > statement.words.len() {
                    let count = if count == 1 { "one word".to_owned() } else { format!("{count} words") };
                    return self.lacks(statement, at, &format!("{count} behind it"));
                }
                Some(end)
            }
            Takes::Format => Some((at + 2).min(statement.words.len())),
            Takes::Mark => {
                let is_number = |text: &str| {
                    let digits = text.trim_start_matches('-');
                    match digits.strip_prefix("0x") {
                        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
                        None => digits.bytes().all(|byte| byte.is_ascii_digit()),
                    }
                };
                match first {
                    None => self.lacks(statement, at, "a number behind it"),
                    Some(word) if is_number(&word.text) => Some(at + 2),
                    Some(word) if self.haproxy.target.is_some_and(|target| target < (3, 0, 0)) => {
                        let message = format!("`{}` is not a number: an expression works here since 3.0", word.text);
                        self.invalid(statement, word, message, None);
                        None
                    }
                    _ => self.expression_end(statement, at + 1),
                }
            }
            Takes::Expression => self.expression_end(statement, at + 1),
            Takes::NumberOrExpression => {
                let is_number = |text: &str| {
                    let digits = text.strip_prefix('-').unwrap_or(text);
                    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
                };
                match first {
                    None => None,
                    Some(word) if is_number(&word.text) => Some(at + 2),
                    _ => self.expression_end(statement, at + 1),
                }
            }
            Takes::Track => {
                let end = self.expression_end(statement, at + 1)?;
                match statement.text(end) {
                    "table" if statement.word(end + 1).is_some() => Some(end + 2),
                    _ => Some(end),
                }
            }
            Takes::Capture if statement.is("http-response") => {
                let end = self.expression_end(statement, at + 1)?;
                if statement.text(end) != "id" || statement.word(end + 1).is_none() {
                    return self.lacks(
                        statement,
                        at,
                        "`id` behind the expression: only requests are captured by `len`",
                    );
                }
                Some(end + 2)
            }
            Takes::Capture => {
                let end = self.expression_end(statement, at + 1)?;
                if !matches!(statement.text(end), "len" | "id") || statement.word(end + 1).is_none() {
                    return self.lacks(statement, at, "`len` with a number, or `id`, behind the expression");
                }
                if statement.text(end) == "len" {
                    if proxy.has_backend_side() && !proxy.has_frontend_side() {
                        let message = "a backend captures nothing by `len`: it has no slots of its own".to_owned();
                        self.invalid(statement, &statement.words[end], message, None);
                        return None;
                    }
                    let length = &statement.words[end + 1];
                    if length.is_known() && crate::values::leading_number(&length.text).0 <= 0 {
                        let message = format!("`{}` is not a valid length: it is above 0", length.text);
                        self.invalid(statement, length, message, None);
                        return None;
                    }
                }
                Some(end + 2)
            }
            Takes::OneOf(words) => match first {
                Some(word) if words.contains(&word.text.as_str()) => Some(at + 2),
                Some(word) => {
                    let near = did_you_mean(&word.text, words.iter().copied());
                    let message = format!(
                        "`{}` is not a valid value for `{}`: it takes {}",
                        word.text,
                        statement.text(at),
                        words.join(", ")
                    );
                    self.invalid(statement, word, message, near.map(|near| (near.to_owned(), false)));
                    None
                }
                None => self.lacks(statement, at, "a word behind it"),
            },
            Takes::Status => {
                let word = first.filter(|word| !ends(Some(word)));
                match word.map(|word| (word, word.text.parse::<u16>())) {
                    Some((_, Ok(100..=999))) => {}
                    Some((word, _)) => {
                        let message = format!("`{}` is not a valid status: it is a number from 100 to 999", word.text);
                        self.invalid(statement, word, message, None);
                        return None;
                    }
                    None => return self.lacks(statement, at, "a status"),
                }
                Some(if statement.text(at + 2) == "reason" { at + 4 } else { at + 2 })
            }
            Takes::Answer => self.answer(statement, at),
            Takes::Redirect => Some(self.redirect(statement, at)),
            Takes::Timeout
                if !proxy.has_backend_side()
                    && proxy.has_frontend_side()
                    && self.lacks_client_timeout(statement, at) =>
            {
                let message = format!("a frontend has no `timeout {}`", statement.text(at + 1));
                let span = first.map_or(statement.words[at].span, |word| word.span);
                self.add(statement, span, ProblemKind::Invalid { message, instead: None });
                None
            }
            Takes::Timeout => {
                if statement.word(at + 2).is_none() {
                    return self.lacks(statement, at, "the name of a timeout and a time behind it");
                }
                let known: &'static [&'static str] =
                    if self.knows_client_timeout() { &["client", "server", "tunnel"] } else { &["server", "tunnel"] };
                self.one_of(statement, "set-timeout", at + 1, known);
                let time = &statement.words[at + 2];
                if time.text.starts_with(|c: char| c.is_ascii_digit()) {
                    self.time_value(statement, at + 2, crate::values::Unit::Milliseconds);
                    return Some(at + 3);
                }
                self.expression_end(statement, at + 2)
            }
            Takes::Body => {
                if statement.text(at + 1) != "time" || statement.word(at + 2).is_none() {
                    return self.lacks(statement, at, "`time` and a time behind it");
                }
                self.time_value(statement, at + 2, crate::values::Unit::Milliseconds);
                Some(if statement.text(at + 3) == "at-least" { at + 5 } else { at + 3 })
            }
            Takes::Header => {
                if first.is_none() {
                    return self.lacks(statement, at, "the name of a header");
                }
                if statement.text(at + 2) != "-m" {
                    return Some(at + 2);
                }
                self.one_of(statement, "-m", at + 3, &["str", "beg", "end", "sub", "reg"]);
                if statement.text(at + 3) == "reg" {
                    self.regex(statement, at + 1);
                }
                Some(at + 4)
            }
            Takes::Mode if statement.text(at + 1) != "http" => self.lacks(statement, at, "`http` behind it"),
            Takes::Mode => Some(if statement.text(at + 2) == "proto" { at + 4 } else { at + 2 }),
            Takes::Drop => Some(if statement.text(at + 1) == "rst-ttl" { at + 3 } else { at + 1 }),
            Takes::Anything if statement.keyword() == "http-request" => {
                Some(if statement.text(at + 1) == "realm" { at + 3 } else { at + 1 })
            }
            Takes::Anything => None,
        }
    }

    /// `set-timeout client` came with 2.9.
    fn knows_client_timeout(&self) -> bool {
        self.haproxy.target.is_none_or(|target| target >= (2, 9, 0))
    }

    /// Is this `set-timeout` refused in a frontend whatever follows?
    fn lacks_client_timeout(&self, statement: &Statement, at: usize) -> bool {
        !self.knows_client_timeout() || matches!(statement.text(at + 1), "server" | "tunnel")
    }

    fn lacks(&mut self, statement: &Arc<Statement>, at: usize, what: &str) -> Option<usize> {
        let word = &statement.words[at];
        let name = word.text.split('(').next().unwrap_or_default();
        let message = format!("`{name}` needs {what}");
        self.add(statement, word.span, ProblemKind::Invalid { message, instead: None });
        None
    }

    /// Where the sample expression ends that starts at a word: its converters may stand in words of their own.
    fn expression_end(&mut self, statement: &Arc<Statement>, at: usize) -> Option<usize> {
        let Some(word) = statement.word(at).filter(|word| !ends(Some(word))) else {
            return self.lacks(statement, at - 1, "a sample expression behind it");
        };
        if Expression::of_word(word).is_none() {
            let message = format!("`{}` is no sample expression: here it stands without `%[…]`", word.text);
            self.invalid(statement, word, message, None);
            return None;
        }
        let mut end = at + 1;
        let is_converter = |word: &Word| {
            let name = word.text.split(['(', ',']).next().unwrap_or_default();
            Context::Converter.find(name).is_some()
        };
        while statement.word(end).is_some_and(is_converter) {
            end += 1;
        }
        Some(end)
    }

    /// A word that is a regular expression.
    pub(super) fn regex(&mut self, statement: &Arc<Statement>, at: usize) {
        let Some(word) = statement.word(at).filter(|word| word.is_known()) else { return };
        if let Some(message) = super::calls::regex_problem(&word.text) {
            self.invalid(statement, word, message, None);
        }
    }

    fn answer(&mut self, statement: &Arc<Statement>, at: usize) -> Option<usize> {
        let mut next = at + 1;
        // `deny_status` is a word of the older actions only.
        let is_return = statement.text(at) == "return";
        let words = |word: &Word| answer_words(&word.text).filter(|_| !is_return || word.text != "deny_status");
        while let Some(count) = statement.word(next).and_then(words) {
            let setting = next;
            next += 1 + count;
            if next > statement.words.len() {
                return self.lacks(statement, setting, "a value");
            }
            let value = &statement.words[setting + count];
            let is_status = matches!(statement.text(setting), "status" | "deny_status");
            if is_status && !matches!(value.text.parse(), Ok(200..=599_u16)) {
                let message =
                    format!("`{}` is not a valid status of an answer: it is a number from 200 to 599", value.text);
                self.invalid(statement, value, message, None);
                return None;
            }
        }
        Some(next)
    }

    fn redirect(&mut self, statement: &Arc<Statement>, at: usize) -> usize {
        let mut next = at + 1;
        let mut target = false;
        while let Some(word) = statement.word(next).filter(|word| !ends(Some(word))) {
            // `keep-query` came with 3.2.
            let too_new = word.text == "keep-query" && self.haproxy.target.is_some_and(|target| target < (3, 2, 0));
            let Some(count) = redirect_words(&word.text).filter(|_| !too_new) else {
                let names = [
                    "location",
                    "prefix",
                    "scheme",
                    "code",
                    "drop-query",
                    "append-slash",
                    "set-cookie",
                    "clear-cookie",
                ];
                let near = did_you_mean(&word.text, names);
                let message = format!("`{}` is no setting of `redirect`: it takes {}", word.text, names.join(", "));
                self.invalid(statement, word, message, near.map(|near| (near.to_owned(), false)));
                return statement.words.len();
            };
            target |= matches!(word.text.as_str(), "location" | "prefix" | "scheme");
            if next + count >= statement.words.len() {
                self.lacks(statement, next, "a value");
                return statement.words.len();
            }
            let value = &statement.words[next + count];
            if word.text == "code" && !matches!(value.text.as_str(), "301" | "302" | "303" | "307" | "308") {
                let message =
                    format!("`{}` is not a valid code of a redirection: it is 301, 302, 303, 307 or 308", value.text);
                self.invalid(statement, value, message, None);
                return statement.words.len();
            }
            next += 1 + count;
        }
        if !target {
            self.lacks(statement, at, "`location`, `prefix` or `scheme`");
            return statement.words.len();
        }
        next
    }

    /// Here only `if` or `unless` may stand.
    pub(super) fn condition_at(&mut self, statement: &Arc<Statement>, at: usize) {
        let Some(word) = statement.word(at) else { return };
        if word.is_variable() || word.is_empty() || word.text == "\\" {
            return;
        }
        if !ends(Some(word)) {
            let message = format!("only `if` or `unless` may stand here, not `{}`", word.text);
            self.invalid(statement, word, message, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_actions_is_sorted() {
        assert!(ACTIONS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
