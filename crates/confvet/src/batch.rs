//! All configurations of one system in a run: reading them, and running the system's rules over them.

use crate::grouping::Stack;
use crate::parallel;
use confvet_core::{
    Context, Diagnostic, Fact, Facts, FileId, Findings, Hint, HintScope, Identity, Input, Keys, Member, Rule, RuleInfo,
    Set, Sources, Span, Statement, System, Target, VersionReq, source,
};
use std::sync::Arc;

/// A file that belongs to a system, and what is known about it.
#[derive(Debug, Clone)]
pub(crate) struct Assignment {
    pub(crate) file: FileId,
    pub(crate) kind: &'static str,
    pub(crate) target: Arc<Target>,
    pub(crate) facts: Arc<Facts>,
}

/// What the engine needs to know of a configuration to group it.
#[derive(Debug)]
pub(crate) struct Loaded<'a> {
    pub(crate) file: FileId,
    pub(crate) files: &'a [FileId],
    pub(crate) identity: &'a Identity,
}

/// The configurations of one system, behind a face that hides the model's type.
pub(crate) trait Batch: Send + Sync {
    fn system(&self) -> &'static str;
    /// One entry a configuration, sorted by path.
    fn loaded(&self) -> Vec<Loaded<'_>>;
    /// Runs file rules over every configuration and set rules over every stack. `stacks` hold indexes into
    /// [`Batch::loaded`].
    fn check(self: Box<Self>, sources: &Sources, stacks: &[StackPart<'_>]) -> Checked;
}

/// The configurations of one system in one stack.
#[derive(Debug)]
pub(crate) struct StackPart<'a> {
    pub(crate) stack: &'a Stack,
    /// Index of the configuration in the batch, and its position in the stack.
    pub(crate) members: Vec<(usize, usize)>,
}

/// What came out.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) secrets: Vec<Span>,
}

struct TypedBatch<S: System> {
    members: Vec<Member<S::Model>>,
}

pub(crate) fn load<S: System>(sources: &Sources, assignments: Vec<Assignment>) -> impl Batch + use<S> {
    let mut members: Vec<Member<S::Model>> = parallel::map(assignments, |assignment| parse::<S>(sources, assignment));
    members.sort_by(|a, b| sources.get(a.file).path().cmp(sources.get(b.file).path()));
    drop_included(&mut members);
    TypedBatch::<S> { members }
}

fn parse<S: System>(sources: &Sources, assignment: Assignment) -> Member<S::Model> {
    let Assignment { file, kind, target, facts } = assignment;
    let parsed = S::parse(&Input { sources, file, kind, target: &target, facts: &facts });
    let identity = S::identity(&parsed.model);
    Member { parsed, identity, file, kind, host: None, target, facts }
}

/// A file that another configuration includes is part of that one and no configuration of its own. Of files that
/// include each other in a circle the first by path stays.
fn drop_included<M>(members: &mut Vec<Member<M>>) {
    let roots: Keys<FileId> = members.iter().map(|member| member.file).collect();
    let mut dropped = Keys::new();
    for member in members.iter().filter(|member| member.parsed.files.len() > 1) {
        if !dropped.contains(&member.file) {
            let others = member.parsed.files.iter().filter(|&&file| file != member.file && roots.contains(&file));
            dropped.extend(others.copied());
        }
    }
    members.retain(|member| !dropped.contains(&member.file));
}

impl<S: System> Batch for TypedBatch<S> {
    fn system(&self) -> &'static str {
        S::NAME
    }

    fn loaded(&self) -> Vec<Loaded<'_>> {
        let loaded = |member| {
            let Member { file, parsed, identity, .. }: &Member<S::Model> = member;
            Loaded { file: *file, files: &parsed.files, identity }
        };
        self.members.iter().map(loaded).collect()
    }

    fn check(mut self: Box<Self>, sources: &Sources, stacks: &[StackPart<'_>]) -> Checked {
        for part in stacks {
            self.apply_hints(sources, part);
        }
        let mut checked = Checked::default();
        let rules = prepare(S::rules());
        let found = parallel::map(self.members.iter().collect(), |member| check_member::<S>(sources, member, &rules));
        checked.diagnostics.extend(found.into_iter().flatten());
        checked.secrets.extend(self.members.iter().flat_map(|member| member.parsed.secrets.iter().copied()));
        let rules = prepare(S::set_rules());
        if rules.is_empty() {
            return checked;
        }
        let mut members: Vec<Option<Member<S::Model>>> = self.members.into_iter().map(Some).collect();
        for part in stacks {
            let take = |&(index, position): &(usize, usize)| {
                if part.stack.copy_of[position].is_some() {
                    return None;
                }
                let mut member = members[index].take()?;
                member.host = part.stack.host_of[position];
                Some(member)
            };
            let members = part.members.iter().filter_map(take).collect();
            let hosts = Arc::new(part.stack.hosts.clone());
            let set = Set::new(&part.stack.name, part.stack.complete, members, hosts);
            checked.diagnostics.extend(check_set::<S>(sources, &set, &rules));
        }
        checked
    }
}

