//! What a pattern matches, as far as that is plain to see.

use super::{Look, Node};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Only the empty text.
    Empty,
    /// Every text.
    Everything,
    /// Every text but the empty one.
    NotEmpty,
    Other,
}

impl Node {
    pub(super) fn matches_everything(&self) -> bool {
        self.shape() == Shape::Everything
    }

    pub(super) fn matches_all_but_empty(&self) -> bool {
        self.shape() == Shape::NotEmpty
    }

    fn shape(&self) -> Shape {
        match self {
            Node::Empty | Node::Look(Look::Start | Look::End) => Shape::Empty,
            Node::Group(_, inner) => inner.shape(),
            Node::Repeat { inner, least, most: None, .. } => match (least, inner.shape()) {
                (0, _) if inner.is_any() => Shape::Everything,
                (1, _) if inner.is_any() => Shape::NotEmpty,
                (_, Shape::Everything) | (0, Shape::NotEmpty) => Shape::Everything,
                (1, Shape::NotEmpty) => Shape::NotEmpty,
                _ => Shape::Other,
            },
            Node::Repeat { inner, least: 0, .. } => match inner.shape() {
                Shape::Everything | Shape::NotEmpty => Shape::Everything,
                other => other,
            },
            Node::Sequence(parts) => parts.iter().map(Node::shape).fold(Shape::Empty, |all, part| match (all, part) {
                (Shape::Empty, other) | (other, Shape::Empty) => other,
                (Shape::Everything, Shape::Everything) => Shape::Everything,
                (Shape::Everything, Shape::NotEmpty) | (Shape::NotEmpty, Shape::Everything) => Shape::NotEmpty,
                _ => Shape::Other,
            }),
            Node::Choice(branches) => {
                let shapes: Vec<Shape> = branches.iter().map(Node::shape).collect();
                let has = |wanted| shapes.contains(&wanted);
                if has(Shape::Everything) || has(Shape::NotEmpty) && has(Shape::Empty) {
                    Shape::Everything
                } else if has(Shape::NotEmpty) {
                    Shape::NotEmpty
                } else if has(Shape::Other) {
                    Shape::Other
                } else {
                    Shape::Empty
                }
            }
            _ => Shape::Other,
        }
    }

    /// `.`, also as a group.
    fn is_any(&self) -> bool {
        match self {
            Node::Group(_, inner) => matches!(&**inner, Node::Set(set) if set.is_any()),
            Node::Set(set) => set.is_any(),
            _ => false,
        }
    }

    /// All texts it matches, if they are at most `limit`.
    pub(super) fn texts(&self, limit: usize) -> Option<Vec<String>> {
        let mut all = vec![String::new()];
        match self {
            Node::Empty | Node::Look(Look::Start | Look::End) => {}
            Node::Text(text) => all[0].push_str(text),
            Node::Group(_, inner) => all = inner.texts(limit)?,
            Node::Set(set) => all = set.chars(limit)?.into_iter().map(String::from).collect(),
            Node::Choice(branches) => {
                all.clear();
                for branch in branches {
                    all.extend(branch.texts(limit)?);
                    if all.len() > limit {
                        return None;
                    }
                }
            }
            Node::Sequence(parts) => {
                for part in parts {
                    let tails = part.texts(limit)?;
                    if all.len() * tails.len() > limit {
                        return None;
                    }
                    let mut joined = Vec::with_capacity(all.len() * tails.len());
                    for head in &all {
                        joined.extend(tails.iter().map(|tail| head.clone() + tail));
                    }
                    all = joined;
                }
            }
            Node::Repeat { inner, least: 0, most: Some(1), .. } => {
                all = inner.texts(limit)?;
                all.push(String::new());
            }
            _ => return None,
        }
        (all.len() <= limit).then_some(all)
    }

    /// The text every match starts with, and whether the pattern ends there.
    pub(super) fn prefix(&self) -> (String, bool) {
        match self {
            Node::Empty | Node::Look(Look::Start | Look::End) => (String::new(), true),
            Node::Text(text) => (text.to_string(), true),
            Node::Group(_, inner) => inner.prefix(),
            Node::Sequence(parts) => {
                let mut all = String::new();
                for part in parts {
                    let (text, whole) = part.prefix();
                    all.push_str(&text);
                    if !whole {
                        return (all, false);
                    }
                }
                (all, true)
            }
            Node::Choice(branches) => {
                let mut branches = branches.iter().map(|branch| branch.prefix().0);
                let mut shared = branches.next().unwrap_or_default();
                for branch in branches {
                    let same = shared.chars().zip(branch.chars()).take_while(|(a, b)| a == b);
                    shared.truncate(same.map(|(c, _)| c.len_utf8()).sum());
                }
                (shared, false)
            }
            Node::Repeat { inner, least: 1.., .. } => (inner.prefix().0, false),
            _ => (String::new(), false),
        }
    }

    /// The first capture group that is not used and can match two texts that differ.
    pub(super) fn varying_group(&self, used: &dyn Fn(usize) -> bool) -> Option<usize> {
        match self {
            Node::Group(number, inner) => (!used(*number) && inner.varies(used)).then_some(*number),
            Node::Repeat { inner, .. } => inner.varying_group(used),
            Node::Sequence(parts) | Node::Choice(parts) => parts.iter().find_map(|part| part.varying_group(used)),
            _ => None,
        }
    }

    /// Can it match two texts that differ, other than in groups that are used?
    fn varies(&self, used: &dyn Fn(usize) -> bool) -> bool {
        match self {
            Node::Empty | Node::Text(_) | Node::Look(_) => false,
            Node::Set(_) | Node::Choice(_) => true,
            Node::Group(number, inner) => !used(*number) && inner.varies(used),
            Node::Repeat { inner, least, most, .. } => {
                let fixed = matches!((least, most), (0, Some(1))) || Some(*least) == *most;
                !fixed || inner.varies(used)
            }
            Node::Sequence(parts) => parts.iter().any(|part| part.varies(used)),
        }
    }
}
