//! How to mend what the rules find: edits that are made when a rule asks for them, from the trees the model was read from.

use super::read::text;
use super::{Discovery, Document, Job, RelabelStep, Stage, is_scrape_label};
use crate::relabel::{Field, Pattern, Template};
use confvet_core::{Edit, Span};
use confvet_yaml::{Kind, Node};

impl Document {
    fn step_item(&self, step: &RelabelStep) -> Option<Node<'_>> {
        self.item(step.span.file, step.node)
    }

    fn job_item(&self, job: &Job) -> Option<Node<'_>> {
        self.item(job.span.file, job.node)
    }

    /// Takes a relabel rule away.
    pub(crate) fn delete_step(&self, step: &RelabelStep) -> Option<Edit> {
        self.step_item(step)?.delete_item()
    }

    /// Takes a field away that `labeldrop` and `labelkeep` refuse.
    pub(crate) fn delete_field(&self, step: &RelabelStep, field: Field) -> Option<Edit> {
        delete_field(self.step_item(step)?, field)
    }

    /// Adds `regex: .+` to a drop without a condition.
    pub(crate) fn drop_not_empty(&self, step: &RelabelStep) -> Option<Edit> {
        self.step_item(step).filter(|_| step.regex.is_none())?.append("regex: .+")
    }

    /// Makes the rule write only where there is something to write: `(.+)` where no regex is written, or where `(.*)` is.
    pub(crate) fn need_some(&self, step: &RelabelStep) -> Option<Edit> {
        need_some(self.step_item(step)?)
    }

    /// Deletes at the end of the list what a rule writes.
    pub(crate) fn drop_later(&self, step: &RelabelStep) -> Option<Edit> {
        drop_later(self.step_item(step)?)
    }

    /// Makes one `labelmap` of each word of a group that its replacement leaves out.
    pub(crate) fn split_step(&self, step: &RelabelStep) -> Vec<Edit> {
        self.step_item(step).and_then(|item| split(item, &step.rule.regex)).unwrap_or_default()
    }

    /// A comment on the rule, or on the line above it, speaks of deleting.
    pub(crate) fn says_delete(&self, step: &RelabelStep) -> bool {
        self.step_item(step).is_some_and(says_delete)
    }

    /// Moves a rule that reads a label of the other stage to the list of that stage.
    pub(crate) fn move_over(&self, stage: Stage, job: Option<&Job>, step: &RelabelStep) -> Vec<Edit> {
        let Some(job) = job.filter(|job| job.name.is_some()) else { return Vec::new() };
        let (Some(holder), Some(item)) = (self.job_item(job), self.step_item(step)) else { return Vec::new() };
        let of_samples =
            |name: &str| !matches!(name, "job" | "instance") && !name.starts_with("__") || name == "__name__";
        let reads = |step: &RelabelStep, foreign: &dyn Fn(&str) -> bool| {
            step.sources.iter().any(|source| foreign(&source.value))
        };
        let [targets, samples] = ["relabel_configs", "metric_relabel_configs"];
        let to_samples = |step: &RelabelStep, item: Node<'_>| {
            if reads(step, &of_samples) { move_to(holder, item, targets, samples) } else { None }
        };
        let edits = if stage == Stage::Target {
            to_samples(step, item)
        } else if reads(step, &is_scrape_label) {
            // Both at once would move rules into lists that go away.
            let other_way = |step| self.step_item(step).is_some_and(|item| to_samples(step, item).is_some());
            if job.relabel.iter().any(other_way) { None } else { move_to(holder, item, samples, targets) }
        } else {
            None
        };
        edits.map(Vec::from).unwrap_or_default()
    }

    /// Sets `honor_labels: true`.
    pub(crate) fn honor(&self, job: &Job) -> Option<Edit> {
        let item = self.job_item(job)?;
        match item.entry("honor_labels") {
            Some(entry) => Some(entry.replace_value("true")),
            None => item.entry("job_name")?.insert_after("honor_labels: true"),
        }
    }

    /// Adds `scheme: https`.
    pub(crate) fn add_https(&self, job: &Job) -> Option<Edit> {
        let item = self.job_item(job)?;
        item.entry("tls_config").or_else(|| item.entry_at(0))?.insert_after("scheme: https")
    }

    /// Makes `host:port` of targets that are URLs, with their scheme and path in the job.
    pub(crate) fn split_urls(&self, job: &Job) -> Vec<Edit> {
        self.job_item(job).and_then(|item| split_urls(item, job)).unwrap_or_default()
    }

    /// Moves a query out of the path.
    pub(crate) fn move_query(&self, job: &Job) -> Vec<Edit> {
        self.job_item(job).and_then(move_query).unwrap_or_default()
    }

    /// Switches a part of a discovery's `attach_metadata` on.
    pub(crate) fn attach(&self, discovery: &Discovery, part: &str) -> Option<Edit> {
        let item = self.item(discovery.span.file, discovery.node).filter(|_| discovery.sd == "kubernetes")?;
        match item.entry("attach_metadata").map(|entry| entry.value) {
            None => item.append(&format!("attach_metadata:\n  {part}: true")),
            Some(list) => match list.entry(part) {
                Some(entry) => Some(entry.replace_value("true")),
                None => list.append(&format!("{part}: true")),
            },
        }
    }

    /// Gives a discovery the port of the node exporter.
    pub(crate) fn add_port(&self, discovery: &Discovery) -> Option<Edit> {
        self.item(discovery.span.file, discovery.node)?.entries().next_back()?.insert_after("port: 9100")
    }
}

