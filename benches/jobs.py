"""The jobs, and who does them."""

import json
import os
import subprocess
from dataclasses import dataclass
from typing import Callable, Optional

from namespace import MANY_INVALID, MANY_TAG, TAGS, command

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
# `xargs` starts `redis-cli` with 500 keys, as in a thousand recipes.
RECIPE = "redis-cli -s %s --scan --pattern '%s' %s | xargs -n 500 redis-cli -s %s %s >/dev/null"


@dataclass
class Way:
    """One way to do a job."""

    name: str
    argv: Callable  # of the socket
    ours: bool = False
    pace: str = ""


@dataclass
class Job:
    name: str
    title: str
    ways: list
    changes: bool = True
    prepare: Optional[Callable] = None  # of the server and the number of keys
    probed: bool = False
    loaded: bool = False
    expected: Optional[Callable] = None  # done, of the number of keys
    done: Optional[Callable] = None  # of the output


def venv(version):
    return os.path.join(ROOT, "target", "venv", version, "bin", "python")


def ours(binary, *args, paces=("fast", "gentle")):
    def argv(pace):
        return lambda socket: [binary, "--url", "unix://" + socket, "--pace", pace, "--layout", "classic", "-q", *args]

    return [Way("cacheme, " + pace, argv(pace), True, pace) for pace in paces]


def python(name, version, job, count):
    script = os.path.join(HERE, "rivals.py")
    return Way(name, lambda socket: [venv(version), script, socket, job, str(count)])


def recipe(name, pattern, count, rest):
    return Way(name, lambda socket: ["sh", "-c", RECIPE % (socket, pattern, count, socket, rest)])


def cli_has_count():
    """`redis-cli --scan` takes a `--count` from 7.2 on."""
    said = subprocess.run(["redis-cli", "--help"], capture_output=True, text=True)
    return "--count" in said.stdout + said.stderr


def make_many_tag(server, keys):
    union = ["CM:tag_%02d" % n for n in range(TAGS)]
    server.ask("SUNIONSTORE", "CM:" + MANY_TAG, *union)


def make_many_invalid(server, keys):
    union = ["CM:tag_%02d" % n for n in range(TAGS)]
    server.ask("SUNIONSTORE", "CM:" + MANY_INVALID + ":invalid", *union)


def leak(server, keys):
    """One tag names every key, and nine in ten values go, as after an eviction or a pattern. Nothing else is an index."""
    make_many_tag(server, keys)
    server.ask("UNLINK", *["CM:tag_%02d" % n for n in range(TAGS)])
    for start in range(0, keys, 1000):
        numbers = range(start, min(start + 1000, keys))
        server.ask("UNLINK", *[b"CM:Meta:Expire-Buckets::CM:Book:%d" % n for n in numbers])
        server.ask("UNLINK", *[b"CM:User:%d:invalid" % n for n in numbers])
        server.ask("UNLINK", *[b"CM:Book:%d" % n for n in numbers if n % 10 < 9])


def leaked(keys):
    """Members without a value; one of them is in progress."""
    return sum(n % 10 < 9 for n in range(keys)) - 1


def dumps(socket):
    """Two files beside the server."""
    return [os.path.join(os.path.dirname(socket), name) for name in ("a.dump", "b.dump")]


def make_dumps(binary, server):
    for path in dumps(server.socket):
        argv = ["keys", "dump", "--raw", "--indexes", "--output", path]
        subprocess.run(ours(binary, *argv, paces=("fast",))[0].argv(server.socket), check=True)


def compare(binary, socket):
    return [binary, "-q", "diff", *dumps(socket)]


def field(name):
    def read(out):
        rows = json.loads(out)
        return rows[name]

    return read


def removed_of_tags(out):
    return json.loads(out)["tags"]["removed"]


def lines(out):
    return out.count(b"\n")


def expired(keys):
    return len(range(1, int(keys * 0.6), 2))


