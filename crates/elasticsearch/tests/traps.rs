//! Every way in which the program reads its files differently from what they look like: what each version refuses, and
//! what it takes.

#![allow(clippy::unwrap_used, reason = "a test that cannot set the stage shall fail")]

use confvet::{Category, Diagnostic, Linter, Report, Source};

fn lint(path: &str, text: &str, version: &str) -> Report {
    let java = if version.starts_with('8') { "17" } else { "11" };
    let linter = Linter::new().target("elasticsearch", version).unwrap().target("java", java).unwrap();
    // The program reads whatever lies at its place, also what nobody would take for settings.
    let linter = linter.system("elasticsearch").unwrap();
    linter.lint_sources([Source::new(path, text)].into_iter().collect())
}

fn refusal(report: &Report) -> Option<&Diagnostic> {
    report.diagnostics().iter().find(|found| found.category == Category::Invalid)
}

/// Checks what each version does with a file: `5.6-` refuses it, `6.8+` takes it.
fn check(path: &str, cases: &[(&str, &str)]) {
    for (text, verdicts) in cases {
        for verdict in verdicts.split(' ') {
            let (version, taken) = verdict.split_at(verdict.len() - 1);
            let report = lint(path, text, version);
            match (refusal(&report), taken) {
                (None, "-") => panic!("{version} refuses {text:?}"),
                (Some(found), "+") => panic!("{version} takes {text:?}, but: {} {}", found.rule, found.message),
                _ => {}
            }
        }
    }
}

#[test]
fn the_yaml_of_elasticsearch() {
    check(
        "elasticsearch.yml",
        &[
            ("", "5.6+ 6.8+ 7.17+ 8.15+"),
            ("# nothing\n", "5.6+ 6.8+ 7.17+ 8.15+"),
            ("\u{feff}cluster.name: a\n", "6.8+ 7.17+"),
            ("cluster.name: a\r\nnode.name: b\r\n", "6.8+ 7.17+"),
            ("cluster.name: a\u{7}b\n", "6.8- 7.17-"),
            ("---\ncluster.name: a\n...\n", "5.6+ 6.8+ 7.17+"),
            ("cluster.name: a\n---\nnode.name: b\n", "5.6- 6.8- 7.17- 8.15-"),
            ("- a\n", "6.8- 7.17-"),
            ("hello\n", "6.8- 7.17-"),
            ("http.compression:true\n", "7.17-"),
            ("cluster.name: a\nhttp.compression:true\n", "7.17-"),
            ("Cluster.name: a\n", "6.8- 7.17-"),
            ("node: a\nnode.name: b\n", "7.17-"),
            ("http.cors.allow-origin: *\n", "5.6- 6.8- 7.17-"),
            ("http.cors.allow-origin: \"*\"\n", "6.8+ 7.17+"),
            ("node.attr.x: @a\n", "6.8- 7.17-"),
            ("node.attr.x: a#b\n", "6.8+ 7.17+"),
            ("node.attr.x: a: b\n", "6.8- 7.17-"),
            ("cluster.name: a\t# tab\n", "5.6- 6.8+ 7.17+"),
            ("# a\ttab\ncluster.name: a\n", "5.6- 6.8+ 7.17+"),
            ("node:\n\tname: a\n", "5.6- 6.8- 7.17-"),
            ("discovery.zen.ping.unicast.hosts: \"a\",\"b\"\n", "5.6- 6.8- 7.17-"),
            ("discovery.zen.ping.unicast.hosts: [a:9300, b]\n", "5.6+ 6.8+ 7.17+"),
            ("discovery.zen.ping.unicast.hosts:\n- host:9300\n", "5.6+ 6.8+ 7.17+"),
            ("discovery.zen.ping.unicast.hosts:\n- host: 9300\n", "6.8- 7.17-"),
            ("path.repo:\n- [a]\n", "6.8- 7.17-"),
            ("path.repo:\n-\n", "6.8- 7.17-"),
            ("path.repo: [a, ]\n", "6.8+ 7.17+"),
            ("path.repo.0: a\npath.repo.1: b\n", "6.8+ 7.17+"),
            ("path.repo:\n", "5.6- 6.8- 7.17- 8.15-"),
            ("path.repo: ~\n", "5.6- 6.8- 7.17-"),
            ("node.name: \"\"\n", "5.6+ 6.8+ 7.17+"),
            ("cluster.name: [a, b]\n", "5.6- 6.8+ 7.17+"),
            ("node.attr.a: &x one\nnode.attr.b: *x\n", "6.8+ 7.17+"),
            ("network.host: _eth0:ipv4_\n", "6.8+ 7.17+"),
            ("http.cors.allow_origin: a\n", "6.8- 7.17-"),
        ],
    );
    let report = Linter::new().lint_sources(
        [Source::from_bytes("elasticsearch.yml", b"cluster.name: caf\xe9\n".to_vec())].into_iter().collect(),
    );
    assert_eq!(refusal(&report).map(|found| found.rule), Some("elasticsearch/yaml-syntax"));
}

