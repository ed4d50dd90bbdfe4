//! `.if` and what belongs to it: which lines are read, which are not, and which may be.

use crate::syntax::{SyntaxKind, SyntaxProblem, Word, Words};
use crate::table::HaVersion;
use confvet_core::Span;

/// HAProxy's limit of nested `.if`.
const MAX_DEPTH: usize = 99;

/// A way through the conditional blocks. The first one is "no condition at all".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Branch(pub(crate) u32);

#[derive(Debug, Clone, Copy)]
struct Arm {
    parent: u32,
    block: u32,
    depth: u32,
    /// Its condition is known to hold, and so are those around it.
    certain: bool,
}

/// All ways through the conditional blocks of a configuration.
#[derive(Debug, Default)]
pub(crate) struct Branches {
    arms: Vec<Arm>,
    blocks: u32,
}

impl Branches {
    fn get(&self, branch: Branch) -> Option<&Arm> {
        self.arms.get((branch.0 as usize).checked_sub(1)?)
    }

    /// Is a statement in this branch read for sure?
    pub(crate) fn is_certain(&self, branch: Branch) -> bool {
        self.get(branch).is_none_or(|arm| arm.certain)
    }

    /// Do the two lie in different arms of one `.if`, so that never both are read?
    pub(crate) fn exclude_each_other(&self, a: Branch, b: Branch) -> bool {
        let (mut a, mut b) = (a, b);
        while let (Some(one), Some(other)) = (self.get(a), self.get(b)) {
            if a == b {
                return false;
            }
            if one.block == other.block {
                return true;
            }
            match one.depth.cmp(&other.depth) {
                std::cmp::Ordering::Greater => a = Branch(one.parent),
                std::cmp::Ordering::Less => b = Branch(other.parent),
                std::cmp::Ordering::Equal => (a, b) = (Branch(one.parent), Branch(other.parent)),
            }
        }
        false
    }
}

/// An open `.if`.
#[derive(Debug)]
struct Block {
    word: Span,
    block: u32,
    outer: Branch,
    outer_active: bool,
    /// An earlier arm holds for sure: the rest is not read.
    settled: bool,
    /// All earlier arms are known not to hold.
    first_possible: bool,
    seen_else: bool,
    active: bool,
}

/// Reads the directives of one file, line by line.
#[derive(Debug)]
pub(crate) struct Conditions<'b> {
    branches: &'b mut Branches,
    open: Vec<Block>,
    branch: Branch,
    target: Option<HaVersion>,
    skipped: usize,
}

impl<'b> Conditions<'b> {
    pub(crate) fn new(branches: &'b mut Branches, target: Option<HaVersion>) -> Self {
        Self { branches, open: Vec::new(), branch: Branch::default(), target, skipped: 0 }
    }

    /// Where a statement that comes now stands; `None` when it is not read.
    pub(crate) fn branch(&self) -> Option<Branch> {
        self.open.last().is_none_or(|block| block.active).then_some(self.branch)
    }

    /// Takes a line whose first word starts with a dot.
    pub(crate) fn directive(&mut self, words: Words<'_>) -> Option<SyntaxProblem> {
        let word = words.first()?;
        let problem = |kind| Some(SyntaxProblem { kind, span: word.span });
        let active = self.branch().is_some();
        let extra = |limit: usize| {
            let extra = words.get(limit)?;
            Some(SyntaxProblem { kind: SyntaxKind::DirectiveArguments, span: extra.span })
        };
        match word.text {
            ".if" if self.open.len() >= MAX_DEPTH => {
                self.skipped += 1;
                problem(SyntaxKind::TooDeep)
            }
            ".if" => {
                self.branches.blocks += 1;
                let block = Block {
                    word: word.span,
                    block: self.branches.blocks,
                    outer: self.branch,
                    outer_active: active,
                    settled: false,
                    first_possible: true,
                    seen_else: false,
                    active,
                };
                self.open.push(block);
                self.arm(word, words)
            }
            ".elif" | ".else" if self.open.is_empty() => problem(SyntaxKind::LoneDirective),
            ".elif" | ".else" if self.open.last().is_some_and(|block| block.seen_else) => {
                problem(SyntaxKind::AfterElse)
            }
            ".elif" => self.arm(word, words),
            ".else" => {
                if let Some(block) = self.open.last_mut() {
                    block.seen_else = true;
                }
                self.enter(Some(true));
                extra(1)
            }
            ".endif" if self.skipped > 0 => {
                self.skipped -= 1;
                None
            }
            ".endif" => match self.open.pop() {
                Some(block) => {
                    self.branch = block.outer;
                    extra(1)
                }
                None => problem(SyntaxKind::LoneDirective),
            },
            _ if !active => None,
            ".alert" if words.len() <= 2 && self.branches.is_certain(self.branch) => problem(SyntaxKind::Alert),
            ".notice" | ".warning" | ".alert" | ".diag" => extra(2),
            _ => problem(SyntaxKind::UnknownDirective),
        }
    }

