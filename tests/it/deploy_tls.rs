//! TLS: whom it trusts, as whom it comes, and that nothing secret is said.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::deploy_cluster::{commands, is_exact};
use crate::support::certs::{Authority, write};
use crate::support::cli::Cli;
use crate::support::cluster::Cluster;
use crate::support::sentinels::Sentinels;
use crate::support::server::Server;

const PASSWORD: &str = "hunter2-of-the-test";
/// A build without optimisation on a busy machine takes its time over certificates.
fn patient() -> Cli {
    Cli::bare().env("CACHEME_CONNECT_TIMEOUT", "30s")
}

struct Setup {
    server: Server,
    folder: TempDir,
    authority: Authority,
}

impl Setup {
    fn new(names: &[&str], asks_clients: bool) -> Self {
        let authority = Authority::new();
        let builder = Server::builder().tls(&authority, names, asks_clients).password(PASSWORD);
        let server = builder.start();
        redis::cmd("SADD").arg("CM:books").arg("CM:Book:1>owner").exec(&mut server.connect()).unwrap();
        Self { server, folder: tempfile::tempdir().unwrap(), authority }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        write(self.folder.path(), name, text)
    }

    fn ca(&self) -> PathBuf {
        self.file("ca.pem", &self.authority.pem())
    }

    fn cli(&self) -> Cli {
        patient()
            .env("CACHEME_URL", format!("rediss://localhost:{}", self.server.port()))
            .env("REDISCLI_AUTH", PASSWORD)
            .args(["tags", "list", "--format", "ndjson", "-v"])
    }
}

#[test]
fn a_ca_of_ones_own_is_trusted() {
    let setup = Setup::new(&["localhost"], false);
    let output = setup.cli().arg("--tls-ca").arg(setup.ca()).run();
    assert_eq!(output.ok().never_says(PASSWORD).ndjson()[0]["tag"], "books");
    let output = setup.cli().env("CACHEME_TLS_CA", setup.ca()).run();
    output.ok();
}

#[test]
fn the_systems_roots_are_what_counts_unasked() {
    let setup = Setup::new(&["localhost"], false);
    let output = setup.cli().run();
    output.code(1).says("UnknownIssuer").says("--tls-ca").never_says(PASSWORD);
    // Where the system says its roots are, they are.
    setup.cli().env("SSL_CERT_FILE", setup.ca()).run().ok();
}

#[test]
fn another_authority_and_another_name_are_refused() {
    let setup = Setup::new(&["elsewhere.example"], false);
    let other = setup.file("other.pem", &Authority::new().pem());
    setup.cli().arg("--tls-ca").arg(other).run().code(1).says("certificate").never_says(PASSWORD);
    let output = setup.cli().arg("--tls-ca").arg(setup.ca()).run();
    output.code(1).says("not valid for name").never_says(PASSWORD);
}

#[test]
fn insecure_is_said_loudly_even_when_quiet() {
    let setup = Setup::new(&["elsewhere.example"], false);
    let output = setup.cli().args(["--tls-insecure", "--quiet"]).run();
    output.ok().says("WARNING: --tls-insecure").says("NOT verified").never_says(PASSWORD);
}

#[test]
fn a_client_shows_who_it_is() {
    let setup = Setup::new(&["localhost"], true);
    let identity = setup.authority.issue(&["ops"]);
    let certificate = setup.file("ops.pem", &identity.certificate);
    let key = setup.file("ops.key", &identity.key);
    let cli = || setup.cli().arg("--tls-ca").arg(setup.ca());
    cli().run().code(1).never_says(PASSWORD);
    cli().arg("--tls-cert").arg(&certificate).arg("--tls-key").arg(&key).run().ok();
    cli().env("CACHEME_TLS_CERT", &certificate).env("CACHEME_TLS_KEY", &key).run().ok();
    cli().arg("--tls-cert").arg(&certificate).run().code(2).says("go together");
    cli().arg("--tls-cert").arg(&key).arg("--tls-key").arg(&certificate).run().code(2).says("private key");
}

