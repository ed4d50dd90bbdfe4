//! Statements that HAProxy 2.6 refuses beside their nearest neighbours that it takes, class by class.

#![allow(clippy::unwrap_used, reason = "a test")]

mod shared;

use shared::{DEFAULTS, backend, frontend, refused};

/// Each line in a frontend.
#[track_caller]
fn in_frontend(taken: &[&str], refused_lines: &[&str]) {
    in_section(|line| frontend(&format!("    {line}\n")), taken, refused_lines);
}

/// Each line in a backend, in front of its server.
#[track_caller]
fn in_backend(taken: &[&str], refused_lines: &[&str]) {
    let text = |line: &str| backend(&format!("    {line}\n    server a1 10.0.0.11:8080\n"));
    in_section(text, taken, refused_lines);
}

#[track_caller]
fn in_section(text: impl Fn(&str) -> String, taken: &[&str], refused_lines: &[&str]) {
    for line in taken {
        assert_eq!(refused(&text(line)), Vec::<&str>::new(), "{line}");
    }
    for line in refused_lines {
        assert_ne!(refused(&text(line)), Vec::<&str>::new(), "{line}");
    }
}

/// Each expression where it gives a value.
#[track_caller]
fn expressions(taken: &[&str], refused_lines: &[&str]) {
    let text = |expression: &str| frontend(&format!("    http-request set-var(txn.x) {expression}\n"));
    in_section(text, taken, refused_lines);
}

#[test]
fn arguments_of_fetches() {
    expressions(
        &["distcc_body(ABCD)", "internal.htx_blk.data(head)", "internal.htx_blk.type(0)", "var(txn.a)"],
        &["distcc_body", "distcc_param(b)", "internal.htx_blk.data(+1)", "internal.htx_blk.type", "var()", "var(,b)"],
    );
}

#[test]
fn arguments_of_converters() {
    let on =
        |converters: &[&str]| -> Vec<String> { converters.iter().map(|call| format!("req.hdr(a),{call}")).collect() };
    let taken = on(&[
        "add_item(a,txn.b)",
        "add_item(a,,b)",
        "be2dec(:,2)",
        "be2hex(:,1)",
        "be2hex",
        "debug(a,stderr)",
        "digest(SHA-256)",
        "fix_tag_value(35)",
        "fix_tag_value(msgtype)",
        "hmac(sha256,YQ==)",
        "hmac(sha256,txn.key)",
        "json_query('$.a','int')",
        "jwt_payload_query",
        "jwt_verify(RS256,\"/key.pem\")",
        "jwt_verify(txn.alg,a)",
        "mqtt_field_value(connect,flags)",
        "aes_gcm_dec(128,txn.a,YQ==,txn.c)",
        "regsub(a,b,ig)",
    ]);
    let refused_lines = on(&[
        "add_item(a,b)",
        "add_item(a,,)",
        "be2dec(:,9)",
        "be2dec",
        "be2hex(:)",
        "debug(a,nowhere)",
        "digest(txn.a)",
        "digest()",
        "fix_tag_value(0)",
        "fix_tag_value(Symbol)",
        "hmac(sha256,a)",
        "json_query()",
        "json_query(a,'INT')",
        "jwt_verify(hs256,a)",
        "mqtt_field_value(publish,17)",
        "mqtt_field_value(connect,)",
        "aes_gcm_dec(128,a,YQ==,txn.c)",
        "set-var()",
        "unset-var",
        "strcmp",
        "secure_memcmp()",
        "regsub(a,b,q)",
    ]);
    expressions(
        &taken.iter().map(String::as_str).collect::<Vec<_>>(),
        &refused_lines.iter().map(String::as_str).collect::<Vec<_>>(),
    );
}

#[test]
fn a_ring_is_an_output_of_debug() {
    let text = |ring: &str| {
        format!("ring {ring}\n    size 1000\n{}", frontend("    http-request set-var(txn.x) src,debug(a,log)\n"))
    };
    assert_eq!(refused(&text("log")), Vec::<&str>::new());
    assert_eq!(refused(&text("other")), ["haproxy/invalid-value"]);
    let below = frontend("    http-request set-var(txn.x) src,debug(a,log)\n") + "ring log\n    size 1000\n";
    assert_eq!(refused(&below), ["haproxy/invalid-value"]);
}

