//! Patterns as programs, and running them.
//!
//! A program tries its ways in the order in which Go prefers them and goes back where one fails. It marks the places of
//! the value at which it has taken each fork, and takes none twice: a run takes no more steps than the program is long
//! times the value is long.

use super::set::CharSet;
use super::{Look, Node};
use compact_str::CompactString;
use std::sync::Arc;

/// A longer program is not made.
const MAX_STEPS: usize = 100_000;
/// The forks of a program times the places of a value may be this many.
const MAX_MARKS: usize = 1 << 22;

/// A program.
#[derive(Debug, Clone)]
pub(super) struct Program {
    steps: Vec<Step>,
    /// How many forks and joins there are.
    marks: usize,
    /// It matches from the start of a value, or not at all.
    anchored: bool,
}

#[derive(Debug, Clone)]
enum Step {
    Text(CompactString),
    Set(Arc<CharSet>),
    Look(Look),
    /// Keep the place: even numbers are where groups start, odd ones where they end.
    Save(usize),
    /// Two ways, the better one first.
    Fork {
        mark: usize,
        first: usize,
        second: usize,
    },
    /// Where several ways come together.
    Join(usize),
    Jump(usize),
    Match,
}

/// What is left to do when a way has failed.
enum Job {
    Go { step: usize, at: usize },
    Restore { slot: usize, place: Option<usize> },
}

impl Program {
    /// None if it were too long.
    pub(super) fn new(root: &Node, anchored: bool) -> Option<Self> {
        let mut program = Self { steps: Vec::new(), marks: 0, anchored };
        program.add(root)?;
        program.steps.push(Step::Match);
        Some(program)
    }

    /// Adds a part, and tells whether it can match the empty text, as far as Go looks into that.
    fn add(&mut self, node: &Node) -> Option<bool> {
        if self.steps.len() > MAX_STEPS {
            return None;
        }
        match node {
            Node::Empty => {}
            Node::Text(text) => {
                self.steps.push(Step::Text(text.clone()));
                return Some(false);
            }
            Node::Set(set) => {
                self.steps.push(Step::Set(Arc::clone(set)));
                return Some(false);
            }
            Node::Look(look) => self.steps.push(Step::Look(*look)),
            Node::Group(number, inner) => {
                self.steps.push(Step::Save(number * 2));
                let empty = self.add(inner)?;
                self.steps.push(Step::Save(number * 2 + 1));
                return Some(empty);
            }
            Node::Sequence(parts) => {
                let mut empty = true;
                for part in parts {
                    empty &= self.add(part)?;
                }
                return Some(empty);
            }
            Node::Choice(branches) => return self.choice(branches),
            Node::Repeat { inner, least, most: Some(most), greedy } => {
                return self.counted(inner, *least, *most, *greedy);
            }
            Node::Repeat { inner, least, most: None, greedy } => return self.open(inner, *least, *greedy),
        }
        Some(true)
    }

    fn choice(&mut self, branches: &[Node]) -> Option<bool> {
        let mut empty = false;
        let mut ends = Vec::with_capacity(branches.len());
        for (index, branch) in branches.iter().enumerate() {
            let fork = (index + 1 < branches.len()).then(|| self.fork());
            empty |= self.add(branch)?;
            if let Some(fork) = fork {
                ends.push(self.steps.len());
                self.steps.push(Step::Jump(0));
                self.aim(fork, true, self.steps.len());
            }
        }
        for end in ends {
            self.steps[end] = Step::Jump(self.steps.len());
        }
        self.join();
        Some(empty)
    }

    /// `a{2,5}` is `aa(a(a(a)?)?)?`.
    fn counted(&mut self, inner: &Node, least: u32, most: u32, greedy: bool) -> Option<bool> {
        let mut empty = true;
        for _ in 0..least {
            empty = self.add(inner)?;
        }
        let mut forks = Vec::new();
        for _ in least..most {
            forks.push(self.fork());
            self.add(inner)?;
        }
        for fork in forks {
            self.aim(fork, greedy, self.steps.len());
        }
        self.join();
        Some(empty)
    }

    /// `a{2,}` is `aa+`. `a*` is a loop, or `(a+)?` where `a` can be empty: so does Go, and which way is the better one
    /// hangs on it.
    fn open(&mut self, inner: &Node, least: u32, greedy: bool) -> Option<bool> {
        for _ in 1..least {
            self.add(inner)?;
        }
        let skip = (least == 0).then(|| self.fork());
        let start = self.steps.len();
        let empty = self.add(inner)?;
        match skip {
            Some(skip) if !empty => self.steps.push(Step::Jump(skip)),
            _ => {
                let again = self.fork();
                self.aim(again, !greedy, start);
            }
        }
        if let Some(skip) = skip {
            self.aim(skip, greedy, self.steps.len());
        }
        Some(empty || least == 0)
    }

