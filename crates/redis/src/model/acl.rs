//! ACL files and `user` statements: who may do what. Rules are executed one after the other, as the server does.

use super::Statement;
use crate::keys::Command;
use crate::syntax::Token;
use crate::version::{Number, Release};
use compact_str::CompactString;
use confvet_core::{FileId, Map, Sources, Span};

/// An ACL file.
#[derive(Debug, Clone, PartialEq)]
pub struct AclFile {
    /// The file.
    pub file: FileId,
    /// Its users, in the order of the file.
    pub users: Vec<AclUser>,
    /// Lines that are no `user` lines. Faults of rules are with their users.
    pub problems: Vec<AclProblem>,
    /// `ACL SAVE` wrote it.
    pub saved_by_server: bool,
}

/// A user with the state its rules come to.
#[derive(Debug, Clone, PartialEq)]
pub struct AclUser {
    /// The name.
    pub name: Token,
    /// The rules, in the order of execution.
    pub rules: Vec<AclRule>,
    /// What the server refuses about them.
    pub problems: Vec<AclProblem>,
    /// `on` or `off`, whichever came last; `None` leaves a new user off.
    pub enabled: Option<bool>,
    /// Anyone may log in as this user.
    pub no_password: bool,
    /// What the user may do; selectors may add to it.
    pub permissions: Permissions,
    /// A selector allows some command.
    pub has_selectors: bool,
    /// Indexes of the rules that give the passwords that count in the end.
    passwords: Vec<u32>,
}

/// What a user may do, or one of its selectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Permissions {
    /// Every key.
    pub all_keys: bool,
    /// Some keys at least.
    pub has_keys: bool,
    /// Every channel; decided by `acl-pubsub-default` when `None`.
    pub all_channels: Option<bool>,
    /// Some channels at least are named.
    pub has_channels: bool,
    /// `+@all` without anything taken away later.
    pub all_commands: bool,
    /// Some commands at least are allowed.
    pub has_commands: bool,
    all_keys_at: Option<Span>,
    all_channels_at: Option<Span>,
}

/// One rule of a user.
#[derive(Debug, Clone, PartialEq)]
pub struct AclRule {
    /// As written.
    pub token: Token,
    /// What it is.
    pub word: RuleWord,
}

/// What kind of rule it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleWord {
    /// `>…`, `<…`: a password in plain text.
    Password,
    /// `#…`, `!…`: the SHA-256 of a password.
    Hash,
    /// `+…`, `-…`.
    Command,
    /// `~…`, `%R~…`, `allkeys`.
    Keys,
    /// `&…`, `allchannels`.
    Channels,
    /// Anything else that is known.
    Other,
    /// Not known.
    Unknown,
}

/// What the server refuses.
#[derive(Debug, Clone, PartialEq)]
pub struct AclProblem {
    /// The token or line.
    pub span: Span,
    /// What is wrong.
    pub kind: AclProblemKind,
}

/// Faults of ACL files and rules.
#[derive(Debug, Clone, PartialEq)]
pub enum AclProblemKind {
    /// A line that is no `user` line.
    Line(LineFault),
    /// A second line for the same user; the first one.
    Duplicate(CompactString, Span),
    /// No such rule.
    Rule(CompactString),
    /// Quotes do not quote in ACL files.
    Quoted,
    /// No such command.
    Command(CompactString),
    /// No such subcommand.
    Subcommand(CompactString),
    /// No such category.
    Category(CompactString),
    /// A pattern behind `~*` or `&*`, which stands here.
    AfterAll(char, Span),
    /// Not 64 hexadecimal digits in lower case; whether lower case alone mends it.
    Hash(bool),
    /// A password is taken away that was never given.
    NotGiven,
    /// What it is, and the version of Redis that brought it.
    Needs(&'static str, Number),
    /// A parenthesis that does not close.
    Parenthesis,
}

/// Why a line of an ACL file is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineFault {
    /// A comment.
    Comment,
    /// Another first word than `user` in lower case.
    NotUser,
    /// `User` or `USER`.
    Case,
    /// No name.
    NoName,
    /// More than one space, or a tab, in front of the name; the span covers them.
    Gap,
    /// A tab between rules.
    Tab,
}

