//! What is packaged installs, runs and goes away again; what the examples start can be started.

use crate::support::cli::{Cli, binary};
use crate::support::python::{Lib, fill};
use crate::support::server::Server;
use std::fs;
use std::path::Path;

fn project(path: &str) -> String {
    format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(project(path)).unwrap()
}

fn sh(script: &str) -> Cli {
    Cli::of("/bin/bash")
        .args(["-euo", "pipefail", "-c", script])
        .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .env("BINARY", binary())
        .env("PROJECT", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_debian_package_installs_runs_and_goes_away() {
    let server = Server::start();
    fill(Lib::V009, &server, "CM:");
    let cli = sh("mkdir out root; bash \"$PROJECT/packaging/deb.sh\" \"$BINARY\" out >&2
         mkdir -p root/var/lib/dpkg/{info,updates,triggers}; touch root/var/lib/dpkg/status
         dpkg --root=root --force-not-root --force-depends --force-bad-path --force-unsafe-io --log=/dev/null -i out/*.deb >&2
         find root -path root/var -prune -o -type f -printf '%m %P\\n' | sort -k2
         echo ---
         env -i root/usr/bin/cacheme --version
         env -i CACHEME_URL=\"$URL\" root/usr/bin/cacheme tags list | grep -c get_owner
         env -i CACHEME_URL=\"$URL\" PATH=\"$PWD/root/usr/bin:$PATH\" bash -c '
           source root/usr/share/bash-completion/completions/cacheme
           COMP_LINE=\"cacheme tags show get_o\"; COMP_POINT=${#COMP_LINE}
           _cacheme_live cacheme get_o; echo \"${COMPREPLY[@]}\"'
         gunzip -c root/usr/share/man/man1/cacheme-purge.1.gz | grep -c 'EXIT STATUS'
         dpkg --root=root --force-not-root --log=/dev/null -P cacheme >&2
         echo ---
         find root -path root/var -prune -o -type f -print")
    .env("URL", server.url())
    .env("DEB_COMPRESSION", "none")
    .timeout(std::time::Duration::from_secs(180));
    let out = cli.run();
    let parts: Vec<&str> = out.ok().text().split("---\n").collect();
    for file in [
        "755 usr/bin/cacheme",
        "644 lib/systemd/system/cacheme-purge.service",
        "644 lib/systemd/system/cacheme-purge.timer",
        "644 usr/share/bash-completion/completions/cacheme",
        "644 usr/share/zsh/vendor-completions/_cacheme",
        "644 usr/share/fish/vendor_completions.d/cacheme.fish",
        "644 usr/share/doc/cacheme/examples/config.toml",
        "644 usr/share/doc/cacheme/copyright",
        "644 usr/share/man/man1/cacheme-keys-restore.1.gz",
    ] {
        assert!(parts[0].lines().any(|line| line == file), "no {file} in\n{}", parts[0]);
    }
    let version = concat!("cacheme ", env!("CARGO_PKG_VERSION"));
    assert_eq!(
        parts[1].lines().collect::<Vec<_>>(),
        [version, "1", "get_owner", "1"],
        "{}",
        out.transcript()
    );
    assert_eq!(parts[2], "", "something was left behind");
}

#[test]
fn the_units_start_what_there_is_and_are_locked_up() {
    let service = read("examples/systemd/cacheme-purge.service");
    let command = service.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/bin/cacheme ")).unwrap();
    let server = Server::start();
    fill(Lib::V009, &server, "CM:");
    let config = read("examples/systemd/config.toml");
    Cli::bare().args(["config", "check", "--config", &project("examples/systemd/config.toml")]).run().ok();
    let config = config.replace("redis://purge@cache.internal:6379/0", &server.url());
    let cli = Cli::bare().file("config.toml", config).env("CACHEME_CONFIG", "config.toml");
    cli.args(command.split(' ')).run().ok();
    for line in ["DynamicUser=yes", "ProtectSystem=strict", "NoNewPrivileges=yes", "CapabilityBoundingSet="] {
        assert!(service.lines().any(|it| it == line), "no {line}");
    }
}

#[test]
fn the_kubernetes_examples_run_and_are_locked_up() {
    let folder = project("examples/kubernetes");
    for file in fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        for needed in [
            "runAsNonRoot: true",
            "readOnlyRootFilesystem: true",
            "allowPrivilegeEscalation: false",
            "drop: [\"ALL\"]",
            "type: RuntimeDefault",
            "automountServiceAccountToken: false",
        ] {
            assert!(text.contains(needed), "{}: no {needed}", path.display());
        }
    }
    let job = read("examples/kubernetes/purge-cronjob.yaml");
    let args = job.lines().find_map(|line| line.trim().strip_prefix("args: ")).unwrap();
    let args: Vec<String> = serde_json::from_str(args).unwrap();
    let server = Server::start();
    fill(Lib::V009, &server, "CM:");
    Cli::new(&server)
        .args(args)
        .env("CACHEME_LAYOUT", "classic")
        .env("CACHEME_UTC_OFFSET", "+00:00")
        .run()
        .ok();
    let sidecar = read("examples/kubernetes/sidecar.yaml");
    let inside = sidecar.lines().skip_while(|line| !line.contains("config.toml: |")).skip(1);
    let config: Vec<&str> =
        inside.take_while(|line| !line.starts_with("  password")).map(str::trim).collect();
    Cli::bare().file("c.toml", config.join("\n")).args(["config", "check", "--config", "c.toml"]).run().ok();
}

#[test]
fn what_the_release_script_needs_is_there() {
    for path in ["packaging/release.sh", "packaging/deb.sh"] {
        let script = project(path);
        assert!(Path::new(&script).exists());
        sh(&format!("bash -n '{script}'")).run().ok();
    }
}
