//! haproxy.cfg of a large edge: many backends, and frontends full of ACLs.

use super::{Format, Generator, Shape};
use confvet_testkit::Random;
use std::fmt::Write;

pub(super) static ALL: &[Generator] = &[
    generator("backends", Shape::OneFile("haproxy.cfg", head, backend)),
    generator("access lists", Shape::OneFile("haproxy.cfg", frontend_head, access_list)),
    generator("small files", Shape::ManyFiles("haproxy.cfg", small)),
];

const fn generator(title: &'static str, shape: Shape) -> Generator {
    Generator { system: "haproxy", title, format: Format::Lines, target: &[("haproxy", "2.8.3")], shape }
}

fn head() -> String {
    "# Edge of the shop\nglobal\n    log /dev/log local0\n    chroot /var/lib/haproxy\n    user haproxy\n    group haproxy\n    \
     daemon\n    maxconn 40000\n    stats socket /run/haproxy/admin.sock mode 660 level admin\n    \
     ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets\n\ndefaults\n    log global\n    mode http\n    \
     option httplog\n    option dontlognull\n    timeout connect 5s\n    timeout client 30s\n    timeout server 30s\n    \
     timeout http-request 10s\n    timeout queue 5s\n    timeout check 2s\n    option redispatch\n\n"
        .to_owned()
}

fn backend(random: &mut Random, number: usize, text: &mut String) {
    let service = random.service();
    let _ = writeln!(text, "# ---- {service}: {} requests a second at noon", random.below(4000));
    let _ = writeln!(text, "backend be_{service}_{number}\n    balance {}", random.pick(&["roundrobin", "leastconn"]));
    text.push_str(
        "    option httpchk\n    http-check send meth GET uri /healthz ver HTTP/1.1 hdr Host health.internal\n",
    );
    text.push_str("    http-check expect status 200\n    default-server inter 3s fall 3 rise 2 maxconn 200\n");
    let sticky = random.chance(30);
    if sticky {
        text.push_str("    cookie SRV insert indirect nocache httponly secure\n    #compression algo gzip\n");
    }
    for server in 0..3 + random.below(6) {
        let cookie = if sticky { format!(" cookie s{server}") } else { String::new() };
        let port = 8000 + random.below(900);
        let _ = writeln!(text, "    server {service}-{server} {}:{port} check{cookie}", random.address());
    }
    text.push('\n');
}

fn frontend_head() -> String {
    head()
        + "backend be_default\n    server one 10.0.0.9:8080 check\n\nfrontend fe_https\n    \
           bind *:443 ssl crt /etc/haproxy/certs/ alpn h2,http/1.1\n    http-request set-header X-Forwarded-Proto https\n    \
           default_backend be_default\n\n"
}

fn access_list(random: &mut Random, number: usize, text: &mut String) {
    let service = random.service();
    if random.chance(15) {
        let _ = writeln!(text, "\n    # {service}: open to partners since the migration");
    }
    let _ = writeln!(text, "    acl is_{service}_{number} hdr(host) -i {service}-{number}.example.com");
    if random.chance(40) {
        let _ = writeln!(text, "    acl from_{number} src {}/32 {}/24", random.address(), random.address());
        let _ = writeln!(text, "    http-request deny deny_status 403 if is_{service}_{number} !from_{number}");
    }
    let _ = writeln!(text, "    use_backend be_default if is_{service}_{number}");
}

fn small(random: &mut Random, number: usize) -> String {
    let mut text = head();
    let _ = writeln!(text, "frontend fe_{number}\n    bind *:{}\n    default_backend be_main\n", 8000 + number % 1000);
    text.push_str("backend be_main\n    balance roundrobin\n    option httpchk GET /healthz\n");
    for server in 0..3 {
        let _ = writeln!(text, "    server s{server} {}:8080 check inter 2s", random.address());
    }
    text
}
