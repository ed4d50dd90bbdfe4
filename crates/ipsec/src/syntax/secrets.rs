//! `ipsec.secrets`: entries and what is wrong with them, as each program reads it. strongSwan stops at the first fault,
//! libreswan drops the entry and goes on.

use crate::dialect::Dialect;
use crate::syntax::{MAX_INCLUDE_DEPTH, has_hole, included};
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use base64::{Engine as _, alphabet};
use compact_str::CompactString;
use confvet_core::{FileId, Keys, Sources, Span, Spanned};
use serde::{Serialize, Serializer};
use std::fmt;

/// A secret's bytes. Neither printed nor serialised.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    /// Wraps bytes so that nobody prints them by accident.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes, for judging and comparing. They must never reach a message.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for SecretBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("***")
    }
}

/// What a secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretKind {
    /// A pre-shared key of IKE.
    Psk,
    /// A password of EAP, NTLM or XAUTH.
    Password,
    /// A private key in a file, its passphrase the secret.
    PrivateKey,
    /// A post-quantum pre-shared key.
    Ppk,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Secret {
    /// Whom it is for, as written, without quotes. Empty: anybody.
    pub selectors: Vec<Spanned<CompactString>>,
    /// What it is.
    pub kind: SecretKind,
    /// The word that says so.
    #[serde(skip)]
    pub token: Span,
    /// The secret, decoded; of a private key in a file its passphrase, empty when there is none.
    pub bytes: SecretBytes,
    /// Where the secret stands, without quotes.
    #[serde(skip)]
    pub value: Span,
    /// The value was written as `0x…` or `0s…`.
    pub encoded: bool,
}

/// What is wrong with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// No ` : ` between selectors and secret.
    NoSeparator,
    /// A word that is no kind of secret.
    UnknownToken,
    /// No secret behind the word.
    MissingValue,
    /// A quote that is never closed.
    UnterminatedQuote,
    /// `0x` or `0s` followed by something else.
    BadEncoding,
    /// libreswan: a secret without quotes and without `0x`, `0s`, `0t`.
    BareWord,
    /// libreswan: more text behind the secret.
    ExtraText,
    /// libreswan: an indented line that continues nothing.
    NoPredecessor,
    /// strongSwan: text behind an unquoted secret, cut off without a word.
    CutOff,
    /// A comma between selectors, which makes it a part of the name.
    Comma,
    /// An empty key.
    EmptyPsk,
    /// libreswan: a bare name is looked up in the DNS.
    NameLookup,
}

impl FaultKind {
    /// Does the program drop the entry (and strongSwan all that follow)?
    pub fn is_fatal(self) -> bool {
        !matches!(self, FaultKind::CutOff | FaultKind::Comma | FaultKind::EmptyPsk | FaultKind::NameLookup)
    }
}

/// A fault of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub kind: FaultKind,
    /// Whose reading it is.
    pub dialect: Dialect,
    /// The token, or the line.
    pub span: Span,
    /// What mends it, when that is certain: the bytes to replace and the text for them.
    pub repair: Option<(Span, CompactString)>,
    /// strongSwan: how many entries below are never read.
    pub lost: usize,
}

/// Secrets files with everything they include.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Secrets {
    /// The files, the root first.
    #[serde(skip)]
    pub files: Vec<FileId>,
    /// The entries that the program loads.
    pub entries: Vec<Secret>,
    /// What is wrong.
    #[serde(skip)]
    pub faults: Vec<Fault>,
    /// An `include` names files that are not among those of the run, or a template engine fills in an entry.
    pub incomplete: bool,
    /// Everything that is secret or may be a part of a secret.
    #[serde(skip)]
    pub masked: Vec<Span>,
}

impl Secrets {
    /// The first entry of a file that holds something secret, as opposed to the name of a key's file.
    pub fn first_secret_of(&self, file: FileId) -> Option<&Secret> {
        self.entries.iter().find(|secret| secret.token.file == file && !secret.bytes.expose().is_empty())
    }
}