impl AclFile {
    pub(crate) fn read(sources: &Sources, file: FileId, release: Release) -> Self {
        let text = sources.get(file).text();
        let mut acl = AclFile { file, users: Vec::new(), problems: Vec::new(), saved_by_server: false };
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let trimmed = line.trim_matches([' ', '\t', '\r', '\n']);
            let start = at + (line.len() - line.trim_start_matches([' ', '\t', '\r', '\n']).len());
            at += line.len();
            if !trimmed.is_empty() {
                acl.read_line(trimmed, Span::new(file, start..start + trimmed.len()), release);
            }
        }
        let sanitized = |rule: &AclRule| rule.token.text.ends_with("sanitize-payload");
        acl.saved_by_server = acl.users.iter().any(|user| user.rules.iter().any(sanitized));
        acl.find_duplicates(release);
        acl
    }

    fn read_line(&mut self, line: &str, span: Span, release: Release) {
        let mut problem = |span: Span, fault| {
            self.problems.push(AclProblem { span, kind: AclProblemKind::Line(fault) });
        };
        let end = line.find([' ', '\t']).unwrap_or(line.len());
        let (word, rest) = line.split_at(end);
        if line.starts_with('#') {
            return problem(span, LineFault::Comment);
        }
        if word != "user" {
            let fault = if word.eq_ignore_ascii_case("user") { LineFault::Case } else { LineFault::NotUser };
            problem(span.slice(0..end), fault);
            if fault == LineFault::NotUser {
                return;
            }
        }
        let name = rest.trim_start_matches([' ', '\t']);
        if name.is_empty() {
            return problem(span, LineFault::NoName);
        }
        let gap = rest.len() - name.len();
        if &rest[..gap] != " " {
            problem(span.slice(end..end + gap), LineFault::Gap);
        }
        for (tab, _) in name.match_indices('\t') {
            problem(span.slice(end + gap + tab..end + gap + tab + 1), LineFault::Tab);
        }
        let mut tokens = Vec::new();
        let mut at = end + gap;
        for part in name.split([' ', '\t']) {
            if !part.is_empty() {
                let span = span.slice(at..at + part.len());
                tokens.push(Token { text: CompactString::new(part), span, quoted: false });
            }
            at += part.len() + 1;
        }
        self.users.extend(AclUser::from_tokens(&tokens, release, true));
    }

    fn find_duplicates(&mut self, release: Release) {
        if release.is_before((7, 0, 0)) {
            return;
        }
        let mut seen = Map::new();
        for user in &self.users {
            if let Some(first) = seen.insert(user.name.text.clone(), user.name.span) {
                seen.insert(user.name.text.clone(), first);
                let kind = AclProblemKind::Duplicate(user.name.text.clone(), first);
                self.problems.push(AclProblem { span: user.name.span, kind });
            }
        }
    }

    /// The user `default`, if the file has a line for it. Without one it may do everything without a password.
    pub fn default_user(&self) -> Option<&AclUser> {
        self.users.iter().rfind(|user| user.is_default())
    }
}

impl AclRule {
    /// The password, or its hash, that the rule gives or takes away.
    pub fn secret(&self) -> Option<Secret<'_>> {
        let text = self.token.text.get(1..)?;
        match self.word {
            RuleWord::Password => Some(Secret::Plain(text)),
            RuleWord::Hash => Some(Secret::Hash(text)),
            _ => None,
        }
    }
}

/// A password as an ACL rule writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secret<'a> {
    /// In plain text.
    Plain(&'a str),
    /// Its SHA-256 in 64 hexadecimal digits.
    Hash(&'a str),
}

impl Secret<'_> {
    /// Is it the same password, however the two are written?
    pub fn is_same(self, other: Secret<'_>) -> bool {
        match (self, other) {
            (Secret::Plain(ours), Secret::Plain(theirs)) | (Secret::Hash(ours), Secret::Hash(theirs)) => ours == theirs,
            (Secret::Plain(plain), Secret::Hash(hash)) | (Secret::Hash(hash), Secret::Plain(plain)) => {
                sha256(plain) == hash
            }
        }
    }
}

