//! From lines to the model: sections, inheritance, servers with the options that hold for them.

use super::check::{CheckKind, HealthCheck};
use super::names::Names;
use super::proxy::{Bind, Lookups, Proxy, Summary};
use super::schema::Schema;
use super::server::{Server, option_key};
use super::statement::{ByKeyword, Prefix, SameKey, Section, SectionKind, Statement, Traits};
use super::{Haproxy, Index};
use crate::condition::{Branch, Branches, Conditions};
use crate::syntax::{GluedHash, Lexer, Line, SyntaxKind, SyntaxProblem, Word};
use crate::table::{Arguments, Context, HaVersion, Key};
use crate::values::{Endpoint, endpoint};
use confvet_core::{Edit, FileId, Span};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Reads the files in load order.
pub(crate) fn build<'a>(
    files: impl IntoIterator<Item = (FileId, &'a str)>,
    target: Option<HaVersion>,
) -> (Haproxy, Vec<Span>) {
    let mut builder = Builder { target, ..Builder::default() };
    for (file, text) in files {
        builder.file(file, text);
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
    named_defaults: BTreeMap<String, usize>,
    proxies: Vec<Proxy>,
    others: Vec<Section>,
    branches: Branches,
    syntax: Vec<SyntaxProblem>,
    hashes: Vec<(GluedHash, Option<Arc<Statement>>)>,
    secrets: Vec<Span>,
    template: bool,
}

impl Builder {
    fn file(&mut self, file: FileId, text: &str) {
        // Few proxies are written in less: there is room for all of them, and what is not needed is never touched.
        self.proxies.reserve(text.len() / 256);
        let mut lexer = Lexer::new(file, text);
        let mut branches = std::mem::take(&mut self.branches);
        let mut conditions = Conditions::new(&mut branches, self.target);
        let mut in_section = false;
        while let Some(mut line) = lexer.next_line() {
            if line.words[0].text.starts_with('.') {
                self.syntax.extend(conditions.directive(&line.words));
                continue;
            }
            let Some(branch) = conditions.branch() else { continue };
            if let Some(kind) = SectionKind::of_word(&line.words[0].text) {
                in_section = true;
                self.section(kind, line.words.drain(..), branch);
            } else if in_section {
                self.statement(&mut line, branch);
            } else {
                let is_bom = line.words[0].text.starts_with('\u{feff}');
                let kind = SyntaxKind::OutOfSection;
                self.syntax.extend((!is_bom).then(|| SyntaxProblem { kind, span: line.words[0].span }));
            }
            lexer.reuse(line.words);
        }
        self.syntax.extend(conditions.finish());
        self.syntax.append(&mut lexer.problems);
        self.template |= lexer.template;
        self.branches = branches;
    }

    fn section(&mut self, kind: SectionKind, mut words: impl Iterator<Item = Word>, branch: Branch) {
        let word = words.next().map_or(Span::new(FileId(0), 0..0), |word| word.span);
        let mut name = words.next();
        let mut from = None;
        let mut extra = None;
        if kind == SectionKind::Defaults && name.as_ref().is_some_and(|name| name.text == "from") {
            name = None;
            from = words.next();
        } else {
            match words.next() {
                Some(second) if second.text == "from" => from = words.next(),
                other => extra = other,
            }
        }
        self.close();
        let index = self.sections;
        self.sections += 1;
        let (statements, by_keyword, keywords) = (Vec::new(), ByKeyword::default(), Names::default());
        self.section = Some(Section {
            kind,
            index,
            word,
            name,
            from,
            extra,
            statements,
            by_keyword,
            keywords,
            some: Traits::default(),
            branch,
        });
    }

    fn statement(&mut self, line: &mut Line, branch: Branch) {
        let Some(section) = &mut self.section else { return };
        let words = &mut line.words;
        let mut prefix = None;
        if words.len() > 1 && matches!(words[0].text.as_str(), "no" | "default") {
            let word = words.remove(0);
            prefix = Some((if word.text == "no" { Prefix::No } else { Prefix::Default }, word.span));
        }
        hide_secrets(section.kind, words, &mut self.secrets);
        // An empty word ends the statement; it stays as the last word, so that rules see what is cut off.
        let context = section.kind.context();
        let key = context.and_then(|context| context.find(&words[0].text)).map(SameKey);
        let sub = (section.kind.is_proxy()).then(|| sub_key(words)).flatten().map(SameKey);
        let condition_at = Statement::find_condition(words).and_then(|at| u16::try_from(at).ok());
        let has_calls = Statement::find_calls(words);
        let has_variable = words.iter().any(Word::is_variable);
        let has_empty = words.iter().any(Word::is_empty);
        let has_literal_variable = words.iter().any(Word::has_literal_variable);
        let mut statement = Statement {
            words: words.drain(..).collect(),
            prefix,
            branch,
            section: section.index,
            line: line.span,
            key,
            sub,
            condition_at,
            has_calls,
            may_look: false,
            has_variable,
            has_empty,
            has_literal_variable,
        };
        statement.may_look = statement.read_look();
        let statement = Arc::new(statement);
        section.keywords.add(statement.keyword());
        section.some.add(&statement);
        if let Some(span) = line.glued {
            self.hashes.push((GluedHash { span }, Some(Arc::clone(&statement))));
        }
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
            hashes,
            template,
            branches,
            index: Index::default(),
        };
        haproxy.index = Index::of(&haproxy);
        let (problems, looks) = Schema::check(&haproxy);
        haproxy.problems = problems;
        for (proxy, looks) in haproxy.defaults.iter_mut().chain(&mut haproxy.proxies).zip(looks) {
            proxy.summary.looks = looks;
        }
        (haproxy, secrets)
    }
}