#[test]
fn patterns_of_acls() {
    in_frontend(
        &[
            "acl z method GET",
            "acl z payload(1,1) 0a",
            "acl z payload(1,1) -m str zz",
            "acl z req.ssl_ver gt 3.1",
            "acl z req_ssl_ver 3.1:3.3",
            "acl z src 10.0.0.0/8 fe80::/10",
            "acl z src some.host",
            "acl z path_reg ^/a(b|[)])$",
            "acl z path_reg -m str (a",
        ],
        &[
            "acl z meth GET",
            "acl z payload(1,1) 0a0",
            "acl z req.payload(1,1) -m bin zz",
            "acl z req.ssl_ver foo",
            "acl z src -n some.host",
            "acl z src fe80::/129",
            "acl z src fe80:::1",
            "acl z path_reg (a",
            "acl z path -m reg a)",
            "acl z path_reg -i [a",
            "acl z path,lower -m reg 'a\\'",
        ],
    );
}

#[test]
fn groups_of_users() {
    let lists = "userlist ops\n    group admins users ann\n    user ann insecure-password x\n";
    let text = |acl: &str| format!("{lists}{}", frontend(&format!("    acl z http_auth_group(ops) {acl}\n")));
    assert_eq!(refused(&text("admins")), Vec::<&str>::new());
    assert_eq!(refused(&text("root")), ["haproxy/invalid-value"]);
    assert_eq!(refused(&text("")), ["haproxy/invalid-value"]);
}

#[test]
fn regular_expressions_of_actions() {
    in_frontend(
        &[
            "http-request replace-path ^/(.*) /\\1",
            "http-request del-header X- -m beg",
            "http-request del-header X( -m str",
        ],
        &[
            "http-request replace-path ^/(.* /\\1",
            "http-request replace-header X [a b",
            "http-request set-header X %[path,regsub(\"(a\",b)]",
            "http-request del-header X( -m reg",
            "http-request del-header X -m like",
        ],
    );
}

#[test]
fn moments_at_which_a_sample_is_there() {
    in_frontend(
        &["unique-id-format %[src]-%[req.hdr(a)]", "http-response set-header X %[res.ver]"],
        &["unique-id-format %[srv_id]", "unique-id-format %[res.hdr(a)]", "http-response set-header X %[req.ver]"],
    );
    in_backend(
        &["balance hash req.hdr(host)", "balance hash var(txn.a)"],
        &["balance hash status", "balance hash var(a)", "balance hash ipv4(a)"],
    );
}

#[test]
fn options_of_bind() {
    in_frontend(
        &[
            "bind :81 mode 0660",
            "bind :81 mss -1",
            "bind :81 nice -1024",
            "bind :81 process 1/1-4",
            "bind :81 process all",
            "bind :81 proto h2",
            "bind :81 shards by-thread",
            "bind :81 thread 1/odd",
            "bind :81 thread 1-",
            "bind :81 ca-ignore-err 1,2",
            "bind :81 accept-netscaler-cip 5",
        ],
        &[
            "bind :81 mode 9",
            "bind :81 mss 65536",
            "bind :81 nice 1025",
            "bind :81 process 2",
            "bind :81 process 1/x",
            "bind :81 proto fcgi",
            "bind :81 proto H2",
            "bind :81 shards 65",
            "bind :81 shards by-group",
            "bind :81 thread 2/1",
            "bind :81 thread 1,2",
            "bind :81 ca-ignore-err X509_V_ERR_CERT_HAS_EXPIRED",
            "bind :81 ca-ignore-err 0",
            "bind :81 backlog -1",
            "bind :81 id 0",
            "bind :81 accept-netscaler-cip x",
        ],
    );
}