/// The SHA-256 of a password, as ACL rules write it behind `#`.
pub(crate) fn sha256(password: &str) -> String {
    use sha2::Digest;
    use std::fmt::Write;
    let mut hash = String::with_capacity(64);
    for byte in sha2::Sha256::digest(password.as_bytes()) {
        // Writing to a string cannot fail.
        let _ = write!(hash, "{byte:02x}");
    }
    hash
}

impl AclUser {
    pub(crate) fn from_statement(statement: &Statement, release: Release) -> Option<Self> {
        Self::from_tokens(statement.values(), release, false)
    }

    fn from_tokens(tokens: &[Token], release: Release, in_file: bool) -> Option<Self> {
        let (name, rules) = tokens.split_first()?;
        let mut user = AclUser {
            name: name.clone(),
            rules: Vec::with_capacity(rules.len()),
            problems: Vec::new(),
            enabled: None,
            no_password: false,
            permissions: Permissions::default(),
            has_selectors: false,
            passwords: Vec::new(),
        };
        let mut executor = Executor { user: &mut user, release, in_file, selector: None };
        for token in rules {
            let word = executor.execute(token);
            executor.user.rules.push(AclRule { token: token.clone(), word });
        }
        if let Some(open) = executor.selector.as_ref().map(|selector| selector.open) {
            executor.problem(open, AclProblemKind::Parenthesis);
        }
        Some(user)
    }

    /// Is it the user that connections start with?
    pub fn is_default(&self) -> bool {
        self.name.text == "default"
    }

    /// The rules that give the passwords that count in the end.
    pub fn passwords(&self) -> impl Iterator<Item = &AclRule> {
        self.passwords.iter().filter_map(|&index| self.rules.get(index as usize))
    }

    /// Does it have this password, in plain text or as a hash?
    pub fn has_password(&self, password: &str) -> bool {
        self.passwords().filter_map(AclRule::secret).any(|secret| secret.is_same(Secret::Plain(password)))
    }

    /// May somebody log in as this user?
    pub fn can_log_in(&self) -> bool {
        self.enabled == Some(true) && (self.no_password || !self.passwords.is_empty())
    }

    /// May everybody use it without a password?
    pub fn is_open(&self) -> bool {
        self.enabled == Some(true) && self.no_password
    }

    /// May it run any command on any key?
    pub fn is_almighty(&self) -> bool {
        self.permissions.all_commands && self.permissions.all_keys
    }

    /// May it run this command, which belongs to these categories? Selectors are not looked at.
    pub fn may_run(&self, command: &str, categories: &[&str]) -> bool {
        let mut allowed = false;
        for rule in &self.rules {
            let text = rule.token.as_str();
            let (adds, name) = match (text.strip_prefix('+'), text.strip_prefix('-')) {
                (Some(name), _) => (true, name),
                (None, Some(name)) => (false, name),
                (None, None) if text.eq_ignore_ascii_case("allcommands") => (true, "@all"),
                (None, None) if text.eq_ignore_ascii_case("nocommands") || text.eq_ignore_ascii_case("reset") => {
                    (false, "@all")
                }
                (None, None) => continue,
            };
            let hit = match name.strip_prefix('@') {
                Some(category) => {
                    category.eq_ignore_ascii_case("all")
                        || categories.iter().any(|other| category.eq_ignore_ascii_case(other))
                }
                None => name.eq_ignore_ascii_case(command),
            };
            if hit {
                allowed = adds;
            }
        }
        allowed
    }
}

/// A selector that is being read: `(~a:* +get)`.
struct Selector {
    open: Span,
    permissions: Permissions,
}

struct Executor<'a> {
    user: &'a mut AclUser,
    release: Release,
    in_file: bool,
    selector: Option<Selector>,
}

