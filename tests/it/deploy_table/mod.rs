//! Every way a server fails, for every kind of command: exit code, message, `complete`, and nothing lost.
//!
//! Each cell is a test of its own: `deploy_table::frozen::purge`.

mod memoize;
mod work;

use std::time::Duration;

use crate::support::output::Output;
use crate::support::proxy::{Proxy, Weather};
use crate::support::sentinels::Sentinels;
use crate::support::server::Server;
use crate::support::wait_until;
use work::{Job, fill, filled, run_again};

macro_rules! cells {
    ($($fault:ident: $($job:ident)*;)*) => {$(
        mod $fault {
            use super::work::Job;
            $(
                #[test]
                fn $job() {
                    super::of_fault::$fault(Job::named(stringify!($job)));
                }
            )*
        }
    )*};
}

cells! {
    killed: list dump invalidate purge gc;
    restarted: list dump invalidate purge gc;
    frozen: list dump invalidate purge gc;
    loading: list dump invalidate purge gc;
    out_of_memory: list dump invalidate purge gc;
    misconf: list dump invalidate purge gc;
    failover: list dump invalidate purge gc;
    reset_in_mid_pipeline: list dump invalidate purge gc;
    late_by_200_ms: list dump invalidate purge gc;
    lossy: list dump invalidate purge gc;
    half_open: list dump invalidate purge gc;
}

mod of_fault {
    use super::*;

    /// Not there any more: told in time, with what was done; the data are as they were or as they were to become.
    pub(super) fn killed(job: Job) {
        let mut server =
            filled(Server::builder().tcp().config("appendonly yes").config("appendfsync always"));
        let before = server.dump();
        let running = job.slowly(&server.tcp_url()).args(["--timeout", "1s"]).spawn();
        job.wait_until_begun(&server);
        server.stop();
        let output = running.wait();
        job.failed(&output, &["cannot connect to"]);
        server.restart();
        job.is_between(&before, &server.dump(), &output);
        run_again(&job, &server, &before);
    }

    /// Another process comes up at the same place: the work begins again there, and is done.
    pub(super) fn restarted(job: Job) {
        let mut server = filled(Server::builder().tcp());
        let before = server.dump();
        let running = job.slowly(&server.tcp_url()).args(["--timeout", "30s"]).spawn();
        job.wait_until_begun(&server);
        server.restart();
        let output = running.wait();
        job.is_done(&before, &server.dump(), &output);
        job.was_taken_over(&output);
    }

    /// Silent: told within the timeout, with what was done.
    pub(super) fn frozen(job: Job) {
        let server = filled(Server::builder().tcp());
        let before = server.dump();
        let running = job.slowly(&server.tcp_url()).args(["--timeout", "1s"]).spawn();
        job.wait_until_begun(&server);
        server.signal("STOP");
        let output = running.wait();
        server.signal("CONT");
        job.failed(&output, &["did not answer"]);
        job.is_between(&before, &server.dump(), &output);
        run_again(&job, &server, &before);
    }

    /// Up, and reading its data from disk: waited for.
    pub(super) fn loading(job: Job) {
        let server = filled(Server::builder().tcp().config("enable-debug-command yes"));
        let before = server.dump();
        for (name, value) in [("key-load-delay", "300"), ("loading-process-events-interval-bytes", "1024")] {
            redis::cmd("CONFIG").arg("SET").arg(name).arg(value).exec(&mut server.connect()).unwrap();
        }
        let (mut loads, mut asks) = (server.connect(), server.connect());
        let output = std::thread::scope(|scope| {
            scope.spawn(move || redis::cmd("DEBUG").arg("RELOAD").exec(&mut loads));
            wait_until("it loads", Duration::from_secs(20), || {
                let answer = redis::cmd("DBSIZE").exec(&mut asks);
                answer.is_err_and(|error| error.code() == Some("LOADING"))
            });
            job.quickly(&server.tcp_url()).args(["--timeout", "60s"]).run()
        });
        job.is_done(&before, &server.dump(), &output);
        job.is_exact(&output);
    }

    /// Full: marks are refused, what gives memory back is not.
    pub(super) fn out_of_memory(job: Job) {
        let server = filled(Server::builder().tcp());
        let before = server.dump();
        redis::cmd("CONFIG").arg("SET").arg("maxmemory").arg("1mb").exec(&mut server.connect()).unwrap();
        let output = job.quickly(&server.tcp_url()).run();
        if job.is("invalidate") {
            output.code(1).says("OOM").says("purge");
            crate::support::content::assert_same(&before, &server.dump());
        } else {
            job.is_done(&before, &server.dump(), &output);
            job.is_exact(&output);
        }
    }

