//! How many words a statement takes, and which ones, where HAProxy refuses all others.

use super::{ProblemKind, Schema, bad_in_name};
use crate::model::{Prefix, Statement};
use crate::syntax::Word;
use crate::table::{Keyword, keyword};
use confvet_core::did_you_mean;

/// The most words that a statement of a proxy takes.
fn most_words(statement: Keyword) -> Option<usize> {
    Some(match statement {
        keyword::DISABLED | keyword::ENABLED | keyword::TRANSPARENT => 0,
        keyword::BACKLOG
        | keyword::DEFAULT_BACKEND
        | keyword::DISPATCH
        | keyword::FULLCONN
        | keyword::GRACE
        | keyword::ID
        | keyword::MAXCONN
        | keyword::MODE
        | keyword::MONITOR_URI
        | keyword::RETRIES
        | keyword::SERVER_STATE_FILE_NAME => 1,
        _ => return None,
    })
}

/// Without how many words a statement is nothing, and which these are.
fn least_words(statement: Keyword) -> Option<(usize, &'static str)> {
    Some(match statement {
        keyword::CLITCPKA_CNT => (1, "a number"),
        keyword::CLITCPKA_IDLE => (1, "a time"),
        keyword::CLITCPKA_INTVL => (1, "a time"),
        keyword::COMPRESSION => (1, "a word such as `algo`"),
        keyword::DESCRIPTION => (1, "a text"),
        keyword::DISPATCH => (1, "an address"),
        keyword::DYNAMIC_COOKIE_KEY => (1, "a key"),
        keyword::ERRORFILE => (2, "a status and a file"),
        keyword::ERRORFILES => (1, "the name of an `http-errors` section"),
        keyword::ERRORLOC => (2, "a status and a URL"),
        keyword::ERRORLOC302 => (2, "a status and a URL"),
        keyword::ERRORLOC303 => (2, "a status and a URL"),
        keyword::HASH_BALANCE_FACTOR => (1, "a number"),
        keyword::HASH_TYPE => (1, "`consistent` or `map-based`"),
        keyword::HTTP_REUSE => (1, "one of never, safe, aggressive, always"),
        keyword::ID => (1, "a number"),
        keyword::LOG => (1, "an address and a facility, or `global`"),
        keyword::MAX_KEEP_ALIVE_QUEUE => (1, "a number"),
        keyword::RETRY_ON => (1, "a kind of failure"),
        keyword::SOURCE => (1, "an address"),
        keyword::SRVTCPKA_CNT => (1, "a number"),
        keyword::SRVTCPKA_IDLE => (1, "a time"),
        keyword::SRVTCPKA_INTVL => (1, "a time"),
        keyword::STICK_TABLE => (1, "a type and a size"),
        keyword::UNIQUE_ID_HEADER => (1, "the name of a header"),
        _ => return None,
    })
}

/// Statuses that have an error page.
const ERROR_STATUSES: &[&str] = &[
    "200", "400", "401", "403", "404", "405", "407", "408", "410", "413", "414", "425", "429", "431", "500", "501",
    "502", "503", "504",
];

const RETRY_ON: &[&str] = &[
    "none",
    "conn-failure",
    "empty-response",
    "junk-response",
    "response-timeout",
    "0rtt-rejected",
    "all-retryable-errors",
    "401",
    "403",
    "404",
    "408",
    "421",
    "425",
    "429",
    "500",
    "501",
    "502",
    "503",
    "504",
];

/// Words of `cookie` behind its name, and how many words each takes.
fn cookie_words(word: &str) -> Option<usize> {
    Some(match word {
        "rewrite" | "insert" | "indirect" | "nocache" | "postonly" | "preserve" | "prefix" | "httponly" | "secure"
        | "dynamic" => 0,
        "domain" | "maxidle" | "maxlife" | "attr" => 1,
        _ => return None,
    })
}

/// Options whose words are not judged here; all others take none.
const WORDY_OPTIONS: &[&str] = &["httpchk", "httpslog", "redispatch"];

