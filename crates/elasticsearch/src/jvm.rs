//! `jvm.options`, `jvm.options.d/*.options` and `ES_JAVA_OPTS`: line by line, as the start-up program reads them.

use crate::release::Release;
use compact_str::CompactString;
use confvet_core::units::ByteSize;
use confvet_core::{FileId, Span};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// The JDKs a line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JdkRange {
    /// The first major version.
    pub from: u16,
    /// The last one; `None` is open.
    pub to: Option<u16>,
}

impl JdkRange {
    /// Is the JDK among them?
    pub fn contains(self, jdk: u16) -> bool {
        self.from <= jdk && self.to.is_none_or(|to| jdk <= to)
    }
}

/// The two ends of the heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeapEnd {
    /// `-Xms`, `-XX:InitialHeapSize`
    Initial,
    /// `-Xmx`, `-XX:MaxHeapSize`
    Maximum,
}

impl HeapEnd {
    /// The short option.
    pub fn option(self) -> &'static str {
        match self {
            HeapEnd::Initial => "-Xms",
            HeapEnd::Maximum => "-Xmx",
        }
    }
}

/// What a `-XX` flag is set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlagValue {
    /// `-XX:+Flag`
    On,
    /// `-XX:-Flag`
    Off,
    /// `-XX:Flag=value`
    Set(CompactString),
    /// `-XX:Flag`, without sign or value.
    Bare,
}

/// What an option says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JvmArgument {
    /// One end of the heap. The size is `None` when HotSpot cannot read it.
    Heap {
        /// Which end.
        end: HeapEnd,
        /// The size.
        size: Option<ByteSize>,
        /// The text behind `-Xmx`.
        text: CompactString,
    },
    /// A `-XX` flag other than the two heap sizes.
    Flag {
        /// Its name.
        name: CompactString,
        /// What it is set to.
        value: FlagValue,
    },
    /// `-Dname=value`
    Property {
        /// The name.
        name: CompactString,
        /// The value.
        value: CompactString,
    },
    /// Anything else that starts with a dash.
    Other(CompactString),
}

/// One option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JvmOption {
    /// The whole line or word, prefix included.
    pub line: Span,
    /// The option itself.
    pub span: Span,
    /// The value inside the option: a size, what stands behind `=`; else the option itself.
    pub value_span: Span,
    /// Only for these JDKs.
    pub jdks: Option<JdkRange>,
    /// What it says.
    pub argument: JvmArgument,
}

impl JvmOption {
    /// Does the option count on a JDK?
    pub fn applies_to(&self, jdk: u16) -> bool {
        self.jdks.is_none_or(|range| range.contains(jdk))
    }

    /// The name of a `-XX` flag and its value.
    pub fn flag(&self) -> Option<(&str, &FlagValue)> {
        match &self.argument {
            JvmArgument::Flag { name, value } => Some((name, value)),
            _ => None,
        }
    }

    /// Is it this flag, switched on?
    pub fn switches_on(&self, flag: &str) -> bool {
        matches!(self.flag(), Some((name, FlagValue::On)) if name == flag)
    }

    /// An end of the heap, with its size.
    pub fn heap(&self) -> Option<(HeapEnd, ByteSize)> {
        match &self.argument {
            JvmArgument::Heap { end, size: Some(size), .. } => Some((*end, *size)),
            _ => None,
        }
    }
}

/// Why a line, or a part of it, is not what its author meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineProblem {
    /// A blank or a tab in front of an option.
    IndentedOption,
    /// A blank or a tab in front of `#`.
    IndentedComment,
    /// Anything that is neither option nor comment.
    NoOption,
    /// `13-8:-X`
    ReversedRange,
    /// Blanks behind an option.
    TrailingBlank,
    /// `# …` behind an option.
    TrailingComment,
    /// Another option on the same line.
    SecondOption,
    /// Quotes around an option.
    Quotes,
    /// `${NAME}` that nothing replaces, in a size.
    VariableInSize,
    /// `${NAME}` that nothing replaces, elsewhere.
    Variable,
    /// A size that HotSpot cannot read.
    BadSize,
}

