//! Values of directives that have parsers of their own in nginx, beyond addresses: caches, times, methods, switches. Each
//! refusal was seen with nginx 1.22.1 and 1.31.3.

use super::schema::{BadValue, bad, one_of, time_text};
use super::tree::Directive;
use super::url::{self, UrlUse};
use super::{entries, sticky};
use crate::context::{Context, Protocol};
use crate::keys::{Key, key, known};
use crate::pcre;
use crate::syntax::{Word, Words};
use crate::template;
use crate::value::{self, TimeUnits};
use confvet_core::Keys;
use std::net::IpAddr;

/// What nginx does not take among the arguments of a directive.
pub(super) fn check(directive: Directive<'_>, key: Key) -> Option<BadValue> {
    let args = directive.args();
    let first = args.first()?;
    match key {
        known::OPEN_FILE_CACHE => cache(directive, &["inactive"]),
        known::OPEN_LOG_FILE_CACHE => cache(directive, &["inactive", "min_uses", "valid"]),
        known::SSL_CERTIFICATE_CACHE
        | known::PROXY_SSL_CERTIFICATE_CACHE
        | known::GRPC_SSL_CERTIFICATE_CACHE
        | known::UWSGI_SSL_CERTIFICATE_CACHE => cache(directive, &["inactive", "valid"]),
        known::SSL_SESSION_CACHE => args.iter().find_map(session_cache),
        known::TUNNEL_BIND
        | known::PROXY_BIND
        | known::FASTCGI_BIND
        | known::UWSGI_BIND
        | known::SCGI_BIND
        | known::GRPC_BIND
        | known::MEMCACHED_BIND => bind(args),
        known::PROXY_CACHE_METHODS
        | known::FASTCGI_CACHE_METHODS
        | known::UWSGI_CACHE_METHODS
        | known::SCGI_CACHE_METHODS => args.iter().find_map(|word| one_of(word, &["GET", "HEAD", "POST"])),
        known::PROXY_IGNORE_HEADERS
        | known::FASTCGI_IGNORE_HEADERS
        | known::UWSGI_IGNORE_HEADERS
        | known::SCGI_IGNORE_HEADERS
        | known::GRPC_IGNORE_HEADERS => args.iter().find_map(ignored_header),
        known::PROXY_STORE_ACCESS
        | known::FASTCGI_STORE_ACCESS
        | known::UWSGI_STORE_ACCESS
        | known::SCGI_STORE_ACCESS => args.iter().find_map(access),
        known::PROXY_CACHE_VALID | known::FASTCGI_CACHE_VALID | known::UWSGI_CACHE_VALID | known::SCGI_CACHE_VALID => {
            cache_valid(args)
        }
        known::PROXY_TEMP_PATH
        | known::FASTCGI_TEMP_PATH
        | known::UWSGI_TEMP_PATH
        | known::SCGI_TEMP_PATH
        | known::CLIENT_BODY_TEMP_PATH => args
            .iter()
            .skip(1)
            .find(|word| !matches!(value::number(word.text), Some(1..)))
            .map(|word| bad(word.span, format!("`{}` is no level of directories: a number from 1", word.text))),
        known::EXPIRES => expires(args),
        known::KEEPALIVE_TIMEOUT if directive.context() != Context::Upstream => {
            time_text(first.text, first.inner(), TimeUnits::Milliseconds)
                .or_else(|| args.get(1).and_then(|word| time_text(word.text, word.inner(), TimeUnits::Seconds)))
        }
        known::DIRECTIO if first.text != "off" && value::offset(first.text).is_none() => {
            Some(bad(first.span, format!("`{}` is neither `off` nor a size such as `4m`", first.text)))
        }
        known::USERID_EXPIRES if !matches!(first.text, "off" | "max") => {
            time_text(first.text, first.inner(), TimeUnits::Seconds)
        }
        known::AIO if !first.text.starts_with("threads=") && !matches!(first.text, "on" | "off" | "threads") => {
            Some(bad(first.span, format!("`{}` is none of on, off, threads and threads=POOL", first.text)))
        }
        known::DISABLE_SYMLINKS => symlinks(directive),
        known::USE => one_of(first, &["epoll", "poll", "select", "kqueue", "eventport", "/dev/poll"]),
        known::WORKER_PRIORITY if value::number(first.text.trim_start_matches('-')).is_none() => {
            Some(bad(first.span, format!("`{}` is no priority: -20 to 19", first.text)))
        }
        known::FASTCGI_SPLIT_PATH_INFO => captures(first),
        known::PROXY_REDIRECT | known::PROXY_COOKIE_DOMAIN | known::PROXY_COOKIE_PATH | known::PROXY_COOKIE_FLAGS => {
            rewritten(directive).or_else(|| replaced_pattern(first, key))
        }
        known::ADD_HEADER | known::ADD_TRAILER => args.get(2).filter(|word| word.text != "always").map(|word| {
            bad(word.span, format!("`{}` is no parameter of `{}`: only `always` is", word.text, key.name()))
        }),
        known::SET | known::AUTH_REQUEST_SET if !first.text.starts_with('$') => {
            Some(bad(first.span, format!("`{}` is no variable: its name starts with `$`", first.text)))
        }
        known::SSL_OCSP_CACHE if first.text != "off" && !first.text.starts_with("shared:") => {
            Some(bad(first.span, format!("`{}` is neither `off` nor `shared:NAME:SIZE`", first.text)))
        }
        known::LEAST_TIME if directive.context() == Context::Upstream => one_of(first, &["header", "last_byte"]),
        known::LEAST_TIME => one_of(first, &["connect", "first_byte", "last_byte"]),
        known::USERID_MARK if first.text != "off" && !is_mark(first.text) => {
            Some(bad(first.span, format!("`{}` is neither `off` nor one letter, digit or `=`", first.text)))
        }
        known::PROXY_STORE | known::FASTCGI_STORE | known::UWSGI_STORE | known::SCGI_STORE if first.text.is_empty() => {
            Some(bad(first.span, "an empty path stores nothing: `on`, `off` or a path".to_owned()))
        }
        known::THREAD_POOL if !args.iter().any(|word| word.text.starts_with("threads=")) => {
            Some(bad(directive.span(), "`thread_pool` needs `threads=N`".to_owned()))
        }
        known::STICKY => sticky::check(directive),
        known::MODERN_BROWSER => browser(args),
        known::VALID_REFERERS => referers(directive),
        known::PASS => pass_address(first),
        known::INDEX => args
            .iter()
            .find(|word| word.text.is_empty())
            .map(|word| bad(word.span, "an empty name is no index".to_owned())),
        known::SSL_ENGINE
        | known::SSL_PASSWORD_FILE
        | known::PROXY_SSL_PASSWORD_FILE
        | known::GRPC_SSL_PASSWORD_FILE
        | known::UWSGI_SSL_PASSWORD_FILE
            if first.text.is_empty() =>
        {
            Some(bad(first.span, format!("`{}` needs a name", key.name())))
        }
        known::ACCESS_LOG
            if first.text != "off" && args.len() == 1 && directive.context().protocol() == Some(Protocol::Stream) =>
        {
            Some(bad(directive.span(), "`access_log` needs a format here: stream knows no default one".to_owned()))
        }
        known::ACCESS_LOG if first.text == "off" => args
            .get(1)
            .map(|word| bad(word.span, format!("`access_log off` takes nothing more, `{}` is given", word.text))),
        _ => None,
    }
}

