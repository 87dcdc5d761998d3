//! A Redis Cluster.

use super::pipe::Pipe;
use super::retry::Journal;
use super::target::{Target, Timeouts};
use crate::error::{Error, Result};
use redis::Value;
use std::sync::Arc;

pub(super) struct Cluster {
    pub(super) journal: Journal,
}

impl Cluster {
    pub(super) fn open(target: &Target, _timeouts: Timeouts) -> Result<Self> {
        Err(Error::Url { url: target.to_string(), reason: "clusters are not supported yet".to_owned() })
    }

    pub(super) fn addr(&self) -> &str {
        ""
    }

    pub(super) fn version(&self) -> Option<(u16, u16)> {
        None
    }

    pub(super) fn run(&mut self, _pipe: &Pipe) -> Result<Vec<(Value, Arc<str>)>> {
        Ok(Vec::new())
    }
}