/// One file of options, or the value of `ES_JAVA_OPTS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JvmFile {
    /// The file.
    pub file: FileId,
    /// Which source it is.
    pub source: JvmSource,
    /// In the order of the text.
    pub options: Vec<JvmOption>,
    /// What is wrong with lines.
    pub problems: Vec<(Span, LineProblem)>,
    marks: Marks,
}

/// Where the few options stand that most questions are about, so that answering does not mean to read all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Marks {
    /// Indexes of the options that set an end of the heap.
    heaps: Vec<usize>,
    /// … that switch a collector.
    collectors: Vec<usize>,
    /// … of the other sizes that count.
    sizes: Vec<usize>,
    /// … that size the heap as a share.
    shares: Vec<usize>,
    /// The JDKs from which on prefixes make a difference.
    bounds: Vec<u16>,
    /// A line may have been meant as an option and is none.
    has_unread_line: bool,
}

/// Flags whose sizes are asked for.
const SIZES: &[&str] = &["ObjectAlignmentInBytes", "MaxDirectMemorySize", "MinHeapSize"];

/// Flags that size the heap as a share of the memory.
const SHARES: &[&str] = &["MaxRAMPercentage", "MinRAMPercentage", "InitialRAMPercentage"];

/// The sources of options, in the order in which the JVM sees them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum JvmSource {
    /// `jvm.options`
    Main,
    /// A file in `jvm.options.d` whose name ends in `.options`.
    Directory,
    /// A file in `jvm.options.d` with another name: nobody reads it.
    IgnoredName,
    /// `ES_JAVA_OPTS` or `OPENSEARCH_JAVA_OPTS`.
    Environment,
}

/// Names between `${` and `}` that the build or the start-up program fills in.
const FILLED_IN: &[&str] = &[
    "ES_TMPDIR",
    "ES_PATH_CONF",
    "OPENSEARCH_TMPDIR",
    "OPENSEARCH_PATH_CONF",
    "loggc",
    "heap.dump.path",
    "error.file",
    "heap.min",
    "heap.max",
];

impl JvmFile {
    /// Reads a file line by line.
    pub fn of_text(file: FileId, text: &str, source: JvmSource) -> Self {
        let mut found = Self::empty(file, source);
        // Most lines are comments.
        found.options.reserve(text.len() / 64);
        let mut start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        while start < text.len() {
            let end = memchr::memchr(b'\n', &text.as_bytes()[start..]).map_or(text.len(), |length| start + length);
            let line = &text[start..end];
            let line = line.strip_suffix('\r').unwrap_or(line);
            found.read_line(line, start);
            start = end + 1;
        }
        found.finish();
        found
    }

    fn empty(file: FileId, source: JvmSource) -> Self {
        Self { file, source, options: Vec::new(), problems: Vec::new(), marks: Marks::default() }
    }

    fn push(&mut self, option: JvmOption) {
        let index = self.options.len();
        match &option.argument {
            JvmArgument::Heap { .. } => self.marks.heaps.push(index),
            JvmArgument::Flag { name, value: FlagValue::On | FlagValue::Off } if Collector::of_flag(name).is_some() => {
                self.marks.collectors.push(index);
            }
            JvmArgument::Flag { name, value: FlagValue::Set(_) } if SIZES.contains(&name.as_str()) => {
                self.marks.sizes.push(index);
            }
            JvmArgument::Flag { name, .. } if SHARES.contains(&name.as_str()) => self.marks.shares.push(index),
            _ => {}
        }
        if let Some(range) = option.jdks {
            let bounds = [Some(range.from.max(8)), range.to.map(|to| to.saturating_add(1))];
            self.marks.bounds.extend(bounds.into_iter().flatten().filter(|jdk| *jdk <= LAST_JDK));
        }
        self.options.push(option);
    }

