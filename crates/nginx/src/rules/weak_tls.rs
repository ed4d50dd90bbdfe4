//! Old protocols and broken ciphers.

use crate::keys::Key;
use crate::keys::key;
use crate::layout;
use crate::model::weak_ciphers;
use crate::model::{CipherFault, Directive, Nginx};
use crate::syntax::Word;
use confvet_core::{Category, Context, Edit, Fact, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/weak-tls", check };

const PROTOCOLS: &[Key] =
    &[key!("ssl_protocols"), key!("proxy_ssl_protocols"), key!("grpc_ssl_protocols"), key!("uwsgi_ssl_protocols")];
const CIPHERS: &[Key] =
    &[key!("ssl_ciphers"), key!("proxy_ssl_ciphers"), key!("grpc_ssl_ciphers"), key!("uwsgi_ssl_ciphers")];

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    let wanted = ctx.facts.is_true(Fact::AllowLegacyTls);
    for &key in PROTOCOLS.iter().filter(|_| !wanted) {
        for directive in nginx.all(key) {
            protocols(directive, key == key!("ssl_protocols"), ctx, findings);
        }
    }
    for &key in CIPHERS.iter().filter(|_| !wanted) {
        for directive in nginx.all(key) {
            let Some(word) = directive.arg(0) else { continue };
            let only_new = directive
                .scope()
                .effective(key!("ssl_protocols"))
                .is_some_and(|protocols| protocols.args().iter().all(|word| word.text == "TLSv1.3"));
            if only_new && key == key!("ssl_ciphers") {
                continue;
            }
            for weak in weak_ciphers(word) {
                let severity = match weak.fault {
                    _ if key != key!("ssl_ciphers") => Severity::Info,
                    CipherFault::None => Severity::Error,
                    CipherFault::Weak => Severity::Warning,
                };
                let what = if weak.fault == CipherFault::None {
                    "switches on ciphers without secrecy or authentication"
                } else {
                    "switches on weak ciphers"
                };
                findings.report(weak.span, format!("`{}` {what}", weak.name)).severity(severity);
            }
        }
    }
    for prefer in
        nginx.all(key!("ssl_prefer_server_ciphers")).filter(|prefer| prefer.text(0).eq_ignore_ascii_case("on"))
    {
        let scope = prefer.scope();
        let chacha =
            scope.effective_all(key!("ssl_conf_command")).any(|line| line.text(1).contains("PrioritizeChaCha"))
                || nginx.all(key!("ssl_conf_command")).any(|line| line.text(1).contains("PrioritizeChaCha"));
        let only_new = scope
            .effective(key!("ssl_protocols"))
            .is_some_and(|line| line.args().iter().all(|word| word.text == "TLSv1.3"));
        if !chacha && !only_new {
            let span = prefer.arg(0).map_or(prefer.span(), |word| word.span);
            findings
                .report(
                    span,
                    "the server's order of ciphers is preferred: clients without AES hardware cannot choose ChaCha20",
                )
                .severity(Severity::Info)
                .category(Category::Performance);
        }
    }
    let first_tls = nginx.servers().iter().flat_map(|server| server.listens.iter()).find(|listen| listen.ssl);
    let unset = nginx.is_complete() && nginx.release().is_before((1, 27, 3)) && !nginx.has(key!("ssl_protocols"));
    if let Some(listen) = first_tls.filter(|_| unset) {
        findings
            .report(
                listen.directive(nginx).span(),
                format!(
                    "`ssl_protocols` is not set: nginx {} still takes TLSv1 and TLSv1.1",
                    nginx.release().version_text()
                ),
            )
            .severity(Severity::Info);
    }
}

fn protocols(directive: Directive<'_>, from_clients: bool, ctx: &Context<'_>, findings: &mut Findings) {
    let words = directive.args();
    let has_new = words.iter().any(|word| matches!(word.text, "TLSv1.2" | "TLSv1.3"));
    let weak: Vec<Word<'_>> =
        words.iter().filter(|word| matches!(word.text, "SSLv2" | "SSLv3" | "TLSv1" | "TLSv1.1")).collect();
    for word in &weak {
        let broken = word.text.starts_with("SSL");
        let severity = match (from_clients, broken) {
            (false, _) => Severity::Info,
            (true, true) => Severity::Error,
            (true, false) => Severity::Warning,
        };
        let report = findings.report(word.span, format!("{} is enabled", word.text)).severity(severity);
        if has_new {
            report.suggest(format!("leave {} out", word.text), [layout::delete_word(word.span, ctx)]);
        } else if let Some(all) = words.span().filter(|_| word.span == weak[0].span) {
            report.suggest("use TLSv1.2 and TLSv1.3", [Edit::replace(all, "TLSv1.2 TLSv1.3")]);
        }
    }
}
