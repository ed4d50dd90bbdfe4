//! From files to one tree: includes are put where they are included, and every directive learns its context.

use super::tree::{Node, TOP, WIDE, mask};
use super::{Include, IncludeState, Nginx, RootKind};
use crate::context::{Context, Contexts};
use crate::keys::{Key, NAMES, ValueType, key};
use crate::release::Release;
use crate::syntax::{Ending, Fault, FileTree, Statement, SyntaxProblem, Word, read};
use confvet_core::source::{glob_matches, join, parent};
use confvet_core::{FileId, Input, Keys, Map, Sources};

/// An include that would make the tree larger than this is not followed. Real trees are far below.
const MAX_NODES: usize = 4_000_000;

/// Files may include each other this deep.
const MAX_INCLUDES: usize = 64;

/// Directories nginx's packages put the main file into: what an absolute include is cut by.
const PREFIXES: &[&str] = &["/etc/nginx/", "/usr/local/nginx/conf/", "/usr/local/openresty/nginx/conf/", "/etc/angie/"];

/// Files every package ships, with content that is always alike.
const SHIPPED: &[&str] =
    &["mime.types", "fastcgi_params", "fastcgi.conf", "uwsgi_params", "scgi_params", "koi-utf", "koi-win", "win-utf"];

/// Directives that take any number of any words, so that they swallow the next line without a sound.
const TAKES_ANYTHING: &[Key] = &[
    key!("server_name"),
    key!("index"),
    key!("try_files"),
    key!("gzip_types"),
    key!("sub_filter_types"),
    key!("addition_types"),
    key!("charset_types"),
    key!("ssi_types"),
];

/// Would nginx take all words of a statement for arguments of its directive without a sound?
fn takes_all(statement: &Statement, context: Context) -> bool {
    const NAMED: &[Key] = &[key!("add_header"), key!("add_trailer")];
    let Some((key, row)) = statement.key.and_then(|key| Some((key, key.row(context)?))) else { return false };
    let count = statement.word_count as usize - 1;
    let any_text = TAKES_ANYTHING.contains(&key)
        || matches!(row.kind, ValueType::Template | ValueType::NameValue) && count < 3
        || NAMED.contains(&key) && count == 2;
    any_text && !row.block && row.arguments(&Release::default()).allow(count)
}

struct Builder<'a> {
    input: &'a Input<'a>,
    trees: Vec<FileTree>,
    by_file: Map<FileId, u32>,
    nodes: Vec<Node>,
    includes: Vec<Include>,
    kind: RootKind,
}

/// A run of statements that is still to be put into the tree.
struct Run {
    tree: u32,
    next: u32,
    end: u32,
    parent: u32,
    context: Context,
    /// The block ends with the run.
    closes: bool,
    /// The file is included by those further down the stack.
    file: Option<FileId>,
}

pub(super) fn build(input: &Input<'_>) -> Nginx {
    let tree = read(input.file, input.source().shared_text());
    let (root, kind) = root_context(input.source().path(), &tree);
    let mut builder = Builder {
        input,
        trees: Vec::new(),
        by_file: Map::new(),
        nodes: Vec::with_capacity(tree.statements.len()),
        includes: Vec::new(),
        kind,
    };
    builder.by_file.insert(input.file, 0);
    builder.trees.push(tree);
    builder.grow(root);
    // They live on as the nodes of the tree.
    builder.trees.iter_mut().for_each(|tree| tree.statements = Vec::new());
    let (masks, wide) = index_children(&builder.nodes);
    let (by_key, by_key_start) = index_keys(&builder.nodes);
    Nginx {
        trees: builder.trees,
        nodes: builder.nodes,
        masks,
        wide,
        by_key,
        by_key_start,
        has_unread_include: builder.includes.iter().any(|include| !include.state.is_known()),
        includes: builder.includes,
        problems: Vec::new(),
        patterns: [Map::new(), Map::new()],
        uses: super::variable::Uses::default(),
        locations: Vec::new(),
        sockets: [Map::new(), Map::new()],
        root,
        root_kind: kind,
        release: Release::new(input.target),
        passes: Vec::new(),
        group_uses: super::pass::GroupUses::default(),
        upstreams: Vec::new(),
        servers: Vec::new(),
        resolvers: Vec::new(),
        definitions: [Map::new(), Map::new()],
        literals: Map::new(),
        foreign: false,
    }
}

