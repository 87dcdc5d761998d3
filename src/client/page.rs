//! Pages of a sorted set, for looks that take nothing out of it.

use super::command;
use super::pipe::Pipe;
use super::reply::Reply;
use crate::error::Result;

/// The members with a score up to this one, so many of them, from this rank on.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) key: Vec<u8>,
    pub(crate) up_to: i64,
    pub(crate) rank: usize,
    pub(crate) count: usize,
}

impl Page {
    /// Behind the first page by rank: to an offset behind LIMIT the server walks, member by member.
    pub(crate) fn ask(&self, pipe: &mut Pipe) {
        if self.rank == 0 {
            let (up_to, count) = (self.up_to.to_string(), self.count.to_string());
            let (up_to, count) = (up_to.as_bytes(), count.as_bytes());
            let range: [&[u8]; 7] = [&self.key, b"-inf", up_to, b"WITHSCORES", b"LIMIT", b"0", count];
            return pipe.push(command::ZRANGEBYSCORE, &range);
        }
        let (from, to) = (self.rank.to_string(), (self.rank + self.count - 1).to_string());
        pipe.push(command::ZRANGE, &[&self.key, from.as_bytes(), to.as_bytes(), b"WITHSCORES"]);
    }

    pub(crate) fn read(&self, reply: Reply) -> Result<Vec<Vec<u8>>> {
        Ok(self.read_scored(reply)?.into_iter().map(|(member, _)| member).collect())
    }

    /// The members with their scores, the lowest first.
    pub(crate) fn read_scored(&self, reply: Reply) -> Result<Vec<(Vec<u8>, f64)>> {
        let (mut members, mut pairs) = (Vec::new(), reply.list()?.into_iter());
        while let (Some(member), Some(score)) = (pairs.next(), pairs.next()) {
            let Some(score) = score.score()?.filter(|score| *score <= self.up_to as f64) else { break };
            members.extend(member.bytes()?.map(|member| (member, score)));
        }
        Ok(members)
    }
}
