//! The typed model of one gateway: its connections with everything inherited resolved, its secrets, its programs.

pub mod collisions;
pub mod connection;
pub mod effective;
pub mod end;
pub mod pairing;
pub mod psk;
mod signals;
pub mod swanctl;

pub use collisions::{Collision, CollisionKind};
pub use connection::{Auto, Connection, IkeVersion, Mode, Origin};
pub use effective::{AlsoFault, AlsoProblem, Duplicate, Effective, Inherited, Overridden, Via};
pub use end::{Auth, End, Peer};
pub use swanctl::{Charon, Discard, DiscardKind};

use crate::dialect::{Dialect, Program};
use crate::keys::SectionKind;
use crate::proposal::{self, Field, ProposalList};
use crate::syntax::conf::{Conf, Setting};
use crate::syntax::secrets::Secrets;
use crate::syntax::settings::{Settings, SettingsProblem};
use crate::syntax::sysctl::SysctlLine;
use crate::syntax::{beside, conf, secrets, settings, sysctl};
use confvet_core::{Fact, FileId, Input, Keys, Parsed, Span, source};
use effective::{Inheritance, duplicates};
use serde::Serialize;

/// The kinds of file, as detection names them.
pub(crate) const KINDS: &[&str] = &["ipsec.conf", "ipsec.secrets", "swanctl.conf", "strongswan.conf", "sysctl.conf"];

/// One gateway: a root file, what it includes, and the files beside it that belong to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ipsec {
    /// Which kind of file the root is.
    pub kind: &'static str,
    /// The program that reads the files.
    pub program: Program,
    /// `ipsec.conf`; empty for other roots.
    pub conf: Conf,
    /// All connections, loaded or not.
    pub connections: Vec<Connection>,
    /// All values of `ike`, `esp` and `ah` that a connection uses.
    pub proposals: Vec<ProposalList>,
    /// The secrets.
    pub secrets: Secrets,
    /// The pre-shared keys by name.
    #[serde(skip)]
    pub psk_index: psk::PskIndex,
    /// A secrets file is among the sources.
    pub has_secrets: bool,
    /// The options of `strongswan.conf` that matter.
    pub charon: Charon,
    /// The kernel settings, when the root is a `sysctl.conf`.
    pub sysctl: Vec<SysctlLine>,
    /// The directory of the root, `swanctl`, `ipsec.d` and the like left out: `etc` for `etc/swanctl/swanctl.conf`.
    #[serde(skip)]
    pub tree: String,
    /// The root lies in a directory of drop-ins, such as `sysctl.d`.
    #[serde(skip)]
    pub in_directory: bool,
    /// What is wrong with `also`.
    #[serde(skip)]
    pub also_problems: Vec<AlsoProblem>,
    /// Own values without effect.
    #[serde(skip)]
    pub overridden: Vec<Overridden>,
    /// Keys that occur twice in a section.
    #[serde(skip)]
    pub duplicates: Vec<Duplicate>,
    /// Where `swanctl.conf` or `strongswan.conf` cannot be read.
    #[serde(skip)]
    pub settings_problems: Vec<SettingsProblem>,
    /// What of `swanctl.conf` has no effect.
    #[serde(skip)]
    pub discards: Vec<Discard>,
    /// Times of `swanctl.conf` that rules compare.
    #[serde(skip)]
    pub swanctl: Option<Settings>,
    /// The secrets lie under a directory named `test` or the like.
    #[serde(skip)]
    pub is_test: bool,
    /// An `include` that no file of the run answers.
    #[serde(skip)]
    pub incomplete: bool,
}

impl Ipsec {
    fn new(kind: &'static str, program: Program, path: &str) -> Self {
        Self {
            kind,
            program,
            conf: Conf::default(),
            connections: Vec::new(),
            proposals: Vec::new(),
            secrets: Secrets::default(),
            psk_index: psk::PskIndex::default(),
            has_secrets: false,
            charon: Charon::default(),
            sysctl: Vec::new(),
            tree: tree(path),
            in_directory: tree(path) != source::parent(path),
            also_problems: Vec::new(),
            overridden: Vec::new(),
            duplicates: Vec::new(),
            settings_problems: Vec::new(),
            discards: Vec::new(),
            swanctl: None,
            is_test: path.split('/').any(|part| matches!(part, "test" | "tests" | "testing")),
            incomplete: false,
        }
    }

    /// The setting with this index.
    pub fn setting(&self, index: u32) -> &Setting {
        &self.conf.settings[index as usize]
    }

    /// The setting in force for a connection of `ipsec.conf`.
    pub fn value<'a>(&'a self, connection: &'a Connection, key: crate::keys::Key) -> Option<&'a Setting> {
        self.reader(connection).setting(key)
    }