impl Builder<'_> {
    fn grow(&mut self, root: Context) {
        let end = len(&self.trees[0].statements);
        let file = Some(self.input.file);
        let mut stack = vec![Run { tree: 0, next: 0, end, parent: TOP, context: root, closes: false, file }];
        while let Some(run) = stack.last_mut() {
            if run.next >= run.end {
                if run.closes {
                    self.nodes[run.parent as usize].until = len(&self.nodes);
                }
                stack.pop();
                continue;
            }
            let (tree, index, parent, context) = (run.tree, run.next, run.parent, run.context);
            let statement = self.trees[tree as usize].statements[index as usize];
            run.next = statement.until.max(index + 1);
            let node = self.push(tree, statement, parent, context);
            if self.is_include(node) {
                let included = self.include(node, &stack);
                stack.extend(included.into_iter().rev());
            } else if self.nodes[node as usize].is_block {
                let context = self.nodes[node as usize].inside;
                let (next, end) = (index + 1, statement.until);
                stack.push(Run { tree, next, end, parent: node, context, closes: true, file: None });
            }
        }
    }

    fn word(&self, node: u32, index: u32) -> Word<'_> {
        let node = &self.nodes[node as usize];
        self.trees[node.tree as usize].word(node.first_word + index)
    }

    /// Puts a statement into the tree: one directive, or several when a `;` is missing between them. Gives the last.
    fn push(&mut self, tree: u32, statement: Statement, parent: u32, context: Context) -> u32 {
        let mut part = statement;
        while let Some(split) = self.swallowed(tree, &part, context) {
            let words = split - part.first_word;
            let before = Statement { word_count: words, ending: Ending::Missing, ..part };
            self.push_node(tree, &before, parent, context);
            let file = &self.trees[tree as usize];
            let directive = file.words_of(&before).span().unwrap_or(file.word(split).span);
            let silent = matches!(statement.ending, Ending::Semicolon(_)) && takes_all(&part, context);
            let problem = SyntaxProblem {
                fault: Fault::MissingSemicolon { directive, silent },
                span: directive.after(),
                related: Some(file.word(split).span),
            };
            let key = Key::find(file.word(split).text);
            let problems = &mut self.trees[tree as usize].problems;
            if !problems.contains(&problem) {
                problems.push(problem);
            }
            part = Statement { first_word: split, word_count: part.word_count - words, key, ..part };
        }
        self.push_node(tree, &part, parent, context)
    }

    fn push_node(&mut self, tree: u32, statement: &Statement, parent: u32, context: Context) -> u32 {
        let id = len(&self.nodes);
        let &Statement { first_word, word_count, key, ending, broken, .. } = statement;
        let file = &self.trees[tree as usize];
        let is_block = matches!(ending, Ending::Block { .. });
        let inside = if is_block { context.inside(file.word(first_word).text) } else { Context::Unknown };
        self.nodes.push(Node {
            tree,
            first_word,
            word_count,
            ending,
            parent,
            until: id + 1,
            key: key.filter(|_| context != Context::Entries),
            context,
            inside,
            broken,
            is_block,
            has_dollar: file.words_of(statement).have_dollar(),
        });
        id
    }

    /// The first word of a statement that is no argument but the next directive: first on its line, unquoted, and the
    /// name of a directive that is allowed here.
    fn swallowed(&self, tree: u32, statement: &Statement, context: Context) -> Option<u32> {
        const LISTS: &[Key] = &[key!("log_format"), key!("valid_referers")];
        const FLAGS: &[&str] = &["last", "break", "redirect", "permanent"];
        if !context.is_checked() || statement.word_count < 2 {
            return None;
        }
        let file = &self.trees[tree as usize];
        let words = file.words_of(statement);
        let open = statement.key;
        if words.on_one_line() || open.is_some_and(|key| LISTS.contains(&key)) {
            return None;
        }
        let takes_any = open
            .and_then(|key| key.row(context))
            .is_some_and(|row| row.arguments(&Release::default()).most().is_none());
        let is_next = |at: usize, word: Word<'_>| {
            let flag = open == Some(key!("rewrite")) && FLAGS.contains(&word.text);
            if word.quoted || !word.first_on_line || flag {
                return false;
            }
            let Some(row) = Key::find(word.text).and_then(|key| key.row(context)) else { return false };
            let on_line = words.from(at + 1).iter().take_while(|next| !next.first_on_line).count();
            let fits = row.arguments(&Release::default()).allow(on_line);
            // A list may well hold a word that is also a directive (`server_name api internal`): there it must look like
            // a directive with arguments.
            if takes_any { on_line > 0 && fits } else { fits || row.block }
        };
        let (at, _) = words.iter().enumerate().skip(1).find(|&(at, word)| is_next(at, word))?;
        Some(statement.first_word + u32::try_from(at).unwrap_or(u32::MAX))
    }

    fn is_include(&self, node: u32) -> bool {
        let it = &self.nodes[node as usize];
        if it.word_count != 2 || it.is_block {
            return false;
        }
        match it.context {
            Context::Entries => {
                let block = if it.parent == TOP { None } else { Some(self.word(it.parent, 0).text) };
                self.word(node, 0).text == "include" && matches!(block, Some("map" | "geo" | "types"))
            }
            _ => it.key == Some(key!("include")),
        }
    }

    fn include(&mut self, node: u32, stack: &[Run]) -> Vec<Run> {
        let name = self.word(node, 1).text.to_owned();
        let includer = self.trees[self.nodes[node as usize].tree as usize].file;
        let (mut state, files) = self.resolve(&name, includer);
        // Of files that were picked one by one a glob may match others that were not.
        if self.input.sources.is_partial() && name.contains(['*', '?', '[']) {
            state = IncludeState::Absent;
        }
        let mut runs = Vec::new();
        let nested = stack.iter().filter(|run| run.file.is_some()).count();
        let found = files.first().copied();
        let list = self.nodes[node as usize].context == Context::Entries;
        for file in files {
            // A whole configuration is no list of entries: another file of that name is meant.
            if list && self.is_whole(file) {
                state = IncludeState::Absent;
                continue;
            }
            if stack.iter().any(|run| run.file == Some(file)) {
                state = IncludeState::Cycle;
                continue;
            }
            let tree = self.tree_of(file);
            let end = len(&self.trees[tree as usize].statements);
            if nested > MAX_INCLUDES || self.nodes.len() + end as usize > MAX_NODES {
                state = IncludeState::Absent;
                continue;
            }
            let it = &self.nodes[node as usize];
            let (parent, context) = (it.parent, it.context);
            runs.push(Run { tree, next: 0, end, parent, context, closes: false, file: Some(file) });
        }
        self.includes.push(Include { node, state, found });
        runs
    }

    /// Is that file a configuration of its own?
    fn is_whole(&self, file: FileId) -> bool {
        let source = self.input.sources.get(file);
        root_context(source.path(), &read(file, source.shared_text())).1 == RootKind::Main
    }

    fn tree_of(&mut self, file: FileId) -> u32 {
        if let Some(&tree) = self.by_file.get(&file) {
            return tree;
        }
        let tree = len(&self.trees);
        self.trees.push(read(file, self.input.sources.get(file).shared_text()));
        self.by_file.insert(file, tree);
        tree
    }

    /// Which files an include names. Relative names start at the directory of the main file.
    fn resolve(&self, name: &str, includer: FileId) -> (IncludeState, Vec<FileId>) {
        let sources = self.input.sources;
        let main = self.input.source().path();
        let here = parent(main);
        let in_main = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
        let bases: Vec<String> = match self.kind {
            RootKind::Main => vec![join(here, in_main)],
            _ => vec![in_main.to_owned(), join(parent(here), in_main), join(here, in_main)],
        };
        if name.contains(['*', '?', '[']) {
            let found = bases.iter().map(|base| glob(sources, base)).find(|found| !found.is_empty());
            return match found {
                Some(files) => (IncludeState::Read, files),
                None => (IncludeState::EmptyGlob, Vec::new()),
            };
        }
        let exact = bases.iter().find_map(|base| sources.by_path(base)).or_else(|| sources.by_path(name));
        if let Some(file) = exact {
            return (IncludeState::Read, vec![file]);
        }
        let file_name = confvet_core::source::file_name(name);
        let beside = sources.by_path(&join(parent(sources.get(includer).path()), in_main));
        if SHIPPED.contains(&file_name) && beside.is_none() {
            return (IncludeState::Shipped, Vec::new());
        }
        match beside {
            Some(file) if self.kind == RootKind::Main && !name.starts_with('/') => {
                (IncludeState::BesideIncluder, vec![file])
            }
            Some(file) => (IncludeState::Read, vec![file]),
            None if name.starts_with('/') => match self.by_suffix(name) {
                Some(file) => (IncludeState::Read, vec![file]),
                None => (IncludeState::Absent, Vec::new()),
            },
            None if self.is_missing(&bases[0]) => (IncludeState::NotFound, Vec::new()),
            None => (IncludeState::Absent, Vec::new()),
        }
    }

    /// The file whose path ends as an absolute name does: the name and its directory at least, since files of one name
    /// in different directories have nothing to do with each other.
    fn by_suffix(&self, name: &str) -> Option<FileId> {
        let file = self.input.sources.find(self.input.file, name)?;
        let path = self.input.sources.get(file).path();
        let alike = path.rsplit('/').zip(name.rsplit('/')).take_while(|(a, b)| a == b).count();
        (alike > 1).then_some(file)
    }

    /// Is there surely no file of that path? Of a directory none of whose files was given, and of files that were picked
    /// one by one, nothing can be said.
    fn is_missing(&self, path: &str) -> bool {
        let (sources, directory) = (self.input.sources, parent(path));
        let known = directory == parent(self.input.source().path()) || !sources.in_directory(directory).is_empty();
        self.kind == RootKind::Main && sources.len() > 1 && !sources.is_partial() && known
    }
}

