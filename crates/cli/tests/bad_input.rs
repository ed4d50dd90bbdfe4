//! Input that no tool likes: each gives a clear word, the other files are still linted, nothing panics, hangs or is lost.

use crate::support::{Project, outcome};
use std::time::{Duration, Instant};

/// A file with a finding of its own: it must still be found, whatever lies beside it.
const BROKEN: (&str, &[u8]) = ("other/redis.conf", b"maxmemory 2gb\nmaxmemory-policy no-eviction\n");
const FOUND: &str = "other/redis.conf:2:18: error:";

fn with_neighbour(path: &str, content: &[u8]) -> Project {
    Project::new(&[BROKEN, (path, content)])
}

#[test]
fn a_byte_that_is_not_utf8() {
    let project = with_neighbour("redis.conf", b"# caf\xe9\nmaxmemory-policy no-eviction\n");
    let run = project.run(&["lint", "--format", "concise"]);
    assert!(run.stdout.contains("redis.conf:1:6: warning: this byte is not UTF-8"), "{}", run.stdout);
    assert!(run.stdout.contains("redis.conf:2:18: error:"), "{}", run.stdout);
    assert!(run.stdout.contains(FOUND), "{}", run.stdout);
    assert_eq!(run.code, 1);
    project.run(&["lint", "--fix"]);
    assert_eq!(project.read("redis.conf"), b"# caf\xe9\nmaxmemory-policy no-eviction\n");
    assert_eq!(project.read("other/redis.conf"), b"maxmemory 2gb\nmaxmemory-policy noeviction\n");
}

#[test]
fn a_byte_order_mark_has_no_column() {
    let project = with_neighbour("elasticsearch.yml", "\u{feff}cluster.name: a\nnode.nmae: b\n".as_bytes());
    let run = project.run(&["lint", "--format", "concise", "--target", "elasticsearch=7.17"]);
    assert!(run.stdout.contains("elasticsearch.yml:2:1: error:"), "{}", run.stdout);
    assert!(run.stdout.contains(FOUND), "{}", run.stdout);
    let project = Project::new(&[("redis.conf", "\u{feff}maxmemory-policy no-eviction\nport 1\n".as_bytes())]);
    let run = project.run(&["lint", "--format", "concise"]);
    assert!(run.stdout.contains("redis.conf:1:"), "{}", run.stdout);
}

#[test]
fn carriage_returns_are_no_part_of_a_value() {
    let project = with_neighbour("redis.conf", b"maxmemory 2gb\r\nmaxmemory-policy no-eviction\r\n");
    let run = project.run(&["lint", "--format", "concise"]);
    assert!(run.stdout.contains("redis.conf:2:18: error:"), "{}", run.stdout);
    let fixed = project.run(&["lint", "--fix", "--quiet"]);
    assert_eq!(project.read("redis.conf"), b"maxmemory 2gb\r\nmaxmemory-policy noeviction\r\n", "{}", fixed.stdout);
}

#[test]
fn tabs_count_one_column() {
    let project = with_neighbour("redis.conf", b"maxmemory\t2gb\nmaxmemory-policy\tno-eviction\n");
    let run = project.run(&["lint", "--format", "concise"]);
    assert!(run.stdout.contains("redis.conf:2:18: error:"), "{}", run.stdout);
    assert!(run.stdout.contains(FOUND), "{}", run.stdout);
}

#[test]
fn nul_bytes() {
    let project = with_neighbour("redis.conf", b"maxmemory 2gb\n# a\0b\nmaxmemory-policy no-eviction\n");
    let run = project.run(&["lint", "--format", "concise"]);
    assert!(run.stdout.contains("redis.conf:"), "{}", run.stdout);
    assert!(run.stdout.contains(FOUND), "{}", run.stdout);
}

#[test]
fn an_empty_file() {
    for name in ["redis.conf", "elasticsearch.yml", "jvm.options", "confvet.toml"] {
        let project = with_neighbour(name, b"");
        let run = project.run(&["lint", "--format", "concise"]);
        assert!(run.stdout.contains(FOUND), "{name}: {}", run.stdout);
        assert_eq!(run.code, 1, "{name}");
    }
}

