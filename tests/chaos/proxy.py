"""A proxy in front of a server, as bad as a network can be."""

import socket
import struct
import threading
import time


class Proxy:
    """Its way may be changed while bytes are on it."""

    def __init__(self, target, window=None):
        """`window`: bytes that its kernel takes from the client."""
        self._target = target
        self._listener = socket.socket()
        if window:
            # Before listen(), so that connections are made with it (tcp(7)).
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self.port = self._listener.getsockname()[1]
        self._sockets = []
        self._open = threading.Event()
        self._open.set()
        #: Bytes that are sent at once, either way; a second between two of `rate` bytes; and how late they are.
        self.piece, self.rate, self.delay = 65536, None, 0.0
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, stream):
        return f"rtmp://127.0.0.1:{self.port}/live/{stream}"

    def stall(self):
        """Nothing is read any more, so that windows close."""
        self._open.clear()

    def go_on(self):
        self._open.set()

    def reset(self):
        """Both sides of every connection."""
        for one in self._sockets:
            try:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.shutdown(socket.SHUT_RD)
            except OSError:
                pass
        self._open.set()

    def close(self):
        self._listener.close()
        self.reset()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets += [client, server]
            ends = threading.Barrier(2)
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._carry, args=(source, sink, ends), daemon=True).start()

    def _carry(self, source, sink, ends):
        try:
            while data := self._read(source):
                time.sleep(self.delay)
                self._send(sink, data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        # Closed only when neither direction uses them any more: a number that is used again would be another's.
        ends.wait()
        source.close()

    def _read(self, source):
        self._open.wait()
        data = source.recv(min(65536, self.rate or 65536))
        self._open.wait()
        return data

    def _send(self, sink, data):
        piece = self.piece
        for begin in range(0, len(data), piece):
            sink.sendall(data[begin:begin + piece])
        if self.rate:
            time.sleep(len(data) / self.rate)
