//! Events to tree: byte-exact spans, bounded depth, size and alias expansion.

use crate::diagnose::{self, Clue};
use crate::dialect::Dialect;
use crate::offsets::Offsets;
use crate::problem::{ProblemKind, SyntaxProblem};
use crate::relax::{self, Relaxed};
use crate::tree::{Data, DocumentData, Kind, NONE, Properties, Style, Yaml};
use crate::validate::validate;
use confvet_core::{FileId, Span};
use saphyr_parser::{Event, Parser, ScalarStyle};
use std::borrow::Cow;

/// How much of a file is read. No real configuration comes near; what does is reported and cut off.
#[derive(Debug)]
pub struct Limits;

impl Limits {
    /// Levels of nesting, aliases unfolded.
    pub const DEPTH: usize = 128;
    /// Nodes in one file.
    pub const NODES: usize = 4_000_000;
    /// Nodes that aliases unfold to, in one file. They are counted, never made.
    pub const ALIASES: u64 = 1_000_000;
    /// Commas in one file: within brackets the parser holds everything at once.
    const COMMAS: usize = 2_000_000;
}

impl Yaml {
    /// Reads a file. Never fails: what is wrong is in [`problems`](Yaml::problems), and the tree reaches as far as the
    /// text could be read.
    ///
    /// ```
    /// use confvet_core::FileId;
    /// use confvet_yaml::{Dialect, Yaml};
    /// let yaml = Yaml::parse(FileId(0), "port: 80\nhost: *.example.com\n", Dialect::Core);
    /// assert_eq!(yaml.root().unwrap().get("port").unwrap().as_i64(), Some(80));
    /// let problem = &yaml.problems()[0];
    /// assert_eq!(problem.to_string(), "`*.example.com` is an alias, and there is no `&.example.com` above it");
    /// assert_eq!(yaml.source(problem.span), "*.example.com");
    /// ```
    pub fn parse(file: FileId, text: &str, dialect: Dialect) -> Yaml {
        let mut relaxed = Relaxed::default();
        let mut attempts = Relaxed::attempts(text);
        let mut yaml = loop {
            attempts -= 1;
            let mut builder = Builder::new(file, text, dialect, &mut relaxed, attempts > 0);
            builder.run();
            if !builder.again {
                break builder.yaml;
            }
        };
        validate(&mut yaml);
        yaml.problems.sort_by_key(|problem| problem.span.start);
        yaml
    }
}

/// A collection that is still open.
struct Frame {
    id: u32,
    /// The parser's number of its anchor, 0 without one.
    anchor: usize,
    /// Where its children begin in `pending`.
    first: usize,
    is_mapping: bool,
    flow: bool,
    /// Nodes in it, aliases unfolded.
    weight: u64,
    /// Levels in it, aliases unfolded.
    height: usize,
}

/// What an anchor's node unfolds to.
#[derive(Clone, Copy)]
struct Anchored {
    id: u32,
    weight: u64,
    height: usize,
    open: bool,
}

struct Builder<'t> {
    text: &'t str,
    relaxed: &'t mut Relaxed,
    /// Another attempt may be made.
    may_relax: bool,
    /// Another attempt is to be made.
    again: bool,
    offsets: Offsets<'t>,
    yaml: Yaml,
    frames: Vec<Frame>,
    pending: Vec<u32>,
    /// The end of what has been consumed, in bytes.
    cursor: usize,
    /// By the parser's anchor number.
    anchors: Vec<Option<Anchored>>,
    unfolded: u64,
    document_start: usize,
    /// The flow collection that was closed last.
    last_closed: Option<(usize, usize)>,
}

/// Go on with the next event, or stop here.
type Flow = std::ops::ControlFlow<()>;
const GO_ON: Flow = Flow::Continue(());
const STOP: Flow = Flow::Break(());

impl<'t> Builder<'t> {
    fn new(file: FileId, text: &'t str, dialect: Dialect, relaxed: &'t mut Relaxed, may_relax: bool) -> Self {
        let yaml = Yaml {
            text: text.into(),
            file,
            dialect,
            nodes: Vec::with_capacity(text.len() / 16),
            children: Vec::with_capacity(text.len() / 16),
            decoded: String::new(),
            properties: Vec::new(),
            documents: Vec::new(),
            problems: Vec::new(),
        };
        Self {
            text,
            relaxed,
            may_relax,
            again: false,
            offsets: Offsets::new(text),
            yaml,
            frames: Vec::new(),
            pending: Vec::new(),
            cursor: 0,
            anchors: Vec::new(),
            unfolded: 0,
            document_start: 0,
            last_closed: None,
        }
    }

