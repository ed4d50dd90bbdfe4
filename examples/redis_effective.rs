//! Says what a redis.conf comes to: the limit, the policy, who may come in and what is kept on disk.
//! `cargo run --example redis_effective -- redis.conf`

use confvet::redis::{DefaultUser, Exposure};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut unread = false;
    for path in std::env::args().skip(1) {
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                eprintln!("{path}: {error}");
                unread = true;
                continue;
            }
        };
        let conf = confvet::redis::parse(&text).model;
        let limit = match conf.maxmemory() {
            Some(cap) if cap.value.bytes() > 0 => cap.value.to_string(),
            Some(_) => "no limit".to_owned(),
            None => "a limit that cannot be read".to_owned(),
        };
        let policy = conf.policy().map_or("a policy that does not exist", |policy| policy.value.as_str());
        let reach = match conf.exposure() {
            Some(Exposure::Nowhere) => "no port",
            Some(Exposure::Loopback) => "its own host",
            Some(Exposure::Private) => "private networks",
            Some(Exposure::Everywhere) => "every network",
            None => "a port that cannot be read",
        };
        let login = match conf.default_user() {
            DefaultUser::Open => "without a password",
            DefaultUser::Password(_) | DefaultUser::AclPassword(_) => "with a password",
            DefaultUser::Off => "as a named user only",
            DefaultUser::Unknown => "as another file says",
        };
        let kept = if conf.persists() == Some(true) { "keeps its data" } else { "forgets its data" };
        println!("{path}: {limit}, {policy}; reached from {reach} {login}; {kept} on disk");
    }
    if unread { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
