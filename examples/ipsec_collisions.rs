//! Which networks of an `ipsec.conf` collide, as data: `cargo run --example ipsec_collisions -- etc/ipsec.conf`.

use anyhow::{Context, Result};
use confvet::ipsec::CollisionKind;

const SAMPLE: &str = "conn aws-azure\n\tleft=198.51.100.10\n\tleftsubnet=10.0.0.0/16\n\tright=203.0.113.20\n\
    \trightsubnet=10.0.0.0/8,172.0.0.0/16,172.17.0.0/16\n\tkeyexchange=ikev2\n\tauto=start\n";

fn main() -> Result<()> {
    let text = match std::env::args().nth(1) {
        Some(path) => std::fs::read_to_string(&path).with_context(|| path)?,
        None => SAMPLE.to_owned(),
    };
    let parsed = confvet::ipsec::parse(&text);
    for collision in parsed.model.collisions() {
        let (verb, with) = (collision.relation.verb(), collision.with);
        let how = match &collision.kind {
            CollisionKind::OwnNetwork => format!("{verb} the own network {with}"),
            CollisionKind::OtherConnection { name } => format!("is claimed by {name} as well"),
            CollisionKind::Reserved { owner } => format!("{verb} {with}, which is taken ({owner:?})"),
            CollisionKind::PublicSpace => "belongs to somebody on the Internet".to_owned(),
            CollisionKind::OtherEnd { name } => format!("{verb} {with} at the other end, {name}"),
        };
        println!("{}: {} {how} ({} addresses)", collision.connection, collision.network, collision.addresses);
    }
    Ok(())
}