    /// Reads the condition of `.if` or `.elif` and enters its arm.
    fn arm(&mut self, word: Word<'_>, words: Words<'_>) -> Option<SyntaxProblem> {
        let joined = words.from(1).iter().map(|word| word.text).collect::<Vec<_>>().join(" ");
        let evaluated = Expression { rest: joined.trim_start(), target: self.target, depth: 0 }.whole();
        let readable = self.open.last().is_some_and(|block| block.outer_active && !block.settled);
        self.enter(evaluated.unwrap_or(None));
        let span = words.get(1).unwrap_or(word).span;
        (evaluated.is_err() && readable).then_some(SyntaxProblem { kind: SyntaxKind::BadCondition, span })
    }

    fn enter(&mut self, holds: Option<bool>) {
        let Some(block) = self.open.last_mut() else { return };
        block.active = block.outer_active && !block.settled && holds != Some(false);
        let certain = holds == Some(true) && block.first_possible && self.branches.is_certain(block.outer);
        let depth = self.branches.get(block.outer).map_or(1, |arm| arm.depth + 1);
        self.branches.arms.push(Arm { parent: block.outer.0, block: block.block, depth, certain });
        self.branch = Branch(u32::try_from(self.branches.arms.len()).unwrap_or(u32::MAX));
        block.settled |= holds == Some(true);
        block.first_possible &= holds == Some(false);
    }

    /// What is still open at the end of the file.
    pub(crate) fn finish(self) -> impl Iterator<Item = SyntaxProblem> {
        self.open.into_iter().map(|block| SyntaxProblem { kind: SyntaxKind::UnclosedIf, span: block.word })
    }
}

/// A condition that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Unreadable;

/// The condition behind `.if`, read from left to right. `None` is "cannot be known".
struct Expression<'a> {
    rest: &'a str,
    target: Option<HaVersion>,
    depth: usize,
}

/// What conditions may ask: the name, how many arguments it takes, and the first version that has it.
const PREDICATES: &[(&str, usize, HaVersion)] = &[
    ("awslc_api_atleast", 1, (3, 3, 0)),
    ("awslc_api_before", 1, (3, 3, 0)),
    ("defined", 1, (2, 4, 0)),
    ("enabled", 1, (2, 8, 0)),
    ("feature", 1, (2, 4, 0)),
    ("fips_mode", 0, (3, 5, 0)),
    ("openssl_version_atleast", 1, (2, 5, 0)),
    ("openssl_version_before", 1, (2, 5, 0)),
    ("ssllib_name_startswith", 1, (2, 5, 0)),
    ("streq", 2, (2, 4, 0)),
    ("strneq", 2, (2, 4, 0)),
    ("strstr", 2, (2, 8, 0)),
    ("version_atleast", 1, (2, 4, 0)),
    ("version_before", 1, (2, 4, 0)),
];

impl<'a> Expression<'a> {
    fn whole(mut self) -> Result<Option<bool>, Unreadable> {
        if self.rest.is_empty() {
            return Ok(Some(false));
        }
        let value = self.either()?;
        self.rest = self.rest.trim_start();
        if self.rest.is_empty() { Ok(value) } else { Err(Unreadable) }
    }

    fn take(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start();
        match rest.strip_prefix(token) {
            Some(after) => {
                self.rest = after;
                true
            }
            None => false,
        }
    }

    fn either(&mut self) -> Result<Option<bool>, Unreadable> {
        let mut value = self.both()?;
        while self.take("||") {
            let other = self.both()?;
            value = match (value, other) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
        }
        Ok(value)
    }

