//! `stats --histogram`: how large values are, and how much time they have left, by tag.

use crate::cli::args::{Format, Narrowing, Selectors};
use crate::cli::commands::keys::each_key;
use crate::cli::commands::selection::Selection;
use crate::cli::commands::{is_same_server, read_code};
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::output::human::{long, of_values};
use crate::cli::output::{Flat, Name, Record as _, Shape, Shown, ValueSize, print};
use crate::cli::rows::stats::{self, BucketOfTag, HistogramBy, Histograms};
use cacheme::ops::{InnerSearch, Memberships, Query, Read};
use cacheme::text::{self, counted, grouped};
use indicatif::HumanBytes;
use std::collections::BTreeMap;

/// Where the buckets of sizes begin, in bytes.
const BYTES: [i64; 11] = [0, 64, 256, 1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20, 1 << 22, 1 << 24];
/// Where the buckets of time left begin, in seconds. In front of them stands what has expired, behind them what has no timeout.
const SECONDS: [i64; 10] = [0, 60, 300, 900, 3600, 21_600, 86_400, 604_800, 2_592_000, 31_536_000];
/// A table shows so many tags, those with the most bytes.
const TAGS: usize = 5;
/// The longest bar of a table, in columns.
const BAR: usize = 24;

/// Keys and bytes of a bucket.
#[derive(Clone, Copy, Default)]
struct Count {
    keys: u64,
    bytes: u64,
}

impl Count {
    fn add(&mut self, bytes: u64) {
        self.keys += 1;
        self.bytes += bytes;
    }
}

/// Both histograms of a tag, or of all keys.
#[derive(Clone, Default)]
struct Histogram {
    sizes: [Count; BYTES.len()],
    expired: Count,
    times: [Count; SECONDS.len()],
    no_timeout: Count,
}

/// A bucket: where it begins and ends.
struct Bucket {
    from: Option<i64>,
    to: Option<i64>,
    count: Count,
}

impl Histogram {
    fn add(&mut self, bytes: u64, seconds: Option<i64>) {
        let place = |edges: &[i64], value: i64| edges.partition_point(|edge| *edge <= value) - 1;
        self.sizes[place(&BYTES, i64::try_from(bytes).unwrap_or(i64::MAX))].add(bytes);
        match seconds {
            None => self.no_timeout.add(bytes),
            Some(seconds) if seconds <= 0 => self.expired.add(bytes),
            Some(seconds) => self.times[place(&SECONDS, seconds)].add(bytes),
        }
    }

    fn bytes(&self) -> u64 {
        self.sizes.iter().map(|count| count.bytes).sum()
    }

    fn by_size(&self) -> Vec<Bucket> {
        buckets(&BYTES, &self.sizes)
    }

    fn by_time(&self) -> Vec<Bucket> {
        let expired = Bucket { from: None, to: Some(0), count: self.expired };
        let no_timeout = Bucket { from: None, to: None, count: self.no_timeout };
        std::iter::once(expired).chain(buckets(&SECONDS, &self.times)).chain([no_timeout]).collect()
    }
}

fn buckets(edges: &[i64], counts: &[Count]) -> Vec<Bucket> {
    let ends = edges.iter().skip(1).copied().map(Some).chain([None]);
    let all = edges.iter().zip(ends).zip(counts);
    all.map(|((from, to), count)| Bucket { from: Some(*from), to, count: *count }).collect()
}

