//! Secrets in IPsec files never reach what the command prints, in any format, whatever is wrong with the file.

use crate::support::Project;

/// In every secret below.
const MARK: &str = "Zk9SeCrEt7Qx";

const CONF: &str = "conn a\n\tauthby=secret\n\tleft=198.51.100.10\n\tleftid=@a\n\tright=203.0.113.20\n\trightid=@b\n\
    \tkeyexchange=ikev2\n\tauto=start\n";

/// Each with a fault of its own, so that each line is shown by some finding.
const SECRETS: &[&str] = &[
    "@x @y : PSK \"Zk9SeCrEt7Qx\"\n",
    "@a @b: PSK \"Zk9SeCrEt7Qx-and-more-of-it\"\n@c : PSK \"Zk9SeCrEt7Qx\"\n",
    "@a @b : psk \"Zk9SeCrEt7Qx-and-more-of-it\"\n",
    "@a @b : PSK \"Zk9SeCrEt7Qx-first-half\nZk9SeCrEt7Qx-second-half\"\n@c : PSK \"Zk9SeCrEt7Qx\"\n",
    "@a @b : PSK Zk9SeCrEt7Qx words behind it\n",
    "@a @b : PSK 0xZk9SeCrEt7Qx\n",
    "@a, @b : PSK \"Zk9SeCrEt7Qx\"\n",
    "Zk9SeCrEt7Qx\n",
    "user : EAP Zk9SeCrEt7Qx\n: RSA key.pem \"Zk9SeCrEt7Qx\"\n@a @b :PSK x\n",
    "  : PSK \"Zk9SeCrEt7Qx\"\n\t@a @b: PSK \"Zk9SeCrEt7Qx\"\n",
];

const SWANCTL: &str = "connections {\n\tsite {\n\t\tremote_addrs = 203.0.113.20\n\t\tdpd_action = restart\n\
    \t\tlocal {\n\t\t\tauth = psk\n\t\t\tid = a\n\t\t}\n\t\tremote {\n\t\t\tauth = psk\n\t\t}\n\t\tchildren {\n\
    \t\t\tnet {\n\t\t\t\tremote_ts = 10.2.0.0/16\n\t\t\t}\n\t\t}\n\t}\n}\nsecrets {\n\tpsk-1 {\n\
    \t\tsecret = Zk9SeCrEt7Qx\n\t}\n\tike-2 {\n\t\tid = elsewhere\n\t\tsecret = \"Zk9SeCrEt7Qx\"\n\t}\n}\n";

const COMMANDS: &[&[&str]] = &[
    &["lint", "."],
    &["lint", ".", "--format", "concise"],
    &["lint", ".", "--format", "json"],
    &["lint", ".", "--diff"],
    &["lint", ".", "--unsafe-fixes", "--diff"],
    &["lint", ".", "--statistics"],
    &["detect", "."],
    &["model", "etc/ipsec.conf"],
    &["model", "etc/ipsec.secrets"],
    &["model", "swanctl/swanctl.conf"],
    &["lint", ".", "--unsafe-fixes"],
];

#[test]
fn no_secret_is_printed() {
    for target in ["strongswan=5.9.8", "libreswan=4.10", ""] {
        for secrets in SECRETS {
            let files = [
                ("etc/ipsec.conf", CONF.as_bytes()),
                ("etc/ipsec.secrets", secrets.as_bytes()),
                ("swanctl/swanctl.conf", SWANCTL.as_bytes()),
            ];
            let project = Project::new(&files);
            for arguments in COMMANDS {
                let mut arguments = arguments.to_vec();
                if arguments[0] == "lint" && !target.is_empty() {
                    arguments.extend(["--target", target]);
                }
                let run = project.run(&arguments);
                let printed = format!("{}{}", run.stdout, run.stderr);
                assert!(!printed.contains(MARK), "{arguments:?} with {secrets:?} prints\n{printed}");
            }
        }
    }
}

#[test]
fn a_difference_shows_what_changes_and_no_secret() {
    let project = Project::new(&[("ipsec.secrets", SECRETS[3].as_bytes())]);
    let arguments = ["lint", ".", "--target", "strongswan=5.9.8", "--diff", "--color", "never"];
    let run = project.run(&arguments);
    assert!(run.stdout.contains("\n-@a @b : PSK") && run.stdout.contains("\n+@a @b : PSK"), "{}", run.stdout);
    assert!(!run.stdout.contains(MARK));
    let on_disk = String::from_utf8(project.read("ipsec.secrets")).unwrap();
    assert_eq!(on_disk, SECRETS[3]);
}

#[cfg(unix)]
#[test]
fn permissions_of_a_secrets_file_in_use_are_judged() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::new(&[("etc/ipsec.secrets", b": PSK \"Yx4Tn7Qe2Lp9Vb6Hm3Rk8Wc5Zd1Fs0Ga\"\n")]);
    let lint = |mode, facts: &[&str]| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(project.path("etc/ipsec.secrets"), permissions).unwrap();
        project.run(&[&["lint", "."], facts].concat()).stdout.contains("(mode 0644)")
    };
    assert!(lint(0o644, &["--fact", "live=true"]));
    assert!(!lint(0o600, &["--fact", "live=true"]));
    assert!(!lint(0o644, &[]), "a checkout has the permissions of the checkout");
}
