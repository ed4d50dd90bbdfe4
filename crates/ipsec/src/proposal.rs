//! Proposals: which algorithms a connection offers, in the spelling of either program, and what the program refuses.

use crate::dialect::{Dialect, Program, ShortVersion};
use compact_str::CompactString;
use confvet_core::Span;
use serde::Serialize;
use std::sync::LazyLock;

/// What an algorithm does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Encrypts.
    Encr,
    /// Protects integrity.
    Integ,
    /// Derives keys.
    Prf,
    /// Exchanges keys (a Diffie-Hellman group).
    Ke,
    /// Extended sequence numbers.
    Esn,
}

/// How good an algorithm is, by RFC 8247, RFC 8221 and RFC 9395.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strength {
    /// Fine.
    Ok,
    /// Fine, with a short integrity tag.
    OkShortTag,
    /// Post-quantum.
    Pq,
    /// No key exchange.
    None,
    /// A truncation bug, for old peers.
    Compat,
    /// SHA-1, 224-bit curves: on the way out.
    Legacy,
    /// In no standard.
    Nonstandard,
    /// MUST NOT or SHOULD NOT.
    Weak,
    /// Breakable by one machine.
    Broken,
    /// No protection at all.
    Null,
}

/// Where an algorithm may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// Taken.
    Yes,
    /// Refused.
    No,
    /// Taken in IKEv2 only.
    Ikev2,
    /// Taken in IKEv1 only.
    Ikev1,
    /// Read and without effect.
    Ignored,
}

/// One spelling of an algorithm in one dialect.
#[derive(Debug)]
pub struct Algorithm {
    /// The spelling.
    pub token: &'static str,
    /// Whose.
    pub dialect: Dialect,
    /// What it does.
    pub kind: Kind,
    /// The algorithm: the same for all spellings.
    pub name: &'static str,
    /// Key lengths in bits, the default first.
    pub bits: &'static [u16],
    /// Encrypts and protects integrity at once.
    pub aead: bool,
    /// In `ike=`.
    pub ike: Support,
    /// In `esp=`.
    pub esp: Support,
    /// In `ah=`.
    pub ah: Support,
    /// How good.
    pub strength: Strength,
    /// First version.
    pub since: Option<ShortVersion>,
    /// First version without it.
    pub removed: Option<ShortVersion>,
}

include!(concat!(env!("OUT_DIR"), "/algorithms.rs"));

/// For so many items there is room from the start; who has more may grow.
const MAX_RESERVED: usize = 64;

/// Where the rows of each spelling begin: a table of open addressing, as every proposal looks up several.
static FIRST_ROWS: LazyLock<Vec<Option<u16>>> = LazyLock::new(|| {
    let mut slots = vec![None; SLOTS];
    let firsts = ALGORITHMS
        .iter()
        .enumerate()
        .filter(|(index, row)| index.checked_sub(1).is_none_or(|before| ALGORITHMS[before].token != row.token));
    for (index, row) in firsts {
        let mut at = slot(row.token);
        while slots[at].is_some() {
            at = (at + 1) % SLOTS;
        }
        slots[at] = u16::try_from(index).ok();
    }
    slots
});

/// A power of two, more than twice the spellings.
const SLOTS: usize = 2_048;

/// FNV-1a.
fn slot(token: &str) -> usize {
    let hash = token.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash as usize % SLOTS
}

fn first_row(token: &str) -> Option<usize> {
    let mut at = slot(token);
    while let Some(index) = FIRST_ROWS[at] {
        if ALGORITHMS[usize::from(index)].token == token {
            return Some(usize::from(index));
        }
        at = (at + 1) % SLOTS;
    }
    None
}

/// Rows of one spelling in one dialect.
fn rows(token: &str, dialect: Dialect) -> impl Iterator<Item = &'static Algorithm> {
    let start = first_row(token).unwrap_or(ALGORITHMS.len());
    ALGORITHMS[start..].iter().take_while(move |row| row.token == token).filter(move |row| row.dialect == dialect)
}

