//! Integration tests: one binary, a file for each command or promise. See `tests/README.md`.

// A test says what it expects by unwrapping; the failure carries the transcript.
#![allow(clippy::unwrap_used)]

mod deploy_acl;
mod deploy_cluster;
mod deploy_faults;
mod deploy_sentinel;
mod deploy_tls;
mod generated;
mod readme;
mod smoke;
mod support;
mod values;
