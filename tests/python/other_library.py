"""Caches values by the releases 0.2 and 0.3 of the library, which is another one than 0.0.9 to 0.1.1.

    other_library.py --url redis://… [--cluster] [--prefix PREFIX] [--serializer NAME] [--times N]

Each of the library's serializers, or the one that is named, writes each of VALUES, N times. Standard output is one JSON object:
{"keys": how many}.
"""

import argparse
import asyncio
import datetime
import json
import sys
from unittest.mock import MagicMock

# Caches in the process, which nothing here is: see other_library.txt.
sys.modules["theine"] = sys.modules["cacheme_utils"] = MagicMock()

import cacheme
from cacheme import serializer

SERIALIZERS = [
    "PickleSerializer",
    "JSONSerializer",
    "MsgPackSerializer",
    "CompressedPickleSerializer",
    "CompressedJSONSerializer",
    "CompressedMsgPackSerializer",
]
NOW = datetime.datetime.now(datetime.timezone.utc)
VALUES = {
    "int": 1,
    "none": None,
    "text": "žluťoučký 🦀" * 500,
    "nested": {"a": [1, {"b": None}], "value": True},
    # A pickle says a name and a class once, and refers to them later.
    "row": {"updated_at": "then", "made_at": NOW, "value": [NOW, NOW]},
}


def node(name, what, n):
    # No timeout on every second value: Redis keeps it.
    ttl = datetime.timedelta(seconds=600) if n % 2 else None

    class Value(cacheme.Node):
        def key(self):
            return f"{name}:{what}:{n}"

        async def load(self):
            return VALUES[what]

        class Meta(cacheme.Node.Meta):
            version = "v1" if n % 3 else ""
            caches = [cacheme.Cache(storage="redis", ttl=ttl)]

    Value.Meta.serializer = getattr(serializer, name)()
    return Value()


async def main(args):
    options = {"cluster": True} if args.cluster else {}
    await cacheme.register_storage("redis", cacheme.Storage(url=args.url, **options))
    if args.prefix is not None:
        cacheme.set_prefix(args.prefix)
    keys = 0
    for name in [args.serializer] if args.serializer else SERIALIZERS:
        for what in VALUES:
            for n in range(args.times):
                await cacheme.get(node(name, what, n))
                keys += 1
    print(json.dumps({"keys": keys}))


parser = argparse.ArgumentParser()
parser.add_argument("--url", required=True)
parser.add_argument("--cluster", action="store_true")
parser.add_argument("--prefix")
parser.add_argument("--serializer")
parser.add_argument("--times", type=int, default=1)
asyncio.run(main(parser.parse_args()))
