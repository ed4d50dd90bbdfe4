//! patroni.yml of the members of many clusters.

use super::{Format, Generator, Shape};
use confvet_testkit::Random;
use std::fmt::Write;

pub(super) static ALL: &[Generator] = &[
    generator("members", Shape::ManyFiles("patroni.yml", member)),
    generator("host based access", Shape::OneFile("patroni.yml", access_head, access)),
];

const fn generator(title: &'static str, shape: Shape) -> Generator {
    Generator { system: "patroni", title, format: Format::Yaml, target: &[("patroni", "3.3.2")], shape }
}

fn member(random: &mut Random, number: usize) -> String {
    let mut text = head(number);
    text.push_str("watchdog:\n  mode: automatic\n\n");
    let _ = writeln!(text, "tags:\n  nofailover: {}\n", random.chance(10));
    text.push_str(&postgresql(number));
    text.push_str("    - local all all peer\n    - host all all 127.0.0.1/32 scram-sha-256\n    - host replication replicator 127.0.0.1/32 scram-sha-256\n");
    text.push_str("    - host replication replicator 10.0.0.0/8 scram-sha-256\n");
    text.push_str("    - host all all 10.0.0.0/8 scram-sha-256\n");
    text
}

fn address(number: usize) -> String {
    let (scope, member) = (number / 3, number % 3);
    format!("10.{}.{}.{}", scope / 250 % 250, scope % 250, 10 + member)
}

fn head(number: usize) -> String {
    let scope = number / 3;
    let mut text =
        format!("# member of cluster db{scope}\nscope: db{scope}\nnamespace: /service/\nname: pg{number}\n\n");
    let _ = writeln!(text, "restapi:\n  listen: 0.0.0.0:8008\n  connect_address: {}:8008", address(number));
    text.push_str("  authentication:\n    username: admin\n    password: \"a-long-and-boring-password\"\n\n");
    text.push_str("etcd3:\n  hosts:\n    - 10.0.0.20:2379\n    - 10.0.0.21:2379\n    - 10.0.0.22:2379\n\n");
    text.push_str("bootstrap:\n  dcs:\n    ttl: 30\n    loop_wait: 10\n    retry_timeout: 10\n");
    text.push_str(
        "    maximum_lag_on_failover: 1048576\n    postgresql:\n      use_pg_rewind: true\n      use_slots: true\n",
    );
    text.push_str(
        "      parameters:\n        max_connections: 300\n        # work_mem: 64MB\n        wal_level: replica\n",
    );
    let _ =
        writeln!(text, "        shared_buffers: {}\n        hot_standby: \"on\"", ["2GB", "8GB", "16GB"][scope % 3]);
    text.push_str("  initdb:\n    - encoding: UTF8\n    - data-checksums\n\n");
    text
}

/// Ends with the key of the access list.
fn postgresql(number: usize) -> String {
    let (address, scope) = (address(number), number / 3);
    format!(
        "postgresql:\n  listen: 0.0.0.0:5432\n  connect_address: {address}:5432\n  data_dir: /var/lib/postgresql/16/main\n  \
         bin_dir: /usr/lib/postgresql/16/bin\n  authentication:\n    superuser:\n      username: postgres\n      \
         password: \"s3cr3t-{scope}\"\n    replication:\n      username: replicator\n      password: \"r3pl-{scope}\"\n  \
         pg_hba:\n"
    )
}

fn access_head() -> String {
    head(0)
        + &postgresql(0)
        + "    - local all all peer\n    - host all all 127.0.0.1/32 scram-sha-256\n    \
           - host replication replicator 127.0.0.1/32 scram-sha-256\n    \
           - host replication replicator 10.0.0.0/8 scram-sha-256\n"
}

fn access(random: &mut Random, number: usize, text: &mut String) {
    let service = random.service();
    if random.chance(10) {
        let _ = writeln!(text, "    # {service}: asked for in ticket {}", random.below(90_000));
    }
    let method = random.pick(&["scram-sha-256", "scram-sha-256", "reject"]);
    let _ = writeln!(text, "    - host {service}_{number} {service} {}/32 {method}", random.address());
}
