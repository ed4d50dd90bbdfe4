//! Which networks of an `ipsec.conf` collide, as data: `cargo run --example ipsec_collisions -- etc/ipsec.conf`.

use anyhow::{Context, Result};

const SAMPLE: &str = "conn aws-azure\n\tleft=198.51.100.10\n\tleftsubnet=10.0.0.0/16\n\tright=203.0.113.20\n\
    \trightsubnet=10.0.0.0/8\n\tauto=start\n";

fn main() -> Result<()> {
    let text = match std::env::args().nth(1) {
        Some(path) => std::fs::read_to_string(&path).with_context(|| path)?,
        None => SAMPLE.to_owned(),
    };
    let parsed = confvet::ipsec::parse(&text);
    for collision in parsed.model.collisions() {
        println!(
            "{}: {} {} {} ({} addresses)",
            collision.connection,
            collision.network,
            collision.relation.verb(),
            collision.with,
            collision.addresses
        );
    }
    Ok(())
}