pub fn histogram(context: &Context) -> Result<Code, Failure> {
    let format = context.format(None);
    let nested = matches!(format, Format::Json | Format::Ndjson);
    let (names, shape) = match nested {
        true => (Histograms::columns(), Shape::Object),
        false => (BucketOfTag::columns(), Shape::Rows),
    };
    let mut output = context.output(&names, shape)?;
    let mut session = context.session()?;
    context.exclude_inner(&mut session, InnerSearch::Sample)?;
    context.catch_signals()?;
    let tags = {
        let mut control = context.control(None, Some("tags"));
        Memberships::read_tags(&mut session.conn, &session.ns, &mut control)?
    };
    let selection = Selection::new(context, &Selectors::default(), &Narrowing::default())?;
    let (mut all, mut by_tag) = (Histogram::default(), BTreeMap::<Vec<u8>, Histogram>::new());
    let query = Query { read: Read::Size, ..Query::default() };
    let listing = each_key(context, &mut session, &selection, &query, Some("measuring"), &mut |row| {
        if let Some(bytes) = row.size {
            let seconds = row.ttl.map(|ttl| ttl.seconds);
            all.add(bytes, seconds);
            for tag in tags.tags(&row.key) {
                match by_tag.get_mut(tag) {
                    Some(histogram) => histogram.add(bytes, seconds),
                    None => by_tag.entry(tag.to_vec()).or_default().add(bytes, seconds),
                }
            }
        }
        Ok(())
    })?;
    let sections =
        || std::iter::once((None, &all)).chain(by_tag.iter().map(|(tag, it)| (Some(&tag[..]), it)));
    let both = |it: &Histogram| [("bytes", it.by_size()), ("ttl_seconds", it.by_time())];
    if nested {
        let both_of = |(tag, it): (Option<&[u8]>, &Histogram)| {
            both(it).map(|(by, buckets)| stats::Histogram {
                tag: tag.map(|tag| Shown(tag.to_vec())),
                by: HistogramBy(by),
                buckets: buckets.iter().map(bucket).collect(),
            })
        };
        output.row(Histograms { histogram: sections().flat_map(both_of).collect() }.row())?;
        output.finish()?;
    } else if context.is_drawn() {
        let mut largest: Vec<_> = by_tag.iter().collect();
        largest.sort_by_key(|(_, it)| std::cmp::Reverse(it.bytes()));
        print(&picture(&all, &largest))?;
    } else {
        for (tag, it) in sections() {
            for (by, buckets) in both(it) {
                for it in &buckets {
                    let tag = tag.map(|tag| Name(tag.to_vec()));
                    let row = BucketOfTag { tag, by: HistogramBy(by), bucket: Flat(bucket(it)) };
                    output.row(row.row())?;
                }
            }
        }
        output.finish()?;
    }
    let complete = listing.complete && tags.is_complete();
    Ok(read_code(context, is_same_server(context, &session.conn) && complete))
}

fn bucket(it: &Bucket) -> stats::Bucket {
    stats::Bucket { from: it.from, to: it.to, keys: it.count.keys, bytes: ValueSize(it.count.bytes) }
}

fn picture(all: &Histogram, largest: &[(&Vec<u8>, &Histogram)]) -> String {
    let mut text = String::new();
    let named = largest.iter().take(TAGS).map(|(tag, it)| (format!("tag {}", text::escape(tag)), *it));
    for (name, it) in std::iter::once(("all keys".to_owned(), all)).chain(named) {
        text += &format!("{name}, {}, by size\n{}\n", of_values(it.bytes()), bars(&it.by_size(), size));
        text += &format!("{name}, by time left\n{}\n", bars(&it.by_time(), long));
    }
    if largest.len() > TAGS {
        text += &format!(
            "{}: --format json shows all\n",
            counted((largest.len() - TAGS) as u64, "more tag", "more tags")
        );
    }
    text
}

/// A line a bucket; empty ones at the ends are left out.
fn bars(buckets: &[Bucket], edge: fn(i64) -> String) -> String {
    let most = buckets.iter().map(|it| it.count.keys).max().unwrap_or(0);
    let is_filled = |it: &&Bucket| it.count.keys > 0;
    let first = buckets.iter().position(|it| is_filled(&it)).unwrap_or(buckets.len());
    let last = buckets.iter().rposition(|it| is_filled(&it)).map_or(first, |at| at + 1);
    let line = |it: &Bucket| {
        let range = match (it.from, it.to) {
            (None, None) => "no timeout".to_owned(),
            (None, Some(_)) => "expired".to_owned(),
            (Some(from), None) => format!("{} or more", edge(from)),
            (Some(from), Some(to)) => format!("{} to {}", edge(from), edge(to)),
        };
        let share = (it.count.keys as f64 / most.max(1) as f64 * BAR as f64).ceil() as usize;
        let (keys, bytes) = (grouped(it.count.keys), HumanBytes(it.count.bytes).to_string());
        format!("  {range:<20} {keys:>13} {bytes:>12}  {}\n", "█".repeat(share))
    };
    buckets[first..last].iter().map(line).collect()
}

fn size(bytes: i64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..0x10_0000 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}
