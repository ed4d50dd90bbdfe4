//! An algorithm that the standards advise against.

use crate::model::Ipsec;
use crate::proposal::{Field, Kind, ProposalList, Strength, Transform};
use confvet_core::{Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/weak-crypto", check };

fn check(model: &Ipsec, context: &Context<'_>, findings: &mut Findings) {
    for list in model.live_proposals() {
        if !list.faults.is_empty() || list.is_sound() {
            continue;
        }
        for item in &list.items {
            for transform in &item.transforms {
                if let Some((severity, word)) = judge(list, transform) {
                    let token = context.text(transform.span);
                    let number = transform.algorithm.group_number().map(|number| format!(" (DH group {number})"));
                    let message = format!("`{token}`{} is {word}", number.unwrap_or_default());
                    let report = findings.report(transform.span, message).severity(severity);
                    if let Some(better) = replacement(token) {
                        report.suggest(
                            format!("use `{better}`, on both ends together"),
                            [Edit::replace(transform.span, better)],
                        );
                    }
                }
            }
        }
    }
}

fn judge(list: &ProposalList, transform: &Transform) -> Option<(Severity, &'static str)> {
    let algorithm = transform.algorithm;
    match algorithm.strength {
        Strength::Broken => Some((Severity::Error, "broken: one machine is enough (RFC 8247: MUST NOT)")),
        Strength::Weak => Some((
            Severity::Warning,
            match algorithm.name {
                "3DES_CBC" => "weak: its 64-bit blocks give data away after some gigabytes (RFC 8247)",
                "HMAC_MD5_96" | "HMAC_MD5" | "HMAC_MD5_128" => "weak: MD5 must not be used (RFC 8247: MUST NOT)",
                _ if algorithm.kind == Kind::Ke => {
                    "weak: such groups are within reach of precomputation (RFC 8247: SHOULD NOT or MUST NOT)"
                }
                _ => "weak (RFC 8247, RFC 8221)",
            },
        )),
        Strength::Null if algorithm.kind == Kind::Encr && list.field == Field::Esp && !algorithm.aead => {
            Some((Severity::Warning, "no encryption at all"))
        }
        Strength::Legacy => Some((Severity::Info, "on the way out (RFC 8247)")),
        _ => None,
    }
}

fn replacement(token: &str) -> Option<&'static str> {
    Some(match token.to_ascii_lowercase().as_str() {
        "modp1024" | "modp768" | "modp1536" => "modp2048",
        "dh2" | "dh5" => "dh14",
        "sha" | "sha1" | "md5" => "sha256",
        "3des" | "des" => "aes256",
        _ => return None,
    })
}
