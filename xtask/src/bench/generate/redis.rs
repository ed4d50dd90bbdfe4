//! redis.conf with and without its comments, and a file of ACL users.

use super::{Format, Generator, Shape};
use confvet_testkit::Random;
use std::fmt::Write;

pub(super) static ALL: &[Generator] = &[
    generator("commented", Shape::ManyFiles("redis.conf", commented)),
    generator("terse", Shape::ManyFiles("redis.conf", terse)),
    generator("users", Shape::OneFile("redis.conf", users_head, user)),
];

const fn generator(title: &'static str, shape: Shape) -> Generator {
    Generator { system: "redis", title, format: Format::Lines, target: &[("redis", "7.2")], shape }
}

const DIRECTIVES: &[(&str, &[&str], &str)] = &[
    ("port", &["6379", "6380", "7000"], "Accept connections on this port."),
    (
        "tcp-backlog",
        &["511", "1024"],
        "The kernel cuts this down to somaxconn in silence, so raise both for many clients a second.",
    ),
    ("timeout", &["0", "300"], "Close the connection after a client is idle for so many seconds; 0 keeps it."),
    (
        "tcp-keepalive",
        &["60", "300"],
        "Probe idle clients, so that dead peers are noticed and the network keeps the connection open.",
    ),
    ("daemonize", &["no"], "Supervised by the init system, so the process stays in the foreground."),
    ("loglevel", &["notice", "verbose"], "How much is written: enough for production, too much, or everything."),
    ("databases", &["16", "1"], "The first is used unless a client selects another."),
    ("rdbcompression", &["yes"], "Costs a little time while a snapshot is written, saves much disk."),
    ("dbfilename", &["dump.rdb"], "The name only; the directory stands under dir."),
    ("dir", &["/var/lib/redis", "/data"], "The append only file is created here too."),
    ("replica-serve-stale-data", &["yes"], "A replica that has lost its primary still answers, maybe with old data."),
    ("replica-read-only", &["yes"], "Nobody writes to a replica by mistake."),
    ("repl-diskless-sync", &["yes"], "New replicas get the snapshot over the socket."),
    ("repl-backlog-size", &["256mb"], "How long a replica may be away without a full copy."),
    ("maxclients", &["10000", "20000"], "The limit of open files must allow for it."),
    ("maxmemory", &["2gb", "12gb", "800mb"], "Leave room for the copy on write of a snapshot and for output buffers."),
    ("maxmemory-policy", &["noeviction"], "What goes when the memory is full."),
    ("lazyfree-lazy-eviction", &["yes", "no"], "Free the memory of evicted keys in another thread."),
    ("appendonly", &["yes", "no"], "Every write is logged; more durable than snapshots."),
    ("appendfsync", &["everysec"], "One second of writes may be lost, at little cost."),
    ("auto-aof-rewrite-percentage", &["100"], "Rewrite the log when it has doubled."),
    ("slowlog-log-slower-than", &["10000"], "Microseconds; what takes longer is remembered."),
    ("latency-monitor-threshold", &["100"], "Milliseconds; 0 switches the monitor off."),
    ("hash-max-listpack-entries", &["512"], "Small hashes are kept in a compact form up to this size."),
    ("client-output-buffer-limit", &["pubsub 32mb 8mb 60"], "Disconnect clients that do not read fast enough."),
    ("hz", &["10"], "How often background tasks run in a second."),
];

fn directives(random: &mut Random, text: &mut String, comments: bool) {
    for (name, values, remark) in DIRECTIVES {
        let value = random.pick(values);
        if comments {
            let _ = writeln!(text, "# {remark}\n#");
            for _ in 0..2 + random.below(6) {
                let service = random.service();
                let _ = writeln!(
                    text,
                    "# Measured for {service} under the load of last winter, {} clients.",
                    random.below(9000)
                );
            }
            let _ = writeln!(text, "#\n# {name} {}", values[0]);
        }
        let _ = writeln!(text, "{name} {value}");
        if comments {
            text.push('\n');
        }
    }
}

fn head(random: &mut Random, number: usize) -> String {
    let address = random.address();
    let mut text = format!(
        "bind {address} 127.0.0.1\nprotected-mode yes\nrequirepass \"8f14e45fceea167a5a36dedd4bea2543c9f0f895fb98ab91-{number}-{}\"\n",
        random.below(99999)
    );
    text.push_str("masterauth \"c4ca4238a0b923820dcc509a6f75849b9f0f895fb98ab9159f51fd02\"\nsave 900 1\nsave 300 10\nsave 60 10000\n");
    if !number.is_multiple_of(3) {
        let _ = writeln!(text, "replicaof {} 6379", random.address());
    }
    text
}

fn commented(random: &mut Random, number: usize) -> String {
    let mut text = String::from("# Written by the configuration management; changes here are lost.\n\n");
    text.push_str(&head(random, number));
    text.push('\n');
    directives(random, &mut text, true);
    text
}

fn terse(random: &mut Random, number: usize) -> String {
    let mut text = head(random, number);
    directives(random, &mut text, false);
    text
}

fn users_head() -> String {
    "port 6379\nbind 127.0.0.1\nmaxmemory 4gb\nmaxmemory-policy allkeys-lfu\n\n".to_owned()
}

fn user(random: &mut Random, number: usize, text: &mut String) {
    let service = random.service();
    if random.chance(10) {
        let _ = writeln!(text, "# {service}: asked for by the team, reviewed every quarter");
    }
    let hash = format!("{:016x}", random.below(usize::MAX)).repeat(4);
    let commands =
        random.pick(&["+@read", "+@read +@write -@dangerous", "+@all -flushall -flushdb -keys", "+get +set +del"]);
    let _ = writeln!(text, "user {service}-{number} on #{hash} ~{service}:* &{service}:events {commands}");
}
