//! Numbers and sizes that parse, and that nginx refuses nevertheless: too small, no power of two, or in the way of each
//! other. Each refusal was seen with nginx 1.22.1 and 1.31.3 on a 64-bit machine.

use super::schema::{BadValue, bad};
use super::tree::Directive;
use crate::context::Context;
use crate::keys::{Key, key, known};
use crate::value;
use std::ops::RangeInclusive;

/// The smallest pool of memory: its header and two entries for large pieces.
const SMALLEST_POOL: u64 = 112;

/// Pools begin and end at multiples of this.
const POOL_ALIGNMENT: u64 = 16;

/// `connection_pool_size` when nothing is set.
const DEFAULT_CONNECTION_POOL: u64 = 512;

/// The size of `large_client_header_buffers` when nothing is set.
const DEFAULT_HEADER_BUFFER: u64 = 8192;

/// What nginx does not take although it is a number or a size.
pub(super) fn check(directive: Directive<'_>, key: Key) -> Option<BadValue> {
    let word = directive.arg(0)?;
    let text = word.text;
    match key {
        known::CONNECTION_POOL_SIZE | known::REQUEST_POOL_SIZE | known::HTTP2_POOL_SIZE => {
            let size = value::size(text)?;
            if size < SMALLEST_POOL || size % POOL_ALIGNMENT != 0 {
                let message = format!("`{text}` is no size of a pool: at least {SMALLEST_POOL}, and a multiple of 16");
                return Some(bad(word.span, message));
            }
            let buffers = (key == known::CONNECTION_POOL_SIZE).then(|| header_buffer(directive)).flatten()?;
            (size > buffers).then(|| {
                let message = format!("`{text}` is more than one of `large_client_header_buffers` ({buffers} bytes)");
                bad(word.span, message)
            })
        }
        known::LARGE_CLIENT_HEADER_BUFFERS => {
            let size = directive.arg(1)?;
            let pool = directive.scope().effective(key!("connection_pool_size"));
            if !serves(directive) || pool.is_some_and(|pool| pool.scope() == directive.scope()) {
                return None;
            }
            let pool = pool.map_or(Some(DEFAULT_CONNECTION_POOL), |pool| value::size(pool.text(0)))?;
            (value::size(size.text)? < pool)
                .then(|| bad(size.span, format!("`{}` is less than `connection_pool_size` ({pool} bytes)", size.text)))
        }
        known::GZIP_WINDOW => power(directive, 512..=32 << 10, "512, 1k, 2k, 4k, 8k, 16k or 32k"),
        known::GZIP_HASH => power(directive, 512..=128 << 10, "512, 1k, 2k, 4k, 8k, 16k, 32k, 64k or 128k"),
        known::HTTP2_STREAMS_INDEX_SIZE if !value::number(text)?.is_power_of_two() => {
            Some(bad(word.span, format!("`{text}` is no power of two")))
        }
        known::HTTP2_CHUNK_SIZE if value::size(text)? == 0 => {
            Some(bad(word.span, "a chunk of no bytes holds nothing".to_owned()))
        }
        known::HTTP2_RECV_BUFFER_SIZE if value::size(text)? <= 16 => {
            Some(bad(word.span, format!("`{text}` is too small: nginx needs more than 16 bytes")))
        }
        _ => None,
    }
}

/// nginx compares these only where a server holds them.
fn serves(directive: Directive<'_>) -> bool {
    directive.context() == Context::Server || directive.scope().has(key!("server"))
}

/// The size of the buffers that hold for a `connection_pool_size`.
fn header_buffer(pool: Directive<'_>) -> Option<u64> {
    let buffers = pool.scope().effective(key!("large_client_header_buffers"));
    buffers.map_or(Some(DEFAULT_HEADER_BUFFER), |buffers| value::size(buffers.text(1))).filter(|_| serves(pool))
}

fn power(directive: Directive<'_>, range: RangeInclusive<u64>, choice: &str) -> Option<BadValue> {
    let word = directive.arg(0)?;
    let size = value::size(word.text)?;
    let fits = size.is_power_of_two() && range.contains(&size);
    (!fits).then(|| bad(word.span, format!("`{}` is none of {choice}", word.text)))
}