/// Reads a secrets file as `dialect` does. While the dialect is unknown a fault counts only on a line that both refuse.
pub fn parse(sources: &Sources, file: FileId, dialect: Dialect) -> Secrets {
    match dialect {
        Dialect::Strongswan => read_as(sources, file, Dialect::Strongswan),
        Dialect::Libreswan => read_as(sources, file, Dialect::Libreswan),
        Dialect::Unknown => {
            let strongswan = read_as(sources, file, Dialect::Strongswan);
            let mut libreswan = read_as(sources, file, Dialect::Libreswan);
            let line = |fault: &Fault| (fault.span.file, sources.start(fault.span).line);
            let lines: Keys<_> = libreswan.faults.iter().filter(|fault| fault.kind.is_fatal()).map(line).collect();
            let shared: Vec<Fault> = (strongswan.faults.iter())
                .filter(|fault| fault.kind.is_fatal() && lines.contains(&line(fault)))
                .map(|fault| Fault { dialect: Dialect::Unknown, ..fault.clone() })
                .collect();
            if !strongswan.faults.iter().any(|fault| fault.kind.is_fatal()) {
                return Secrets { faults: Vec::new(), ..strongswan };
            }
            libreswan.faults = shared;
            libreswan.masked.extend(strongswan.masked);
            libreswan
        }
    }
}

fn read_as(sources: &Sources, file: FileId, dialect: Dialect) -> Secrets {
    let mut reader = Reader { sources, dialect, secrets: Secrets::default(), seen: Keys::new(), stopped: false };
    reader.file(file, 0);
    reader.secrets
}

struct Reader<'a> {
    sources: &'a Sources,
    dialect: Dialect,
    secrets: Secrets,
    /// The files read, for asking.
    seen: Keys<FileId>,
    /// strongSwan has met a fault and reads no further.
    stopped: bool,
}

/// A word of an entry, quotes stripped.
#[derive(Clone, Copy)]
struct Word<'a> {
    text: &'a str,
    /// Without quotes.
    start: usize,
    quote: Option<char>,
    closed: bool,
}

impl Word<'_> {
    fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

