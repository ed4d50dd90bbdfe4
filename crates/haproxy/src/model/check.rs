//! Health checks as they really run, inheritance included.

use super::statement::Statement;
use crate::syntax::Word;
use confvet_core::{Edit, Span};

/// What a check speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CheckKind {
    /// Opens a connection, nothing more.
    #[default]
    Connect,
    /// `option httpchk`.
    Http,
    /// `option tcp-check`: what the `tcp-check` lines say.
    Tcp,
    /// `option pgsql-check`.
    Postgres,
    /// `option mysql-check`.
    Mysql,
    /// `option redis-check`.
    Redis,
    /// `option smtpchk`.
    Smtp,
    /// `option ldap-check`.
    Ldap,
    /// `option ssl-hello-chk`.
    SslHello,
    /// `option external-check`.
    External,
    /// `option spop-check`.
    Spop,
}

impl CheckKind {
    /// The check that an option stands for.
    pub fn of_option(name: &str) -> Option<Self> {
        Some(match name {
            "httpchk" => Self::Http,
            "tcp-check" => Self::Tcp,
            "pgsql-check" => Self::Postgres,
            "mysql-check" => Self::Mysql,
            "redis-check" => Self::Redis,
            "smtpchk" => Self::Smtp,
            "ldap-check" => Self::Ldap,
            "ssl-hello-chk" => Self::SslHello,
            "external-check" => Self::External,
            "spop-check" => Self::Spop,
            _ => return None,
        })
    }
}

/// Words that make an `http-check` or `tcp-check` line part of the exchange. The others are flags.
fn is_exchange(statement: &Statement) -> bool {
    matches!(
        statement.text(1),
        "connect" | "send" | "send-lf" | "send-binary" | "send-binary-lf" | "expect" | "comment"
    ) || statement.text(1).starts_with("set-var")
        || statement.text(1).starts_with("unset-var")
}

/// Does an `expect` line want anything but its pattern? The `!` may stand alone or in front of the kind of pattern.
pub(super) fn is_negated(expect: &Statement) -> bool {
    let negates = |word: Word<'_>| {
        let kind = word.text.strip_prefix('!');
        kind.is_some_and(|kind| {
            matches!(kind, "" | "status" | "rstatus" | "hdr" | "fhdr" | "string" | "rstring" | "string-lf")
        })
    };
    expect.from(2).iter().any(negates)
}

/// How the servers of a proxy are checked.
#[derive(Debug, Clone, Default)]
pub struct HealthCheck {
    /// What it speaks.
    pub kind: CheckKind,
    /// The option that says so, which may be inherited.
    pub option: Option<Statement>,
    /// The `http-check` lines that hold.
    pub http: Vec<Statement>,
    /// The `tcp-check` lines that hold.
    pub tcp: Vec<Statement>,
    /// The proxy's own `http-check` lines have dropped the request that the inherited `option httpchk` stands for.
    pub request_dropped: bool,
    own_option: bool,
    own_http: bool,
    own_tcp: bool,
    /// Some `connect` line was among them.
    may_connect: bool,
}

/// The request that an HTTP check sends.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// `OPTIONS` when nothing is said.
    pub method: &'a str,
    /// Where it is written.
    pub method_word: Option<Word<'a>>,
    /// `/` when nothing is said.
    pub uri: &'a str,
    /// Where it is written.
    pub uri_word: Option<Word<'a>>,
    /// `HTTP/1.0` when nothing is said.
    pub version: &'a str,
    /// Where it is written.
    pub version_word: Option<Word<'a>>,
    /// A Host header is sent.
    pub has_host: bool,
    /// The statement that says most of it.
    pub statement: &'a Statement,
}

impl HealthCheck {
    /// What a proxy starts with.
    pub(crate) fn inherited(from: Option<&HealthCheck>) -> Self {
        let check = from.cloned().unwrap_or_default();
        Self { own_option: false, own_http: false, own_tcp: false, ..check }
    }

    /// Takes a line of the proxy.
    pub(crate) fn take(&mut self, statement: &Statement) {
        self.may_connect |= statement.has(1, "connect");
        match statement.keyword() {
            "option" => {
                let Some(kind) = CheckKind::of_option(statement.text(1)) else { return };
                self.kind = kind;
                self.option = Some(statement.clone());
                self.own_option = true;
                self.request_dropped = false;
                if kind == CheckKind::Http && !self.own_http {
                    self.http.retain(|line| !is_exchange(line));
                }
                if kind == CheckKind::Tcp && !self.own_tcp {
                    self.tcp.retain(|line| !is_exchange(line));
                }
            }
            "http-check" => {
                if is_exchange(statement) && !self.own_http {
                    self.own_http = true;
                    self.http.retain(|line| !is_exchange(line));
                    self.request_dropped = self.kind == CheckKind::Http && !self.own_option;
                }
                self.http.push(statement.clone());
            }
            "tcp-check" => {
                if is_exchange(statement) && !self.own_tcp {
                    self.own_tcp = true;
                    self.tcp.retain(|line| !is_exchange(line));
                }
                self.tcp.push(statement.clone());
            }
            _ => {}
        }
    }

