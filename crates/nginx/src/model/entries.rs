//! The entries of `map`, `geo`, `types`, `split_clients` and `charset_map`.

use super::Nginx;
use super::tree::Directive;
use crate::keys::key;
use confvet_core::Span;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// An entry that does not fit.
#[derive(Debug, Clone)]
pub(crate) struct EntryFault {
    pub(crate) span: Span,
    pub(crate) message: String,
    pub(crate) earlier: Option<Span>,
    /// nginx takes it, with a warning at most.
    pub(crate) only_warned: bool,
}

fn fault(span: Span, message: impl Into<String>) -> EntryFault {
    EntryFault { span, message: message.into(), earlier: None, only_warned: false }
}

impl Nginx {
    /// All entries that do not fit their block.
    pub(crate) fn entry_faults(&self) -> Vec<EntryFault> {
        let mut faults = Vec::new();
        for (key, index) in [(key!("map"), 1), (key!("split_clients"), 1)] {
            for block in self.all(key).filter(|block| block.is_block()) {
                variable_name(block, index, &mut faults);
            }
        }
        self.all(key!("map")).filter(|map| map.is_block()).for_each(|map| map_entries(map, &mut faults));
        self.all(key!("geo")).filter(|geo| geo.is_block()).for_each(|geo| geo_entries(geo, &mut faults));
        self.all(key!("types")).filter(|types| types.is_block()).for_each(|types| type_entries(types, &mut faults));
        self.all(key!("split_clients")).filter(|it| it.is_block()).for_each(|it| shares(it, &mut faults));
        faults
    }
}

fn variable_name(block: Directive<'_>, index: usize, faults: &mut Vec<EntryFault>) {
    if let Some(word) = block.arg(index).filter(|word| !word.text.starts_with('$')) {
        faults.push(fault(word.span, format!("`{}` is no variable: its name starts with `$`", word.text)));
    }
}

fn nested(entry: Directive<'_>, faults: &mut Vec<EntryFault>) -> bool {
    if entry.is_block() {
        faults.push(fault(entry.span(), "an entry has no block (nginx: unexpected \"{\")"));
    }
    entry.is_block() || entry.is_broken()
}

fn map_entries(map: Directive<'_>, faults: &mut Vec<EntryFault>) {
    let mut seen: BTreeMap<String, Span> = BTreeMap::new();
    for entry in map.block().children() {
        if nested(entry, faults) {
            continue;
        }
        let key = entry.name().text.as_str();
        let words = entry.words();
        match (words.len(), key) {
            (1, "hostnames" | "volatile") => continue,
            (2, "include") => continue,
            (2, _) => {}
            (count, _) => {
                faults
                    .push(fault(entry.span(), format!("an entry of `map` has a key and a value, {count} words given")));
                continue;
            }
        }
        if key.starts_with('~') {
            continue;
        }
        let folded = key.strip_prefix('\\').unwrap_or(key).to_ascii_lowercase();
        let is_default = key == "default";
        let slot = if is_default { "default".to_owned() } else { format!("={folded}") };
        match seen.get(&slot) {
            Some(&earlier) => {
                let message = if is_default {
                    "there are two defaults".to_owned()
                } else {
                    format!("`{folded}` is mapped twice")
                };
                faults.push(EntryFault { earlier: Some(earlier), ..fault(entry.span(), message) });
            }
            None => {
                seen.insert(slot, entry.span());
            }
        }
    }
}

fn geo_entries(geo: Directive<'_>, faults: &mut Vec<EntryFault>) {
    let ranges = geo.block().children().any(|entry| entry.name().text == "ranges");
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for entry in geo.block().children() {
        if nested(entry, faults) {
            continue;
        }
        let words = entry.words();
        let key = entry.name().text.as_str();
        if words.len() == 1 && matches!(key, "ranges" | "proxy_recursive" | "volatile") {
            continue;
        }
        if words.len() != 2 {
            let count = words.len();
            faults
                .push(fault(entry.span(), format!("an entry of `geo` has a network and a value, {count} words given")));
            continue;
        }
        if key == "include" {
            continue;
        }
        let network = if matches!(key, "proxy" | "delete") { words[1].text.as_str() } else { key };
        let span = if matches!(key, "proxy" | "delete") { words[1].span } else { words[0].span };
        if network != "default" && !ranges {
            match network.parse::<ipnet::IpNet>() {
                Ok(net) if net.trunc() != net => {
                    let message =
                        format!("`{network}` has bits behind its prefix: nginx takes it for `{}`", net.trunc());
                    faults.push(EntryFault { only_warned: true, ..fault(span, message) });
                }
                Ok(_) => {}
                Err(_) if network.parse::<IpAddr>().is_ok() => {}
                Err(_) => faults.push(fault(span, format!("`{network}` is no network"))),
            }
        }
        if matches!(key, "proxy" | "delete") {
            continue;
        }
        match seen.get(key) {
            Some(&earlier) => {
                let message = format!("`{key}` is given twice: the second value holds");
                faults.push(EntryFault { earlier: Some(earlier), only_warned: true, ..fault(entry.span(), message) });
            }
            None => {
                seen.insert(key, entry.span());
            }
        }
    }
}

fn type_entries(types: Directive<'_>, faults: &mut Vec<EntryFault>) {
    let mut seen: BTreeMap<String, (Span, String)> = BTreeMap::new();
    for entry in types.block().children() {
        if entry.name().text == "types" && entry.is_block() {
            faults.push(fault(entry.name().span, "`types` within `types`: the included file brings its own block"));
            continue;
        }
        if nested(entry, faults) || entry.name().text == "include" {
            continue;
        }
        if entry.words().len() < 2 {
            faults.push(fault(entry.span(), format!("type `{}` has no file extension", entry.name().text)));
        }
        for word in entry.args() {
            let kind = entry.name().text.to_string();
            match seen.get(&word.text.as_str().to_ascii_lowercase()) {
                Some((earlier, other)) if *other != kind => {
                    let message = format!("extension `{}` has two types: the second holds", word.text);
                    faults.push(EntryFault { earlier: Some(*earlier), only_warned: true, ..fault(word.span, message) });
                }
                Some(_) => {}
                None => {
                    seen.insert(word.text.as_str().to_ascii_lowercase(), (word.span, kind));
                }
            }
        }
    }
}

/// The shares of `split_clients` in hundredths of a percent.
fn shares(split: Directive<'_>, faults: &mut Vec<EntryFault>) {
    let mut total = 0_u64;
    for entry in split.block().children() {
        if nested(entry, faults) {
            continue;
        }
        let share = entry.name().text.as_str();
        if entry.words().len() != 2 {
            faults.push(fault(entry.span(), "an entry of `split_clients` has a share and a value"));
            continue;
        }
        if share == "*" {
            continue;
        }
        let hundredths = share.strip_suffix('%').and_then(|number| {
            let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
            let fraction = format!("{fraction:0<2}");
            let digits = |text: &str| crate::value::number(text);
            (fraction.len() == 2).then_some(())?;
            Some(digits(whole)?.checked_mul(100)?.saturating_add(digits(&fraction)?))
        });
        match hundredths.filter(|&share| share > 0) {
            None => faults.push(fault(entry.name().span, format!("`{share}` is no share: write for example `12.5%`"))),
            Some(share) => {
                total = total.saturating_add(share);
                if total > 10_000 {
                    faults.push(fault(entry.span(), format!("percentages add up to {}%", total / 100)));
                    return;
                }
            }
        }
    }
}