impl Algorithm {
    /// Another spelling of the same algorithm, in `dialect`, with the key length of this one.
    fn spelled_in(&self, dialect: Dialect, bits: Option<u16>) -> Option<CompactString> {
        let wanted = bits.or(self.bits.first().copied());
        let same = |row: &&Algorithm| {
            row.dialect == dialect
                && row.kind == self.kind
                && row.name == self.name
                && row.since.is_none_or(|since| since < (5, 9, 0))
        };
        let mut exact =
            ALGORITHMS.iter().filter(same).filter(|row| row.bits.len() <= 1 && row.bits.first().copied() == wanted);
        // strongSwan's shortest spelling is the usual one; libreswan's are sorted with the names before the numbers.
        let usual = match dialect {
            Dialect::Strongswan => exact.min_by_key(|row| row.token.len()),
            _ => exact.next(),
        };
        if let Some(row) = usual {
            return Some(row.token.into());
        }
        let row = ALGORITHMS.iter().filter(same).find(|row| wanted.is_none_or(|bits| row.bits.contains(&bits)))?;
        let ends_in_digit = row.token.ends_with(|c: char| c.is_ascii_digit());
        Some(match wanted {
            Some(bits) if ends_in_digit => format!("{}_{bits}", row.token).into(),
            Some(bits) if row.bits.len() > 1 => format!("{}{bits}", row.token).into(),
            _ => row.token.into(),
        })
    }

    fn support(&self, field: Field) -> Support {
        match field {
            Field::Ike => self.ike,
            Field::Esp => self.esp,
            Field::Ah => self.ah,
        }
    }

    fn exists_in(&self, version: Option<ShortVersion>) -> bool {
        version.is_none_or(|version| {
            self.since.is_none_or(|since| version >= since) && self.removed.is_none_or(|removed| version < removed)
        })
    }

    /// The Diffie-Hellman group's number.
    pub fn group_number(&self) -> Option<u8> {
        Some(match self.name {
            "MODP_768" => 1,
            "MODP_1024" => 2,
            "MODP_1536" => 5,
            "MODP_2048" => 14,
            "MODP_3072" => 15,
            "MODP_4096" => 16,
            "MODP_6144" => 17,
            "MODP_8192" => 18,
            "ECP_256" => 19,
            "ECP_384" => 20,
            "ECP_521" => 21,
            "MODP_1024_160" => 22,
            "MODP_2048_224" => 23,
            "MODP_2048_256" => 24,
            "ECP_192" => 25,
            "ECP_224" => 26,
            "CURVE_25519" => 31,
            _ => return None,
        })
    }
}

/// Which setting a proposal stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    /// `ike=`, `proposals =`.
    Ike,
    /// `esp=`, `phase2alg=`, `esp_proposals =`.
    Esp,
    /// `ah=`, `ah_proposals =`.
    Ah,
}

/// One algorithm of a proposal.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Transform {
    /// Which algorithm.
    #[serde(serialize_with = "serialize_name")]
    pub algorithm: &'static Algorithm,
    /// Its key length in bits, if it was given or there is only one.
    pub bits: Option<u16>,
    /// Where it stands.
    #[serde(skip)]
    pub span: Span,
}

fn serialize_name<S: serde::Serializer>(algorithm: &&Algorithm, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(algorithm.name)
}

impl PartialEq for Transform {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.algorithm, other.algorithm) && (self.bits, self.span) == (other.bits, other.span)
    }
}

impl Eq for Transform {}

impl Transform {
    /// Can both ends mean the same by it?
    pub fn agrees_with(&self, other: &Transform) -> bool {
        self.algorithm.name == other.algorithm.name
            && match (self.bits, other.bits) {
                (Some(a), Some(b)) => a == b,
                _ => true,
            }
    }
}

/// What one item of a list offers: any encryption with any integrity with any group of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// The algorithms.
    pub transforms: Vec<Transform>,
    /// The item.
    #[serde(skip)]
    pub span: Span,
}

