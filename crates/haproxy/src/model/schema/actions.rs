//! Rules: what an action takes, and that nothing but a condition stands behind it.

use super::{ProblemKind, Schema};
use crate::model::{Expression, Proxy, Statement};
use crate::syntax::Word;
use crate::table::{Context, Key, Keyword, keyword};
use crate::values::leading_number;
use confvet_core::did_you_mean;

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

/// What an action takes; `None` where that is not judged.
fn takes(action: Keyword) -> Option<Takes> {
    Some(match action {
        keyword::ACCEPT
        | keyword::ALLOW
        | keyword::CLOSE
        | keyword::DISABLE_L7_RETRY
        | keyword::REJECT
        | keyword::SC_INC_GPC_CALL
        | keyword::SC_INC_GPC0_CALL
        | keyword::SC_INC_GPC1_CALL
        | keyword::UNSET_VAR_CALL
        | keyword::WAIT_FOR_HANDSHAKE => Takes::Words(0),
        keyword::ADD_ACL_CALL
        | keyword::CACHE_STORE
        | keyword::CACHE_USE
        | keyword::DEL_ACL_CALL
        | keyword::DEL_MAP_CALL
        | keyword::SET_METHOD
        | keyword::SET_NICE
        | keyword::SET_PATH
        | keyword::SET_PATHQ
        | keyword::SET_QUERY
        | keyword::SET_URI => Takes::Words(1),
        keyword::ADD_HEADER
        | keyword::EARLY_HINT
        | keyword::REPLACE_PATH
        | keyword::REPLACE_PATHQ
        | keyword::REPLACE_URI
        | keyword::SEND_SPOE_GROUP
        | keyword::SET_HEADER
        | keyword::SET_MAP_CALL => Takes::Words(2),
        keyword::AUTH => Takes::Anything,
        keyword::CAPTURE => Takes::Capture,
        keyword::DEL_HEADER => Takes::Header,
        keyword::DENY | keyword::RETURN | keyword::TARPIT => Takes::Answer,
        keyword::DO_RESOLVE_CALL
        | keyword::SET_DST
        | keyword::SET_DST_PORT
        | keyword::SET_PRIORITY_CLASS
        | keyword::SET_PRIORITY_OFFSET
        | keyword::SET_SRC
        | keyword::SET_SRC_PORT
        | keyword::SET_VAR_CALL => Takes::Expression,
        keyword::EXPECT_NETSCALER_CIP | keyword::EXPECT_PROXY => Takes::OneOf(&["layer4"]),
        keyword::REDIRECT => Takes::Redirect,
        keyword::REPLACE_HEADER | keyword::REPLACE_VALUE => Takes::Words(3),
        keyword::SC_ADD_GPC_CALL | keyword::SC_SET_GPT_CALL | keyword::SC_SET_GPT0_CALL => Takes::NumberOrExpression,
        keyword::SET_BC_MARK
        | keyword::SET_BC_TOS
        | keyword::SET_FC_MARK
        | keyword::SET_FC_TOS
        | keyword::SET_MARK
        | keyword::SET_TOS => Takes::Mark,
        keyword::SET_LOG_LEVEL => Takes::OneOf(LEVELS),
        keyword::SET_STATUS => Takes::Status,
        keyword::SET_TIMEOUT => Takes::Timeout,
        keyword::SET_VAR_FMT_CALL => Takes::Format,
        keyword::SILENT_DROP => Takes::Drop,
        keyword::STRICT_MODE => Takes::OneOf(&["on", "off"]),
        keyword::SWITCH_MODE => Takes::Mode,
        keyword::TRACK_SC_CALL => Takes::Track,
        keyword::WAIT_FOR_BODY => Takes::Body,
        _ => return None,
    })
}

/// How many words belong to an action for sure, whatever they are.
pub(in crate::model) fn words_of_action(action: &Key) -> usize {
    match takes(action.keyword) {
        Some(Takes::Words(count)) => count,
        Some(Takes::Format | Takes::Mark | Takes::Header) => 1,
        _ => 0,
    }
}

