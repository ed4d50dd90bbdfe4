//! Regular expressions over `host:port`: what they do to the port.

use super::regex::Pattern;
use std::ops::Range;

/// What a regex over an address gets wrong about the port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortSlip {
    /// A greedy group in front of an optional port takes the port too.
    Swallowed {
        /// The group.
        group: Range<usize>,
    },
    /// The port is demanded, so an address without one does not match.
    Required {
        /// The group in front of the port.
        group: Range<usize>,
        /// The part for the port.
        part: Range<usize>,
        /// The same, optional.
        optional: String,
    },
}

/// How people write the part for the port.
const PORTS: &[&str] = &[r":\d+", ":[0-9]+"];
/// How they write that anything may follow the colon.
const ANYTHING: &[&str] = &[":.*", ":.+"];

impl Pattern {
    /// What a pattern that starts with a group for the host gets wrong about the port behind it.
    pub fn port_slip(&self) -> Option<PortSlip> {
        let text = self.as_str();
        let group = self.group_range(1).filter(|group| group.start == 0)?;
        let behind = text.get(group.end..)?;
        let (part, optional) = port_part(behind)?;
        let part = group.end..group.end + part;
        if optional {
            return matches!(&text[group.clone()], "(.+)" | "(.*)").then_some(PortSlip::Swallowed { group });
        }
        let written = &text[part.clone()];
        let optional = if written.starts_with('(') { format!("{written}?") } else { format!("(?:{written})?") };
        (!text.contains('|')).then_some(PortSlip::Required { group, part, optional })
    }
}

/// The length of the part for a port at the start, and whether it is optional.
fn port_part(text: &str) -> Option<(usize, bool)> {
    for port in PORTS {
        for part in [format!("(?:{port})"), format!("({port})")] {
            if let Some(rest) = text.strip_prefix(&part) {
                let optional = rest.starts_with('?');
                return Some((part.len() + usize::from(optional), optional));
            }
        }
    }
    let bare = PORTS.iter().chain(ANYTHING).find(|port| text.starts_with(**port))?;
    let repeated = text[bare.len()..].starts_with(['?', '*', '+', '{']);
    (!repeated).then_some((bare.len(), false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slip(text: &str) -> Option<PortSlip> {
        Pattern::new(text).unwrap().port_slip()
    }

    #[test]
    fn greedy_groups_swallow_the_port() {
        for text in [r"(.+)(?::\d+)?;(\d+)", r"(.*)(:\d+)?;(\d+)", "(.+)(?::[0-9]+)?"] {
            assert!(matches!(slip(text), Some(PortSlip::Swallowed { .. })), "{text}");
        }
        for text in
            [r"([^:]+)(?::\d+)?;(\d+)", r"(.+?)(?::\d+)?;(\d+)", r"(\[.+\]|[^:]+)(?::\d+)?", "(.+)", "(.+):9100"]
        {
            assert_eq!(slip(text), None, "{text}");
        }
    }

    #[test]
    fn a_port_that_is_demanded_can_be_made_optional() {
        for (text, wanted) in [
            (r"([^:]+):\d+;(\d+)", r"(?::\d+)?"),
            (r"(.+)(?::\d+);(\d+)", r"(?::\d+)?"),
            (r"([^:]+)(:[0-9]+);(\d+)", "(:[0-9]+)?"),
            ("(.*):.*", "(?::.*)?"),
        ] {
            let Some(PortSlip::Required { optional, .. }) = slip(text) else { panic!("{text}") };
            assert_eq!(optional, wanted, "{text}");
        }
        assert_eq!(slip(r"([^:]+):\d+;(\d+)|([^:]+);(\d+)"), None);
    }
}
