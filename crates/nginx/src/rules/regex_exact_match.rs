//! A regular expression for one path.

use crate::keys::key;
use crate::model::{Location, LocationKind, Nginx};
use confvet_core::{Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/regex-exact-match", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for location in nginx.regex_locations() {
        let inner = location.path.strip_prefix('^').and_then(|path| path.strip_suffix('$'));
        let Some(inner) = inner.filter(|_| location.kind == LocationKind::Regex) else { continue };
        let literal = inner.replace("\\.", "").replace("\\/", "/");
        let plain = literal.starts_with('/')
            && literal.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_-".contains(&byte));
        let top = location.directive.parent().and_then(Location::of).is_none();
        let Some([modifier, pattern]) = location.directive.args().exactly().filter(|_| plain && top) else { continue };
        let exact = inner.replace("\\.", ".").replace("\\/", "/");
        let taken = nginx
            .scope_locations(location.directive)
            .any(|other| other.kind == LocationKind::Exact && other.path == exact);
        let report = findings.report(location.span, format!("a regular expression for one path: use `= {exact}`"));
        let has_uri = nginx.passes_in(location.directive.block()).next().is_some()
            || location.directive.block().has(key!("alias"));
        if !taken && !has_uri && !location.directive.block().children().any(|child| child.is(key!("location"))) {
            report.suggest(
                format!("use `= {exact}`"),
                [Edit::replace(modifier.span, "="), Edit::replace(pattern.span, exact)],
            );
        }
    }
}
