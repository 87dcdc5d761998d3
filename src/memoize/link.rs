//! The one connection of the async face: many tasks share it, each answer finds its way back.

use super::wire::Sink;
use crate::error::Result;
use crate::store::{Replies, Target, Timeouts, connect_error, io_error};
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{AsyncConnectionConfig, Client, Pipeline, cmd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tokio::sync::Mutex;

/// A connection that is made when it is needed, and again after it broke.
pub(crate) struct Link {
    target: Target,
    timeouts: Timeouts,
    addr: Arc<str>,
    /// The connection, and which one it is.
    current: Mutex<Option<(u64, MultiplexedConnection)>>,
    made: AtomicU64,
}

/// Commands for the link, with their names for errors.
#[derive(Default)]
pub(crate) struct Batch {
    pipeline: Pipeline,
    commands: Vec<&'static str>,
}

impl Sink for Batch {
    fn push(&mut self, name: &'static str, args: &[&[u8]]) {
        let mut command = cmd(name);
        for arg in args {
            command.arg(arg);
        }
        self.pipeline.add_command(command);
        self.commands.push(name);
    }
}

impl Link {
    pub(crate) fn new(target: Target, timeouts: Timeouts) -> Self {
        let addr = target.to_string().into();
        Self { target, timeouts, addr, current: Mutex::default(), made: AtomicU64::new(0) }
    }

    /// Sends commands and waits for their answers. A connection that broke is made anew, once, and the commands are
    /// sent again; so they must bear being carried out twice.
    ///
    /// # Errors
    /// Connection errors; refusals are answers.
    pub(crate) async fn run(&self, batch: &Batch) -> Result<Replies> {
        let (number, mut connection, fresh) = self.connection().await?;
        let count = batch.commands.len();
        let answer = connection.req_packed_commands(&batch.pipeline, 0, count).await;
        let answer = match answer {
            Err(error) if !error.is_timeout() && !fresh => {
                self.drop_connection(number).await;
                let (number, mut connection, _) = self.connection().await?;
                let again = connection.req_packed_commands(&batch.pipeline, 0, count).await;
                if again.is_err() {
                    self.drop_connection(number).await;
                }
                again
            }
            Err(error) => {
                self.drop_connection(number).await;
                Err(error)
            }
            answer => answer,
        };
        let first = batch.commands.first().copied().unwrap_or_default();
        let values = answer.map_err(|error| io_error(&self.addr, self.timeouts, first, &error))?;
        Ok(Replies::of(values, &batch.commands, &self.addr))
    }

    /// The connection, its number, and whether it was made just now.
    async fn connection(&self) -> Result<(u64, MultiplexedConnection, bool)> {
        // The lock is held while connecting, so that of many tasks one connects.
        let mut current = self.current.lock().await;
        if let Some((number, connection)) = &*current {
            return Ok((*number, connection.clone(), false));
        }
        let failed = |error| connect_error(&self.addr, self.timeouts, &error);
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.timeouts.connect))
            .set_response_timeout(Some(self.timeouts.io));
        let client = Client::open(self.target.info().clone()).map_err(failed)?;
        let connection =
            client.get_multiplexed_async_connection_with_config(&config).await.map_err(failed)?;
        let number = self.made.fetch_add(1, Relaxed);
        *current = Some((number, connection.clone()));
        Ok((number, connection, true))
    }

    async fn drop_connection(&self, number: u64) {
        let mut current = self.current.lock().await;
        if current.as_ref().is_some_and(|(it, _)| *it == number) {
            *current = None;
        }
    }
}