    /// Sorts what was marked, and notes what was not read.
    fn finish(&mut self) {
        self.marks.bounds.sort_unstable();
        self.marks.bounds.dedup();
        use LineProblem::{IndentedOption, NoOption, Quotes, ReversedRange, SecondOption};
        let unread = |problem| matches!(problem, IndentedOption | NoOption | Quotes | ReversedRange | SecondOption);
        self.marks.has_unread_line = self.problems.iter().any(|(_, problem)| unread(*problem));
    }

    /// Reads the value of `ES_JAVA_OPTS`: words between blanks. `content` is where the text is written.
    pub fn of_words(text: &str, content: Span) -> Self {
        let mut found = Self::empty(content.file, JvmSource::Environment);
        let exact = content.len() == text.len();
        let mut at = 0;
        for word in text.split([' ', '\t', '\n']) {
            let span = if exact { content.slice(at..at + word.len()) } else { content };
            at += word.len() + 1;
            if word.starts_with('-') {
                found.push(read_option(word, span, span, None, exact));
            }
        }
        found
    }

    fn read_line(&mut self, line: &str, start: usize) {
        let Some(&first) = line.as_bytes().first() else { return };
        let span = |range: std::ops::Range<usize>| Span::new(self.file, start + range.start..start + range.end);
        match first {
            b'#' => {}
            b' ' | b'\t' => {
                let trimmed = line.trim_start_matches([' ', '\t']);
                let blank = line.len() - trimmed.len();
                let problem = match trimmed.as_bytes().first() {
                    None => return,
                    Some(b'-') => LineProblem::IndentedOption,
                    Some(b'#') => LineProblem::IndentedComment,
                    Some(_) => LineProblem::NoOption,
                };
                let span = if problem == LineProblem::NoOption { span(blank..line.len()) } else { span(0..blank) };
                self.problems.push((span, problem));
            }
            b'-' => self.read_argument(line, 0, start, None),
            b'0'..=b'9' => match prefix(line) {
                Some((range, length)) if range.to.is_none_or(|to| range.from <= to) => {
                    self.read_argument(line, length, start, Some(range));
                }
                Some((_, length)) => self.problems.push((span(0..length - 1), LineProblem::ReversedRange)),
                None => self.problems.push((span(0..line.len()), LineProblem::NoOption)),
            },
            b'"' | b'\'' if line[1..].starts_with('-') => {
                self.problems.push((span(0..line.len()), LineProblem::Quotes));
            }
            _ => self.problems.push((span(0..line.trim_end().len()), LineProblem::NoOption)),
        }
    }

    fn read_argument(&mut self, line: &str, offset: usize, start: usize, jdks: Option<JdkRange>) {
        let span = |range: std::ops::Range<usize>| Span::new(self.file, start + range.start..start + range.end);
        let argument = &line[offset..];
        let mut length = argument.len();
        if let Some(blank) = memchr::memchr2(b' ', b'\t', argument.as_bytes()) {
            let may_hold_blanks =
                ["-D", "-XX:OnError", "-XX:OnOutOfMemoryError"].iter().any(|start| argument.starts_with(start));
            let rest = argument[blank..].trim_start_matches([' ', '\t']);
            let at = offset + argument.len() - rest.len();
            if rest.is_empty() {
                if !argument.starts_with("-D") {
                    self.problems.push((span(offset + blank..line.len()), LineProblem::TrailingBlank));
                }
                length = blank;
            } else if rest.starts_with('#') {
                self.problems.push((span(offset + blank..line.len()), LineProblem::TrailingComment));
                length = blank;
            } else if !may_hold_blanks && (rest.starts_with("-X") || rest.starts_with("-D")) {
                self.problems.push((span(at..line.len()), LineProblem::SecondOption));
                length = blank;
            }
        }
        let argument = &argument[..length];
        let whole = span(0..line.len());
        let option = read_option(argument, whole, span(offset..offset + length), jdks, true);
        self.check_value(argument, &option);
        self.push(option);
    }