impl Reader<'_> {
    fn file(&mut self, file: FileId, depth: usize) {
        self.secrets.files.push(file);
        self.seen.insert(file);
        let sources = self.sources;
        let text = sources.get(file).text();
        if self.dialect == Dialect::Strongswan {
            self.strongswan(file, text, depth);
        } else {
            self.libreswan(file, text, depth);
        }
    }

    fn fault(&mut self, kind: FaultKind, span: Span) {
        self.fault_with(kind, span, None);
    }

    fn fault_with(&mut self, kind: FaultKind, span: Span, repair: Option<(Span, CompactString)>) {
        self.secrets.faults.push(Fault { kind, dialect: self.dialect, span, repair, lost: 0 });
        self.stopped |= kind.is_fatal() && self.dialect == Dialect::Strongswan;
    }

    fn include(&mut self, file: FileId, pattern: &str, depth: usize) {
        let found = included(self.sources, file, pattern.trim());
        self.secrets.incomplete |= found.is_empty();
        for other in found {
            if depth < MAX_INCLUDE_DEPTH && !self.seen.contains(&other) {
                self.file(other, depth + 1);
            }
        }
    }

    fn strongswan(&mut self, file: FileId, text: &str, depth: usize) {
        let mut start = 0;
        let mut faulty: Option<usize> = None;
        for raw in text.split_inclusive('\n') {
            let line_start = start;
            start += raw.len();
            let line = raw.trim_end_matches(['\n', '\r']);
            let body = line.trim_start_matches([' ', '\t']);
            let at = line_start + (line.len() - body.len());
            if body.is_empty() || body.starts_with('#') {
                continue;
            }
            if has_hole(body) {
                self.secrets.incomplete = true;
                continue;
            }
            if self.stopped {
                self.lost_line(file, at, body, faulty);
                continue;
            }
            match body.strip_prefix("include").filter(|rest| rest.starts_with([' ', '\t'])) {
                Some(pattern) => self.include(file, pattern, depth),
                None => {
                    self.strongswan_entry(file, at, body);
                    if self.stopped {
                        faulty = self.secrets.faults.len().checked_sub(1);
                        self.join_wrapped_key(file, text, start);
                    }
                }
            }
        }
    }

    /// A line below the fault: masked, and counted if it is an entry.
    fn lost_line(&mut self, file: FileId, at: usize, body: &str, faulty: Option<usize>) {
        match body
            .find(" : ")
            .map(|colon| colon + 3)
            .or(body.starts_with(": ").then_some(2))
            .or(body.find(": ").map(|colon| colon + 2))
        {
            Some(value) => {
                if let Some(fault) = faulty.and_then(|index| self.secrets.faults.get_mut(index)) {
                    fault.lost += 1;
                }
                self.mask_behind_token(file, at + value, &body[value..]);
            }
            None => self.secrets.masked.push(Span::new(file, at..at + body.len())),
        }
    }

    fn mask_behind_token(&mut self, file: FileId, at: usize, rest: &str) {
        let token = rest.trim_start().split([' ', '\t']).next().unwrap_or_default();
        let lead = rest.len() - rest.trim_start().len() + token.len();
        let value = rest[lead..].trim_start();
        let from = at + (rest.len() - value.len());
        if !value.is_empty() {
            self.secrets.masked.push(Span::new(file, from..from + value.len()));
        }
    }

    fn strongswan_entry(&mut self, file: FileId, at: usize, body: &str) {
        let span = |from: usize, to: usize| Span::new(file, at + from..at + to);
        let separator =
            if body.starts_with(": ") { Some((0, 2)) } else { body.find(" : ").map(|colon| (colon, colon + 3)) };
        let Some((ids_end, rest_start)) = separator else {
            let clinging = body.find(": ").or_else(|| body.find(":\t")).or_else(|| body.find("\t:"));
            match clinging {
                Some(colon) => {
                    let colon = body[colon..].find(':').map_or(colon, |offset| colon + offset);
                    let from = body[..colon].trim_end().len();
                    let to = colon + 1 + (body[colon + 1..].len() - body[colon + 1..].trim_start().len());
                    let text = if from == 0 { ": " } else { " : " };
                    self.mask_behind_token(file, at + colon + 1, &body[colon + 1..]);
                    self.fault_with(
                        FaultKind::NoSeparator,
                        span(colon, colon + 1),
                        Some((span(from, to), text.into())),
                    );
                }
                None => {
                    self.secrets.masked.push(span(0, body.len()));
                    self.fault(FaultKind::NoSeparator, span(0, body.len()));
                }
            }
            return;
        };
        let rest = body[rest_start..].trim_start();
        let token_start = body.len() - rest.len();
        let token = rest.split([' ', '\t']).next().unwrap_or_default();
        let token_span = span(token_start, token_start + token.len());
        let value = rest[token.len()..].trim_start();
        let value_start = body.len() - value.len();
        if !value.is_empty() {
            self.secrets.masked.push(span(value_start, body.trim_end().len()));
        }
        let kind = match token {
            "PSK" => SecretKind::Psk,
            "EAP" | "NTLM" | "XAUTH" => SecretKind::Password,
            "RSA" | "ECDSA" | "PKCS8" | "P12" | "PIN" | "BLISS" => SecretKind::PrivateKey,
            _ => {
                let upper = token.to_ascii_uppercase();
                let known =
                    ["PSK", "EAP", "NTLM", "XAUTH", "RSA", "ECDSA", "PKCS8", "P12", "PIN"].contains(&upper.as_str());
                let repair = (known && upper != token).then(|| (token_span, upper.into()));
                let place = if token.is_empty() { span(ids_end, rest_start) } else { token_span };
                self.fault_with(FaultKind::UnknownToken, place, repair);
                return;
            }
        };
        let selectors = self.selectors(file, at, &body[..ids_end]);
        if kind == SecretKind::PrivateKey {
            if value.is_empty() {
                self.fault(FaultKind::MissingValue, token_span);
            } else {
                // The file's name is no secret; a passphrase behind it is.
                self.secrets.masked.pop();
                let name_end = value.find([' ', '\t']).unwrap_or(value.len());
                let phrase = Some(value[name_end..].trim()).filter(|&phrase| phrase != "%prompt").unwrap_or_default();
                if !phrase.is_empty() {
                    let from = value_start + (value.trim_end().len() - phrase.len());
                    self.secrets.masked.push(span(from, from + phrase.len()));
                }
                let bytes = SecretBytes::new(phrase.trim_matches('"'));
                let place = span(value_start, value_start + name_end);
                self.secrets.entries.push(Secret {
                    selectors,
                    kind,
                    token: token_span,
                    bytes,
                    value: place,
                    encoded: false,
                });
            }
            return;
        }
        let Some(word) = first_word(value, value_start) else {
            self.fault(FaultKind::MissingValue, token_span);
            return;
        };
        let place = span(word.start, word.end());
        if !word.closed {
            self.fault(FaultKind::UnterminatedQuote, span(word.start - 1, body.trim_end().len()));
            return;
        }
        let Some((bytes, encoded)) = decode(&word, false) else {
            self.fault(FaultKind::BadEncoding, place);
            return;
        };
        let after = body[word.end() + usize::from(word.quote.is_some())..].trim();
        if word.quote.is_none() && !after.is_empty() && !after.starts_with('#') {
            let from = body.trim_end().len() - after.len();
            self.fault(FaultKind::CutOff, span(from, from + after.len()));
        }
        if kind == SecretKind::Psk && bytes.is_empty() {
            self.fault(FaultKind::EmptyPsk, token_span);
        }
        let bytes = SecretBytes::new(bytes);
        self.secrets.entries.push(Secret { selectors, kind, token: token_span, bytes, value: place, encoded });
    }

    /// A quoted key that was broken over two lines: the line break is the fault, and joining the lines mends it.
    fn join_wrapped_key(&mut self, file: FileId, text: &str, next_line: usize) {
        let Some(fault) = self.secrets.faults.last_mut() else { return };
        if fault.kind != FaultKind::UnterminatedQuote {
            return;
        }
        let next = text[next_line..].lines().next().unwrap_or_default();
        let body = next.trim();
        let rest_of_key = body.strip_suffix('"').is_some_and(|key| !key.is_empty() && !key.contains(['"', ' ', ':']));
        if rest_of_key {
            let to = next_line + (next.len() - next.trim_start().len());
            fault.repair = Some((Span::new(file, fault.span.end as usize..to), CompactString::default()));
        }
    }

    fn selectors(&mut self, file: FileId, at: usize, text: &str) -> Vec<Spanned<CompactString>> {
        let mut selectors = Vec::new();
        let mut offset = 0;
        while let Some(word) = first_word(&text[offset..], offset) {
            let span = Span::new(file, at + word.start..at + word.end());
            if word.quote.is_none() && word.text.ends_with(',') {
                self.fault(FaultKind::Comma, Span { start: span.end - 1, ..span });
            }
            selectors.push(Spanned::new(word.text.into(), span));
            offset = (word.end() + usize::from(word.quote.is_some())).min(text.len());
        }
        selectors
    }

    fn libreswan(&mut self, file: FileId, text: &str, depth: usize) {
        let mut start = 0;
        let mut entry: Option<(usize, usize)> = None;
        for raw in text.split_inclusive('\n') {
            let line_start = start;
            start += raw.len();
            let line = raw.trim_end_matches(['\n', '\r']);
            let body = line.trim_start_matches([' ', '\t']);
            let indent = line.len() - body.len();
            if body.is_empty() || body.starts_with('#') {
                continue;
            }
            if has_hole(body) {
                self.secrets.incomplete = true;
                continue;
            }
            if indent > 0 {
                match &mut entry {
                    Some((_, end)) => *end = line_start + line.len(),
                    None => {
                        let span = Span::new(file, line_start + indent..line_start + line.len());
                        self.mask_entry(file, text, (line_start, line_start + line.len()));
                        let blanks = Span::new(file, line_start..line_start + indent);
                        self.fault_with(FaultKind::NoPredecessor, span, Some((blanks, CompactString::default())));
                    }
                }
                continue;
            }
            if let Some(range) = entry.replace((line_start, line_start + line.len())) {
                self.libreswan_entry(file, text, range, depth);
            }
        }
        if let Some(range) = entry {
            self.libreswan_entry(file, text, range, depth);
        }
    }

    fn mask_entry(&mut self, file: FileId, text: &str, (start, end): (usize, usize)) {
        let body = &text[start..end];
        let from = body.find(':').map_or(start, |colon| start + colon + 1);
        match body.contains(':') {
            true => self.mask_behind_token(file, from, &text[from..end]),
            false => self.secrets.masked.push(Span::new(file, start..end)),
        }
    }

    fn libreswan_entry(&mut self, file: FileId, text: &str, range: (usize, usize), depth: usize) {
        let (start, end) = range;
        let body = &text[start..end];
        if let Some(pattern) = body.strip_prefix("include").filter(|rest| rest.starts_with([' ', '\t'])) {
            self.include(file, pattern, depth);
            return;
        }
        let span = |from: usize, to: usize| Span::new(file, start + from..start + to);
        let words = words(body);
        // The colon may stand alone, cling to the last selector, or to the token.
        let colon = words.iter().enumerate().find_map(|(index, word)| {
            let at = if word.quote.is_some() { None } else { word.text.find(':') };
            let ipv6 = |text: &str| text.trim_end_matches(':').parse::<std::net::Ipv6Addr>().is_ok();
            let at = at.filter(|_| !ipv6(word.text) || word.text == ":");
            match at {
                Some(_) if word.text.matches(':').count() > 1 && word.text.ends_with(':') => {
                    Some((index, word.text.len() - 1))
                }
                Some(at) => Some((index, at)),
                None if word.quote.is_none() && word.text.ends_with(':') => Some((index, word.text.len() - 1)),
                None => None,
            }
        });
        let Some((index, at)) = colon else {
            self.secrets.masked.push(span(0, body.len()));
            let line_end = body.find('\n').unwrap_or(body.len());
            self.fault(FaultKind::NoSeparator, span(0, line_end));
            return;
        };
        self.mask_entry(file, text, (start + words[index].start + at, end));
        let mut selectors: Vec<Spanned<CompactString>> = Vec::new();
        for word in &words[..index] {
            selectors.push(Spanned::new(word.text.into(), span(word.start, word.end())));
        }
        let clinging = &words[index].text[..at];
        if !clinging.is_empty() {
            selectors.push(Spanned::new(clinging.into(), span(words[index].start, words[index].start + at)));
        }
        let behind = &words[index].text[at + 1..];
        let mut rest: Vec<Word<'_>> = words[index + 1..].to_vec();
        if !behind.is_empty() {
            rest.insert(0, Word { text: behind, start: words[index].start + at + 1, quote: None, closed: true });
        }
        let Some(token) = rest.first().copied() else {
            self.fault(FaultKind::MissingValue, span(words[index].start + at, words[index].start + at + 1));
            return;
        };
        let token_span = span(token.start, token.end());
        let kind = match token.text.to_ascii_uppercase().as_str() {
            "PSK" => SecretKind::Psk,
            "XAUTH" => SecretKind::Password,
            "PPKS" => SecretKind::Ppk,
            // Ignored with a warning since 4.0, whatever follows.
            "RSA" => return,
            _ => {
                self.fault(FaultKind::UnknownToken, token_span);
                return;
            }
        };
        let value_at = if kind == SecretKind::Ppk { 2 } else { 1 };
        let Some(value) = rest.get(value_at).copied() else {
            self.fault(FaultKind::MissingValue, token_span);
            return;
        };
        let place = span(value.start, value.end());
        if !value.closed {
            self.fault(FaultKind::UnterminatedQuote, span(value.start - 1, value.end()));
            return;
        }
        if value.quote.is_none() && !["0x", "0s", "0t"].iter().any(|prefix| value.text.starts_with(prefix)) {
            let repair = (!value.text.contains(['"', '\''])).then(|| (place, CompactString::default()));
            self.fault_with(FaultKind::BareWord, place, repair);
            return;
        }
        let Some((bytes, encoded)) = decode(&value, true) else {
            self.fault(FaultKind::BadEncoding, place);
            return;
        };
        if let Some(extra) = rest.get(value_at + 1) {
            self.fault(FaultKind::ExtraText, span(extra.start, extra.end()));
            return;
        }
        for selector in &selectors {
            let text = selector.value.as_str();
            let named = text.starts_with(['@', '%', '"'])
                || text.contains(['@', '=', ':'])
                || text.parse::<std::net::IpAddr>().is_ok();
            if !named && text.contains('.') {
                self.fault(FaultKind::NameLookup, selector.span);
            }
        }
        let bytes = SecretBytes::new(bytes);
        self.secrets.entries.push(Secret { selectors, kind, token: token_span, bytes, value: place, encoded });
    }
}

