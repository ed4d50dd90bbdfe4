//! Dotted and nested keys as one: every scalar with the whole way to it.

use crate::tree::{Entry, Kind, Node};
use confvet_core::Span;

/// A scalar or an empty collection, with the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf<'a> {
    /// The keys on the way, joined by dots: `discovery.zen.minimum_master_nodes`. Items of lists add nothing.
    pub path: String,
    /// The keys themselves, outermost first; each may hold dots of its own.
    pub keys: Vec<Node<'a>>,
    /// The item numbers on the way, one for each list, outermost first.
    pub indexes: Vec<usize>,
    /// The value.
    pub value: Node<'a>,
}

impl Leaf<'_> {
    /// Where the innermost key stands; of a value without a key its own span.
    pub fn key_span(&self) -> Span {
        self.keys.last().map_or(self.value.span(), |key| key.span())
    }
}

/// All leaves below a node, in the order of the text. Made by [`Node::leaves`].
#[derive(Debug)]
pub struct Leaves<'a> {
    stack: Vec<Level<'a>>,
    path: String,
    keys: Vec<Node<'a>>,
    indexes: Vec<usize>,
    root: Option<Node<'a>>,
}

#[derive(Debug)]
struct Level<'a> {
    node: Node<'a>,
    next: usize,
    path_len: usize,
}

impl<'a> Leaves<'a> {
    pub(crate) fn new(root: Node<'a>) -> Self {
        Self { stack: Vec::new(), path: String::new(), keys: Vec::new(), indexes: Vec::new(), root: Some(root) }
    }

    /// Goes into a collection, or hands out a leaf.
    fn visit(&mut self, node: Node<'a>, path_len: usize) -> Option<Leaf<'a>> {
        let target = node.target();
        let empty = target.entries().len() == 0 && target.items().len() == 0;
        if !empty {
            if matches!(target.kind(), Kind::Sequence { .. }) {
                self.indexes.push(0);
            }
            self.stack.push(Level { node: target, next: 0, path_len });
            return None;
        }
        let leaf =
            Leaf { path: self.path.clone(), keys: self.keys.clone(), indexes: self.indexes.clone(), value: node };
        self.path.truncate(path_len);
        Some(leaf)
    }
}

impl<'a> Iterator for Leaves<'a> {
    type Item = Leaf<'a>;

    fn next(&mut self) -> Option<Leaf<'a>> {
        if let Some(root) = self.root.take()
            && let Some(leaf) = self.visit(root, 0)
        {
            return Some(leaf);
        }
        loop {
            let level = self.stack.last_mut()?;
            let (node, index) = (level.node, level.next);
            level.next += 1;
            let path_len = self.path.len();
            let in_mapping = node.is_mapping();
            let child = if in_mapping {
                node.entry_at(index).map(|Entry { key, value }| {
                    if path_len > 0 {
                        self.path.push('.');
                    }
                    self.path.push_str(key.text().unwrap_or_default());
                    self.keys.push(key);
                    value
                })
            } else {
                node.item(index)
            };
            let Some(child) = child else {
                let done = self.stack.pop()?;
                self.path.truncate(done.path_len);
                if !in_mapping {
                    self.indexes.pop();
                }
                // The key that led here goes with its value.
                if self.stack.last().is_some_and(|above| above.node.is_mapping()) {
                    self.keys.pop();
                }
                continue;
            };
            if !in_mapping && let Some(last) = self.indexes.last_mut() {
                *last = index;
            }
            if let Some(leaf) = self.visit(child, path_len) {
                if in_mapping {
                    self.keys.pop();
                }
                return Some(leaf);
            }
        }
    }
}
