//! Integration tests: one binary, a file for each command or promise. See `tests/README.md`.

// A test says what it expects by unwrapping; the failure carries the transcript.
#![allow(clippy::unwrap_used)]
// Some tests count what they forced; the counts are for who reads the log.
#![allow(clippy::print_stdout)]

mod ages;
mod bars;
mod bookkeeping;
mod both_layouts;
mod browse;
mod budgets;
mod chaos;
mod cli_absent;
mod cli_confirm;
mod cli_diff;
mod cli_errors;
mod cli_events;
mod cli_invalidate;
mod cli_keys;
mod cli_log;
mod cli_output;
mod cli_purge;
mod cli_rdb;
mod cli_stats;
mod cli_tags;
mod cli_traffic;
mod closed_pipe;
mod complete;
mod config;
mod contract;
mod deploy_acl;
mod deploy_cluster;
mod deploy_cluster_budgets;
mod deploy_cluster_databases;
mod deploy_cluster_gc;
mod deploy_cluster_restore;
mod deploy_cluster_servers;
mod deploy_cluster_slots;
mod deploy_cluster_steps;
mod deploy_cluster_traffic;
mod deploy_faults;
mod deploy_sentinel;
mod deploy_table;
mod deploy_tls;
mod docs;
mod doctor_clocks;
mod doctor_counts;
mod doctor_findings;
mod doctor_local;
mod doctor_made;
mod dump_living;
mod engine;
mod files;
mod first_hour;
mod gc_every;
mod gc_removes;
mod gc_safety;
mod gc_torture;
mod generated;
mod help;
mod inner_namespaces;
mod input;
mod interleavings;
mod interop_invalidation;
mod interop_listing;
mod keys_top;
mod layers;
mod meant;
#[cfg(feature = "tokio")]
mod memoize_async;
mod memoize_bad_input;
mod memoize_behind;
mod memoize_bookstore;
#[cfg(feature = "tokio")]
mod memoize_by_args;
mod memoize_calls;
mod memoize_forked;
mod memoize_interleavings;
mod memoize_leases;
mod memoize_load;
mod memoize_local;
#[cfg(feature = "tokio")]
mod memoize_local_faults;
mod memoize_local_storm;
#[cfg(all(feature = "macros", feature = "tokio"))]
mod memoize_macro;
#[cfg(feature = "tokio")]
mod memoize_many;
#[cfg(feature = "tokio")]
mod memoize_memory;
#[cfg(all(feature = "metrics", feature = "tokio"))]
mod memoize_metrics;
mod memoize_names;
mod memoize_overtaken;
mod memoize_owed;
mod memoize_python;
mod memoize_recording;
mod memoize_reports;
mod memoize_reserved;
#[cfg(feature = "tokio")]
mod memoize_resilience;
#[cfg(all(feature = "macros", feature = "metrics", feature = "tokio"))]
mod memoize_service;
mod memoize_spread;
#[cfg(feature = "tokio")]
mod memoize_spread_storm;
mod memoize_traces;
mod messages;
mod other_library;
mod packages;
mod purge_marks;
mod quiet;
mod races;
mod readme;
mod refused_cluster;
mod refused_commands;
mod refused_memoize;
mod refused_steps;
mod rehearsed;
mod replicated;
mod restore;
mod scan_without_type;
mod schemas;
mod script_refusals;
mod selectors;
mod server_names;
mod smoke;
mod stats_counters;
mod stats_histogram;
mod stats_live;
mod stats_load;
mod stats_prometheus;
mod stats_rust;
mod stats_watch;
mod stepping;
mod strict_scripts;
mod support;
mod values;
mod values_corpus;
mod wrong_types;
