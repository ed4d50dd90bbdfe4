//! What the tests, the benchmark and the fuzz targets share: numbers that are the same in every run ([`Random`]),
//! damage to files ([`damage`]), and what must hold whatever the input ([`assert_sound`]).
//!
//! Nothing here is published: a test that fails does so by panicking.

mod damage;
mod random;
mod sound;

pub use damage::damage;
pub use random::Random;
pub use sound::{File, assert_fixes_accepted, assert_fixes_settle, assert_sound, examples};