    /// It cannot save and takes no writes: read all the same, and quoted where it refuses.
    pub(super) fn misconf(job: Job) {
        let server = filled(Server::builder().tcp().config("dbfilename gone.rdb"));
        let before = server.dump();
        let mut connection = server.connect();
        for (name, value) in [("save", "3600 1"), ("stop-writes-on-bgsave-error", "yes")] {
            redis::cmd("CONFIG").arg("SET").arg(name).arg(value).exec(&mut connection).unwrap();
        }
        // A folder stands where the file should be.
        let folder: (String, String) =
            redis::cmd("CONFIG").arg("GET").arg("dir").query(&mut connection).unwrap();
        std::fs::create_dir(std::path::Path::new(&folder.1).join("gone.rdb")).unwrap();
        redis::cmd("BGSAVE").exec(&mut connection).unwrap();
        wait_until("the save has failed", Duration::from_secs(20), || {
            let info: String = redis::cmd("INFO").arg("persistence").query(&mut connection).unwrap();
            info.contains("rdb_last_bgsave_status:err")
        });
        let output = job.quickly(&server.tcp_url()).run();
        if job.writes() {
            output.code(1).says("MISCONF").says("cannot save");
        } else {
            job.is_exact(&output);
        }
        crate::support::content::assert_same(&before, &server.dump());
    }

    /// The primary dies and sentinels name another: the work goes on there from its beginning.
    pub(super) fn failover(job: Job) {
        let mut sentinels = Sentinels::start(None);
        fill(&mut sentinels.servers[0].connect());
        let _: i64 =
            redis::cmd("WAIT").arg(1).arg(10_000).query(&mut sentinels.servers[0].connect()).unwrap();
        let before = sentinels.servers[0].dump();
        let running = job.slowly(&sentinels.url(&[])).args(["--timeout", "60s"]).spawn();
        job.wait_until_begun(&sentinels.servers[0]);
        sentinels.servers[0].stop();
        let output = running.wait();
        job.is_done(&before, &sentinels.servers[1].dump(), &output);
        job.was_taken_over(&output);
    }

    /// Connections that are cut with answers on their way: all of it is done, and what is not counted is told.
    pub(super) fn reset_in_mid_pipeline(job: Job) {
        through(
            &job,
            Weather { cut_after: Some(20_000), cuts: 3, ..Weather::default() },
            |job, output, proxy| {
                assert!(proxy.cuts() > 0 && proxy.connections() > 1);
                job.is_honest(output);
            },
        );
    }

    /// 200 ms there and back.
    pub(super) fn late_by_200_ms(job: Job) {
        let weather = Weather { latency: Duration::from_millis(200), ..Weather::default() };
        through(&job, weather, |job, output, _| job.is_exact(output));
    }

    /// What one packet in a hundred lost does to TCP: pieces that come late by a retransmission, and now and then a
    /// connection that is given up.
    pub(super) fn lossy(job: Job) {
        let weather =
            Weather { stall_every: Some(20), cut_after: Some(60_000), cuts: 1, ..Weather::default() };
        through(&job, weather, |job, output, _| job.is_honest(output));
    }

    /// A peer that is gone without a word: told within the timeout, with what was done.
    pub(super) fn half_open(job: Job) {
        let server = filled(Server::builder().tcp());
        let before = server.dump();
        // gc looks at the whole keyspace for namespaces inside this one before it begins.
        let silent_after = Some(if job.is("gc") { 30_000 } else { 12_000 });
        let proxy = Proxy::start(server.port(), Weather { silent_after, ..Weather::default() });
        let output = job.slowly(&proxy.url()).args(["--timeout", "1s"]).run();
        job.failed(&output, &["did not answer", "within 1 s"]);
        job.is_between(&before, &server.dump(), &output);
        run_again(&job, &server, &before);
    }

    fn through(job: &Job, weather: Weather, check: impl Fn(&Job, &Output, &Proxy)) {
        let server = filled(Server::builder().tcp());
        let before = server.dump();
        let proxy = Proxy::start(server.port(), weather);
        let output = job.quickly(&proxy.url()).args(["--timeout", "20s"]).run();
        job.is_done(&before, &server.dump(), &output);
        check(job, &output, &proxy);
    }
}