/// An item as it is written, as if its dash stood at the left edge.
fn dedented(item: Node<'_>) -> Option<String> {
    let before = item.yaml().text().get(..item.span().range().start)?;
    let column = before.len() - before.rfind('\n').map_or(0, |newline| newline + 1);
    let mut lines = item.source().trim_end().lines();
    let mut text = format!("- {}", lines.next()?);
    for line in lines {
        let (indent, rest) = line.split_at_checked(column.min(line.len()))?;
        if !indent.bytes().all(|b| b == b' ') {
            return None;
        }
        text.push_str("\n  ");
        text.push_str(rest);
    }
    Some(text)
}

/// Moves an item from one list of a job to another.
fn move_to(job: Node<'_>, item: Node<'_>, from: &str, to: &str) -> Option<[Edit; 2]> {
    let list = job.entry(from).filter(|list| list.value.kind() == Kind::Sequence { flow: false })?;
    if item.parent() != Some(list.value) {
        return None;
    }
    let remove = if list.value.items().len() == 1 { list.delete() } else { item.delete_item() }?;
    let text = dedented(item)?;
    let add = match job.entry(to) {
        Some(other) => other.value.append(&text),
        None => list.insert_after(&format!("{to}:\n  {}", text.replace('\n', "\n  "))),
    };
    Some([remove, add?])
}

/// The edit that makes the regex demand a character: `(.+)` where none is written, or where `(.*)` is.
fn need_some(item: Node<'_>) -> Option<Edit> {
    match item.entry("regex") {
        None => item.append("regex: (.+)"),
        Some(entry) => {
            (entry.value.as_str() == Some("(.*)")).then(|| Edit::replace(entry.value.content_span(), "(.+)"))
        }
    }
}

/// `labeldrop` of the target label, behind the last rule of the list.
fn drop_later(item: Node<'_>) -> Option<Edit> {
    let target = item.get("target_label")?.as_str()?;
    let plain = target.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let list = item.parent().filter(|list| plain && list.kind() == Kind::Sequence { flow: false })?;
    list.append(&format!("- regex: {target}\n  action: labeldrop"))
}

/// The item once for each word of the first group that the replacement does not use.
fn split(item: Node<'_>, pattern: &Pattern) -> Option<Vec<Edit>> {
    let replacement = item.entry("replacement")?.value;
    let regex = item.entry("regex")?.value;
    let template = Template::new(replacement.as_str()?);
    let number = (1..=pattern.group_count()).find(|number| !template.uses(*number))?;
    let group = pattern.group_range(number)?;
    let text = pattern.as_str();
    let inner = text.get(group.start + 1..group.end - 1)?;
    let words: Vec<&str> = inner.split('|').collect();
    let plain = |word: &&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if words.len() < 2 || !words.iter().all(plain) {
        return None;
    }
    let renumbered = template.without_group(number)?;
    let (regex_place, replacement_place) = (exact(regex)?, exact(replacement)?);
    let of_word = |word: &str| format!("{}{word}{}", &text[..group.start], &text[group.end..]);
    let own = [Edit::replace(regex_place, of_word(words[0])), Edit::replace(replacement_place, renumbered.clone())];
    // What the further items look like: the lines of this one with other words in them.
    let (start, source) = (item.span().start, item.source());
    let copy = |word: &str| {
        let shift = |span: Span| Span { start: span.start - start, end: span.end - start, ..span };
        let edits = [
            Edit::replace(shift(regex_place), of_word(word)),
            Edit::replace(shift(replacement_place), renumbered.clone()),
        ];
        confvet_core::apply(source, &edits).ok()
    };
    let below = item.entries().next_back()?.insert_after("x")?;
    let indent = below.text.trim_matches(['\r', '\n']).len().checked_sub(1)?.checked_sub(2)?;
    let dashed = item.yaml().text().get(..start as usize)?.ends_with("- ");
    let dash = format!("{}- ", " ".repeat(indent));
    let items: Option<Vec<String>> = words[1..].iter().map(|word| Some(format!("{dash}{}", copy(word)?))).collect();
    let line_end = if below.text.contains("\r\n") { "\r\n" } else { "\n" };
    let lines = items?.join(line_end);
    let text =
        if below.text.starts_with(line_end) { format!("{line_end}{lines}") } else { format!("{lines}{line_end}") };
    dashed.then(|| own.into_iter().chain([Edit::replace(below.span, text)]).collect())
}

