//! What HAProxy refuses in the sections that an engine reads.

use super::super::schema::{Problem, ProblemKind, is_build};
use super::super::{Call, Criterion, Expression, Haproxy};
use super::{EVENTS, OPTIONS, SpoeFile, SpoeFilter, SpoeKind, SpoeLine, SpoeSection, condition, invalid, is_name};
use crate::condition::Branch;
use crate::syntax::Word;
use crate::table::Context;
use crate::values::{Unit, leading_number, time};
use confvet_core::{Keys, Span, did_you_mean};

/// One run over the engines.
pub(super) struct Checks<'a> {
    pub(super) haproxy: &'a Haproxy,
    pub(super) problems: Vec<Problem>,
}

impl<'a> Checks<'a> {
    fn refuse(&mut self, span: Span, branch: Branch, message: String) {
        self.problems.push(invalid(span, branch, message));
    }

    /// A filter has to find an agent.
    pub(super) fn filter(&mut self, filter: &SpoeFilter<'_>) {
        let engine = filter.engine_name();
        let Some(spoe) = self.haproxy.spoe_file(filter).filter(|_| filter.engine.is_none_or(Word::is_known)) else {
            return;
        };
        if spoe.of_kind(engine, SpoeKind::SpoeAgent).next().is_none() && !self.haproxy.template {
            let scope = match engine {
                Some(engine) => format!("in the scope `[{engine}]`"),
                None => "outside of all scopes".to_owned(),
            };
            let message = format!("`{}` has no `spoe-agent` {scope}", filter.config.text);
            self.refuse(filter.config.span, filter.statement.branch, message);
        }
    }

    pub(super) fn engine(&mut self, spoe: &'a SpoeFile, engine: Option<&'a str>) {
        let agents = spoe.of_kind(engine, SpoeKind::SpoeAgent);
        let sent: Keys<&str> = agents.flat_map(|agent| agent.listed("messages")).map(|(_, word)| word.text).collect();
        for section in spoe.of_engine(engine) {
            self.header(section);
            for line in section.lines.iter().filter(|line| line.is_whole()) {
                self.line(section, line);
            }
            match section.kind {
                SpoeKind::SpoeAgent => {
                    self.lists(section, &["messages", "groups"]);
                    if !section.lines.iter().any(|line| line.text(0) == "use-backend") {
                        let message = format!("SPOE agent `{}` has no `use-backend`", section.name());
                        self.refuse(section.header(), section.branch, message);
                    }
                }
                SpoeKind::SpoeGroup => self.lists(section, &["messages"]),
                SpoeKind::SpoeMessage => self.arguments(section, sent.contains(section.name())),
            }
        }
    }

    fn header(&mut self, section: &SpoeSection) {
        let kind = section.kind.as_str();
        match &section.name {
            None => self.refuse(section.word, section.branch, format!("a `{kind}` section needs a name")),
            Some(name) if name.is_known() && !is_name(&name.text) => {
                self.refuse(name.span, section.branch, format!("`{}` is not a valid name for a `{kind}`", name.text));
            }
            Some(_) => {}
        }
        if let Some(extra) =
            section.extra.as_ref().filter(|extra| !extra.word().is_variable() && !extra.text.is_empty())
        {
            self.refuse(
                extra.span,
                section.branch,
                format!("`{kind}` takes a name only; `{}` is one too many", extra.text),
            );
        }
    }

    /// No message or group may be listed twice.
    fn lists(&mut self, section: &SpoeSection, keywords: &[&str]) {
        for keyword in keywords {
            let mut seen = Keys::new();
            for (line, word) in section.listed(keyword).filter(|(_, word)| word.is_known() && !word.is_empty()) {
                if !seen.insert(word.text) {
                    let message = format!("`{}` is already listed in this {}", word.text, section.kind.as_str());
                    self.refuse(word.span, line.branch, message);
                }
            }
        }
    }

