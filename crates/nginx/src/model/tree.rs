//! The tree of directives and how to move about in it.

use super::Nginx;
use crate::context::Context;
use crate::keys::{Key, Row, key};
use crate::syntax::{Ending, Word, Words};
use confvet_core::{FileId, Span};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// The parent of what stands at the top level.
pub(super) const TOP: u32 = u32::MAX;

/// Blocks with more children than this have an index of them.
pub(super) const WIDE: u32 = 24;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) tree: u32,
    pub(super) first_word: u32,
    pub(super) word_count: u32,
    pub(super) ending: Ending,
    pub(super) parent: u32,
    /// One past the last descendant.
    pub(super) until: u32,
    pub(super) key: Option<Key>,
    pub(super) context: Context,
    /// The context of what stands in its block.
    pub(super) inside: Context,
    pub(super) broken: bool,
    pub(super) is_block: bool,
    /// One of its words holds a `$`.
    pub(super) has_dollar: bool,
}

/// A directive, or an entry of `map` and its like, within a configuration.
#[derive(Debug, Clone, Copy)]
pub struct Directive<'a> {
    nginx: &'a Nginx,
    id: u32,
}

impl PartialEq for Directive<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// A block, or the top level of the configuration: what directives stand in.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    nginx: &'a Nginx,
    id: u32,
}

impl PartialEq for Scope<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

pub(super) fn mask(key: Key) -> u64 {
    1 << (key.index() % 64)
}

impl Nginx {
    /// The directive with this id.
    pub(crate) fn directive(&self, id: u32) -> Directive<'_> {
        Directive { nginx: self, id }
    }

    /// The top level.
    pub fn top(&self) -> Scope<'_> {
        Scope { nginx: self, id: TOP }
    }

    /// How many directives of that name there are.
    pub(super) fn count(&self, key: Key) -> usize {
        (self.by_key_start[key.index() + 1] - self.by_key_start[key.index()]) as usize
    }

    /// Every directive of that name, wherever it stands, in the order of the tree.
    pub(crate) fn all(&self, key: Key) -> impl DoubleEndedIterator<Item = Directive<'_>> {
        let range = self.by_key_start[key.index()] as usize..self.by_key_start[key.index() + 1] as usize;
        self.by_key[range].iter().map(|&id| self.directive(id))
    }

    /// The directives of that name that stand in a scope or below.
    pub(crate) fn all_in(&self, scope: Scope<'_>, key: Key) -> impl Iterator<Item = Directive<'_>> {
        let all = &self.by_key[self.by_key_start[key.index()] as usize..self.by_key_start[key.index() + 1] as usize];
        let range = scope.ids();
        let from = all.partition_point(|&id| id < range.start);
        all[from..].iter().take_while(move |&&id| id < range.end).map(|&id| self.directive(id))
    }

    /// Every directive of that name, wherever it stands, in the order of the tree. Empty for a name nginx does not know.
    pub fn named(&self, name: &str) -> impl Iterator<Item = Directive<'_>> {
        Key::find(name).into_iter().flat_map(|key| self.all(key))
    }

    /// The directives of whose rows in the table this is true, in the order of the tree.
    pub(crate) fn all_whose(&self, row_is: impl Fn(&Row) -> bool) -> Vec<Directive<'_>> {
        let occurs = |key: &Key| self.by_key_start[key.index()] < self.by_key_start[key.index() + 1];
        let possible = Key::all().filter(occurs).filter(|key| key.rows().iter().any(&row_is));
        let is_it = |directive: &Directive<'_>| directive.row().is_some_and(&row_is);
        let mut found: Vec<Directive<'_>> = possible.flat_map(|key| self.all(key)).filter(is_it).collect();
        found.sort_by_key(|directive| directive.id);
        found
    }

    /// Is there any directive of that name?
    pub(crate) fn has(&self, key: Key) -> bool {
        self.all(key).next().is_some()
    }

    /// All directives and entries, each before its descendants.
    pub fn directives(&self) -> impl Iterator<Item = Directive<'_>> {
        (0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)).map(|id| self.directive(id))
    }
}