/// The first word of `text`, which begins at `offset` of the entry.
fn first_word(text: &str, offset: usize) -> Option<Word<'_>> {
    let body = text.trim_start();
    let start = offset + (text.len() - body.len());
    let first = body.chars().next()?;
    if first == '"' || first == '\'' {
        let inner = &body[1..];
        let end = inner.find(first);
        let text = &inner[..end.unwrap_or(inner.len())];
        return Some(Word { text, start: start + 1, quote: Some(first), closed: end.is_some() });
    }
    let end = body.find(char::is_whitespace).unwrap_or(body.len());
    Some(Word { text: &body[..end], start, quote: None, closed: true })
}

/// All words of a libreswan entry; `#` after white space begins a comment.
fn words(body: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut offset = 0;
    while let Some(word) = first_word(&body[offset..], offset) {
        if word.quote.is_none() && word.text.starts_with('#') {
            offset = body[word.start..].find('\n').map_or(body.len(), |end| word.start + end);
            continue;
        }
        offset = (word.end() + usize::from(word.quote.is_some() && word.closed)).min(body.len());
        words.push(word);
    }
    words
}

/// The bytes of a secret, and whether it was encoded.
fn decode(word: &Word<'_>, zero_t: bool) -> Option<(Vec<u8>, bool)> {
    if word.quote.is_some() {
        return Some((word.text.as_bytes().to_vec(), false));
    }
    if let Some(hex) = word.text.strip_prefix("0x") {
        return Some((decode_hex(hex)?, true));
    }
    if let Some(base64) = word.text.strip_prefix("0s") {
        return Some((decode_base64(base64)?, true));
    }
    if let Some(text) = word.text.strip_prefix("0t").filter(|_| zero_t) {
        return Some((text.as_bytes().to_vec(), false));
    }
    Some((word.text.as_bytes().to_vec(), false))
}