fn is_mark(text: &str) -> bool {
    text.len() == 1 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'=')
}

/// `off`, or `max=N` with other parameters.
fn cache(directive: Directive<'_>, others: &[&str]) -> Option<BadValue> {
    let args = directive.args();
    if let Some([only]) = args.exactly()
        && only.text == "off"
    {
        return None;
    }
    for word in args {
        let text = word.text;
        let (name, given) = text.split_once('=').unwrap_or((text, ""));
        let fits = match name {
            "max" => matches!(value::number(given), Some(1..)),
            "min_uses" if others.contains(&name) => matches!(value::number(given), Some(1..)),
            "inactive" | "valid" if others.contains(&name) => value::time(given, TimeUnits::Seconds).is_some(),
            _ => false,
        };
        if !fits {
            let known: Vec<String> = others.iter().map(|name| format!("{name}=")).collect();
            let message = format!(
                "`{text}` is no parameter of `{}`: `off`, or max=NUMBER and {}",
                directive.name().text,
                known.join(", ")
            );
            return Some(bad(word.span, message));
        }
    }
    let has_max = args.iter().any(|word| word.text.starts_with("max="));
    (!has_max).then(|| bad(directive.span(), format!("`{}` needs `max=`", directive.name().text)))
}

fn session_cache(word: Word<'_>) -> Option<BadValue> {
    let text = word.text;
    let fits = match text.split_once(':') {
        None => matches!(text, "off" | "none" | "builtin"),
        Some(("builtin", size)) => value::number(size).is_some(),
        Some(("shared", zone)) => zone
            .split_once(':')
            .is_some_and(|(name, size)| !name.is_empty() && matches!(value::size(size), Some(32_768..))),
        Some(_) => false,
    };
    (!fits)
        .then(|| bad(word.span, format!("`{text}` is none of off, none, builtin and shared:NAME:SIZE (32k at least)")))
}

