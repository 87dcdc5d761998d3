//! Byte literals only; real pickles of every protocol are compared in the integration tests.

mod limits;
mod notation;
mod write;

use super::*;

fn read(bytes: &[u8]) -> Value {
    let decoded = decode(bytes, &Limits::default());
    assert_eq!(decoded.reason, None);
    assert_eq!(decoded.encoding, Encoding::Pickle);
    decoded.value
}

fn reason(bytes: &[u8]) -> String {
    let decoded = decode(bytes, &Limits::default());
    assert_eq!(decoded.encoding, Encoding::Raw);
    decoded.reason.unwrap_or_default()
}
