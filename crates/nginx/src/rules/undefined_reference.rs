//! A name that is used but defined nowhere.

use crate::model::{Nginx, Reference};
use confvet_core::{Category, Context, Edit, Findings, Rule, did_you_mean};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/undefined-reference", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for missing in nginx.missing_references() {
        let name = &missing.name;
        let message = match missing.reference {
            Reference::LogFormat => format!("log format `{name}` is not defined (nginx needs it before this line)"),
            Reference::LimitZone => format!("zone `{name}` is defined by no `limit_req_zone` or `limit_conn_zone`"),
            Reference::CacheZone => format!("cache zone `{name}` is defined by no `keys_zone=`"),
            Reference::NamedLocation => {
                format!("there is no `location {name}` in this server: requests that get here end in 500")
            }
            Reference::Match => format!("there is no `match {name}`"),
            Reference::ThreadPool => format!("there is no `thread_pool {name}`"),
        };
        let mut report = findings.report(missing.span, message);
        if missing.reference == Reference::LogFormat && name.contains('=') {
            report = report.help("the name of a format stands before the parameters: `combined` is the usual one");
        }
        if missing.reference == Reference::NamedLocation {
            report = report.category(Category::Outage);
        }
        if let Some(later) = missing.later {
            report = report.label(later, "defined too late");
        }
        if let Some(near) = did_you_mean(name, missing.known.iter().map(String::as_str)) {
            report
                .help(format!("did you mean `{near}`?"))
                .suggest(format!("write `{near}`"), [Edit::replace(missing.span, near)]);
        }
    }
}
