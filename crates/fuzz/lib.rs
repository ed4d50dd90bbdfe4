//! What every fuzz target asserts: whatever the bytes, nothing panics, spans fit, and fixes settle.

use confvet::{Linter, Source};
use confvet_testkit::{assert_fixes_settle, assert_sound};

/// Lints the bytes as a file of the system. Their first byte chooses the kind of file.
///
/// # Panics
/// If something does not hold that must hold for every input.
pub fn lint(system: &str, data: &[u8]) {
    let Some((&choice, text)) = data.split_first() else { return };
    let Some(kinds) = confvet::systems().iter().find(|known| known.name == system).map(|known| known.kinds) else {
        panic!("`{system}` is no system of this build");
    };
    let kind = kinds[usize::from(choice) % kinds.len()];
    let config = format!("[[files]]\nglob = \"input\"\nsystem = \"{system}\"\nkind = \"{kind}\"\n");
    let linter = Linter::new().config(config);
    let report = linter.lint_sources([Source::from_bytes("input", text.to_vec())].into_iter().collect());
    assert_sound(&report);
    assert_fixes_settle(&linter, report);
}
