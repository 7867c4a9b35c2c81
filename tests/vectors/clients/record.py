#!/usr/bin/env python3
"""Records what RTMP clients say before a server has answered their connect: C0, C1, C2 and connect.

record.py FOLDER_OF_PROGRAMS: a proxy of one connection stands between each client and a multiconn-origin of that folder.
"""

import pathlib
import re
import select
import socket
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
#: S0, S1 and S2 (RTMP 1.0 5.2): what comes after them is an answer.
HANDSHAKE = 1 + 2 * 1536
SOURCE = ["-f", "lavfi", "-i", "testsrc=size=64x64:rate=5", "-c:v", "flv1"]
CLIENTS = {
    "ffmpeg_publish": ["ffmpeg", "-nostdin", "-v", "error", "-re", *SOURCE, "-f", "flv", "URL"],
    "ffmpeg_play": ["ffmpeg", "-nostdin", "-v", "error", "-i", "URL", "-f", "null", "-"],
    "rtmpdump": ["rtmpdump", "--quiet", "-r", "URL", "-o", "/dev/null"],
}


def main(programs):
    origin = subprocess.Popen([f"{programs}/multiconn-origin", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
    try:
        port = int(re.search(r"rtmp \S*:(\d+)$", origin.stdout.readline().strip()).group(1))
        for name, command in CLIENTS.items():
            (HERE / f"{name}.bin").write_bytes(record(command, port))
    finally:
        origin.terminate()
        origin.wait()


def record(command, origin_port):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"rtmp://127.0.0.1:{listener.getsockname()[1]}/live/stream"
        client = subprocess.Popen([url if word == "URL" else word for word in command])
        try:
            with listener.accept()[0] as inside, socket.create_connection(("127.0.0.1", origin_port)) as outside:
                return said_before_an_answer(inside, outside)
        finally:
            client.terminate()
            client.wait()


def said_before_an_answer(client, server):
    said, answered = b"", 0
    while True:
        for readable in select.select([client, server], [], [])[0]:
            data = readable.recv(65536)
            if not data:
                raise SystemExit("the connection has ended before its answer")
            if readable is client:
                said += data
                server.sendall(data)
                continue
            answered += len(data)
            if answered > HANDSHAKE:
                return said
            client.sendall(data)


if __name__ == "__main__":
    main(sys.argv[1])
