"""Stream keys, passwords and query values are seen by the server alone, also while servers fail, come back, refuse, redirect
and repeat them in their own words."""

import socket
import threading

from clips import clip
from flood_test import COMMAND, command, message
from harness import DeadPort, InteropTest, wait_until
from publisher import Publisher
from servers import Nginx, Origin

KEY, TOKEN, PASSWORD = "canaryKEY", "canaryTOKEN", "canaryPASS"
RECONNECTING = "NetConnection.Connect.Reconnecting"


class CanaryTest(InteropTest):
    def begin(self, urls, *options):
        self.publisher = Publisher(self, clip("demo.mp4"), [f"{url}?token={TOKEN}" for url in urls], "--require", "any",
                                   "--loop", "--setup-timeout", "1s", *options)
        return self.publisher

    def end(self):
        """Every output of every level, and its command line, which names the file of destinations."""
        with open(f"/proc/{self.publisher.program.pid}/cmdline", encoding="utf8") as line:
            seen = line.read()
        self.publisher.program.terminate()
        for where, text in (("stdout", self.publisher.program.stdout), ("stderr", self.publisher.program.stderr),
                            ("the command line", seen)):
            self.assertNotIn("canary", text, where)

    def chatterer(self, answer):
        made = Chatterer(answer)
        self.addCleanup(made.close)
        return made

    def wait_for(self, code, server, count=1):
        wait_until(lambda: self.publisher.codes(server).count(code) >= count, f"{code} of server {server}")

    def test_servers_that_are_killed_and_return(self):
        for level in ("debug", "info"):
            with self.subTest(level):
                servers = [Origin(self, "--log-level", "debug", show_names=False), Nginx(self)]
                self.begin([server.url(KEY) for server in servers], "--log-level", level)
                for number in range(2):
                    self.wait_for("NetStream.Publish.Start", number)
                for number, server in enumerate(servers):
                    server.program.kill()
                    self.wait_for(RECONNECTING, number, 2)
                    server.restart()
                    self.wait_for("NetStream.Publish.Start", number, 2)
                self.end()
                self.assertNotIn("canary", servers[0].program.stdout + servers[0].program.stderr)

    def test_servers_that_repeat_it_when_they_refuse(self):
        chatterer = self.chatterer(lambda: reject(f"{KEY} {TOKEN}"))
        redirector = self.chatterer(lambda: reject(KEY, redirect=f"{chatterer.server}/live/{KEY}?token={TOKEN}"))
        guarded = self.chatterer(lambda: reject(f"{KEY} {TOKEN} {PASSWORD}"))
        origin, dead = Origin(self), DeadPort()
        self.begin([origin.url(KEY), chatterer.url(KEY), redirector.url(KEY), dead.url(KEY),
                    f"rtmp://someone:{PASSWORD}@127.0.0.1:{guarded.port}/live/{KEY}"], "--log-level", "debug")
        for number in (1, 2, 3, 4):
            self.wait_for(RECONNECTING, number, 3)
        self.end()


class Chatterer:
    """Answers every connect with `answer`, and closes."""

    def __init__(self, answer):
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.server = f"rtmp://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, stream):
        return f"{self.server}/live/{stream}"

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def _talk(self, client):
        with client:
            try:
                first = receive(client, 1537)
                client.sendall(b"\x03" + bytes(1536) + first[1:])
                receive(client, 1536)
                client.recv(65536)
                client.sendall(self._answer())
                client.shutdown(socket.SHUT_WR)
                while client.recv(65536):
                    pass
            except (OSError, ValueError):
                pass


def reject(words, redirect=None):
    """An _error of connect in chunks of 128 bytes."""
    info = {"level": "error", "code": "NetConnection.Connect.Rejected", "description": words}
    if redirect:
        info["ex"] = {"code": 302.0, "redirect": redirect}
    body = command("_error", 1, {}, info)
    parts = [body[begin:begin + 128] for begin in range(0, len(body), 128)]
    # RTMP 1.0 5.3.1.2.4: what goes on has a header of one byte.
    return whole(message(3, COMMAND, b""), len(body)) + b"\xc3".join(parts)


def whole(header, length):
    """The header of an empty message, as that of one so long."""
    return header[:4] + length.to_bytes(3, "big") + header[7:]


def receive(client, count):
    data = b""
    while len(data) < count:
        part = client.recv(count - len(data))
        if not part:
            raise ValueError("closed")
        data += part
    return data
