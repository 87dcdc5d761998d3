//! Who owns which slot, by CLUSTER NODES.

use crate::client::slot::SLOTS;
use std::collections::HashMap;
use std::ops::RangeInclusive;

/// A node's host and port.
pub(super) type Addr = (String, u16);

/// The slots and their owners, as some node sees them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Map {
    /// Primaries with slots.
    pub(super) primaries: Vec<Addr>,
    slots: Vec<Slot>,
    replicas: HashMap<Addr, Vec<Addr>>,
    /// Primaries that are up, with slots or without.
    standing: Vec<Addr>,
    /// Slots on their way, and where they go, as far as the node that was asked has them.
    pub(super) leaving: Vec<(u16, Addr)>,
    /// What the node that was asked says of itself: where it is, its slots, and how recent that is.
    pub(super) myself: Option<(Addr, u64)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Slot {
    /// Its owner's place among the primaries.
    owner: Option<u16>,
    /// The config epoch of its owner, as far as it was asked: it rises whenever the owner is given a slot, one that it had before
    /// too.
    epoch: Option<u64>,
}

impl Map {
    /// Reads CLUSTER NODES. A node that does not know its own address is where it was asked.
    pub(super) fn parse(text: &str, asked: &Addr) -> Self {
        let mut map = Self { slots: vec![Slot::default(); usize::from(SLOTS)], ..Self::default() };
        let lines: Vec<Vec<&str>> = text
            .lines()
            .map(|line| line.split(' ').collect())
            .filter(|line: &Vec<_>| line.len() >= 8)
            .collect();
        let addr_of = |line: &[&str]| addr(line[1], asked);
        let by_id: HashMap<&str, Addr> =
            lines.iter().filter_map(|line| Some((line[0], addr_of(line)?))).collect();
        for line in &lines {
            let flags: Vec<_> = line[2].split(',').collect();
            let has = |flag: &str| flags.contains(&flag);
            let Some(addr) = by_id.get(line[0]) else { continue };
            if has("myself") && has("master") {
                map.myself = Some((addr.clone(), line[6].parse().unwrap_or(0)));
            }
            if has("slave") && !has("fail") && !has("noaddr") {
                if let Some(primary) = by_id.get(line[3]) {
                    map.replicas.entry(primary.clone()).or_default().push(addr.clone());
                }
                continue;
            }
            if !has("master") {
                continue;
            }
            if !has("fail") {
                map.standing.push(addr.clone());
            }
            for range in line.iter().skip(8) {
                map.range(range, addr, &by_id);
            }
        }
        map
    }

    fn range(&mut self, range: &str, addr: &Addr, by_id: &HashMap<&str, Addr>) {
        if let Some(open) = range.strip_prefix('[') {
            let leaving = open.trim_end_matches(']').split_once("->-");
            if let Some((slot, id)) = leaving
                && let (Ok(slot), Some(to)) = (slot.parse(), by_id.get(id))
            {
                self.leaving.push((slot, to.clone()));
            }
            return;
        }
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let (Ok(from), Ok(to)) = (from.parse::<u16>(), to.parse::<u16>()) else { return };
        self.assign_all(from..=to.min(SLOTS - 1), addr);
    }

    /// Says who owns a slot.
    pub(super) fn assign(&mut self, slot: u16, addr: &Addr) {
        self.assign_all(slot..=slot, addr);
    }

    fn assign_all(&mut self, slots: RangeInclusive<u16>, addr: &Addr) {
        let owner = self.place(addr).or_else(|| {
            self.primaries.push(addr.clone());
            self.place(addr)
        });
        for slot in slots {
            if let Some(slot) = self.slots.get_mut(usize::from(slot)) {
                slot.owner = owner;
            }
        }
    }

    fn place(&self, addr: &Addr) -> Option<u16> {
        u16::try_from(self.primaries.iter().position(|known| known == addr)?).ok()
    }

