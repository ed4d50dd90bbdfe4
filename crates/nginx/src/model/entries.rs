//! The entries of `map`, `geo`, `types`, `split_clients` and `charset_map`.

use super::Nginx;
use super::tree::Directive;
use crate::keys::key;
use confvet_core::{Map, Span};
use std::net::{IpAddr, Ipv4Addr};

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
        for block in [key!("map"), key!("geo"), key!("split_clients")].into_iter().flat_map(|key| self.all(key)) {
            if block.is_block() {
                variable_name(block, &mut faults);
            }
        }
        self.all(key!("map")).filter(|map| map.is_block()).for_each(|map| map_entries(map, &mut faults));
        self.all(key!("geo")).filter(|geo| geo.is_block()).for_each(|geo| geo_entries(geo, &mut faults));
        self.all(key!("types")).filter(|types| types.is_block()).for_each(|types| type_entries(types, &mut faults));
        self.all(key!("split_clients")).filter(|it| it.is_block()).for_each(|it| shares(it, &mut faults));
        self.all(key!("charset_map")).filter(|it| it.is_block()).for_each(|it| characters(it, &mut faults));
        faults
    }
}

/// The variable that a block defines is its last argument.
fn variable_name(block: Directive<'_>, faults: &mut Vec<EntryFault>) {
    let defined = block.args().last().filter(|_| block.is(key!("geo")) || block.args().len() > 1);
    if let Some(word) = defined.filter(|word| !word.text.starts_with('$')) {
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
    let mut seen: Map<String, Span> = Map::new();
    let mut hostnames = false;
    for entry in map.block().children() {
        if nested(entry, faults) {
            continue;
        }
        let key = entry.name().text;
        let words = entry.words();
        match (words.len(), key) {
            (1, "hostnames") => {
                hostnames = true;
                continue;
            }
            (1, "volatile") => continue,
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
        if key == "default" {
            match seen.get("default") {
                Some(&earlier) => {
                    let message = "there are two defaults";
                    faults.push(EntryFault { earlier: Some(earlier), ..fault(entry.span(), message) });
                }
                None => {
                    seen.insert("default".to_owned(), entry.span());
                }
            }
            continue;
        }
        if hostnames && !is_host_pattern(&folded) {
            let message =
                format!("`{folded}` is no host name: `*` can only be the whole first or the whole last label");
            faults.push(fault(entry.name().span, message));
            continue;
        }
        let slots = if hostnames { host_slots(&folded) } else { vec![format!("={folded}")] };
        if let Some(&earlier) = slots.iter().find_map(|slot| seen.get(slot)) {
            let message = format!("`{folded}` is mapped twice");
            faults.push(EntryFault { earlier: Some(earlier), ..fault(entry.span(), message) });
            continue;
        }
        seen.extend(slots.into_iter().map(|slot| (slot, entry.span())));
    }
}

/// What a name takes in a list of host names: `.a.b` stands for `a.b` and `*.a.b`.
pub(super) fn host_slots(name: &str) -> Vec<String> {
    match name.strip_prefix('.') {
        Some(rest) => vec![format!("={rest}"), format!("=*.{rest}")],
        None => vec![format!("={name}")],
    }
}

/// A name that a list of host names takes: `a.b`, `.a.b`, `*.a.b`, `a.b.*`.
pub(super) fn is_host_pattern(name: &str) -> bool {
    let inner = name.strip_prefix("*.").or_else(|| name.strip_suffix(".*")).unwrap_or(name);
    !inner.contains('*') && !name.contains("..")
}

fn geo_entries(geo: Directive<'_>, faults: &mut Vec<EntryFault>) {
    let is_ranges = |entry: &Directive<'_>| entry.words().len() == 1 && entry.name().text == "ranges";
    let ranges = geo.block().children().any(|entry| is_ranges(&entry));
    let first = geo.block().children().next();
    if let Some(late) = geo.block().children().find(is_ranges).filter(|late| first != Some(*late)) {
        faults.push(fault(late.span(), "`ranges` must be the first entry of `geo`"));
        return;
    }
    let mut seen: Map<&str, Span> = Map::new();
    for entry in geo.block().children() {
        if nested(entry, faults) {
            continue;
        }
        let words = entry.words();
        let key = entry.name().text;
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
        let named = matches!(key, "proxy" | "delete");
        let word = entry.arg(0).filter(|_| named).unwrap_or(entry.name());
        let (network, span) = (word.text, word.span);
        let is_server = matches!(key, "proxy");
        if network != "default" && ranges && !is_server {
            if !is_range(network) {
                let message = format!("`{network}` is no range of addresses: write for example `10.0.0.0-10.0.0.255`");
                faults.push(fault(span, message));
            }
        } else if network != "default" {
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

/// `10.0.0.0-10.0.0.255`; nginx takes IPv4 only.
fn is_range(text: &str) -> bool {
    let ends = text.split_once('-').map(|(low, high)| (low.parse::<Ipv4Addr>(), high.parse::<Ipv4Addr>()));
    matches!(ends, Some((Ok(low), Ok(high))) if low <= high)
}

/// A charset's characters are one byte each; in UTF-8 they have up to four.
fn characters(map: Directive<'_>, faults: &mut Vec<EntryFault>) {
    if let Some([from, to]) = map.args().exactly()
        && from.text == to.text
    {
        faults.push(fault(to.span, format!("`charset_map` between `{}` and itself", from.text)));
    }
    let to_utf8 = map.text(1).eq_ignore_ascii_case("utf-8");
    for entry in map.block().children() {
        if nested(entry, faults) {
            continue;
        }
        let words = entry.words();
        let Some([from, to]) = words.exactly() else {
            let count = words.len();
            faults.push(fault(entry.span(), format!("an entry of `charset_map` has two codes, {count} words given")));
            continue;
        };
        for (word, most) in [(from, 2), (to, if to_utf8 { 8 } else { 2 })] {
            let text = word.text;
            let hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
            if !hex || text.is_empty() || text.len() > most || most > 2 && text.len() % 2 != 0 {
                faults.push(fault(word.span, format!("`{text}` is no code of a character: write it in hexadecimal")));
            }
        }
    }
}

fn type_entries(types: Directive<'_>, faults: &mut Vec<EntryFault>) {
    let mut seen: Map<String, (Span, String)> = Map::new();
    for entry in types.block().children() {
        if entry.name().text == "types" && entry.is_block() {
            faults.push(fault(entry.name().span, "`types` within `types`: the included file brings its own block"));
            continue;
        }
        if nested(entry, faults) {
            continue;
        }
        if entry.name().text == "include" {
            let name = confvet_core::source::file_name(entry.text(0));
            if name == "mime.types" && entry.is_shipped_include() {
                faults.push(fault(entry.span(), "`types` within `types`: the included file brings its own block"));
            }
            continue;
        }
        if entry.words().len() < 2 {
            let message = format!("type `{}` has no file extension, so nothing is of it", entry.name().text);
            faults.push(EntryFault { only_warned: true, ..fault(entry.span(), message) });
        }
        for word in entry.args() {
            let kind = entry.name().text.to_string();
            match seen.get(&word.text.to_ascii_lowercase()) {
                Some((earlier, other)) => {
                    let message = if *other == kind {
                        format!("extension `{}` is given twice", word.text)
                    } else {
                        format!("extension `{}` has two types: the second holds", word.text)
                    };
                    faults.push(EntryFault { earlier: Some(*earlier), only_warned: true, ..fault(word.span, message) });
                }
                None => {
                    seen.insert(word.text.to_ascii_lowercase(), (word.span, kind));
                }
            }
        }
    }
}

/// The shares of `split_clients` in hundredths of a percent.
fn shares(split: Directive<'_>, faults: &mut Vec<EntryFault>) {
    let (mut total, mut rest) = (0_u64, false);
    for entry in split.block().children() {
        if nested(entry, faults) {
            continue;
        }
        let share = entry.name().text;
        if entry.words().len() != 2 {
            faults.push(fault(entry.span(), "an entry of `split_clients` has a share and a value"));
            continue;
        }
        if share == "*" {
            (total, rest) = (10_000, true);
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
                    let message = if rest {
                        "a share after `*`, which is all that is left".to_owned()
                    } else {
                        format!("percentages add up to {}%", total / 100)
                    };
                    faults.push(fault(entry.span(), message));
                    return;
                }
            }
        }
    }
}