impl Proposal {
    /// The algorithms of one kind.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Transform> {
        self.transforms.iter().filter(move |transform| transform.algorithm.kind == kind)
    }

    /// Does it name one of that kind?
    pub fn has(&self, kind: Kind) -> bool {
        self.of(kind).next().is_some()
    }

    /// The key exchange groups, `none` left out.
    pub fn groups(&self) -> impl Iterator<Item = &Transform> {
        self.of(Kind::Ke).filter(|group| group.algorithm.strength != Strength::None)
    }

    /// A cipher that brings its own integrity protection.
    pub fn has_aead(&self) -> bool {
        self.of(Kind::Encr).any(|cipher| cipher.algorithm.aead)
    }

    fn agrees_on(&self, other: &Proposal, kind: Kind) -> bool {
        let mine = || self.of(kind);
        !self.has(kind)
            || !other.has(kind)
            || mine().any(|transform| other.of(kind).any(|theirs| transform.agrees_with(theirs)))
    }

    /// Is there a choice both offer? What one end leaves to its defaults agrees with everything.
    pub fn agrees_with(&self, other: &Proposal, with_groups: bool) -> bool {
        self.agrees_on(other, Kind::Encr)
            && (self.has_aead() || other.has_aead() || self.agrees_on(other, Kind::Integ))
            && (!with_groups || self.agrees_on(other, Kind::Ke))
    }
}

/// The value of `ike=`, `esp=` or `ah=`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProposalList {
    /// Which setting.
    pub field: Field,
    /// As written.
    pub text: CompactString,
    /// Only these: strongSwan's `!`, and always with libreswan and swanctl.
    pub closed: bool,
    /// The items.
    pub items: Vec<Proposal>,
    /// Why the program refuses the connection.
    #[serde(skip)]
    pub faults: Vec<ProposalFault>,
    /// Where it stands.
    #[serde(skip)]
    pub span: Span,
}

/// Why a proposal is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProposalFaultKind {
    /// Not an algorithm of this program.
    Unknown {
        /// The spelling of the same algorithm in this program.
        respelled: Option<CompactString>,
        /// An algorithm of a similar name.
        near: Option<CompactString>,
    },
    /// An algorithm of another version.
    OtherVersion {
        /// First version with it.
        since: Option<ShortVersion>,
        /// First version without it.
        removed: Option<ShortVersion>,
    },
    /// The name is known and not supported, or not in this setting.
    Unsupported,
    /// A key length the cipher does not have.
    BadKeyLength,
    /// Nothing between two commas, or behind the last.
    EmptyItem,
    /// `!` where it means nothing.
    Exclamation,
    /// `+` or `;`, which only libreswan has; or `+` in IKEv1.
    Separator,
    /// A blank.
    Blank,
    /// No Diffie-Hellman group in `ike=`.
    NoGroup,
    /// Nothing from which keys could be derived.
    NoPrf,
    /// No cipher in `ike=`.
    NoCipher,
    /// AEAD and classic ciphers in one proposal.
    MixedCiphers,
    /// An integrity algorithm beside an AEAD cipher.
    IntegrityWithAead,
    /// Some ESP proposals with a group, some without, or two groups.
    GroupsDiffer,
}

/// A part of a proposal that makes the program refuse the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposalFault {
    /// Why.
    pub kind: ProposalFaultKind,
    /// The token, or the whole item when something is missing.
    pub span: Span,
    /// The token as written.
    pub text: CompactString,
}

/// Where the parts of a value stand.
type Place<'a> = &'a dyn Fn(std::ops::Range<usize>) -> Span;

/// Reads a value as the program does. While the dialect is unknown, what either reads is fine.
pub(crate) fn read(text: &str, field: Field, program: &Program, place: Place<'_>) -> ProposalList {
    match program.dialect {
        Dialect::Strongswan => strongswan(text, field, program.version, place, true),
        Dialect::Libreswan => libreswan(text, field, program.version, place),
        Dialect::Unknown => {
            let version = program.version_of(Dialect::Strongswan);
            let first = strongswan(text, field, version, place, true);
            if first.faults.is_empty() {
                return first;
            }
            let second = libreswan(text, field, program.version_of(Dialect::Libreswan), place);
            if second.faults.is_empty() { second } else { first }
        }
    }
}

/// Reads the value of `proposals =` and its like: strongSwan's spelling, always closed, no `!`.
pub(crate) fn read_swanctl(text: &str, field: Field, version: Option<ShortVersion>, place: Place<'_>) -> ProposalList {
    strongswan(text, field, version, place, false)
}

