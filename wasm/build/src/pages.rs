//! The rule pages as one JSON file, which the page fetches when the first rule is opened.

use anyhow::Result;
use confvet_rules::{Example, Page, Role};
use serde_json::{Map, Value, json};

pub(crate) fn to_json() -> Result<String> {
    let mut pages = Map::new();
    for rule in confvet_rules::all() {
        if let Some(page) = confvet_rules::page(rule.name) {
            pages.insert(rule.name.to_owned(), page_to_json(&page)?);
        }
    }
    Ok(serde_json::to_string(&pages)?)
}

fn page_to_json(page: &Page) -> Result<Value> {
    let examples: Vec<Value> = page.examples()?.iter().map(example_to_json).collect();
    Ok(json!({
        "title": page.info.title,
        "body": page.body().trim(),
        "sources": page.sources(),
        "examples": examples,
    }))
}

fn example_to_json(example: &Example) -> Value {
    let role = match example.role {
        Role::Bad => "bad",
        Role::Good => "good",
        Role::Fixed => "fixed",
    };
    let files: Vec<Value> = example.files.iter().map(|file| json!({ "path": file.path, "text": file.text })).collect();
    json!({ "role": role, "title": example.title, "files": files })
}