#[test]
fn repeated_settings() {
    check(
        "elasticsearch.yml",
        &[
            ("node.name: a\nnode.name: b\n", "1.7+ 2.4- 5.6- 6.8- 7.17- 8.15-"),
            ("node:\n  name: a\nnode:\n  attr.x: b\n", "1.7+ 2.4+ 5.6+ 6.8- 7.17- 8.15-"),
            ("node.name: a\nnode:\n  name: b\n", "1.7+ 5.6- 6.8- 7.17+ 8.15+"),
            ("path.repo: [a]\npath.repo.0: b\n", "6.8+ 7.17+"),
            ("force.node.name: a\nnode.name: b\n", "6.8+ 7.17+"),
        ],
    );
}

#[test]
fn values_by_type() {
    check(
        "elasticsearch.yml",
        &[
            ("bootstrap.memory_lock: True\n", "5.6- 6.8+ 7.17+ 8.15+"),
            ("bootstrap.memory_lock: off\n", "5.6+ 6.8+ 7.17+"),
            ("bootstrap.memory_lock: \"on\"\n", "5.6+ 6.8- 7.17-"),
            ("bootstrap.memory_lock: 1\n", "5.6+ 6.8- 7.17-"),
            ("bootstrap.memory_lock: y\n", "5.6- 6.8- 7.17-"),
            ("bootstrap.memory_lock: tRUE\n", "6.8- 7.17-"),
            ("bootstrap.memory_lock: [true]\n", "5.6- 6.8- 7.17-"),
            ("cluster.max_shards_per_node: 1_000\n", "6.8- 7.17-"),
            ("cluster.max_shards_per_node: 1.5\n", "6.8- 7.17-"),
            ("cluster.info.update.interval: 30\n", "5.6- 6.8- 7.17-"),
            ("cluster.info.update.interval: 30S\n", "5.6+ 6.8+ 7.17+"),
            ("cluster.info.update.interval: 5M\n", "5.6- 6.8- 7.17-"),
            ("cluster.info.update.interval: 1.5m\n", "5.6- 6.8- 7.17-"),
            ("cluster.info.update.interval: 1w\n", "2.4+ 5.6- 6.8- 7.17-"),
            ("cluster.info.update.interval: 5s\n", "5.6- 6.8- 7.17-"),
            ("indices.recovery.max_bytes_per_sec: 200\n", "1.7+ 2.4- 5.6- 6.8- 7.17-"),
            ("indices.recovery.max_bytes_per_sec: 100 MB\n", "5.6+ 6.8+ 7.17+"),
            ("indices.recovery.max_bytes_per_sec: 100MiB\n", "5.6- 6.8- 7.17-"),
            ("indices.breaker.total.limit: 110%\n", "5.6- 6.8- 7.17-"),
            ("indices.breaker.total.limit: 0.1\n", "6.8- 7.17-"),
            ("cluster.routing.allocation.disk.watermark.low: 85\n", "6.8- 7.17-"),
            ("cluster.routing.allocation.disk.watermark.low: 0.8\n", "6.8+ 7.17+"),
            ("cluster.routing.allocation.disk.watermark: {low: 100gb, high: 50gb}\n", "5.6+ 6.8- 7.17-"),
            ("cluster.name: \"shop:logs\"\n", "6.8+ 7.0- 7.17-"),
            ("node.attr.rack: \" r1\"\n", "5.0+ 5.6- 6.8- 7.17-"),
            ("http.port: 92000\n", "6.8+ 7.17+"),
            ("network.host: _sites_\n", "6.8+ 7.17+"),
            ("cluster.routing.allocation.enable: ALL\n", "6.8+ 7.17+"),
            ("cluster.routing.allocation.enable: some\n", "6.8- 7.17-"),
            ("index.number_of_shards: 5\n", "2.4+ 5.0- 6.8- 7.17-"),
            ("index.codec: best_compression\n", "5.6+ 6.8+ 7.17+"),
            ("node.nmae: a\n", "1.7+ 2.4+ 5.0- 6.8- 7.17- 8.15-"),
        ],
    );
}

#[test]
fn placeholders() {
    check(
        "elasticsearch.yml",
        &[
            ("node.name: ${HOSTNAME}\n", "5.6+ 6.8+ 7.17+"),
            ("node.name: ${A:${B:x}}\n", "6.8+ 7.17+"),
            ("node.name: ${node.attr.a}\nnode.attr.a: b\n", "6.8+ 7.17+"),
            ("node.name: ${node.attr.a}\nnode.attr.a: ${node.name}\n", "6.8- 7.17-"),
            ("node.attr.a: ${prompt.text}\n", "6.8+ 7.0- 7.17-"),
            ("node.attr.a: ${HOSTNAME}${X:b\n", "6.8- 7.17-"),
        ],
    );
}