/// The address connections are made from: `off`, or an address, which may be `transparent`.
fn bind(args: Words<'_>) -> Option<BadValue> {
    let first = args.first()?;
    let text = first.text;
    let extra = args.get(1).filter(|word| word.text != "transparent");
    if let Some(word) = extra {
        return Some(bad(word.span, format!("`{}` is no parameter here: only `transparent` is", word.text)));
    }
    if text == "off" && args.len() == 1 || template::has_variables(text) {
        return None;
    }
    let host = super::host::Endpoint::parse(text, 0).host;
    let is_address = host.parse::<IpAddr>().is_ok() || text.parse::<IpAddr>().is_ok();
    (!is_address || url::fault(first, 0, UrlUse::Plain).is_some() && text.parse::<IpAddr>().is_err())
        .then(|| bad(first.span, format!("`{text}` is no address of this machine: an IP address, a port may follow")))
}

fn ignored_header(word: Word<'_>) -> Option<BadValue> {
    const HEADERS: &[&str] = &[
        "X-Accel-Redirect",
        "X-Accel-Expires",
        "X-Accel-Limit-Rate",
        "X-Accel-Buffering",
        "X-Accel-Charset",
        "Expires",
        "Cache-Control",
        "Set-Cookie",
        "Vary",
    ];
    one_of(word, HEADERS)
}

/// `user:rw`, `group:r`, `all:rw`.
fn access(word: Word<'_>) -> Option<BadValue> {
    let fits = word
        .text
        .split_once(':')
        .is_some_and(|(who, rights)| matches!(who, "user" | "group" | "all") && matches!(rights, "r" | "w" | "rw"));
    (!fits).then(|| bad(word.span, format!("`{}` is no right: write for example `group:rw`", word.text)))
}

/// Status codes, then a time.
fn cache_valid(args: Words<'_>) -> Option<BadValue> {
    let (last, codes) = (args.last()?, args.without_last());
    if let Some(bad) = time_text(last.text, last.inner(), TimeUnits::Seconds) {
        return Some(bad);
    }
    let valid = |word: &Word<'_>| word.text == "any" || matches!(value::number(word.text), Some(100..=599));
    let code = codes.iter().find(|word| !valid(word))?;
    Some(bad(code.span, format!("`{}` is no status code: 100 to 599, or `any`", code.text)))
}