    fn check_value(&mut self, argument: &str, option: &JvmOption) {
        let dollar = memchr::memchr(b'$', argument.as_bytes());
        if let Some(at) = dollar.and_then(|from| Some(from + argument[from..].find("${")?)) {
            let end = argument[at..].find('}').map_or(argument.len(), |end| at + end + 1);
            let name = argument[at + 2..end].trim_end_matches('}');
            if FILLED_IN.contains(&name) || argument.contains("{{") {
                return;
            }
            let in_size = matches!(option.argument, JvmArgument::Heap { .. });
            let problem = if in_size { LineProblem::VariableInSize } else { LineProblem::Variable };
            self.problems.push((option.span.slice(at..end), problem));
            return;
        }
        if let JvmArgument::Heap { size: None, text, .. } = &option.argument
            && !is_hole(text)
        {
            let problem = if text.contains(['"', '\'']) { LineProblem::Quotes } else { LineProblem::BadSize };
            self.problems.push((option.value_span, problem));
        }
    }
}

/// A hole of a template or of the build: `{{ heap }}`, `<%= heap %>`, `@HEAP@`.
fn is_hole(text: &str) -> bool {
    text.contains("{{") || text.contains("<%") || text.contains("{%") || (text.starts_with('@') && text.ends_with('@'))
}

/// `8:`, `8-:`, `8-13:` in front of a dash; gives its length.
fn prefix(line: &str) -> Option<(JdkRange, usize)> {
    let (range, rest) = line.split_once(':')?;
    if !rest.starts_with('-') {
        return None;
    }
    let number = |text: &str| -> Option<u16> {
        (!text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit())).then(|| text.parse().ok())?
    };
    let range_of = match range.split_once('-') {
        None => {
            let jdk = number(range)?;
            JdkRange { from: jdk, to: Some(jdk) }
        }
        Some((from, "")) => JdkRange { from: number(from)?, to: None },
        Some((from, to)) => JdkRange { from: number(from)?, to: Some(number(to)?) },
    };
    Some((range_of, range.len() + 1))
}

fn read_option(text: &str, line: Span, span: Span, jdks: Option<JdkRange>, exact: bool) -> JvmOption {
    let value_at = |from: usize| if exact { span.slice(from..text.len()) } else { span };
    let (argument, value_span) = if let Some(flag) = text.strip_prefix("-XX:") {
        read_flag(text, flag, &value_at, span)
    } else if let Some(property) = text.strip_prefix("-D") {
        let (name, value) = property.split_once('=').unwrap_or((property, ""));
        (JvmArgument::Property { name: name.into(), value: value.into() }, value_at((3 + name.len()).min(text.len())))
    } else if let Some(size) = text.strip_prefix("-Xms").or_else(|| text.strip_prefix("-Xmx")) {
        let end = if text.starts_with("-Xms") { HeapEnd::Initial } else { HeapEnd::Maximum };
        (JvmArgument::Heap { end, size: size_of(size), text: size.into() }, value_at(4))
    } else {
        (JvmArgument::Other(text.into()), span)
    };
    JvmOption { line, span, value_span, jdks, argument }
}

fn read_flag(text: &str, flag: &str, value_at: &dyn Fn(usize) -> Span, span: Span) -> (JvmArgument, Span) {
    if let Some((name, value)) = flag.split_once('=') {
        let value_span = value_at(text.len() - value.len());
        let end = match name {
            "InitialHeapSize" => HeapEnd::Initial,
            "MaxHeapSize" => HeapEnd::Maximum,
            _ => {
                let value = FlagValue::Set(value.into());
                return (JvmArgument::Flag { name: name.into(), value }, value_span);
            }
        };
        return (JvmArgument::Heap { end, size: size_of(value), text: value.into() }, value_span);
    }
    let (name, value) = match flag.as_bytes().first() {
        Some(b'+') => (&flag[1..], FlagValue::On),
        Some(b'-') => (&flag[1..], FlagValue::Off),
        _ => (flag, FlagValue::Bare),
    };
    (JvmArgument::Flag { name: name.into(), value }, span)
}

