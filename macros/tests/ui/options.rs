use cacheme_macros::memoize;

#[memoize(cache = CACHE, key = "a", ttl = "10m")]
fn unknown() -> u64 {
    1
}

#[memoize(key = "a")]
fn no_cache() -> u64 {
    1
}

#[memoize(cache = CACHE)]
fn no_key() -> u64 {
    1
}

#[memoize(cache = CACHE, key = "a", key = "b")]
fn twice() -> u64 {
    1
}

#[memoize(cache = CACHE, key = KEY)]
fn no_template() -> u64 {
    1
}

#[memoize(cache = CACHE, key = "a", timeout = "ten minutes")]
fn no_time() -> u64 {
    1
}

#[memoize(cache = CACHE, key = "a", jitter = "ten percent")]
fn no_share() -> u64 {
    1
}

struct Shop;

impl Shop {
    #[memoize(cache = self.cache, key = "a")]
    fn its_own(&self) -> u64 {
        1
    }
}

fn main() {}