    fn line(&mut self, section: &SpoeSection, line: &SpoeLine) {
        let word = line.first();
        let context = section.kind.context();
        if let Some(prefix) = line.prefix_word().filter(|_| !matches!(word.text, "option" | "log")) {
            let message = format!("`{} {}` is refused: only options can be negated", prefix.text, word.text);
            self.refuse(prefix.span.to(word.span), line.branch, message);
            return;
        }
        if context.find(word.text).is_none() {
            // A message skips the lines it does not know.
            if section.kind != SpoeKind::SpoeMessage {
                let near = did_you_mean(word.text, context.names());
                let kind = ProblemKind::Unknown { what: "SPOE keyword", word: word.text.to_string(), near };
                self.problems.push(Problem { kind, span: word.span, branch: line.branch, statement: None });
            }
            return;
        }
        match (section.kind, word.text) {
            (_, "use-backend") => self.words(line, 1, 1, "the name of a backend"),
            (_, "timeout") => self.timeout(line),
            (_, "option") => self.option(line),
            (_, "maxconnrate" | "maxerrrate") => self.words(line, 1, usize::MAX, "a number"),
            (_, "max-frame-size" | "max-waiting-frames") => {
                self.words(line, 1, usize::MAX, "a number");
                self.size(line);
            }
            (_, "register-var-names") => {
                self.words(line, 1, usize::MAX, "the name of a variable");
                self.variables(line);
            }
            (_, "log") if line.prefix.is_none() => {
                self.words(line, 1, usize::MAX, "an address and a facility, or `global`");
            }
            (SpoeKind::SpoeMessage, "event") => self.event(line),
            (SpoeKind::SpoeMessage, "acl") => self.acl(line),
            _ => {}
        }
    }

    /// So many words behind the keyword.
    fn words(&mut self, line: &SpoeLine, least: usize, most: usize, what: &str) {
        let word = line.first();
        if line.words().len() <= least {
            self.refuse(word.span, line.branch, format!("`{}` needs {what}", word.text));
        } else if let Some(extra) = line.words().get(most.saturating_add(1)) {
            let message = format!("`{}` takes {what} only; `{}` is one too many", word.text, extra.text);
            self.refuse(extra.span, line.branch, message);
        }
    }

    fn timeout(&mut self, line: &SpoeLine) {
        let names = ["hello", "idle", "processing"];
        let Some(name) = line.words().get(1) else {
            self.refuse(line.first().span, line.branch, format!("`timeout` needs one of {}", names.join(", ")));
            return;
        };
        if !names.contains(&name.text) {
            let message = format!("`{}` is no timeout of a SPOE agent: there are {}", name.text, names.join(", "));
            self.refuse(name.span, line.branch, message);
            return;
        }
        match line.words().get(2) {
            None => self.refuse(name.span, line.branch, format!("`timeout {}` needs a time", name.text)),
            Some(value) if value.is_known() && time(value.text, Unit::Milliseconds).is_none() => {
                let message = format!("`{}` is not a valid time for `timeout {}`", value.text, name.text);
                self.refuse(value.span, line.branch, message);
            }
            Some(_) => self.words(line, 1, 2, "a name and a time"),
        }
    }

    fn option(&mut self, line: &SpoeLine) {
        let Some(name) = line.words().get(1) else {
            self.refuse(line.first().span, line.branch, "`option` needs a word behind it".to_owned());
            return;
        };
        let Some(&(_, negatable, takes)) = OPTIONS.iter().find(|(known, ..)| *known == name.text) else {
            let near = did_you_mean(name.text, OPTIONS.iter().map(|(known, ..)| *known));
            let kind = ProblemKind::Unknown { what: "SPOE option", word: name.text.to_string(), near };
            self.problems.push(Problem { kind, span: name.span, branch: line.branch, statement: None });
            return;
        };
        if let Some(prefix) = line.prefix_word() {
            if !negatable || prefix.text == "default" {
                let message = format!("`{} option {}` is refused: it cannot be negated", prefix.text, name.text);
                self.refuse(prefix.span.to(name.span), line.branch, message);
            }
            return;
        }
        match line.words().get(2) {
            None if takes => self.refuse(name.span, line.branch, format!("`option {}` needs a name", name.text)),
            Some(value)
                if takes && !value.text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.')) =>
            {
                let message = format!("`{}` is not a valid name for `option {}`", value.text, name.text);
                self.refuse(value.span, line.branch, message);
            }
            _ => self.words(line, 1, if takes { 2 } else { 1 }, "its name and value"),
        }
    }

    /// `max-frame-size` has bounds, `max-waiting-frames` is above zero.
    fn size(&mut self, line: &SpoeLine) {
        let Some(value) = line.words().get(1).filter(|value| value.is_known()) else { return };
        let number = leading_number(value.text).0;
        let largest = if self.haproxy.global_setting("tune.bufsize").is_some() { i64::MAX } else { 16_380 };
        let (fits, range) = match line.text(0) {
            "max-frame-size" => {
                ((256..=largest).contains(&number), "it goes from 256 to the size of a buffer less 4, 16380")
            }
            _ => (number > 0, "it is above 0"),
        };
        if !fits {
            let message = format!("`{}` is not a valid number for `{}`: {range}", value.text, line.text(0));
            self.refuse(value.span, line.branch, message);
        }
    }