    fn run(&mut self) {
        self.check_text();
        if memchr::memchr_iter(b',', self.text.as_bytes()).count() > Limits::COMMAS {
            self.problem(ProblemKind::TooLarge, 0..0);
            return;
        }
        let text = self.relaxed.apply(self.text);
        let mut parser = Parser::new_from_str(&text);
        let mut complete = true;
        while let Some(next) = parser.next_event() {
            let flow = match next {
                Ok((event, span)) => {
                    let range = self.offsets.byte(span.start.index())..self.offsets.byte(span.end.index());
                    self.event(event, range)
                }
                Err(error) => self.error(error.info(), error.marker().index()),
            };
            if flow == STOP {
                complete = false;
                break;
            }
        }
        if !complete {
            self.close_all();
        }
    }

    fn span(&self, range: std::ops::Range<usize>) -> Span {
        Span::new(self.yaml.file, range)
    }

    fn problem(&mut self, kind: ProblemKind, range: std::ops::Range<usize>) {
        let span = self.span(range);
        self.yaml.problems.push(SyntaxProblem { span, kind });
    }

    /// What can be said of the text before it is parsed.
    fn check_text(&mut self) {
        if let Some((at, c)) = diagnose::control_character(self.text) {
            self.problem(ProblemKind::ControlCharacter(u32::from(c)), at..at + c.len_utf8());
        }
        if self.yaml.dialect == Dialect::JacksonLegacy
            && let Some(at) = memchr::memchr(b'\t', self.text.as_bytes())
        {
            self.problem(ProblemKind::Tab, at..at + 1);
        }
    }

    /// The parser has given up, or, at an unknown alias, goes on afterwards.
    fn error(&mut self, info: &str, character: usize) -> Flow {
        let at = self.offsets.byte(character);
        if info.ends_with("found unknown anchor") {
            return self.unknown_alias(at);
        }
        if self.yaml.dialect.is_go() && self.behind_document(info, at) {
            return STOP;
        }
        let start = |frame: &Frame| self.yaml.nodes[frame.id as usize].start as usize;
        let outermost = self.frames.iter().find(|frame| frame.flow).map(start);
        if self.may_relax && self.relaxed.relax(self.text, info, at, self.cursor, outermost) {
            self.again = true;
            return STOP;
        }
        let open_flow = self.frames.iter().rfind(|frame| frame.flow).map(start);
        let bytes = self.text.as_bytes();
        let brackets = outermost.or_else(|| relax::bracket(bytes, self.cursor)).filter(|&open| open < at);
        let closing = brackets.and_then(|open| relax::closing(bytes, open));
        let clue = Clue {
            text: self.text,
            info,
            at,
            open_flow,
            in_brackets: closing.is_some_and(|closing| at <= closing),
            unclosed: brackets.filter(|_| closing.is_none()),
            closed_flow: self.last_closed,
        };
        let (kind, range) = diagnose::explain(&clue);
        // A control character has been reported already.
        if !matches!(kind, ProblemKind::ControlCharacter(_)) {
            self.problem(kind, range);
        }
        STOP
    }

    /// go-yaml stops reading at the end of the first document.
    fn behind_document(&mut self, info: &str, at: usize) -> bool {
        let Some(document) = self.yaml.documents.first_mut() else { return false };
        if !document.complete {
            if !self.frames.is_empty() || !info.ends_with("expected <document start>") {
                return false;
            }
            document.complete = true;
            self.problem(ProblemKind::AfterDocument, at..diagnose::word_end(self.text.as_bytes(), at, false));
        }
        true
    }

