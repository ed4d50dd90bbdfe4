//! The files of SPOE filters: what HAProxy 2.6 refuses in them, and what they are found by.

#![allow(clippy::unwrap_used, reason = "a test")]

mod shared;

use confvet_core::{FileId, Input, Source, Sources, System, Target};
use confvet_haproxy::HaproxySystem;
use confvet_haproxy::model::SpoeKind;
use shared::refused_files;

const AGENT: &str = "[e]
spoe-agent mirror
    messages m
    option var-prefix mirror
    timeout hello 2s
    timeout idle 2m
    timeout processing 10ms
    use-backend agents
spoe-message m
    args ip=src
    event on-client-session
";

const GROUPS: &str = "[e]
spoe-agent mirror
    groups g
    use-backend agents
spoe-message m
    args ip=src
spoe-group g
    messages m
";

fn configuration(lines: &str) -> String {
    shared::frontend(lines) + "backend agents\n    mode tcp\n    server a 10.0.0.5:12345\n"
}

/// What is refused when a filter reads the file.
#[track_caller]
fn verdict(agent: &str, rules: &str) -> Vec<&'static str> {
    let filter = format!("    filter spoe engine e config /etc/haproxy/agent.conf\n{rules}");
    refused_files(&[("haproxy.cfg", &configuration(&filter)), ("files/agent.conf", agent)])
}

/// What is refused with one line more in the agent.
fn in_agent(line: &str) -> Vec<&'static str> {
    verdict(&AGENT.replace("    messages m\n", &format!("    messages m\n    {line}\n")), "")
}

/// What is refused with this line in the message instead of its arguments.
fn in_message(line: &str) -> Vec<&'static str> {
    verdict(&AGENT.replace("    args ip=src\n", &format!("    {line}\n")), "")
}

const NOTHING: [&str; 0] = [];

#[test]
fn scopes_belong_to_engines() {
    assert_eq!(verdict(AGENT, ""), NOTHING);
    let other = AGENT.replace("[e]", "[o]").replace("agents", "nowhere");
    assert_eq!(verdict(&format!("{AGENT}{other}junk\n"), ""), NOTHING, "what other engines read is skipped");
    assert_eq!(verdict(&other, ""), ["haproxy/invalid-value"], "no agent in the scope");
    assert_eq!(verdict(&AGENT.replace("[e]\n", ""), ""), ["haproxy/invalid-value"]);
    assert_eq!(verdict(&AGENT.replace("[e]", "  [e] # mine"), ""), NOTHING);
    for scope in ["[ e ]", "[e] x", "[e", "[]", "[e/f]"] {
        assert_ne!(verdict(&AGENT.replace("[e]", scope), ""), NOTHING, "{scope}");
    }
    assert_eq!(verdict(&format!("junk\n{AGENT}"), ""), ["haproxy/syntax-error"]);
}

#[test]
fn names_have_to_exist() {
    for agent in [
        AGENT.replace("messages m", "messages m n"),
        AGENT.replace("use-backend agents", "use-backend agent"),
        AGENT.replace("on-client-session", "on-client-session if nowhere"),
        GROUPS.replace("groups g", "groups g h"),
        GROUPS.replace("    messages m\n", "    messages n\n"),
    ] {
        assert_eq!(verdict(&agent, ""), ["haproxy/undefined-reference"], "{agent}");
    }
    let http = AGENT.replace("use-backend agents", "use-backend app");
    assert_eq!(verdict(&http, ""), ["haproxy/mode-mismatch"]);
    assert_eq!(
        verdict(&AGENT.replace("event on", "acl x src 10.0.0.1\n    event on").replace("session", "session if x"), ""),
        NOTHING
    );
}

#[test]
fn groups_are_sent_by_the_engine_that_knows_them() {
    assert_eq!(verdict(GROUPS, "    http-request send-spoe-group e g\n"), NOTHING);
    for rule in ["send-spoe-group nowhere g", "send-spoe-group mirror g", "send-spoe-group e nowhere"] {
        assert_eq!(verdict(GROUPS, &format!("    http-request {rule}\n")), ["haproxy/undefined-reference"], "{rule}");
    }
    let unread = "    filter spoe engine e config /elsewhere.conf\n    http-request send-spoe-group e g\n";
    assert_eq!(refused_files(&[("haproxy.cfg", &configuration(unread))]), NOTHING);
}