/// All files that match a path with globs in any component, in byte order.
fn glob(sources: &Sources, pattern: &str) -> Vec<FileId> {
    let (directory, name) = pattern.rsplit_once('/').unwrap_or(("", pattern));
    let at_root = directory.is_empty() && pattern.starts_with('/');
    if !directory.contains(['*', '?', '[']) && !at_root {
        let files = sources.in_directory(directory).iter().copied();
        let mut found: Vec<FileId> = files.filter(|&file| glob_matches(name, sources.get(file).file_name())).collect();
        found.sort_by_key(|&file| sources.get(file).path());
        return found;
    }
    let components: Vec<&str> = pattern.split('/').collect();
    let matches = |path: &str| {
        let mut parts = path.split('/');
        components.iter().all(|component| parts.next().is_some_and(|part| glob_matches(component, part)))
            && parts.next().is_none()
    };
    let mut found: Vec<FileId> =
        sources.iter().filter(|(_, source)| matches(source.path())).map(|(file, _)| file).collect();
    found.sort_by_key(|&file| sources.get(file).path());
    found
}

fn len<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap_or(u32::MAX)
}

/// The children of wide blocks, by block: key and id, sorted.
type WideBlocks = Map<u32, Vec<(Key, u32)>>;

fn index_children(nodes: &[Node]) -> (Vec<u64>, WideBlocks) {
    let mut masks = vec![0; nodes.len() + 1];
    let mut counts = vec![0_u32; nodes.len() + 1];
    let slot = |parent: u32| if parent == TOP { nodes.len() } else { parent as usize };
    for node in nodes {
        if let Some(key) = node.key {
            masks[slot(node.parent)] |= mask(key);
        } else if node.context == Context::Entries && node.word_count == 2 {
            masks[slot(node.parent)] |= mask(key!("include"));
        }
        counts[slot(node.parent)] += 1;
    }
    let mut wide: Map<u32, Vec<(Key, u32)>> = Map::new();
    for (id, node) in nodes.iter().enumerate() {
        if let (Some(key), true) = (node.key, counts[slot(node.parent)] > WIDE) {
            wide.or_default(node.parent).push((key, u32::try_from(id).unwrap_or(u32::MAX)));
        }
    }
    for children in wide.values_mut() {
        children.sort_unstable();
    }
    (masks, wide)
}