/// Where the characters of a scalar stand, if they stand in the file one for one.
fn exact(node: Node<'_>) -> Option<Span> {
    text(node)?.exact
}

/// The edit that takes a field away; of `source_labels` plain names become the regex.
fn delete_field(item: Node<'_>, field: Field) -> Option<Edit> {
    let entry = item.entry(field.as_str())?;
    match field {
        Field::Separator | Field::Replacement | Field::Modulus | Field::TargetLabel => entry.delete(),
        Field::SourceLabels if item.entry("regex").is_none() => {
            let names: Vec<&str> = entry.value.items().filter_map(Node::as_str).collect();
            let plain = |name: &&str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            let all = !names.is_empty() && names.iter().all(plain);
            all.then(|| Edit::replace(entry.span(), format!("regex: {}", names.join("|"))))
        }
        Field::SourceLabels | Field::Regex | Field::Action => None,
    }
}

/// Where every target is a URL and all have one scheme and one path: what to write instead.
fn split_urls(item: Node<'_>, job: &Job) -> Option<Vec<Edit>> {
    if !job.relabel.is_empty() || !job.targets().any(|target| target.address.value.contains("://")) {
        return None;
    }
    let mut edits = Vec::new();
    let mut shared: Option<(&str, &str)> = None;
    for target in job.targets() {
        let (scheme, rest) = target.address.value.split_once("://")?;
        let host = rest.split('/').next().unwrap_or(rest);
        let place = (scheme, &rest[host.len()..]);
        if host.is_empty() || host.contains(['@', '?', '#', ',', ' ']) || *shared.get_or_insert(place) != place {
            return None;
        }
        let default = if scheme == "https" { ":443" } else { ":80" };
        let port = if host.rsplit(']').next().is_some_and(|end| end.contains(':')) { "" } else { default };
        edits.push(Edit::replace(target.address.exact?, format!("{host}{port}")));
    }
    let (scheme, path) = shared.filter(|(scheme, _)| matches!(*scheme, "http" | "https"))?;
    let plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'-' | b'.'));
    let mut lines = Vec::new();
    let settings = [("scheme", scheme, "http"), ("metrics_path", path, "/metrics")];
    for (key, value, default) in settings {
        match item.get(key).map(|node| node.as_str().unwrap_or_default()) {
            Some(written) if written != value && !value.is_empty() => return None,
            None if value != default && !value.is_empty() => lines.push(format!("{key}: {value}")),
            _ => {}
        }
    }
    if !lines.is_empty() {
        edits.push(item.entry("job_name")?.insert_after(&lines.join("\n"))?);
    }
    plain.then_some(edits)
}

/// The path without its query, and the query as `params` behind it.
fn move_query(item: Node<'_>) -> Option<Vec<Edit>> {
    let entry = item.entry("metrics_path").filter(|_| item.get("params").is_none())?;
    let path = text(entry.value)?;
    let at = path.value.find('?')?;
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/'));
    let mut lines = String::from("params:");
    let mut names = Vec::new();
    for pair in path.value[at + 1..].split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if name.is_empty() || !plain(name) || !plain(value) || names.contains(&name) {
            return None;
        }
        names.push(name);
        let value = if value.is_empty() { "\"\"" } else { value };
        lines.push_str(&format!("\n  {name}: [{value}]"));
    }
    path.exact?;
    Some(vec![Edit::delete(path.at(at..path.value.len())), entry.insert_after(&lines)?])
}

/// A comment on the item, or on the line above it, that speaks of deleting.
fn says_delete(item: Node<'_>) -> bool {
    let all = item.yaml().text();
    let range = item.span().range();
    let Some(before) = all.get(..range.start) else { return false };
    let line = before.rfind('\n').unwrap_or(0);
    let start = before[..line].rfind('\n').map_or(0, |at| at + 1);
    let end = all[range.end..].find('\n').map_or(all.len(), |at| range.end + at);
    let comments = all.get(start..end).unwrap_or_default().lines().filter_map(|line| line.split_once('#'));
    comments
        .map(|(_, comment)| comment.to_ascii_lowercase())
        .any(|comment| ["delete", "remove", "drop", "unset"].iter().any(|word| comment.contains(word)))
}
