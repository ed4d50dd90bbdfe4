//! TLS without a certificate, a key or a CA: the server exits at start.

use crate::model::{Document, RedisConf, Setting};
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity, Span};

pub(super) static RULE: Rule<Document> = Rule { name: "redis/tls-incomplete", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let Some(conf) = document.conf().filter(|conf| !conf.is_partial()) else { return };
    let Some(used) = conf.uses_tls() else { return };
    // A file that names none of them leaves them to the command line, as images of Redis do.
    let supplied_elsewhere = !conf.names_any_tls_file();
    let soften = |report: confvet_core::Report<'_>| {
        if supplied_elsewhere {
            let severity = if conf.is_for_tests() { Severity::Info } else { Severity::Warning };
            report.severity(severity).category(Category::Outage).help("unless the command line gives it");
        }
    };
    for key in ["tls-cert-file", "tls-key-file"] {
        if !conf.has_text(key) {
            soften(findings.report(used, format!("TLS needs `{key}`")));
        }
    }
    let clients = conf.text("tls-auth-clients").map_or("yes", |setting| setting.value);
    let verifies = !clients.eq_ignore_ascii_case("no") || conf.is_on("tls-replication") || conf.is_on("tls-cluster");
    if verifies && !conf.has_text("tls-ca-cert-file") && !conf.has_text("tls-ca-cert-dir") {
        let why = if clients.eq_ignore_ascii_case("no") {
            "the replication and cluster links verify certificates".to_owned()
        } else {
            format!("with `tls-auth-clients {clients}` a CA is required too")
        };
        soften(findings.report(used, format!("TLS needs `tls-ca-cert-file` or `tls-ca-cert-dir`: {why}")));
    }
    if let (Some(port), Some(tls)) = (conf.port(), conf.tls_port())
        && port.value == tls.value
        && tls.value > 0
        && let Some(span) = tls.span()
    {
        let report = findings.report(span, format!("`tls-port` and `port` are both {}", tls.value));
        if let Some(other) = port.span() {
            report.label(other, "the plain port").help("write `port 0` to listen with TLS only");
        }
    }
    protocols(conf, findings);
}

fn protocols(conf: &RedisConf, findings: &mut Findings) {
    let Some(Setting { value, statement: Some(statement) }) = conf.text("tls-protocols") else { return };
    let known =
        |word: &&str| ["tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1.3"].iter().any(|name| word.eq_ignore_ascii_case(name));
    let words: Vec<&str> = value.split_ascii_whitespace().collect();
    let span = statement.value_span();
    if let Some(wrong) = words.iter().find(|word| !known(word)) {
        let parts: Vec<&str> = value.split([',', ' ', ':']).filter(|part| !part.is_empty()).collect();
        let fixable = !parts.is_empty() && parts.iter().all(known);
        let edit = fixable.then(|| Edit::replace(span, format!("\"{}\"", parts.join(" "))));
        findings.report(span, format!("`{wrong}` is no TLS protocol: the names are separated by spaces")).suggest_as(
            Safety::Safe,
            "separate by spaces",
            edit,
        );
    } else if let Some(old) =
        words.iter().find(|word| ["tlsv1", "tlsv1.1"].iter().any(|name| word.eq_ignore_ascii_case(name)))
    {
        findings
            .report(span, format!("`{old}` is broken and switched off in current TLS libraries"))
            .severity(Severity::Warning)
            .category(Category::Security);
    }
}

impl RedisConf {
    /// Where TLS is switched on, for the port or for the links.
    fn uses_tls(&self) -> Option<Span> {
        let port = self.tls_port().filter(|port| port.value > 0).and_then(|port| port.span());
        let link = ["tls-replication", "tls-cluster"].into_iter().find(|key| self.is_on(key));
        port.or_else(|| self.switch(link?)?.span())
    }

    fn names_any_tls_file(&self) -> bool {
        ["tls-cert-file", "tls-key-file", "tls-ca-cert-file", "tls-ca-cert-dir"]
            .into_iter()
            .any(|key| self.has_text(key))
    }
}
