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
fn a_service_speaks_tls_by_the_same_variables() {
    use cacheme::memoize::{Settings, sync::Cache};
    let setup = Setup::new(&["localhost"], true);
    let identity = setup.authority.issue(&["service"]);
    let path = |path: PathBuf| path.to_str().unwrap().to_owned();
    let url = format!("rediss://localhost:{}", setup.server.port());
    let mut variables = vec![
        ("CACHEME_URL", url.clone()),
        ("CACHEME_TLS_CA", path(setup.ca())),
        ("CACHEME_TLS_CERT", path(setup.file("service.pem", &identity.certificate))),
        ("CACHEME_TLS_KEY", path(setup.file("service.key", &identity.key))),
        ("CACHEME_PASSWORD_FILE", path(setup.file("password", PASSWORD))),
        ("REDISCLI_AUTH", "another".to_owned()),
    ];
    let settings = |variables: &[(&str, String)]| {
        let found = |name: &str| variables.iter().find(|(it, _)| *it == name).map(|(_, value)| value.clone());
        let patience = std::time::Duration::from_secs(30);
        let timeouts = cacheme::client::Timeouts { connect: patience, io: patience };
        Settings::from_vars(found).unwrap().record(false).timeouts(timeouts)
    };
    let calls = |settings: Settings| {
        let cache = Cache::open_with(settings, |error| panic!("{error}")).unwrap();
        let get = cache.memoize("get", |n: &u32| format!("n:{n}"), |n: &u32| n + 1).build();
        assert_eq!((get.call(&1).unwrap(), get.call(&1).unwrap()), (2, 2));
        assert!(get.counts().hits >= 1);
    };
    calls(settings(&variables));
    #[cfg(feature = "tokio")]
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let cache =
            cacheme::memoize::future::Cache::open_with(settings(&variables), |error| panic!("{error}"));
        let get = cache.unwrap();
        let get = get.memoize("get", |n: &u32| format!("n:{n}"), |n: u32| async move { n + 1 }).build();
        assert_eq!((get.call(&1).await.unwrap(), get.counts().hits), (2, 1));
    });
    // A password of the URL is behind that of a file, and before that of REDISCLI_AUTH.
    let login = |password: &str| url.replace("//", &format!("//default:{password}@"));
    variables[0].1 = login("wrong");
    calls(settings(&variables));
    variables[0].1 = login(PASSWORD);
    variables.retain(|(name, _)| *name != "CACHEME_PASSWORD_FILE");
    calls(settings(&variables));
}

#[test]
fn one_authority_of_the_system_that_cannot_be_read_is_passed_over() {
    let setup = Setup::new(&["localhost"], false);
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.pem", "-----BEGIN CERTIFICATE-----\nAA!!\n-----END CERTIFICATE-----\n");
    setup.cli().env("SSL_CERT_DIR", folder.path()).run().code(1).never_says(PASSWORD);
    write(folder.path(), "b.pem", &setup.authority.pem());
    setup.cli().env("SSL_CERT_DIR", folder.path()).run().ok();
}

/// A server that speaks TLS, and says this to everybody, again and again.
fn says_over_tls(authority: &Authority, text: &'static [u8]) -> u16 {
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
    let identity = authority.issue(&["localhost"]);
    let chain = vec![CertificateDer::from_pem_slice(identity.certificate.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider);
    let config = config.with_safe_default_protocol_versions().unwrap();
    let config = std::sync::Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap());
    let listener = crate::support::ports::listen();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let connection = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, socket);
            while std::io::Write::write_all(&mut stream, text).is_ok() {}
        }
    });
    port
}

#[test]
fn a_line_without_an_end_is_refused_over_tls_too() {
    let authority = Authority::new();
    let folder = tempfile::tempdir().unwrap();
    let ca = write(folder.path(), "ca.pem", &authority.pem());
    let url = format!("rediss://localhost:{}", says_over_tls(&authority, &[b'+'; 4096]));
    let cli = patient().env("CACHEME_TLS_CA", &ca).args(["--url", &url, "tags", "list"]);
    cli.run().code(1).says("not the protocol of Redis");
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
