use cacheme_macros::memoize;

#[memoize(cache = CACHE, key = "Book:{bok}>owner")]
fn unknown(book: u64, _language: &str) -> u64 {
    book
}

#[memoize(cache = CACHE, key = "Book:{book}>owner:{result.id}")]
fn no_result_yet(book: u64) -> u64 {
    book
}

#[memoize(cache = CACHE, key = "Book:{book}", invalid_keys = ["All", "User:{owner.id}"])]
fn unknown_in_an_invalid_key(book: u64) -> u64 {
    book
}

#[memoize(cache = CACHE, key = "{self.name}")]
fn no_method() -> u64 {
    1
}

#[memoize(cache = CACHE, key = "Book:{}")]
fn nothing(book: u64) -> u64 {
    book
}

#[memoize(cache = CACHE, key = "Book:{book + 1}")]
fn computed(book: u64) -> u64 {
    book
}

#[memoize(cache = CACHE, key = "Book:{book")]
fn open(book: u64) -> u64 {
    book
}

#[memoize(cache = CACHE, key = "{result}", invalid_keys = ["{result}"])]
fn two_results(result: u64) -> u64 {
    result
}

fn main() {}