/// The row of a family's second word.
fn sub_key(words: &[Word]) -> Option<&'static Key> {
    let second = &words.get(1)?.text;
    let context = family(&words[0].text)?;
    match context {
        Context::ProxyCapture => context.find(match second.as_str() {
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
pub(super) fn family(keyword: &str) -> Option<Context> {
    Some(match keyword {
        "option" => Context::ProxyOption,
        "timeout" => Context::ProxyTimeout,
        "stats" => Context::ProxyStats,
        "http-check" => Context::ProxyHttpCheck,
        "tcp-check" => Context::ProxyTcpCheck,
        "capture" => Context::ProxyCapture,
        "stick" => Context::ProxyStick,
        "tcp-request" => Context::ProxyTcpRequest,
        "tcp-response" => Context::ProxyTcpResponse,
        "email-alert" => Context::ProxyEmailAlert,
        "declare" => Context::ProxyDeclare,
        "external-check" => Context::ProxyExternalCheck,
        "persist" => Context::ProxyPersist,
        "rate-limit" => Context::ProxyRateLimit,
        "monitor" => Context::ProxyMonitor,
        _ => return None,
    })
}

fn hide_secrets(section: SectionKind, words: &mut [Word], secrets: &mut Vec<Span>) {
    let mut hide = |words: &mut [Word], at: usize| {
        if let Some(word) = words.get_mut(at) {
            word.hide();
            secrets.push(word.span);
        }
    };
    let text = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
    match (text(0), text(1)) {
        ("stats", "auth") => hide(words, 2),
        ("user", _) if section == SectionKind::Userlist => hide(words, 3),
        ("dynamic-cookie-key" | "cluster-secret" | "anonkey", _) => hide(words, 1),
        ("tcp-check", "send") if text(2).to_ascii_uppercase().starts_with("AUTH") => hide(words, 2),
        ("http-check", "send") => {
            let at = words
                .windows(2)
                .position(|pair| pair[0].text == "hdr" && pair[1].text.eq_ignore_ascii_case("authorization"));
            if let Some(at) = at {
                hide(words, at + 2);
            }
        }
        ("bind", _) => {
            if let Some(at) = words.iter().position(|word| word.text == "ca-sign-pass") {
                hide(words, at + 1);
            }
        }
        _ => {}
    }
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
        match statement.keyword() {
            "option" if !statement.is_negated() && CheckKind::of_option(statement.text(1)).is_some() => {
                check.take(statement);
            }
            "http-check" | "tcp-check" => check.take(statement),
            "log" if statement.is_negated() => Arc::make_mut(&mut logs).clear(),
            "log" => Arc::make_mut(&mut logs).push(Arc::clone(statement)),
            "default-server" => {
                late_defaults |= !servers.is_empty();
                Arc::make_mut(&mut default_server).extend(statement);
            }
            "server" | "server-template" => servers.extend(Server::read(statement, &default_server)),
            "bind" => binds.extend(Bind::read(statement)),
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
    proxy.uses = proxy.find_uses();
    proxy.summary.mode = proxy.read_mode();
    proxy.summary.is_disabled = proxy.read_disabled();
    proxy.summary.is_postgres = proxy.read_postgres();
    proxy
}

/// The comma-separated addresses of a word.
pub(super) fn addresses(word: &Word) -> Vec<Endpoint> {
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
        let context = match self.keyword() {
            _ if matches!(self.text(at), "if" | "unless") => return true,
            "server" | "server-template" | "default-server" => Context::ServerOption,
            "bind" => Context::BindOption,
            _ => return false,
        };
        let mut at = at;
        while let Some(word) = self.word(at) {
            let Some(key) = option_key(context, &word.text) else { return false };
            at += 1 + arguments(key, self, at);
        }
        at == self.words.len()
    }

    /// Puts options behind the last word of a `server`, `server-template` or `default-server` line. `None` where HAProxy
    /// would not read them: it gives a line up at a word it does not know.
    pub fn append_options(&self, options: &str) -> Option<Edit> {
        let first_option = match self.keyword() {
            "server" => 3,
            "server-template" => 4,
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
