//! Mapping over many items, on all cores where the build has threads.

/// Applies `f` to every item; results keep the order of the items.
#[cfg(feature = "fs")]
pub(crate) fn map<T: Send, R: Send>(items: Vec<T>, f: impl Fn(T) -> R + Send + Sync) -> Vec<R> {
    use rayon::prelude::*;
    if items.len() < 2 {
        return items.into_iter().map(f).collect();
    }
    items.into_par_iter().map(f).collect()
}

/// Applies `f` to every item; results keep the order of the items.
#[cfg(not(feature = "fs"))]
pub(crate) fn map<T, R>(items: Vec<T>, f: impl Fn(T) -> R) -> Vec<R> {
    items.into_iter().map(f).collect()
}
