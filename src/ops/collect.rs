//! What a sweep finds, kept: for structures that are known to be small, or that are asked for as a whole.

use crate::error::Result;
use crate::store::{Pipe, Work};

/// Keeps what a sweep finds, repeats included.
#[derive(Default)]
pub(crate) struct Collect(pub(crate) Vec<Vec<u8>>);

impl Work for Collect {
    fn batch(&mut self, items: Vec<Vec<u8>>, _pipe: &mut Pipe) -> Result<()> {
        self.0.extend(items);
        Ok(())
    }
}