#[test]
fn options_of_servers() {
    in_backend(
        &[
            "server t 10.0.0.1:81 inter 1us",
            "server t 10.0.0.1:81 slowstart 0",
            "server t 10.0.0.1:81 proto h2",
            "server t 10.0.0.1:81 check-proto none",
            "server t 10.0.0.1:81 resolve-net 10.0.0.0/8,fe80::/10",
            "server t 10.0.0.1:81 socks4 10.0.0.2:1080",
            "server t 10.0.0.1:81 source 10.0.0.2 usesrc clientip",
            "server t 10.0.0.1:81 pool-max-conn -1",
            "server t 10.0.0.1:81 sni req.hdr(host)",
            "default-server no-sslv3 check",
        ],
        &[
            "server t 10.0.0.1:81 inter 0",
            "server t 10.0.0.1:81 fastinter 0s",
            "server t 10.0.0.1:81 proto h3",
            "server t 10.0.0.1:81 check-proto 1s",
            "server t 10.0.0.1:81 resolve-net 10.0",
            "server t 10.0.0.1:81 socks4 10.0.0.2",
            "server t 10.0.0.1:81 source",
            "server t 10.0.0.1:81 source 10.0.0.2 usesrc",
            "server t 10.0.0.1:81 pool-max-conn -2",
            "server t 10.0.0.1:81 id 0",
            "server t 10.0.0.1:81 sni /x",
            "server t 10.0.0.1:81 sni nope(a)",
            "default-server no-sslv3 chek",
        ],
    );
}

#[test]
fn statements_of_proxies() {
    in_frontend(
        &["clitcpka-idle 10s", "no option logasap", "default option redispatch", "no log", "stick nonsense", "id 5"],
        &[
            "clitcpka-idle",
            "default option logasap",
            "default option httpclose",
            "default log",
            "no log global",
            "use-server a1 if TRUE",
            "id 0",
            "bind-process 1-4",
        ],
    );
    in_backend(
        &["source 10.0.0.1:80", "dispatch :80", "option forwardfor except 10.0.0.0/8"],
        &[
            "source 10.0.0.1:80-90",
            "source 10.0.0.1 interface",
            "source",
            "dispatch",
            "option forwardfor except there",
            "option originalto except 10.0.0.0/33",
        ],
    );
    assert_ne!(refused(&format!("{DEFAULTS}    source 10.0.0.1 2\n")), Vec::<&str>::new());
}

#[test]
fn words_of_actions() {
    in_frontend(
        &[
            "http-request set-mark 0x5",
            "http-request set-mark 5 if TRUE",
            "http-request sc-set-gpt0(1) -5",
            "http-request set-var-fmt(txn.x)",
            "http-request return status 404 if TRUE",
            "http-request deny deny_status 404",
        ],
        &[
            "http-request set-mark 5x",
            "http-request set-mark",
            "http-request set-mark str(a)",
            "http-request set-tos",
            "http-request sc-set-gpt0(1) 0x5",
            "http-request return deny_status 404",
            "http-request set-timeout server 5s",
            "http-response capture src len 5",
            "http-request capture src len 0",
            "http-request cache-use %[src]",
        ],
    );
    in_backend(
        &["http-request set-timeout server 5s", "http-request set-timeout tunnel int(5) if TRUE"],
        &["http-request set-timeout client 5s", "http-request set-timeout server 5x", "http-request capture src len 5"],
    );
}

#[test]
fn what_belongs_to_an_action_is_no_condition() {
    in_frontend(
        &[
            "http-request replace-value 50 if NOWHERE",
            "http-request replace-header X if unless",
            "http-request set-header X if",
            "http-request set-header if if if TRUE",
            "http-request set-path if if TRUE",
            "http-request del-header if",
        ],
        &[
            "http-request replace-value X ^a b if NOWHERE",
            "http-request set-path if TRUE",
            "http-request set-header X Y if NOWHERE",
        ],
    );
}

