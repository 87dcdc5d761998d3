//! Flags and environment that say which server, resolved once.

use crate::cli::args::ServerArgs;
use crate::cli::error::Failure;
use crate::cli::settings::{Password, password_in};
use crate::cli::ui::Ui;
use cacheme::client::{Secret, Target, Tls};
use cacheme::setting::cluster;
use std::ffi::OsString;
use std::net::Ipv4Addr;

/// The server and whom we trust; not yet who we are to it.
pub fn target(args: &ServerArgs) -> Result<Target, Failure> {
    target_at(args, args.url.as_deref().unwrap_or(Target::DEFAULT_URL))
}

/// The same at another URL.
pub fn target_at(args: &ServerArgs, url: &str) -> Result<Target, Failure> {
    let mut target = Target::parse(url).map_err(|error| match with_scheme(url) {
        Some(meant) => Failure::from(error).with_hint(meant),
        None => error.into(),
    })?;
    if let Some(seeds) = args.cluster.as_deref().and_then(cluster) {
        target = target.with_cluster(&seeds)?;
    }
    if args.replica {
        target = target.with_replica();
    }
    let tls = Tls {
        ca: args.tls_ca.clone(),
        certificate: args.tls_cert.clone(),
        key: args.tls_key.clone(),
        insecure: args.tls_insecure,
    };
    target = target.with_tls(tls)?;
    if target.has_sentinels() {
        let secret = match &args.sentinel_password_file {
            Some(path) => Some(password_in(path)?),
            None if args.environment_is_elsewhere => None,
            None => variable("CACHEME_SENTINEL_PASSWORD")?,
        };
        target = target.with_sentinel_login(args.sentinel_user.clone(), secret);
    }
    Ok(target)
}

/// What was probably meant by `HOST:PORT` or `HOST:PORT/DATABASE`. Only a name that is certainly no password is repeated.
fn with_scheme(url: &str) -> Option<String> {
    let (server, database) = url.split_once('/').unwrap_or((url, "0"));
    let (host, port) = server.rsplit_once(':').unwrap_or((server, "6379"));
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let is_meant = !host.is_empty()
        && host.chars().all(is_host)
        && (server.contains(':') || host == "localhost")
        && port.parse::<u16>().is_ok()
        && database.parse::<u8>().is_ok();
    let is_no_secret = host == "localhost" || host.parse::<Ipv4Addr>().is_ok();
    is_meant.then(|| match is_no_secret {
        true => format!("did you mean redis://{host}:{port}/{database}?"),
        false => format!("put redis:// in front of it: redis://HOST:{port}/{database}"),
    })
}

/// Says that nobody is verified. Loud on purpose: --quiet does not silence it.
pub fn warn_if_insecure(args: &ServerArgs, target: &Target, ui: &Ui) {
    if args.tls_insecure {
        ui.say(&format!(
            "WARNING: --tls-insecure: the certificate of {target} is NOT verified; anyone in between can read \
             and change everything, the password included"
        ));
    }
}

/// The server, with a password that nobody has to be asked for.
pub fn logged_in(target: Target, password: &Password) -> Result<Target, Failure> {
    Ok(match password {
        Password::File(path) => {
            // It is read for each connection; that it cannot be is told before the first.
            password_in(path)?;
            target.with_password_file(path)
        }
        Password::Variable(name) => match variable(name)? {
            Some(password) => target.with_password(&password),
            None => target,
        },
        Password::OfUrl | Password::Asked | Password::Command(..) => target,
    })
}

/// A password from the environment.
pub fn variable(name: &str) -> Result<Option<Secret>, Failure> {
    let password = std::env::var_os(name).filter(|password| !password.is_empty());
    let text = |password: OsString| {
        password
            .into_string()
            .map_err(|_| Failure::usage(format!("{name} holds a password that is not UTF-8")))
    };
    Ok(password.map(text).transpose()?.map(Secret::new))
}