/// A size as HotSpot reads it: digits and at most one letter of `k m g t`.
///
/// ```
/// use confvet_elasticsearch::jvm::size_of;
/// use confvet_core::units::ByteSize;
/// assert_eq!(size_of("31g"), Some(ByteSize::gib(31)));
/// assert_eq!(size_of("1.5g"), None);
/// assert_eq!(size_of("4gb"), None);
/// ```
pub fn size_of(text: &str) -> Option<ByteSize> {
    let (digits, factor) = match text.as_bytes().last()? {
        b'k' | b'K' => (&text[..text.len() - 1], ByteSize::KIB),
        b'm' | b'M' => (&text[..text.len() - 1], ByteSize::MIB),
        b'g' | b'G' => (&text[..text.len() - 1], ByteSize::GIB),
        b't' | b'T' => (&text[..text.len() - 1], ByteSize::TIB),
        _ => (text, 1),
    };
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u64>().ok()?.checked_mul(factor).map(ByteSize)
}

/// The garbage collectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Collector {
    /// `UseG1GC`
    G1,
    /// `UseConcMarkSweepGC`
    Cms,
    /// `UseParallelGC`, `UseParallelOldGC`
    Parallel,
    /// `UseSerialGC`
    Serial,
    /// `UseZGC`
    Z,
    /// `UseShenandoahGC`
    Shenandoah,
}

impl Collector {
    /// The collector that a flag switches on.
    pub fn of_flag(name: &str) -> Option<Self> {
        Some(match name {
            "UseG1GC" => Collector::G1,
            "UseConcMarkSweepGC" => Collector::Cms,
            "UseParallelGC" | "UseParallelOldGC" => Collector::Parallel,
            "UseSerialGC" => Collector::Serial,
            "UseZGC" => Collector::Z,
            "UseShenandoahGC" => Collector::Shenandoah,
            _ => return None,
        })
    }
}

/// A heap size that counts, and where it is written.
#[derive(Debug, Clone, Copy)]
pub struct HeapSetting<'a> {
    /// The size.
    pub size: ByteSize,
    /// The option.
    pub option: &'a JvmOption,
    /// The source it stands in.
    pub source: &'a JvmFile,
}

/// The heap of a node on one JDK.
#[derive(Debug, Clone, Copy, Default)]
pub struct Heap<'a> {
    /// The last initial size.
    pub initial: Option<HeapSetting<'a>>,
    /// The last maximum size.
    pub maximum: Option<HeapSetting<'a>>,
}

/// All options of a node, over all sources, in the order in which the JVM sees them.
#[derive(Debug, Clone, Copy)]
pub struct JvmOptions<'a> {
    files: &'a [std::sync::Arc<JvmFile>],
    directory_is_read: bool,
}

/// Prefixes beyond this one are for JDKs that nobody has.
const LAST_JDK: u16 = 99;

/// One major JDK of each kind: what stands for all when nobody says which one runs.
const REPRESENTATIVE_JDKS: &[u16] = &[8, 11, 17, 21, 25];

impl<'a> JvmOptions<'a> {
    /// The options of these sources, for a release: `jvm.options.d` is read from 7.7.
    pub fn new(files: &'a [std::sync::Arc<JvmFile>], release: &Release) -> Self {
        Self { files, directory_is_read: !release.is_before(7, 7) }
    }

