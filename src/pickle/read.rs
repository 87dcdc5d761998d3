//! From a pickle to a [`PyValue`]: through the [machine](super::machine) to a graph, which is [unfolded](unfold).

use super::machine::run;
use super::unfold::unfold;
use super::{DecodeError, Limits, PyValue};

/// The opcode that begins every pickle of protocol 2 and later.
const PROTO: u8 = 0x80;

/// Reads a pickle.
pub(super) fn read(input: &[u8], limits: &Limits) -> Result<PyValue, DecodeError> {
    let Some(first) = input.first() else {
        return Err(DecodeError::Empty);
    };
    let graph = run(input, limits).map_err(|err| if *first == PROTO { *err } else { not_pickle(*err) })?;
    // Python ignores what follows a pickle. Text such as "N.B. …" would then be a None of protocol 0.
    if graph.end != input.len() && *first != PROTO {
        return Err(DecodeError::NotPickle { message: "more data after its end".into(), offset: graph.end });
    }
    unfold(&graph, limits).map_err(|err| *err)
}

/// Bytes that do not begin with a protocol and do not run are most likely something else.
fn not_pickle(err: DecodeError) -> DecodeError {
    match err {
        DecodeError::Truncated { offset } => {
            DecodeError::NotPickle { message: "unexpected end of input".into(), offset }
        }
        DecodeError::Broken { message, offset } | DecodeError::Unsupported { message, offset } => {
            DecodeError::NotPickle { message, offset }
        }
        limit => limit,
    }
}
