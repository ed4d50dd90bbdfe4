//! A counter that is read but never kept.

use crate::model::{Call, Haproxy, Proxy, Statement};
use confvet_core::{Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/stick-table-usage", check };

fn check(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    if haproxy.template {
        return;
    }
    for proxy in &haproxy.proxies {
        for statement in &proxy.statements {
            if !statement
                .words
                .iter()
                .any(|word| word.text.contains("sc") || word.text.contains("src_") || word.text.contains("table_"))
            {
                continue;
            }
            for expression in statement.expressions() {
                for call in expression.calls() {
                    counter(haproxy, proxy, statement, call, context, findings);
                }
            }
        }
        if let Some(table) = proxy.last("stick-table") {
            key_type(proxy, table, findings);
            if table.after("expire").is_none() && uses_own_table(proxy) {
                findings
                    .report(
                        table.keyword_span(),
                        format!("entries of the table of `{}` never expire: they stay until it is full", proxy.name()),
                    )
                    .severity(Severity::Info)
                    .help("add `expire` with the time a client should be remembered");
            }
        }
    }
}

fn uses_own_table(proxy: &Proxy) -> bool {
    let tracks = |rule: &Statement| {
        rule.words.iter().any(|word| word.text.starts_with("track-sc"))
            && rule.after("table").is_none_or(|table| table.text == proxy.name())
    };
    proxy.all("stick").any(|rule| rule.after("table").is_none()) || proxy.statements.iter().any(|rule| tracks(rule))
}

/// What a fetch reads: its tracked counter and the data it needs.
struct Reads<'a> {
    counter: Option<&'a str>,
    table: Option<&'a str>,
    data: &'a str,
}

fn reads<'a>(call: &Call<'a>) -> Option<Reads<'a>> {
    let name = call.name;
    let is_number = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (counter, table, data) = if let Some(data) = name.strip_prefix("sc_") {
        (call.argument(0).filter(is_number), call.argument(1), data)
    } else if let Some(data) = name.strip_prefix("src_") {
        (None, call.argument(0), data)
    } else if let Some(data) = name.strip_prefix("table_") {
        (None, Some(call.argument(0)?), data)
    } else {
        let rest = name.strip_prefix("sc")?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        (
            Some(rest.get(..digits).filter(|digits| !digits.is_empty())?),
            call.argument(0),
            rest.get(digits..)?.strip_prefix('_')?,
        )
    };
    let data = data.strip_prefix("get_").unwrap_or(data);
    STORED.iter().find(|(reads, _)| *reads == data).map(|&(_, data)| Reads { counter, table, data })
}

/// What follows the prefix of a fetch, and the data it reads. Those that change a counter need it as well.
const STORED: &[(&str, &str)] = &[
    ("bytes_in_rate", "bytes_in_rate"),
    ("bytes_out_rate", "bytes_out_rate"),
    ("kbytes_in", "bytes_in_cnt"),
    ("kbytes_out", "bytes_out_cnt"),
    ("conn_cnt", "conn_cnt"),
    ("conn_cur", "conn_cur"),
    ("conn_rate", "conn_rate"),
    ("gpc0", "gpc0"),
    ("gpc0_rate", "gpc0_rate"),
    ("gpc1", "gpc1"),
    ("gpc1_rate", "gpc1_rate"),
    ("gpt0", "gpt0"),
    ("http_err_cnt", "http_err_cnt"),
    ("http_err_rate", "http_err_rate"),
    ("http_fail_cnt", "http_fail_cnt"),
    ("http_fail_rate", "http_fail_rate"),
    ("http_req_cnt", "http_req_cnt"),
    ("http_req_rate", "http_req_rate"),
    ("inc_gpc0", "gpc0"),
    ("clr_gpc0", "gpc0"),
    ("inc_gpc1", "gpc1"),
    ("clr_gpc1", "gpc1"),
    ("sess_cnt", "sess_cnt"),
    ("sess_rate", "sess_rate"),
    ("updt_conn_cnt", "conn_cnt"),
];

