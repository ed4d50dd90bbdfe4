//! Patterns over paths: `*` and `?` within a component, `**` over components, `[…]`, `{a,b}`.

/// One or more patterns; a path matches when one of them does.
#[derive(Debug, Clone, Default)]
pub(crate) struct Globs(Vec<String>);

impl Globs {
    pub(crate) fn is_match(&self, path: &str) -> bool {
        self.0.iter().any(|pattern| fast_glob::glob_match(pattern, path))
    }
}

impl FromIterator<String> for Globs {
    fn from_iter<I: IntoIterator<Item = String>>(patterns: I) -> Self {
        Self(patterns.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stay_within_a_component_and_double_stars_do_not() {
        for (pattern, path, matches) in [
            ("es/hot-*/*.yml", "es/hot-1/elasticsearch.yml", true),
            ("es/*.yml", "es/hot-1/elasticsearch.yml", false),
            ("prod/**", "prod/a/b.conf", true),
            ("prod/**", "prod2/a", false),
            ("**/redis.conf", "redis.conf", true),
            ("**", "a/b", true),
            ("{a,b}/*.conf", "b/x.conf", true),
        ] {
            assert_eq!(Globs::from_iter([pattern.to_owned()]).is_match(path), matches, "{pattern} {path}");
        }
    }
}
