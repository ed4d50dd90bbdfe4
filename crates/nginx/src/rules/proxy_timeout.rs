//! Timeouts that do not do what they say.

use crate::context::Protocol;
use crate::keys::{Key, key};
use crate::model::{Directive, Nginx};
use crate::value::{self, TimeUnits};
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/proxy-timeout", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    let seconds = |line: Directive<'_>| value::time(line.text(0), TimeUnits::Milliseconds).map(|time| time.as_secs());
    for line in
        nginx.all(key!("proxy_connect_timeout")).filter(|line| line.context().protocol() == Some(Protocol::Http))
    {
        let Some(word) = line.arg(0) else { continue };
        if seconds(line).is_some_and(|seconds| seconds > 75) {
            findings.report(word.span, format!("`{}`: a connect timeout usually cannot exceed 75 seconds", word.text));
        }
    }
    const ALL: &[Key] = &[key!("proxy_connect_timeout"), key!("proxy_read_timeout"), key!("proxy_send_timeout")];
    for line in ALL.iter().flat_map(|&key| nginx.all(key)) {
        let zero = line.text(0).starts_with('0')
            && value::time(line.text(0), TimeUnits::Milliseconds).is_some_and(|time| time.is_zero());
        if let Some(word) = line.arg(0).filter(|_| zero) {
            findings.report(
                word.span,
                format!("`{} 0` is no way to wait for ever: every request times out at once", line.name().text),
            );
        }
    }
    for line in nginx.all(key!("proxy_read_timeout")) {
        let Some(word) = line.arg(0) else { continue };
        let scope = line.scope();
        let streams = || scope.forwards_upgrade() || scope.effective_text(key!("proxy_buffering")) == Some("off");
        if seconds(line).is_some_and(|seconds| seconds >= 3600) && !streams() {
            findings.report(
                word.span,
                format!("`{}`: a backend that hangs keeps clients and connections for so long", word.text),
            );
        }
    }
}
