//! The flags that say which server.

use crate::cli::args::headings::CONNECTION;
use crate::cli::args::parse;
use clap::{ArgAction, Args};
use std::path::PathBuf;

/// Which server, who we are to it and whom we trust. The URL may hold a password, so none of this can be printed.
#[derive(Args)]
#[command(next_help_heading = CONNECTION)]
pub struct ServerArgs {
    /// The server: redis://[user[:password]@]host[:port][/db], the same with TLS as rediss://, unix:///path[?db=N], or
    /// redis+sentinel://host1,host2/service/db [default: redis://127.0.0.1:6379/0]
    #[arg(long, global = true, env = "CACHEME_URL", hide_env_values = true, value_name = "URL")]
    pub url: Option<String>,
    /// Read an RDB file (a dump of Redis) instead of a server; for commands that only read
    ///
    /// A redis-server, valkey-server or keydb-server of this machine, or the program that CACHEME_REDIS_SERVER names, loads
    /// the file. Nobody else can reach it, and it is gone at the end. The file is not changed. The database is that of
    /// CACHEME_URL or of the profile's url, or else 0. Keys that Redis itself would have expired by now are not loaded.
    #[arg(long, global = true, value_name = "FILE")]
    pub rdb: Option<PathBuf>,
    /// The server is part of a Redis Cluster; more of its nodes may be given: host:port,host:port
    #[arg(long, global = true, env = "CACHEME_CLUSTER", hide_env_values = true, value_name = "SEEDS", num_args = 0..=1, require_equals = true, default_missing_value = "on")]
    pub cluster: Option<String>,
    /// Read from a replica, where the sentinels or the cluster know one
    #[arg(long, global = true, env = "CACHEME_REPLICA", hide_env_values = true, value_parser = parse::truth, action = ArgAction::SetTrue)]
    pub replica: bool,
    /// Trust the certificate authorities in this file (PEM) instead of the system's
    #[arg(long, global = true, env = "CACHEME_TLS_CA", hide_env_values = true, value_name = "FILE")]
    pub tls_ca: Option<PathBuf>,
    /// Show this certificate (PEM) to the server
    #[arg(long, global = true, env = "CACHEME_TLS_CERT", hide_env_values = true, value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// The private key of --tls-cert (PEM)
    #[arg(long, global = true, env = "CACHEME_TLS_KEY", hide_env_values = true, value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// Accept any certificate: anyone in between can then read and change everything, passwords included
    #[arg(long, global = true, env = "CACHEME_TLS_INSECURE", hide_env_values = true, value_parser = parse::truth, action = ArgAction::SetTrue)]
    pub tls_insecure: bool,
    /// Read the password from the first line of this file
    #[arg(long, global = true, env = "CACHEME_PASSWORD_FILE", hide_env_values = true, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// The user to log in to the sentinels with
    #[arg(long, global = true, env = "CACHEME_SENTINEL_USER", hide_env_values = true, value_name = "USER")]
    pub sentinel_user: Option<String>,
    /// Read the sentinels' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead
    #[arg(
        long,
        global = true,
        env = "CACHEME_SENTINEL_PASSWORD_FILE",
        hide_env_values = true,
        value_name = "FILE"
    )]
    pub sentinel_password_file: Option<PathBuf>,
    /// Ask for the password on the terminal
    #[arg(long, global = true)]
    pub ask_password: bool,
    /// The environment speaks of another server: its secrets are not for this one.
    #[arg(skip)]
    pub environment_is_elsewhere: bool,
}
