//! nginx.conf of a host with very many sites, of an API gateway, and small files.

use super::{Format, Generator, Shape};
use confvet_testkit::Random;
use std::fmt::Write;

pub(super) static ALL: &[Generator] = &[
    generator("sites", Shape::OneFile("sites.conf", String::new, site)),
    generator("gateway", Shape::OneFile("gateway.conf", String::new, gateway)),
    generator("small files", Shape::ManyFiles("nginx.conf", small)),
];

const fn generator(title: &'static str, shape: Shape) -> Generator {
    Generator { system: "nginx", title, format: Format::Lines, target: &[("nginx", "1.24.0")], shape }
}

fn site(random: &mut Random, number: usize, text: &mut String) {
    let service = random.service();
    let name = format!("{service}-{number}.example.com");
    let _ = writeln!(
        text,
        "# {name}\nserver {{\n    listen 80;\n    server_name {name};\n    return 301 https://$host$request_uri;\n}}\n"
    );
    let _ = writeln!(
        text,
        "server {{\n    listen 443 ssl;\n    server_name {name} www.{name};\n    root /srv/www/{name};\n    index index.html;\n"
    );
    let _ = writeln!(
        text,
        "    ssl_certificate     /etc/letsencrypt/live/{name}/fullchain.pem;\n    ssl_certificate_key /etc/letsencrypt/live/{name}/privkey.pem;"
    );
    text.push_str(
        "    ssl_protocols TLSv1.2 TLSv1.3;\n    add_header Strict-Transport-Security \"max-age=31536000\" always;\n\n",
    );
    text.push_str("    location / {\n        try_files $uri $uri/ =404;\n    }\n\n");
    text.push_str("    location ~* \\.(?:css|js|woff2?)$ {\n        expires 30d;\n        access_log off;\n    }\n");
    if random.chance(40) {
        let _ = writeln!(
            text,
            "\n    # the old shop\n    location /old/ {{\n        rewrite ^/old/(.*)$ /$1 permanent;\n    }}"
        );
    }
    text.push_str("}\n\n");
}

fn gateway(random: &mut Random, number: usize, text: &mut String) {
    let service = random.service();
    let _ = writeln!(text, "upstream {service}_{number} {{\n    least_conn;\n    keepalive 32;");
    for _ in 0..3 + random.below(4) {
        let _ = writeln!(
            text,
            "    server {}:{} max_fails=2 fail_timeout=10s;",
            random.address(),
            8000 + random.below(900)
        );
    }
    let _ = writeln!(
        text,
        "}}\n\nserver {{\n    listen {};\n    server_name {service}-{number}.internal;\n",
        10_000 + number % 50_000
    );
    for path in ["v1", "v2", "admin"] {
        let _ = writeln!(
            text,
            "    location /{path}/ {{\n        proxy_pass http://{service}_{number};\n        proxy_http_version 1.1;"
        );
        text.push_str("        proxy_set_header Connection \"\";\n        proxy_set_header Host $host;\n");
        text.push_str(
            "        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n        proxy_connect_timeout 2s;\n",
        );
        text.push_str("        proxy_read_timeout 30s;   # slower is a bug\n    }\n");
    }
    text.push_str("}\n\n");
}

fn small(random: &mut Random, number: usize) -> String {
    let mut text = String::from(
        "user www-data;\nworker_processes auto;\npid /run/nginx.pid;\n\nevents {\n    worker_connections 4096;\n}\n\nhttp {\n    \
         include mime.types;\n    default_type application/octet-stream;\n    sendfile on;\n    keepalive_timeout 65;\n    \
         server_tokens off;\n    # access_log off;\n\n",
    );
    site(random, number, &mut text);
    text.push_str("}\n");
    text
}