    fn both(&mut self) -> Result<Option<bool>, Unreadable> {
        let mut value = self.term()?;
        while self.take("&&") {
            let other = self.term()?;
            value = match (value, other) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            };
        }
        Ok(value)
    }

    fn term(&mut self) -> Result<Option<bool>, Unreadable> {
        let mut negated = false;
        while self.take("!") {
            negated = !negated;
        }
        let value = if self.take("(") {
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return Err(Unreadable);
            }
            let value = self.either()?;
            self.depth -= 1;
            if !self.take(")") {
                return Err(Unreadable);
            }
            value
        } else {
            self.atom()?
        };
        Ok(value.map(|value| value != negated))
    }

    fn atom(&mut self) -> Result<Option<bool>, Unreadable> {
        let rest = self.rest.trim_start();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if let Some(arguments) = after.strip_prefix('(') {
            let known = PREDICATES.binary_search_by(|(known, ..)| (*known).cmp(name)).map_err(|_| Unreadable)?;
            let (_, count, since) = PREDICATES[known];
            let close = arguments.find(')').ok_or(Unreadable)?;
            let given =
                if arguments[..close].is_empty() { count.min(1) } else { arguments[..close].split(',').count() };
            // A comma in quotes separates nothing, and a variable may stand for anything.
            let literal = !arguments[..close].contains(['"', '\'', '$', '\\']);
            if (literal && given != count) || self.target.is_some_and(|target| target < since) {
                return Err(Unreadable);
            }
            self.rest = &arguments[close + 1..];
            return Ok(self.predicate(name, &arguments[..close]));
        }
        self.rest = after;
        match name.parse::<i64>() {
            Ok(number) => Ok(Some(number != 0)),
            // A variable may stand for anything.
            Err(_) if rest.starts_with('$') => {
                self.rest = "";
                Ok(None)
            }
            Err(_) => Err(Unreadable),
        }
    }

    fn predicate(&self, name: &str, arguments: &'a str) -> Option<bool> {
        let target = self.target?;
        match name {
            "version_atleast" => Some(target >= parse_version(arguments)?),
            "version_before" => Some(target < parse_version(arguments)?),
            "streq" | "strneq" => {
                let (variable, value) = arguments.split_once(',')?;
                if !matches!(variable.trim_matches('"'), "$HAPROXY_BRANCH" | "${HAPROXY_BRANCH}") || target < (2, 8, 0)
                {
                    return None;
                }
                let equal = value.trim_matches('"') == format!("{}.{}", target.0, target.1);
                Some(equal == (name == "streq"))
            }
            _ => None,
        }
    }
}

/// `2.4`, `2.4.10`, `2.5-dev3`.
fn parse_version(text: &str) -> Option<HaVersion> {
    let version = confvet_core::parse_version(text.trim().trim_matches('"')).ok()?;
    let part = |number: u64| u16::try_from(number).ok();
    Some((part(version.major)?, part(version.minor)?, part(version.patch)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, target: Option<HaVersion>) -> Result<Option<bool>, Unreadable> {
        Expression { rest: text, target, depth: 0 }.whole()
    }

    #[test]
    fn conditions_are_evaluated_as_far_as_they_can_be_known() {
        let target = Some((2, 8, 3));
        for (text, expected) in [
            ("", Some(false)),
            ("0", Some(false)),
            ("12", Some(true)),
            ("version_atleast(2.4)", Some(true)),
            ("version_before(2.8)", Some(false)),
            ("!version_before(2.8) && (0 || 1)", Some(true)),
            ("streq(\"$HAPROXY_BRANCH\",2.8)", Some(true)),
            ("strneq($HAPROXY_BRANCH,2.8)", Some(false)),
            ("defined(X)", None),
            ("defined(X) || 1", Some(true)),
            ("feature(OPENSSL) && 0", Some(false)),
            ("defined() || streq(,) || enabled(POLL) || strstr(a,b)", None),
            ("!!1 && ! 0", Some(true)),
        ] {
            assert_eq!(value(text, target), Ok(expected), "{text}");
        }
        assert_eq!(value("version_atleast(2.4)", None), Ok(None));
        for text in [
            "foo(x)",
            "defined(X",
            "1 2",
            "&& 1",
            "(1",
            "streq(a)",
            "streq(a,b,c)",
            "defined(A,B)",
            "feature(A,B)",
            "awslc_api_atleast(1)",
            "fips_mode()",
            "2.5",
            "defined(A) 1",
        ] {
            assert_eq!(value(text, target), Err(Unreadable), "{text}");
        }
        assert_eq!(value(&"(".repeat(500), target), Err(Unreadable));
    }
}