/// Reads hexadecimal digits; `_` and `:` may group them.
pub(crate) fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text
        .chars()
        .filter(|c| !matches!(c, '_' | ':'))
        .map(|c| c.to_digit(16))
        .collect::<Option<_>>()
        .filter(|digits: &Vec<u32>| !digits.is_empty())?;
    let padded: Vec<u32> = if digits.len() % 2 == 1 { [0].into_iter().chain(digits).collect() } else { digits };
    padded.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok()).collect()
}

/// Reads base64, with or without padding. A digit too many, which makes no byte, counts for nothing.
pub(crate) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurpose =
        GeneralPurpose::new(&alphabet::STANDARD, NO_PAD.with_decode_allow_trailing_bits(true));
    let body = text.trim_end_matches('=').as_bytes();
    let whole = match body.split_last() {
        Some((last, whole)) if body.len() % 4 == 1 => {
            alphabet::STANDARD.as_str().as_bytes().contains(last).then_some(whole)?
        }
        _ => body,
    };
    LENIENT.decode(whole).ok().filter(|bytes| !bytes.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use confvet_core::Source;

    fn read(text: &str, dialect: Dialect) -> Secrets {
        let sources: Sources = [Source::new("ipsec.secrets", text)].into_iter().collect();
        parse(&sources, FileId(0), dialect)
    }

    fn faults(text: &str, dialect: Dialect) -> Vec<FaultKind> {
        read(text, dialect).faults.iter().map(|fault| fault.kind).collect()
    }

    const SS: Dialect = Dialect::Strongswan;
    const LS: Dialect = Dialect::Libreswan;

    #[test]
    fn strongswan_wants_blanks_around_the_colon() {
        let good = read("  10.0.0.1 @gw : PSK \"a secret\"\n: PSK 0x0a0b\n", SS);
        assert_eq!(good.entries.len(), 2);
        assert_eq!(good.entries[0].selectors[1].value, "@gw");
        assert_eq!(good.entries[0].bytes.expose(), b"a secret");
        assert_eq!(good.entries[1].bytes.expose(), [10, 11]);
        for text in ["a b: PSK \"x\"\n", ":PSK \"x\"\n", "a\t:\tPSK \"x\"\n"] {
            assert_eq!(faults(text, SS), [FaultKind::NoSeparator], "{text:?}");
            assert_eq!(faults(text, LS), [], "{text:?}");
        }
    }

    #[test]
    fn strongswan_stops_at_the_first_fault() {
        let text = ": psk \"x\"\n1.2.3.4 : PSK \"lost one\"\n5.6.7.8 : PSK \"lost two\"\n";
        let secrets = read(text, SS);
        assert_eq!(secrets.entries, []);
        assert_eq!((secrets.faults[0].kind, secrets.faults[0].lost), (FaultKind::UnknownToken, 2));
        assert_eq!(read(text, LS).entries.len(), 3);
    }

    #[test]
    fn a_wrapped_key_is_one_fault_and_both_halves_are_masked() {
        let text = "a : PSK \"firsthalf\nsecondhalf\"\n";
        let secrets = read(text, SS);
        assert_eq!(secrets.faults[0].kind, FaultKind::UnterminatedQuote);
        let masked: String = secrets.masked.iter().map(|span| &text[span.range()]).collect();
        assert!(masked.contains("firsthalf") && masked.contains("secondhalf"));
        let (span, with) = secrets.faults[0].repair.clone().unwrap();
        assert_eq!((&text[span.range()], with.as_str()), ("\n", ""));
    }

    #[test]
    fn libreswan_reads_continuations_quotes_and_prefixes() {
        let text = "@a @b : PSK\n   \"one two\"  # comment\nx: PSK 0sAAEC\ny : PSK bare\n%any : PSK 'q'\n: RSA {\n  junk\n  }\n";
        let secrets = read(text, LS);
        assert_eq!(secrets.entries.len(), 3);
        assert_eq!(secrets.entries[0].bytes.expose(), b"one two");
        assert_eq!(secrets.entries[1].bytes.expose(), [0, 1, 2]);
        assert_eq!(secrets.faults.iter().map(|fault| fault.kind).collect::<Vec<_>>(), [FaultKind::BareWord]);
        assert_eq!(faults(" : PSK \"x\"\n", LS), [FaultKind::NoPredecessor]);
        assert_eq!(faults(": PSK \"x\" y\n", LS), [FaultKind::ExtraText]);
    }

    #[test]
    fn of_an_unknown_dialect_only_what_both_refuse_counts() {
        assert_eq!(faults("a b: PSK \"x y z\"\n", Dialect::Unknown), []);
        assert_eq!(faults("just some text\n", Dialect::Unknown), [FaultKind::NoSeparator]);
    }

    #[test]
    fn cut_off_text_commas_and_empty_keys_are_found() {
        assert_eq!(faults("a : PSK two words\n", SS), [FaultKind::CutOff]);
        assert_eq!(faults("a, b : PSK \"x\"\n", SS), [FaultKind::Comma]);
        assert_eq!(faults("a : PSK \"\"\n", SS), [FaultKind::EmptyPsk]);
        assert_eq!(faults("a : PSK 0xzz\n", SS), [FaultKind::BadEncoding]);
        assert_eq!(faults("a : PSK\n", SS), [FaultKind::MissingValue]);
    }

    #[test]
    fn a_secret_is_never_printed() {
        let secrets = read(": PSK \"topsecret\"\n", SS);
        let debug = format!("{secrets:?}");
        let json = serde_json::to_string(&secrets).unwrap();
        assert!(!debug.contains("topsecret") && !json.contains("topsecret") && json.contains("***"));
    }

    #[test]
    fn base64_and_hex_decode() {
        assert_eq!(decode_base64("KissLS4vMDEy").unwrap(), b"*+,-./012");
        assert_eq!(decode_base64("KissLQ==").unwrap(), b"*+,-");
        assert_eq!(decode_base64("KissLR").unwrap(), b"*+,-", "the bits behind the last byte do not count");
        assert_eq!(decode_base64("KissL").unwrap(), b"*+,", "nor does a digit too many");
        for text in ["?", "", "====", "K", "Kiss?", "Ki=ssL", "Kis s"] {
            assert_eq!(decode_base64(text), None, "{text:?}");
        }
        assert_eq!(decode_hex("2a_2B").unwrap(), b"*+");
    }
}
