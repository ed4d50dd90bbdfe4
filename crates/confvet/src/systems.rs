//! The systems this build knows, and how the engine handles them without knowing their models.

use crate::batch::{Assignment, Batch, load};
use crate::value::to_value;
use confvet_core::{Detection, Input, Sources, System};

/// What the engine knows of a system: its names, and functions made for its model type.
#[derive(Debug)]
pub struct SystemEntry {
    /// As in rule names.
    pub name: &'static str,
    /// As people write it.
    pub title: &'static str,
    /// The programs whose versions matter; the first is the main one.
    pub targets: &'static [&'static str],
    /// The kinds of file; the first is meant when only the system is named.
    pub kinds: &'static [&'static str],
    pub(crate) might_be: fn(&str) -> bool,
    pub(crate) detect: fn(&str, &str) -> Option<Detection>,
    pub(crate) load: fn(&Sources, Vec<Assignment>) -> Box<dyn Batch>,
    pub(crate) rules: fn() -> Vec<&'static str>,
    pub(crate) model: fn(&Input<'_>) -> Result<serde_json::Value, serde_json::Error>,
}

impl SystemEntry {
    /// The names of the rules that the system's crate lists, in the order of the list.
    pub fn rules(&self) -> Vec<&'static str> {
        (self.rules)()
    }
}

const fn entry<S: System>() -> SystemEntry {
    SystemEntry {
        name: S::NAME,
        title: S::TITLE,
        targets: S::TARGETS,
        kinds: S::KINDS,
        might_be: S::might_be,
        detect: S::detect,
        load: |sources, assignments| Box::new(load::<S>(sources, assignments)) as Box<dyn Batch>,
        rules: || {
            let file_rules = S::rules().iter().map(|rule| rule.name);
            file_rules.chain(S::set_rules().iter().map(|rule| rule.name)).collect()
        },
        model: |input| to_value(&S::parse(input).model),
    }
}

// Sorted by name: a feature, and the crate's unit struct.
static SYSTEMS: &[SystemEntry] = &[
    #[cfg(feature = "elasticsearch")]
    entry::<confvet_elasticsearch::ElasticsearchSystem>(),
    #[cfg(feature = "haproxy")]
    entry::<confvet_haproxy::HaproxySystem>(),
    #[cfg(feature = "ipsec")]
    entry::<confvet_ipsec::Ipsec>(),
    #[cfg(feature = "nginx")]
    entry::<confvet_nginx::NginxSystem>(),
    #[cfg(feature = "patroni")]
    entry::<confvet_patroni::Patroni>(),
    #[cfg(feature = "prometheus")]
    entry::<confvet_prometheus::Prometheus>(),
    #[cfg(feature = "redis")]
    entry::<confvet_redis::Redis>(),
];

/// All systems of this build, sorted by name.
pub fn systems() -> &'static [SystemEntry] {
    SYSTEMS
}

/// Programs that are no system's own but whose versions rules ask for.
const FURTHER_TARGETS: &[&str] = &["etcd", "java", "openssl", "postgresql"];

/// All names that `[target]` and `--target` may use, sorted.
pub fn target_names() -> Vec<&'static str> {
    let mut names: Vec<&str> = SYSTEMS.iter().flat_map(|system| system.targets).copied().collect();
    names.extend(FURTHER_TARGETS);
    names.sort_unstable();
    names.dedup();
    names
}