    pub(crate) fn reader<'a>(&'a self, connection: &'a Connection) -> connection::Reader<'a> {
        connection::Reader { conf: &self.conf, program: &self.program, values: &connection.values }
    }

    /// The proposals a connection names.
    pub fn proposals_of(&self, connection: &Connection, field: Field) -> Option<&ProposalList> {
        connection.proposal(field).map(|index| &self.proposals[index])
    }

    /// Tunnel and transport connections that the program loads.
    pub fn live(&self) -> impl Iterator<Item = &Connection> {
        self.connections.iter().filter(|connection| connection.is_live())
    }

    /// The lists of proposals that live connections use.
    pub fn live_proposals(&self) -> impl Iterator<Item = &ProposalList> {
        let mut used = vec![false; self.proposals.len()];
        for index in self.live().flat_map(|connection| connection.proposals.iter().flatten()) {
            used[*index] = true;
        }
        self.proposals.iter().zip(used).filter_map(|(list, used)| used.then_some(list))
    }
}

/// What tells the dialects apart in an `ipsec.conf`.
pub(crate) fn signals_of(conf: &Conf) -> Vec<crate::dialect::Signal> {
    signals::of_conf(conf)
}

/// The directory a gateway's files hang in.
fn tree(path: &str) -> String {
    let mut directory = source::parent(path);
    while matches!(
        source::file_name(directory),
        "swanctl" | "ipsec.d" | "sysctl.d" | "strongswan.d" | "conf.d" | "strongswan"
    ) {
        directory = source::parent(directory);
    }
    directory.to_owned()
}

/// Reads the gateway that starts from a file.
pub(crate) fn read(input: &Input<'_>) -> Parsed<Ipsec> {
    match input.kind {
        "ipsec.secrets" => read_secrets_alone(input),
        "swanctl.conf" | "strongswan.conf" => read_settings(input),
        "sysctl.conf" => {
            let mut model = Ipsec::new("sysctl.conf", Program::decide(input.target, Vec::new()), input.source().path());
            model.sysctl = sysctl::parse(input.sources, input.file);
            Parsed { model, files: vec![input.file], secrets: Vec::new() }
        }
        _ => read_conf(input),
    }
}

fn read_secrets_alone(input: &Input<'_>) -> Parsed<Ipsec> {
    let signals = signals::of_secrets(input.sources, input.file);
    let mut model = Ipsec::new("ipsec.secrets", Program::decide(input.target, signals), input.source().path());
    model.secrets = secrets::parse(input.sources, input.file, model.program.dialect);
    model.has_secrets = true;
    let (files, masked) = (model.secrets.files.clone(), masked(&model.secrets));
    Parsed { model, files, secrets: masked }
}

fn masked(secrets: &Secrets) -> Vec<Span> {
    let mut masked = secrets.masked.clone();
    masked.retain(|span| !span.is_empty());
    masked.sort_unstable();
    masked.dedup();
    masked
}

fn read_settings(input: &Input<'_>) -> Parsed<Ipsec> {
    let swanctl = input.kind == "swanctl.conf";
    let kind = if swanctl { "swanctl.conf" } else { "strongswan.conf" };
    let mut model = Ipsec::new(kind, Program::strongswan(input.target), input.source().path());
    let tree = settings::parse(input.sources, input.file);
    let mut files = tree.files.clone();
    model.settings_problems.clone_from(&tree.problems);
    if !swanctl {
        model.charon = Charon::read(&tree);
        return Parsed { model, files, secrets: Vec::new() };
    }
    if tree.problems.is_empty() {
        let read = swanctl::read(&tree, &model.program);
        model.connections = read.connections;
        model.proposals = read.proposals;
        model.discards = read.discards;
        model.has_secrets = !read.secrets.is_empty();
        model.psk_index = psk::PskIndex::new(&read.secrets);
        model.secrets.files.clone_from(&tree.files);
        model.secrets.entries = read.secrets;
        model.secrets.incomplete = read.incomplete;
        model.secrets.masked = read.masked;
    } else {
        // Not loaded, but still secret.
        model.secrets.masked = swanctl::read(&tree, &model.program).masked;
    }
    files.extend(read_charon(input, &mut model));
    model.swanctl = Some(tree);
    let masked = masked(&model.secrets);
    Parsed { model, files, secrets: masked }
}

/// `strongswan.conf` beside the root or one directory up.
fn read_charon(input: &Input<'_>, model: &mut Ipsec) -> Vec<FileId> {
    let found = beside(input, "strongswan.conf").or_else(|| beside(input, "../strongswan.conf"));
    let Some(file) = found else { return Vec::new() };
    let tree = settings::parse(input.sources, file);
    model.charon = Charon::read(&tree);
    model.settings_problems.extend(&tree.problems);
    tree.files
}

