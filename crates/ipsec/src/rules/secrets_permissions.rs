//! A secrets file in use that others than its owner may read or write.

use crate::model::Ipsec;
use confvet_core::{Context, Fact, Findings, Rule, Severity, Source};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/secrets-permissions", check };

const GROUP: u32 = 0o060;
const EVERYONE: u32 = 0o006;

fn check(model: &Ipsec, context: &Context<'_>, findings: &mut Findings) {
    for &file in &model.secrets.files {
        let source = context.sources.get(file);
        let Some(mode) = source.mode().filter(|_| is_live(source, context)) else { continue };
        let Some(secret) = model.secrets.first_secret_of(file) else { continue };
        let (severity, who, bits) = match (mode & EVERYONE, mode & GROUP) {
            (0, 0) => continue,
            (0, group) => (Severity::Warning, "its group", group >> 3),
            (everyone, _) => (Severity::Error, "everyone", everyone),
        };
        let may = if bits & 0o4 == 0 { "writable" } else { "readable" };
        findings
            .report(secret.token, format!("`{}` is {may} by {who} (mode {mode:04o}); it should be 0600", source.path()))
            .severity(severity)
            .help(format!("run `chmod 600 {}`", source.path()));
    }
}

/// Is it the file the daemon reads? What lies in a checkout has the permissions of the checkout.
fn is_live(source: &Source, context: &Context<'_>) -> bool {
    let installed = ["/etc/", "/usr/local/etc/"].iter().any(|directory| source.path().starts_with(directory));
    context.facts.bool(Fact::Live).unwrap_or(installed)
}
