//! From a pickle to a [`PyValue`]: plain data in one pass, everything else through `deser-pickle`.

use deser_core::de::{DeserializeDriver, Sink, SinkHandle, default_atom};
use deser_core::ext::BigInt;
use deser_core::{Atom, Error, ErrorKind, State};
use deser_pickle::{Deserializer, DeserializerConfig, Kind, Reference};

use super::build::{Builder, Data};
use super::{DecodeError, Global, Limits, PyValue, plain, scan};

/// The opcode that begins every pickle of protocol 2 and later.
const PROTO: u8 = 0x80;

/// Reads a pickle.
pub(super) fn read(input: &[u8], limits: &Limits) -> Result<PyValue, DecodeError> {
    plain::read(input, limits).map_or_else(|| read_any(input, limits), Ok)
}

/// The same, whatever it holds; some ten times slower.
pub(super) fn read_any(input: &[u8], limits: &Limits) -> Result<PyValue, DecodeError> {
    if input.is_empty() {
        return Err(DecodeError::Empty);
    }
    scan::check(input, limits)?;
    let mut builder = Builder::new(limits);
    let config = DeserializerConfig::builder().max_shared_events(limits.nodes.saturating_mul(2)).build();
    let mut reader = Deserializer::from_slice_with_config(input, config);
    let mut driver = DeserializeDriver::from_fn(|state| {
        let builder = &mut builder;
        SinkHandle::arena(Node { builder, opened: false }, state)
    });
    let result = reader.drive(&mut driver);
    drop(driver);
    let root = builder.finish()?;
    result.map_err(|err| describe(input, limits, &err))?;
    // Python ignores what follows a pickle. Text such as "N.B. …" would then be a None of protocol 0.
    if !reader.is_end() && input[0] != PROTO {
        return Err(DecodeError::NotPickle {
            message: "more data after its end".into(),
            offset: reader.offset(),
        });
    }
    root.ok_or(DecodeError::Truncated { offset: input.len() })
}

fn describe(input: &[u8], limits: &Limits, err: &Error) -> DecodeError {
    let offset = err.offset().unwrap_or(input.len());
    let text = err.message();
    let text = text.strip_prefix("invalid pickle: ").unwrap_or(text);
    let message = match text.strip_prefix("unsupported pickle: ").unwrap_or(text) {
        "protocol" => "a protocol newer than 5",
        text => text,
    };
    let message = message.to_owned();
    match err.kind() {
        ErrorKind::LimitExceeded => DecodeError::TooManyValues { limit: limits.nodes },
        _ if input[0] != PROTO => DecodeError::NotPickle { message, offset },
        ErrorKind::EndOfFile => DecodeError::Truncated { offset },
        ErrorKind::UnsupportedType => DecodeError::Unsupported { message, offset },
        _ => DecodeError::Broken { message, offset },
    }
}

/// The place of one value: either a single atom, or a container that is opened and finished.
struct Node<'b, 'l> {
    builder: &'b mut Builder<'l>,
    opened: bool,
}

impl<'de> Sink<'de> for Node<'_, '_> {
    fn atom(&mut self, atom: Atom, state: &mut State) -> Result<(), Error> {
        let data = Data::take(state);
        let value = match &atom {
            Atom::Null => PyValue::None,
            Atom::Bool(value) => PyValue::Bool(*value),
            Atom::U64(value) => PyValue::int(BigInt::from(*value)),
            Atom::I64(value) => PyValue::Int(*value),
            Atom::F64(value) => PyValue::Float(*value),
            Atom::Str(text) => {
                self.builder.count(&data, text.len())?;
                let value = PyValue::Str(text.as_str().to_owned());
                self.builder.add(value, data);
                return Ok(());
            }
            Atom::Bytes(bytes) => {
                self.builder.count(&data, bytes.data().len())?;
                let bytes = bytes.data().to_vec();
                let value = match data.kind {
                    Some(Kind::ByteArray) => PyValue::ByteArray(bytes),
                    _ => PyValue::Bytes(bytes),
                };
                self.builder.add(value, data);
                return Ok(());
            }
            Atom::Ext(ext) => {
                if let Some(reference) = ext.downcast_ref::<Reference>() {
                    self.builder.reference(reference.id())
                } else if let Some(global) = ext.downcast_ref::<deser_pickle::Global>() {
                    self.builder.count(&data, global.path().len())?;
                    let value = PyValue::Global(Global::new(global.module(), global.name()));
                    self.builder.add(value, data);
                    return Ok(());
                } else if let Some(value) = ext.downcast_ref::<BigInt>() {
                    self.builder.count(&data, value.magnitude.len())?;
                    let value = PyValue::BigInt(value.clone());
                    self.builder.add(value, data);
                    return Ok(());
                } else if let Some(value) = ext.downcast_ref::<u128>() {
                    PyValue::int(BigInt::from(*value))
                } else if let Some(value) = ext.downcast_ref::<i128>() {
                    PyValue::int(BigInt::from(*value))
                } else {
                    return default_atom(self, atom, state);
                }
            }
            _ => return default_atom(self, atom, state),
        };
        self.builder.count(&data, 0)?;
        self.builder.add(value, data);
        Ok(())
    }

    fn map(&mut self, state: &mut State) -> Result<(), Error> {
        self.opened = true;
        self.builder.open(Data::take(state), true)
    }

    fn seq(&mut self, state: &mut State) -> Result<(), Error> {
        self.opened = true;
        self.builder.open(Data::take(state), false)
    }

    fn next_key(&mut self, state: &mut State) -> Result<SinkHandle<'_, 'de>, Error> {
        self.next_value(state)
    }

    fn next_value(&mut self, state: &mut State) -> Result<SinkHandle<'_, 'de>, Error> {
        let builder = &mut *self.builder;
        Ok(SinkHandle::arena(Node { builder, opened: false }, state))
    }

    fn finish(&mut self, _state: &mut State) -> Result<(), Error> {
        if self.opened {
            self.opened = false;
            self.builder.close();
        }
        Ok(())
    }
}
