"""A small bookstore that caches through the Python library `cacheme` (0.0.9).

Run by `make demo`; needs a Redis URL: bookstore.py unix:///path/to/socket
"""
import sys
import time

import redis
from cacheme import cacheme

cacheme.set_connection(redis.Redis.from_url(sys.argv[1]))

OWNERS = {100: 200, 101: 201, 102: 202, 103: 200, 104: 204}


@cacheme(
    key=lambda c: "Book:%s>owner" % c.book,
    invalid_keys=lambda c: "User:%s" % c.cacheme_result["id"],
)
def get_owner(book):
    return {"id": OWNERS[book], "name": "Owner %s" % OWNERS[book]}


@cacheme(
    key=lambda c: "Book:%s>reviews" % c.book,
    invalid_keys=lambda c: ["Book:%s" % c.book],
    tag="reviews",
)
def get_reviews(book):
    return [{"stars": 5, "text": "A page-turner"}, {"stars": 3, "text": "Löng"}]


@cacheme(key=lambda c: "charts:week", timeout=1)
def bestsellers():
    return ["Moby-Dick", "Dune"]


for number in OWNERS:
    get_owner(number)
    get_reviews(number)
bestsellers()
# The best-sellers' timeout of one second passes, and nobody asks for them again.
time.sleep(2.1)