def all_jobs(binary, has_gc):
    as_json = ("--format", "json")
    jobs = [
        Job(
            "pattern",
            "delete every value by pattern (`Book:*`)",
            [
                *ours(binary, "invalidate", "--pattern", "Book:*", "--yes", *as_json),
                recipe("redis-cli \\| xargs unlink, its default count 10", "CM:Book:*", "", "unlink"),
                *([recipe("the same, count 1000", "CM:Book:*", "--count 1000", "unlink")] if cli_has_count() else []),
                python("library 0.0.9, its default count 10", "0.0.9", "library-pattern", 10),
                python("library 0.0.9, count 1000", "0.0.9", "library-pattern", 1000),
                python("library 0.1.1, its default count 10", "0.1.1", "library-pattern", 10),
                python("redis-py, count 1000", "0.0.9", "redis-py-pattern", 1000),
            ],
            probed=True,
            loaded=True,
            expected=lambda keys: keys,
            done=field("deleted"),
        ),
        Job(
            "tag",
            "invalidate a tag of every key (mark)",
            [
                *ours(binary, "invalidate", "--tag", MANY_TAG, "--yes", *as_json),
                python("library 0.0.9", "0.0.9", "library-tag", 10),
                python("library 0.1.1, its default count 10", "0.1.1", "library-tag", 10),
                python("redis-py, count 1000", "0.0.9", "redis-py-tag", 1000),
            ],
            prepare=make_many_tag,
            probed=True,
            # One was marked before.
            expected=lambda keys: keys - 1,
            done=field("marked"),
        ),
        Job(
            "invalid key",
            "invalidate an invalid key of every key (mark)",
            [
                *ours(binary, "invalidate", "--invalid-key", MANY_INVALID, "--yes", *as_json),
                python("library 0.0.9", "0.0.9", "library-invalid-key", 10),
                python("library 0.1.1, its default count 10", "0.1.1", "library-invalid-key", 10),
                python("redis-py, count 1000", "0.0.9", "redis-py-invalid-key", 1000),
            ],
            prepare=make_many_invalid,
            expected=lambda keys: keys - 1,
            done=field("marked"),
        ),
        Job(
            "purge",
            "purge the expired half of the TTL buckets",
            [
                *ours(binary, "purge", *as_json),
                python("redis-py, count 10", "0.0.9", "redis-py-purge", 10),
                python("redis-py, count 1000", "0.0.9", "redis-py-purge", 1000),
            ],
            probed=True,
            expected=expired,
            done=field("deleted"),
        ),
        Job(
            "purge over tags",
            "purge the same along the members of the tags",
            ours(binary, "purge", *[word for n in range(TAGS) for word in ("--tag", "tag_%02d" % n)], *as_json),
            expected=expired,
            done=field("deleted"),
        ),
        Job(
            "dump",
            "dump every value, decoded",
            [
                *ours(binary, "keys", "dump"),
                python("redis-py, pipelined, count 1000", "0.0.9", "redis-py-dump", 1000),
            ],
            changes=False,
            probed=True,
            expected=lambda keys: keys,
            done=lines,
        ),
        Job(
            "dump raw",
            "dump every value, in base64",
            ours(binary, "keys", "dump", "--raw"),
            changes=False,
            expected=lambda keys: keys,
            done=lines,
        ),
        Job(
            "keys list",
            "list every key with its state",
            ours(binary, "keys", "list"),
            changes=False,
            expected=lambda keys: keys,
            done=lines,
        ),
        Job(
            "keys list sizes",
            "list every key with the size of its value",
            ours(binary, "keys", "list", "--fields", "key,size_bytes"),
            changes=False,
            expected=lambda keys: keys,
            done=lines,
        ),
        Job(
            "keys top",
            "find the ten largest values",
            ours(binary, "keys", "top"),
            changes=False,
            expected=lambda keys: 10,
            done=lines,
        ),
        Job(
            "keys top ttl",
            "find the ten keys that expire soonest",
            ours(binary, "keys", "top", "--by", "ttl"),
            changes=False,
            expected=lambda keys: 10,
            done=lines,
        ),
        Job(
            "diff",
            "compare two dumps of every key",
            [Way("cacheme", lambda socket: compare(binary, socket), True, "fast")],
            changes=False,
            prepare=lambda server, keys: make_dumps(binary, server),
            expected=lambda keys: 0,
            done=lines,
        ),
        Job(
            "tags list",
            "list the tags",
            [
                *ours(binary, "tags", "list"),
                python("redis-py, count 1000", "0.0.9", "redis-py-tags", 1000),
            ],
            changes=False,
            expected=lambda keys: TAGS,
            done=lines,
        ),
    ]
    if has_gc:
        jobs.append(
            Job(
                "gc",
                "collect the nine in ten members of a tag whose values are gone (two seconds of a run wait for the second look)",
                ours(binary, "gc", "--yes", *as_json),
                prepare=leak,
                probed=True,
                expected=leaked,
                done=removed_of_tags,
            )
        )
    return jobs