#[test]
fn flags_that_cannot_be_meant_are_refused_before_connecting() {
    let setup = Setup::new(&["localhost"], false);
    let plain = format!("redis://localhost:{}", setup.server.port());
    let output = setup.cli().args(["--url", &plain, "--tls-insecure"]).run();
    output.code(2).says("rediss://");
    setup.cli().args(["--tls-ca", "/nowhere.pem"]).run().code(2).says("/nowhere.pem");
    let broken = setup.file("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    setup.cli().arg("--tls-ca").arg(broken).run().code(2);
    // A server that does not speak TLS, asked to.
    let server = Server::builder().tcp().start();
    let url = format!("rediss://localhost:{}", server.port());
    let output = setup.cli().args(["--connect-timeout", "1s", "--url", &url]).run();
    output.code(1).never_says(PASSWORD);
}

#[test]
fn no_password_stands_in_the_process_list() {
    let setup = Setup::new(&["localhost"], false);
    setup.server.signal("STOP");
    let running = setup.cli().arg("--tls-ca").arg(setup.ca()).args(["--connect-timeout", "20s"]).spawn();
    let line = std::fs::read(format!("/proc/{}/cmdline", running.pid())).unwrap();
    assert!(!String::from_utf8_lossy(&line).contains(PASSWORD));
    setup.server.signal("CONT");
    running.wait().ok().never_says(PASSWORD);
}

#[test]
fn a_cluster_over_tls_is_reached_on_all_its_nodes() {
    let authority = Authority::new();
    let folder = tempfile::tempdir().unwrap();
    let ca = write(folder.path(), "ca.pem", &authority.pem());
    let cluster = Cluster::start_tls(&authority);
    cluster.query(&commands("CM:", 60));
    let url = cluster.url().replace("redis://", "rediss://");
    let cli = |args: &[&str]| {
        let cli = patient().env("CACHEME_URL", &url).env("CACHEME_CLUSTER", "yes");
        cli.env("CACHEME_TLS_CA", &ca).env("CACHEME_FORMAT", "json").args(args).run()
    };
    assert_eq!(cli(&["stats"]).ok().json()["namespace"]["fields"], 60);
    is_exact(&cli(&["invalidate", "--pattern", "Book:*", "--yes"]), "deleted", 60);
    // Nobody is trusted who is not signed for, on no node.
    let stranger = write(folder.path(), "stranger.pem", &Authority::new().pem());
    let refused = patient().env("CACHEME_URL", &url).env("CACHEME_CLUSTER", "yes").args(["stats"]);
    refused.env("CACHEME_TLS_CA", &stranger).run().code(1).says("certificate");
}

#[test]
fn sentinels_over_tls_lead_to_a_server_over_tls() {
    let authority = Authority::new();
    let folder = tempfile::tempdir().unwrap();
    let ca = write(folder.path(), "ca.pem", &authority.pem());
    let sentinels = Sentinels::start_tls(&authority);
    redis::cmd("SADD")
        .arg("CM:books")
        .arg("CM:Book:1>owner")
        .exec(&mut sentinels.servers[0].connect())
        .unwrap();
    let url = sentinels.url(&[]).replace("redis+", "rediss+");
    let cli = |url: &str, args: &[&str]| {
        Cli::bare()
            .env("CACHEME_URL", url)
            .env("CACHEME_TLS_CA", &ca)
            .env("CACHEME_TIMEOUT", "3s")
            .args(args)
            .run()
    };
    assert_eq!(cli(&url, &["tags", "list"]).ok().lines(), ["books\t1"]);
    cli(&url, &["invalidate", "--tag", "books", "--yes"]).ok();
    // Without TLS nobody answers.
    let plain =
        Cli::bare().env("CACHEME_URL", sentinels.url(&[])).args(["tags", "list", "--timeout", "1s"]).run();
    plain.code(1).says("leads to no server");
}

#[test]
fn a_profile_names_whom_its_server_is_signed_by() {
    let setup = Setup::new(&["localhost"], false);
    let profile = format!(
        "[profiles.p]\nurl = \"rediss://localhost:{}\"\ntls_ca = \"{}\"\n",
        setup.server.port(),
        setup.ca().display()
    );
    let cli = || patient().file(".config/cacheme/config.toml", &profile).env("REDISCLI_AUTH", PASSWORD);
    cli().args(["--profile", "p", "tags", "list"]).run().ok();
    let shown = cli().args(["--profile", "p", "config", "show", "--format", "plain"]).run();
    assert!(shown.ok().text().contains("tls_ca\t"), "{}", shown.transcript());
    // They are for its own server, not for another one.
    let other = format!("redis://127.0.0.1:{}", setup.server.port());
    let output = cli().args(["--profile", "p", "--url", &other, "tags", "list", "--timeout", "1s"]).run();
    output.code(1).never_says("certificates");
}