impl<'a> Directive<'a> {
    fn node(self) -> &'a Node {
        &self.nginx.nodes[self.id as usize]
    }

    pub(super) fn nginx(self) -> &'a Nginx {
        self.nginx
    }

    /// May one of its words hold a variable?
    pub(super) fn has_dollar(self) -> bool {
        self.node().has_dollar
    }

    pub(crate) fn id(self) -> u32 {
        self.id
    }

    /// Its words: the name, then the arguments.
    pub fn words(self) -> Words<'a> {
        let node = self.node();
        self.nginx.trees[node.tree as usize].words_in(node.first_word..node.first_word + node.word_count)
    }

    /// The name.
    pub fn name(self) -> Word<'a> {
        let node = self.node();
        self.nginx.trees[node.tree as usize].word(node.first_word)
    }

    /// The name's key; `None` for unknown names and for entries.
    pub(crate) fn key(self) -> Option<Key> {
        self.node().key
    }

    /// Is it a directive of that name?
    pub(crate) fn is(self, key: Key) -> bool {
        self.node().key == Some(key)
    }

    /// Is its name one of these?
    pub(crate) fn is_any(self, keys: &[Key]) -> bool {
        self.node().key.is_some_and(|key| keys.contains(&key))
    }

    /// The arguments.
    pub fn args(self) -> Words<'a> {
        let node = self.node();
        self.nginx.trees[node.tree as usize].words_in(node.first_word + 1..node.first_word + node.word_count)
    }

    /// An argument, from 0.
    pub fn arg(self, index: usize) -> Option<Word<'a>> {
        self.args().get(index)
    }

    /// The text of an argument; empty when there is none.
    pub fn text(self, index: usize) -> &'a str {
        self.arg(index).map_or("", |word| word.text)
    }

    /// From the name to the last word.
    pub fn span(self) -> Span {
        self.words().span().unwrap_or(self.name().span)
    }

    /// From the name through `;` or `}`.
    pub fn whole_span(self) -> Span {
        let span = self.span();
        match self.node().ending {
            Ending::Semicolon(end) => Span { end: end + 1, ..span },
            Ending::Block { close: Some(end), .. } => Span { end: (end.get() + 1).max(span.end), ..span },
            Ending::Lua { close: end, .. } => Span { end: (end + 1).max(span.end), ..span },
            Ending::Block { open, close: None } => Span { end: (open + 1).max(span.end), ..span },
            Ending::Missing => span,
        }
    }

    /// The `{` of its block.
    pub fn open_brace(self) -> Option<Span> {
        match self.node().ending {
            Ending::Block { open, .. } | Ending::Lua { open, .. } => {
                Some(Span { start: open, end: open + 1, ..self.span() })
            }
            _ => None,
        }
    }

    /// The `;` it ends with.
    pub fn semicolon(self) -> Option<Span> {
        match self.node().ending {
            Ending::Semicolon(at) => Some(Span { start: at, end: at + 1, ..self.span() }),
            _ => None,
        }
    }

    /// Is its `;` missing?
    pub(crate) fn is_unterminated(self) -> bool {
        self.node().ending == Ending::Missing
    }

    /// Does a comment stand right before it, or behind its words on the same line?
    pub(crate) fn is_commented(self) -> bool {
        let node = self.node();
        self.nginx.trees[node.tree as usize].is_commented(node.first_word..node.first_word + node.word_count)
    }

    /// The file it stands in.
    pub fn file(self) -> FileId {
        self.nginx.trees[self.node().tree as usize].file
    }

    /// The context it stands in.
    pub fn context(self) -> Context {
        self.node().context
    }

    /// What the table says of it here.
    pub(crate) fn row(self) -> Option<&'static Row> {
        self.key()?.row(self.context())
    }

    /// Has the tokenizer found a fault in it?
    pub fn is_broken(self) -> bool {
        self.node().broken
    }

    /// Does it open a block of directives or entries?
    pub fn is_block(self) -> bool {
        self.node().is_block
    }

    /// Its block is Lua.
    pub fn is_lua(self) -> bool {
        matches!(self.node().ending, Ending::Lua { .. })
    }

    /// Its block. For a directive without one, an empty scope.
    pub fn block(self) -> Scope<'a> {
        Scope { nginx: self.nginx, id: self.id }
    }

    /// The block it stands in.
    pub fn scope(self) -> Scope<'a> {
        Scope { nginx: self.nginx, id: self.node().parent }
    }

    /// The directive whose block it stands in.
    pub fn parent(self) -> Option<Directive<'a>> {
        self.scope().owner()
    }

    /// What it stands in, from the inside outwards.
    pub fn ancestors(self) -> impl Iterator<Item = Directive<'a>> {
        std::iter::successors(self.parent(), |directive| directive.parent())
    }

    /// Everything below it, each before its own descendants.
    pub fn descendants(self) -> impl Iterator<Item = Directive<'a>> {
        (self.id + 1..self.node().until).map(move |id| self.nginx.directive(id))
    }

    /// The server it stands in or is.
    pub fn server(self) -> Option<Directive<'a>> {
        let is_server = |directive: &Directive<'_>| {
            directive.is(key!("server"))
                && matches!(directive.block().context(), Context::Server | Context::StreamServer)
        };
        std::iter::once(self).chain(self.ancestors()).find(is_server)
    }

    /// The `http` or `stream` block it stands in.
    pub(crate) fn protocol_block(self) -> Option<Scope<'a>> {
        let is_block = |outer: &Directive<'_>| outer.is(key!("http")) || outer.is(key!("stream"));
        self.ancestors().find(is_block).map(Directive::block)
    }

    /// The location it stands in or is.
    pub fn location(self) -> Option<Directive<'a>> {
        let is_location = |directive: &Directive<'_>| directive.is(key!("location")) && directive.is_block();
        std::iter::once(self).chain(self.ancestors()).find(is_location)
    }
}