impl<S: System> TypedBatch<S> {
    /// Lets what one configuration says about others count where confvet.toml says nothing, and reads those again.
    fn apply_hints(&mut self, sources: &Sources, part: &StackPart<'_>) {
        let hints: Vec<(FileId, Hint)> = (part.members.iter())
            .flat_map(|&(index, _)| {
                let member = &self.members[index];
                member.identity.hints.iter().map(|hint| (member.file, hint.clone()))
            })
            .collect();
        if hints.is_empty() {
            return;
        }
        for &(index, _) in &part.members {
            let member = &self.members[index];
            let path = sources.get(member.file).path();
            let mut target = (*member.target).clone();
            let mut facts = (*member.facts).clone();
            for (from, hint) in &hints {
                let from = sources.get(*from).path();
                let meant = match &hint.scope {
                    HintScope::Stack => true,
                    HintScope::Directory => source::parent(from) == source::parent(path),
                    HintScope::Path(of) => {
                        let of = source::join(source::parent(from), of);
                        path == of || path.strip_prefix(of.as_str()).is_some_and(|rest| rest.starts_with('/'))
                    }
                };
                if !meant {
                    continue;
                }
                match &hint.says {
                    Statement::Version(program, version) if target.version(program).is_none() => {
                        target.insert(program, version.clone());
                    }
                    Statement::Fact(fact, value) if !facts.knows(*fact) => facts.set(*fact, value.clone()),
                    _ => {}
                }
            }
            if target != *member.target || facts != *member.facts {
                let assignment =
                    Assignment { file: member.file, kind: member.kind, target: target.into(), facts: facts.into() };
                self.members[index] = parse::<S>(sources, assignment);
            }
        }
    }
}

/// A rule with its page, looked up once for all configurations.
struct Prepared<M: 'static> {
    rule: &'static Rule<M>,
    info: &'static RuleInfo,
    applies: Option<VersionReq>,
    needs: Vec<Fact>,
}

/// A rule without a page is not run; a test holds that there is none.
fn prepare<M>(rules: &'static [&'static Rule<M>]) -> Vec<Prepared<M>> {
    let prepare_one = |rule: &&'static Rule<M>| {
        let info = confvet_rules::find(rule.name)?;
        let applies = info.applies.and_then(|applies| VersionReq::parse(applies).ok());
        let needs = info.needs.iter().filter_map(|fact| fact.parse().ok()).collect();
        Some(Prepared { rule, info, applies, needs })
    };
    rules.iter().filter_map(prepare_one).collect()
}

impl<M> Prepared<M> {
    fn run(&self, model: &M, context: &Context<'_>, program: &str, diagnostics: &mut Vec<Diagnostic>) {
        let version_fits =
            self.applies.as_ref().is_none_or(|applies| context.target.satisfies(program, applies) != Some(false));
        if version_fits && self.needs.iter().all(|&fact| context.facts.knows(fact)) {
            let mut findings = Findings::new(self.info);
            (self.rule.check)(model, context, &mut findings);
            diagnostics.extend(findings.into_diagnostics());
        }
    }
}

fn check_member<S: System>(
    sources: &Sources,
    member: &Member<S::Model>,
    rules: &[Prepared<S::Model>],
) -> Vec<Diagnostic> {
    let context = Context { sources, target: &member.target, facts: &member.facts };
    let mut diagnostics = Vec::new();
    for rule in rules {
        rule.run(member.model(), &context, S::TARGETS[0], &mut diagnostics);
    }
    diagnostics
}

/// A set rule sees each member's own target and facts; its context holds what all of them share.
fn check_set<S: System>(sources: &Sources, set: &Set<S::Model>, rules: &[Prepared<Set<S::Model>>]) -> Vec<Diagnostic> {
    let Some(first) = set.members.first() else { return Vec::new() };
    let mut target = Target::new();
    for (program, version) in first.target.iter() {
        if set.members.iter().all(|member| member.target.version(program) == Some(version)) {
            target.insert(program, version.clone());
        }
    }
    let facts_agree = set.members.iter().all(|member| member.facts == first.facts);
    let facts = if facts_agree { (*first.facts).clone() } else { Facts::new() };
    let context = Context { sources, target: &target, facts: &facts };
    let run = |rule: &Prepared<Set<S::Model>>| {
        let mut diagnostics = Vec::new();
        rule.run(set, &context, S::TARGETS[0], &mut diagnostics);
        diagnostics
    };
    // Threads pay where there is much to compare.
    const MANY: usize = 100;
    let found = match set.members.len() {
        MANY.. => parallel::map(rules.iter().collect(), run),
        _ => rules.iter().map(run).collect(),
    };
    found.into_iter().flatten().collect()
}
