//! What tells strongSwan's files from libreswan's.

use crate::dialect::{Dialect, Signal};
use crate::keys::{Key, SectionKind, Spelling, ValueType};
use crate::proposal;
use crate::syntax::conf::{Conf, Setting, is_comment_key};
use confvet_core::{FileId, Sources, Span};

/// After so many settings that tell, the next ones tell nothing new.
const ENOUGH: usize = 1_000;

/// Tokens of an `ipsec.conf` that only one of the programs understands.
pub(super) fn of_conf(conf: &Conf) -> Vec<Signal> {
    let mut signals = Vec::new();
    let mut add = |dialect, span| signals.push(Signal { dialect, span });
    if let Some(span) = conf.version_line {
        add(Dialect::Libreswan, span);
    }
    for include in &conf.includes {
        if include.pattern.contains("strongswan") {
            add(Dialect::Strongswan, include.span);
        } else if include.pattern == "/etc/ipsec.d/*.conf" || include.pattern.contains("crypto-policies") {
            add(Dialect::Libreswan, include.span);
        }
    }
    for section in conf.sections.iter().filter(|section| section.kind == SectionKind::Ca) {
        add(Dialect::Strongswan, section.header);
    }
    let of_settings = conf.settings.iter().filter(|setting| !setting.hole);
    let of_settings = of_settings.filter_map(|setting| Some((of_setting(setting)?, setting.span())));
    of_settings.take(ENOUGH).for_each(|(dialect, span)| add(dialect, span));
    signals
}

fn of_setting(setting: &Setting) -> Option<Dialect> {
    let Some(key) = setting.key else {
        return is_comment_key(&setting.name).then_some(Dialect::Libreswan);
    };
    match setting.spelling {
        Spelling::Exact => {}
        Spelling::Dash => return Some(Dialect::Libreswan),
        Spelling::Case | Spelling::Sideless => return None,
    }
    let (strongswan, libreswan) = (key.row(Dialect::Strongswan), key.row(Dialect::Libreswan));
    let row = match (strongswan, libreswan) {
        (Some(row), None) => return row.obsolete.is_none().then_some(Dialect::Strongswan),
        (None, Some(_)) => return Some(Dialect::Libreswan),
        (_, row) => row?,
    };
    let value = setting.value.as_str();
    if value.starts_with('{') && value.ends_with('}') {
        return Some(Dialect::Libreswan);
    }
    match row.kind {
        ValueType::Proposals => return proposal::signal(value),
        ValueType::Bool if matches!(value, "y" | "true" | "on" | "1" | "n" | "false" | "off" | "0") => {
            return Some(Dialect::Libreswan);
        }
        _ => {}
    }
    match key {
        Key::AUTO => matches!(value, "ondemand" | "keep" | "up").then_some(Dialect::Libreswan),
        Key::AUTHBY => match value {
            "psk" | "pubkey" | "xauthpsk" | "xauthrsasig" | "ecdsasig" => Some(Dialect::Strongswan),
            _ if value.starts_with("rsa-") || value.starts_with("ecdsa-") || value.contains(',') || value == "null" => {
                Some(Dialect::Libreswan)
            }
            _ => None,
        },
        Key::LEFTAUTH | Key::RIGHTAUTH => match value {
            "eap" => Some(Dialect::Strongswan),
            _ if ["pubkey", "eap-", "xauth"].iter().any(|word| value.starts_with(word)) => Some(Dialect::Strongswan),
            _ => None,
        },
        Key::DPDACTION if value == "none" => Some(Dialect::Strongswan),
        Key::UNIQUEIDS if matches!(value, "never" | "replace" | "keep") => Some(Dialect::Strongswan),
        Key::LEFTSOURCEIP | Key::RIGHTSOURCEIP if value.starts_with('%') => Some(Dialect::Strongswan),
        Key::LEFTSUBNET | Key::RIGHTSUBNET if value.contains('[') || value.contains("%dynamic") => {
            Some(Dialect::Strongswan)
        }
        _ => None,
    }
}

/// Words of a secrets file that only one of the programs understands.
pub(super) fn of_secrets(sources: &Sources, file: FileId) -> Vec<Signal> {
    let text = sources.get(file).text();
    let mut signals = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let line_start = start;
        start += line.len();
        if line.trim_start().starts_with('#') {
            continue;
        }
        let Some((ids, rest)) = line.split_once(": ").or_else(|| line.split_once(":\t")) else { continue };
        let token = rest.split_whitespace().next().unwrap_or_default();
        let dialect = match token {
            "EAP" | "NTLM" | "ECDSA" | "PKCS8" | "P12" | "PIN" | "BLISS" => Dialect::Strongswan,
            "PPKS" => Dialect::Libreswan,
            "PSK" if rest.split_whitespace().nth(1).is_some_and(|value| value.starts_with("0t")) => Dialect::Libreswan,
            _ => continue,
        };
        let at = line_start + ids.len() + 1 + (rest.len() - rest.trim_start().len()) + 1;
        signals.push(Signal { dialect, span: Span::new(file, at..at + token.len()) });
    }
    signals
}
