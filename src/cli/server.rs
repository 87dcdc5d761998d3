//! Flags and environment that say which server, resolved once.

use super::args::Global;
use super::error::Failure;
use super::ui::Ui;
use cacheme::store::{Secret, Target, Tls};
use std::io::IsTerminal as _;
use std::path::Path;

/// The server, with who we are to it and whom we trust.
pub fn target(global: &Global, ui: &Ui) -> Result<Target, Failure> {
    let mut target = Target::parse(global.url.as_deref().unwrap_or(Target::DEFAULT_URL))?;
    if let Some(seeds) = cluster_seeds(global) {
        target = target.with_cluster(seeds)?;
    }
    if global.replica {
        target = target.with_replica();
    }
    target = target.with_tls(tls(global)?)?;
    if global.tls_insecure {
        // Loud on purpose: --quiet does not silence it.
        ui.say(&format!(
            "WARNING: --tls-insecure: the certificate of {target} is NOT verified; whoever sits in between can read \
             and change everything, the password included"
        ));
    }
    if target.has_sentinels() {
        let secret = match &global.sentinel_password_file {
            Some(path) => Some(first_line(path)?),
            None => variable("CACHEME_SENTINEL_PASSWORD"),
        };
        target = target.with_sentinel_login(global.sentinel_user.clone(), secret);
    }
    match password(global, &target)? {
        Some(password) => Ok(target.with_password(&password)),
        None => Ok(target),
    }
}

/// Whether a person is there to be asked.
pub fn is_interactive() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// The seeds, which may be none beside the URL's own; `None` where it is no cluster.
fn cluster_seeds(global: &Global) -> Option<&str> {
    match global.cluster.as_deref()? {
        "0" | "false" | "no" | "off" => None,
        "1" | "true" | "yes" | "on" => Some(""),
        seeds => Some(seeds),
    }
}

fn tls(global: &Global) -> Result<Tls, Failure> {
    let read = |path: &Path| {
        std::fs::read(path)
            .map_err(|error| Failure::usage(format!("cannot read {}: {error}", path.display())))
    };
    let mut tls = Tls::default();
    if let Some(ca) = &global.tls_ca {
        tls = tls.with_ca(read(ca)?);
    }
    match (&global.tls_cert, &global.tls_key) {
        (Some(certificate), Some(key)) => tls = tls.with_identity(read(certificate)?, read(key)?),
        (None, None) => {}
        _ => return Err(Failure::usage("--tls-cert and --tls-key go together")),
    }
    Ok(if global.tls_insecure { tls.insecure() } else { tls })
}

fn password(global: &Global, target: &Target) -> Result<Option<Secret>, Failure> {
    if global.ask_password {
        if !is_interactive() {
            return Err(Failure::usage("--ask-password needs a terminal")
                .with_hint("REDISCLI_AUTH or --password-file work without one"));
        }
        let asked = dialoguer::Password::new().with_prompt("Password").interact();
        let password = asked.map_err(|error| Failure::usage(format!("no password was given: {error}")))?;
        return Ok(Some(Secret::new(password)));
    }
    if let Some(path) = &global.password_file {
        return first_line(path).map(Some);
    }
    Ok(if target.has_password() { None } else { variable("REDISCLI_AUTH") })
}

fn variable(name: &str) -> Option<Secret> {
    std::env::var(name).ok().filter(|password| !password.is_empty()).map(Secret::new)
}

fn first_line(path: &Path) -> Result<Secret, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::usage(format!("cannot read the password file {}: {error}", path.display()))
    })?;
    Ok(Secret::new(text.lines().next().unwrap_or_default()))
}
