//! Is a file nginx's? By where it lies and by what stands in it.

use crate::keys::{Key, key};
use crate::syntax::{Ending, Fault, FileTree, parse};
use confvet_core::source::file_name;
use confvet_core::{Confidence, Detection, FileId};
use std::ops::RangeInclusive;

/// The kind of every file.
pub(crate) const KIND: &str = "nginx-conf";

/// Directories whose path makes a file nginx's.
const HOMES: &[&str] = &["nginx", "openresty", "angie", "freenginx"];

/// Directories, within such a home, whose files are included by convention.
const PARTS: &[&str] = &[
    "conf.d",
    "sites-available",
    "sites-enabled",
    "snippets",
    "modules-enabled",
    "modules.d",
    "default.d",
    "http.d",
    "stream.d",
    "stream.conf.d",
    "streams-enabled",
    "streams-available",
    "vhosts.d",
];

/// Files that every package ships beside the main file.
const PARAMETERS: &[&str] =
    &["fastcgi_params", "fastcgi.conf", "uwsgi_params", "scgi_params", "proxy_params", "mime.types"];

/// How much of a file is read to tell what it is.
const ENOUGH: usize = 64 * 1024;

fn is_main_name(name: &str) -> bool {
    name == "nginx.conf"
        || name.starts_with("nginx.conf.")
        || name.ends_with(".nginx")
        || name.ends_with(".nginx.conf")
        || name.ends_with(".vhost")
}

fn is_in_home(path: &str) -> bool {
    let mut parts: Vec<&str> = path.split('/').collect();
    let name = parts.pop().unwrap_or_default();
    let home = parts.iter().any(|part| HOMES.contains(part));
    home && (parts.last().is_some_and(|last| PARTS.contains(last)) || PARAMETERS.contains(&name))
}

/// Could the file be nginx's, or be included by one that is?
pub(crate) fn might_be(path: &str) -> bool {
    let name = file_name(path);
    is_main_name(name)
        || is_in_home(path)
        || name.ends_with(".conf")
        || !name.contains('.')
        || name.ends_with(".inc")
        || name.ends_with(".map")
        || PARAMETERS.contains(&name)
        || is_in_part(path)
}

/// Below a directory that carries nginx's name, or one for sites and snippets.
fn is_in_part(path: &str) -> bool {
    path.split('/').rev().skip(1).any(|part| HOMES.contains(&part) || PARTS.contains(&part))
}

/// Says whether a file is nginx's.
pub(crate) fn detect(path: &str, text: &str) -> Option<Detection> {
    let name = file_name(path);
    let by_path = is_main_name(name) || is_in_home(path);
    if !by_path && !might_be(path) {
        return None;
    }
    // A script may look like directives: `use strict;`, `use Storable;`.
    if !by_path && (text.starts_with("#!") || text.starts_with("<?")) {
        return None;
    }
    let evidence = Evidence::of(text);
    let found = |confidence, reason: String| Some(Detection::new(KIND, confidence, reason));
    match (by_path, &evidence) {
        (_, Evidence::Block(block)) => {
            found(if by_path { Confidence::Sure } else { Confidence::Likely }, format!("a `{block}` block"))
        }
        (true, Evidence::Directives(count)) => {
            found(Confidence::Sure, format!("its place and {count} nginx directives"))
        }
        // A file without an ending and without blocks may be anybody's: a Makefile has `include` as well.
        (false, Evidence::Directives(count @ 2..)) if name.contains('.') || is_in_part(path) => {
            found(Confidence::Likely, format!("{count} nginx directives"))
        }
        (true, Evidence::Nothing) => found(Confidence::Likely, "its name".to_owned()),
        (true, Evidence::Other) if name == "nginx.conf" => found(Confidence::Likely, "its name".to_owned()),
        _ => None,
    }
}