impl Executor<'_> {
    fn problem(&mut self, span: Span, kind: AclProblemKind) {
        self.user.problems.push(AclProblem { span, kind });
    }

    fn needs(&mut self, span: Span, what: &'static str, version: Number) {
        if self.release.is_before(version) {
            self.problem(span, AclProblemKind::Needs(what, version));
        }
    }

    /// What the rules at this place are about: the user, or the selector that is open.
    fn permissions(&mut self) -> &mut Permissions {
        match &mut self.selector {
            Some(selector) => &mut selector.permissions,
            None => &mut self.user.permissions,
        }
    }

    fn execute(&mut self, token: &Token) -> RuleWord {
        let text = token.text.as_str();
        if self.selector.is_none() && !text.starts_with('(') {
            return self.rule(token.span, text);
        }
        let mut range = 0..text.len();
        if self.selector.is_none() {
            self.needs(token.span, "selectors", (7, 0, 0));
            self.selector = Some(Selector { open: token.span, permissions: Permissions::default() });
            range.start = 1;
        }
        let closes = range.start < range.end && text.ends_with(')');
        range.end -= usize::from(closes);
        // Before 7.0 the whole selector is what is wrong.
        if range.start < range.end && !self.release.is_before((7, 0, 0)) {
            // Quotes move the text, so that only the whole word can be pointed at.
            let span = if token.quoted { token.span } else { token.span.slice(range.clone()) };
            self.in_selector(span, &text[range]);
        }
        if closes && let Some(selector) = self.selector.take() {
            self.user.has_selectors |= selector.permissions.has_commands;
        }
        RuleWord::Other
    }

    /// Selectors know keys, channels and commands only.
    fn in_selector(&mut self, span: Span, text: &str) {
        const WORDS: &[&str] = &["allkeys", "resetkeys", "allchannels", "resetchannels", "allcommands", "nocommands"];
        let known =
            text.starts_with(['~', '%', '&', '+', '-']) || WORDS.iter().any(|word| text.eq_ignore_ascii_case(word));
        if known {
            self.rule(span, text);
        } else {
            self.problem(span, AclProblemKind::Rule(text.into()));
        }
    }

    fn rule(&mut self, span: Span, text: &str) -> RuleWord {
        let Some(&sign) = text.as_bytes().first() else { return RuleWord::Other };
        match sign {
            b'"' | b'\'' if self.in_file => {
                self.problem(span, AclProblemKind::Quoted);
                RuleWord::Unknown
            }
            b'>' => {
                self.give();
                RuleWord::Password
            }
            b'<' => {
                self.take_away(span, Secret::Plain(&text[1..]));
                RuleWord::Password
            }
            b'#' | b'!' => {
                let hash = &text[1..];
                if !is_hash(hash) {
                    self.problem(span, AclProblemKind::Hash(is_hash(&hash.to_ascii_lowercase())));
                } else if sign == b'#' {
                    self.give();
                } else {
                    self.take_away(span, Secret::Hash(hash));
                }
                RuleWord::Hash
            }
            b'~' | b'%' => self.key_pattern(span, text),
            b'&' => self.channel_pattern(span, text),
            b'+' | b'-' => {
                self.command(span, text);
                RuleWord::Command
            }
            _ => self.word(span, text),
        }
    }

    /// The rule that is being executed gives a password.
    fn give(&mut self) {
        self.user.no_password = false;
        self.user.passwords.extend(u32::try_from(self.user.rules.len()).ok());
    }

    fn take_away(&mut self, span: Span, secret: Secret<'_>) {
        let AclUser { passwords, rules, .. } = &mut *self.user;
        let before = passwords.len();
        passwords.retain(|&index| {
            let known = rules.get(index as usize).and_then(AclRule::secret);
            known.is_none_or(|known| !known.is_same(secret))
        });
        if passwords.len() == before {
            self.problem(span, AclProblemKind::NotGiven);
        }
    }

    fn key_pattern(&mut self, span: Span, text: &str) -> RuleWord {
        let Some((flags, pattern)) = text.split_once('~') else {
            self.problem(span, AclProblemKind::Rule(text.into()));
            return RuleWord::Unknown;
        };
        if let Some(flags) = flags.strip_prefix('%') {
            self.needs(span, "key permissions", (7, 0, 0));
            if flags.is_empty() || !flags.chars().all(|flag| matches!(flag, 'R' | 'W' | 'r' | 'w')) {
                self.problem(span, AclProblemKind::Rule(text.into()));
                return RuleWord::Unknown;
            }
        }
        let permissions = self.permissions();
        permissions.has_keys = true;
        if pattern == "*" && flags.is_empty() {
            permissions.all_keys = true;
            permissions.all_keys_at = Some(span);
        } else if let Some(all) = permissions.all_keys_at {
            self.problem(span, AclProblemKind::AfterAll('~', all));
        }
        RuleWord::Keys
    }

    fn channel_pattern(&mut self, span: Span, text: &str) -> RuleWord {
        self.needs(span, "channel permissions", (6, 2, 0));
        // In 6.2 every new user starts with all channels.
        let starts_with_all = self.release.is_known_since((6, 2, 0)) && self.release.is_before((7, 0, 0));
        let name = self.user.name.span;
        let permissions = self.permissions();
        permissions.has_channels = true;
        if text == "&*" {
            permissions.all_channels = Some(true);
            permissions.all_channels_at = Some(span);
        } else if let Some(all) = permissions.all_channels_at {
            self.problem(span, AclProblemKind::AfterAll('&', all));
        } else if permissions.all_channels.is_none() && starts_with_all {
            self.problem(span, AclProblemKind::AfterAll('&', name));
        }
        RuleWord::Channels
    }

    fn command(&mut self, span: Span, text: &str) {
        let adds = text.starts_with('+');
        let mut name = CompactString::new(&text[1..]);
        name.make_ascii_lowercase();
        if name == "@all" {
            let permissions = self.permissions();
            permissions.all_commands = adds;
            permissions.has_commands = adds;
            return;
        }
        if let Some(category) = name.strip_prefix('@') {
            let known = Command::find(&name).is_some_and(|category| category.exists_in(self.release));
            if !known && !self.modules_may_bring(category) {
                self.problem(span, AclProblemKind::Category(name.clone()));
            }
        } else {
            self.check_command(span, &name, adds);
        }
        if adds {
            self.permissions().has_commands = true;
        } else {
            self.permissions().all_commands = false;
        }
    }

    /// Redis 8 brings modules with categories of their own.
    fn modules_may_bring(&self, category: &str) -> bool {
        let from_modules = matches!(
            category,
            "search" | "json" | "bloom" | "cuckoo" | "cms" | "topk" | "tdigest" | "timeseries" | "vectorset"
        );
        from_modules && (!self.release.is_known() || self.release.since((8, 0, 0)))
    }

    fn check_command(&mut self, span: Span, name: &str, adds: bool) {
        let (command, sub) = name.split_once('|').map_or((name, None), |(command, sub)| (command, Some(sub)));
        let exists = |name: &str| Command::find(name).is_some_and(|command| command.exists_in(self.release));
        let from_module = command.contains('.') && (!self.release.is_known() || self.release.since((8, 0, 0)));
        if !exists(command) {
            if !from_module {
                self.problem(span, AclProblemKind::Command(command.into()));
            }
            return;
        }
        let Some(sub) = sub else { return };
        if !adds && self.release.is_before((7, 0, 0)) {
            self.problem(span, AclProblemKind::Needs("`-command|subcommand`", (7, 0, 0)));
            return;
        }
        let is_container = Command::has_subcommands(command);
        let unknown = is_container && self.release.since((7, 0, 0)) && !exists(name);
        if sub.is_empty() || unknown || (!adds && !is_container) {
            self.problem(span, AclProblemKind::Subcommand(name.into()));
        }
    }

    fn word(&mut self, span: Span, text: &str) -> RuleWord {
        let mut word = CompactString::new(text);
        word.make_ascii_lowercase();
        match word.as_str() {
            "on" => self.user.enabled = Some(true),
            "off" => self.user.enabled = Some(false),
            "nopass" => {
                self.user.no_password = true;
                self.user.passwords.clear();
            }
            "resetpass" => {
                self.user.no_password = false;
                self.user.passwords.clear();
            }
            "reset" => {
                self.user.enabled = Some(false);
                self.user.no_password = false;
                self.user.passwords.clear();
                self.user.permissions = Permissions::default();
            }
            "allkeys" => {
                let permissions = self.permissions();
                permissions.all_keys = true;
                permissions.has_keys = true;
                permissions.all_keys_at = Some(span);
                return RuleWord::Keys;
            }
            "resetkeys" => {
                let permissions = self.permissions();
                permissions.all_keys = false;
                permissions.has_keys = false;
                permissions.all_keys_at = None;
            }
            "allchannels" => {
                self.needs(span, "channel permissions", (6, 2, 0));
                let permissions = self.permissions();
                permissions.all_channels = Some(true);
                permissions.has_channels = true;
                permissions.all_channels_at = Some(span);
                return RuleWord::Channels;
            }
            "resetchannels" => {
                self.needs(span, "channel permissions", (6, 2, 0));
                let permissions = self.permissions();
                permissions.all_channels = Some(false);
                permissions.has_channels = false;
                permissions.all_channels_at = None;
            }
            "allcommands" => {
                let permissions = self.permissions();
                permissions.all_commands = true;
                permissions.has_commands = true;
            }
            "nocommands" => {
                let permissions = self.permissions();
                permissions.all_commands = false;
                permissions.has_commands = false;
            }
            "skip-sanitize-payload" | "sanitize-payload" => self.needs(span, "`sanitize-payload`", (6, 2, 0)),
            "clearselectors" => {
                self.needs(span, "selectors", (7, 0, 0));
                self.user.has_selectors = false;
            }
            _ => {
                self.problem(span, AclProblemKind::Rule(text.into()));
                return RuleWord::Unknown;
            }
        }
        RuleWord::Other
    }
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::version::Engine;
    use confvet_core::Source;

    fn read(text: &str, release: Release) -> AclFile {
        let sources: Sources = [Source::new("users.acl", text)].into_iter().collect();
        AclFile::read(&sources, FileId(0), release)
    }

    fn kinds(text: &str, release: Release) -> Vec<AclProblemKind> {
        let acl = read(text, release);
        let of_users = acl.users.iter().flat_map(|user| user.problems.iter());
        acl.problems.iter().chain(of_users).map(|problem| problem.kind.clone()).collect()
    }

    const REDIS_6: Release = Release::new(Engine::Redis, (6, 0, 20));
    const REDIS_6_2: Release = Release::new(Engine::Redis, (6, 2, 16));
    const REDIS_7: Release = Release::new(Engine::Redis, (7, 0, 15));

    #[test]
    fn lines_are_user_lines_and_nothing_else() {
        let line = |fault| vec![AclProblemKind::Line(fault)];
        assert_eq!(kinds("# accounts\nuser a on", REDIS_7), line(LineFault::Comment));
        assert_eq!(kinds("User a on", REDIS_7), line(LineFault::Case));
        assert_eq!(kinds("user  a on", REDIS_7), line(LineFault::Gap));
        assert_eq!(kinds("user\ta on", REDIS_7), line(LineFault::Gap));
        assert_eq!(kinds("user", REDIS_7), line(LineFault::NoName));
        assert_eq!(kinds("\r\n  user a on  off \r\n", REDIS_7), []);
    }

    #[test]
    fn a_second_line_for_a_user_is_refused_from_7_on() {
        assert_eq!(kinds("user a on\nuser a off", REDIS_6_2), []);
        assert!(matches!(kinds("user a on\nuser a off", REDIS_7)[..], [AclProblemKind::Duplicate(..)]));
    }

    #[test]
    fn patterns_behind_all_are_refused() {
        assert!(matches!(kinds("user a ~* ~app:*", REDIS_7)[..], [AclProblemKind::AfterAll('~', _)]));
        assert!(matches!(kinds("user a &x", REDIS_6_2)[..], [AclProblemKind::AfterAll('&', _)]));
        assert_eq!(kinds("user a resetchannels &x", REDIS_6_2), []);
        assert_eq!(kinds("user a &x ~* resetkeys ~b", REDIS_7), []);
    }

    #[test]
    fn rules_need_their_version() {
        for (rule, fine_from) in
            [("%R~a", (7, 0, 0)), ("(~a +get)", (7, 0, 0)), ("-config|set", (7, 0, 0)), ("&*", (6, 2, 0))]
        {
            let found = kinds(&format!("user a {rule}"), REDIS_6);
            assert!(
                matches!(found[..], [AclProblemKind::Needs(_, version)] if version == fine_from),
                "{rule}: {found:?}"
            );
            assert_eq!(kinds(&format!("user a {rule}"), REDIS_7), [], "{rule}");
        }
    }

    #[test]
    fn commands_categories_and_hashes_are_checked() {
        assert_eq!(kinds("user a +get +@read -@dangerous +config|get +select|0", REDIS_7), []);
        assert_eq!(kinds("user a +gett", REDIS_7), [AclProblemKind::Command("gett".into())]);
        assert_eq!(kinds("user a +@reads", REDIS_7), [AclProblemKind::Category("@reads".into())]);
        assert_eq!(kinds("user a +config|gett", REDIS_7), [AclProblemKind::Subcommand("config|gett".into())]);
        assert_eq!(kinds("user a #ABC", REDIS_7), [AclProblemKind::Hash(false)]);
        assert_eq!(kinds("user a <x", REDIS_7), [AclProblemKind::NotGiven]);
        assert_eq!(kinds("user a (+get", REDIS_7), [AclProblemKind::Parenthesis]);
        assert_eq!(kinds("user a \"on\"", REDIS_7), [AclProblemKind::Quoted]);
        assert_eq!(kinds("user a +json.get +@search", Release::UNKNOWN), []);
    }

    #[test]
    fn the_state_is_what_the_rules_come_to() {
        let acl = read(
            "user default on nopass ~* &* +@all\nuser a >x ~a:* +@read\nuser b on >x nopass >y +@all -@dangerous ~*",
            REDIS_7,
        );
        assert!(acl.users[0].is_open() && acl.users[0].is_almighty());
        assert!(!acl.users[1].can_log_in() && acl.users[1].enabled.is_none() && !acl.users[1].permissions.all_keys);
        assert!(acl.users[2].can_log_in() && !acl.users[2].is_open() && !acl.users[2].is_almighty());
        assert_eq!(acl.users[2].passwords().count(), 1);
    }

    #[test]
    fn a_password_is_the_same_however_it_is_written() {
        let hash = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
        assert_eq!(sha256("foo"), hash);
        let acl = read(&format!("user a on >foo <bar\nuser b on #{hash} <foo\nuser c on >foo !{hash}"), REDIS_7);
        assert!(acl.users[0].has_password("foo") && !acl.users[0].has_password("bar"));
        assert!(matches!(acl.users[0].problems[..], [AclProblem { kind: AclProblemKind::NotGiven, .. }]));
        assert!(!acl.users[1].can_log_in() && acl.users[1].problems.is_empty());
        assert!(!acl.users[2].can_log_in() && acl.users[2].problems.is_empty());
    }

    #[test]
    fn selectors_have_permissions_of_their_own() {
        assert_eq!(kinds("user a ~a:* (~b:* +get) ( &x -@all ) () ~c:*", REDIS_7), []);
        assert_eq!(kinds("user a (~b:* +gett)", REDIS_7), [AclProblemKind::Command("gett".into())]);
        assert_eq!(kinds("user a (on +get)", REDIS_7), [AclProblemKind::Rule("on".into())]);
        assert!(matches!(kinds("user a (~* ~b)", REDIS_7)[..], [AclProblemKind::AfterAll('~', _)]));
        assert!(read("user a on nopass (~* +@all)", REDIS_7).users[0].has_selectors);
    }

    #[test]
    fn commands_are_allowed_in_the_order_of_the_rules() {
        let may = |rules: &str| {
            read(&format!("user a {rules}"), REDIS_7).users[0].may_run("psync", &["admin", "slow", "dangerous"])
        };
        assert!(may("+@all") && may("+psync") && may("allcommands -@dangerous +psync") && may("-@all +@admin"));
        assert!(!may("") && !may("+@all -@dangerous") && !may("+@all -psync") && !may("+@read"));
    }
}
