//! Which parameters the families have, what they take, and how much memory the node types give to Redis.

use confvet_core::units::ByteSize;

/// One parameter of one family.
#[derive(Debug, PartialEq, Eq)]
pub struct ParameterInfo {
    key: &'static str,
    /// The value without a setting.
    pub default: &'static str,
    /// Takes an integer.
    pub is_number: bool,
    allowed: &'static str,
    /// Can a group of one's own change it?
    pub modifiable: bool,
    /// Its name in families before redis5.0, where that differs.
    pub former: Option<&'static str>,
}

/// Does a parameter take a value?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// It does, or nothing is known of what it takes.
    Yes,
    /// It wants an integer.
    NotANumber,
    /// It is not among the words or ranges.
    Outside,
}

/// How much memory a node type gives to Redis.
struct NodeType {
    name: &'static str,
    maxmemory: u64,
}

include!(concat!(env!("OUT_DIR"), "/parameters.rs"));
include!(concat!(env!("OUT_DIR"), "/nodes.rs"));

impl ParameterInfo {
    /// The parameter of a family.
    pub fn find(family: &str, name: &str) -> Option<&'static ParameterInfo> {
        let key = format!("{family}/{name}");
        PARAMETERS.binary_search_by(|info| info.key.cmp(key.as_str())).ok().map(|index| &PARAMETERS[index])
    }

    /// All parameters of a family; none if there is no such family.
    pub fn of_family(family: &str) -> &'static [ParameterInfo] {
        let in_family = |info: &ParameterInfo| info.key.split_once('/').map_or("", |(family, _)| family);
        let start = PARAMETERS.partition_point(|info| in_family(info) < family);
        let end = start + PARAMETERS[start..].partition_point(|info| in_family(info) == family);
        &PARAMETERS[start..end]
    }

    /// The names of all families.
    pub fn families() -> impl Iterator<Item = &'static str> {
        let mut last = "";
        PARAMETERS.iter().filter_map(move |info| {
            let (family, _) = info.key.split_once('/')?;
            let is_new = family != last;
            last = family;
            is_new.then_some(family)
        })
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.key.split_once('/').map_or("", |(_, name)| name)
    }

    /// What it takes, for people.
    pub fn allowed_text(&self) -> &'static str {
        self.allowed
    }

    /// Does it take this value? Ranges are `a-b`, `a-` (no upper end) and `-` (any integer), in a list with commas.
    pub fn allows(&self, value: &str) -> Allowed {
        if !self.is_number {
            let known = self.allowed.is_empty() || self.allowed.split(',').any(|word| word == value);
            return if known { Allowed::Yes } else { Allowed::Outside };
        }
        let Ok(number) = value.parse::<i128>() else { return Allowed::NotANumber };
        let fits = |part: &str| {
            if part == "-" {
                return true;
            }
            if let Ok(exact) = part.parse::<i128>() {
                return exact == number;
            }
            // The dash of a range, not the sign of its lower end.
            let Some((low, high)) =
                part.get(1..).and_then(|rest| rest.find('-')).map(|at| (&part[..=at], &part[at + 2..]))
            else {
                return false;
            };
            let low = low.parse::<i128>().unwrap_or(i128::MAX);
            let high = if high.is_empty() { i128::MAX } else { high.parse().unwrap_or(i128::MIN) };
            (low..=high).contains(&number)
        };
        if self.allowed.is_empty() || self.allowed.split(',').any(fits) { Allowed::Yes } else { Allowed::Outside }
    }
}

/// What a node type gives to Redis as `maxmemory`, before anything is reserved.
pub fn node_memory(node_type: &str) -> Option<ByteSize> {
    let index = NODE_TYPES.binary_search_by(|node| node.name.cmp(node_type)).ok()?;
    Some(ByteSize(NODE_TYPES[index].maxmemory))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_and_parameters_are_found() {
        assert!(PARAMETERS.is_sorted_by(|a, b| a.key < b.key));
        assert!(NODE_TYPES.is_sorted_by(|a, b| a.name < b.name));
        assert!(ParameterInfo::families().any(|family| family == "redis6.x"));
        assert_eq!(ParameterInfo::find("redis7", "maxmemory-policy").unwrap().default, "volatile-lru");
        assert_eq!(ParameterInfo::find("memorydb_redis7", "maxmemory-policy").unwrap().default, "noeviction");
        assert!(ParameterInfo::find("redis7", "hash-max-ziplist-entries").is_none());
        assert!(ParameterInfo::of_family("redis99").is_empty());
        assert!(ParameterInfo::of_family("redis7").len() > 60);
    }

    #[test]
    fn ranges_are_read() {
        let allows = |name: &str, value: &str| ParameterInfo::find("redis7", name).unwrap().allows(value);
        assert_eq!(allows("reserved-memory-percent", "25"), Allowed::Yes);
        assert_eq!(allows("reserved-memory-percent", "101"), Allowed::Outside);
        assert_eq!(allows("reserved-memory-percent", "25%"), Allowed::NotANumber);
        assert_eq!(allows("timeout", "10"), Allowed::Outside);
        assert_eq!(allows("timeout", "0"), Allowed::Yes);
        assert_eq!(allows("timeout", "20"), Allowed::Yes);
        assert_eq!(allows("activerehashing", "true"), Allowed::Outside);
        assert!(node_memory("cache.t2.micro").is_some());
    }
}
