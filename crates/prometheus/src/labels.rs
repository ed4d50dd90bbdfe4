//! Which labels the result of an expression can have.

/// The labels that a result can have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ResultLabels {
    /// Nobody can tell.
    #[default]
    Unknown,
    /// None but these.
    Only(Vec<String>),
    /// All that the selected series have but these.
    AllBut(Vec<String>),
}

impl ResultLabels {
    /// No result has the label.
    pub fn lacks(&self, name: &str) -> bool {
        match self {
            ResultLabels::Unknown => false,
            ResultLabels::Only(names) => !names.iter().any(|own| own == name),
            ResultLabels::AllBut(names) => names.iter().any(|own| own == name),
        }
    }

    /// What `by (…)` leaves of them.
    pub(crate) fn by(&self, mut kept: Vec<String>) -> Self {
        kept.retain(|name| !self.lacks(name));
        ResultLabels::Only(kept)
    }

    /// What is left without these.
    pub(crate) fn without(self, taken: &[String]) -> Self {
        match self {
            ResultLabels::Unknown => ResultLabels::AllBut(taken.to_vec()),
            ResultLabels::Only(mut names) => {
                names.retain(|name| !taken.contains(name));
                ResultLabels::Only(names)
            }
            ResultLabels::AllBut(mut names) => {
                names.extend(taken.iter().cloned());
                ResultLabels::AllBut(names)
            }
        }
    }

    /// With these added, as `group_left (…)` does.
    pub(crate) fn with(self, added: &[String]) -> Self {
        match self {
            ResultLabels::Unknown => ResultLabels::Unknown,
            ResultLabels::Only(mut names) => {
                names.extend(added.iter().cloned());
                ResultLabels::Only(names)
            }
            ResultLabels::AllBut(mut names) => {
                names.retain(|name| !added.contains(name));
                ResultLabels::AllBut(names)
            }
        }
    }

    /// Of results that come from one side or from the other.
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (ResultLabels::Only(names), ResultLabels::Only(others)) => ResultLabels::Only(names).with(&others),
            _ => ResultLabels::Unknown,
        }
    }

    /// Of two sides that match in all their labels.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (ResultLabels::Only(names), other) | (other, ResultLabels::Only(names)) => other.by(names),
            (ResultLabels::AllBut(names), ResultLabels::AllBut(others)) => ResultLabels::AllBut(names).without(&others),
            (known, ResultLabels::Unknown) | (ResultLabels::Unknown, known) => known,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::promql::Query;

    #[test]
    fn labels_are_followed_through_an_expression() {
        for (text, gone, there) in [
            ("up", &[][..], &["job"][..]),
            ("sum by (job) (up)", &["instance"], &["job"]),
            ("sum(up) by (job) > 5", &["instance"], &["job"]),
            ("sum(up)", &["job"], &[]),
            ("sum without (instance) (up)", &["instance"], &["job"]),
            ("max by (job, pod) (sum by (job) (up))", &["pod"], &["job"]),
            ("topk(3, up)", &[], &["instance"]),
            ("rate(x[5m]) > 1", &[], &["instance"]),
            ("a / on (job) b", &["instance"], &["job"]),
            ("a / on (job) group_left (team) b", &[], &["instance", "team"]),
            ("sum by (job) (a) * on (job) group_left (team) b", &["instance"], &["job", "team"]),
            ("a / ignoring (pod) b", &["pod"], &["job"]),
            ("a and on (job) b", &[], &["instance"]),
            ("sum by (job) (a) / b", &["instance"], &["job"]),
            ("sum by (job) (a) or b", &[], &["instance"]),
            ("sum by (a) (x) or sum by (b) (y)", &["c"], &["a", "b"]),
            ("histogram_quantile(0.9, sum by (le, job) (rate(x[5m])))", &["le", "instance"], &["job"]),
            ("label_replace(sum(a), \"x\", \"y\", \"z\", \".*\")", &[], &["x", "job"]),
            ("absent(up{job=\"a\"})", &[], &["job"]),
            ("count_values(\"v\", x)", &[], &["v"]),
            ("1 - avg by (instance) (x)", &["job"], &["instance"]),
            ("(sum by (job) (a)) == 0 unless b", &["instance"], &["job"]),
            ("vector(1)", &["job"], &[]),
            ("max_over_time(sum by (job) (a)[1h:1m])", &["instance"], &["job"]),
        ] {
            let labels = Query::new(text).labels;
            for name in gone {
                assert!(labels.lacks(name), "{text} has no {name}: {labels:?}");
            }
            for name in there {
                assert!(!labels.lacks(name), "{text} may have {name}: {labels:?}");
            }
        }
    }
}