    fn event(&mut self, event: Event<'_>, range: std::ops::Range<usize>) -> Flow {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd => {}
            Event::DocumentStart(_) => return self.start_document(range.start),
            Event::DocumentEnd => self.end_document(range.end),
            Event::Alias(anchor) => return self.alias(anchor, range),
            Event::Scalar(text, style, anchor, tag) => {
                return self.scalar(&text, style, anchor, tag.is_some(), range);
            }
            Event::SequenceStart(anchor, tag) => return self.open(false, anchor, tag.is_some(), range.start),
            Event::MappingStart(anchor, tag) => return self.open(true, anchor, tag.is_some(), range.start),
            Event::SequenceEnd | Event::MappingEnd => self.close(Some(range.start)),
        }
        GO_ON
    }

    fn start_document(&mut self, start: usize) -> Flow {
        if !self.yaml.documents.is_empty() && self.yaml.dialect.single_document() {
            let length = if self.text[start..].starts_with("---") { 3 } else { 0 };
            self.problem(ProblemKind::SecondDocument, start..start + length);
            return STOP;
        }
        self.document_start = start;
        if self.text[start..].starts_with("---") {
            self.cursor = start + 3;
        }
        GO_ON
    }

    fn end_document(&mut self, end: usize) {
        if let Some(document) = self.yaml.documents.last_mut() {
            document.complete = true;
        }
        self.cursor = self.cursor.max(end.min(self.text.len()));
        if self.text[..self.cursor].ends_with("---") {
            self.cursor -= 3;
        }
    }

    /// Puts a new node into the collection that is open; checks the limits.
    fn push(&mut self, data: Data, weight: u64, height: usize) -> Option<u32> {
        let start = data.start as usize;
        if self.yaml.nodes.len() >= Limits::NODES {
            self.problem(ProblemKind::TooLarge, start..start);
            return None;
        }
        let id = u32::try_from(self.yaml.nodes.len()).unwrap_or(NONE);
        let mut data = data;
        if let Some(frame) = self.frames.last_mut() {
            data.parent = frame.id;
            let count = self.pending.len() - frame.first;
            if frame.is_mapping && count % 2 == 1 {
                data.key = self.pending[self.pending.len() - 1];
            }
            frame.weight = frame.weight.saturating_add(weight);
            frame.height = frame.height.max(height);
            self.pending.push(id);
        } else {
            let start = u32::try_from(self.document_start).unwrap_or(NONE);
            self.yaml.documents.push(DocumentData { root: id, start, complete: false });
        }
        self.yaml.nodes.push(data);
        Some(id)
    }

    fn remember(&mut self, anchor: usize, anchored: Anchored) {
        if anchor == 0 {
            return;
        }
        if self.anchors.len() <= anchor {
            self.anchors.resize(anchor + 1, None);
        }
        self.anchors[anchor] = Some(anchored);
    }

    fn node(kind: Kind, start: usize, end: usize) -> Data {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(NONE);
        let [start, end] = [clamp(start), clamp(end)];
        Data { start, end, a: start, b: end, parent: NONE, key: NONE, properties: NONE, kind, is_decoded: false }
    }

    /// Reads the tag and the anchor in front of a node. Gives their number and where the content begins.
    fn properties(&mut self, start: usize, anchor: bool, tag: bool) -> (u32, usize) {
        if !anchor && !tag {
            return (NONE, start);
        }
        let bytes = self.text.as_bytes();
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(NONE);
        let mut found = Properties { tag: None, anchor: None, content: clamp(start) };
        let mut at = start;
        for _ in 0..usize::from(anchor) + usize::from(tag) {
            let begin = diagnose::skip_blank(bytes, at);
            let Some(&(b'&' | b'!')) = bytes.get(begin) else { break };
            let in_flow = self.frames.last().is_some_and(|frame| frame.flow);
            let end = diagnose::word_end(bytes, begin, in_flow);
            let place = Some((clamp(begin), clamp(end)));
            if bytes[begin] == b'&' {
                found.anchor = place;
            } else {
                found.tag = place;
            }
            at = end;
        }
        self.cursor = self.cursor.max(at);
        let content = diagnose::skip_blank(bytes, at);
        found.content = clamp(content);
        let id = clamp(self.yaml.properties.len());
        self.yaml.properties.push(found);
        (id, content)
    }

    fn open(&mut self, is_mapping: bool, anchor: usize, tag: bool, start: usize) -> Flow {
        let (properties, mut content) = self.properties(start, anchor > 0, tag);
        let bytes = self.text.as_bytes();
        let mut start = start;
        if !is_mapping
            && properties == NONE
            && !matches!(bytes.get(content), Some(b'[' | b'-'))
            && let Some(dash) = diagnose::first_dash(bytes, self.cursor)
        {
            // Of a list that is not indented below its key the parser names the first item, not the first dash.
            (start, content) = (dash, dash);
        }
        let flow = matches!(bytes.get(content), Some(b'{') if is_mapping)
            || matches!(bytes.get(content), Some(b'[') if !is_mapping);
        let kind = if is_mapping { Kind::Mapping { flow } } else { Kind::Sequence { flow } };
        if self.frames.len() >= Limits::DEPTH {
            self.problem(ProblemKind::TooDeep, content..diagnose::word_end(bytes, content, true));
            return STOP;
        }
        let mut data = Self::node(kind, start, content);
        data.properties = properties;
        let Some(id) = self.push(data, 0, 0) else { return STOP };
        self.remember(anchor, Anchored { id, weight: 0, height: 0, open: true });
        self.frames.push(Frame { id, anchor, first: self.pending.len(), is_mapping, flow, weight: 1, height: 0 });
        self.cursor = self.cursor.max(content + usize::from(flow));
        GO_ON
    }

    /// Closes the innermost collection; `end` is where its closing bracket stands, if it has one.
    fn close(&mut self, end: Option<usize>) {
        let Some(frame) = self.frames.pop() else { return };
        let children = &self.pending[frame.first..];
        let last_end = children.last().map(|&child| self.yaml.nodes[child as usize].end);
        if frame.is_mapping && children.len() % 2 == 1 {
            // Cut off behind a key: the value is nothing.
            self.frames.push(frame);
            let at = self.cursor;
            let _ = self.empty(at, NONE);
            return self.close(end);
        }
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(NONE);
        let first = clamp(self.yaml.children.len());
        self.yaml.children.extend_from_slice(children);
        self.pending.truncate(frame.first);
        let past = clamp(self.yaml.children.len());
        let start = self.yaml.nodes[frame.id as usize].start as usize;
        let node = &mut self.yaml.nodes[frame.id as usize];
        (node.a, node.b) = (first, past);
        node.end = node.end.max(last_end.unwrap_or_default());
        let closing = end.filter(|&end| frame.flow && matches!(self.text.as_bytes().get(end), Some(b']' | b'}')));
        if let Some(end) = closing {
            node.end = node.end.max(clamp(end + 1));
            self.cursor = self.cursor.max(end + 1);
            self.last_closed = Some((start, end + 1));
        }
        let height = frame.height + 1;
        if let Some(above) = self.frames.last_mut() {
            above.weight = above.weight.saturating_add(frame.weight);
            above.height = above.height.max(height);
        }
        self.remember(frame.anchor, Anchored { id: frame.id, weight: frame.weight, height, open: false });
    }

    fn close_all(&mut self) {
        while !self.frames.is_empty() {
            self.close(None);
        }
    }

    fn alias(&mut self, anchor: usize, range: std::ops::Range<usize>) -> Flow {
        let mut data = Self::node(Kind::Alias, range.start, range.end);
        data.a = NONE;
        self.cursor = self.cursor.max(range.end);
        let Some(anchored) = self.anchors.get(anchor).copied().flatten().filter(|_| self.yaml.dialect.aliases()) else {
            return self.push(data, 1, 0).map_or(STOP, |_| GO_ON);
        };
        let name = || self.text.get(range.start + 1..range.end).unwrap_or_default().to_owned();
        let mut resolved = anchored;
        if anchored.open {
            self.problem(ProblemKind::RecursiveAlias(name()), range);
        } else if self.frames.len() + anchored.height > Limits::DEPTH {
            self.problem(ProblemKind::TooDeep, range);
        } else if self.unfolded.saturating_add(anchored.weight) > Limits::ALIASES {
            // Once is enough, whatever follows.
            if self.unfolded <= Limits::ALIASES {
                self.problem(ProblemKind::AliasBomb, range);
                self.unfolded = u64::MAX;
            }
        } else {
            self.unfolded += anchored.weight;
            data.a = anchored.id;
        }
        if data.a == NONE {
            resolved = Anchored { weight: 1, height: 0, ..anchored };
        }
        self.push(data, resolved.weight, resolved.height).map_or(STOP, |_| GO_ON)
    }

    /// `*name` without its anchor: the parser has stepped over it and goes on.
    fn unknown_alias(&mut self, start: usize) -> Flow {
        let in_flow = self.frames.last().is_some_and(|frame| frame.flow);
        let end = diagnose::word_end(self.text.as_bytes(), start, in_flow);
        if self.yaml.dialect.aliases() {
            let name = self.text.get(start + 1..end).unwrap_or_default().to_owned();
            self.problem(ProblemKind::UnknownAnchor(name), start..end);
        }
        let mut data = Self::node(Kind::Alias, start, end);
        data.a = NONE;
        self.cursor = self.cursor.max(end);
        self.push(data, 1, 0).map_or(STOP, |_| GO_ON)
    }

    /// An empty scalar at a place.
    fn empty(&mut self, at: usize, properties: u32) -> Option<u32> {
        let start = self.yaml.properties.get(properties as usize).map_or(at, |found| {
            let places = [found.tag, found.anchor];
            places.into_iter().flatten().map(|(start, _)| start as usize).min().unwrap_or(at)
        });
        let mut data = Self::node(Kind::Scalar(Style::Plain), start, at);
        data.a = data.b;
        data.properties = properties;
        self.push(data, 1, 0)
    }

    /// Where an empty scalar belongs: behind the colon of its key, the dash of its item.
    fn place_of_nothing(&mut self, event: usize) -> usize {
        let bytes = self.text.as_bytes();
        let Some(frame) = self.frames.last() else { return event.max(self.cursor).min(self.text.len()) };
        let is_value = frame.is_mapping && (self.pending.len() - frame.first) % 2 == 1;
        let mut at = diagnose::skip_blank(bytes, self.cursor);
        if !is_value && frame.flow && bytes.get(at) == Some(&b',') {
            at = diagnose::skip_blank(bytes, at + 1);
        }
        let wanted = match (frame.is_mapping, is_value) {
            (true, true) => b':',
            (true, false) => b'?',
            (false, _) => b'-',
        };
        if bytes.get(at) == Some(&wanted) {
            self.cursor = at + 1;
        } else if !is_value && frame.is_mapping && bytes.get(at) == Some(&b':') {
            if !frame.flow && self.yaml.dialect != Dialect::Core {
                self.problem(ProblemKind::MissingKey, at..at + 1);
            }
            return at;
        }
        self.cursor
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: bool,
        range: std::ops::Range<usize>,
    ) -> Flow {
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::SingleQuoted,
            ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
        };
        let (properties, content) = self.properties(range.start, anchor > 0, tag);
        let id = if style == Style::Plain && text.is_empty() {
            let at = if properties == NONE { self.place_of_nothing(range.start) } else { self.cursor };
            self.empty(at, properties)
        } else {
            let bytes = self.text.as_bytes();
            let (start, inner) = match style {
                Style::Plain => (content, content..range.end.max(content)),
                Style::SingleQuoted | Style::DoubleQuoted => {
                    let end = diagnose::quote_end(bytes, content);
                    (content, content + 1..end.saturating_sub(1).max(content + 1))
                }
                Style::Literal | Style::Folded => {
                    let from = if properties == NONE { self.cursor } else { content };
                    let header = diagnose::block_header(bytes, from).unwrap_or(content);
                    if let Some(found) = self.yaml.properties.get_mut(properties as usize) {
                        found.content = u32::try_from(header).unwrap_or(NONE);
                    }
                    let whole = self.text.get(header..range.end).unwrap_or_default();
                    let first_line = whole.find(['\n', '\r']).unwrap_or(whole.len());
                    (header, header..header + whole.trim_end().len().max(first_line))
                }
            };
            let quoted = matches!(style, Style::SingleQuoted | Style::DoubleQuoted);
            let end = (inner.end + usize::from(quoted)).min(self.text.len());
            let whole_start = if properties == NONE { start } else { range.start };
            let mut data = Self::node(Kind::Scalar(style), whole_start, end);
            let clamp = |offset: usize| u32::try_from(offset).unwrap_or(NONE);
            let text = match style {
                _ if self.relaxed.is_empty() => Cow::Borrowed(text),
                Style::Plain => match self.text.get(inner.clone()).filter(|source| source.contains('\n')) {
                    Some(source) => Cow::Owned(relax::fold_plain(source)),
                    None => Cow::Borrowed(text),
                },
                Style::SingleQuoted | Style::DoubleQuoted => relax::fold_quoted(text),
                Style::Literal | Style::Folded => Cow::Borrowed(text),
            };
            if self.text.get(inner.clone()) == Some(&*text) {
                (data.a, data.b) = (clamp(inner.start), clamp(inner.end));
            } else {
                data.a = clamp(self.yaml.decoded.len());
                self.yaml.decoded.push_str(&text);
                data.b = clamp(self.yaml.decoded.len());
                data.is_decoded = true;
            }
            data.properties = properties;
            self.cursor = self.cursor.max(end);
            self.push(data, 1, 0)
        };
        let Some(id) = id else { return STOP };
        self.remember(anchor, Anchored { id, weight: 1, height: 0, open: false });
        GO_ON
    }
}
