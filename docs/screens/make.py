"""Makes the pictures in this folder from the real program in a real terminal. Run by `make screens`.

    make.py BINARY PYTHON [FOLDER]     BINARY is cacheme, PYTHON an interpreter with cacheme 0.0.9

Starts a Redis that lives as long as this script, fills it (examples/bookstore.py), runs each screen in tmux, and writes
what the terminal shows as SVG.
"""
import html
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROWS, COLUMNS = 24, 80
SCREENS = {
    "tags": ("cacheme tags list --deep", [], 9),
    "show": ("cacheme keys show 'Book:100>owner'", [], 20),
    "invalidate": ("cacheme invalidate --tag reviews", [("[y/N]", None)], 6),
    "browse": ("cacheme browse", [("get_owner", "Enter"), ("Book:100>owner", None)], ROWS),
    "browse-value": ("cacheme browse", [("get_owner", "Enter"), ("Book:", "/100>owner"), ("1 of 1", "Enter"), ("time left", None)], ROWS),
}
COLOURS = {30: "#45475a", 31: "#f38ba8", 32: "#a6e3a1", 33: "#f9e2af", 34: "#89b4fa", 36: "#94e2d5", 90: "#7f849c"}
TEXT, BACK = "#cdd6f4", "#1e1e2e"


def tmux(socket, *words):
    command = ["tmux", "-u", "-S", socket, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"}).stdout


def wait_for(socket, text):
    for _ in range(300):
        if text in tmux(socket, "capture-pane", "-p"):
            return
        time.sleep(0.05)
    raise SystemExit("never shown: %s\n%s" % (text, tmux(socket, "capture-pane", "-p")))


def capture(socket, environment, command, steps, rows):
    words = ["%s=%s" % pair for pair in environment.items()]
    prompt = "printf '\\033[1m$\\033[0m %%s\\n' %s; %s; printf '\\033[8m.done.\\033[0m'; sleep 60" % (
        "'" + command.replace("'", "'\\''") + "'", command)
    tmux(socket, "-f", "/dev/null", "new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS), "env", *words, "sh", "-c", prompt)
    tmux(socket, "set", "-g", "status", "off")
    try:
        for text, keys in steps or [(".done.", None)]:
            wait_for(socket, text)
            time.sleep(0.3)
            if keys:
                tmux(socket, "send-keys", *keys.split())
        return tmux(socket, "capture-pane", "-p", "-e", "-N").replace(".done.", "").splitlines()[:rows]
    finally:
        tmux(socket, "kill-server")


def svg(lines):
    width, height = COLUMNS * 8.4 + 24, len(lines) * 18 + 24
    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" font-family="ui-monospace, DejaVu Sans Mono, monospace" '
           'font-size="14" xml:space="preserve">' % (width, height),
           '<rect width="100%%" height="100%%" rx="8" fill="%s"/>' % BACK]
    for row, line in enumerate(lines):
        column, style, y = 0, set(), row * 18 + 26
        for part in re.split(r"(\x1b\[[0-9;]*m)", line):
            if part.startswith("\x1b["):
                # One of the first colours of 256 (38;5;N) is that colour by its own code.
                named = re.sub(r"38;5;(\d+)", lambda it: str(int(it[1]) + (30 if int(it[1]) < 8 else 82)), part[2:-1])
                for code in [int(it or 0) for it in named.split(";")]:
                    style = set() if code == 0 else style - {27, 7} if code == 27 else style | {code}
                    if code == 39:
                        style -= set(COLOURS)
                continue
            if not part.strip() and 7 not in style:
                column += len(part)
                continue
            x, wide = 12 + column * 8.4, len(part) * 8.4
            fill = next((COLOURS[code] for code in style if code in COLOURS), TEXT)
            if 7 in style:
                out.append('<rect x="%g" y="%g" width="%g" height="18" fill="%s"/>' % (x, y - 14, wide, fill))
                fill = BACK
            weight = ' font-weight="bold"' if 1 in style else ""
            faint = ' opacity="0.6"' if 2 in style else ""
            out.append('<text x="%g" y="%g" textLength="%g" fill="%s"%s%s>%s</text>'
                       % (x, y, wide, fill, weight, faint, html.escape(part)))
            column += len(part)
    return "\n".join(out + ["</svg>"]) + "\n"


def main():
    binary = Path(sys.argv[1]).resolve()
    into = Path(sys.argv[3]) if len(sys.argv) > 3 else HERE
    with tempfile.TemporaryDirectory() as folder:
        socket = folder + "/redis.sock"
        server = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--dir", folder,
                                   "--logfile", folder + "/log"])
        try:
            while not os.path.exists(socket):
                time.sleep(0.05)
            url = "unix://" + socket
            # Not resolved: an interpreter of a virtual environment is known by its own path.
            subprocess.run([sys.argv[2], str(HERE.parent.parent / "examples/bookstore.py"), url], check=True)
            environment = {"PATH": "%s:%s" % (Path(binary).parent, os.environ["PATH"]), "TERM": "screen-256color",
                           "CACHEME_URL": url, "HOME": folder, "LC_ALL": "C.UTF-8"}
            for name, (command, steps, rows) in SCREENS.items():
                # A socket for each: a server that is going away still holds its own.
                lines = capture("%s/%s.sock" % (folder, name), environment, command, steps, rows)
                text = svg([line.replace(socket, "/run/redis.sock") for line in lines])
                (into / (name + ".svg")).write_text(text, encoding="utf-8")
                print(name)
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
