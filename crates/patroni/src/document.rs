//! What a file of Patroni's holds: one document, or several inside a file of something else.

use crate::check::{HealthCheck, RoleService};
use crate::conf::ConfFile;
use crate::environment::Environment;
use crate::hba::{self, HbaLine};
use crate::model::{Config, major};
use confvet_core::{Context, Edit, FileId, Input, Span};

/// One file of Patroni's, or a part of a file that holds several.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Document {
    /// A patroni.yml, or a dynamic configuration by itself.
    Config(Box<Config>),
    /// A pg_hba.conf.
    Hba(HbaFile),
    /// A postgresql.conf.
    Conf(ConfFile),
    /// `PATRONI_…` variables.
    Environment(Environment),
    /// A file of Kubernetes, Docker Compose, cloud-init or Consul, with what in it concerns Patroni.
    Manifest(Manifest),
}

/// What a file of Kubernetes, Docker Compose, cloud-init or Consul holds of Patroni's.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Manifest {
    /// Documents inside block scalars, and blocks of environment variables.
    pub documents: Vec<Document>,
    /// Probes of containers and checks of services that ask Patroni's REST API.
    pub checks: Vec<HealthCheck>,
    /// Services that select pods by their role.
    pub services: Vec<RoleService>,
}

impl Manifest {
    /// Is nothing of Patroni's in it?
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty() && self.checks.is_empty() && self.services.is_empty()
    }
}

impl Document {
    /// The documents inside a manifest, or the document itself.
    pub fn parts(&self) -> &[Document] {
        match self {
            Document::Manifest(manifest) => &manifest.documents,
            document => std::slice::from_ref(document),
        }
    }

    /// The configurations in the file.
    pub fn configs(&self) -> impl Iterator<Item = &Config> {
        self.parts().iter().filter_map(|part| match part {
            Document::Config(config) => Some(&**config),
            _ => None,
        })
    }

    /// The blocks of environment variables in the file.
    pub fn environments(&self) -> impl Iterator<Item = &Environment> {
        self.parts().iter().filter_map(Document::environment)
    }

    /// The variables, where the document is a block of them.
    pub(crate) fn environment(&self) -> Option<&Environment> {
        if let Document::Environment(environment) = self { Some(environment) } else { None }
    }

    /// Probes and checks that ask Patroni's REST API.
    pub fn checks(&self) -> &[HealthCheck] {
        if let Document::Manifest(manifest) = self { &manifest.checks } else { &[] }
    }

    /// Services that select pods by their role.
    pub fn services(&self) -> &[RoleService] {
        if let Document::Manifest(manifest) = self { &manifest.services } else { &[] }
    }

    /// The pg_hba lines that are in effect, whichever kind of document it is.
    pub fn effective_hba(&self) -> &[HbaLine] {
        match self {
            Document::Config(config) => config.hba().lines(),
            Document::Hba(file) => &file.lines,
            Document::Conf(_) | Document::Environment(_) | Document::Manifest(_) => &[],
        }
    }

    /// All pg_hba lists of the document, in effect or not.
    pub fn hba_lists(&self) -> Vec<&[HbaLine]> {
        match self {
            Document::Config(config) => config.hba_lists().iter().map(|list| list.lines.as_slice()).collect(),
            Document::Hba(file) => vec![&file.lines],
            Document::Conf(_) | Document::Environment(_) | Document::Manifest(_) => Vec::new(),
        }
    }

    /// Takes a pg_hba line out, with its line end.
    pub(crate) fn delete_hba(&self, line: &HbaLine, ctx: &Context<'_>) -> Option<Edit> {
        match self {
            Document::Config(config) => config.delete_hba(line),
            Document::Hba(_) => {
                let text = ctx.sources.get(line.span.file).text();
                let behind = text.get(line.span.range().end..).unwrap_or_default();
                let end = behind.find('\n').filter(|at| behind[..*at].trim().is_empty()).map_or(0, |at| at + 1);
                Some(Edit::delete(Span { end: line.span.end + u32::try_from(end).unwrap_or(0), ..line.span }))
            }
            _ => None,
        }
    }

    /// What stands between two pg_hba lines of the same list.
    pub(crate) fn between_hba(&self, line: &HbaLine) -> Option<String> {
        match self {
            Document::Config(config) => config.between_hba(line),
            Document::Hba(_) => Some("\n".to_owned()),
            _ => None,
        }
    }

    /// Moves a pg_hba line in front of an earlier one.
    pub(crate) fn move_hba(&self, line: &HbaLine, before: &HbaLine, ctx: &Context<'_>) -> Option<[Edit; 2]> {
        let copy = match self {
            Document::Config(config) => config.copy_hba(line, before)?,
            Document::Hba(_) => Edit::insert_before(before.span, format!("{}\n", ctx.text(line.span))),
            _ => return None,
        };
        Some([self.delete_hba(line, ctx)?, copy])
    }

    /// PostgreSQL's major version, if it is known.
    pub fn postgresql(&self) -> Option<u16> {
        match self {
            Document::Config(config) => config.postgresql,
            Document::Hba(file) => file.postgresql,
            Document::Conf(file) => file.postgresql,
            Document::Environment(_) | Document::Manifest(_) => None,
        }
    }
}

/// A pg_hba.conf.
#[derive(Debug, Clone, serde::Serialize)]
pub struct HbaFile {
    /// Its lines, without comments.
    pub lines: Vec<HbaLine>,
    /// PostgreSQL's major version, if it is known.
    pub postgresql: Option<u16>,
}

impl HbaFile {
    pub(crate) fn read(input: &Input<'_>, text: &str) -> Self {
        let postgresql = input.target.version("postgresql").and_then(major);
        Self { lines: hba::read_file(input.file, text, postgresql), postgresql }
    }
}

/// A part of a file, with everything around it blanked, so that places in it are places in the file.
pub(crate) fn blanked(text: &str, range: std::ops::Range<usize>) -> String {
    let blank = |part: &str, out: &mut String| {
        out.extend(part.bytes().map(|byte| if byte == b'\n' || byte == b'\r' { byte as char } else { ' ' }));
    };
    let mut out = String::with_capacity(text.len());
    blank(&text[..range.start], &mut out);
    out.push_str(&text[range.clone()]);
    blank(&text[range.end..], &mut out);
    out
}

/// A file that is read by itself.
pub(crate) fn read(input: &Input<'_>, text: &str, kind: &'static str) -> (Document, Vec<FileId>) {
    match kind {
        crate::PG_HBA => (Document::Hba(HbaFile::read(input, text)), vec![input.file]),
        crate::POSTGRESQL_CONF => {
            let (file, files) = ConfFile::read(input, text);
            (Document::Conf(file), files)
        }
        crate::ENVIRONMENT => (Document::Environment(Environment::read(input, text)), vec![input.file]),
        kind => {
            let (config, files) = Config::read(input, text, kind == crate::DYNAMIC);
            (Document::Config(Box::new(config)), files)
        }
    }
}
