//! From lines to the model: sections, inheritance, servers with the options that hold for them.

use super::check::{CheckKind, HealthCheck};
use super::names::Names;
use super::proxy::{Bind, Lookups, Proxy, Summary};
use super::schema::Schema;
use super::server::{Server, option_key};
use super::statement::{ByKeyword, Section, SectionKind, Statement, Traits};
use super::{Haproxy, Index};
use crate::condition::{Branch, Branches, Conditions};
use crate::syntax::{Cut, Glued, GluedHash, Lexer, Line, Name, SyntaxKind, SyntaxProblem, Word, Words};
use crate::table::{Arguments, Context, HaVersion, Key, keyword};
use crate::values::{Endpoint, endpoint};
use confvet_core::{Edit, FileId, Map, Span};
use std::sync::Arc;

/// Reads the files in load order.
pub(crate) fn build(files: &[(FileId, Arc<String>)], target: Option<HaVersion>) -> (Haproxy, Vec<Span>) {
    let mut builder = Builder { target, ..Builder::default() };
    for (file, text) in files {
        builder.file(*file, text);
    }
    builder.finish()
}

#[derive(Debug, Default)]
struct Builder {
    target: Option<HaVersion>,
    /// The section that is being read.
    section: Option<Section>,
    sections: u32,
    globals: Vec<Section>,
    defaults: Vec<Proxy>,
    named_defaults: Map<String, usize>,
    proxies: Vec<Proxy>,
    others: Vec<Section>,
    branches: Branches,
    syntax: Vec<SyntaxProblem>,
    hashes: Vec<(GluedHash, Statement)>,
    secrets: Vec<Span>,
    template: bool,
}

/// A line that is read.
struct Read {
    cut: Cut,
    branch: Branch,
    /// The section that it opens.
    opens: Option<SectionKind>,
}

impl Builder {
    fn file(&mut self, file: FileId, text: &Arc<String>) {
        // Few proxies are written in less: there is room for all of them, and what is not needed is never touched.
        self.proxies.reserve(text.len() / 256);
        let mut lexer = Lexer::new(file, text);
        let lines = self.lines(&mut lexer);
        self.syntax.append(&mut lexer.problems);
        self.template |= lexer.template;
        let words = Arc::new(lexer.words);
        let mut glued = lexer.glued.into_iter().peekable();
        for (number, Read { cut, branch, opens }) in lines.iter().enumerate() {
            let (line, branch) = (Line::of(&words, cut), *branch);
            match *opens {
                Some(kind) => {
                    let statements = lines[number + 1..].iter().take_while(|line| line.opens.is_none()).count();
                    self.section(kind, line.words(), statements, branch);
                }
                None => self.statement(line, cut, branch),
            }
            // Those of lines that are not read are left behind.
            while let Some(Glued { line, span }) = glued.next_if(|glued| glued.line <= cut.first) {
                let statement = self.section.as_ref().and_then(|section| section.statements.last());
                let cut = statement.filter(|_| opens.is_none() && line == cut.first);
                self.hashes.extend(cut.map(|statement| (GluedHash { span }, statement.clone())));
            }
        }
    }

    /// Cuts a file, and leaves out what no `.if` lets through and what stands in no section.
    fn lines(&mut self, lexer: &mut Lexer<'_>) -> Vec<Read> {
        let mut lines = Vec::with_capacity(lexer.remaining() / 32);
        let mut branches = std::mem::take(&mut self.branches);
        let mut conditions = Conditions::new(&mut branches, self.target);
        let mut section = None;
        while let Some(cut) = lexer.next_line() {
            let words = lexer.words.words_of(&cut);
            let Some(first) = words.first() else { continue };
            if first.text.starts_with('.') {
                self.syntax.extend(conditions.directive(words));
                continue;
            }
            let Some(branch) = conditions.branch() else { continue };
            let opens = SectionKind::of_word(first.text);
            section = opens.or(section);
            let Some(kind) = section else {
                let is_bom = first.text.starts_with('\u{feff}');
                let kind = SyntaxKind::OutOfSection;
                self.syntax.extend((!is_bom).then_some(SyntaxProblem { kind, span: first.span }));
                continue;
            };
            if let Some(at) = secret_word(kind, words) {
                self.secrets.extend(lexer.words.hide(&cut, at));
            }
            lines.push(Read { cut, branch, opens });
        }
        self.syntax.extend(conditions.finish());
        self.branches = branches;
        lines
    }

    /// A section, with room for so many statements.
    fn section(&mut self, kind: SectionKind, words: Words<'_>, statements: usize, branch: Branch) {
        let mut words = words.iter();
        let word = words.next().map_or(Span::new(FileId(0), 0..0), |word| word.span);
        let mut name = words.next();
        let mut from = None;
        let mut extra = None;
        if kind == SectionKind::Defaults && name.is_some_and(|name| name.text == "from") {
            name = None;
            from = words.next();
        } else {
            match words.next() {
                Some(second) if second.text == "from" => {
                    from = words.next();
                    extra = words.next();
                }
                other => extra = other,
            }
        }
        self.close();
        let index = self.sections;
        self.sections += 1;
        self.section = Some(Section {
            kind,
            index,
            word,
            name: name.map(Name::from),
            from: from.map(Name::from),
            extra: extra.map(Name::from),
            statements: Vec::with_capacity(statements),
            by_keyword: ByKeyword::default(),
            keywords: Names::default(),
            some: Traits::default(),
            branch,
        });
    }

