//! ipsec.conf and swanctl.conf of a gateway with very many tunnels.

use super::{Format, Generator, Shape};
use confvet_testkit::Random;
use std::fmt::Write;

pub(super) static ALL: &[Generator] = &[
    generator("ipsec.conf", Shape::OneFile("ipsec.conf", ipsec_head, connection)),
    generator("swanctl.conf", Shape::OneFile("swanctl.conf", swanctl_head, swanctl_connection)),
];

const fn generator(title: &'static str, shape: Shape) -> Generator {
    Generator { system: "ipsec", title, format: Format::Lines, target: &[("strongswan", "5.9.8")], shape }
}

fn ipsec_head() -> String {
    "# ipsec.conf of the hub\nconfig setup\n    uniqueids=no\n    charondebug=\"ike 1, knl 1, cfg 0\"\n\nconn %default\n    \
     keyexchange=ikev2\n    ikelifetime=8h\n    lifetime=1h\n    dpdaction=restart\n    dpddelay=30s\n    keyingtries=%forever\n\n"
        .to_owned()
}

fn connection(random: &mut Random, number: usize, text: &mut String) {
    let (b, c) = (number / 250 % 250, number % 250);
    let _ = writeln!(text, "# branch {number}, {}", random.service());
    let _ = writeln!(
        text,
        "conn branch-{number}\n    left=192.0.2.1\n    leftid=@hub.example.com\n    leftsubnet=10.255.0.0/16"
    );
    let _ = writeln!(
        text,
        "    right=198.51.{b}.{c}\n    rightid=@branch-{number}.example.com\n    rightsubnet=10.{b}.{c}.0/24"
    );
    text.push_str("    ike=aes256gcm16-prfsha384-ecp384!\n    esp=aes256gcm16-ecp384!\n    authby=psk\n");
    let _ = writeln!(text, "    auto={}\n", random.pick(&["start", "route", "add"]));
}

fn swanctl_head() -> String {
    "# swanctl.conf of the hub\nauthorities {\n}\n\n".to_owned()
}

fn swanctl_connection(random: &mut Random, number: usize, text: &mut String) {
    let (b, c) = (number / 250 % 250, number % 250);
    let _ = writeln!(
        text,
        "connections {{\n    # branch {number}, {}\n    branch-{number} {{\n        version = 2\n        \
         local_addrs = 192.0.2.1\n        remote_addrs = 198.51.{b}.{c}\n        proposals = aes256gcm16-prfsha384-ecp384\n        \
         dpd_delay = 30s\n        local {{\n            auth = psk\n            id = hub.example.com\n        }}\n        \
         remote {{\n            auth = psk\n            id = branch-{number}.example.com\n        }}\n        children {{\n            \
         net {{\n                local_ts = 10.255.0.0/16\n                remote_ts = 10.{b}.{c}.0/24\n                \
         esp_proposals = aes256gcm16-ecp384\n                start_action = trap\n                dpd_action = restart\n            \
         }}\n        }}\n    }}\n}}\n",
        random.service()
    );
}