    /// A fork of which both ways go on with the next step.
    fn fork(&mut self) -> usize {
        let next = self.steps.len() + 1;
        self.steps.push(Step::Fork { mark: self.marks, first: next, second: next });
        self.marks += 1;
        next - 1
    }

    /// Lets one way of a fork go elsewhere: the worse one, or the better one.
    fn aim(&mut self, fork: usize, worse: bool, to: usize) {
        if let Step::Fork { first, second, .. } = &mut self.steps[fork] {
            *(if worse { second } else { first }) = to;
        }
    }

    fn join(&mut self) {
        self.steps.push(Step::Join(self.marks));
        self.marks += 1;
    }

    /// Does it match? None if that were too much work. `slots` are filled with the places where groups start and end, the
    /// whole match first; without slots nobody wants to know.
    pub(super) fn run(&self, value: &str, slots: &mut [Option<usize>]) -> Option<bool> {
        let places = value.len() + 1;
        let marks = self.marks.checked_mul(places).filter(|&marks| marks <= MAX_MARKS)?;
        let mut run = Run { program: self, value, places, marks, seen: Vec::new(), jobs: Vec::new() };
        let starts = if self.anchored { 0..1 } else { 0..places };
        for start in starts.filter(|&start| value.is_char_boundary(start)) {
            if let Some(end) = run.from(start, slots) {
                if let [first, second, ..] = slots {
                    (*first, *second) = (Some(start), Some(end));
                }
                return Some(true);
            }
        }
        Some(false)
    }
}

struct Run<'p> {
    program: &'p Program,
    value: &'p str,
    places: usize,
    marks: usize,
    /// A bit for each fork or join at each place. Most values differ from the pattern before its first fork, and it is not
    /// made before that.
    seen: Vec<u64>,
    jobs: Vec<Job>,
}

impl Run<'_> {
    /// Where the match ends that starts here.
    fn from(&mut self, start: usize, slots: &mut [Option<usize>]) -> Option<usize> {
        let (mut step, mut at) = (0, start);
        loop {
            if let Some(end) = self.way(step, at, slots) {
                return Some(end);
            }
            (step, at) = loop {
                match self.jobs.pop()? {
                    Job::Restore { slot, place } => slots[slot] = place,
                    Job::Go { step, at } => break (step, at),
                }
            };
        }
    }

    /// Goes one way to its end.
    fn way(&mut self, mut step: usize, mut at: usize, slots: &mut [Option<usize>]) -> Option<usize> {
        loop {
            let rest = &self.value[at..];
            match &self.program.steps[step] {
                Step::Text(text) => {
                    rest.starts_with(text.as_str()).then_some(())?;
                    at += text.len();
                }
                Step::Set(set) => {
                    let c = rest.chars().next().filter(|&c| set.contains(c))?;
                    at += c.len_utf8();
                }
                Step::Look(look) => look.holds(self.value, at).then_some(())?,
                Step::Save(slot) => {
                    if let Some(place) = slots.get_mut(*slot) {
                        self.jobs.push(Job::Restore { slot: *slot, place: *place });
                        *place = Some(at);
                    }
                }
                Step::Fork { mark, first, second } => {
                    let (mark, first, second) = (*mark, *first, *second);
                    self.is_new(mark, at).then_some(())?;
                    self.jobs.push(Job::Go { step: second, at });
                    step = first;
                    continue;
                }
                Step::Join(mark) => {
                    let mark = *mark;
                    self.is_new(mark, at).then_some(())?;
                }
                Step::Jump(to) => {
                    step = *to;
                    continue;
                }
                Step::Match => return Some(at),
            }
            step += 1;
        }
    }

    fn is_new(&mut self, mark: usize, at: usize) -> bool {
        if self.seen.is_empty() {
            self.seen = vec![0; self.marks / 64 + 1];
        }
        let index = mark * self.places + at;
        let (word, bit) = (&mut self.seen[index / 64], 1 << (index % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}

impl Look {
    fn holds(self, value: &str, at: usize) -> bool {
        let bytes = value.as_bytes();
        let before = at.checked_sub(1).map(|before| bytes[before]);
        let behind = bytes.get(at).copied();
        let is_word = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        match self {
            Look::Start => before.is_none(),
            Look::End => behind.is_none(),
            Look::LineStart => matches!(before, None | Some(b'\n')),
            Look::LineEnd => matches!(behind, None | Some(b'\n')),
            Look::WordEdge => is_word(before) != is_word(behind),
            Look::NoWordEdge => is_word(before) == is_word(behind),
        }
    }
}
