//! `confvet relabel`: the way of targets and samples through the rules of a job.

use crate::support::Project;
use serde_json::Value;

const CONFIG: &[u8] = br"scrape_configs:
  - job_name: node
    static_configs:
      - targets: ['db1:9100']
        labels: {env: prod}
    relabel_configs:
      - source_labels: [__address__]
        regex: ([^:]+):\d+
        target_label: host
      - source_labels: [env]
        regex: test
        action: drop
    metric_relabel_configs:
      - regex: mode
        action: labeldrop
  - job_name: files
    file_sd_configs:
      - files: [targets/*.json]
  - job_name: ec2
    params: {module: [fast]}
    ec2_sd_configs:
      - region: eu-west-1
    relabel_configs:
      - source_labels: [__meta_ec2_private_ip]
        target_label: __address__
        replacement: $1:9100
      - source_labels: [__meta_ec2_tag_Monitoring]
        regex: 'yes'
        action: keep
      - regex: __meta_ec2_tag_(.+)
        action: labelmap
";

fn project() -> Project {
    Project::new(&[
        ("prometheus.yml", CONFIG),
        ("targets/a.json", br#"[{"targets": ["f1:80", "f2:80"], "labels": {"rack": "7"}}]"#),
    ])
}

fn json(project: &Project, arguments: &[&str]) -> Value {
    let run = project.run(&[&["relabel", "prometheus.yml", "--format", "json"], arguments].concat());
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    serde_json::from_str(&run.stdout).expect("JSON")
}

#[test]
fn the_table_shows_every_step() {
    let run = project().run(&["relabel", "prometheus.yml", "--job", "node", "--prometheus", "3.5"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(
        run.stdout,
        "\
job node, target 1 of 1
    __address__          db1:9100
    __metrics_path__     /metrics
    __scheme__           http
    __scrape_interval__  1m
    __scrape_timeout__   10s
    env                  prod
    job                  node
rule 1, replace on \"db1:9100\": matches
  + host  db1
rule 2, drop on \"prod\": no match
scraped at http://db1:9100/metrics, with the labels
    env       prod
    host      db1
    instance  db1:9100
    job       node
"
    );
}

#[test]
fn a_given_target_gets_what_prometheus_adds() {
    let labels = "__meta_ec2_private_ip=10.0.0.7,__meta_ec2_tag_Monitoring=yes,__meta_ec2_tag_Team=db";
    let found = json(&project(), &["--job", "ec2", "--labels", labels]);
    let target = &found["targets"][0];
    assert_eq!(target["verdict"], "scraped");
    assert_eq!(target["url"], "http://10.0.0.7:9100/metrics?module=fast");
    assert_eq!(target["trace"]["input"]["__param_module"], "fast");
    assert_eq!(target["trace"]["steps"][0]["changes"][0]["after"], "10.0.0.7:9100");
    assert_eq!(
        target["labels"],
        serde_json::json!({
            "Monitoring": "yes", "Team": "db", "instance": "10.0.0.7:9100", "job": "ec2"
        })
    );
}

#[test]
fn a_file_of_targets_gives_one_trace_each() {
    let project = project();
    project.write(
        "discovered.json",
        br#"[{"__meta_ec2_private_ip": "10.0.0.7", "__meta_ec2_tag_Monitoring": "yes"},
             {"__meta_ec2_private_ip": "10.0.0.8"}]"#,
    );
    let found = json(&project, &["--job", "ec2", "--targets", "discovered.json"]);
    let verdicts: Vec<&Value> = found["targets"].as_array().unwrap().iter().map(|target| &target["verdict"]).collect();
    assert_eq!(verdicts, ["scraped", "dropped"]);
    assert_eq!(found["targets"][1]["rule"], 1);
    let run = project.run(&["relabel", "prometheus.yml", "--job", "ec2", "--targets", "discovered.json"]);
    assert!(run.stdout.ends_with("rule 2, keep on \"\": dropped\ndropped by rule 2\n"), "{}", run.stdout);
}

#[test]
fn without_labels_the_targets_of_the_job_are_used() {
    let found = json(&project(), &["--job", "files"]);
    let targets = found["targets"].as_array().unwrap();
    let addresses: Vec<&Value> = targets.iter().map(|target| &target["trace"]["input"]["__address__"]).collect();
    assert_eq!(addresses, ["f1:80", "f2:80"]);
    assert!(targets.iter().all(|target| target["labels"]["rack"] == "7"));
}

#[test]
fn a_sample_goes_through_the_metric_rules() {
    let sample = "__name__=node_cpu_seconds_total,mode=idle,cpu=0";
    let found = json(&project(), &["--job", "node", "--metric", sample]);
    assert_eq!(found["metric"]["output"], serde_json::json!({ "__name__": "node_cpu_seconds_total", "cpu": "0" }));
    let run = project().run(&["relabel", "prometheus.yml", "--job", "ec2", "--metric", sample]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.starts_with("job ec2, sample\n"), "{}", run.stdout);
}

#[test]
fn the_version_decides_what_is_added() {
    let found = json(&project(), &["--job", "node", "--labels", "__address__=db1", "--prometheus", "2.45"]);
    assert_eq!(found["targets"][0]["labels"]["instance"], "db1:80");
    let found = json(&project(), &["--job", "node", "--labels", "__address__=db1", "--prometheus", "3.5"]);
    assert_eq!(found["targets"][0]["labels"]["instance"], "db1");
}

#[test]
fn errors_are_one_sentence() {
    let project = project();
    project.write("broken.json", b"{");
    let cases: &[(&[&str], &str)] = &[
        (&["--job", "nod"], "there is no job `nod`; did you mean `node`?"),
        (&["--job", "x"], "there is no job `x`; the file has node, files, ec2"),
        (
            &["--job", "ec2"],
            "the targets of job `ec2` are discovered at run time: give the labels of one, such as `__address__=10.0.0.1:9100`",
        ),
        (&["--job", "ec2", "--labels", "a"], "`a` is no label; write `name=value`"),
        (&["--job", "node", "--prometheus", "new"], "`new` is no version; write for example `7.2` or `1.27.3`"),
    ];
    for (arguments, message) in cases {
        let run = project.run(&[&["relabel", "prometheus.yml"], *arguments].concat());
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments:?}");
        assert_eq!(run.stderr, format!("confvet: {message}\n"), "{arguments:?}");
    }
    let starts: &[(&[&str], &str)] = &[
        (
            &["prometheus.yml", "--job", "ec2", "--targets", "broken.json"],
            "confvet: broken.json is no list of label objects: ",
        ),
        (&["prometheus.yml", "--job", "ec2", "--targets", "absent.json"], "confvet: cannot read absent.json: "),
        (&["absent.yml", "--job", "ec2"], "confvet: cannot read absent.yml: "),
    ];
    for (arguments, start) in starts {
        let run = project.run(&[&["relabel"], *arguments].concat());
        assert_eq!(run.code, 2, "{arguments:?}");
        assert!(run.stderr.starts_with(start) && run.stderr.lines().count() == 1, "{}", run.stderr);
    }
}
