//! Bytes to a server and answers back, whatever carries them.

use redis::{Connection, RedisResult, Value};
use std::time::Duration;

/// Either a [`RespStream`](super::resp_stream::RespStream), or the client's connection over TLS.
pub(super) trait Transport: Send {
    fn set_timeouts(&self, read: Option<Duration>, write: Duration) -> RedisResult<()>;
    fn write(&mut self, bytes: &[u8]) -> RedisResult<()>;
    /// The next answer.
    fn read(&mut self) -> RedisResult<Value>;
    /// From now on a line that is too long is no error: its beginning is kept.
    fn cut_lines(&mut self) {}
}

impl Transport for Connection {
    fn set_timeouts(&self, read: Option<Duration>, write: Duration) -> RedisResult<()> {
        self.set_read_timeout(read).and_then(|()| self.set_write_timeout(Some(write)))
    }

    fn write(&mut self, bytes: &[u8]) -> RedisResult<()> {
        self.send_packed_command(bytes)
    }

    fn read(&mut self) -> RedisResult<Value> {
        self.recv_response()
    }
}