#[test]
fn formats() {
    in_frontend(
        &[
            "http-request set-header X 100%%",
            "http-request set-header %zz %ci_a",
            "http-request del-header %[nonsense]",
            "http-request auth realm 100%",
            "http-request return status 200 content-type text/plain string 100%",
            "http-response set-status 200 reason 100%",
            "redirect location /a%20b",
            "monitor-uri /100%",
            "log-format \"%{+Q}o %ci %[src]\"",
            "default_backend app",
        ],
        &[
            "http-request redirect location /a%20b",
            "http-request set-header X 100%",
            "http-request replace-path a %zz",
            "http-request set-map(/dev/null) % a",
            "http-request return status 200 hdr X %zz",
            "http-request deny content-type text/plain lf-string %zz",
            "use_backend %zz if TRUE",
            "log-format %[src",
            "unique-id-format %{+X}",
            "http-request set-var-fmt(txn.x) %zz",
        ],
    );
    in_backend(
        &["http-check send uri /%zz body %zz", "tcp-check send %zz"],
        &["http-check send hdr X %zz", "http-check send uri-lf /%zz", "tcp-check send-lf %zz"],
    );
}

#[test]
fn words_that_must_be_there() {
    for statement in ["compression", "description", "id", "unique-id-header", "retry-on", "hash-type"] {
        assert_ne!(refused(&backend(&format!("    {statement}\n"))), Vec::<&str>::new(), "{statement}");
    }
    in_backend(
        &["server-template t 1-3 10.0.0.1:81", "server-template t 5x 10.0.0.1:81"],
        &["server-template t 0 10.0.0.1:81", "server-template t 3-1 10.0.0.1:81", "server-template t x 10.0.0.1:81"],
    );
}

#[test]
fn counters_and_variables_with_conditions() {
    in_frontend(
        &["http-request set-var(txn.x,ifset) src", "stick-table type ip size 1k\n    http-request track-sc2 src"],
        &[
            "http-request set-var(txn.x,iffy) src",
            "http-request set-var(txn.x) src,set-var(txn.y,iffy)",
            "stick-table type ip size 1k\n    http-request track-sc3 src",
        ],
    );
    in_backend(&["server t 10.0.0.1:81 check-ssl verify none"], &["server t 10.0.0.1:81 check-ssl"]);
    expressions(
        &["req.body,ungrpc(1,int32)", "fc_rtt", "fc_rtt(us)"],
        &["req.body,ungrpc(1,string)", "fc_rtt()", "bin"],
    );
}

#[test]
fn what_checks_expect() {
    in_backend(
        &[
            "http-check expect status 200,300-399",
            "http-check expect ! rstatus ^5",
            "http-check expect comment x min-recv 5 string up",
            "http-check expect hdr name x value -m beg y",
        ],
        &[
            "http-check expect 200",
            "http-check expect state 200",
            "http-check expect status",
            "http-check expect status 2xx",
            "http-check expect rstring (up",
        ],
    );
}

#[test]
fn a_dollar_sign_in_single_quotes_is_one() {
    expressions(
        &["req.body,json_query('$.a','int')", "req.body,json_query('$.a')", "req.body,json_query($1,'INT')"],
        &["req.body,json_query('$.a','INT')", "req.body,json_query('$.a','int','b')"],
    );
}

#[test]
fn captures_go_into_slots_that_are_there() {
    let declared = "http-request capture req.hdr(a) id 0\n    declare capture request len 3";
    in_frontend(
        &[
            declared,
            "capture request header X len 3\n    http-request capture req.hdr(a) id 0",
            "http-request capture req.hdr(a) id 0\n    http-request capture req.hdr(b) len 3",
            "tcp-request inspect-delay 1s\n    tcp-request content capture req.hdr(b) len 3\n    \
             http-request capture req.hdr(a) id 0",
            "declare capture response len 3\n    http-response capture res.hdr(a) id 0",
            "http-request capture req.hdr(a) id -1",
        ],
        &[
            "http-request capture req.hdr(a) id 0",
            "declare capture request len 3\n    http-request capture req.hdr(a) id 1",
            "declare capture response len 3\n    http-request capture req.hdr(a) id 0",
            "declare capture response len 3\n    http-response capture res.hdr(a) id 1",
            "declare capture request len 3\n    http-request capture req.hdr(a) id 0x",
            "declare capture request len 3\n    tcp-request content capture req.hdr(a) id 0",
            "capture cookie A len 3\n    http-request capture req.hdr(a) id 0",
        ],
    );
    in_backend(&["http-request capture req.hdr(a) id 7"], &["http-request capture req.hdr(a) id x"]);
}

