//! A web service whose functions are cached: for all its workers, and for Python ones on the same Redis.
//!
//! ```text
//! CACHEME_URL=redis://127.0.0.1:6379/0 LISTEN=127.0.0.1:8080 cargo run --example service --all-features
//! curl 'http://127.0.0.1:8080/books/1'                       # computed, then read from Redis
//! curl 'http://127.0.0.1:8080/titles?ids=1,2,3'              # many at once
//! curl -X PUT -d 'Dune' 'http://127.0.0.1:8080/books/1/title' # whoever shows the book shows it anew
//! curl -X PUT 'http://127.0.0.1:8080/database/down'          # now what is there is served, be it old
//! curl 'http://127.0.0.1:8080/metrics'
//! ```

// An example is there to be watched.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use cacheme::memoize;
use cacheme::memoize::future::{Cache, Memoized};
use cacheme::memoize::{CallError, Invalidate, Settings};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

static CACHE: OnceLock<Cache> = OnceLock::new();

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Book {
    id: u64,
    title: String,
}

/// In place of a real one: the shared handle that the functions get, and that is no part of any key.
#[derive(Default)]
struct Database {
    titles: Mutex<BTreeMap<u64, String>>,
    is_down: AtomicBool,
    queries: AtomicU64,
}

impl Database {
    async fn titles(&self, ids: &[u64]) -> Result<Vec<String>, Failed> {
        self.queries.fetch_add(1, Relaxed);
        tokio::time::sleep(Duration::from_millis(5)).await;
        if self.is_down.load(Relaxed) {
            return Err(Failed::Database);
        }
        let titles = self.titles.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(ids.iter().map(|id| titles.get(id).cloned().unwrap_or_else(|| format!("Book {id}"))).collect())
    }
}

#[derive(Debug, Clone)]
enum Failed {
    Database,
    Cache(String),
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database => write!(f, "the database is down"),
            Self::Cache(error) => write!(f, "{error}"),
        }
    }
}

/// How the callers of a cached function get its error.
impl From<CallError<Self>> for Failed {
    fn from(error: CallError<Self>) -> Self {
        match error {
            CallError::Function(error) => Arc::unwrap_or_clone(error),
            CallError::Cache(error) => Self::Cache(error.to_string()),
            CallError::Timeout { key, .. } => Self::Cache(format!("{key} takes too long")),
        }
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        (StatusCode::SERVICE_UNAVAILABLE, format!("{self}\n")).into_response()
    }
}

#[memoize(
    cache = CACHE.get().expect("main opens it"),
    key = "Book:{id}>book",
    invalid_keys = ["Book:{id}"],
    timeout = "10m",
    jitter = "10%",
    stale_if_error = "30s",
    soft_timeout = "200ms",
    on_failure = |key: &str, error: &Failed, _: &_| eprintln!("{key}: {error}")
)]
async fn get_book(database: Arc<Database>, id: u64) -> Result<Book, Failed> {
    let mut titles = database.titles(&[id]).await?;
    Ok(Book { id, title: titles.swap_remove(0) })
}

/// As a value, where many are asked for at once: what is missing is one query.
fn titles(cache: &Cache, database: &Arc<Database>) -> Memoized<u64, String, Failed> {
    let [one, many] = [Arc::clone(database), Arc::clone(database)];
    cache
        .try_memoize(
            "titles",
            |id: &u64| format!("Book:{id}>title"),
            move |id: u64| {
                let database = Arc::clone(&one);
                async move { Ok(database.titles(&[id]).await?.swap_remove(0)) }
            },
        )
        .try_compute_many(move |ids: Vec<u64>| {
            let database = Arc::clone(&many);
            async move { database.titles(&ids).await }
        })
        .invalid_keys(|id, _| format!("Book:{id}"))
        .timeout(Duration::from_secs(600))
        .stale_if_error(Duration::from_secs(30))
        .build()
}

struct App {
    database: Arc<Database>,
    titles: Memoized<u64, String, Failed>,
    metrics: PrometheusHandle,
}

async fn book(State(app): State<Arc<App>>, Path(id): Path<u64>) -> Result<Json<Book>, Failed> {
    get_book(Arc::clone(&app.database), id).await.map(Json)
}

#[derive(Deserialize)]
struct Ids {
    ids: String,
}

async fn several(
    State(app): State<Arc<App>>,
    Query(Ids { ids }): Query<Ids>,
) -> Result<Json<Vec<String>>, Failed> {
    let ids: Vec<u64> = ids.split(',').filter_map(|id| id.parse().ok()).collect();
    let called = app.titles.call_many(&ids).await;
    Ok(Json(called.into_iter().collect::<Result<_, _>>()?))
}

async fn rename(State(app): State<Arc<App>>, Path(id): Path<u64>, title: String) -> Result<String, Failed> {
    app.database.titles.lock().unwrap_or_else(PoisonError::into_inner).insert(id, title);
    // Both functions list what they store under it.
    let cache = CACHE.get().expect("main opens it");
    let report = cache.invalidate(&Invalidate::invalid_key(format!("Book:{id}"))).await;
    let report = report.map_err(|error| Failed::Cache(error.to_string()))?;
    Ok(format!("{} to be recomputed\n", report.marked))
}

async fn switch(State(app): State<Arc<App>>, Path(to): Path<String>) -> String {
    app.database.is_down.store(to == "down", Relaxed);
    format!("{} queries so far\n", app.database.queries.load(Relaxed))
}

async fn measured(State(app): State<Arc<App>>) -> String {
    app.metrics.render()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Before the functions are built: they take their counters from it.
    let metrics = PrometheusBuilder::new().install_recorder()?;
    let cache =
        CACHE.get_or_init(|| Cache::open(Settings::from_env().expect("CACHEME_URL")).expect("a cache"));
    let database = Arc::<Database>::default();
    let app = App { titles: titles(cache, &database), database, metrics };
    let router = Router::new()
        .route("/books/{id}", get(book))
        .route("/books/{id}/title", put(rename))
        .route("/titles", get(several))
        .route("/database/{to}", put(switch))
        .route("/metrics", get(measured))
        .with_state(Arc::new(app));

    let address = std::env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let ended = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    axum::serve(listener, router).with_graceful_shutdown(ended).await?;
    // What goes on behind calls is waited for, and what was counted is sent.
    cache.close().await?;
    Ok(())
}
