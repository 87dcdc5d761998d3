use cacheme_macros::memoize;

#[memoize(cache = CACHE, key = "a:{of}")]
fn generic<T: Into<u64>>(of: T) -> u64 {
    of.into()
}

#[memoize(cache = CACHE, key = "a:{of}")]
const fn constant(of: u64) -> u64 {
    of
}

#[memoize(cache = CACHE, key = "a:{of}")]
fn borrowed(of: &str) -> &str {
    of
}

struct Shop;

impl Shop {
    #[memoize(cache = CACHE, key = "a")]
    fn itself() -> Self {
        Self
    }
}

#[memoize(cache = CACHE, key = "a")]
struct NoFunction;

#[memoize(cache = CACHE, key = "a", hard_timeout = "1s")]
fn borrows(pool: &Pool) -> Result<u64, String> {
    Ok(pool.0)
}

struct Pool(u64);

impl Pool {
    #[memoize(cache = CACHE, key = "a", stale_while_revalidate = true)]
    fn borrows(&self) -> u64 {
        self.0
    }
}

fn main() {}
