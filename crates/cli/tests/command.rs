//! The command as a user meets it: exit codes, formats, options, configuration.

use crate::support::Project;

const CACHE: &[u8] = b"# kept small on purpose\nmaxmemory 2gb\nmaxmemory-policy noeviction\n";
const HEALTHY: &[u8] = b"maxmemory 2gb\nmaxmemory-policy allkeys-lru\nbind 127.0.0.1\n";

fn cache() -> Project {
    Project::new(&[("cache/redis.conf", CACHE)])
}

#[test]
fn exit_codes() {
    let project = cache();
    project.write("healthy/redis.conf", HEALTHY);
    assert_eq!(project.run(&["lint", "healthy"]).code, 0);
    assert_eq!(project.run(&["lint", "cache"]).code, 1);
    assert_eq!(project.run(&["lint", "nowhere"]).code, 2);
    assert_eq!(project.run(&["lint", "--no-such-option"]).code, 2);
    let only_info = ["lint", "cache", "--fail-on", "error", "--ignore", "redis/noeviction-cache"];
    assert_eq!(project.run(&only_info).code, 0);
}

#[test]
fn the_json_document_has_the_promised_shape() {
    let run = cache().run(&["lint", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(json["version"], 1);
    let found = json["diagnostics"].as_array().unwrap();
    let found = found.iter().find(|found| found["rule"] == "redis/noeviction-cache").unwrap();
    for key in ["severity", "category", "message", "help", "labels", "fixes", "url"] {
        assert!(!found[key].is_null() || key == "help", "{key} is missing");
    }
    assert_eq!(found["file"], "cache/redis.conf");
    assert_eq!((found["line"].as_u64(), found["column"].as_u64()), (Some(3), Some(18)));
    assert_eq!((found["end_line"].as_u64(), found["end_column"].as_u64()), (Some(3), Some(28)));
    assert_eq!(json["summary"]["files"], 1);
}

#[test]
fn select_and_ignore() {
    let project = cache();
    let all = project.run(&["lint", "--format", "concise"]).stdout;
    assert!(all.contains("(redis/noeviction-cache)"), "{all}");
    let ignored = project.run(&["lint", "--format", "concise", "--ignore", "redis/noeviction-cache"]).stdout;
    assert!(!ignored.contains("redis/noeviction-cache"), "{ignored}");
    let selected = project.run(&["lint", "--format", "concise", "--select", "redis/noeviction-*"]).stdout;
    assert!(selected.lines().filter(|line| line.contains("redis.conf:")).all(|line| line.contains("noeviction-cache")));
    let run = project.run(&["lint", "--select", "redis/noeviction-cach"]);
    assert_eq!(run.code, 2);
    assert_eq!(
        run.stderr,
        "confvet: --select: `redis/noeviction-cach` is no rule; did you mean `redis/noeviction-cache`?\n"
    );
}

#[test]
fn targets_and_facts_are_checked() {
    let project = cache();
    let run = project.run(&["lint", "--target", "redsi=7.2"]);
    assert!(run.stderr.contains("`redsi` is no target; did you mean `redis`?"), "{}", run.stderr);
    assert_eq!(run.code, 2);
    let run = project.run(&["lint", "--fact", "memory=lots"]);
    assert!(run.stderr.contains("fact `memory` is `lots`; expected a size such as \"64GiB\""), "{}", run.stderr);
    assert_eq!(run.code, 2);
    let run = project.run(&["lint", "--fact", "memory"]);
    assert!(run.stderr.contains("write a name and a value, such as `memory=64GiB`"), "{}", run.stderr);
}

#[test]
fn facts_may_come_from_the_command_line() {
    let project = Project::new(&[("redis.conf", CACHE)]);
    let quiet = project.run(&["lint", "--format", "concise"]).stdout;
    assert!(!quiet.contains("redis/noeviction-cache"), "{quiet}");
    let told = project.run(&["lint", "--format", "concise", "--fact", "redis_workload=cache"]).stdout;
    assert!(told.contains("redis/noeviction-cache"), "{told}");
}

#[test]
fn confvet_toml_is_found_upward_and_below() {
    let project = Project::new(&[
        ("confvet.toml", b"[facts]\nredis_workload = \"cache\"\n"),
        ("a/b/redis.conf", CACHE),
        ("c/confvet.toml", b"[rules]\n\"redis/*\" = \"off\"\n[facts]\nredis_workload = \"cache\"\n"),
        ("c/redis.conf", CACHE),
    ]);
    let all = project.run(&["lint", "--format", "concise"]).stdout;
    assert!(all.contains("a/b/redis.conf:3:18: "), "{all}");
    assert!(!all.contains("c/redis.conf"), "{all}");
    let below = project.run(&["lint", "--format", "concise", "a/b"]).stdout;
    assert!(below.contains("a/b/redis.conf:3:18: "), "{below}");
    let mut command = project.command(&["lint", "--format", "concise", "."]);
    command.current_dir(project.path("a/b"));
    let inside = crate::support::outcome(command.output().unwrap());
    assert!(inside.stdout.contains("redis.conf:3:18: "), "{}", inside.stdout);
}

#[test]
fn an_error_in_confvet_toml_is_shown_and_ends_with_2() {
    let project = Project::new(&[("confvet.toml", b"[fact]\nmemory = \"1GiB\"\n"), ("redis.conf", HEALTHY)]);
    let run = project.run(&["lint"]);
    assert!(run.stdout.contains("unknown key `fact`; did you mean `facts`?"), "{}", run.stdout);
    assert!(run.stdout.contains("confvet.toml:1:2"), "{}", run.stdout);
    assert_eq!(run.code, 2);
}

#[test]
fn overrides_by_path() {
    let project = Project::new(&[
        ("confvet.toml", b"[[files]]\nglob = \"odd/*.txt\"\nsystem = \"redis\"\nfacts.redis_workload = \"cache\"\n"),
        ("odd/server.txt", CACHE),
    ]);
    // A name that no system would open is read because confvet.toml names it.
    let run = project.run(&["lint", "--format", "concise"]);
    assert!(run.stdout.contains("odd/server.txt:3:18: "), "{}{}", run.stdout, run.stderr);
}

#[test]
fn allow_comments() {
    let project = Project::new(&[(
        "cache/redis.conf",
        b"maxmemory 2gb\n# confvet: allow(redis/noeviction-cache) rebuilt in minutes\nmaxmemory-policy noeviction\n",
    )]);
    let run = project.run(&["lint", "--format", "concise"]);
    assert!(!run.stdout.contains("noeviction-cache"), "{}", run.stdout);
    project.write(
        "cache/redis.conf",
        b"# confvet: allow-file(redis/noeviction-cache)\nmaxmemory 2gb\nmaxmemory-policy noeviction\n",
    );
    let run = project.run(&["lint", "--format", "concise"]);
    assert!(!run.stdout.contains("noeviction-cache"), "{}", run.stdout);
    project.write("cache/redis.conf", b"# confvet: allow(redis/noeviction-cache)\nmaxmemory 2gb\n");
    let run = project.run(&["lint", "--format", "concise", "--fact", "redis_workload=store"]);
    assert!(run.stdout.contains("(confvet/unused-allow)"), "{}", run.stdout);
}

#[test]
fn standard_input() {
    let project = Project::new(&[("confvet.toml", b"[facts]\nredis_workload = \"cache\"\n")]);
    let arguments = ["lint", "--format", "concise", "--stdin-filename", "x/redis.conf", "-"];
    let run = project.run_with_input(&arguments, CACHE);
    assert!(run.stdout.contains("x/redis.conf:3:18: "), "{}{}", run.stdout, run.stderr);
    assert_eq!(run.code, 1);
    let run = project.run_with_input(&["lint", "-"], CACHE);
    assert!(run.stderr.contains("--stdin-filename"), "{}", run.stderr);
    assert_eq!(run.code, 2);
    let arguments = ["lint", "--fix", "--stdin-filename", "redis.conf", "-"];
    let run = project.run_with_input(&arguments, b"maxmemory 2gb\nappendonly true\nmaxmemory-policy allkeys-lru\n");
    assert_eq!(run.stdout, "maxmemory 2gb\nappendonly yes\nmaxmemory-policy allkeys-lru\n", "{}", run.stderr);
}

#[test]
fn the_system_may_be_named() {
    let project = Project::new(&[("settings", b"appendonly true\n")]);
    let run = project.run(&["lint", "--format", "concise", "--system", "redis", "settings"]);
    assert!(run.stdout.contains("settings:1:12: error:"), "{}", run.stdout);
    let run = project.run(&["lint", "--system", "rediss", "settings"]);
    assert!(run.stderr.contains("`rediss` is no system; did you mean `redis`?"), "{}", run.stderr);
    assert_eq!(run.code, 2);
}

#[test]
fn diff_writes_nothing() {
    let project = Project::new(&[("redis.conf", b"maxmemory 2gb\nappendonly true\nappendfsync no\n")]);
    let run = project.run(&["lint", "--diff"]);
    assert!(run.stdout.contains("-appendonly true\n+appendonly yes\n"), "{}", run.stdout);
    assert_eq!(run.code, 1);
    assert_eq!(project.read("redis.conf"), b"maxmemory 2gb\nappendonly true\nappendfsync no\n");
}

#[test]
fn fixing_is_idempotent() {
    let project = Project::new(&[("redis.conf", b"maxmemory 2gb\nappendonly true\nappendfsync no\n")]);
    project.run(&["lint", "--unsafe-fixes"]);
    let once = project.read("redis.conf");
    project.run(&["lint", "--unsafe-fixes"]);
    assert_eq!(project.read("redis.conf"), once);
}

#[test]
fn statistics_count_by_rule() {
    let run = cache().run(&["lint", "--statistics"]);
    assert!(run.stdout.contains("1  ") && run.stdout.contains("redis/noeviction-cache"), "{}", run.stdout);
}

#[test]
fn colour_is_for_terminals() {
    let project = cache();
    assert!(!project.run(&["lint"]).stdout.contains('\u{1b}'));
    assert!(project.run(&["lint", "--color", "always"]).stdout.contains('\u{1b}'));
}

#[test]
fn explain_finds_pages_and_suggests() {
    let project = Project::new(&[]);
    let run = project.run(&["explain", "redis/noeviction-cache"]);
    assert!(run.stdout.starts_with("redis/noeviction-cache\n"), "{}", run.stdout);
    assert!(!run.stdout.contains("#~"), "{}", run.stdout);
    assert_eq!(project.run(&["explain", "noeviction-cache"]).stdout, run.stdout);
    let run = project.run(&["explain", "redis/noevictoin-cache"]);
    assert_eq!(
        run.stderr,
        "confvet: there is no rule `redis/noevictoin-cache`; did you mean `redis/noeviction-cache`?\n"
    );
    assert_eq!(run.code, 2);
}

#[test]
fn rules_are_listed() {
    let project = Project::new(&[]);
    let run = project.run(&["rules", "--system", "redis"]);
    assert!(run.stdout.contains("redis/noeviction-cache"), "{}", run.stdout);
    assert!(!run.stdout.contains("elasticsearch/"), "{}", run.stdout);
    let run = project.run(&["rules", "--format", "json"]);
    let rules: Vec<serde_json::Value> = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(rules.len(), confvet::rules::all().len());
    assert_eq!(project.run(&["rules", "--system", "nosuch"]).code, 2);
}

#[test]
fn detect_says_what_and_why() {
    let project = cache();
    project.write("cache/redis.conf.j2", b"maxmemory {{ memory }}\n");
    let run = project.run(&["detect"]);
    assert!(run.stdout.contains("cache/redis.conf: redis redis-conf ("), "{}", run.stdout);
    assert!(run.stdout.contains("cache/redis.conf.j2: a template, left alone"), "{}", run.stdout);
    let run = project.run(&["detect", "--format", "json"]);
    let files: Vec<serde_json::Value> = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(files.len(), 2);
}

#[test]
fn models_are_json() {
    let project = cache();
    let run = project.run(&["model", "cache/redis.conf"]);
    let model: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(model.is_object());
    assert_eq!(project.run(&["model", "nowhere.conf"]).code, 2);
}

#[test]
fn completions_for_every_shell() {
    let project = Project::new(&[]);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(project.run(&["completions", shell]).stdout.contains("confvet"), "{shell}");
    }
}

#[test]
fn ignored_hidden_and_vendored_folders_are_skipped() {
    let project = Project::new(&[
        (".gitignore", b"ignored/\n"),
        ("ignored/redis.conf", CACHE),
        (".hidden/redis.conf", CACHE),
        ("vendor/redis.conf", CACHE),
        ("node_modules/x/redis.conf", CACHE),
        ("seen/cache/redis.conf", CACHE),
    ]);
    let run = project.run(&["lint", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(json["summary"]["files"], 1, "{}", run.stdout);
    // A file that is named by itself is linted wherever it lies.
    let run = project.run(&["lint", "--format", "json", "vendor/redis.conf"]);
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(json["summary"]["files"], 1, "{}", run.stdout);
}
