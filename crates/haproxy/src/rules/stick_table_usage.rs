//! A counter that is read but never kept.

use crate::model::{Call, Haproxy, Proxy, Statement};
use confvet_core::{Context, Edit, Findings, Keys, Map, Rule, Severity};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/stick-table-usage", check };

fn check(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    if haproxy.template {
        return;
    }
    for proxy in &haproxy.proxies {
        let mut fed = Map::new();
        for statement in proxy.looking().take_while(|_| proxy.may_read_counters()) {
            for expression in statement.expressions() {
                for call in expression.calls() {
                    counter(haproxy, proxy, statement, call, &mut fed, context, findings);
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
        rule.words().iter().any(|word| word.text.starts_with("track-sc"))
            && rule.after("table").is_none_or(|table| table.text == proxy.name())
    };
    proxy.all("stick").any(|rule| rule.after("table").is_none()) || proxy.statements.iter().any(tracks)
}

/// What a fetch reads: its tracked counter and the data it needs.
struct Reads<'a> {
    counter: Option<&'a str>,
    table: Option<&'a str>,
    data: &'static str,
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

/// The rules that feed one counter as a proxy sees it: its own, and those of the frontends that send to it.
struct Feeds<'a> {
    first: Option<&'a Statement>,
    first_own: Option<&'a Statement>,
    own_lists: Keys<(&'a str, &'a str)>,
    elsewhere: bool,
    tables: Vec<&'a str>,
    /// The table that lacks each kind of data, where none of them stores it.
    lacking: Map<&'static str, Option<&'a Statement>>,
}

/// The list of rules that a statement is evaluated in.
fn list(rule: &Statement) -> (&str, &str) {
    (rule.keyword(), if rule.is("tcp-request") { rule.text(1) } else { "" })
}

impl<'a> Feeds<'a> {
    fn of(haproxy: &'a Haproxy, proxy: &'a Proxy, track: &str) -> Self {
        let own: Vec<&Statement> = proxy.tracks(track).collect();
        let frontends = haproxy.users_of(proxy).filter(|user| user.header() != proxy.header());
        let others: Vec<(&Proxy, &Statement)> =
            frontends.flat_map(|user| user.tracks(track).map(move |rule| (user, rule))).collect();
        let mut named = Keys::new();
        let fed = own.iter().map(|rule| (proxy, *rule)).chain(others.iter().copied());
        let tables = fed.filter_map(|(owner, rule)| match rule.after("table") {
            Some(table) => table.is_known().then_some(table.text),
            None => Some(owner.name()),
        });
        Self {
            first: own.first().copied().or(others.first().map(|(_, rule)| *rule)),
            first_own: own.first().copied(),
            own_lists: own.iter().map(|rule| list(rule)).collect(),
            elsewhere: !others.is_empty(),
            tables: tables.filter(|name| named.insert(*name)).collect(),
            lacking: Map::new(),
        }
    }

    /// Some of them may have counted before the statement reads.
    fn may_precede(&self, statement: &Statement) -> bool {
        self.elsewhere
            || self.first_own.is_some_and(|rule| rule.span().start < statement.span().start)
            || self.own_lists.iter().any(|other| *other != list(statement))
    }
}

/// The first of the tables, when all of them are here and none stores the data.
fn lacking<'a>(haproxy: &'a Haproxy, tables: &[&str], data: &str) -> Option<&'a Statement> {
    let found: Vec<&Statement> = tables.iter().map(|name| haproxy.table(name)).collect::<Option<_>>()?;
    found.first().copied().filter(|_| !found.iter().any(|table| stores(table, data)))
}

fn counter<'a>(
    haproxy: &'a Haproxy,
    proxy: &'a Proxy,
    statement: &'a Statement,
    call: &Call<'a>,
    fed: &mut Map<&'a str, Feeds<'a>>,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    let Some(reads) = reads(call) else { return };
    let (owner, table) = match (reads.table, reads.counter) {
        (Some(table), _) => (table, lacking(haproxy, &[table], reads.data)),
        (None, None) => (proxy.name(), lacking(haproxy, &[proxy.name()], reads.data)),
        (None, Some(counter)) => {
            let track = format!("track-sc{counter}");
            let feeds = fed.or_insert_with(counter, || Feeds::of(haproxy, proxy, &track));
            let Some(first) = feeds.first else {
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
            };
            if !feeds.may_precede(statement) && statement.condition().is_some() {
                findings
                    .report(call.span(), format!("`{}` is read above the rule that starts to count", call.name))
                    .severity(Severity::Warning)
                    .label(first.setting_span(), "counting starts here");
            }
            let tables = &feeds.tables;
            let table = *feeds.lacking.or_insert_with(reads.data, || lacking(haproxy, tables, reads.data));
            (tables.first().copied().unwrap_or_default(), table)
        }
    };
    let Some(table) = table else { return };
    let line = context.line(table.span());
    let report = findings
        .report(
            call.span(),
            format!(
                "`{}` reads {}, which the table of `{owner}` (line {line}) does not store: the condition is never true",
                call.name, reads.data
            ),
        )
        .severity(Severity::Error)
        .label(table.keyword_span(), format!("does not store {}", reads.data));
    let stored = if reads.data.ends_with("_rate") { format!("{}(10s)", reads.data) } else { reads.data.to_owned() };
    let edit = match table.after("store").filter(|store| !store.is_quoted()) {
        Some(store) => Edit::insert_after(store.span, format!(",{stored}")),
        None => Edit::insert_after(table.span(), format!(" store {stored}")),
    };
    report.suggest("store it", [edit]);
}

fn stores(table: &Statement, data: &str) -> bool {
    let array = match data {
        "gpc0" | "gpc1" => "gpc",
        "gpc0_rate" | "gpc1_rate" => "gpc_rate",
        "gpt0" => "gpt",
        other => other,
    };
    let names =
        table.words().pairs().filter(|(word, _)| word.text == "store").flat_map(|(_, names)| names.text.split(','));
    let unknown = table.words().iter().any(|word| !word.is_known());
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
        .filter(|rule: &&Statement| rule.words().iter().take(3).any(|word| word.text.starts_with("track-sc")))
        .filter(mine);
    for rule in tracks {
        let Some(at) = rule.words().iter().position(|word| word.text.starts_with("track-sc")) else { continue };
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
        } else if ["path", "url", "base", "method"].contains(&key.text) {
            findings
                .report(kind.span, format!("`{}` is no address: a table of `type ip` never stores it", key.text))
                .severity(Severity::Warning)
                .label(key.span, "tracked here");
            return;
        }
    }
}