fn fault(kind: ProposalFaultKind, text: &str, span: Span) -> ProposalFault {
    ProposalFault { kind, span, text: text.into() }
}

fn strongswan(text: &str, field: Field, version: Option<ShortVersion>, place: Place<'_>, stroke: bool) -> ProposalList {
    let mut list = ProposalList {
        field,
        text: text.into(),
        closed: !stroke,
        items: Vec::with_capacity(memchr::memchr_iter(b',', text.as_bytes()).take(MAX_RESERVED).count() + 1),
        faults: Vec::new(),
        span: place(0..text.len()),
    };
    let mut body = text;
    if let Some(before) = text.strip_suffix('!').filter(|_| stroke) {
        list.closed = true;
        body = before.trim_end();
    }
    let mut offset = 0;
    for raw in body.split(',') {
        let item = raw.trim();
        let start = offset + (raw.len() - raw.trim_start().len());
        offset += raw.len() + 1;
        let span = place(start..start + item.len());
        if item.is_empty() {
            let end = (start + 1).min(text.len()).max(start);
            list.faults.push(fault(ProposalFaultKind::EmptyItem, "", place(start.min(end).saturating_sub(1)..end)));
            continue;
        }
        if matches!(item, "default" | "noesn" | "esn") && !stroke {
            list.closed = false;
            continue;
        }
        let before = list.faults.len();
        let mut proposal = Proposal { transforms: Vec::with_capacity(3), span };
        let mut at = start;
        for token in item.split('-') {
            let token_span = place(at..at + token.len());
            strongswan_token(token, field, version, token_span, &mut proposal, &mut list.faults);
            at += token.len() + 1;
        }
        if list.faults.len() == before {
            list.faults.extend(missing_parts(&proposal, field, item));
        }
        list.items.push(proposal);
    }
    list
}

fn strongswan_token(
    token: &str,
    field: Field,
    version: Option<ShortVersion>,
    span: Span,
    proposal: &mut Proposal,
    faults: &mut Vec<ProposalFault>,
) {
    let additional = matches!(token.as_bytes(), [b'k', b'e', b'1'..=b'7', b'_', ..]);
    if additional && rows(&token[4..], Dialect::Strongswan).any(|row| row.kind == Kind::Ke) {
        if version.is_some_and(|version| version < (6, 0, 0)) {
            let kind = ProposalFaultKind::OtherVersion { since: Some((6, 0, 0)), removed: None };
            faults.push(fault(kind, token, span));
        }
        return;
    }
    let Some(row) = rows(token, Dialect::Strongswan).next() else {
        let bare = token.strip_suffix('!');
        if bare.is_some_and(|bare| rows(bare, Dialect::Strongswan).next().is_some()) {
            let mark = Span { start: span.end - 1, ..span };
            faults.push(fault(ProposalFaultKind::Exclamation, "!", mark));
            return;
        }
        let kind = if token.contains(['+', ';']) {
            ProposalFaultKind::Separator
        } else if token.contains([' ', '\t']) {
            ProposalFaultKind::Blank
        } else {
            unknown(token, Dialect::Strongswan, version)
        };
        faults.push(fault(kind, token, span));
        return;
    };
    if !row.exists_in(version) {
        let kind = ProposalFaultKind::OtherVersion { since: row.since, removed: row.removed };
        faults.push(fault(kind, token, span));
        return;
    }
    if field == Field::Ike && row.support(field) == Support::No && row.kind == Kind::Encr {
        faults.push(fault(ProposalFaultKind::Unsupported, token, span));
        return;
    }
    proposal.transforms.push(Transform { algorithm: row, bits: row.bits.first().copied(), span });
}

fn missing_parts(proposal: &Proposal, field: Field, item: &str) -> Option<ProposalFault> {
    let aead = proposal.of(Kind::Encr).filter(|cipher| cipher.algorithm.aead).count();
    let ciphers = proposal.of(Kind::Encr).count();
    if aead > 0 && aead < ciphers {
        return Some(fault(ProposalFaultKind::MixedCiphers, item, proposal.span));
    }
    if field != Field::Ike {
        return None;
    }
    let gives_prf =
        proposal.has(Kind::Prf) || proposal.of(Kind::Integ).any(|integrity| integrity.algorithm.ike != Support::No);
    let kind = if ciphers == 0 {
        ProposalFaultKind::NoCipher
    } else if !gives_prf {
        ProposalFaultKind::NoPrf
    } else if proposal.groups().next().is_none() {
        ProposalFaultKind::NoGroup
    } else {
        return None;
    };
    Some(fault(kind, item, proposal.span))
}