enum Evidence {
    /// A block that only nginx has at the top.
    Block(&'static str),
    /// So many directives, nearly all of them nginx's.
    Directives(usize),
    /// Neither for nor against: empty, or comments only.
    Nothing,
    /// Something else.
    Other,
}

/// Blocks that make a file nginx's when they stand at its top level, and how many arguments they have: FreeRADIUS names
/// its `server`.
const BLOCKS: &[(Key, RangeInclusive<usize>)] = &[
    (key!("http"), 0..=0),
    (key!("events"), 0..=0),
    (key!("stream"), 0..=0),
    (key!("mail"), 0..=0),
    (key!("server"), 0..=0),
    (key!("upstream"), 1..=1),
    (key!("location"), 1..=2),
    (key!("map"), 2..=2),
    (key!("geo"), 1..=2),
    (key!("types"), 0..=0),
];

impl Evidence {
    fn of(text: &str) -> Self {
        let mut end = text.len().min(ENOUGH);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let whole = end == text.len();
        let tree = parse(FileId(0), &text[..end]);
        let top: Vec<_> = top_level(&tree).collect();
        let stops = tree.problems.iter().filter(|problem| is_foreign(problem.fault)).count();
        if top.is_empty() && stops == 0 {
            return Evidence::Nothing;
        }
        let known = |(name, ending, _): &&(&str, Ending, usize)| {
            let block = matches!(ending, Ending::Block { .. } | Ending::Lua { .. });
            Key::find(name).is_some_and(|key| {
                let allowed = key.contexts_as(block);
                allowed.iter().next().is_some() && (block || *ending != Ending::Missing || !whole)
            })
        };
        let count = top.iter().filter(known).count();
        let mostly = count * 10 > top.len() * 8;
        if stops * 5 > top.len() || is_assigned(&tree) {
            return Evidence::Other;
        }
        let block = top.iter().filter(|(_, ending, _)| matches!(ending, Ending::Block { .. })).find_map(
            |(name, _, arguments)| {
                let key = Key::find(name)?;
                BLOCKS.iter().any(|(block, counts)| *block == key && counts.contains(arguments)).then(|| key.name())
            },
        );
        match block {
            Some(block) if count * 2 >= top.len() => Evidence::Block(block),
            _ if count > 0 && mostly => Evidence::Directives(count),
            _ => Evidence::Other,
        }
    }
}

/// `key = value;` throughout, as in the formats of rspamd and HashiCorp, whose blocks may have names of nginx's.
fn is_assigned(tree: &FileTree) -> bool {
    let words = |statement| tree.words_of(statement);
    let simple = tree.statements.iter().filter(|statement| matches!(statement.ending, Ending::Semicolon(_)));
    let (all, assigned) = simple.fold((0, 0), |(all, assigned), statement| {
        let is_assignment = words(statement).get(1).is_some_and(|word| !word.quoted && word.text == "=");
        (all + 1, assigned + usize::from(is_assignment))
    });
    assigned * 2 > all
}

/// A fault that real nginx files rarely have and other formats have everywhere: `};` of named.conf, missing `;`.
fn is_foreign(fault: Fault) -> bool {
    matches!(fault, Fault::StraySemicolon | Fault::MissingSemicolon { .. } | Fault::AfterQuote)
}

/// The statements outside of all blocks: name, ending, number of arguments.
fn top_level(tree: &FileTree) -> impl Iterator<Item = (&str, Ending, usize)> {
    let mut next = 0;
    std::iter::from_fn(move || {
        let statement = tree.statements.get(next)?;
        next = (statement.until as usize).max(next + 1);
        let name = tree.word(statement.first_word).text;
        Some((name, statement.ending, tree.words_of(statement).len().saturating_sub(1)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nginx_files_are_found_wherever_they_lie() {
        for (path, text) in [
            ("etc/nginx/nginx.conf", "events {}\nhttp {}\n"),
            ("etc/nginx/sites-enabled/shop", "server { listen 80; }"),
            ("deploy/web.conf", "server {\n listen 80;\n location / { return 204; }\n}"),
            ("deploy/gzip.conf", "gzip on;\ngzip_types text/css;\n"),
            ("nginx.conf", ""),
            ("nginx/snippets/headers.conf", "add_header X-A b;"),
        ] {
            assert!(detect(path, text).is_some(), "{path}");
        }
    }

    #[test]
    fn files_of_other_programs_are_left_alone() {
        for (path, text) in [
            ("haproxy.conf", "frontend x\n  bind :80\n  default_backend y\n"),
            ("apache/site.conf", "<VirtualHost *:80>\n  ServerName x\n</VirtualHost>\n"),
            ("named.conf", "zone \"x\" { type master; file \"x\"; };\noptions { directory \"/\"; };\n"),
            ("dhcpd.conf", "subnet 10.0.0.0 netmask 255.0.0.0 { range 10.0.0.1 10.0.0.9; }\n"),
            ("logrotate.conf", "weekly\nrotate 4\n/var/log/x { missingok }\n"),
            ("Caddyfile", "example.com {\n  reverse_proxy 127.0.0.1:80\n}\n"),
            ("redis.conf", "port 6379\nmaxmemory 1gb\n"),
            ("supervisord.conf", "[program:x]\ncommand=/bin/x\n"),
            ("x.conf", "server = 10.0.0.1\nuser = x\n"),
            ("ntp.conf", "server 0.pool.ntp.org\nserver 1.pool.ntp.org\n"),
            ("bin/convert", "#!/usr/bin/perl\nuse strict;\nuse warnings;\nuse Storable;\n"),
            ("lib/login.inc", "<?php\nuse PDO;\nuse Throwable;\nuse Symfony\\Request;\n"),
            ("raddb/sites-available/tls-cache", "server tls-cache {\n\tauthorize {\n\t\tok\n\t}\n}\n"),
            ("PostgreSQL/Makefile", "include $(BASE)/rules;\nuser root;\nall: build\n\tcc x.c;\n"),
            ("Makefile", "all:\n\tcc x.c\n"),
            ("LICENSE", "Permission is hereby granted;\n"),
            ("strongswan.conf", "charon {\n  load_modular = yes\n  plugins {\n  include strongswan.d/*.conf\n }\n}\n"),
            ("main.js", "server { listen 80; }"),
            ("worker-proxy.conf", "upstream \"local\" {\n  default = yes;\n  self_scan = yes;\n}\ntimeout = 120s;\n"),
            ("consul.conf", "server {\n  enabled = true\n}\n"),
            ("envoy.conf", "static_resources:\n  listeners:\n  - address: 0.0.0.0\n"),
            ("bird.conf", "protocol bgp x {\n  local as 65000;\n  import all;\n};\n"),
        ] {
            assert!(detect(path, text).is_none(), "{path}");
        }
    }
}