/// The ids of all directives, grouped by key, and where each group starts.
fn index_keys(nodes: &[Node]) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0_u32; NAMES.all.len() + 1];
    for key in nodes.iter().filter_map(|node| node.key) {
        starts[key.index() + 1] += 1;
    }
    for index in 1..starts.len() {
        starts[index] += starts[index - 1];
    }
    let mut next = starts.clone();
    let mut ids = vec![0; starts[NAMES.all.len()] as usize];
    for (id, node) in nodes.iter().enumerate() {
        if let Some(key) = node.key {
            let slot = &mut next[key.index()];
            ids[*slot as usize] = u32::try_from(id).unwrap_or(u32::MAX);
            *slot += 1;
        }
    }
    (ids, starts)
}

/// The contexts a fragment may be made for, in the order in which they are tried.
const FRAGMENTS: &[Context] = &[
    Context::Main,
    Context::Http,
    Context::Server,
    Context::Location,
    Context::Stream,
    Context::StreamServer,
    Context::Upstream,
    Context::Events,
    Context::LocationIf,
];

/// The context of a file's top level: by what stands in it, by its path, by which contexts allow all of it.
fn root_context(path: &str, tree: &FileTree) -> (Context, RootKind) {
    let top = top_level(tree);
    let opens = |statement: &Statement| matches!(statement.ending, Ending::Block { .. });
    let whole = [key!("events"), key!("http"), key!("stream"), key!("mail")];
    if top.iter().any(|&(key, statement)| whole.contains(&key) && opens(statement)) {
        return (Context::Main, RootKind::Main);
    }
    let kinds: Keys<(Key, bool)> = top.iter().map(|&(key, statement)| (key, opens(statement))).collect();
    let allowed = kinds.iter().fold(Contexts(u32::MAX), |all, &(key, block)| all.and(key.contexts_as(block)));
    let fits = |context: Context| allowed.contains(context);
    let by_path = context_of_path(path).filter(|&context| fits(context) || !FRAGMENTS.iter().any(|&other| fits(other)));
    if let Some(context) = by_path {
        return (context, RootKind::ByPath);
    }
    if top.is_empty() {
        return (Context::Unknown, RootKind::Guess);
    }
    if fits(Context::Http) && fits(Context::Stream) && !allowed.is_everywhere() {
        let context = if is_stream(tree) { Context::Stream } else { Context::Http };
        return (context, RootKind::ByContent);
    }
    let conditions_fit = |context: Context| context != Context::Server || !has_location_if(tree, &top);
    match FRAGMENTS.iter().find(|&&context| fits(context) && conditions_fit(context)) {
        Some(&context) => (context, RootKind::ByContent),
        None => (best_guess(&top), RootKind::Guess),
    }
}

