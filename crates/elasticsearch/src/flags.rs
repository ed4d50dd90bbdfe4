//! HotSpot's `-XX` flags and the JDKs that take them.

/// What a JDK does with a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagState {
    /// It takes it.
    Accepted,
    /// It takes it and warns that a later one will not.
    Deprecated,
    /// It warns and does nothing else.
    Ignored,
    /// It takes it only after `-XX:+UnlockExperimentalVMOptions`.
    Experimental,
    /// It takes it only after `-XX:+UnlockDiagnosticVMOptions`.
    Diagnostic,
    /// It does not start.
    Refused,
    /// Nobody has tried.
    Unmeasured,
}

/// A flag, without `-XX:` and sign.
#[derive(Debug)]
pub struct JvmFlag {
    /// Its name, case and all.
    pub name: &'static str,
    /// By JDK: 8, 11, 17, 21, 25.
    states: [FlagState; 5],
}

include!(concat!(env!("OUT_DIR"), "/jvm_flags.rs"));

impl JvmFlag {
    /// The flag of this name.
    pub fn find(name: &str) -> Option<&'static JvmFlag> {
        FLAGS.binary_search_by(|flag| flag.name.cmp(name)).ok().map(|index| &FLAGS[index])
    }

    /// The flag whose name is nearest to a misspelt one.
    pub fn nearest(name: &str) -> Option<&'static str> {
        confvet_core::did_you_mean(name, FLAGS.iter().map(|flag| flag.name))
    }

    /// What a JDK does with it. Releases that were not measured count as the measured one nearest to them whose
    /// collectors they share: CMS went in 14.
    pub fn state(&self, jdk: u16) -> FlagState {
        let column = match jdk {
            ..=8 => 0,
            9..=13 => 1,
            14..=20 => 2,
            21..=24 => 3,
            25.. => 4,
        };
        self.states[column]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collectors_come_and_go() {
        let cms = JvmFlag::find("UseConcMarkSweepGC").unwrap();
        assert_eq!(cms.state(8), FlagState::Accepted);
        assert_eq!(cms.state(13), FlagState::Deprecated);
        assert_eq!(cms.state(14), FlagState::Refused);
        assert_eq!(JvmFlag::find("PrintGCDateStamps").unwrap().state(17), FlagState::Refused);
        assert_eq!(JvmFlag::find("UseG1GC").unwrap().state(25), FlagState::Accepted);
        assert_eq!(JvmFlag::nearest("UseG1GC1"), Some("UseG1GC"));
        assert!(FLAGS.is_sorted_by(|a, b| a.name < b.name));
    }
}
