//! What cacheme 0.2 and later write around every value: `{"value": …, "updated_at": now in UTC}`, as a pickle in base64 of
//! lines, as JSON, or as msgpack; each perhaps in zlib data. Other applications' strings do not both begin and end so.

use crate::pickle::{Limits, decode, inflate};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Values that cannot be told by their ends are read whole, up to this; what is longer is not told.
const WHOLE: usize = 16 << 10;
/// What zlib data may become.
const INFLATED: usize = 128 << 10;
/// A pickle with a header: a byte 0x80 and the protocol.
const PICKLE: &[u8] = b"gA";
/// At level 3, which is the library's.
const ZLIB: &[u8] = b"\x78\x5e";
const JSON: &[u8] = b"{\"value\": ";
const JSON_TIME: &[u8] = b", \"updated_at\": {\"__class__\": \"datetime.datetime\", \"data\": \"";
const MSGPACK: &[u8] = b"\x82\xa5value";
const MSGPACK_TIME: &[u8] = b"\xaaupdated_at\x82\xa9__class__\xb1datetime.datetime\xa4data";

/// How a value is written, as its first bytes have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Pickle,
    Json,
    MsgPack,
    Zlib,
}

impl Form {
    /// The last of the bytes that tell, counted from 0.
    pub(super) const HEAD_END: &[u8] = b"15";

    pub(super) fn of(head: &[u8]) -> Option<Self> {
        let forms =
            [(PICKLE, Self::Pickle), (JSON, Self::Json), (MSGPACK, Self::MsgPack), (ZLIB, Self::Zlib)];
        forms.into_iter().find_map(|(begin, form)| head.starts_with(begin).then_some(form))
    }

    /// The first and last of the bytes that prove it, for GETRANGE.
    pub(super) fn rest(self) -> (&'static [u8], &'static [u8]) {
        match self {
            Self::Json | Self::MsgPack => (b"-160", b"-1"),
            // One byte more than is read: it tells what is longer.
            Self::Pickle | Self::Zlib => (b"0", b"16384"),
        }
    }

    /// Whether the value ends as one of that library's; `None` where it is too long to tell.
    pub(super) fn is_ended_by(self, rest: &[u8]) -> Option<bool> {
        match self {
            Self::Json => Some(rest.strip_suffix(b"\"}}").is_some_and(|rest| ends_in_time(rest, JSON_TIME))),
            // The text of a time is as long as one byte says, behind another that says so, or both in one.
            Self::MsgPack => Some(
                ends_in_time(rest, &[MSGPACK_TIME, b"\xd9\x20"].concat())
                    || ends_in_time(rest, &[MSGPACK_TIME, b"\xb9"].concat()),
            ),
            _ if rest.len() > WHOLE => None,
            Self::Pickle => Some(is_pickle(rest)),
            Self::Zlib => {
                let inner = inflate(rest, INFLATED).unwrap_or_default();
                let form = Self::of(&inner).filter(|form| *form != Self::Zlib);
                Some(form.is_some_and(|form| match form {
                    Self::Pickle => is_pickle(&inner),
                    form => form.is_ended_by(&inner) == Some(true),
                }))
            }
        }
    }
}

/// Whether it ends with `before` and a time of UTC: `2026-11-29T22:25:09.265950+00:00`, or without the microseconds.
fn ends_in_time(text: &[u8], before: &[u8]) -> bool {
    let Some(text) = text.strip_suffix(b"+00:00") else { return false };
    [26, 19].into_iter().any(|length| {
        let Some((text, time)) = text.split_at_checked(text.len().saturating_sub(length)) else {
            return false;
        };
        text.ends_with(before) && time.iter().all(|byte| byte.is_ascii_digit() || b"-T:.".contains(byte))
    })
}

fn is_pickle(lines: &[u8]) -> bool {
    // `base64.encodebytes` ends each line, the last one too.
    if !lines.ends_with(b"\n") {
        return false;
    }
    let text: Vec<u8> = lines.iter().copied().filter(|byte| *byte != b'\n').collect();
    let Ok(pickle) = STANDARD.decode(text) else { return false };
    let Value::Object(fields) = decode(&pickle, &Limits::default()).value else { return false };
    let time = fields.get("updated_at").and_then(|time| time.get("$datetime")).and_then(Value::as_str);
    fields.keys().eq(["value", "updated_at"]) && time.is_some_and(|time| time.ends_with("+00:00"))
}