    pub(super) fn owner(&self, slot: u16) -> Option<&Addr> {
        let place = self.slots.get(usize::from(slot))?.owner?;
        self.primaries.get(usize::from(place))
    }

    /// The slots of a primary.
    pub(super) fn slots_of(&self, addr: &Addr) -> impl Iterator<Item = u16> + '_ {
        let place = self.place(addr);
        (0..SLOTS).zip(&self.slots).filter(move |(_, it)| place.is_some() && it.owner == place).map(|it| it.0)
    }

    pub(super) fn epoch(&self, slot: u16) -> Option<u64> {
        self.slots.get(usize::from(slot))?.epoch
    }

    pub(super) fn set_epoch(&mut self, slot: u16, epoch: Option<u64>) {
        if let Some(slot) = self.slots.get_mut(usize::from(slot)) {
            slot.epoch = epoch;
        }
    }

    pub(super) fn forget_epochs(&mut self) {
        self.slots.iter_mut().for_each(|slot| slot.epoch = None);
    }

    /// A replica of a primary, where one is known and up.
    pub(super) fn replica(&self, primary: &Addr) -> Option<&Addr> {
        self.replicas(primary).first()
    }

    /// All of them.
    pub(super) fn replicas(&self, primary: &Addr) -> &[Addr] {
        self.replicas.get(primary).map_or(&[], Vec::as_slice)
    }

    /// Whether a node is a replica, or gone.
    pub(super) fn has_lost(&self, addr: &Addr) -> bool {
        !self.standing.contains(addr)
    }

    /// Whether each slot has an owner.
    pub(super) fn is_whole(&self) -> bool {
        !self.slots.is_empty() && self.slots.iter().all(|slot| slot.owner.is_some())
    }

    /// Takes over what a node says of itself, where it is no older than what is known.
    pub(super) fn believe(&mut self, other: &Self) {
        let Some((addr, epoch)) = &other.myself else { return };
        for slot in other.slots_of(addr) {
            if Some(*epoch) < self.epoch(slot) {
                continue;
            }
            self.assign(slot, addr);
            self.set_epoch(slot, Some(*epoch));
        }
        self.leaving.extend(other.leaving.iter().cloned());
    }
}

/// `ip:port@cport[,hostname]`.
fn addr(text: &str, asked: &Addr) -> Option<Addr> {
    let text = text.split('@').next()?;
    let (host, port) = text.rsplit_once(':')?;
    let host = if host.is_empty() { &asked.0 } else { host };
    let port: u16 = port.parse().ok()?;
    (port > 0).then(|| (host.to_owned(), port))
}

/// `3999 127.0.0.1:6381`: where MOVED and ASK lead.
pub(super) fn redirection(details: &str, asked: &Addr) -> Option<(u16, Addr)> {
    let mut words = details.split(' ');
    let slot = words.next()?.parse().ok()?;
    Some((slot, addr(words.next()?, asked)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODES: &str = "\
a 127.0.0.1:7000@17000,host myself,master - 0 1 3 connected 0-5460 [100->-b] [16000-<-b]
b 10.0.0.2:7001@17001 master - 0 1 2 connected 5461-16382 16383
c 10.0.0.3:7002@17002 slave b 0 1 2 connected
d :0@0 master,noaddr - 0 1 2 disconnected
";

    #[test]
    fn nodes_slots_and_replicas_are_read() {
        let map = Map::parse(NODES, &("127.0.0.1".to_owned(), 7000));
        let (a, b) = (("127.0.0.1".to_owned(), 7000), ("10.0.0.2".to_owned(), 7001));
        assert_eq!((map.owner(0), map.owner(5461), map.owner(16_383)), (Some(&a), Some(&b), Some(&b)));
        assert_eq!(map.replica(&b), Some(&("10.0.0.3".to_owned(), 7002)));
        assert_eq!((map.leaving.as_slice(), map.is_whole()), (&[(100, b.clone())][..], true));
        assert_eq!(redirection("42 :7009", &a), Some((42, ("127.0.0.1".to_owned(), 7009))));
    }
}
