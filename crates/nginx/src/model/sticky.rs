//! `sticky`: which server a client comes back to. Each refusal was seen with nginx 1.31.3.

use super::schema::{BadValue, bad, time_text};
use super::tree::Directive;
use crate::syntax::Word;
use crate::template;
use crate::value::{self, TimeUnits};
use confvet_core::{Keys, Span};

/// What nginx does not take among the arguments of `sticky`.
pub(super) fn check(directive: Directive<'_>) -> Option<BadValue> {
    let args = directive.args();
    let method = args.first()?;
    match method.text {
        "cookie" => {
            let name = args.get(1)?;
            let empty = || bad(name.span, "the cookie has no name".to_owned());
            name.text.is_empty().then(empty).or_else(|| parameters(directive, 2, cookie_parameter))
        }
        "route" => args.from(1).iter().find(|word| !word.text.starts_with('$')).map(|word| {
            bad(
                word.span,
                format!("`{}` is no variable: the route is in the first variable that is not empty", word.text),
            )
        }),
        "learn" => parameters(directive, 1, learn_parameter).or_else(|| {
            let given = |name: &str| args.iter().any(|word| word.text.starts_with(name));
            let missing = ["create=", "lookup=", "zone="].into_iter().find(|name| !given(name))?;
            Some(bad(directive.span(), format!("`sticky learn` needs `{missing}`")))
        }),
        other => Some(bad(method.span, format!("`{other}` is no way to be sticky: cookie, route or learn"))),
    }
}

/// The first parameter that is not taken, or that is given twice where each may stand once.
fn parameters(
    directive: Directive<'_>,
    from: usize,
    check: impl Fn(Word<'_>, &str, Option<(&str, Span)>) -> Option<BadValue>,
) -> Option<BadValue> {
    let mut seen = Keys::new();
    directive.args().from(from).iter().find_map(|word| {
        let (name, value) = match word.text.split_once('=') {
            Some((name, value)) => (name, Some((value, word.slice(name.len() + 1..word.text.len())))),
            None => (word.text, None),
        };
        let again = || (from == 2).then(|| bad(word.span, format!("`{name}` is given twice")));
        let known = check(word, name, value);
        if known.is_some() || seen.insert(name) { known } else { again() }
    })
}

fn unknown(word: Word<'_>) -> BadValue {
    bad(word.span, format!("`{}` is no parameter of this `sticky`", word.text))
}

fn cookie_parameter(word: Word<'_>, name: &str, value: Option<(&str, Span)>) -> Option<BadValue> {
    match (name, value) {
        ("secure" | "httponly", None) => None,
        ("expires", Some(("max", _))) => None,
        ("expires", Some((given, span))) => time_text(given, span, TimeUnits::Seconds),
        ("domain" | "path", Some((given, _))) => {
            given.is_empty().then(|| bad(word.span, format!("`{name}=` has no value")))
        }
        ("samesite", Some((given, span))) if !template::has_variables(given) => {
            let fits = ["strict", "lax", "none"].iter().any(|known| known.eq_ignore_ascii_case(given));
            (!fits).then(|| bad(span, format!("`{given}` is none of strict, lax and none")))
        }
        ("samesite", Some(_)) => None,
        _ => Some(unknown(word)),
    }
}

fn learn_parameter(word: Word<'_>, name: &str, value: Option<(&str, Span)>) -> Option<BadValue> {
    match (name, value) {
        ("header", None) => None,
        ("create" | "lookup", Some((given, span))) => (!given.starts_with('$'))
            .then(|| bad(span, format!("`{given}` is no variable: `{name}=` needs the one that holds the session"))),
        ("timeout", Some((given, span))) => time_text(given, span, TimeUnits::Milliseconds),
        ("zone", Some((given, span))) => match given.split_once(':') {
            Some((zone, size)) if !zone.is_empty() && matches!(value::size(size), Some(32_768..)) => None,
            _ => Some(bad(span, format!("`{given}` is no zone: write `zone=NAME:1m`, of 32k at least"))),
        },
        _ => Some(unknown(word)),
    }
}
