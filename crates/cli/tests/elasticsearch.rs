//! One Elasticsearch file and the versions it is linted for, through the binary.

use crate::support::{Outcome, Project};

/// Right for 6.8, and what many clusters carried into their upgrade.
const OF_6_8: &[u8] = b"cluster.name: orders
node.name: orders-1
node.master: true
node.data: true
network.host: 10.4.0.7
transport.tcp.port: 9300
bootstrap.memory_lock: true
discovery.zen.ping.unicast.hosts: [\"10.4.0.7\", \"10.4.0.8\", \"10.4.0.9\"]
discovery.zen.minimum_master_nodes: 2
action.destructive_requires_name: true
xpack.security.enabled: true
xpack.security.transport.ssl.enabled: true
xpack.security.transport.ssl.keystore.path: certs/orders-1.p12
";

fn lint(text: &[u8], target: &str) -> Outcome {
    let project = Project::new(&[("elasticsearch.yml", text)]);
    project.run(&["lint", "--format", "concise", "--target", target])
}

#[test]
fn a_file_of_6_8_is_told_what_8_refuses() {
    let right = lint(OF_6_8, "elasticsearch=6.8");
    assert_eq!((right.code, right.stdout.contains("nothing found")), (0, true), "{}", right.stdout);
    let deprecated = lint(OF_6_8, "elasticsearch=7.17");
    assert!(deprecated.stdout.contains("minimum_master_nodes is ignored in 7.x"), "{}", deprecated.stdout);
    let refused = lint(OF_6_8, "elasticsearch=8.15");
    assert_eq!(refused.code, 1);
    for line in [
        "elasticsearch.yml:3:1: error: node.master was removed in 8.0: use node.roles",
        "elasticsearch.yml:4:1: error: node.data was removed in 8.0: use node.roles",
        "elasticsearch.yml:6:1: error: transport.tcp.port was removed in 8.0: use transport.port",
        "elasticsearch.yml:8:1: error: discovery.zen.ping.unicast.hosts was removed in 8.0: use discovery.seed_hosts",
        "elasticsearch.yml:9:1: error: minimum_master_nodes is refused since 8.0: the voting configuration decides",
    ] {
        assert!(refused.stdout.contains(line), "{line}\n{}", refused.stdout);
    }
}

#[test]
fn the_fixes_for_8_leave_nothing_that_8_refuses() {
    let project = Project::new(&[("elasticsearch.yml", OF_6_8)]);
    project.run(&[
        "lint",
        "--unsafe-fixes",
        "--fix",
        "--target",
        "elasticsearch=8.15",
        "--ignore",
        "elasticsearch/initial-*",
    ]);
    let fixed = String::from_utf8(project.read("elasticsearch.yml")).unwrap();
    assert!(fixed.contains("transport.port: 9300\n") && fixed.contains("discovery.seed_hosts: ["), "{fixed}");
    assert!(!fixed.contains("node.master") && !fixed.contains("zen"), "{fixed}");
    let after = project.run(&["lint", "--target", "elasticsearch=8.15", "--fail-on", "error"]);
    assert_eq!(after.code, 0, "{}", after.stdout);
}

#[test]
fn opensearch_is_a_target_of_its_own() {
    let text = b"cluster.name: search
node.name: os-1
node.roles: [cluster_manager, data]
network.host: 10.4.0.7
bootstrap.memory_lock: true
discovery.seed_hosts: [\"10.4.0.7\", \"10.4.0.8\", \"10.4.0.9\"]
cluster.initial_cluster_manager_nodes: [\"os-1\"]
action.destructive_requires_name: true
plugins.security.ssl.transport.pemcert_filepath: os-1.pem
";
    let fork = lint(text, "opensearch=2.11");
    assert!(!fork.stdout.contains(" error: ") && !fork.stdout.contains("unknown"), "{}", fork.stdout);
    let with_x_pack = lint(&[text, b"xpack.security.enabled: true\n" as &[u8]].concat(), "opensearch=2.11");
    let line = "elasticsearch.yml:10:1: warning: unknown setting `xpack.security.enabled`";
    assert!(with_x_pack.stdout.contains(line), "{}", with_x_pack.stdout);
    let original = lint(text, "elasticsearch=8.15");
    assert!(original.stdout.contains("unknown role `cluster_manager`"), "{}", original.stdout);
}