    /// The sources the program reads.
    pub fn sources(self) -> impl Iterator<Item = &'a JvmFile> {
        self.files.iter().map(|file| &**file).filter(move |file| self.reads(file))
    }

    /// Does the program read this source?
    fn reads(self, file: &JvmFile) -> bool {
        match file.source {
            JvmSource::Main | JvmSource::Environment => true,
            JvmSource::Directory => self.directory_is_read,
            JvmSource::IgnoredName => false,
        }
    }

    /// Is there no source at all?
    pub fn is_empty(self) -> bool {
        self.sources().next().is_none()
    }

    /// Some of the options, those that count on a JDK.
    fn marked(
        self,
        jdk: u16,
        marks: fn(&Marks) -> &[usize],
    ) -> impl DoubleEndedIterator<Item = (&'a JvmFile, &'a JvmOption)> {
        let of_file = move |file: &'a std::sync::Arc<JvmFile>| {
            marks(&file.marks).iter().map(|&index| (&**file, &file.options[index]))
        };
        let read = move |file: &&'a std::sync::Arc<JvmFile>| self.reads(file);
        self.files.iter().filter(read).flat_map(of_file).filter(move |(_, option)| option.applies_to(jdk))
    }

    /// The options that count on a JDK.
    pub fn on(self, jdk: u16) -> impl Iterator<Item = (&'a JvmFile, &'a JvmOption)> {
        self.all().filter(move |(_, option)| option.applies_to(jdk))
    }

    /// All options.
    pub fn all(self) -> impl Iterator<Item = (&'a JvmFile, &'a JvmOption)> {
        self.sources().flat_map(|file| file.options.iter().map(move |option| (file, option)))
    }

    /// The JDKs worth looking at: the stated ones, or one of each kind, together with those at which a prefix begins.
    pub fn jdks(self, known: &[u16]) -> Vec<u16> {
        if !known.is_empty() {
            return known.to_vec();
        }
        let mut jdks = REPRESENTATIVE_JDKS.to_vec();
        jdks.extend(self.sources().flat_map(|file| file.marks.bounds.iter().copied()));
        jdks.sort_unstable();
        jdks.dedup();
        jdks
    }

    /// The heap on a JDK: the last occurrence of either end wins. Sizes that cannot be read hide nothing.
    pub fn heap(self, jdk: u16) -> Heap<'a> {
        let mut heap = Heap::default();
        for (source, option) in self.marked(jdk, |marks| &marks.heaps) {
            if let Some((end, size)) = option.heap() {
                let setting = Some(HeapSetting { size, option, source });
                match end {
                    HeapEnd::Initial => heap.initial = setting,
                    HeapEnd::Maximum => heap.maximum = setting,
                }
            }
        }
        heap
    }

    /// All sizes of one end of the heap that apply to a JDK, the one that counts last.
    pub fn heap_settings(self, jdk: u16, end: HeapEnd) -> impl Iterator<Item = HeapSetting<'a>> {
        self.marked(jdk, |marks| &marks.heaps).filter_map(move |(source, option)| match option.heap() {
            Some((found, size)) if found == end => Some(HeapSetting { size, option, source }),
            _ => None,
        })
    }

    /// Is there a size of the heap that cannot be read: a hole, a variable, a mistake?
    pub fn has_unreadable_heap(self, jdk: u16) -> bool {
        let mut heaps = self.marked(jdk, |marks| &marks.heaps);
        heaps.any(|(_, option)| matches!(option.argument, JvmArgument::Heap { size: None, .. }))
    }

    /// Is there a line that is no option, although it may have been meant as one?
    pub fn has_unread_line(self) -> bool {
        self.sources().any(|file| file.marks.has_unread_line)
    }

    /// Is any end of the heap mentioned, readable or not?
    pub fn mentions_heap(self) -> bool {
        let is_least =
            |file: &JvmFile, index: &usize| file.options[*index].flag().is_some_and(|(name, _)| name == "MinHeapSize");
        self.sources().any(|file| !file.marks.heaps.is_empty() || file.marks.sizes.iter().any(|at| is_least(file, at)))
    }

    /// The collector that is switched on last on a JDK.
    pub fn collector(self, jdk: u16) -> Option<Collector> {
        let on = |(_, option): (&JvmFile, &'a JvmOption)| match option.flag() {
            Some((name, FlagValue::On)) => Collector::of_flag(name),
            _ => None,
        };
        self.marked(jdk, |marks| &marks.collectors).filter_map(on).next_back()
    }

    /// The last value of `-XX:name=…` on a JDK, as a size; only of the few flags whose sizes count.
    pub fn flag_size(self, jdk: u16, name: &str) -> Option<ByteSize> {
        let value = |(_, option): (&JvmFile, &'a JvmOption)| match option.flag() {
            Some((found, FlagValue::Set(value))) if found == name => size_of(value),
            _ => None,
        };
        self.marked(jdk, |marks| &marks.sizes).filter_map(value).next_back()
    }

    /// The flags that size the heap as a share of the memory, on whatever JDK.
    pub fn heap_shares(self) -> impl Iterator<Item = &'a JvmOption> {
        self.sources().flat_map(|file| file.marks.shares.iter().map(|&index| &file.options[index]))
    }

    /// Does any option limit direct memory?
    pub fn limits_direct_memory(self) -> bool {
        let limits = |file: &JvmFile, index: &usize| {
            file.options[*index].flag().is_some_and(|(name, _)| name == "MaxDirectMemorySize")
        };
        self.sources().any(|file| file.marks.sizes.iter().any(|at| limits(file, at)))
    }

    /// The collectors that are switched on or off for a JDK, in their order.
    pub fn collectors(self, jdk: u16) -> impl Iterator<Item = (Collector, &'a JvmOption)> {
        let named = |(_, option): (&JvmFile, &'a JvmOption)| Some((Collector::of_flag(option.flag()?.0)?, option));
        self.marked(jdk, |marks| &marks.collectors).filter_map(named)
    }

    /// The largest heap for which HotSpot still compresses object pointers, measured on 64-bit Linux. `None` when it
    /// never does (ZGC) or nobody knows.
    pub fn compressed_limit(self, jdk: u16) -> Option<ByteSize> {
        let limit = match (self.collector(jdk), jdk) {
            (Some(Collector::Z), _) => return None,
            (Some(Collector::Parallel | Collector::Cms | Collector::Serial), _) => 32766,
            (_, 21..=24) => 32256,
            _ => 32736,
        };
        let alignment = self.flag_size(jdk, "ObjectAlignmentInBytes").map_or(8, |size| size.0.clamp(8, 256));
        Some(ByteSize::mib(limit * alignment / 8))
    }
}