#[test]
fn jvm_options_line_by_line() {
    check(
        "es/jvm.options",
        &[
            ("# a comment\n\n-Xms1g\n-Xmx1g\n", "5.6+ 6.8+ 7.17+ 8.15+"),
            ("-Xms1g\r\n-Xmx1g\r\n", "6.8+ 7.17+"),
            ("Xms1g\n-Xmx1g\n", "6.1+ 6.2- 7.17-"),
            (" -Xms1g\n", "6.1+ 6.8- 7.17-"),
            (" # a comment\n-Xmx1g\n", "6.1+ 6.8- 7.17-"),
            ("\t# a comment\n-Xmx1g\n", "6.8- 7.17-"),
            ("-Xms1g \n", "6.8+ 7.0- 7.17- 8.15-"),
            ("-Xms1g # half\n-Xmx1g\n", "7.17-"),
            ("-Xms1g -Xmx1g\n", "6.8+ 7.17-"),
            ("8:-XX:+PrintGCDetails\n9-:-Xms1g\n8-13:-XX:+UseG1GC\n", "6.8+ 7.17+"),
            ("13-8:-XX:+UseG1GC\n", "6.8- 7.17-"),
            ("8 - 13:-XX:+UseG1GC\n-Xmx1g\n", "6.8- 7.17-"),
            ("-Xmx${HEAP}\n", "7.17-"),
            ("-Djava.io.tmpdir=${ES_TMPDIR}\n", "6.8+ 7.17+"),
            ("-Xmx1.5g\n", "7.17-"),
            ("-Xmx4gb\n", "7.17-"),
            ("-Xmx50%\n", "7.17-"),
            ("-xmx4g\n-Xms4g\n", "7.17-"),
            ("-Xms8g\n-Xmx4g\n", "6.8- 7.17-"),
            ("-XX:+UseConcMarkSweepGC\n", "7.17+ 8.15-"),
            ("8-13:-XX:+UseConcMarkSweepGC\n", "7.17+ 8.15+"),
        ],
    );
}

#[test]
fn the_last_heap_wins_and_only_options_files_are_read() {
    let linter = Linter::new().target("elasticsearch", "7.17").unwrap();
    let files = [
        ("es/jvm.options", "-Xms4g\n-Xmx4g\n"),
        ("es/jvm.options.d/a.options", "-Xms8g\n-Xmx8g\n"),
        ("es/jvm.options.d/b.OPTIONS", "-Xms9g\n-Xmx9g\n"),
        ("es/elasticsearch.yml", "cluster.name: a\n"),
    ];
    let report = linter.lint_sources(files.iter().map(|(path, text)| Source::new(*path, *text)).collect());
    for (rule, text) in [
        ("elasticsearch/jvm-heap-set-twice", "-Xmx 4g has no effect: jvm.options.d/a.options sets 8g later"),
        ("elasticsearch/jvm-options-d-ignored", "b.OPTIONS is ignored: only *.options are read"),
    ] {
        assert!(report.diagnostics().iter().any(|found| found.rule == rule && found.message == text), "{text}");
    }
}

#[test]
fn variables_of_the_environment() {
    for (version, refused) in [("2.4", false), ("5.6", true), ("6.8", false)] {
        let report = lint("etc/default/elasticsearch", "ES_HEAP_SIZE=8g\n", version);
        assert_eq!(refusal(&report).is_some(), refused, "{version}");
    }
}

#[test]
fn a_config_map_is_read_once_whoever_mounts_it() {
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: es-config\ndata:\n  elasticsearch.yml: |\n    \
               cluster.name: billing\n    http.prot: 9200\n";
    let workload = |mounted: &str| {
        format!(
            "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata:\n  name: es\nspec:\n  template:\n    spec:\n      \
             containers:\n        - name: es\n          image: elasticsearch:7.17.6\n          volumeMounts:\n            \
             - name: config\n              mountPath: /usr/share/elasticsearch/config/elasticsearch.yml\n      \
             volumes:\n        - name: config\n          configMap:\n            name: {mounted}\n"
        )
    };
    let texts = [map.to_owned(), format!("{map}{}", workload("es-config")), format!("{map}{}", workload("other"))];
    for text in texts {
        let report = Linter::new().lint_text("search.yaml", &text);
        let found = report.diagnostics().iter().filter(|found| found.rule == "elasticsearch/unknown-setting");
        assert_eq!(found.count(), 1, "{text}: {:?}", report.diagnostics());
    }
    let beats = map.replace("cluster.name: billing", "- module: elasticsearch").replace("http.prot", "  period");
    let report = Linter::new().lint_text("search.yaml", &format!("{beats}{}", workload("other")));
    assert!(report.diagnostics().iter().all(|found| found.category != Category::Invalid), "{:?}", report.diagnostics());
}