impl Schema<'_> {
    /// The words of a proxy's statement.
    pub(super) fn grammar(&mut self, statement: &Statement) {
        let id = statement.id();
        if id == keyword::USE_BACKEND && statement.word(1).is_none() {
            let message = "`use_backend` needs the name of a backend".to_owned();
            self.add(statement, statement.keyword_span(), ProblemKind::Invalid { message, instead: None });
        }
        // What most lines are is read elsewhere.
        if matches!(
            id,
            keyword::SERVER
                | keyword::USE_BACKEND
                | keyword::BIND
                | keyword::HTTP_REQUEST
                | keyword::HTTP_RESPONSE
                | keyword::TIMEOUT
        ) {
            return;
        }
        let whole = statement.is_whole() && !statement.marks().has_continuation();
        if !whole || statement.is_negated() && id != keyword::OPTION {
            return;
        }
        if self.doubled(statement) {
            return;
        }
        let name = statement.keyword();
        if let Some((_, what)) = least_words(id).filter(|(least, _)| statement.words().len() <= *least) {
            let message = format!("`{name}` needs {what}");
            self.add(statement, statement.span(), ProblemKind::Invalid { message, instead: None });
            return;
        }
        if let Some(most) = most_words(id) {
            self.most(statement, name, most + 1);
        }
        match id {
            // All of the word must form the number.
            keyword::CLITCPKA_CNT | keyword::MAX_KEEP_ALIVE_QUEUE | keyword::SRVTCPKA_CNT => {
                self.whole_number(statement);
            }
            keyword::OPTION if statement.sub().is_some() => self.option_words(statement),
            keyword::COOKIE => self.cookie_words(statement),
            keyword::ERRORFILE | keyword::ERRORLOC | keyword::ERRORLOC302 | keyword::ERRORLOC303 => {
                self.one_of(statement, name, 1, ERROR_STATUSES);
            }
            keyword::RETRY_ON => {
                for at in 1..statement.words().len() {
                    self.one_of(statement, name, at, RETRY_ON);
                }
            }
            keyword::HASH_TYPE => self.one_of(statement, name, 1, &["consistent", "map-based"]),
            keyword::COMPRESSION => self.one_of(
                statement,
                name,
                1,
                &[
                    "algo",
                    "type",
                    "offload",
                    "direction",
                    "algo-req",
                    "algo-res",
                    "type-req",
                    "type-res",
                    "minsize-req",
                    "minsize-res",
                ],
            ),
            keyword::HASH_BALANCE_FACTOR => {
                let factor = statement.word(1).map(|word| (word, crate::values::leading_number(word.text).0));
                if let Some((word, 1..=100)) = factor {
                    let message = format!("`{}` is not a valid balance factor: it is 0, or above 100", word.text);
                    self.invalid(statement, word, message, None);
                }
            }
            keyword::FORCE_PERSIST | keyword::IGNORE_PERSIST if statement.condition_at() != Some(1) => {
                let message = format!("`{name}` needs a condition behind it");
                self.add(statement, statement.keyword_span(), ProblemKind::Invalid { message, instead: None });
            }
            keyword::USE_SERVER if statement.condition_at() != Some(2) => {
                let message = "`use-server` needs the name of a server and a condition".to_owned();
                self.add(statement, statement.keyword_span(), ProblemKind::Invalid { message, instead: None });
            }
            keyword::HTTP_ERROR if statement.text(1) != "status" || statement.word(2).is_none() => {
                let message = "`http-error` needs `status` and a status".to_owned();
                self.add(statement, statement.keyword_span(), ProblemKind::Invalid { message, instead: None });
            }
            keyword::ID => self.positive(statement, 1, "id"),
            keyword::BIND_PROCESS if self.haproxy.at_least((2, 5, 0)) => {
                for word in statement.from(1) {
                    self.process(statement, word);
                }
            }
            keyword::HTTP_CHECK | keyword::TCP_CHECK => self.check_line(statement),
            keyword::ACL => self.acl_name(statement),
            keyword::DISPATCH | keyword::SOURCE => self.plain_address(statement),
            _ => {}
        }
    }

    /// `default` in front shifts the words, and leaves the last one there twice: what takes no word more is refused.
    /// True when that is reported.
    fn doubled(&mut self, statement: &Statement) -> bool {
        let takes_one = || statement.text(1) == "redispatch" && statement.words().len() == 2;
        if statement.prefix != Some(Prefix::Default) || !statement.is("option") || takes_one() {
            return false;
        }
        let message = format!("HAProxy refuses `default {}`: leave the line out instead", statement.setting());
        self.add(statement, statement.setting_span(), ProblemKind::Invalid { message, instead: None });
        true
    }

    /// A number that has to be above zero.
    pub(super) fn positive(&mut self, statement: &Statement, at: usize, setting: &str) {
        let Some(word) = statement.word(at).filter(|word| word.is_known() && !word.has_dollar()) else { return };
        if crate::values::leading_number(word.text).0 < 1 {
            let message = format!("`{setting} {}` is not a valid number: it is above 0", word.text);
            self.invalid(statement, word, message, None);
        }
    }

    /// A set of processes; since 2.5 there is only one process.
    pub(super) fn process(&mut self, statement: &Statement, word: Word<'_>) {
        if !word.is_known() || word.has_dollar() {
            return;
        }
        let (process, threads) = word.text.split_once('/').map_or((word.text, None), |(a, b)| (a, Some(b)));
        let process = process.strip_prefix("auto:").unwrap_or(process);
        if !is_number_set(process, 1) || threads.is_some_and(|threads| !is_number_set(threads, 64)) {
            let message = format!("`{}` is not a valid set of processes: since 2.5 there is only number 1", word.text);
            self.invalid(statement, word, message, None);
        }
    }

    /// A word more than the statement takes.
    pub(super) fn most(&mut self, statement: &Statement, name: &str, end: usize) {
        let Some(extra) = statement.word(end) else { return };
        let message = match end.saturating_sub(usize::from(statement.sub().is_some()) + 1) {
            0 => format!("`{name}` takes no words; `{}` is one too many", extra.text),
            1 => format!("`{name}` takes one word; `{}` is one too many", extra.text),
            count => format!("`{name}` takes {count} words; `{}` is one too many", extra.text),
        };
        self.invalid(statement, extra, message, None);
    }

    fn whole_number(&mut self, statement: &Statement) {
        let Some(word) = statement.word(1).filter(|word| word.is_known()) else { return };
        let digits = word.text.strip_prefix('-').unwrap_or(word.text);
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let message = format!("`{}` is not a valid number for `{}`", word.text, statement.keyword());
            self.invalid(statement, word, message, None);
        }
    }

    /// What stands behind the name of an option.
    fn option_words(&mut self, statement: &Statement) {
        let name = statement.text(1);
        let words = statement.words().len();
        // Nearly all of them stand alone.
        if WORDY_OPTIONS.contains(&name) || words == 2 && name != "pgsql-check" {
            return;
        }
        let setting = format!("option {name}");
        match name {
            "httplog" => self.one_of(statement, &setting, 2, &["clf"]),
            // `option tcplog clf` exists since 3.0.
            "tcplog" if self.haproxy.target.is_none_or(|target| target >= (3, 0, 0)) => {
                self.one_of(statement, &setting, 2, &["clf"]);
            }
            "forwardfor" => {
                self.settings(statement, &setting, &[("except", 1), ("header", 1), ("if-none", 0)]);
                self.except(statement, &setting);
            }
            "originalto" => {
                self.settings(statement, &setting, &[("except", 1), ("header", 1)]);
                self.except(statement, &setting);
            }
            "forwarded" => {}
            "http-restrict-req-hdr-names" => self.one_of(statement, &setting, 2, &["preserve", "delete", "reject"]),
            "mysql-check" => {
                self.settings(statement, &setting, &[("user", 1), ("post-41", 0), ("pre-41", 0)]);
            }
            "pgsql-check" => {
                let named = statement.text(2) == "user" && statement.words().len() >= 4;
                if !named && !statement.is_negated() {
                    let message = "`option pgsql-check` needs `user` and the name of a user".to_owned();
                    self.add(statement, statement.setting_span(), ProblemKind::Invalid { message, instead: None });
                } else {
                    self.most(statement, &setting, 4);
                }
            }
            "smtpchk" => self.most(statement, &setting, 4),
            _ => self.most(statement, &setting, 2),
        }
    }

    /// Whose addresses are left out.
    fn except(&mut self, statement: &Statement, setting: &str) {
        let Some(network) = statement.after("except").filter(|word| word.is_known() && !word.has_dollar()) else {
            return;
        };
        if !super::calls::is_network(network.text) {
            let message = format!("`{}` is not a valid address or network for `{setting} except`", network.text);
            self.invalid(statement, network, message, None);
        }
    }

    /// Settings in any order, each with its number of words.
    fn settings(&mut self, statement: &Statement, setting: &str, known: &[(&str, usize)]) {
        let mut at = 2;
        while let Some(word) = statement.word(at) {
            let Some((_, words)) = known.iter().find(|(name, _)| *name == word.text) else {
                let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
                let near = did_you_mean(word.text, names.iter().copied());
                let message =
                    format!("`{}` is not a valid word of `{setting}`: it takes {}", word.text, names.join(", "));
                self.invalid(statement, word, message, near.map(|near| (near.to_owned(), false)));
                return;
            };
            if at + words >= statement.words().len() {
                let message = format!("`{}` needs a value", word.text);
                self.invalid(statement, word, message, None);
                return;
            }
            at += 1 + words;
        }
    }

    fn cookie_words(&mut self, statement: &Statement) {
        let mut at = 2;
        while let Some(word) = statement.word(at) {
            let Some(words) = cookie_words(word.text) else {
                let names = [
                    "rewrite", "insert", "indirect", "nocache", "postonly", "preserve", "prefix", "httponly", "secure",
                ];
                let near = did_you_mean(word.text, names);
                let message = format!("`{}` is no word of `cookie`", word.text);
                self.invalid(statement, word, message, near.map(|near| (near.to_owned(), false)));
                return;
            };
            at += 1 + words;
        }
    }

    fn acl_name(&mut self, statement: &Statement) {
        let Some(name) = statement.word(1) else { return };
        if let Some(bad) = bad_in_name(name.text) {
            let message = format!("`{bad}` is not allowed in the name of an ACL");
            self.invalid(statement, name, message, None);
        } else if statement.word(2).is_none() {
            let message = format!("ACL `{}` tests nothing: a fetch has to follow its name", name.text);
            self.invalid(statement, name, message, None);
        } else if name.text.eq_ignore_ascii_case("or") {
            let message = "`or` is no name for an ACL: in conditions it is the operator".to_owned();
            self.invalid(statement, name, message, None);
        }
    }

    /// `dispatch` needs a port, `source` takes its address and two more settings.
    fn plain_address(&mut self, statement: &Statement) {
        let Some(word) = statement.word(1).filter(|word: &Word<'_>| word.is_known() && !word.has_dollar()) else {
            return;
        };
        let address = crate::values::endpoint(word, 0..word.text.len());
        if statement.is("dispatch") {
            let inet = address.inet().is_some();
            if inet && matches!(address.port, crate::values::Port::None | crate::values::Port::Invalid) {
                let message = format!("`dispatch {}` has no port", word.text);
                self.invalid(statement, word, message, None);
            }
            return;
        }
        if let (crate::values::Port::Range(..), Some(span)) = (address.port, address.port_span) {
            let message = "a range of ports works on the `source` of a server only".to_owned();
            self.add(statement, span, ProblemKind::Invalid { message, instead: None });
        }
        let mut at = 2;
        while let Some(extra) = statement.word(at) {
            if !matches!(extra.text, "interface" | "usesrc") {
                let message = format!("`{}` is no word of `source`: it takes `interface` and `usesrc`", extra.text);
                self.invalid(statement, extra, message, None);
                return;
            }
            if statement.word(at + 1).is_none() {
                let message = format!("`{}` needs a value", extra.text);
                self.invalid(statement, extra, message, None);
            }
            at += 2;
        }
    }
}

/// `all`, `odd`, `even`, a number or a range of numbers, none above the highest.
pub(super) fn is_number_set(text: &str, highest: u32) -> bool {
    let is_number = |text: &str| text.parse::<u32>().is_ok_and(|number| (1..=highest).contains(&number));
    match text.split_once('-') {
        _ if matches!(text, "all" | "odd" | "even") => true,
        Some((low, "")) => is_number(low),
        Some((low, high)) => is_number(low) && is_number(high),
        None => is_number(text),
    }
}