/// A token that is no algorithm of the dialect: perhaps it is one of the other, or has its letters in another case.
fn unknown(token: &str, dialect: Dialect, version: Option<ShortVersion>) -> ProposalFaultKind {
    let lower = token.to_ascii_lowercase();
    let other = match dialect {
        Dialect::Strongswan => Dialect::Libreswan,
        _ => Dialect::Strongswan,
    };
    let respelled = if dialect == Dialect::Strongswan && lower != token && rows(&lower, dialect).next().is_some() {
        Some(lower.clone().into())
    } else {
        let found = if dialect == Dialect::Strongswan {
            libreswan_algorithm(&lower)
        } else {
            rows(&lower, other).next().map(|row| (row, row.bits.first().copied()))
        };
        found.and_then(|(row, bits)| row.spelled_in(dialect, bits))
    };
    let near = if respelled.is_some() {
        None
    } else {
        let names =
            ALGORITHMS.iter().filter(|row| row.dialect == dialect && row.exists_in(version)).map(|row| row.token);
        confvet_core::did_you_mean(&lower, names).map(CompactString::new)
    };
    ProposalFaultKind::Unknown { respelled, near }
}

/// An algorithm in libreswan's spelling, with a key length as suffix.
fn libreswan_algorithm(token: &str) -> Option<(&'static Algorithm, Option<u16>)> {
    if let Some(row) = rows(token, Dialect::Libreswan).next() {
        return Some((row, (row.bits.len() == 1).then(|| row.bits[0])));
    }
    let (row, bits) = keyed_cipher(token)?;
    row.bits.contains(&bits).then_some((row, Some(bits)))
}

/// A cipher followed by a number: `aes256`, `aes_256`, `aes_gcm_16_256`. The number may be no length of the cipher.
fn keyed_cipher(token: &str) -> Option<(&'static Algorithm, u16)> {
    let stem = token.trim_end_matches(|c: char| c.is_ascii_digit());
    let bits: u16 = token[stem.len()..].parse().ok()?;
    let name = stem.strip_suffix('_').unwrap_or(stem);
    let row = rows(name, Dialect::Libreswan).find(|row| row.kind == Kind::Encr && !row.bits.is_empty())?;
    Some((row, bits))
}

fn libreswan(text: &str, field: Field, version: Option<ShortVersion>, place: Place<'_>) -> ProposalList {
    let mut list = ProposalList {
        field,
        text: text.into(),
        closed: true,
        items: Vec::new(),
        faults: Vec::new(),
        span: place(0..text.len()),
    };
    let mut offset = 0;
    for raw in text.split(',') {
        let start = offset;
        offset += raw.len() + 1;
        if raw.is_empty() {
            let at = start.min(text.len());
            list.faults.push(fault(
                ProposalFaultKind::EmptyItem,
                "",
                place(at.saturating_sub(1)..at.max(1).min(text.len())),
            ));
            continue;
        }
        if let Some(blank) = raw.find([' ', '\t']) {
            let span = place(start + blank..start + blank + 1);
            list.faults.push(fault(ProposalFaultKind::Blank, raw, span));
            continue;
        }
        let proposal = libreswan_item(raw, start, field, version, place, &mut list.faults);
        list.items.push(proposal);
    }
    if field == Field::Esp && list.faults.is_empty() {
        let groups: Vec<Option<&Transform>> = list.items.iter().map(|item| item.of(Kind::Ke).next()).collect();
        let odd = groups.windows(2).position(|pair| match pair {
            [Some(a), Some(b)] => !a.agrees_with(b),
            [a, b] => a.is_some() != b.is_some(),
            _ => false,
        });
        if let Some(odd) = odd {
            let item = &list.items[odd + 1];
            let odd =
                fault(ProposalFaultKind::GroupsDiffer, text, item.of(Kind::Ke).next().map_or(item.span, |ke| ke.span));
            list.faults.push(odd);
        }
    }
    list
}

