"""What a user would run without this tool, with the Python of one of the test environments.

    rivals.py SOCKET JOB [SCAN_COUNT]
"""

import json
import pickle
import sys
import time

import redis


def library(link, count):
    """The library, whichever release this environment has, in its own words."""
    from cacheme import cacheme

    cacheme.set_connection(link)
    cacheme.update_settings({"REDIS_CACHE_SCAN_COUNT": count})

    @cacheme(key=lambda c: "unused", tag="everything")
    def unused():
        """0.0.9 makes its helpers when something is decorated."""

    return cacheme


def library_pattern(link, count):
    library(link, count).create_invalidation(pattern="CM:Book:*")


def library_invalid_key(link, count):
    library(link, count).create_invalidation(invalid_key="User:everyone")


def library_tag(link, count):
    tag = library(link, count).tags["everything"]
    if hasattr(tag, "objects"):
        tag.objects.invalid()
    else:
        tag.invalid_all()


def batches(items, size=1000):
    batch = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def ask(link, keys, queue):
    pipe = link.pipeline(transaction=False)
    for key in keys:
        queue(pipe, key)
    return pipe.execute()


def redis_py_pattern(link, count):
    for keys in batches(link.scan_iter("CM:Book:*", count=count)):
        link.unlink(*keys)


def redis_py_tag(link, count):
    for keys in batches(link.sscan_iter("CM:everything", count=count)):
        link.sadd("CM:delete", *keys)


def redis_py_invalid_key(link, count):
    for keys in batches(link.sscan_iter("CM:User:everyone:invalid", count=count)):
        link.sadd("CM:delete", *keys)


def redis_py_purge(link, count):
    """As one would write it for cron: bucket by bucket."""
    now = int(time.time())
    for bucket in link.scan_iter("CM:Meta:Expire-Buckets:*", count=count):
        expired = link.zrangebyscore(bucket, 0, now)
        if not expired:
            continue
        pipe = link.pipeline()
        for member in expired:
            base, _, name = member.partition(b">")
            pipe.hdel(base, name or "base")
        pipe.zrem(bucket, *expired)
        pipe.execute()


def redis_py_dump(link, count):
    rows = 0
    for keys in batches(link.scan_iter("CM:*", count=count, _type="hash")):
        for key, fields in zip(keys, ask(link, keys, lambda pipe, key: pipe.hgetall(key))):
            for name, value in fields.items():
                row = {"key": key.decode(), "field": name.decode(), "value": pickle.loads(value)}
                sys.stdout.write(json.dumps(row) + "\n")
                rows += 1
    return rows


def redis_py_tags(link, count):
    for keys in batches(link.scan_iter("CM:*", count=count, _type="set")):
        tags = [key for key in keys if not key.endswith(b":invalid")]
        for tag, size in zip(tags, ask(link, tags, lambda pipe, key: pipe.scard(key))):
            print(tag.decode(), size)


if __name__ == "__main__":
    path, job = sys.argv[1:3]
    scan_count = int(sys.argv[3]) if len(sys.argv) > 3 else 10
    globals()[job.replace("-", "_")](redis.Redis(unix_socket_path=path), scan_count)