#[test]
fn a_file_of_50_megabytes() {
    let line = b"# a comment as long as comments are in the file that comes with the server\nsave 900 1\n";
    let mut content = line.repeat(50_000_000 / line.len());
    content.extend_from_slice(b"maxmemory 2gb\nmaxmemory-policy no-eviction\n");
    let project = with_neighbour("redis.conf", &content);
    let started = Instant::now();
    let run = project.run(&["lint", "--format", "concise", "--select", "redis/invalid-value"]);
    assert!(run.stdout.contains(FOUND), "{}", run.stdout);
    assert_eq!(run.stdout.matches("no-eviction").count(), 2, "{}", run.stdout);
    assert!(started.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_line_of_one_megabyte() {
    let mut content = b"maxmemory 2gb\nmaxmemory-policy ".to_vec();
    content.extend(std::iter::repeat_n(b'x', 1 << 20));
    content.push(b'\n');
    let project = with_neighbour("redis.conf", &content);
    let run = project.run(&["lint"]);
    assert!(run.stdout.contains("redis.conf:2:18"), "{}", &run.stdout[..run.stdout.len().min(2_000)]);
    assert!(run.stdout.lines().all(|line| line.len() < 2_000), "a line is printed in full");
    assert!(run.stdout.contains("other/redis.conf:2:18"));
}

#[test]
fn ten_thousand_nested_blocks() {
    let project = with_neighbour("elasticsearch.yml", format!("cluster.name: {}", "[".repeat(10_000)).as_bytes());
    let run = project.run(&["lint", "--format", "concise"]);
    assert!(run.stdout.contains("elasticsearch.yml:1:"), "{}", run.stdout);
    assert!(run.stdout.contains(FOUND), "{}", run.stdout);
}

#[test]
fn an_alias_bomb() {
    let mut bomb = String::from("cluster.name: a\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..30 {
        let item = format!("*a{}", level - 1);
        bomb += &format!("a{level}: &a{level} [{}]\n", [item.as_str(); 10].join(", "));
    }
    let project = with_neighbour("elasticsearch.yml", bomb.as_bytes());
    let started = Instant::now();
    let run = project.run(&["lint", "--format", "concise"]);
    assert!(run.stdout.contains("elasticsearch.yml:"), "{}", run.stdout);
    assert!(run.stdout.contains(FOUND), "{}", run.stdout);
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn an_include_cycle() {
    let project = Project::new(&[
        BROKEN,
        ("a/redis.conf", b"maxmemory 2gb\nmaxmemory-policy allkeys-lru\ninclude more.conf\n"),
        ("a/more.conf", b"appendonly yes\nappendfsync everysec\ninclude redis.conf\n"),
    ]);
    let run = project.run(&["lint", "--format", "concise"]);
    assert!(run.stdout.contains("include"), "{}", run.stdout);
    assert!(run.stdout.contains(FOUND), "{}", run.stdout);
    assert_eq!(run.code, 1);
}

#[cfg(unix)]
#[test]
fn a_symlink_loop() {
    let project = with_neighbour("a/redis.conf", b"maxmemory 2gb\nmaxmemory-policy no-eviction\n");
    std::os::unix::fs::symlink(project.path("a"), project.path("a/again")).unwrap();
    std::os::unix::fs::symlink(project.path("b/redis.conf"), project.path("a/loop.conf")).unwrap();
    std::fs::create_dir_all(project.path("b")).unwrap();
    std::os::unix::fs::symlink(project.path("a/loop.conf"), project.path("b/redis.conf")).unwrap();
    let run = project.run(&["lint", "--format", "concise"]);
    assert!(run.stdout.contains("a/redis.conf:2:18: error:"), "{}", run.stdout);
    assert!(run.stdout.contains(FOUND), "{}", run.stdout);
    assert!(run.stderr.contains("cannot read b/redis.conf: "), "{}", run.stderr);
    assert_eq!(run.code, 2);
}

/// `chmod 000` does not stop root, so a file is used that nobody can read.
#[cfg(target_os = "linux")]
#[test]
fn an_unreadable_file() {
    let project = Project::new(&[BROKEN]);
    std::os::unix::fs::symlink("/proc/self/mem", project.path("redis.conf")).unwrap();
    let run = project.run(&["lint", "--format", "concise"]);
    assert!(run.stderr.starts_with("confvet: cannot read redis.conf: "), "{}", run.stderr);
    assert!(run.stdout.contains(FOUND), "{}", run.stdout);
    assert_eq!(run.code, 2);
}

#[test]
fn a_path_that_does_not_exist() {
    let project = Project::new(&[BROKEN]);
    let run = project.run(&["lint", "--format", "concise", "other", "nowhere"]);
    assert_eq!(run.stderr, "confvet: cannot read nowhere: no such file or directory\n");
    assert!(run.stdout.contains(FOUND), "{}", run.stdout);
    assert_eq!(run.code, 2);
}

#[test]
fn a_directory_named_like_a_file() {
    let project = with_neighbour("redis.conf/redis.conf", b"maxmemory 2gb\nmaxmemory-policy no-eviction\n");
    let run = project.run(&["lint", "--format", "concise"]);
    assert!(run.stdout.contains("redis.conf/redis.conf:2:18: error:"), "{}", run.stdout);
    assert!(run.stdout.contains(FOUND), "{}", run.stdout);
    assert_eq!(run.code, 1);
}

/// The walk has seen the name, reading finds nothing: the same as a link to nowhere, but for the luck of timing.
#[cfg(unix)]
#[test]
fn a_file_that_vanishes() {
    let project = Project::new(&[BROKEN]);
    std::os::unix::fs::symlink(project.path("gone"), project.path("redis.conf")).unwrap();
    let run = project.run(&["lint", "--format", "concise"]);
    assert_eq!(run.stderr, "confvet: cannot read redis.conf: no such file or directory\n");
    assert!(run.stdout.contains(FOUND), "{}", run.stdout);
    assert_eq!(run.code, 2);
}

#[cfg(unix)]
#[test]
fn links_to_nowhere_that_are_no_configuration() {
    let project = Project::new(&[BROKEN]);
    for name in ["COPYING", "tool", "fragment.conf"] {
        std::os::unix::fs::symlink(project.path("gone"), project.path(name)).unwrap();
    }
    let run = project.run(&["lint", "--format", "concise"]);
    assert_eq!(run.stderr, "");
    assert!(run.stdout.contains(FOUND), "{}", run.stdout);
    assert_eq!(run.code, 1);
}

#[test]
fn files_that_come_and_go_while_they_are_read() {
    let project = Project::new(&[BROKEN]);
    let path = project.path("flicker");
    std::fs::create_dir_all(&path).unwrap();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                for index in 0..20 {
                    let file = path.join(format!("redis-{index}.conf"));
                    std::fs::write(&file, "maxmemory 2gb\nmaxmemory-policy noeviction\n").unwrap();
                    std::fs::remove_file(&file).unwrap();
                }
            }
        });
        for _ in 0..20 {
            let run = project.run(&["lint", "--format", "concise"]);
            assert!(run.stdout.contains(FOUND), "{}", run.stdout);
            assert!(run.code == 1 || run.code == 2, "{}", run.code);
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn a_read_only_file_under_fix() {
    let before = b"maxmemory 2gb\nmaxmemory-policy no-eviction\n";
    let project = with_neighbour("redis.conf", before);
    let mut permissions = std::fs::metadata(project.path("redis.conf")).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(project.path("redis.conf"), permissions).unwrap();
    let run = project.run(&["lint", "--fix", "--format", "concise"]);
    assert_eq!(run.stderr, "confvet: cannot write redis.conf: it is read-only; the file is unchanged\n");
    assert!(run.stdout.contains("redis.conf:2:18: error:"), "{}", run.stdout);
    assert_eq!(run.code, 2);
    assert_eq!(project.read("redis.conf"), before);
    assert_eq!(project.read("other/redis.conf"), b"maxmemory 2gb\nmaxmemory-policy noeviction\n");
}

/// A limit on file sizes makes every write fail as a full disk does.
#[cfg(unix)]
#[test]
fn a_full_disk_under_fix() {
    let project = Project::new(&[BROKEN]);
    let binary = env!("CARGO_BIN_EXE_confvet");
    let script = format!("trap '' XFSZ; ulimit -f 0; exec '{binary}' lint --fix --format concise");
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &script]).current_dir(project.root()).stdin(std::process::Stdio::null());
    let run = outcome(command.output().unwrap());
    assert!(run.stderr.starts_with("confvet: cannot write other/redis.conf: "), "{}", run.stderr);
    assert!(run.stderr.ends_with("; the file is unchanged\n"), "{}", run.stderr);
    assert!(run.stdout.contains(FOUND), "{}", run.stdout);
    assert_eq!(run.code, 2);
    assert_eq!(project.read(BROKEN.0), BROKEN.1);
    let left: Vec<_> = std::fs::read_dir(project.path("other")).unwrap().collect();
    assert_eq!(left.len(), 1, "a temporary file is left behind: {left:?}");
}

#[cfg(unix)]
#[test]
fn permissions_survive_a_fix() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::new(&[BROKEN]);
    std::fs::set_permissions(project.path(BROKEN.0), std::fs::Permissions::from_mode(0o640)).unwrap();
    project.run(&["lint", "--fix"]);
    assert_eq!(project.read(BROKEN.0), b"maxmemory 2gb\nmaxmemory-policy noeviction\n");
    assert_eq!(std::fs::metadata(project.path(BROKEN.0)).unwrap().permissions().mode() & 0o777, 0o640);
}
