//! Leases that ran out give back what they hold.

use std::time::{SystemTime, UNIX_EPOCH};

use cacheme::namespace::{Layout, Namespace};
use cacheme::store::{Conn, Target, Timeouts, expired_leases, restore_expired};
use redis::Commands;

use crate::support::server::Server;

fn now_ms() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

#[test]
fn a_lease_that_ran_out_gives_its_mark_back_and_leaves_progress() {
    for layout in [Layout::Classic, Layout::Meta, Layout::Both] {
        let server = Server::start();
        let ns = Namespace::new("P:", layout).unwrap();
        let mut it = server.connect();
        let now = now_ms();
        for (member, score) in [("P:a>x", now - 2), ("P:b", now), ("P:c", now - 1), ("P:d", now + 60_000)] {
            let _: () = it.zadd(ns.leases(), member, score).unwrap();
            for set in ns.progress_sets() {
                let _: () = it.sadd(set, member).unwrap();
            }
        }
        let mut conn = Conn::open(&Target::parse(&server.url()).unwrap(), Timeouts::default()).unwrap();
        assert_eq!(expired_leases(&mut conn, &ns, now, 0, 9).unwrap().len(), 3);
        assert_eq!(restore_expired(&mut conn, &ns, now, 2).unwrap(), 2, "no more than the limit");
        assert_eq!(restore_expired(&mut conn, &ns, now, 2).unwrap(), 1);
        assert_eq!(restore_expired(&mut conn, &ns, now, 2).unwrap(), 0);
        for set in ns.deleted_sets() {
            let marks: std::collections::BTreeSet<String> = it.smembers(set).unwrap();
            assert_eq!(marks, ["P:a>x", "P:b", "P:c"].map(str::to_owned).into());
        }
        for set in ns.progress_sets() {
            let busy: Vec<String> = it.smembers(set).unwrap();
            assert_eq!(busy, ["P:d"]);
        }
        let left: Vec<String> = it.zrange(ns.leases(), 0, -1).unwrap();
        assert_eq!(left, ["P:d"]);
    }
}
