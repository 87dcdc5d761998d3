//! What is packaged installs, runs and goes away again; what the examples start can be started.

use crate::support::cli::{Cli, binary};
use crate::support::python::{Lib, fill};
use crate::support::server::Server;
use serde_json::{Value, json};
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
        .env("VERSION", env!("CARGO_PKG_VERSION"))
}

#[test]
fn the_debian_package_installs_runs_and_goes_away() {
    let server = Server::start();
    fill(Lib::V009, &server, "CM:");
    let cli = sh("mkdir out root; bash \"$PROJECT/packaging/deb.sh\" \"$BINARY\" \"$ARCH-unknown-linux-gnu\" \"$VERSION\" out >&2
         mkdir -p root/var/lib/dpkg/{info,updates,triggers}; touch root/var/lib/dpkg/status
         dpkg --root=root --force-not-root --force-depends --force-bad-path --force-unsafe-io --log=/dev/null -i out/*.deb >&2
         find root -path root/var -prune -o -type f -printf '%m %P\\n' | sort -k2
         echo ---
         dpkg --root=root --verify cacheme
         env -i root/usr/bin/cacheme -V
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
    .env("ARCH", std::env::consts::ARCH)
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
        "644 usr/share/cacheme/schemas/keys-list.json",
        "644 usr/share/doc/cacheme/examples/config.toml",
        "644 usr/share/doc/cacheme/copyright",
        "644 usr/share/doc/cacheme/README.md",
        "644 usr/share/doc/cacheme/docs/permissions.md",
        "644 usr/share/doc/cacheme/docs/screens/browse.svg",
        "644 usr/share/doc/cacheme/benches/RESULTS.md",
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
    // systemd's own opinion: every setting is one, and the exposure (here ten times what it prints) is low.
    let here = service.replace("/usr/bin/cacheme", &binary().display().to_string());
    let analyze = |args: &[&str]| {
        let cli = Cli::of("/usr/bin/systemd-analyze").file("cacheme-purge.service", &here);
        let cli = cli.file("cacheme-purge.timer", read("examples/systemd/cacheme-purge.timer"));
        let out = cli.args(args).run();
        out.ok();
        out
    };
    let verified = analyze(&["verify", "--man=no", "./cacheme-purge.timer", "./cacheme-purge.service"]);
    assert_eq!(verified.stderr, "");
    analyze(&["security", "--offline=true", "--threshold=15", "./cacheme-purge.service"]);
}

/// The documents of an example, read by a YAML parser, once the schemas of Kubernetes have found nothing to say.
fn manifests(path: &str) -> Vec<Value> {
    let environment = project("target/venv/kubernetes");
    assert!(Path::new(&environment).join("stamp").exists(), "run `make venvs`, then this again");
    let program = format!("{environment}/bin/kubernetes-validate");
    Cli::of(program).args(["--strict", path]).run().ok();
    let script = "import json, sys, yaml; json.dump(list(yaml.safe_load_all(open(sys.argv[1]))), sys.stdout)";
    let read = Cli::of(format!("{environment}/bin/python")).args(["-c", script, path]).run();
    read.ok().json().as_array().unwrap().clone()
}

#[test]
fn the_kubernetes_examples_are_valid_and_locked_up() {
    let mut pods = 0;
    for file in fs::read_dir(project("examples/kubernetes")).unwrap() {
        let path = file.unwrap().path().display().to_string();
        for document in manifests(&path) {
            let spec = match document["kind"].as_str().unwrap() {
                "CronJob" => &document["spec"]["jobTemplate"]["spec"]["template"]["spec"],
                "Deployment" => &document["spec"]["template"]["spec"],
                "Secret" => continue,
                other => panic!("{path}: a {other} is not looked at here"),
            };
            pods += 1;
            let pod = &spec["securityContext"];
            assert_eq!(pod["runAsNonRoot"], true, "{path}");
            assert_eq!(pod["seccompProfile"]["type"], "RuntimeDefault", "{path}");
            assert_eq!(spec["automountServiceAccountToken"], false, "{path}");
            for volume in spec["volumes"].as_array().unwrap() {
                let mode = volume["secret"]["defaultMode"].as_u64().unwrap();
                assert_eq!(mode & 0o7, 0, "{path}: a secret for everybody");
                // Root's, but for the group: without one nobody in the pod could read it.
                assert!(
                    mode & 0o40 == 0o40 && pod["fsGroup"] == pod["runAsGroup"],
                    "{path}: a secret for nobody"
                );
            }
            for container in spec["containers"].as_array().unwrap() {
                if !container["image"].as_str().unwrap().starts_with("cacheme") {
                    continue;
                }
                let security = &container["securityContext"];
                assert_eq!(security["readOnlyRootFilesystem"], true, "{path}");
                assert_eq!(security["allowPrivilegeEscalation"], false, "{path}");
                assert_eq!(security["capabilities"]["drop"], json!(["ALL"]), "{path}");
                assert!(container["resources"]["limits"]["memory"].is_string(), "{path}: no limit");
            }
        }
    }
    assert_eq!(pods, 2);
    // A mistake is found: the schemas were really asked.
    let broken = read("examples/kubernetes/sidecar.yaml").replace("readOnlyRootFilesystem", "readOnlyRoot");
    let cli = Cli::of(project("target/venv/kubernetes/bin/kubernetes-validate")).file("broken.yaml", broken);
    cli.args(["--strict", "broken.yaml"]).run().code(1);
}

#[test]
fn the_kubernetes_examples_run() {
    let server = Server::start();
    fill(Lib::V009, &server, "CM:");
    let job = &manifests(&project("examples/kubernetes/purge-cronjob.yaml"))[0];
    let container = &job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0];
    let mut cli = Cli::bare();
    for variable in container["env"].as_array().unwrap() {
        let (name, value) = (variable["name"].as_str().unwrap(), variable["value"].as_str().unwrap());
        cli = match name {
            // Where the cluster's own server and secret would be.
            "CACHEME_URL" => cli.env(name, server.url()),
            "CACHEME_PASSWORD_FILE" => cli,
            _ => cli.env(name, value),
        };
    }
    let args = container["args"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned());
    assert_eq!(cli.args(args).run().ok().json()["complete"], true);
    let sidecar = manifests(&project("examples/kubernetes/sidecar.yaml"));
    let data = &sidecar[1]["stringData"];
    let mut cli = Cli::bare();
    for (name, text) in data.as_object().unwrap() {
        let text = text.as_str().unwrap().replace("redis://redis:6379/0", &server.url());
        cli = cli.file(name, text.replace("password_file", "# password_file"));
    }
    let cli = cli.env("CACHEME_CONFIG", "config.toml").env("CACHEME_READ_ONLY", "true");
    assert!(cli.args(["tags", "list"]).run().ok().text().contains("get_owner"));
    assert!(data["password"].is_string(), "the profile names a password file that is not there");
}

/// What `make release` builds for, and what Debian calls it.
const TARGETS: [(&str, &str); 2] =
    [("x86_64-unknown-linux-musl", "amd64"), ("aarch64-unknown-linux-musl", "arm64")];

/// The end of the address that `cargo binstall` asks for on a machine of this target, and the program's place in what it gets.
fn binstall(target: &str) -> (String, String) {
    let manifest = read("Cargo.toml");
    let field = |name: &str| {
        let value = manifest.lines().find_map(|line| line.strip_prefix(&format!("{name} = \"")));
        value.and_then(|value| value.strip_suffix('"')).unwrap_or_else(|| panic!("Cargo.toml has no {name}"))
    };
    let expand = |name: &str| {
        let known =
            [("repo", field("repository")), ("name", "cacheme"), ("bin", "cacheme"), ("binary-ext", "")];
        let known = known.into_iter().chain([("version", field("version")), ("target", target)]);
        known.fold(field(name).to_owned(), |text, (it, value)| text.replace(&format!("{{ {it} }}"), value))
    };
    let url = expand("pkg-url");
    assert!(!url.contains('{') && url.starts_with("https://"), "{url}");
    (url.rsplit('/').next().unwrap().to_owned(), expand("bin-dir"))
}

#[test]
fn packages_of_both_processors_are_named_and_filled_as_it_is_said_they_are() {
    let contents = sh("bash \"$PROJECT/packaging/contents.sh\"").run();
    let contents: Vec<(&str, &str)> =
        contents.ok().lines().into_iter().map(|line| line.split_once(' ').unwrap()).collect();
    for folder in ["man", "completions", "schemas"] {
        let Ok(files) = fs::read_dir(project(folder)) else { continue };
        for file in files {
            let file = format!("{folder}/{}", file.unwrap().file_name().display());
            assert!(contents.iter().any(|(name, _)| *name == file), "packaging/contents.sh has no {file}");
        }
    }
    for (target, arch) in TARGETS {
        assert!(read("packaging/release.sh").contains(target));
        let (tarball, program) = binstall(target);
        let deb = format!("cacheme_{}_{arch}.deb", env!("CARGO_PKG_VERSION"));
        let out =
            sh("mkdir out; bash \"$PROJECT/packaging/pack.sh\" program \"$TARGET\" \"$VERSION\" out >&2
             tar -tf \"out/$TARBALL\" | sort; echo ---
             dpkg-deb --field \"out/$DEB\" Architecture; echo ---
             dpkg-deb --contents \"out/$DEB\"")
            .file("program", "the program")
            .env("TARGET", target)
            .env("TARBALL", &tarball)
            .env("DEB", deb)
            .env("DEB_COMPRESSION", "none")
            .run();
        let parts: Vec<&str> = out.ok().text().split("---\n").collect();
        let folder = tarball.strip_suffix(".tar.gz").unwrap();
        let packed: Vec<&str> = parts[0].lines().filter(|line| !line.ends_with('/')).collect();
        let mut wanted: Vec<String> = contents.iter().map(|(name, _)| format!("{folder}/{name}")).collect();
        wanted.push(program);
        wanted.sort();
        assert_eq!(packed, wanted);
        assert!(parts[1].ends_with(&format!("{arch}\n")), "{}", out.transcript());
        for (_, place) in contents.iter().filter(|(_, place)| *place != "-") {
            let is_there = parts[2].lines().any(|line| {
                line.ends_with(&format!(" ./{place}")) || line.ends_with(&format!(" ./{place}.gz"))
            });
            assert!(is_there, "no {place}\n{}", out.transcript());
        }
    }
}