impl Serialize for JvmFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for option in &self.options {
            match &option.argument {
                JvmArgument::Heap { end, text, .. } => map.serialize_entry(end.option(), text.as_str())?,
                JvmArgument::Flag { name, value: FlagValue::Set(value) } => {
                    map.serialize_entry(name.as_str(), value)?;
                }
                JvmArgument::Flag { name, value } => {
                    map.serialize_entry(name.as_str(), &(*value != FlagValue::Off))?;
                }
                JvmArgument::Property { name, .. } if name.to_ascii_lowercase().contains("password") => {
                    map.serialize_entry(name.as_str(), "***")?;
                }
                JvmArgument::Property { name, value } => map.serialize_entry(name.as_str(), value)?,
                JvmArgument::Other(text) => map.serialize_entry(text.as_str(), &true)?,
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::Flavour;
    use std::sync::Arc;

    fn read(text: &str) -> JvmFile {
        JvmFile::of_text(FileId(0), text, JvmSource::Main)
    }

    fn problems(text: &str) -> Vec<(&str, LineProblem)> {
        read(text).problems.iter().map(|&(span, problem)| (&text[span.range()], problem)).collect()
    }

    #[test]
    fn each_trap_of_a_line_is_seen_at_its_place() {
        assert_eq!(problems("# c\n\n-Xms4g\r\n8-13:-XX:+UseG1GC\n14-:-Xfoo\n"), []);
        assert_eq!(problems("  -Xmx4g\n"), [("  ", LineProblem::IndentedOption)]);
        assert_eq!(problems("\t# c\n"), [("\t", LineProblem::IndentedComment)]);
        assert_eq!(problems("   \n"), []);
        assert_eq!(problems("Xmx4g\n"), [("Xmx4g", LineProblem::NoOption)]);
        assert_eq!(problems("17-8:-XX:+UseG1GC\n"), [("17-8", LineProblem::ReversedRange)]);
        assert_eq!(problems("8 -:-Xms1g\n"), [("8 -:-Xms1g", LineProblem::NoOption)]);
        assert_eq!(problems("-Xms4g \n"), [(" ", LineProblem::TrailingBlank)]);
        assert_eq!(problems("-Xms4g # half\n"), [(" # half", LineProblem::TrailingComment)]);
        assert_eq!(problems("-Xms4g -Xmx4g\n"), [("-Xmx4g", LineProblem::SecondOption)]);
        assert_eq!(problems("\"-Xms4g\"\n"), [("\"-Xms4g\"", LineProblem::Quotes)]);
        assert_eq!(problems("-Xmx${HEAP}\n"), [("${HEAP}", LineProblem::VariableInSize)]);
        assert_eq!(problems("-XX:ErrorFile=${X}/a\n"), [("${X}", LineProblem::Variable)]);
        assert_eq!(problems("-Djava.io.tmpdir=${ES_TMPDIR}\n"), []);
        assert_eq!(problems("-Xmx1.5g\n-Xms4gb\n"), [("1.5g", LineProblem::BadSize), ("4gb", LineProblem::BadSize)]);
        assert_eq!(problems("-Dx=a b -Xmx1g\n-XX:OnError=\"gdb - %p\"\n"), []);
    }

    #[test]
    fn the_last_heap_that_applies_wins() {
        let main = Arc::new(read("-Xms1g\n-Xmx1g\n8:-Xmx2g\n-XX:MaxHeapSize=3g\n11-:-Xmx4g\n"));
        let dir = JvmFile::of_text(FileId(1), "-Xmx8g\n", JvmSource::Directory);
        let ignored = JvmFile::of_text(FileId(2), "-Xmx9g\n", JvmSource::IgnoredName);
        let files = [main, Arc::new(dir), Arc::new(ignored)];
        let at = |major, minor, jdk| {
            let release = Release::stated(Flavour::Elasticsearch, confvet_core::Version::new(major, minor, 0));
            JvmOptions::new(&files, &release).heap(jdk).maximum.unwrap().size
        };
        assert_eq!(at(7, 17, 17), ByteSize::gib(8));
        assert_eq!(at(6, 8, 17), ByteSize::gib(4), "jvm.options.d is read from 7.7");
        assert_eq!(at(6, 8, 8), ByteSize::gib(3));
    }

    #[test]
    fn words_of_the_environment_have_places() {
        let text = "ES_JAVA_OPTS=-Xms4g  -Xmx5g";
        let file = JvmFile::of_words(&text[13..], Span::new(FileId(0), 13..text.len()));
        let places: Vec<&str> = file.options.iter().map(|option| &text[option.value_span.range()]).collect();
        assert_eq!(places, ["4g", "5g"]);
    }

    #[test]
    fn the_compressed_limit_depends_on_collector_and_jdk() {
        let limit = |text: &str, jdk| {
            let files = [Arc::new(read(text))];
            JvmOptions::new(&files, &Release::unknown(Flavour::Elasticsearch)).compressed_limit(jdk)
        };
        assert_eq!(limit("", 17), Some(ByteSize::mib(32736)));
        assert_eq!(limit("", 21), Some(ByteSize::mib(32256)));
        assert_eq!(limit("-XX:+UseConcMarkSweepGC\n", 11), Some(ByteSize::mib(32766)));
        assert_eq!(limit("-XX:+UseZGC\n", 21), None);
        assert_eq!(limit("-XX:ObjectAlignmentInBytes=16\n", 17), Some(ByteSize::mib(65472)));
    }
}