/// Each line in `global`.
#[track_caller]
fn in_global(taken: &[&str], refused_lines: &[&str]) {
    in_section(|line| format!("global\n    {line}\n{}", frontend("")), taken, refused_lines);
}

#[test]
fn words_of_global() {
    in_global(
        &["daemon", "quiet", "master-worker no-exit-on-failure", "uid x", "gid 1x", "maxpipes -1", "node a.b"],
        &["daemon x", "quiet on", "master-worker on", "uid", "gid 1 2", "maxpipes", "node a:b", "node", "chroot a b"],
    );
    in_global(
        &["setenv A b", "setenv A b c", "h1-case-adjust host Host", "set-var proc.x int(1)", "unsetenv A B C"],
        &[
            "setenv A",
            "setenv A b c d",
            "h1-case-adjust host Hosts",
            "h1-case-adjust host",
            "set-var txn.x int(1)",
            "unsetenv",
        ],
    );
    in_global(
        &[
            "stats maxconn 10 20",
            "stats timeout 10s x",
            "grace 1 2",
            "unix-bind prefix /run mode 600",
            "lua-prepend-path a cpath",
        ],
        &["stats maxconn", "stats maxconn 0", "stats", "stats socket", "max-spread-checks 1 2", "lua-prepend-path a b"],
    );
}

#[test]
fn numbers_of_global() {
    in_global(
        &[
            "maxcompcpuusage 1x",
            "spread-checks 50",
            "tune.comp.maxlevel 9",
            "tune.h2.header-table-size 4096",
            "tune.h2.initial-window-size",
            "tune.maxaccept -1",
            "tune.lua.maxmem -1",
            "tune.vars.txn-max-size",
            "tune.ssl.default-dh-param -5",
            "tune.http.maxhdr 9",
            "nbthread 064",
            "tune.idletimer 65535",
        ],
        &[
            "maxcompcpuusage 101",
            "spread-checks 51",
            "tune.comp.maxlevel 10",
            "tune.h2.header-table-size 4095",
            "tune.h2.initial-window-size -1",
            "tune.maxaccept 99999999999",
            "tune.lua.maxmem 1x",
            "tune.vars.txn-max-size 1k",
            "tune.ssl.default-dh-param 1023",
            "tune.http.maxhdr 32768",
            "nbthread 65",
            "tune.idletimer 65536",
        ],
    );
}

#[test]
fn choices_of_global() {
    in_global(
        &["profiling.tasks auto", "tune.ssl.keylog on", "ssl-server-verify none", "ssl-load-extra-files bundle key"],
        &["profiling.tasks yes", "tune.ssl.keylog auto", "ssl-server-verify off", "ssl-load-extra-files pem"],
    );
    in_global(
        &["ssl-default-bind-options no-sslv3 no-tls-tickets", "ssl-default-bind-options prefer-client-ciphers"],
        &["ssl-default-bind-options no-tlsv1", "ssl-default-server-options prefer-client-ciphers"],
    );
}

