//! Rows of `stats`.

use crate::cli::output::{
    Complete, Flat, Made, Memory, Milliseconds, Name, Seconds, Share, Shown, Time, ValueSize, record, words,
};

record! {
    /// The namespace, the recorded counters and the server.
    Stats {
        /// How many of everything there are.
        namespace: Made<Namespace>,
        /// What applications recorded, by tag.
        counters: Vec<TagCounters>,
        /// What INFO of the server says, about all its databases; in a cluster about all primaries together.
        server: Made<Server>,
        /// Memory that the namespace takes, in bytes, as the server estimates; null where it does not tell.
        bytes: Made<NamespaceBytes>,
        /// When the recorded counters began; null where that is not known.
        counters_since: Option<Time>,
        /// The caches that hold values of the namespace in memory; null where the server does not tell.
        listeners: Option<Vec<Listener>>,
        /// What each server says: one, or the primaries of a cluster.
        servers: Vec<Made<AddressedServer>>,
    }
}

record! {
    /// How many of everything there are.
    Namespace {
        /// Keys with a value.
        keys: u64,
        /// The same as `keys`.
        fields: u64,
        /// Tags.
        tags: u64,
        /// Invalid keys.
        invalid_keys: u64,
        /// TTL buckets.
        buckets: u64,
        /// Values whose timeout has passed.
        expired: u64,
        /// Keys that are marked: the next reader computes them anew.
        pending: u64,
        /// Keys in progress.
        in_progress: u64,
        /// Redis keys under the prefix that the library did not write.
        foreign: u64,
        /// Redis hashes that hold the values.
        hashes: u64,
        /// Caches of processes that hold values in memory; null where the server does not tell.
        listeners: Option<u64>,
    }
}

record! {
    /// What applications recorded of a tag.
    TagCounters {
        /// The tag.
        tag: Name,
        counters: Flat<Counters>,
    }
}

record! {
    /// What applications recorded.
    Counters {
        /// Calls that found a valid value.
        hits: u64,
        /// Calls that found none and computed it.
        misses: u64,
        /// Of the calls that found a value or computed one, the share that found one: between 0 and 1, null without any.
        hit_ratio: Option<Share>,
        /// Calls that were served a marked value.
        stale: u64,
        /// Calls that took a mark and computed anew.
        refreshes: u64,
        /// Calls that were served while another computed.
        waits: u64,
        /// Calls that failed.
        errors: u64,
        /// Seconds spent computing.
        compute_seconds: Seconds<f64>,
        /// Hits that a process served from its own memory.
        local: u64,
    }
}

record! {
    /// What INFO of a server says, about all its databases. Null where it does not tell.
    Server {
        /// The release of Redis that the server is compatible with.
        redis_version: Option<String>,
        /// `standalone`, `sentinel` or `cluster`.
        redis_mode: Option<String>,
        /// `master` or `slave`.
        role: Option<String>,
        /// What is evicted if memory is short.
        maxmemory_policy: Option<String>,
        /// How much more memory the process takes than it uses, as a factor.
        mem_fragmentation_ratio: Option<String>,
        /// Redis keys in the database.
        database_keys: Option<u64>,
        /// Seconds since the server started; in a cluster the shortest time.
        uptime_in_seconds: Option<Seconds<u64>>,
        /// Clients that are connected.
        connected_clients: Option<u64>,
        /// Memory in use, in bytes.
        used_memory: Option<Memory<u64>>,
        /// The most memory that was in use, in bytes, since the server started.
        used_memory_peak: Option<Memory<u64>>,
        /// Memory that it may use, in bytes; 0 without a limit.
        maxmemory: Option<Memory<u64>>,
        /// Commands in the last second.
        instantaneous_ops_per_sec: Option<u64>,
        /// Commands since the server started.
        total_commands_processed: Option<u64>,
        /// Look-ups that found a Redis key.
        keyspace_hits: Option<u64>,
        /// Look-ups that found none.
        keyspace_misses: Option<u64>,
        /// Redis keys that were evicted for want of memory.
        evicted_keys: Option<u64>,
        /// Redis keys that expired by themselves.
        expired_keys: Option<u64>,
        /// 1 while it reads its data from disk.
        loading: Option<u64>,
        /// `Redis` or `Valkey`.
        server_name: Option<String>,
        /// The server's own version.
        server_version: Option<String>,
        /// `standalone`, `sentinel` or `cluster`.
        server_mode: Option<String>,
    }
}

record! {
    /// What INFO of one server says. Null where it does not tell.
    AddressedServer {
        /// The address of the server.
        addr: String,
        server: Flat<Server>,
    }
}

