// A Redis of its own for an example in the documentation, gone when the example ends. The examples include this file in a
// line that is not shown, so `cargo test` needs redis-server installed, and no server of anybody's is written to.

struct Redis {
    folder: tempfile::TempDir,
    process: std::process::Child,
}

impl Redis {
    fn start() -> Self {
        use std::process::{Command, Stdio};
        let folder = tempfile::Builder::new().prefix("cacheme-doc-").tempdir().expect("a temporary folder");
        // Told by the kernel when the example is killed; without util-linux it would stay then.
        let guarded = Command::new("setpriv").arg("--version").output().is_ok();
        let mut command = Command::new(if guarded { "setpriv" } else { "redis-server" });
        if guarded {
            command.args(["--pdeathsig", "KILL", "redis-server"]);
        }
        command.args(["--port", "0", "--save", "", "--unixsocket", "redis.sock"]);
        let process = command
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is not installed: run `make deps`, then this again");
        let mut redis = Self { folder, process };
        for _ in 0..1000 {
            let ended = redis.process.try_wait().ok().flatten();
            assert!(ended.is_none(), "redis-server ended ({ended:?}): is it installed? `make deps` does it");
            if std::os::unix::net::UnixStream::connect(redis.folder.path().join("redis.sock")).is_ok() {
                return redis;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("redis-server does not answer");
    }

    fn url(&self) -> String {
        format!("unix://{}", self.folder.path().join("redis.sock").display())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