    fn statement(&mut self, line: Line, cut: &Cut, branch: Branch) {
        let Some(section) = &mut self.section else { return };
        let statement = Statement::read((section.kind, section.index), line, cut, branch);
        section.keywords.add(statement.key().map_or_else(|| statement.keyword(), |key| key.name));
        section.some.add(&statement);
        section.statements.push(statement);
    }

    /// The section is read: puts it where it belongs, with what it inherits.
    fn close(&mut self) {
        let Some(mut section) = self.section.take() else { return };
        section.finish();
        match section.kind {
            SectionKind::Global => self.globals.push(section),
            SectionKind::Defaults => {
                let number = self.defaults.len();
                let named = &mut self.named_defaults;
                let parent = section.from.as_ref().and_then(|from| named.get(from.text.as_str()).copied());
                if let Some(name) = &section.name {
                    named.insert(name.text.to_string(), number);
                }
                let proxy = inherit(section, parent, &self.defaults);
                self.defaults.push(proxy);
            }
            SectionKind::Frontend | SectionKind::Backend | SectionKind::Listen => {
                let parent = match &section.from {
                    Some(from) => self.named_defaults.get(from.text.as_str()).copied(),
                    None => self.defaults.len().checked_sub(1),
                };
                self.proxies.push(inherit(section, parent, &self.defaults));
            }
            _ => self.others.push(section),
        }
    }

    fn finish(mut self) -> (Haproxy, Vec<Span>) {
        self.close();
        let Builder { target, globals, defaults, proxies, others, branches, syntax, hashes, secrets, template, .. } =
            self;
        let mut haproxy = Haproxy {
            target,
            globals,
            defaults,
            proxies,
            others,
            spoe: Vec::new(),
            reads_spoe: false,
            spoe_paths: Vec::new(),
            syntax,
            problems: Vec::new(),
            odd_criteria: Vec::new(),
            hashes,
            template,
            branches,
            index: Index::default(),
        };
        haproxy.index = Index::of(&haproxy);
        let found = Schema::check(&haproxy);
        haproxy.problems = found.problems;
        haproxy.odd_criteria = found.odd_criteria;
        for (proxy, (looks, uses)) in haproxy.defaults.iter_mut().chain(&mut haproxy.proxies).zip(found.proxies) {
            proxy.summary.looks = looks;
            proxy.uses = uses;
        }
        (haproxy, secrets)
    }
}

