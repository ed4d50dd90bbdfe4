//! ACL files and `user` statements: who may do what. Rules are executed one after the other, as the server does.

use super::Statement;
use crate::keys::Command;
use crate::syntax::Token;
use crate::version::{Number, Release};
use compact_str::CompactString;
use confvet_core::{FileId, Sources, Span};

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
    /// The passwords that count in the end.
    pub passwords: Vec<Token>,
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
        let mut seen = std::collections::BTreeMap::new();
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
            passwords: Vec::new(),
            all_keys: false,
            has_keys: false,
            all_channels: None,
            has_channels: false,
            all_commands: false,
            has_commands: false,
        };
        let mut executor =
            Executor { user: &mut user, release, all_keys: None, all_channels: None, in_file, in_selector: None };
        for token in rules {
            executor.execute(token);
        }
        if let Some(open) = executor.in_selector {
            executor.problem(open, AclProblemKind::Parenthesis);
        }
        Some(user)
    }

    /// Is it the user that connections start with?
    pub fn is_default(&self) -> bool {
        self.name.text == "default"
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
        self.all_commands && self.all_keys
    }
}

struct Executor<'a> {
    user: &'a mut AclUser,
    release: Release,
    all_keys: Option<Span>,
    all_channels: Option<Span>,
    in_file: bool,
    in_selector: Option<Span>,
}

