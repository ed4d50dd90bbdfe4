//! A repository of many programs: Patroni's files are found, and no others.

use confvet_core::System;
use confvet_patroni::Patroni;

const LOCAL: &str = "scope: main\nname: pg1\nrestapi: {listen: a:1}\npostgresql:\n  data_dir: /pg\n  listen: a:1\n";

/// Path, text, and the kind of file it is.
const FILES: &[(&str, &str, Option<&str>)] = &[
    ("db/pg1/patroni.yml", LOCAL, Some("patroni-yml")),
    ("db/pg1/whatever.yaml", LOCAL, Some("patroni-yml")),
    ("db/dynamic.yml", "ttl: 30\nloop_wait: 10\npostgresql:\n  use_slots: true\n", Some("patroni-dynamic")),
    ("db/pg1/pg_hba.conf", "# TYPE\nlocal all all peer\nhost all all all md5\n", Some("pg-hba")),
    ("db/pg1/postgresql.base.conf", "port = 5432\nshared_buffers = 1GB\n", Some("postgresql-conf")),
    ("db/patroni.env", "PATRONI_SCOPE=main\nPATRONI_NAME=pg1\n", Some("patroni-env")),
    (
        "k8s/map.yaml",
        "apiVersion: v1\nkind: ConfigMap\ndata:\n  patroni.yaml: |\n    scope: main\n    postgresql:\n      listen: a:1\n",
        Some("patroni-manifest"),
    ),
    (
        "k8s/spilo.yaml",
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - env:\n    - name: SPILO_CONFIGURATION\n      value: |\n        bootstrap: {dcs: {ttl: 30}}\n",
        Some("patroni-manifest"),
    ),
    (
        "consul/pg.json",
        "{\"service\": {\"name\": \"pg\", \"check\": {\"http\": \"http://10.0.0.1:8008/primary\"}}}",
        Some("patroni-consul"),
    ),
    // What looks alike and is something else.
    (
        "k8s/app.yaml",
        "apiVersion: v1\nkind: Service\nspec:\n  selector: {role: primary}\n  ports: [{port: 80}]\n",
        None,
    ),
    ("k8s/notes.yaml", "apiVersion: v1\nkind: ConfigMap\ndata:\n  readme: |\n    patroni: see patroni.yml\n", None),
    (
        "k8s/cnpg.yaml",
        "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nspec:\n  postgresql:\n    parameters: {ssl: \"on\"}\n    pg_hba: [host all all all md5]\n",
        None,
    ),
    (
        "k8s/zalando.yaml",
        "apiVersion: acid.zalan.do/v1\nkind: postgresql\nspec:\n  patroni:\n    ttl: 30\n    pg_hba: [local all all trust]\n",
        None,
    ),
    (
        "k8s/crunchy.yaml",
        "apiVersion: postgres-operator.crunchydata.com/v1beta1\nkind: PostgresCluster\nspec:\n  patroni:\n    dynamicConfiguration: {postgresql: {parameters: {work_mem: 4MB}}}\n",
        None,
    ),
    ("compose.yml", "services:\n  pg:\n    image: patroni\n    environment:\n      PATRONI_SCOPE: main\n", None),
    ("ansible/inventory.yml", "all:\n  hosts: {pg1: {patroni_scope: main}}\n", None),
    ("ansible/roles/patroni/defaults/main.yml", "patroni_scope: main\npatroni_restapi_port: 8008\n", None),
    ("ansible/playbook.yml", "- hosts: all\n  roles: [patroni]\n", None),
    ("monitoring/prometheus.yml", "global: {scrape_interval: 15s}\nscrape_configs: [{job_name: patroni}]\n", None),
    ("monitoring/postgres_exporter.yml", "auth_modules: {a: {type: userpass}}\npostgresql: {host: db}\n", None),
    ("app/config.yml", "postgresql:\n  host: db\n  port: 5432\nkubernetes: true\n", None),
    ("app/cache.yml", "ttl: 30\nslots: 4096\nname: x\n", None),
    ("pgbouncer/pgbouncer.ini", "[pgbouncer]\nlisten_port = 6432\n", None),
    (
        "pgpool/pgpool.conf",
        "listen_addresses = '*'\nport = 9999\nbackend_hostname0 = 'a'\nnum_init_children = 32\n",
        None,
    ),
    ("backup/pgbackrest.conf", "[global]\nrepo1-path=/backup\n", None),
    ("redis/redis.conf", "port 6379\nmaxmemory 2gb\n", None),
    ("web/nginx.conf", "events {}\nhttp { server { listen 80; } }\n", None),
    ("lb/haproxy.cfg", "backend pg\n  option httpchk GET /primary\n", None),
    ("vpn/ipsec.conf", "conn a\n  left = 10.0.0.1\n  auto = start\n  type = tunnel\n  keyexchange = ikev2\n", None),
    (
        "etc/sysctl.d/99-gateway.conf",
        "net.ipv4.ip_forward = 1\nnet.ipv4.conf.all.rp_filter = 0\nvm.swappiness = 1\nvm.overcommit_memory = 2\n",
        None,
    ),
    (".env", "PATRONI_SCOPE=main\nPOSTGRES_PASSWORD=x\n", None),
    ("package.json", "{\"name\": \"services\", \"scripts\": {\"check\": \"curl http://localhost:8008\"}}", None),
    ("terraform/main.hcl", "service \"web\" {\n  check { http = \"http://localhost:80/health\" }\n}\n", None),
];

#[test]
fn patronis_files_are_found_and_no_others() {
    for &(path, text, expected) in FILES {
        let kind = Patroni::detect(path, text).filter(|_| Patroni::might_be(path)).map(|detection| detection.kind);
        assert_eq!(kind, expected, "{path}");
    }
}
