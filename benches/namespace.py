"""The namespace of the benchmarks, and the server that holds it.

It is written as bytes of the Redis protocol, pipelined over a socket, and saved once; every job that changes data then
starts from that file again.
"""

import os
import pickle
import shutil
import socket
import subprocess
import tempfile
import threading
import time

TAGS = 20
TTL_SHARE = 0.6  # of the keys have a timeout; half of them have expired
INVALID_SHARE = 0.05
PICKLE_BYTES = 200
ROOM = {}
CHUNK = 2000
FOREIGN = "site:page:"
MANY_TAG, MANY_INVALID = "everything", "User:everyone"


def command(*words):
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        word = word if isinstance(word, bytes) else str(word).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(word), word))
    return b"".join(parts)


def value(number):
    """A pickle of a dict, 200 bytes long."""
    book = {"id": number, "title": "Book %d" % number, "price": number / 7, "tags": ["a", "b"], "text": ""}
    # Numbers of as many digits and bytes leave as much room.
    size = (len(book["title"]), number < 1 << 8, number < 1 << 16)
    if size not in ROOM:
        ROOM[size] = "x" * (PICKLE_BYTES - len(pickle.dumps(book, protocol=4)))
    book["text"] = ROOM[size]
    return pickle.dumps(book, protocol=4)


def commands(keys, foreign, now):
    """The namespace as chunks of protocol, with the number of answers each gives."""
    with_ttl, invalid = int(keys * TTL_SHARE), int(keys * INVALID_SHARE)
    for start in range(0, keys, CHUNK):
        out = []
        numbers = range(start, min(start + CHUNK, keys))
        tags = [[] for _ in range(TAGS)]
        for n in numbers:
            base = b"CM:Book:%d" % n
            member = base + b">owner"
            out.append(command("HSET", base, "owner", value(n)))
            tags[n % TAGS].append(member)
            if n < with_ttl:
                expiry = now - 3600 if n % 2 else now + 10 * 86400
                out.append(command("ZADD", b"CM:Meta:Expire-Buckets::" + base, expiry, member))
            if n < invalid:
                out.append(command("SADD", b"CM:User:%d:invalid" % n, member))
        for number, members in enumerate(tags):
            if members:
                out.append(command("SADD", b"CM:tag_%02d" % number, *members))
        yield b"".join(out), len(out)
    page = b"y" * PICKLE_BYTES
    for start in range(0, foreign, CHUNK):
        out = [command("SET", b"%s%d" % (FOREIGN.encode(), n), page) for n in range(start, min(start + CHUNK, foreign))]
        yield b"".join(out), len(out)
    # The bookkeeping of 0.0.9: a mark, and a key in progress.
    yield command("SADD", "CM:delete", "CM:Book:0>owner") + command("SADD", "CM:progress", "CM:Book:2>owner"), 2


class Server:
    """A Redis of our own on a Unix socket; it dies with `stop`."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="cacheme-bench-")
        self.socket = os.path.join(self.folder, "redis.sock")
        self.process = None

    @property
    def url(self):
        return "unix://" + self.socket

    def start(self, rdb):
        """Starts with what was saved as `rdb`, or empty and ready to `save` it. Nothing else is ever written back."""
        self.stop_process()
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.socket, "--dir", self.folder, "--save", ""]
            + ["--appendonly", "no", "--dbfilename", rdb, "--daemonize", "no"],
            stdout=subprocess.DEVNULL,
        )
        end = time.monotonic() + 600
        while True:
            try:
                if self.ask("PING") == b"+PONG\r\n":
                    return
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() > end:
                raise SystemExit("error: redis-server did not start")
            time.sleep(0.02)

    def save(self):
        self.ask("SAVE")

    def fill(self, keys, foreign):
        link = self.connect()
        now = int(time.time())
        pending = threading.Semaphore(8)
        sizes = []

        def read():
            """Counts answers by their line ends: each of these commands answers with one line."""
            while True:
                data = link.recv(1 << 16)
                if not data:
                    return
                if b"-" in data:
                    raise SystemExit("error: the server refused: %r" % data[:200])
                read.lines += data.count(b"\n")
                while sizes and read.lines >= sizes[0]:
                    read.lines -= sizes.pop(0)
                    pending.release()

        read.lines = 0
        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        for data, answers in commands(keys, foreign, now):
            pending.acquire()
            sizes.append(answers)
            link.sendall(data)
        while sizes:
            time.sleep(0.001)
        link.close()

    def connect(self):
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        link.connect(self.socket)
        return link

    def ask(self, *words):
        """One command, one answer, raw. Enough for short answers."""
        with self.connect() as link:
            link.sendall(command(*words))
            answer = b""
            while not whole(answer):
                data = link.recv(1 << 16)
                if not data:
                    raise OSError("closed")
                answer += data
            if answer.startswith(b"-") and not answer.startswith(b"-LOADING"):
                raise SystemExit("error: %s: %s" % (words[0], answer.decode().strip()))
            return answer

    def info(self, section):
        lines = self.ask("INFO", section).decode().splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def cpu(self):
        """Seconds of the thread that runs commands."""
        info = self.info("cpu")
        return float(info["used_cpu_user_main_thread"]) + float(info["used_cpu_sys_main_thread"])

    def dbsize(self):
        return int(self.ask("DBSIZE")[1:])

    def stop_process(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self):
        self.stop_process()
        shutil.rmtree(self.folder, ignore_errors=True)


def whole(answer):
    if not answer.endswith(b"\r\n"):
        return False
    if not answer.startswith(b"$"):
        return True
    head, _, body = answer.partition(b"\r\n")
    return head == b"$-1" or len(body) >= int(head[1:]) + 2