impl Executor<'_> {
    fn problem(&mut self, span: Span, kind: AclProblemKind) {
        self.user.problems.push(AclProblem { span, kind });
    }

    fn needs(&mut self, token: &Token, what: &'static str, version: Number) {
        if self.release.is_before(version) {
            self.problem(token.span, AclProblemKind::Needs(what, version));
        }
    }

    fn execute(&mut self, token: &Token) {
        let mut text = token.text.as_str();
        if self.in_selector.is_none() && text.starts_with('(') {
            self.needs(token, "selectors", (7, 0, 0));
            self.in_selector = Some(token.span);
            text = &text[1..];
        }
        if self.in_selector.is_some() {
            // A selector has keys, channels and commands of its own; only its end matters to the user's own state.
            if text.ends_with(')') {
                self.in_selector = None;
            }
            let word = RuleWord::Other;
            self.user.has_commands = true;
            self.user.has_keys = true;
            self.user.rules.push(AclRule { token: token.clone(), word });
            return;
        }
        let word = self.rule(token, text);
        self.user.rules.push(AclRule { token: token.clone(), word });
    }

    fn rule(&mut self, token: &Token, text: &str) -> RuleWord {
        let rest = |prefix: &str| text.strip_prefix(prefix);
        if self.in_file && text.starts_with(['"', '\'']) {
            self.problem(token.span, AclProblemKind::Quoted);
            return RuleWord::Unknown;
        }
        if let Some(password) = rest(">") {
            self.user.no_password = false;
            self.user.passwords.push(Token { text: CompactString::new(password), ..token.clone() });
            return RuleWord::Password;
        }
        if let Some(password) = rest("<") {
            self.take_away(token, password, '>');
            return RuleWord::Password;
        }
        if let Some(hash) = rest("#").or_else(|| rest("!")) {
            if !is_hash(hash) {
                let lower = hash.to_ascii_lowercase();
                self.problem(token.span, AclProblemKind::Hash(is_hash(&lower)));
            } else if text.starts_with('#') {
                self.user.no_password = false;
                self.user.passwords.push(token.clone());
            } else {
                self.take_away(token, hash, '#');
            }
            return RuleWord::Hash;
        }
        if text.starts_with('~') || text.starts_with('%') {
            return self.key_pattern(token, text);
        }
        if text.starts_with('&') {
            return self.channel_pattern(token, text);
        }
        if text.starts_with('+') || text.starts_with('-') {
            self.command(token, text);
            return RuleWord::Command;
        }
        self.word(token, text)
    }

    fn take_away(&mut self, token: &Token, secret: &str, kind: char) {
        let before = self.user.passwords.len();
        let plain = kind == '>';
        self.user.passwords.retain(|known| {
            let text = known.text.as_str();
            let is_hash_token = text.len() == 65 && text.starts_with('#');
            if plain { is_hash_token || text != secret } else { text.strip_prefix('#') != Some(secret) }
        });
        // A plain password may be taken away by its hash and the other way round: only what is surely unknown counts.
        if self.user.passwords.is_empty() && before == 0 {
            self.problem(token.span, AclProblemKind::NotGiven);
        }
    }

    fn key_pattern(&mut self, token: &Token, text: &str) -> RuleWord {
        let Some((flags, pattern)) = text.split_once('~') else {
            self.problem(token.span, AclProblemKind::Rule(token.text.clone()));
            return RuleWord::Unknown;
        };
        if let Some(flags) = flags.strip_prefix('%') {
            self.needs(token, "key permissions", (7, 0, 0));
            if flags.is_empty() || !flags.chars().all(|flag| matches!(flag, 'R' | 'W' | 'r' | 'w')) {
                self.problem(token.span, AclProblemKind::Rule(token.text.clone()));
                return RuleWord::Unknown;
            }
        }
        self.user.has_keys = true;
        if pattern == "*" && flags.is_empty() {
            self.user.all_keys = true;
            self.all_keys = Some(token.span);
        } else if let Some(all) = self.all_keys {
            self.problem(token.span, AclProblemKind::AfterAll('~', all));
        }
        RuleWord::Keys
    }

    fn channel_pattern(&mut self, token: &Token, text: &str) -> RuleWord {
        self.needs(token, "channel permissions", (6, 2, 0));
        self.user.has_channels = true;
        if text == "&*" {
            self.user.all_channels = Some(true);
            self.all_channels = Some(token.span);
        } else if let Some(all) = self.all_channels {
            self.problem(token.span, AclProblemKind::AfterAll('&', all));
        } else if self.user.all_channels.is_none()
            && self.release.is_known_since((6, 2, 0))
            && self.release.is_before((7, 0, 0))
        {
            // In 6.2 every new user starts with all channels.
            self.problem(token.span, AclProblemKind::AfterAll('&', self.user.name.span));
        }
        RuleWord::Channels
    }

    fn command(&mut self, token: &Token, text: &str) {
        let adds = text.starts_with('+');
        let name = text[1..].to_ascii_lowercase();
        if let Some(category) = name.strip_prefix('@') {
            if category == "all" {
                self.user.all_commands = adds;
                self.user.has_commands = adds;
                return;
            }
            let known = Command::find(&name).is_some_and(|category| category.exists_in(self.release));
            if !known && !self.modules_may_bring(category) {
                self.problem(token.span, AclProblemKind::Category(name.clone().into()));
            }
        } else {
            self.check_command(token, &name, adds);
        }
        if adds {
            self.user.has_commands = true;
        } else {
            self.user.all_commands = false;
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

    fn check_command(&mut self, token: &Token, name: &str, adds: bool) {
        let (command, sub) = name.split_once('|').map_or((name, None), |(command, sub)| (command, Some(sub)));
        let exists = |name: &str| Command::find(name).is_some_and(|command| command.exists_in(self.release));
        let from_module = command.contains('.') && (!self.release.is_known() || self.release.since((8, 0, 0)));
        if !exists(command) {
            if !from_module {
                self.problem(token.span, AclProblemKind::Command(command.into()));
            }
            return;
        }
        let Some(sub) = sub else { return };
        if !adds && self.release.is_before((7, 0, 0)) {
            self.problem(token.span, AclProblemKind::Needs("`-command|subcommand`", (7, 0, 0)));
            return;
        }
        let is_container = Command::has_subcommands(command);
        let unknown = is_container && self.release.since((7, 0, 0)) && !exists(name);
        if sub.is_empty() || unknown || (!adds && !is_container) {
            self.problem(token.span, AclProblemKind::Subcommand(name.into()));
        }
    }

    fn word(&mut self, token: &Token, text: &str) -> RuleWord {
        match text.to_ascii_lowercase().as_str() {
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
            "reset" => self.reset(),
            "allkeys" => {
                self.user.all_keys = true;
                self.user.has_keys = true;
                self.all_keys = Some(token.span);
                return RuleWord::Keys;
            }
            "resetkeys" => {
                self.user.all_keys = false;
                self.user.has_keys = false;
                self.all_keys = None;
            }
            "allchannels" => {
                self.needs(token, "channel permissions", (6, 2, 0));
                self.user.all_channels = Some(true);
                self.user.has_channels = true;
                self.all_channels = Some(token.span);
                return RuleWord::Channels;
            }
            "resetchannels" => {
                self.needs(token, "channel permissions", (6, 2, 0));
                self.user.all_channels = Some(false);
                self.user.has_channels = false;
                self.all_channels = None;
            }
            "allcommands" => {
                self.user.all_commands = true;
                self.user.has_commands = true;
            }
            "nocommands" => {
                self.user.all_commands = false;
                self.user.has_commands = false;
            }
            "skip-sanitize-payload" | "sanitize-payload" => self.needs(token, "`sanitize-payload`", (6, 2, 0)),
            "clearselectors" => self.needs(token, "selectors", (7, 0, 0)),
            _ => {
                self.problem(token.span, AclProblemKind::Rule(token.text.clone()));
                return RuleWord::Unknown;
            }
        }
        RuleWord::Other
    }

    fn reset(&mut self) {
        self.user.enabled = Some(false);
        self.user.no_password = false;
        self.user.passwords.clear();
        self.user.all_keys = false;
        self.user.has_keys = false;
        self.user.all_channels = None;
        self.user.has_channels = false;
        self.user.all_commands = false;
        self.user.has_commands = false;
        self.all_keys = None;
        self.all_channels = None;
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
        assert!(!acl.users[1].can_log_in() && acl.users[1].enabled.is_none() && !acl.users[1].all_keys);
        assert!(acl.users[2].can_log_in() && !acl.users[2].is_open() && !acl.users[2].is_almighty());
        assert_eq!(acl.users[2].passwords.len(), 1);
    }
}