fn expires(args: Words<'_>) -> Option<BadValue> {
    let (first, word) = (args.first()?, args.last()?);
    let modified = args.len() > 1;
    if modified && first.text != "modified" {
        return Some(bad(first.span, format!("`{}` is not `modified`, and a time takes no more", first.text)));
    }
    let text = word.text;
    if template::has_variables(text) || !modified && matches!(text, "epoch" | "max" | "off") {
        return None;
    }
    if let Some(time) = text.strip_prefix('@').filter(|_| !modified) {
        let of_day = value::time(time, TimeUnits::Seconds).is_some_and(|time| time.as_secs() <= 86_400);
        return (!of_day).then(|| bad(word.span, format!("`{text}` is no time of day: write for example `@15h30m`")));
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    value::time(unsigned, TimeUnits::Seconds)
        .is_none()
        .then(|| bad(word.span, format!("`{text}` is neither a time nor one of epoch, max and off")))
}

/// `off`, or `on` or `if_not_owner`, which `from=` may go with.
fn symlinks(directive: Directive<'_>) -> Option<BadValue> {
    let args = directive.args();
    let is_mode = |word: &Word<'_>| matches!(word.text, "on" | "off" | "if_not_owner");
    if let Some(word) = args.iter().find(|word| !is_mode(word) && !word.text.starts_with("from=")) {
        return Some(bad(word.span, format!("`{}` is none of on, off, if_not_owner and from=PATH", word.text)));
    }
    let mut modes = args.iter().filter(is_mode);
    match (modes.next(), modes.next()) {
        (None, _) => Some(bad(directive.span(), "`from=` needs `on` or `if_not_owner` beside it".to_owned())),
        (Some(_), Some(second)) => Some(bad(second.span, format!("`{}` is a second word for the same", second.text))),
        (Some(mode), None) => args
            .iter()
            .find(|word| word.text.starts_with("from=") && mode.text == "off")
            .map(|from| bad(from.span, "`from=` cannot be used with `off`".to_owned())),
    }
}

/// `unlisted`, or one of five old browsers with a version.
fn browser(args: Words<'_>) -> Option<BadValue> {
    const BROWSERS: &[&str] = &["msie", "gecko", "opera", "safari", "konqueror"];
    let Some([name, version]) = args.exactly() else {
        return args.first().filter(|word| word.text != "unlisted").map(|word| {
            bad(word.span, format!("`{}` alone is no browser: `unlisted`, or a browser and its version", word.text))
        });
    };
    one_of(name, BROWSERS).or_else(|| {
        let is_version = version.text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        (!is_version).then(|| bad(version.span, format!("`{}` is no version: digits and dots", version.text)))
    })
}

/// An IP address with its port, or a socket: `pass` looks up no names.
fn pass_address(word: Word<'_>) -> Option<BadValue> {
    if template::has_variables(word.text) || word.text.starts_with("unix:") {
        return None;
    }
    url::fault(word, 0, UrlUse::Plain).or_else(|| {
        let endpoint = super::host::Endpoint::parse(word.text, 0);
        let is_address = endpoint.class == super::HostClass::Ip && endpoint.port.is_some();
        (!is_address)
            .then(|| bad(word.span, format!("`{}` is no IP address with a port: `pass` takes no names", word.text)))
    })
}

/// The hosts of all `valid_referers` of one block are one list: no host may stand in it twice, and `none` and `blocked`
/// need another entry.
fn referers(directive: Directive<'_>) -> Option<BadValue> {
    let scope = directive.scope();
    if scope.first(key!("valid_referers")) != Some(directive) {
        return None;
    }
    let mut seen: Keys<String> = Keys::new();
    let (mut only_special, mut special) = (true, None);
    for word in scope.all(key!("valid_referers")).flat_map(|line| line.args().iter()) {
        match word.text {
            "none" | "blocked" => special = special.or(Some(word)),
            "server_names" => only_special = false,
            "" | "~" => return Some(bad(word.span, "an empty referer matches nothing".to_owned())),
            text if text.starts_with('~') => {}
            text => {
                only_special = false;
                let address = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://")).unwrap_or(text);
                let host = address.split('/').next().unwrap_or_default().to_ascii_lowercase();
                if !entries::is_host_pattern(&host) {
                    return Some(bad(word.span, format!("`{host}` is no host name, nor one with `*` at its end")));
                }
                if entries::host_slots(&host).into_iter().any(|slot| !seen.insert(slot)) {
                    return Some(bad(word.span, format!("the host `{host}` stands twice in the list")));
                }
            }
        }
    }
    special
        .filter(|_| only_special && !scope.has_unread_include())
        .map(|word| bad(word.span, format!("`{}` without any host: nginx needs one, or `server_names`", word.text)))
}

/// `fastcgi_split_path_info` takes the script and the path from the two groups of its pattern.
fn captures(word: Word<'_>) -> Option<BadValue> {
    let pattern = pcre::parse(word.text, false).ok()?;
    (pattern.groups < 2)
        .then(|| bad(word.span, "the pattern needs two groups: the script and the path behind it".to_owned()))
}

/// What `~` in front of the first argument makes a pattern. Names of cookies and domains know no `~*`.
fn replaced_pattern(word: Word<'_>, key: Key) -> Option<BadValue> {
    let knows_star = matches!(key, known::PROXY_REDIRECT | known::PROXY_COOKIE_PATH);
    let rest = word.text.strip_prefix('~')?;
    let pattern = rest.strip_prefix('*').filter(|_| knows_star).unwrap_or(rest);
    let fault = pcre::parse(pattern, true).err()?;
    let at = word.text.len() - pattern.len() + fault.offset;
    let width = word.text[at..].chars().next().map_or(0, char::len_utf8);
    Some(bad(word.slice(at..at + width), format!("{} in the regular expression", fault.message)))
}

/// `off`, or what to replace and with what; `proxy_redirect default` follows from the `proxy_pass` in front of it.
fn rewritten(directive: Directive<'_>) -> Option<BadValue> {
    let [word] = directive.args().exactly()?;
    let is_default = directive.is(key!("proxy_redirect")) && word.text == "default";
    if word.text == "off" {
        return None;
    }
    if !is_default {
        return Some(bad(
            word.span,
            format!("`{}` alone says nothing: `off`, or what to replace and with what", word.text),
        ));
    }
    let pass = directive.scope().all(key!("proxy_pass")).find(|pass| pass.id() < directive.id());
    match pass {
        None if directive.scope().has_unread_include() => None,
        None => Some(bad(word.span, "`default` must stand behind the `proxy_pass` it follows from".to_owned())),
        Some(pass) if template::has_variables(pass.text(0)) => {
            Some(bad(word.span, "`default` cannot follow from a `proxy_pass` with variables".to_owned()))
        }
        Some(_) => None,
    }
}