fn top_level(tree: &FileTree) -> Vec<(Key, &Statement)> {
    let mut found = Vec::new();
    let mut next = 0;
    while let Some(statement) = tree.statements.get(next) {
        next = (statement.until as usize).max(next + 1);
        let key = statement.key.filter(|&key| key != key!("include"));
        found.extend(key.map(|key| (key, statement)));
    }
    found
}

/// Is there an `if` at the top whose content is allowed only below a location?
fn has_location_if(tree: &FileTree, top: &[(Key, &Statement)]) -> bool {
    top.iter().filter(|(key, _)| *key == key!("if")).any(|(_, statement)| {
        let first = tree.statements.iter().position(|other| std::ptr::eq(other, *statement)).unwrap_or(0) + 1;
        let inside = tree.statements.get(first..statement.until as usize).unwrap_or_default();
        inside.iter().any(|inner| inner.key.is_some_and(|key| !key.contexts().contains(Context::ServerIf)))
    })
}

/// The context that allows the most of the directives.
fn best_guess(top: &[(Key, &Statement)]) -> Context {
    let score = |context: Context| top.iter().filter(|(key, _)| key.contexts().contains(context)).count();
    let mut best = Context::Http;
    for &context in FRAGMENTS {
        if score(context) > score(best) {
            best = context;
        }
    }
    best
}