fn libreswan_item(
    raw: &str,
    start: usize,
    field: Field,
    version: Option<ShortVersion>,
    place: Place<'_>,
    faults: &mut Vec<ProposalFault>,
) -> Proposal {
    let mut proposal = Proposal { transforms: Vec::new(), span: place(start..start + raw.len()) };
    let mut at = start;
    let mut last_was_cipher = false;
    for (index, token) in raw.split(['-', ';', '+']).enumerate() {
        let span = place(at..at + token.len());
        let token_start = at;
        at += token.len() + 1;
        let lower = token.to_ascii_lowercase();
        if lower.starts_with("addke") || lower.starts_with("sn=") {
            if version.is_some_and(|version| version < (5, 4, 0)) {
                let since = Some((5, 4, 0));
                faults.push(fault(ProposalFaultKind::OtherVersion { since, removed: None }, token, span));
            }
            continue;
        }
        if token.is_empty() {
            // `aes--modp2048`: the hash is left to the defaults.
            if index == 0 || token_start >= start + raw.len() {
                faults.push(fault(ProposalFaultKind::EmptyItem, "", proposal.span));
            }
            continue;
        }
        if let Some(bare) = lower.strip_suffix('!') {
            let mark = Span { start: span.end - 1, ..span };
            faults.push(fault(ProposalFaultKind::Exclamation, "!", mark));
            libreswan_token(bare, bare, field, version, Span { end: span.end - 1, ..span }, &mut proposal, faults);
            continue;
        }
        if last_was_cipher && token.bytes().all(|byte| byte.is_ascii_digit()) {
            key_length(token, span, &mut proposal, faults);
            continue;
        }
        libreswan_token(&lower, token, field, version, span, &mut proposal, faults);
        last_was_cipher = proposal.transforms.last().is_some_and(|last| last.algorithm.kind == Kind::Encr);
    }
    let aead = proposal.has_aead() && proposal.of(Kind::Encr).all(|cipher| cipher.algorithm.aead);
    let null = |transform: &&Transform| transform.algorithm.strength != Strength::Null;
    let integrity = proposal.of(Kind::Integ).find(null).copied();
    if let Some(integrity) = integrity.filter(|_| aead && field == Field::Esp) {
        faults.push(fault(ProposalFaultKind::IntegrityWithAead, integrity.algorithm.token, integrity.span));
    }
    proposal
}

/// `aes-256`: the number is the length of the cipher before it.
fn key_length(token: &str, span: Span, proposal: &mut Proposal, faults: &mut Vec<ProposalFault>) {
    let Some(cipher) = proposal.transforms.last_mut() else { return };
    let bits = token.parse::<u16>().ok();
    match bits.filter(|bits| cipher.algorithm.bits.contains(bits)) {
        Some(bits) => cipher.bits = Some(bits),
        None => faults.push(fault(ProposalFaultKind::BadKeyLength, token, span)),
    }
}

fn libreswan_token(
    lower: &str,
    token: &str,
    field: Field,
    version: Option<ShortVersion>,
    span: Span,
    proposal: &mut Proposal,
    faults: &mut Vec<ProposalFault>,
) {
    // One spelling may be a cipher, a hash, a PRF and a group: the first part names the cipher, later ones do not.
    let first =
        proposal.transforms.iter().all(|transform| transform.algorithm.kind == Kind::Encr) && field != Field::Ah;
    let candidates = || rows(lower, Dialect::Libreswan).filter(|row| row.kind != Kind::Esn);
    let row = candidates()
        .find(|row| first && proposal.transforms.is_empty() && row.kind == Kind::Encr)
        .or_else(|| candidates().find(|row| row.kind == Kind::Integ && !proposal.has(Kind::Ke)))
        .or_else(|| candidates().find(|row| row.kind != Kind::Prf))
        .or_else(|| candidates().next());
    let (row, bits) = match row {
        Some(row) => (row, (row.bits.len() == 1).then(|| row.bits[0])),
        None => match keyed_cipher(lower) {
            Some((row, bits)) if row.bits.contains(&bits) && row.bits.len() > 1 => (row, Some(bits)),
            Some(_) => {
                faults.push(fault(ProposalFaultKind::BadKeyLength, token, span));
                return;
            }
            None => {
                faults.push(fault(unknown(lower, Dialect::Libreswan, version), token, span));
                return;
            }
        },
    };
    let gone = row.removed.is_some_and(|removed| version.is_some_and(|version| version >= removed));
    let early = row.since.is_some_and(|since| version.is_some_and(|version| version < since));
    if gone || early {
        let kind = ProposalFaultKind::OtherVersion { since: row.since, removed: row.removed };
        faults.push(fault(kind, token, span));
        return;
    }
    if row.support(field) == Support::No && row.removed.is_none() {
        faults.push(fault(ProposalFaultKind::Unsupported, token, span));
        return;
    }
    proposal.transforms.push(Transform { algorithm: row, bits, span });
}