record! {
    /// Memory that the namespace takes, in bytes, as the server estimates.
    NamespaceBytes {
        /// Memory of the hashes that hold the values.
        values: Option<Memory<u64>>,
        /// Memory of tags and invalid keys.
        indexes: Option<Memory<u64>>,
        /// Memory of the TTL buckets.
        buckets: Option<Memory<u64>>,
        /// Memory of marks, keys in progress, and this tool's own keys.
        bookkeeping: Option<Memory<u64>>,
        /// Memory that `purge` and `gc` would give back together, at least: the names of expired values in tags and invalid keys are left
        /// out, which `gc` removes once `purge` has deleted the values.
        reclaimable: Option<Memory<u64>>,
        /// Memory that `purge` would give back, of values and buckets, at least.
        reclaimable_by_purge: Option<Memory<u64>>,
        /// Memory that `gc` would give back now, of indexes, at least: names of values that have expired and are still there are left out.
        reclaimable_by_gc: Option<Memory<u64>>,
    }
}

record! {
    /// A cache that holds values in memory.
    Listener {
        /// Where it connects from.
        client: String,
        /// Seconds since it connected.
        age_seconds: Seconds<u64>,
    }
}

record! {
    /// What MONITOR showed for a while.
    Live {
        /// What was seen.
        live: Seen,
    }
}

record! {
    /// What was seen.
    Seen {
        /// Seconds that were watched.
        seconds: Seconds<f64>,
        /// Whether everything that happened meanwhile is counted.
        complete: Complete,
        /// The calls by tag, the busiest first.
        tags: Vec<TagSeen>,
        /// Commands that the server carried out meanwhile, in all databases.
        commands: u64,
        /// Keys in progress at the end.
        in_progress: u64,
    }
}

record! {
    /// What was seen of a tag.
    TagSeen {
        calls: Flat<Calls>,
        /// Values that were found to have expired.
        expiries: u64,
        /// Values that were stored.
        writes: u64,
        /// Milliseconds that half of the computations did not exceed; null without any.
        p50_ms: Option<Milliseconds<f64>>,
        /// Milliseconds that 99 of 100 computations did not exceed; null without any.
        p99_ms: Option<Milliseconds<f64>>,
        /// Whether `tag` is a tag, or the shape of keys whose tag is not known.
        grouped_by: Grouping,
    }
}

words! { Grouping: "tag" "shape" }

record! {
    /// Calls of a tag.
    Calls {
        /// The tag, or the shape of keys whose tag is not known (`Book:*>owner`).
        tag: Name,
        /// Calls in all.
        calls: u64,
        /// Calls that found a value.
        hits: u64,
        /// Calls that found none and computed it.
        misses: u64,
        /// Calls that took a mark and computed anew.
        refreshes: u64,
        /// Calls that waited for another's computation.
        waits: u64,
        /// Of the calls that found a value or computed one, the share that found one: between 0 and 1, null without any.
        hit_ratio: Option<Share>,
        /// Invalidations.
        invalidations: u64,
    }
}

record! {
    /// The calls of a tag in the last second.
    Tick {
        /// Seconds since it began.
        seconds: Seconds<f64>,
        calls: Flat<Calls>,
    }
}

record! {
    /// The recorded counters by the hour.
    History {
        /// The hours, the oldest first; those without any calls, too.
        history: Vec<Hour>,
    }
}

record! {
    /// An hour.
    Hour {
        /// When it began.
        hour: Time,
        /// What applications recorded in it, by tag.
        counters: Vec<TagCounters>,
    }
}

record! {
    /// What applications recorded of a tag in an hour.
    HourOfTag {
        hour: Time,
        counters: Flat<TagCounters>,
    }
}

record! {
    /// How large values are, and how much time they have left.
    Histograms {
        /// Two histograms for all keys, then two for each tag.
        histogram: Vec<Histogram>,
    }
}

record! {
    /// The keys of a tag, or all keys, by the size of their value or by the time it has left.
    Histogram {
        /// The tag; null for all keys.
        tag: Option<Shown>,
        /// What the buckets divide: the sizes of values in bytes, or the seconds they have left.
        by: HistogramBy,
        /// The buckets, from the least to the most.
        buckets: Vec<Bucket>,
    }
}

words! { HistogramBy: "bytes" "ttl_seconds" }

record! {
    /// The keys between two bounds.
    Bucket {
        /// The least bytes or seconds; null where there is no bound: for values that have expired, and for those without a
        /// timeout.
        from: Option<i64>,
        /// Where the next bucket begins, in bytes or seconds; null where there is no bound.
        to: Option<i64>,
        /// How many keys.
        keys: u64,
        /// The size of their values in bytes.
        bytes: ValueSize<u64>,
    }
}

record! {
    /// The keys of a tag between two bounds.
    BucketOfTag {
        tag: Option<Name>,
        by: HistogramBy,
        bucket: Flat<Bucket>,
    }
}

record! {
    /// How long recorded hours are kept from now on.
    Kept {
        /// Seconds that they are kept.
        keep_seconds: Seconds<u64>,
        /// Hours that are there and are kept.
        kept: u64,
        /// Older hours that were forgotten.
        forgotten: u64,
        /// Whether every hour was reached.
        complete: Complete,
    }
}

record! {
    /// What was forgotten of the recorded counters.
    Reset {
        /// Tags whose counters were forgotten.
        tags: u64,
        /// Redis hashes that were deleted; null where that is not known.
        deleted: Option<u64>,
        /// Whether every hour was reached.
        complete: Complete,
    }
}