/// Do the servers of a fragment hold what only `stream` servers can hold?
fn is_stream(tree: &FileTree) -> bool {
    let mut next = 0;
    while let Some(statement) = tree.statements.get(next) {
        let end = statement.until as usize;
        if statement.key == Some(key!("server")) {
            let mut child = next + 1;
            while child < end {
                let inner = &tree.statements[child];
                let contexts = inner.key.map_or(Contexts(0), Key::contexts);
                if contexts.contains(Context::StreamServer) && !contexts.contains(Context::Server) {
                    return true;
                }
                child = (inner.until as usize).max(child + 1);
            }
        }
        next = end.max(next + 1);
    }
    false
}

/// What the path says: directories have a use by convention.
fn context_of_path(path: &str) -> Option<Context> {
    let directory = path.rsplit('/').nth(1)?;
    match directory {
        "conf.d" | "http.d" | "vhosts.d" => Some(Context::Http),
        "stream.d" | "stream.conf.d" => Some(Context::Stream),
        "modules-enabled" | "modules.d" => Some(Context::Main),
        "default.d" => Some(Context::Server),
        _ if directory.starts_with("sites-") => Some(Context::Http),
        _ if directory.starts_with("streams-") => Some(Context::Stream),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(path: &str, text: &str) -> Context {
        root_context(path, &crate::syntax::parse(FileId(0), text)).0
    }

    #[test]
    fn the_context_of_a_fragment() {
        assert_eq!(root("x.conf", "events {} http {}"), Context::Main);
        assert_eq!(root("nginx/conf.d/a.conf", "gzip on;"), Context::Http);
        assert_eq!(root("nginx/default.d/a.conf", "location / {}"), Context::Server);
        assert_eq!(root("nginx/snippets/a.conf", "location / {}"), Context::Server);
        assert_eq!(root("a.conf", "proxy_pass http://x; proxy_set_header A b;"), Context::Location);
        assert_eq!(root("a.conf", "upstream x { server y; } server { listen 80; }"), Context::Http);
        assert_eq!(root("a.conf", "server { listen 53 udp; proxy_pass x; }"), Context::Stream);
        assert_eq!(root("a.conf", "server 10.0.0.1:80; server 10.0.0.2:80;"), Context::Upstream);
        assert_eq!(root("a.conf", "load_module x.so;"), Context::Main);
        assert_eq!(root("a.conf", "if ($a) { add_header X b; }"), Context::Location);
        assert_eq!(root("a.conf", "if ($a) { return 403; }"), Context::Server);
        assert_eq!(root("nginx/conf.d/a.conf", "location / {}"), Context::Server);
    }

    fn states(files: &[(&str, &str)]) -> Vec<IncludeState> {
        let sources: Sources = files.iter().map(|(path, text)| confvet_core::Source::new(*path, *text)).collect();
        let (target, facts) = (confvet_core::Target::new(), confvet_core::Facts::new());
        let file = FileId(0);
        let nginx = Nginx::read(&Input { sources: &sources, file, kind: "nginx-conf", target: &target, facts: &facts });
        nginx.model.includes().map(|(_, state, _)| state).collect()
    }

    #[test]
    fn a_namesake_in_another_directory_is_not_what_an_include_means() {
        let main = |include: &str| format!("events {{}} http {{ include {include}; }}");
        let elsewhere = ("b/limits.conf", "gzip on;");
        for (include, state) in [
            ("/srv/etc/limits.conf", IncludeState::Absent),
            ("/srv/b/limits.conf", IncludeState::Read),
            ("/etc/nginx/limits.conf", IncludeState::Absent),
            ("limits.conf", IncludeState::NotFound),
            ("absent/limits.conf", IncludeState::Absent),
            ("b/other.conf", IncludeState::Absent),
        ] {
            let text = main(include);
            assert_eq!(
                states(&[("a/nginx.conf", &text), ("a/x.conf", ""), elsewhere]).first(),
                Some(&state),
                "{include}"
            );
        }
    }

    #[test]
    fn a_whole_configuration_is_no_list_of_entries() {
        let map = "events {} http { map $uri $x { include map.conf; } }";
        let whole = "daemon off; events {} http {}";
        assert_eq!(states(&[("nginx.conf", map), ("map.conf", whole)]), [IncludeState::Absent]);
        assert_eq!(states(&[("nginx.conf", map), ("map.conf", "/a 1;")]), [IncludeState::Read]);
        assert_eq!(states(&[("map.conf", map)]), [IncludeState::Absent]);
    }
}