/// Where the action of a rule stands, and where it is listed.
pub(in crate::model) fn place_of_action(rule: Keyword, second: &str) -> Option<(usize, Context)> {
    Some(match (rule, second) {
        (keyword::HTTP_REQUEST, _) => (1, Context::HttpRequestAction),
        (keyword::HTTP_RESPONSE, _) => (1, Context::HttpResponseAction),
        (keyword::HTTP_AFTER_RESPONSE, _) => (1, Context::HttpAfterResponseAction),
        (keyword::TCP_REQUEST, "connection") => (2, Context::TcpRequestConnectionAction),
        (keyword::TCP_REQUEST, "session") => (2, Context::TcpRequestSessionAction),
        (keyword::TCP_REQUEST, "content") => (2, Context::TcpRequestContentAction),
        (keyword::TCP_RESPONSE, "content") => (2, Context::TcpResponseContentAction),
        (keyword::QUIC_INITIAL, _) => (1, Context::QuicInitialAction),
        (keyword::FILTER, _) => (1, Context::Filter),
        _ => return None,
    })
}

/// For messages.
fn what_of(context: Context) -> &'static str {
    match context {
        Context::HttpRequestAction => "http-request action",
        Context::HttpResponseAction => "http-response action",
        Context::HttpAfterResponseAction => "http-after-response action",
        Context::TcpRequestConnectionAction => "tcp-request connection action",
        Context::TcpRequestSessionAction => "tcp-request session action",
        Context::TcpRequestContentAction => "tcp-request content action",
        Context::TcpResponseContentAction => "tcp-response content action",
        Context::QuicInitialAction => "quic-initial action",
        _ => "filter",
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
fn ends(word: Option<Word<'_>>) -> bool {
    word.is_none_or(|word| matches!(word.text, "if" | "unless"))
}

impl Schema<'_> {
    /// The action of a rule.
    pub(super) fn actions(&mut self, proxy: &Proxy, statement: &Statement) {
        if statement.id() == keyword::REDIRECT {
            if statement.is_whole() {
                let end = self.redirect(statement, 0);
                self.condition_at(statement, end);
            }
            return;
        }
        let Some((at, context)) = place_of_action(statement.id(), statement.text(1)) else { return };
        let Some(word) = statement.word(at) else {
            let message = format!("`{}` needs an action behind it", statement.text(at - 1));
            self.add(statement, statement.span_of(at - 1), ProblemKind::Invalid { message, instead: None });
            return;
        };
        if word.is_variable() || word.is_empty() {
            return;
        }
        let Some(key) = statement.action() else {
            self.unknown(statement, word, what_of(context), context);
            return;
        };
        if self.version(statement, key, word.text, word.span) {
            return;
        }
        if key.keyword == keyword::USE_SERVICE {
            let service =
                statement.word(at + 1).filter(|word| super::is_plain(*word) && !word.text.starts_with("lua."));
            if let Some(service) = service.filter(|service| Context::Service.find(service.text).is_none()) {
                self.unknown(statement, service, "service", Context::Service);
            }
            return;
        }
        if key.keyword == keyword::NORMALIZE_URI
            && self.haproxy.global_setting("expose-experimental-directives").is_none()
            && !self.haproxy.is_part()
        {
            let message = "`normalize-uri` needs `expose-experimental-directives` in `global`".to_owned();
            self.invalid(statement, word, message, None);
            return;
        }
        if key.keyword == keyword::SEND_SPOE_GROUP {
            self.looks.add(key.name);
        }
        if key.keyword == keyword::SPOE && context == Context::Filter {
            self.spoe(statement, word);
            return;
        }
        if !statement.is_whole() || statement.words().last().is_some_and(|word| word.text == "\\") {
            return;
        }
        self.parenthesis(statement, word, key.keyword);
        match key.keyword {
            keyword::REPLACE_HEADER | keyword::REPLACE_VALUE => self.regex(statement, at + 2),
            keyword::REPLACE_PATH | keyword::REPLACE_PATHQ | keyword::REPLACE_URI => self.regex(statement, at + 1),
            _ => {}
        }
        if let Some(end) = takes(key.keyword).and_then(|takes| self.behind(proxy, statement, at, takes)) {
            self.condition_at(statement, end);
        }
    }

    /// `filter spoe` takes the name of an engine and a file, in any order, and is nothing without the file.
    fn spoe(&mut self, statement: &Statement, word: Word<'_>) {
        if !statement.is_whole() {
            return;
        }
        let mut at = 2;
        let mut reads = false;
        while let Some(setting) = statement.word(at) {
            if !matches!(setting.text, "engine" | "config") {
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
    fn parenthesis(&mut self, statement: &Statement, word: Word<'_>, action: Keyword) {
        let Some(call) = Expression::of_word(word).map(|expression| expression.fetch) else { return };
        let number = |index: usize| call.argument(index).is_some_and(|text| text.parse::<u32>().is_ok());
        let counter = |index: usize| call.argument(index).and_then(|text| text.parse::<u32>().ok());
        let message = match action {
            keyword::SET_VAR_CALL | keyword::SET_VAR_FMT_CALL | keyword::UNSET_VAR_CALL => match call.argument(0) {
                Some(variable) => super::calls::variable_problem(variable).or_else(|| {
                    let conditions: Vec<&str> = call.written_arguments().skip(1).map(str::trim).collect();
                    let bad = conditions.iter().find(|name| !super::calls::CONDITIONS.contains(name))?;
                    let known = super::calls::CONDITIONS.join(", ");
                    Some(format!("`{bad}` is no condition for setting a variable: they are {known}"))
                }),
                None => Some(format!("`{}` needs the name of a variable in its parenthesis", call.name)),
            },
            // Without a parenthesis they are accepted, and do nothing that helps.
            keyword::SC_INC_GPC_CALL | keyword::SC_INC_GPC0_CALL | keyword::SC_INC_GPC1_CALL
                if !call.has_parentheses() =>
            {
                None
            }
            keyword::SC_INC_GPC_CALL | keyword::SC_SET_GPT_CALL | keyword::SC_ADD_GPC_CALL
                if !number(0) || !number(1) =>
            {
                Some(format!("`{}` needs two numbers in its parenthesis: of the array, and of the counter", call.name))
            }
            keyword::SC_INC_GPC0_CALL | keyword::SC_INC_GPC1_CALL | keyword::SC_SET_GPT0_CALL => match counter(0) {
                // 3 counters by default; since 2.8 `tune.stick-counters` may set more.
                Some(3..) if self.haproxy.target.is_some_and(|target| target < (2, 8, 0)) => {
                    Some("there are the counters 0, 1 and 2".to_owned())
                }
                Some(_) => None,
                None => Some(format!("`{}` needs the number of a counter in its parenthesis", call.name)),
            },
            keyword::TRACK_SC_CALL if self.haproxy.target.is_some_and(|target| target < (2, 8, 0)) => {
                let counter = call.name.strip_prefix("track-sc").and_then(|number| number.parse::<u32>().ok());
                counter.filter(|&number| number > 2).map(|_| "there are the counters 0, 1 and 2".to_owned())
            }
            keyword::DO_RESOLVE_CALL if call.argument(1).is_none() => {
                Some("`do-resolve` needs a variable and a resolvers section in its parenthesis".to_owned())
            }
            keyword::DO_RESOLVE_CALL => call.argument(0).and_then(super::calls::variable_problem),
            _ => None,
        };
        if let Some(message) = message {
            self.add(statement, word.span, ProblemKind::Invalid { message, instead: None });
        }
    }

    /// Reads what an action takes; returns where its condition has to start, or `None` when something is wrong or not
    /// judged.
    fn behind(&mut self, proxy: &Proxy, statement: &Statement, at: usize, takes: Takes) -> Option<usize> {
        let first = statement.word(at + 1);
        match takes {
            Takes::Words(count) => {
                let end = at + 1 + count;
                if end > statement.words().len() {
                    let count = if count == 1 { "one word".to_owned() } else { format!("{count} words") };
                    return self.lacks(statement, at, &format!("{count} behind it"));
                }
                Some(end)
            }
            Takes::Format => Some((at + 2).min(statement.words().len())),
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
                    Some(word) if is_number(word.text) => Some(at + 2),
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
                    Some(word) if is_number(word.text) => Some(at + 2),
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
            Takes::Capture if statement.is("tcp-request") && self.takes_slot(statement, at) => {
                self.lacks(statement, at, "`len` with a number: `id` works in `http-request` rules only")
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
                self.slot(proxy, statement, end + 1)?;
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
                        self.invalid(statement, statement.at(end), message, None);
                        return None;
                    }
                    let length = statement.at(end + 1);
                    if length.is_known() && leading_number(length.text).0 <= 0 {
                        let message = format!("`{}` is not a valid length: it is above 0", length.text);
                        self.invalid(statement, length, message, None);
                        return None;
                    }
                } else {
                    self.slot(proxy, statement, end + 1)?;
                }
                Some(end + 2)
            }
            Takes::OneOf(words) => match first {
                Some(word) if words.contains(&word.text) => Some(at + 2),
                Some(word) => {
                    let near = did_you_mean(word.text, words.iter().copied());
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
                let word = first.filter(|word| !ends(Some(*word)));
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
                let span = first.map_or(statement.span_of(at), |word| word.span);
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
                let time = statement.at(at + 2);
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

    /// Does a rule capture into a slot that is declared elsewhere?
    fn takes_slot(&mut self, statement: &Statement, at: usize) -> bool {
        let end = self.expression_end(statement, at + 1);
        end.is_some_and(|end| statement.text(end) == "id")
    }

    /// The number behind `id`, which a frontend has to have declared; `None` when it is reported.
    fn slot(&mut self, proxy: &Proxy, statement: &Statement, at: usize) -> Option<()> {
        let Some(word) = statement.word(at).filter(|word| word.is_known() && !word.has_filler()) else {
            return Some(());
        };
        let digits = word.text.strip_prefix(['-', '+']).unwrap_or(word.text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let message = format!("`id {}` is not a valid number of a capture", word.text);
            self.invalid(statement, word, message, None);
            return None;
        }
        // A backend captures for the frontends that send to it.
        if !proxy.has_frontend_side() || proxy.is_disabled() || self.haproxy.template {
            return Some(());
        }
        let (requests, answers) = self.capture_slots(proxy);
        let (slots, side) = if statement.is("http-response") { (answers, "response") } else { (requests, "request") };
        if leading_number(word.text).0 < slots {
            return Some(());
        }
        let has = match slots {
            0 => "none".to_owned(),
            1 => "only number 0".to_owned(),
            _ => format!("the numbers up to {}", slots - 1),
        };
        let message = format!(
            "capture {} is not there: {} has {has}, one for each `declare capture {side}`",
            word.text,
            proxy.title()
        );
        self.invalid(statement, word, message, None);
        None
    }

    /// How many requests and answers a proxy captures: the slots it declares, its `capture` lines, and its rules that
    /// capture by `len`.
    fn capture_slots(&mut self, proxy: &Proxy) -> (i64, i64) {
        if let Some((_, requests, answers)) = self.captures.filter(|(section, ..)| *section == proxy.index) {
            return (requests, answers);
        }
        let of_side = |line: &&Statement, at: usize, side: &str| line.words().is(at, side);
        let count = |side: &str| {
            let declared = proxy.all("declare").filter(|line| of_side(line, 2, side)).count();
            let headers = proxy.all("capture").filter(|line| of_side(line, 1, side)).count();
            declared + headers
        };
        let by_length = |line: &&Statement| {
            Keyword::of(line.action()) == keyword::CAPTURE && line.without_condition().position("len").is_some()
        };
        let rules = ["http-request", "tcp-request"].into_iter().flat_map(|set| proxy.all(set));
        let requests = count("request") + rules.filter(by_length).count();
        let slots = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let (requests, answers) = (slots(requests), slots(count("response")));
        self.captures = Some((proxy.index, requests, answers));
        (requests, answers)
    }

    /// `set-timeout client` came with 2.9.
    fn knows_client_timeout(&self) -> bool {
        self.haproxy.target.is_none_or(|target| target >= (2, 9, 0))
    }

    /// Is this `set-timeout` refused in a frontend whatever follows?
    fn lacks_client_timeout(&self, statement: &Statement, at: usize) -> bool {
        !self.knows_client_timeout() || matches!(statement.text(at + 1), "server" | "tunnel")
    }

    fn lacks(&mut self, statement: &Statement, at: usize, what: &str) -> Option<usize> {
        let word = statement.at(at);
        let name = word.text.split('(').next().unwrap_or_default();
        let message = format!("`{name}` needs {what}");
        self.add(statement, word.span, ProblemKind::Invalid { message, instead: None });
        None
    }

    /// Where the sample expression ends that starts at a word: its converters may stand in words of their own.
    fn expression_end(&mut self, statement: &Statement, at: usize) -> Option<usize> {
        let Some(word) = statement.word(at).filter(|word| !ends(Some(*word))) else {
            return self.lacks(statement, at - 1, "a sample expression behind it");
        };
        if Expression::of_word(word).is_none() {
            let message = format!("`{}` is no sample expression: here it stands without `%[…]`", word.text);
            self.invalid(statement, word, message, None);
            return None;
        }
        let mut end = at + 1;
        let is_converter = |word: Word<'_>| {
            let name = word.text.split(['(', ',']).next().unwrap_or_default();
            Context::Converter.find(name).is_some()
        };
        while statement.word(end).is_some_and(is_converter) {
            end += 1;
        }
        Some(end)
    }

    /// A word that is a regular expression.
    pub(super) fn regex(&mut self, statement: &Statement, at: usize) {
        let Some(word) = statement.word(at).filter(|word| word.is_known()) else { return };
        if let Some(message) = super::calls::regex_problem(word.text) {
            self.invalid(statement, word, message, None);
        }
    }

    fn answer(&mut self, statement: &Statement, at: usize) -> Option<usize> {
        let mut next = at + 1;
        // `deny_status` is a word of the older actions only.
        let is_return = statement.text(at) == "return";
        let words = |word: Word<'_>| answer_words(word.text).filter(|_| !is_return || word.text != "deny_status");
        while let Some(count) = statement.word(next).and_then(words) {
            let setting = next;
            next += 1 + count;
            if next > statement.words().len() {
                return self.lacks(statement, setting, "a value");
            }
            let value = statement.at(setting + count);
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

    fn redirect(&mut self, statement: &Statement, at: usize) -> usize {
        let mut next = at + 1;
        let mut target = false;
        while let Some(word) = statement.word(next).filter(|word| !ends(Some(*word))) {
            // `keep-query` came with 3.2.
            let too_new = word.text == "keep-query" && self.haproxy.target.is_some_and(|target| target < (3, 2, 0));
            let Some(count) = redirect_words(word.text).filter(|_| !too_new) else {
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
                let near = did_you_mean(word.text, names);
                let message = format!("`{}` is no setting of `redirect`: it takes {}", word.text, names.join(", "));
                self.invalid(statement, word, message, near.map(|near| (near.to_owned(), false)));
                return statement.words().len();
            };
            target |= matches!(word.text, "location" | "prefix" | "scheme");
            if next + count >= statement.words().len() {
                self.lacks(statement, next, "a value");
                return statement.words().len();
            }
            let value = statement.at(next + count);
            if word.text == "code" && !matches!(value.text, "301" | "302" | "303" | "307" | "308") {
                let message =
                    format!("`{}` is not a valid code of a redirection: it is 301, 302, 303, 307 or 308", value.text);
                self.invalid(statement, value, message, None);
                return statement.words().len();
            }
            next += 1 + count;
        }
        if !target {
            self.lacks(statement, at, "`location`, `prefix` or `scheme`");
            return statement.words().len();
        }
        next
    }

    /// Here only `if` or `unless` may stand.
    pub(super) fn condition_at(&mut self, statement: &Statement, at: usize) {
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