    fn variables(&mut self, line: &SpoeLine) {
        let is_variable = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
        if let Some(bad) = line.words().iter().skip(1).find(|word| word.is_known() && !is_variable(word.text)) {
            self.refuse(bad.span, line.branch, format!("`{}` is not a valid name for a variable", bad.text));
        }
    }

    fn event(&mut self, line: &SpoeLine) {
        let Some(name) = line.words().get(1) else {
            self.refuse(line.first().span, line.branch, "`event` needs the name of an event".to_owned());
            return;
        };
        if EVENTS.binary_search_by(|(known, _)| (*known).cmp(name.text)).is_err() {
            let near = did_you_mean(name.text, EVENTS.iter().map(|(known, _)| *known));
            let kind = ProblemKind::Unknown { what: "SPOE event", word: name.text.to_string(), near };
            self.problems.push(Problem { kind, span: name.span, branch: line.branch, statement: None });
        } else if let Some(word) = line.words().get(2).filter(|word| !matches!(word.text, "if" | "unless")) {
            let message = format!("only `if` or `unless` may stand here, not `{}`", word.text);
            self.refuse(word.span, line.branch, message);
        }
        let criteria = condition(line).into_iter().flat_map(|condition| condition.criteria());
        for criterion in criteria {
            self.criterion(line, &criterion);
        }
    }

    fn acl(&mut self, line: &SpoeLine) {
        match line.words().get(1) {
            None => self.refuse(line.first().span, line.branch, "`acl` needs a name and a fetch".to_owned()),
            Some(name) if !is_name(name.text) => {
                self.refuse(name.span, line.branch, format!("`{}` is not a valid name for an ACL", name.text));
            }
            Some(name) => match Criterion::read(line.words().from(2)) {
                Some(criterion) => self.criterion(line, &criterion),
                None => {
                    let message = format!("ACL `{}` tests nothing: a fetch has to follow its name", name.text);
                    self.refuse(name.span, line.branch, message);
                }
            },
        }
    }

    fn criterion(&mut self, line: &SpoeLine, criterion: &Criterion<'_>) {
        if let Some(expression) = &criterion.expression {
            self.known(line, expression, true);
        }
    }

    /// Are the fetch and its converters known? Reports the first that is not.
    fn known(&mut self, line: &SpoeLine, expression: &Expression<'_>, criterion: bool) -> bool {
        let fetch = &expression.fetch;
        let is_built_in = |name: &str| is_build(name) || name.contains('$');
        let is_fetch = Context::Fetch.find(fetch.name).is_some()
            || criterion && Context::AclAlias.find(fetch.name).is_some()
            || is_built_in(fetch.name);
        let converter = |call: &&Call<'_>| Context::Converter.find(call.name).is_none() && !is_built_in(call.name);
        let (call, what, context) = match expression.converters.iter().find(converter) {
            _ if !is_fetch => (fetch, "sample fetch", Context::Fetch),
            Some(call) => (call, "converter", Context::Converter),
            None => return true,
        };
        let near = did_you_mean(call.name, context.names());
        let kind = ProblemKind::Unknown { what, word: call.name.to_owned(), near };
        self.problems.push(Problem { kind, span: call.span(), branch: line.branch, statement: None });
        false
    }

    /// What a message tells has to be there at its event, when it is sent by itself.
    fn arguments(&mut self, section: &SpoeSection, sent: bool) {
        let event = section.lines.iter().rev().find(|line| sent && line.text(0) == "event");
        let phases = event.and_then(|line| {
            let at = EVENTS.binary_search_by(|(known, _)| (*known).cmp(line.text(1))).ok()?;
            Some(EVENTS[at])
        });
        for (line, word) in section.listed("args").filter(|(line, word)| line.is_whole() && word.is_known()) {
            // The name of an argument ends at the first `=` in front of any parenthesis.
            let name = word.text.find(['=', '(']).filter(|&at| word.text.as_bytes()[at] == b'=').map_or(0, |at| at + 1);
            let Some(expression) = Expression::at(word, name) else { continue };
            if !self.known(line, &expression, false) {
                continue;
            }
            let shape = Context::Fetch.find(expression.fetch.name).and_then(|key| key.call);
            if let (Some(shape), Some((event, phases))) = (shape, phases)
                && !shape.is_there_at(phases)
            {
                let message = format!("`{}` has no value at the event `{event}`", expression.fetch.name);
                self.refuse(expression.fetch.span(), line.branch, message);
            }
        }
    }
}
