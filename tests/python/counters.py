"""Calls of the real library with the counters of docs/python-counters.md, and what the library called back.

    counters.py --url unix:///… [--prefix CM:] [--batches]

Writes {"hits": {tag: n}, "misses": {tag: n}}. With --batches the counters go out after each call.
"""

import argparse
import json
import pathlib
import re
from collections import Counter

import functions
from cacheme import cacheme

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/python-counters.md"


def recipe():
    """What the page's Python defines: the block with the class."""
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    (code,) = (block for block in blocks if "class HitCounters" in block)
    names = {}
    exec(compile(code, str(PAGE), "exec"), names)
    return names["HitCounters"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--prefix", default="CM:")
    parser.add_argument("--batches", action="store_true")
    options = parser.parse_args()
    store = functions.Store(options.url, options.prefix)
    interval = 0 if options.batches else 5
    counters = recipe()(store.connection, options.prefix, interval=interval)
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