/// The row of a family's second word.
pub(super) fn sub_key(words: Words<'_>, key: Option<&Key>) -> Option<&'static Key> {
    let context = family(key?)?;
    let second = words.get(1)?.text;
    match context {
        Context::ProxyCapture => context.find(match second {
            "request" => "request header",
            "response" => "response header",
            other => other,
        }),
        Context::ProxyHttpCheck | Context::ProxyTcpCheck => context.find(match second.split('(').next() {
            Some("set-var-fmt") => "set-var",
            Some(name) => name,
            None => second,
        }),
        _ => context.find(second),
    }
}

/// Where the second word of a proxy keyword is listed.
pub(super) fn family(key: &Key) -> Option<Context> {
    Some(match key.keyword {
        keyword::OPTION => Context::ProxyOption,
        keyword::TIMEOUT => Context::ProxyTimeout,
        keyword::STATS => Context::ProxyStats,
        keyword::HTTP_CHECK => Context::ProxyHttpCheck,
        keyword::TCP_CHECK => Context::ProxyTcpCheck,
        keyword::CAPTURE => Context::ProxyCapture,
        keyword::STICK => Context::ProxyStick,
        keyword::TCP_REQUEST => Context::ProxyTcpRequest,
        keyword::TCP_RESPONSE => Context::ProxyTcpResponse,
        keyword::EMAIL_ALERT => Context::ProxyEmailAlert,
        keyword::DECLARE => Context::ProxyDeclare,
        keyword::EXTERNAL_CHECK => Context::ProxyExternalCheck,
        keyword::PERSIST => Context::ProxyPersist,
        keyword::RATE_LIMIT => Context::ProxyRateLimit,
        keyword::MONITOR => Context::ProxyMonitor,
        _ => return None,
    })
}

/// Which word of a line is a password or a key.
fn secret_word(section: SectionKind, words: Words<'_>) -> Option<usize> {
    let shift = usize::from(words.len() > 1 && (words.is(0, "no") || words.is(0, "default")));
    let words = words.from(shift);
    let at = match words.text(0) {
        "stats" if words.is(1, "auth") => 2,
        "user" if section == SectionKind::Userlist => 3,
        "dynamic-cookie-key" | "cluster-secret" | "anonkey" => 1,
        "tcp-check" if words.is(1, "send") && words.text(2).to_ascii_uppercase().starts_with("AUTH") => 2,
        "http-check" if words.is(1, "send") => words.position_of_pair("hdr", "authorization")? + 2,
        "bind" => words.position("ca-sign-pass")? + 1,
        _ => return None,
    };
    Some(at + shift)
}

/// Reads a proxy on top of what it inherits.
fn inherit(section: Section, parent: Option<usize>, defaults: &[Proxy]) -> Proxy {
    let from = parent.and_then(|number| defaults.get(number));
    let mut settings = from.map(|from| from.settings.handed_down()).unwrap_or_default();
    let mut check = HealthCheck::inherited(from.map(|from| &*from.check));
    let mut logs = from.map(|from| Arc::clone(&from.logs)).unwrap_or_default();
    let mut default_server = from.map(|from| Arc::clone(&from.default_server)).unwrap_or_default();
    let mut lookups = Lookups::with_room(section.count("acl"));
    let mut binds = Vec::new();
    let mut late_defaults = false;
    let mut servers = Vec::with_capacity(section.count("server") + section.count("server-template"));
    for (number, statement) in (0..).zip(&section.statements) {
        settings.take(number, statement);
        Lookups::take(&mut lookups, number, statement);
        match statement.id() {
            keyword::OPTION if !statement.is_negated() && CheckKind::of_option(statement.text(1)).is_some() => {
                check.take(statement);
            }
            keyword::HTTP_CHECK | keyword::TCP_CHECK => check.take(statement),
            keyword::LOG if statement.is_negated() => Arc::make_mut(&mut logs).clear(),
            keyword::LOG => Arc::make_mut(&mut logs).push(statement.clone()),
            keyword::DEFAULT_SERVER => {
                late_defaults |= !servers.is_empty();
                Arc::make_mut(&mut default_server).extend(statement);
            }
            keyword::SERVER | keyword::SERVER_TEMPLATE => servers.extend(Server::read(statement, &default_server)),
            keyword::BIND => binds.extend(Bind::read(statement)),
            _ => {}
        }
    }
    if section.kind == SectionKind::Defaults {
        settings.hand_down(&section);
    }
    let check = Arc::new(check);
    for server in servers.iter_mut().filter(|server: &&mut Server| server.is_checked()) {
        server.health = Some(Arc::clone(&check));
    }
    let mut proxy = Proxy {
        defaults: parent,
        binds,
        summary: Summary::of(&section, &settings, &servers, late_defaults),
        section,
        servers,
        check,
        lookups,
        settings,
        uses: Vec::new(),
        logs,
        default_server,
        server_names: std::sync::OnceLock::new(),
    };
    proxy.summary.mode = proxy.read_mode();
    proxy.summary.is_disabled = proxy.read_disabled();
    proxy.summary.is_postgres = proxy.read_postgres();
    proxy
}

/// The comma-separated addresses of a word.
pub(super) fn addresses(word: Word<'_>) -> Vec<Endpoint> {
    let mut at = 0;
    let mut found = Vec::new();
    for part in word.text.split(',') {
        found.push(endpoint(word, at..at + part.len()));
        at += part.len() + 1;
    }
    found
}

impl Statement {
    /// The words from a place on are a condition, or known options with their values: HAProxy would go on reading there.
    pub fn reads_on_at(&self, at: usize) -> bool {
        let context = match self.id() {
            _ if matches!(self.text(at), "if" | "unless") => return true,
            keyword::SERVER | keyword::SERVER_TEMPLATE | keyword::DEFAULT_SERVER => Context::ServerOption,
            keyword::BIND => Context::BindOption,
            _ => return false,
        };
        let mut at = at;
        while let Some(word) = self.word(at) {
            let Some(key) = option_key(context, word.text) else { return false };
            at += 1 + arguments(key, self, at);
        }
        at == self.words().len()
    }

    /// Puts options behind the last word of a `server`, `server-template` or `default-server` line. `None` where HAProxy
    /// would not read them: it gives a line up at a word it does not know.
    pub fn append_options(&self, options: &str) -> Option<Edit> {
        let first_option = match self.id() {
            keyword::SERVER => 3,
            keyword::SERVER_TEMPLATE => 4,
            _ => 1,
        };
        self.reads_on_at(first_option).then(|| Edit::insert_after(self.span(), format!(" {options}")))
    }
}

/// How many words belong to the option at this place.
pub(super) fn arguments(key: &Key, statement: &Statement, at: usize) -> usize {
    match (key.arguments, key.name) {
        (Arguments::None, _) => 0,
        (Arguments::One, _) => 1,
        (Arguments::Several, _) => {
            // `source ADDR [usesrc WHAT] [interface NAME]`
            let mut count = 1;
            while matches!(statement.text(at + 1 + count), "usesrc" | "interface") {
                count += 2;
            }
            count
        }
    }
}