fn counter(
    haproxy: &Haproxy,
    proxy: &Proxy,
    statement: &Statement,
    call: &Call<'_>,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    let Some(reads) = reads(call) else { return };
    let mut tables: Vec<&str> = Vec::new();
    match (reads.table, reads.counter) {
        (Some(table), _) => tables.push(table),
        (None, None) => tables.push(proxy.name()),
        (None, Some(counter)) => {
            let frontends = haproxy.users_of(proxy).filter(|user| user.header() != proxy.header());
            let reached: Vec<&Proxy> = std::iter::once(proxy).chain(frontends).collect();
            let track = format!("track-sc{counter}");
            let tracks: Vec<(&Proxy, &Statement)> = reached
                .iter()
                .flat_map(|proxy| proxy.statements.iter().map(move |rule| (*proxy, rule.as_ref())))
                .filter(|(_, rule)| rule.words.iter().take(3).any(|word| word.text == track))
                .collect();
            if tracks.is_empty() {
                // A backend that nobody names may be reached by a rule that is not here.
                let reachable = proxy.has_frontend_side() || haproxy.users_of(proxy).next().is_some();
                if reachable && !haproxy.is_part() && !haproxy.has_dynamic_routes() {
                    findings
                        .report(
                            call.span(),
                            format!("`{}` reads counter {counter}, which no `{track}` rule feeds", call.name),
                        )
                        .severity(Severity::Warning)
                        .label(proxy.header(), "nor in a frontend that sends here");
                }
                return;
            }
            let same_list = |rule: &Statement| {
                rule.is(statement.keyword()) && (!rule.is("tcp-request") || rule.text(1) == statement.text(1))
            };
            let earlier = tracks.iter().any(|(owner, rule)| {
                owner.header() != proxy.header() || !same_list(rule) || rule.span().start < statement.span().start
            });
            if !earlier && statement.condition().is_some() {
                let track = tracks[0].1;
                findings
                    .report(call.span(), format!("`{}` is read above the rule that starts to count", call.name))
                    .severity(Severity::Warning)
                    .label(track.setting_span(), "counting starts here");
            }
            tables.extend(tracks.iter().filter_map(|(owner, rule)| match rule.after("table") {
                Some(table) => table.is_known().then_some(table.text.as_str()),
                None => Some(owner.name()),
            }));
        }
    }
    let found: Vec<&Statement> = tables.iter().filter_map(|name| table(haproxy, name)).collect();
    if found.is_empty() || found.len() < tables.len() || found.iter().any(|table| stores(table, reads.data)) {
        return;
    }
    let line = context.line(found[0].span());
    let owner = tables[0];
    let report = findings
        .report(
            call.span(),
            format!(
                "`{}` reads {}, which the table of `{owner}` (line {line}) does not store: the condition is never true",
                call.name, reads.data
            ),
        )
        .severity(Severity::Error)
        .label(found[0].keyword_span(), format!("does not store {}", reads.data));
    let stored = if reads.data.ends_with("_rate") { format!("{}(10s)", reads.data) } else { reads.data.to_owned() };
    let edit = match found[0].after("store").filter(|store| !store.is_quoted()) {
        Some(store) => Edit::insert_after(store.span, format!(",{stored}")),
        None => Edit::insert_after(found[0].span(), format!(" store {stored}")),
    };
    report.suggest("store it", [edit]);
}

fn table<'a>(haproxy: &'a Haproxy, name: &str) -> Option<&'a Statement> {
    haproxy
        .proxies
        .iter()
        .find(|proxy| proxy.name() == name && proxy.last("stick-table").is_some())?
        .last("stick-table")
}

fn stores(table: &Statement, data: &str) -> bool {
    let array = match data {
        "gpc0" | "gpc1" => "gpc",
        "gpc0_rate" | "gpc1_rate" => "gpc_rate",
        "gpt0" => "gpt",
        other => other,
    };
    let names = table.words.windows(2).filter(|pair| pair[0].text == "store").flat_map(|pair| pair[1].text.split(','));
    let unknown = table.words.iter().any(|word| !word.is_known());
    unknown
        || names.into_iter().any(|stored| {
            let name = stored.split('(').next().unwrap_or(stored).trim();
            name == data || name == array
        })
}

/// The type of the key against what is tracked.
fn key_type(proxy: &Proxy, table: &Statement, findings: &mut Findings) {
    let Some(kind) = table.after("type").filter(|kind| kind.text == "ip") else { return };
    let mine = |rule: &&Statement| rule.after("table").is_none();
    let tracks = proxy
        .statements
        .iter()
        .map(AsRef::as_ref)
        .filter(|rule: &&Statement| rule.words.iter().take(3).any(|word| word.text.starts_with("track-sc")))
        .filter(mine);
    for rule in tracks {
        let Some(at) = rule.words.iter().position(|word| word.text.starts_with("track-sc")) else { continue };
        let Some(key) = rule.word(at + 1) else { continue };
        if key.text == "src" {
            let v6 = proxy
                .binds
                .iter()
                .flat_map(|bind| &bind.addresses)
                .find(|address| address.text.contains("::") || address.text.starts_with("ipv6@"));
            if let Some(address) = v6 {
                findings
                    .report(kind.span, "IPv6 clients are not tracked in a table of `type ip`".to_owned())
                    .severity(Severity::Warning)
                    .label(address.span, "they come in here")
                    .suggest("track both", [Edit::replace(kind.span, "ipv6")]);
                return;
            }
        } else if ["path", "url", "base", "method"].contains(&key.text.as_str()) {
            findings
                .report(kind.span, format!("`{}` is no address: a table of `type ip` never stores it", key.text))
                .severity(Severity::Warning)
                .label(key.span, "tracked here");
            return;
        }
    }
}
