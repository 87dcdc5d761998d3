"""Fills a namespace with one of everything the library can write, and says what must then be true.

    fill.py --url unix:///… [--prefix CM:] [--settings JSON] [--states]

Standard output is one JSON object: the library's version, the prefix, the library's idea of the time before and after, and
under "keys" for each logical key (without prefix) its function, args, tag, invalid keys, value, timeout in seconds, state.
The state is "live" but for the keys that --states adds: one "pending" (marked) and one "computing" (its function raised,
so the key stays in progress; it has no value).
"""

import argparse
import json
import sys

import functions

VALUES = [
    ("null", None),
    ("true", True),
    ("zero", 0),
    ("negative", -7),
    ("big", 2**63 + 1),
    ("float", 0.1),
    ("empty", ""),
    ("text", 'quotes " \\ and\nlines\t\u001b[31m'),
    ("unicode", "žluťoučký 漢字 🦀"),
    ("list", [1, [2, [3, []]], {}]),
    ("dict", {"a": {"b": [None, False, "c"]}, "é": 1.5}),
    ("large", "x" * 5000),
]


def matrix():
    """Every function once or more, with arguments that give each key a form of its own."""
    yield "plain", [1]
    yield "plain", ["é漢🦀"]
    yield "plain", ["a b\tc"]
    yield "plain", [r"glob*?[x]\d"]
    for book in (100, 101):
        yield "get_owner", [book]
        yield "get_title", [book]
    yield "three", [1]
    yield "many", [1]
    yield "many", [2]
    yield "tagged", [1]
    yield "odd", [1]
    yield "slow", [1, 0]
    yield "fails", ["not", False]
    yield "held", [1]
    for name, value in VALUES:
        yield "given", [name, value]
    yield "given_field", ["dict", {"beside": "the base field"}]
    yield "soon", [1]
    yield "soon_field", [2]
    yield "soon_three", [3]
    for kind in ("later", "later_field", "later_three"):
        yield kind, [4]
    if functions.HAS_STALE:
        yield "fresh", [1]
    if functions.HAS_NODES:
        yield "node_book", [1]


def fact(store, name, args, value, state):
    plan = store.plans[name]
    return {
        "function": name,
        "args": args,
        "tag": plan.tag,
        "invalid_keys": plan.invalid_names(args, value),
        "value": value,
        "timeout": plan.timeout,
        "state": state,
    }


def fill(store, states):
    keys = {}
    for name, args in matrix():
        value = store.functions[name](*args)
        key = store.plans[name].logical_key(args)
        assert store.runs[key] == 1, "%s was there before" % key
        keys[key] = fact(store, name, args, value, "live")
    if states:
        value = store.functions["plain"]("pending")
        functions.CacheMe.create_invalidation(key="plain:pending")
        keys["plain:pending"] = fact(store, "plain", ["pending"], value, "pending")
        try:
            store.functions["fails"]("stuck")
        except ValueError:
            stuck = fact(store, "fails", ["stuck"], None, "computing")
            # It never got as far as its indexes.
            keys["fails:stuck>it"] = dict(stuck, tag=None, invalid_keys=[])
    return keys


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--prefix", default="CM:")
    parser.add_argument("--settings", type=json.loads, default={})
    parser.add_argument("--states", action="store_true")
    options = parser.parse_args()
    store = functions.Store(options.url, options.prefix, options.settings)
    before = store.now()
    keys = fill(store, options.states)
    truth = {
        "cacheme": functions.VERSION,
        "prefix": options.prefix,
        "began": before,
        "ended": store.now(),
        "keys": keys,
    }
    json.dump(truth, sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
