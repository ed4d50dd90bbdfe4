//! From lines to the model: sections, inheritance, servers with the options that hold for them.

use super::check::{CheckKind, HealthCheck};
use super::names::Names;
use super::proxy::{Bind, Mode, Proxy};
use super::schema::Schema;
use super::server::{Server, ServerOption};
use super::statement::{ByName, Prefix, SameKey, Section, SectionKind, Statement};
use super::{Haproxy, Index};
use crate::condition::{Branch, Branches, Conditions};
use crate::syntax::{GluedHash, Lexer, Line, SyntaxKind, SyntaxProblem, Word};
use crate::table::{Arguments, Context, HaVersion, Key};
use crate::values::{Endpoint, endpoint};
use confvet_core::{Edit, FileId, Span};
use std::collections::{BTreeMap, HashMap};
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
    sections: Vec<Section>,
    branches: Branches,
    syntax: Vec<SyntaxProblem>,
    hashes: Vec<(GluedHash, Option<Arc<Statement>>)>,
    secrets: Vec<Span>,
    template: bool,
}

impl Builder {
    fn file(&mut self, file: FileId, text: &str) {
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
        let index = u32::try_from(self.sections.len()).unwrap_or(u32::MAX);
        let (statements, by_keyword, keywords) = (Vec::new(), ByName::new(), Names::default());
        self.sections.push(Section { kind, index, word, name, from, extra, statements, by_keyword, keywords, branch });
    }

    fn statement(&mut self, line: &mut Line, branch: Branch) {
        let Some(section) = self.sections.last_mut() else { return };
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
        let statement = Arc::new(Statement {
            words: words.drain(..).collect(),
            prefix,
            branch,
            section: section.index,
            line: line.span,
            key,
            sub,
            condition_at,
            has_calls,
            has_variable,
            has_empty,
            has_literal_variable,
        });
        section.keywords.add(statement.keyword());
        let same = match section.by_keyword.get_mut(statement.keyword()) {
            Some(same) => same,
            None => section.by_keyword.entry(statement.words[0].text.clone()).or_default(),
        };
        same.push(Arc::clone(&statement));
        section.statements.push(Arc::clone(&statement));
        if let Some(span) = line.glued {
            self.hashes.push((GluedHash { span }, Some(statement)));
        }
    }

