//! The typed model of a file, as JSON.

use crate::systems::systems;
use confvet_core::{Facts, Input, Sources, Target};

/// The typed model of one file of the given sources as JSON, with the name of the system that read it. `None` when no
/// system recognises the file.
///
/// ```
/// # #[cfg(feature = "redis")] {
/// let sources = [confvet::Source::new("redis.conf", "maxmemory 2gb\nappendonly yes\n")].into_iter().collect();
/// let (system, model) = confvet::model(&sources, "redis.conf").unwrap();
/// assert_eq!(system, "redis");
/// assert!(model.is_object());
/// # }
/// ```
pub fn model(sources: &Sources, path: &str) -> Option<(&'static str, serde_json::Value)> {
    let file = sources.by_path(path)?;
    let source = sources.get(file);
    let found = systems().iter().filter_map(|system| Some((system, (system.detect)(source.path(), source.text())?)));
    let (system, detection) = found.max_by_key(|(_, detection)| detection.confidence)?;
    let (target, facts) = (Target::new(), Facts::new());
    let input = Input { sources, file, kind: detection.kind, target: &target, facts: &facts };
    Some((system.name, (system.model)(&input).ok()?))
}
