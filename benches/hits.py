"""The real library's turns of `benches/hits`: hits.py URL BOOKS SECONDS, a line in for each turn, out: hits a second, and
microseconds of CPU time a hit."""

import logging
import sys
import time

import redis
from cacheme import cacheme as CacheMe

url, books, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
logging.getLogger("cacheme").setLevel(logging.ERROR)
CacheMe.set_connection(redis.Redis.from_url(url))
CacheMe.update_settings({})


@CacheMe(key=lambda c: "python:%s>owner" % c.book, invalid_keys=lambda c: ["User:%s" % c.cacheme_result["id"]])
def get_owner(book):
    return {"id": book + 100, "name": "Owner %s" % (book + 100)}


for book in range(books):
    get_owner(book)

for _ in sys.stdin:
    start, cpu, hits = time.perf_counter(), time.thread_time(), 0
    while time.perf_counter() - start < seconds:
        for _ in range(10):
            assert get_owner(hits % books)["id"] == hits % books + 100
            hits += 1
    rate = hits / (time.perf_counter() - start)
    print(rate, (time.thread_time() - cpu) / hits * 1e6, flush=True)