#[test]
fn lines_of_health_checks() {
    in_backend(
        &[
            "option httpchk\n    http-check send meth GET uri / ver HTTP/1.1 hdr a b comment c",
            "option httpchk\n    http-check expect !status 200",
            "option httpchk\n    http-check expect ! ! status 200 comment x",
            "option httpchk\n    http-check send-state",
            "option httpchk\n    http-check expect hdr name a",
            "option tcp-check\n    tcp-check connect port 80 addr 10.0.0.1 send-proxy ssl sni x alpn h2 via-socks4 linger",
            "option tcp-check\n    tcp-check expect min-recv 3 !string a comment b",
            "option tcp-check\n    tcp-check send a comment b",
            "option tcp-check\n    tcp-check expect binary 0a",
        ],
        &[
            "option httpchk\n    http-check send meth GET x",
            "option httpchk\n    http-check send hdr a",
            "option httpchk\n    http-check expect status 200 x",
            "option httpchk\n    http-check expect status 200 status 300",
            "option httpchk\n    http-check expect comment x",
            "option httpchk\n    http-check send-state x",
            "option httpchk\n    http-check comment",
            "option httpchk\n    http-check connect foo",
            "option tcp-check\n    tcp-check connect port",
            "option tcp-check\n    tcp-check expect status 200",
            "option tcp-check\n    tcp-check expect rstring (",
            "option tcp-check\n    tcp-check expect",
            "option tcp-check\n    tcp-check send",
            "option tcp-check\n    tcp-check send a b",
            "option tcp-check\n    tcp-check send-binary 0",
            "option tcp-check\n    tcp-check expect binary zz",
        ],
    );
}

#[test]
fn names_of_peers() {
    let text =
        |peers: &str| format!("global\n    localpeer me\npeers p\n    peer me :10001\n    {peers}\n{}", frontend(""));
    in_section(text, &["peer a :10002\n    peer a :10003", "server a :10002\n    peer a :10003"], &["peer me :10002"]);
}

#[test]
fn words_behind_the_name_of_a_section() {
    let text = |header: &str| format!("{DEFAULTS}{header}\n{}", frontend(""));
    in_section(
        text,
        &["backend n x y", "listen n x\nlisten n y", "defaults n x", "resolvers n x", "mailers n x"],
        &[
            "frontend n x\n    bind :81",
            "listen n :81\n    bind :81",
            "userlist n x",
            "peers n x",
            "program n x\n    command a",
        ],
    );
}

#[test]
fn lines_of_resolvers() {
    in_section(
        |line| format!("{}resolvers r\n    {line}\n", frontend("")),
        &[
            "hold valid 10s x",
            "timeout retry 1s x",
            "resolve_retries x",
            "accepted_payload_size 12",
            "nameserver a 10.0.0.1:53",
            "parse-resolv-conf x",
        ],
        &[
            "hold 10s",
            "hold ever 10s",
            "hold valid x",
            "timeout connect 1s",
            "timeout retry",
            "resolve_retries",
            "accepted_payload_size x",
            "nameserver a 10.0.0.1",
            "nameserver a",
        ],
    );
}

#[test]
fn sockets_of_global() {
    in_global(
        &[
            "stats socket /run/x mode 660 level admin expose-fd listeners",
            "stats socket :99 ssl",
            "stats socket abns@x",
        ],
        &[
            "stats socket x",
            "stats socket 10.0.0.1",
            "stats socket /run/x level root",
            "stats socket /run/x levels admin",
            "stats socket /run/x level",
        ],
    );
}

#[test]
fn a_backend_that_names_another_one_as_its_own() {
    let text = |lines: &str| {
        format!(
            "{}{}backend other\n    mode tcp\n    server a 10.0.0.1:80\n",
            frontend(""),
            format_args!("backend one\n    mode http\n    {lines}\n    server a 10.0.0.1:80\n")
        )
    };
    in_section(
        text,
        &["mode tcp\n    default_backend other", "use_backend app if TRUE"],
        &[
            "use_backend",
            "default_backend one",
            "use_backend one if TRUE",
            "default_backend other",
            "use_backend other",
        ],
    );
}

#[test]
fn levels_of_logs_and_lines_of_statistics() {
    in_global(
        &["log /dev/log local0 info notice", "log 10.0.0.1:514 len 1024 local0 err"],
        &[
            "log global 5s",
            "log /dev/log local0 loud",
            "log /dev/log local0 info loud",
            "log /dev/log local0 info notice x",
        ],
    );
    in_backend(
        &["stats uri / x", "stats realm a b", "stats enable x", "stats admin if TRUE", "stats show-node"],
        &["stats uri", "stats realm", "stats auth", "stats scope", "stats refresh", "stats admin", "stats admin x"],
    );
}
