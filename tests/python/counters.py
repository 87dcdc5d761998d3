"""Calls of the real library with the counters of docs/python-counters.md, and what the library called back.

    counters.py --url unix:///… [--prefix CM:]

Writes {"hits": {tag: n}, "misses": {tag: n}}.
"""

import argparse
import json

import functions
from cacheme import cacheme

# --- the recipe of docs/python-counters.md
import atexit
import threading
import time
from collections import Counter


class HitCounters:
    """Counts hits and misses by tag, and adds them to Redis every few seconds."""

    def __init__(self, connection, prefix="CM:", interval=5):
        self.connection, self.key, self.interval = connection, prefix + "meta:stats", interval
        self.counts, self.lock, self.flushed = Counter(), threading.Lock(), time.monotonic()
        atexit.register(self.flush)

    def callbacks(self, tag):
        return {
            "hit": lambda key, result, container: self.add(tag + ":hits"),
            "miss": lambda key, container: self.add(tag + ":misses"),
        }

    def add(self, field):
        with self.lock:
            self.counts[field] += 1
            due = time.monotonic() - self.flushed >= self.interval
        if due:
            self.flush()

    def flush(self):
        with self.lock:
            counts, self.counts, self.flushed = self.counts, Counter(), time.monotonic()
        if not counts:
            return
        hour = "%s:%d" % (self.key, time.time() // 3600)
        try:
            pipe = self.connection.pipeline(transaction=False)
            for field, by in counts.items():
                pipe.hincrby(self.key, field, by)
                pipe.hincrby(hour, field, by)
            pipe.expire(hour, 26 * 3600)
            pipe.execute()
        except Exception:  # the cache goes on without its counters; they are sent next time
            with self.lock:
                self.counts.update(counts)
# --- end of the recipe


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--prefix", default="CM:")
    options = parser.parse_args()
    store = functions.Store(options.url, options.prefix)
    counters = HitCounters(store.connection, options.prefix)
    told = {"hits": Counter(), "misses": Counter()}

    def cached(tag, **how):
        """The decorator with the recipe's callbacks, and with ours that count what they are told."""
        recipe = counters.callbacks(tag)

        def hit(key, result, container):
            told["hits"][tag] += 1
            recipe["hit"](key, result, container)

        def miss(key, container):
            told["misses"][tag] += 1
            recipe["miss"](key, container)

        return cacheme(hit=hit, miss=miss, tag=tag, **how)

    @cached("get_owner", key=lambda c: "Counted:%s>owner" % c.id)
    def get_owner(id):
        return {"id": id}

    @cached("shelf:of:books", key=lambda c: "Shelf:%s" % c.id, timeout=300)
    def shelf(id):
        return [id]

    for id in (1, 2, 1, 1, 3):
        get_owner(id)
        shelf(id)
    cacheme.create_invalidation(key="Counted:1>owner")
    get_owner(1)
    get_owner(1)
    counters.flush()
    shelf(3)
    print(json.dumps(told))
    # What is still counted in the process goes out at its end.


if __name__ == "__main__":
    main()