    fn finish(self) -> (Haproxy, Vec<Span>) {
        let Builder { target, sections, branches, syntax, hashes, secrets, template } = self;
        let mut haproxy = Haproxy {
            target,
            globals: Vec::new(),
            defaults: Vec::new(),
            proxies: Vec::new(),
            others: Vec::new(),
            spoe: Vec::new(),
            reads_spoe: false,
            spoe_paths: Vec::new(),
            syntax,
            problems: Vec::new(),
            hashes,
            template,
            branches,
            index: Index::default(),
            uses: std::sync::OnceLock::new(),
        };
        let mut named_defaults: BTreeMap<String, usize> = BTreeMap::new();
        for section in sections {
            match section.kind {
                SectionKind::Global => haproxy.globals.push(section),
                SectionKind::Defaults => {
                    let number = haproxy.defaults.len();
                    let parent = section.from.as_ref().and_then(|from| named_defaults.get(from.text.as_str()).copied());
                    if let Some(name) = &section.name {
                        named_defaults.insert(name.text.to_string(), number);
                    }
                    let proxy = inherit(section, parent, &haproxy);
                    haproxy.defaults.push(proxy);
                }
                SectionKind::Frontend | SectionKind::Backend | SectionKind::Listen => {
                    let parent = match &section.from {
                        Some(from) => named_defaults.get(from.text.as_str()).copied(),
                        None => haproxy.defaults.len().checked_sub(1),
                    };
                    let proxy = inherit(section, parent, &haproxy);
                    haproxy.proxies.push(proxy);
                }
                _ => haproxy.others.push(section),
            }
        }
        haproxy.index = Index::of(&haproxy);
        let (problems, looks) = Schema::check(&haproxy);
        haproxy.problems = problems;
        for (proxy, looks) in haproxy.defaults.iter_mut().chain(&mut haproxy.proxies).zip(looks) {
            proxy.looks = looks;
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
fn inherit(section: Section, parent: Option<usize>, haproxy: &Haproxy) -> Proxy {
    let from = parent.and_then(|number| haproxy.defaults.get(number));
    let mut settings = from.map(|from| from.settings.clone()).unwrap_or_default();
    let mut set = from.map(|from| from.set).unwrap_or_default();
    let mut check = HealthCheck::inherited(from.map(|from| &from.check));
    let mut logs = from.map(|from| from.logs.clone()).unwrap_or_default();
    let mut default_server = from.map(|from| Arc::clone(&from.default_server)).unwrap_or_default();
    let (mut acls, mut tracks) = (HashMap::new(), HashMap::new());
    let mut binds = Vec::new();
    let mut servers = Vec::new();
    for statement in &section.statements {
        if let Some(slot) = statement.slot() {
            match statement.sub {
                Some(_) => set.add_pair(statement.text(0), statement.text(1)),
                None => set.add(statement.text(0)),
            }
            match settings.binary_search_by_key(&slot, |(slot, _)| *slot) {
                Ok(index) => settings[index].1 = Arc::clone(statement),
                Err(index) => settings.insert(index, (slot, Arc::clone(statement))),
            }
        }
        if let Some(track) = statement.words.iter().take(3).find(|word| word.text.starts_with("track-sc")) {
            tracks.entry(track.text.clone()).or_insert_with(Vec::new).push(Arc::clone(statement));
        }
        match statement.keyword() {
            "acl" => {
                let name = statement.word(1).map(|name| name.text.clone()).unwrap_or_default();
                acls.entry(name).or_insert_with(Vec::new).push(Arc::clone(statement));
            }
            "option" if !statement.is_negated() && CheckKind::of_option(statement.text(1)).is_some() => {
                check.take(statement);
            }
            "http-check" | "tcp-check" => check.take(statement),
            "log" if statement.is_negated() => logs.clear(),
            "log" => logs.push(Arc::clone(statement)),
            "default-server" => {
                let options = options(statement, 1, Context::ServerOption);
                let default_server = Arc::make_mut(&mut default_server);
                // Only the last value of an option counts: the list stays as short as the table of options.
                default_server.retain(|old| options.iter().all(|new| new.name() != old.name()));
                default_server.extend(options);
            }
            "server" | "server-template" => servers.extend(server(statement, &default_server)),
            "bind" => binds.extend(bind(statement)),
            _ => {}
        }
    }
    let mut proxy = Proxy {
        section,
        defaults: parent,
        binds,
        servers,
        check,
        acls,
        tracks,
        settings,
        set,
        logs,
        default_server,
        server_names: std::sync::OnceLock::new(),
        looks: Names::default(),
        mode: Mode::Tcp,
        is_disabled: false,
        is_postgres: false,
    };
    proxy.mode = proxy.read_mode();
    proxy.is_disabled = proxy.read_disabled();
    proxy.is_postgres = proxy.read_postgres();
    proxy
}

fn server(statement: &Arc<Statement>, defaults: &Arc<Vec<ServerOption>>) -> Option<Server> {
    let name = statement.word(1)?.clone();
    let (address_at, slots) =
        if statement.is("server-template") { (3, Some(slots(statement.text(2)))) } else { (2, None) };
    let word = statement.word(address_at)?;
    let address = endpoint(word, 0..word.text.len());
    let own = options(statement, address_at + 1, Context::ServerOption);
    let mut set = Names::default();
    for option in defaults.iter().chain(&own) {
        set.add(option.name());
    }
    let mut server = Server {
        statement: Arc::clone(statement),
        name,
        address,
        slots,
        defaults: Arc::clone(defaults),
        own,
        set,
        is_checked: true,
    };
    server.is_checked = server.check().is_some();
    Some(server)
}

/// `5` is 1 to 5, `3-7` is what it says.
fn slots(text: &str) -> (u32, u32) {
    match text.split_once('-') {
        Some((low, high)) => (low.parse().unwrap_or(1), high.parse().unwrap_or(1)),
        None => (1, text.parse().unwrap_or(1)),
    }
}

fn bind(statement: &Arc<Statement>) -> Option<Bind> {
    let word = statement.word(1)?;
    let options = options(statement, 2, Context::BindOption);
    let mut set = Names::default();
    for option in &options {
        set.add(option.name());
    }
    Some(Bind { statement: Arc::clone(statement), addresses: addresses(word), options, set })
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

/// The known options from a word on; reading stops at the first word that is none.
pub(super) fn options(statement: &Arc<Statement>, from: usize, context: Context) -> Vec<ServerOption> {
    let mut found = Vec::new();
    let mut at = from;
    while let Some(word) = statement.word(at).filter(|word| !word.is_empty()) {
        let Some(key) = option_key(context, &word.text) else { break };
        found.push(ServerOption { statement: Arc::clone(statement), at, key });
        at += 1 + arguments(key, statement, at);
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

/// The option a word names.
pub(super) fn option_key(context: Context, word: &str) -> Option<&'static Key> {
    if word.starts_with("set-proxy-v2-tlv-fmt") { context.find("set-proxy-v2-tlv-fmt") } else { context.find(word) }
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