impl<'a> Scope<'a> {
    /// The directive whose block it is; `None` for the top level.
    pub fn owner(self) -> Option<Directive<'a>> {
        (self.id != TOP).then(|| self.nginx.directive(self.id))
    }

    /// The scope around it.
    pub fn outer(self) -> Option<Scope<'a>> {
        self.owner().map(Directive::scope)
    }

    /// It, and the scopes around it from the inside outwards.
    pub fn outwards(self) -> impl Iterator<Item = Scope<'a>> {
        std::iter::successors(Some(self), |scope| scope.outer())
    }

    /// The context of what stands in it.
    pub fn context(self) -> Context {
        self.owner().map_or(self.nginx.root, |owner| owner.node().inside)
    }

    /// The ids of what stands in it or below.
    pub(crate) fn ids(self) -> std::ops::Range<u32> {
        if self.id == TOP {
            0..u32::try_from(self.nginx.nodes.len()).unwrap_or(u32::MAX)
        } else {
            self.id + 1..self.nginx.nodes[self.id as usize].until
        }
    }

    /// What stands directly in it, includes expanded.
    pub fn children(self) -> impl Iterator<Item = Directive<'a>> {
        let range = self.ids();
        let nginx = self.nginx;
        let mut next = range.start;
        std::iter::from_fn(move || {
            (next < range.end).then(|| {
                let directive = nginx.directive(next);
                next = directive.node().until;
                directive
            })
        })
    }

    fn mask(self) -> u64 {
        let index = if self.id == TOP { self.nginx.masks.len() - 1 } else { self.id as usize };
        self.nginx.masks[index]
    }

    /// The directives of that name directly in it.
    pub(crate) fn all(self, key: Key) -> impl Iterator<Item = Directive<'a>> {
        let nginx = self.nginx;
        let possible = self.mask() & mask(key) != 0;
        let wide: Option<&'a [(Key, u32)]> = possible.then(|| nginx.wide.get(&self.id).map(Vec::as_slice)).flatten();
        let listed = wide.unwrap_or_default();
        let from = listed.partition_point(|&(other, _)| other < key);
        let listed =
            listed[from..].iter().take_while(move |&&(other, _)| other == key).map(|&(_, id)| nginx.directive(id));
        let scanned = (possible && wide.is_none()).then(|| self.children().filter(move |child| child.is(key)));
        listed.chain(scanned.into_iter().flatten())
    }

    /// The first directive of that name directly in it.
    pub(crate) fn first(self, key: Key) -> Option<Directive<'a>> {
        self.all(key).next()
    }

    /// Is there a directive of that name directly in it?
    pub(crate) fn has(self, key: Key) -> bool {
        self.first(key).is_some()
    }

    /// The directive of that name that holds here: the nearest from the inside outwards.
    pub(crate) fn effective(self, key: Key) -> Option<Directive<'a>> {
        self.outwards().find_map(|scope| scope.all(key).last())
    }

    /// The directives of that name that hold here: all of the nearest scope that has one.
    pub(crate) fn effective_all(self, key: Key) -> impl Iterator<Item = Directive<'a>> {
        let nearest = self.outwards().find(|scope| scope.has(key));
        nearest.into_iter().flat_map(move |scope| scope.all(key))
    }

    /// The text of the first argument of the directive that holds here.
    pub(crate) fn effective_text(self, key: Key) -> Option<&'a str> {
        self.effective(key).map(|directive| directive.text(0))
    }

    /// Is that flag effectively `on`?
    pub(crate) fn is_on(self, key: Key) -> bool {
        self.effective_text(key).is_some_and(|value| value.eq_ignore_ascii_case("on"))
    }

    /// Is there an include directly in it whose content is not known?
    pub(crate) fn has_unread_include(self) -> bool {
        self.nginx.has_unread_include && self.all(key!("include")).any(Directive::is_unread_include)
    }

    /// Is there such an include in it or in a scope around it?
    pub(crate) fn sees_unread_include(self) -> bool {
        self.nginx.has_unread_include && self.outwards().any(Scope::has_unread_include)
    }
}

