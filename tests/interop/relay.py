"""A TCP relay in front of a server, for what no server does when it is asked to: to vanish for its client alone."""

import socket
import struct
import threading

from harness import free_port


class Relay:
    """Refuses connections while it is shut."""

    def __init__(self, target, opened=True):
        """`target`: the server's port on this machine."""
        self.target = target
        self.port = free_port()
        self._listener = None
        self._connections = []
        if opened:
            self.open()

    def url(self, stream):
        return f"rtmp://127.0.0.1:{self.port}/live/{stream}"

    def open(self):
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def shut(self):
        """No new connections; those that stand go on."""
        if self._listener:
            # A thread that waits in accept() would keep it listening.
            _end(self._listener)
            self._listener.close()
            self._listener = None

    def cut(self):
        """Resets the clients' connections. The server is not told: for it they stand, and are mute."""
        for connection in self._connections:
            connection.cut()

    def let_go(self):
        """Tells the server that the clients which were cut are gone."""
        for connection in self._connections:
            _end(connection.server)

    def close(self):
        self.shut()
        self.cut()
        self.let_go()

    def _accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                self._connections.append(_Connection(client, socket.create_connection(("127.0.0.1", self.target))))
            except OSError:
                client.close()


class _Connection:
    def __init__(self, client, server):
        self.server = server
        self._client = client
        self._is_cut = False
        for work in (self._forward, self._back):
            threading.Thread(target=work, daemon=True).start()

    def cut(self):
        self._is_cut = True
        try:
            # With a linger time of zero, close() sends RST; shutdown() wakes the thread that closes it.
            self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            return
        _end(self._client, socket.SHUT_RD)

    def _forward(self):
        _copy(self._client, self.server)
        if not self._is_cut:
            _end(self.server)
        self._client.close()

    def _back(self):
        _copy(self.server, self._client)
        _end(self._client)


def _copy(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass


def _end(connection, how=socket.SHUT_RDWR):
    try:
        connection.shutdown(how)
    except OSError:
        pass
