//! `doctor`: the clocks of the application's hosts, read from what its readers send.

use std::time::Duration;

use serde_json::json;

use crate::doctor_findings::{finding, ids, with_limit};
use crate::support::cli::Cli;
use crate::support::python::Lib;
use crate::support::server::Server;
use crate::support::worker::Worker;

#[test]
fn clocks_are_read_from_the_traffic() {
    for (lib, zone, skew, offset) in [
        (Lib::V009, "Asia/Shanghai", Some("behind"), "+08:00"),
        (Lib::V011, "America/Phoenix", Some("ahead"), "-07:00"),
        (Lib::V010, "UTC", None, "+00:00"),
    ] {
        let server = with_limit(Server::builder(), "noeviction");
        let mut worker = Worker::builder(lib, &server).timezone(zone).spawn();
        worker.value("later_field", json!([0]));
        let cli = Cli::new(&server).args(["doctor", "--format", "json", "--apart", "0s", "--monitor", "3s"]);
        let running = cli.spawn();
        while !server_is_monitored(&server) {}
        for id in 0..20 {
            worker.value("later_field", json!([id]));
        }
        let output = running.wait();
        let report = output.json();
        if let Some(direction) = skew {
            let found = finding(&report, "clock-skew");
            output.code(5);
            assert!(found["title"].as_str().unwrap().ends_with(direction), "{found}");
            assert!(
                found["fix"].as_str().unwrap().contains(&format!("--utc-offset {offset} purge")),
                "{found}"
            );
            assert!(found["count"].as_u64().unwrap() >= 20, "{found}");
            assert_eq!(ids(&report).contains("clock-skew-in-writes"), direction == "behind", "{report:#}");
        } else {
            assert!(!ids(&report).contains("clock-skew"), "{report:#}");
        }
        // Whoever names the offset is not told of it.
        let cli = Cli::new(&server).args(["doctor", "--format", "json", "--apart", "0s", "--monitor", "3s"]);
        let running = cli.args(["--utc-offset", offset]).spawn();
        while !server_is_monitored(&server) {}
        for id in 0..20 {
            worker.value("later_field", json!([id]));
        }
        let report = running.wait().json();
        assert!(!ids(&report).iter().any(|id| id.starts_with("clock")), "{report:#}");
    }
}

fn server_is_monitored(server: &Server) -> bool {
    std::thread::sleep(Duration::from_millis(5));
    let clients: String = redis::cmd("CLIENT").arg("LIST").query(&mut server.connect()).unwrap();
    clients.contains("cmd=monitor")
}