/// `ipsec.secrets` beside `ipsec.conf`, `STEM.secrets` beside `STEM.conf`.
fn find_secrets(input: &Input<'_>, conf: &Conf) -> Option<FileId> {
    let named = conf.all_settings().find(|(section, setting)| {
        section.kind == SectionKind::Setup && setting.key == Some(crate::keys::Key::SECRETSFILE)
    });
    if let Some((_, setting)) = named {
        return input.sources.find(input.file, &setting.value);
    }
    let name = input.source().file_name();
    let stem = name.strip_suffix(".conf").unwrap_or(name);
    let stem = stem.strip_suffix(".ipsec").unwrap_or(stem);
    beside(input, &format!("{stem}.secrets")).or_else(|| beside(input, "ipsec.secrets"))
}

fn read_conf(input: &Input<'_>) -> Parsed<Ipsec> {
    let mut conf = conf::parse(input.sources, input.file, Dialect::Unknown);
    let secrets_file = find_secrets(input, &conf);
    let mut signals = signals::of_conf(&conf);
    if let Some(file) = secrets_file {
        signals.extend(signals::of_secrets(input.sources, file));
    }
    let has_charon = beside(input, "strongswan.conf").or_else(|| beside(input, "swanctl/swanctl.conf"));
    if let Some(file) = has_charon {
        signals.push(crate::dialect::Signal { dialect: Dialect::Strongswan, span: Span::new(file, 0..0) });
    }
    let program = Program::decide(input.target, signals);
    if conf.ambiguous && program.dialect != Dialect::Unknown || program.is_libreswan() {
        conf = conf::parse(input.sources, input.file, program.dialect);
    }
    let mut model = Ipsec::new("ipsec.conf", program, input.source().path());
    model.incomplete = conf.includes.iter().any(|include| include.missing);
    model.duplicates = duplicates(&conf, &model.program);
    let mut files = conf.files.clone();
    let own: Vec<String> = input.facts.list(Fact::Addresses).to_vec();
    connections(&mut model, &conf, &own);
    model.conf = conf;
    if let Some(file) = secrets_file {
        model.secrets = secrets::parse(input.sources, file, model.program.dialect);
        model.psk_index = psk::PskIndex::new(&model.secrets.entries);
        model.has_secrets = true;
        files.extend(&model.secrets.files);
    }
    if model.program.dialect != Dialect::Libreswan {
        files.extend(read_charon(input, &mut model));
    }
    let masked = masked(&model.secrets);
    Parsed { model, files, secrets: masked }
}

fn connections(model: &mut Ipsec, conf: &Conf, own_addresses: &[String]) {
    let program = model.program.clone();
    // By the setting: several conns may inherit one list.
    let mut by_setting: Vec<u32> = vec![u32::MAX; conf.settings.len()];
    let mut inheritance = Inheritance::new(conf, &program, SectionKind::Conn);
    model.also_problems = inheritance.problems();
    let templates: Keys<usize> =
        inheritance.groups.iter().flat_map(|group| &group.parents).filter_map(|&(_, parent)| parent).collect();
    model.connections.reserve(inheritance.groups.len());
    model.proposals.reserve(2 * inheritance.groups.len());
    for index in 0..inheritance.groups.len() {
        let values = inheritance.resolve(index);
        if !connection::is_connection(conf, &inheritance.groups[index]) {
            continue;
        }
        model.overridden.extend(inheritance.overridden(index, &values));
        let group = &inheritance.groups[index];
        let reader = connection::Reader { conf, program: &program, values: &values };
        let proposals = &mut model.proposals;
        let proposal_at = |setting: usize, field: Field| {
            let known = &mut by_setting[setting];
            if *known == u32::MAX {
                *known = u32::try_from(proposals.len()).unwrap_or(u32::MAX);
                proposals.push(read_proposals(&conf.settings[setting], field, &program));
            }
            *known as usize
        };
        let mut connection = connection::from_conf(&reader, group, own_addresses, proposal_at);
        connection.is_template = templates.contains(&index);
        connection.values = values;
        model.connections.push(connection);
    }
    model.also_problems.extend(Inheritance::new(conf, &program, SectionKind::Ca).problems());
}

fn read_proposals(setting: &Setting, field: Field, program: &Program) -> ProposalList {
    if setting.hole {
        let span = setting.value_span;
        return ProposalList {
            field,
            text: setting.value.clone(),
            closed: false,
            items: Vec::new(),
            faults: Vec::new(),
            span,
        };
    }
    proposal::read(&setting.value, field, program, &|range| setting.part(range))
}