    /// May a line of the exchange connect by itself? False is certain.
    pub(crate) fn may_connect(&self) -> bool {
        self.may_connect
    }

    /// The proxy has an option of its own that says how to check.
    pub fn is_own(&self) -> bool {
        self.own_option
    }

    /// The first `http-check send`.
    pub fn send(&self) -> Option<&Statement> {
        self.http.iter().find(|line: &&Statement| line.has(1, "send"))
    }

    /// The request of an HTTP check; `None` for other checks.
    pub fn request(&self) -> Option<Request<'_>> {
        let option = self.option.as_ref().filter(|_| self.kind == CheckKind::Http)?;
        let arguments = option.from(2);
        let (method, uri) = match (arguments.get(0), arguments.get(1)) {
            (method @ Some(_), uri @ Some(_)) => (method, uri),
            (uri, _) => (None, uri),
        };
        let option_used = !self.request_dropped;
        let send = self.send();
        let pick = |name: &str| send.and_then(|send| send.after(name));
        let method_word = pick("meth").or(method.filter(|_| option_used));
        let uri_word = pick("uri").or_else(|| pick("uri-lf")).or(uri.filter(|_| option_used));
        let version_word = pick("ver").or(option.word(4).filter(|_| option_used));
        let has_host = option.word(5).is_some()
            || version_word.is_some_and(|version| {
                version.text.contains(':') && version.text.to_ascii_lowercase().contains("host:")
            })
            || self.http.iter().any(|line| line.words().has_pair("hdr", "host"));
        Some(Request {
            method: method_word.map_or("OPTIONS", |word| word.text),
            method_word,
            uri: uri_word.map_or("/", |word| word.text),
            uri_word,
            version: version_word.map_or("HTTP/1.0", |word| word.text),
            version_word,
            has_host,
            statement: if uri_word.is_some() {
                send.filter(|_| pick("uri").is_some()).unwrap_or(option)
            } else {
                option
            },
        })
    }

    /// The `http-check connect` or `tcp-check connect` lines.
    pub fn connects(&self) -> impl Iterator<Item = &Statement> {
        let lines = match self.kind {
            _ if !self.may_connect => &[],
            CheckKind::Http => &self.http[..],
            CheckKind::Tcp => &self.tcp[..],
            _ => &[],
        };
        lines.iter().filter(|line: &&Statement| line.has(1, "connect"))
    }

    /// The lines of the exchange connect to a port of their own.
    pub fn connect_port(&self) -> Option<Word<'_>> {
        self.connects().find_map(|line| line.after("port"))
    }

    /// A good answer is what a healthy primary does *not* give: status 503, or anything but 200.
    pub fn is_inverted(&self) -> bool {
        self.http.iter().filter(|line| line.has(1, "expect")).any(|line| {
            let negated = is_negated(line);
            let status = |codes: &str| {
                let at = line
                    .words()
                    .iter()
                    .position(|word| matches!(word.text.trim_start_matches('!'), "status" | "rstatus"));
                at.and_then(|at| line.word(at + 1)).is_some_and(|word| word.text.split(',').any(|code| code == codes))
            };
            if negated { status("200") } else { status("503") }
        })
    }

    /// Checks by a protocol, not by a mere connection.
    pub fn speaks(&self) -> bool {
        self.kind != CheckKind::Connect
    }
}

impl Request<'_> {
    /// `GET /health`.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.uri)
    }

    /// Where the URI stands, or the statement when nothing is written.
    pub fn uri_span(&self) -> Span {
        self.uri_word.map_or(self.statement.setting_span(), |word| word.span)
    }

    /// Is everything of it written out, without variables?
    pub fn is_known(&self) -> bool {
        self.method_word.is_none_or(Word::is_known) && self.uri_word.is_none_or(Word::is_known)
    }

    /// Asks for another path.
    pub fn replace_uri(&self, uri: &str) -> Edit {
        match self.uri_word {
            Some(word) => Edit::replace(word.span, uri),
            None => Edit::insert_after(self.statement.setting_span(), format!(" GET {uri}")),
        }
    }
}