impl Directive<'_> {
    /// Is it an include whose content is not known?
    pub(crate) fn is_unread_include(self) -> bool {
        let includes = &self.nginx.includes;
        let at = includes.partition_point(|include| include.node < self.id);
        includes.get(at).is_some_and(|include| include.node == self.id && !include.state.is_known())
    }

    /// Is it an include of a file that the package ships, and that is not among the given ones?
    pub(crate) fn is_shipped_include(&self) -> bool {
        let includes = &self.nginx.includes;
        let at = includes.partition_point(|include| include.node < self.id);
        includes.get(at).is_some_and(|include| include.node == self.id && include.state == super::IncludeState::Shipped)
    }

    /// Does it hold, anywhere below, an include whose content is not known?
    pub(crate) fn holds_unread_include(self) -> bool {
        let includes = &self.nginx.includes;
        let at = includes.partition_point(|include| include.node < self.id);
        includes[at..]
            .iter()
            .take_while(|include| include.node < self.node().until)
            .any(|include| !include.state.is_known())
    }
}

/// The directives of a scope as nested lists of names, arguments and blocks.
pub(super) struct Nested<'a> {
    scope: Scope<'a>,
    secrets: &'a [Span],
}

impl<'a> Nested<'a> {
    pub(super) fn new(scope: Scope<'a>, secrets: &'a [Span]) -> Self {
        Self { scope, secrets }
    }
}

impl Serialize for Nested<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for directive in self.scope.children() {
            list.serialize_element(&NestedDirective { directive, secrets: self.secrets })?;
        }
        list.end()
    }
}

struct NestedDirective<'a> {
    directive: Directive<'a>,
    secrets: &'a [Span],
}

impl<'a> Serialize for NestedDirective<'a> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shown = |real: Word<'a>| if self.secrets.contains(&real.inner()) { "***" } else { real.text };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", self.directive.name().text)?;
        let args: Vec<&str> = self.directive.args().iter().map(shown).collect();
        map.serialize_entry("args", &args)?;
        if self.directive.is_block() {
            map.serialize_entry("block", &Nested::new(self.directive.block(), self.secrets))?;
        }
        map.end()
    }
}