impl ProposalList {
    /// Are all of its algorithms fine, as far as their strength goes?
    pub fn is_sound(&self) -> bool {
        let sound = |transform: &Transform| {
            !matches!(
                transform.algorithm.strength,
                Strength::Weak | Strength::Broken | Strength::Legacy | Strength::Null
            )
        };
        self.items.iter().flat_map(|item| &item.transforms).all(sound)
    }

    /// Does it name the group of every item, or of none?
    pub fn every_item_has_group(&self) -> bool {
        !self.items.is_empty() && self.items.iter().all(|item| item.groups().next().is_some())
    }

    /// Does any item name a group?
    pub fn any_item_has_group(&self) -> bool {
        self.items.iter().any(|item| item.groups().next().is_some())
    }

    /// What IKEv1 refuses of it and IKEv2 does not: libreswan's `+` lists and newer algorithms.
    pub fn refused_by_ikev1(&self) -> Option<&Transform> {
        let newer = |transform: &&Transform| transform.algorithm.support(self.field) == Support::Ikev2;
        self.items.iter().flat_map(|item| &item.transforms).find(newer)
    }
}

/// The dialect that a value gives away: a token, a separator or a mark that only one of the programs knows.
pub(crate) fn signal(text: &str) -> Option<Dialect> {
    if text.ends_with('!') {
        return Some(Dialect::Strongswan);
    }
    if text.contains([';', '+']) {
        return Some(Dialect::Libreswan);
    }
    text.split([',', '-']).map(str::trim).find_map(|token| {
        let lower = token.to_ascii_lowercase();
        let strongswan = rows(&lower, Dialect::Strongswan).next().is_some();
        match (strongswan, libreswan_algorithm(&lower).is_some()) {
            (true, false) => Some(Dialect::Strongswan),
            (false, true) => Some(Dialect::Libreswan),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use confvet_core::FileId;

    fn place(range: std::ops::Range<usize>) -> Span {
        Span::new(FileId(0), range)
    }

    fn ss(text: &str, field: Field) -> ProposalList {
        strongswan(text, field, Some((5, 9, 8)), &place, true)
    }

    fn ls(text: &str, field: Field) -> ProposalList {
        libreswan(text, field, Some((4, 10, 0)), &place)
    }

    fn accepted(list: &ProposalList) -> bool {
        list.faults.is_empty()
    }

    #[test]
    fn strongswan_takes_what_it_takes() {
        for text in [
            "aes256-sha2_256-modp2048",
            "aes256-sha256-modp2048!",
            "aes256-sha256-modp2048 !",
            "aes256gcm16-prfsha256-ecp384,aes128-sha1-modp1536",
            "aes256gcm16-sha256-x25519",
            "3des-md5-modp768",
            "aes128-aesxcbc-modp2048",
            "aes256-sha256-modp2048, aes128-sha256-modp2048",
        ] {
            assert!(accepted(&ss(text, Field::Ike)), "{text}: {:?}", ss(text, Field::Ike).faults);
        }
        for text in ["aes256", "aes256-sha256!", "aes128gcm128-x25519", "null-sha256", "aes256-sha256_96-noesn"] {
            assert!(accepted(&ss(text, Field::Esp)), "{text}");
        }
        assert!(accepted(&ss("sha256!", Field::Ah)));
    }

    #[test]
    fn strongswan_refuses_what_it_refuses() {
        for text in [
            "AES256-SHA256-MODP2048",
            "aes256-sha256-dh14",
            "aes_gcm256-sha256-modp2048",
            "aes256-sha256",
            "aes256-modp2048",
            "aes256-sha256_96-modp2048",
            "aes256-aes256gcm16-sha256-modp2048",
            "aes256-sha256-modp2048,",
            "aes256-sha256-modp2048!,aes128-sha256-modp2048",
            "aes256+aes128-sha256-modp2048",
            "aes256-sha256;modp2048",
            "aes256-sha256-mlkem768",
            "aes256gcm16-modp2048",
        ] {
            assert!(!accepted(&ss(text, Field::Ike)), "{text}");
        }
    }

    #[test]
    fn libreswan_takes_what_it_takes() {
        for text in [
            "aes256",
            "AES256-SHA2_256;MODP2048",
            "aes_gcm256-sha2_512-dh19",
            "aes-256-sha2",
            "aes_256-sha1-modp1536",
            "aes256+aes128-sha2+sha1-dh14+dh15",
            "3des-sha1",
            "aes_gcm_c_256-sha2_256-modp2048",
        ] {
            assert!(accepted(&ls(text, Field::Ike)), "{text}: {:?}", ls(text, Field::Ike).faults);
        }
        for text in
            ["aes_gcm256", "null-sha1", "aes_gcm-null", "aes256-sha2_256,aes128-sha1", "aes_ccm_a_128-null", "aes"]
        {
            assert!(accepted(&ls(text, Field::Esp)), "{text}: {:?}", ls(text, Field::Esp).faults);
        }
    }

    #[test]
    fn libreswan_refuses_what_it_refuses() {
        for text in [
            "aes256-sha2_256-modp1024",
            "aes256-sha2_256-modp2048!",
            "des-sha1",
            "aes256gcm16-prfsha256-modp2048",
            "aes256,,aes128",
            "aes512-sha1",
            "aes256-sha2 ",
        ] {
            assert!(!accepted(&ls(text, Field::Ike)), "{text}");
        }
        for text in
            ["aes_gcm256-sha2_256", "aes256-sha2;modp2048,aes128-sha2", "aes256-sha2;modp2048,aes128-sha2;modp3072"]
        {
            assert!(!accepted(&ls(text, Field::Esp)), "{text}");
        }
    }

    #[test]
    fn the_spelling_of_the_other_program_is_named() {
        let respelled = |list: ProposalList| match list.faults.first().map(|fault| fault.kind.clone()) {
            Some(ProposalFaultKind::Unknown { respelled, .. }) => respelled,
            _ => None,
        };
        assert_eq!(respelled(ss("aes256-sha256-dh14", Field::Ike)).as_deref(), Some("modp2048"));
        assert_eq!(respelled(ss("aes256-sha2-modp2048", Field::Ike)).as_deref(), Some("sha256"));
        assert_eq!(respelled(ss("AES256-sha256-modp2048", Field::Ike)).as_deref(), Some("aes256"));
        assert_eq!(respelled(ss("aes_gcm256", Field::Esp)).as_deref(), Some("aes256gcm16"));
        assert_eq!(respelled(ls("aes256gcm16", Field::Esp)).as_deref(), Some("aes_gcm256"));
        assert_eq!(respelled(ls("aes256-sha2_256-x25519", Field::Ike)).as_deref(), Some("curve25519"));
    }

    #[test]
    fn proposals_agree_across_spellings() {
        let a = ss("aes256-sha256-modp2048!", Field::Ike);
        let b = ls("aes256-sha2_256-dh14", Field::Ike);
        let c = ls("aes128-sha2_256-dh14", Field::Ike);
        assert!(a.items[0].agrees_with(&b.items[0], true));
        assert!(!a.items[0].agrees_with(&c.items[0], true));
        assert!(ls("aes-sha1", Field::Esp).items[0].agrees_with(&ss("aes192-sha1", Field::Esp).items[0], true));
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(ALGORITHMS.is_sorted_by_key(|row| row.token));
        assert!(ALGORITHMS.len() * 2 < SLOTS, "the table of first rows is too full");
    }
}
