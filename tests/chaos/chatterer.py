"""An RTMP server that says one thing."""

import socket
import threading

from flood_test import COMMAND, command, message


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
