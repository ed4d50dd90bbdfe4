//! elasticsearch.yml of the nodes of large clusters, one file with very many settings, and jvm.options.

use super::{Format, Generator, Shape};
use confvet_testkit::Random;
use std::fmt::Write;

pub(super) static ALL: &[Generator] = &[
    generator("node files", Format::Yaml, Shape::ManyFiles("elasticsearch.yml", node)),
    generator("many settings", Format::Yaml, Shape::OneFile("elasticsearch.yml", settings_head, setting)),
    generator("jvm options", Format::Lines, Shape::ManyFiles("jvm.options", jvm_options)),
];

const fn generator(title: &'static str, format: Format, shape: Shape) -> Generator {
    Generator { system: "elasticsearch", title, format, target: &[("elasticsearch", "7.17.6"), ("java", "17")], shape }
}

fn node(random: &mut Random, number: usize) -> String {
    let cluster = format!("logs-{}", number / 12);
    let rack = number % 12 / 4;
    let mut text = String::from(
        "# ======================== Elasticsearch Configuration =========================\n#\n\
         # Elasticsearch comes with reasonable defaults for most settings.\n\
         # What is set here was measured; ask before you change it.\n#\n\
         # ---------------------------------- Cluster -----------------------------------\n#\n",
    );
    let _ = writeln!(
        text,
        "cluster.name: {cluster}\n#\n# ------------------------------------ Node ------------------------------------\n#"
    );
    let _ = writeln!(text, "node.name: {cluster}-es{}\nnode.attr.rack: r{rack}\n#node.attr.box_type: hot", number % 12);
    let roles =
        if number % 12 < 3 { "[ master ]" } else { random.pick(&["[ data, ingest ]", "[ data_hot, data_content ]"]) };
    let _ = writeln!(
        text,
        "node.roles: {roles}\n#\n# ----------------------------------- Paths ------------------------------------\n#"
    );
    text.push_str("path:\n  data: /srv/data   # the fast disk\n  logs: /var/log/elasticsearch\n");
    text.push_str("#path.repo: /mnt/snapshots\nbootstrap.memory_lock: true\n");
    let network = format!("10.{}.{}", number / 12 / 250, number / 12 % 250);
    let address = number % 12 + 10;
    let _ = writeln!(
        text,
        "network.host: {network}.{address}\nhttp.port: 9200\ntransport.port: 9300\n#http.cors.enabled: true"
    );
    text.push_str("discovery.seed_hosts:\n");
    for master in 10..13 {
        let _ = writeln!(text, "  - {network}.{master}:9300");
    }
    text.push_str("action.destructive_requires_name: true\n");
    text.push_str("cluster:\n  routing:\n    allocation:\n      awareness:\n        attributes: rack\n      disk:\n");
    text.push_str("        watermark:\n          low: 85%\n          high: 90%\n          flood_stage: 95%\n");
    text.push_str("indices.recovery.max_bytes_per_sec: 100mb\nindices.query.bool.max_clause_count: 4096\n");
    text.push_str("xpack.security.enabled: true\nxpack.security.transport.ssl:\n  enabled: true\n");
    text.push_str(
        "  verification_mode: certificate\n  keystore.path: certs/node.p12\n  truststore.path: certs/node.p12\n",
    );
    text
}

fn settings_head() -> String {
    "cluster.name: search\nnode.name: es1\npath.data: /srv/data\nnetwork.host: 10.0.0.5\n\
     discovery.seed_hosts: [ 10.0.0.5, 10.0.0.6, 10.0.0.7 ]\nbootstrap.memory_lock: true\n\
     action.destructive_requires_name: true\n"
        .to_owned()
}

fn setting(random: &mut Random, number: usize, text: &mut String) {
    let service = random.service();
    if random.chance(20) {
        let _ = writeln!(text, "\n# {service}: see the page of the team, section {}", random.below(40));
    }
    match number % 3 {
        0 => {
            let _ = writeln!(text, "node.attr.{service}_{number}: \"{}\"", random.below(1000));
        }
        1 => {
            let _ = writeln!(
                text,
                "cluster.remote.{service}_{number}.seeds: [ \"{}:9300\", \"{}:9300\" ]",
                random.address(),
                random.address()
            );
        }
        _ => {
            let _ = writeln!(
                text,
                "xpack.security.authc.realms.ldap.{service}_{number}:\n  order: {number}\n  url: \"ldaps://{}:636\"\n  \
                 bind_dn: \"cn=es, ou=services, dc=example, dc=com\"\n  user_search:\n    base_dn: \"ou=users, dc=example, dc=com\"",
                random.address()
            );
        }
    }
}

fn jvm_options(random: &mut Random, number: usize) -> String {
    let heap = random.pick(&["4g", "8g", "16g", "26g", "31g"]);
    format!(
        "## JVM configuration of node {number}\n\n################################################################\n\
         ## Xms is the initial size of the heap, Xmx its maximum; they should be the same\n\
         ################################################################\n\n-Xms{heap}\n-Xmx{heap}\n\n\
         ## GC configuration\n8-13:-XX:+UseConcMarkSweepGC\n8-13:-XX:CMSInitiatingOccupancyFraction=75\n\
         8-13:-XX:+UseCMSInitiatingOccupancyOnly\n14-:-XX:+UseG1GC\n\n## JVM temporary directory\n\
         -Djava.io.tmpdir=${{ES_TMPDIR}}\n\n## heap dumps\n-XX:+HeapDumpOnOutOfMemoryError\n-XX:+ExitOnOutOfMemoryError\n\
         -XX:HeapDumpPath=/var/lib/elasticsearch\n-XX:ErrorFile=/var/log/elasticsearch/hs_err_pid%p.log\n\n\
         ## GC logging\n8:-XX:+PrintGCDetails\n8:-Xloggc:/var/log/elasticsearch/gc.log\n\
         9-:-Xlog:gc*,gc+age=trace,safepoint:file=/var/log/elasticsearch/gc.log:utctime,level,pid,tags:filecount=32,filesize=64m\n"
    )
}