#[test]
fn one_name_stands_for_one_thing() {
    for agent in [
        format!("{AGENT}spoe-message m\n    event on-client-session\n"),
        format!("{AGENT}spoe-agent other\n    use-backend agents\n"),
        format!("{GROUPS}spoe-group g\n"),
    ] {
        assert_eq!(verdict(&agent, ""), ["haproxy/duplicate-name"], "{agent}");
    }
    let again = "    filter spoe engine e config /etc/haproxy/agent.conf\n";
    assert_eq!(verdict(AGENT, again), ["haproxy/duplicate-name"]);
}

#[test]
fn lines_of_agents() {
    for line in [
        "option async",
        "no option pipelining",
        "option set-on-error err",
        "timeout processing 5sec",
        "max-frame-size 16380",
        "maxconnrate x",
        "register-var-names a txn.b",
        "log global",
        "no log",
        "messages",
    ] {
        assert_eq!(in_agent(line), NOTHING, "{line}");
    }
    for line in [
        "nonsense",
        "Option async",
        "option nonsense",
        "option async x",
        "default option async",
        "no option var-prefix",
        "option var-prefix",
        "option var-prefix a/b",
        "no timeout hello 5s",
        "timeout ack 5s",
        "timeout hello",
        "timeout hello x",
        "timeout hello 5s x",
        "max-frame-size 100",
        "max-waiting-frames 0",
        "maxerrrate",
        "register-var-names",
        "messages m",
        "use-backend agents x",
    ] {
        assert_ne!(in_agent(line), NOTHING, "{line}");
    }
    assert_eq!(verdict(&AGENT.replace("    use-backend agents\n", ""), ""), ["haproxy/invalid-value"]);
    for header in ["spoe-agent", "spoe-agent a/b", "spoe-agent a b"] {
        assert_eq!(verdict(&AGENT.replace("spoe-agent mirror", header), ""), ["haproxy/invalid-value"], "{header}");
    }
}

#[test]
fn lines_of_messages() {
    for line in
        ["args", "args a=src b=dst", "args src,ipmask(8)", "event on-http-response", "nonsense", "acl x src 10.0.0.1"]
    {
        assert_eq!(in_message(line), NOTHING, "{line}");
    }
    for line in [
        "args a=nonsense",
        "args a=src,nonsense",
        "args a=method",
        "event",
        "event on-http",
        "event on-http-response x",
        "acl",
        "acl x",
    ] {
        assert_ne!(in_message(line), NOTHING, "{line}");
    }
    let later = AGENT.replace("on-client-session", "on-frontend-http-request").replace("ip=src", "m=method");
    assert_eq!(verdict(&later, ""), NOTHING);
}

#[test]
fn a_file_that_nothing_reads_is_judged_by_itself() {
    assert_eq!(refused_files(&[("spoe.conf", AGENT)]), NOTHING);
    assert_eq!(refused_files(&[("spoe.conf", &AGENT.replace("messages m", "message m"))]), ["haproxy/unknown-keyword"]);
    assert_eq!(
        refused_files(&[("spoe.conf", &AGENT.replace("messages m", "messages n"))]),
        ["haproxy/undefined-reference"]
    );
}

#[test]
fn the_file_belongs_to_the_configuration_that_reads_it() {
    let text = configuration("    filter spoe engine e config /etc/haproxy/agent.conf\n");
    let sources: Sources =
        [Source::new("haproxy.cfg", text), Source::new("files/agent.conf", AGENT)].into_iter().collect();
    let (target, facts) = (Target::new(), confvet_core::Facts::new());
    let input = Input { sources: &sources, file: FileId(0), kind: "haproxy", target: &target, facts: &facts };
    let parsed = HaproxySystem::parse(&input);
    assert_eq!(parsed.files, [FileId(0), FileId(1)]);
    let kinds: Vec<SpoeKind> = parsed.model.spoe[0].of_engine(Some("e")).map(|section| section.kind).collect();
    assert_eq!(kinds, [SpoeKind::SpoeAgent, SpoeKind::SpoeMessage]);
}
