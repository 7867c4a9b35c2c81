"""Of eight servers one stops reading and one resets its connection: the other six get every frame."""

import socket
import struct
import threading

from clips import clip
from harness import InteropTest
from publisher import Publisher, assert_same_packets
from servers import Origin, RtmpdumpPlayer


class IsolationTest(InteropTest):
    def test_a_stopped_and_a_resetting_server_cost_the_others_nothing(self):
        origins = [Origin(self) for _ in range(8)]
        stopped, resetting, healthy = origins[0], origins[1], origins[2:]
        players = [RtmpdumpPlayer(self, origin, "one") for origin in healthy]
        relay = ResettingRelay(resetting.port)
        self.addCleanup(relay.close)
        source = clip("twenty_megabit.mp4")
        urls = [stopped.url("one"), relay.url("one"), *(origin.url("one") for origin in healthy)]
        publisher = Publisher(self, source, urls)
        publisher.wait_for_frames(25)
        stopped.program.suspend()
        relay.reset()
        rows = publisher.finish(expected=3)
        for player in players:
            assert_same_packets(self, source, player.finish())
        self.assertEqual([row["frames_dropped"] for row in rows[2:]], [0] * 6)
        self.assertEqual(rows[1]["state"], "failed")
        self.assertGreater(rows[0]["frames_dropped"], 0)
        self.assertIn("NetStream.Buffer.Dropped", publisher.codes(server=0))


class ResettingRelay:
    """A TCP relay in front of a server, which resets its client's connection when told to."""

    def __init__(self, port):
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._client = self._server = None
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, stream):
        return f"rtmp://127.0.0.1:{self.port}/live/{stream}"

    def reset(self):
        # With a linger time of zero, close() sends RST; shutdown() first would send FIN.
        self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._server.shutdown(socket.SHUT_RDWR)

    def close(self):
        self._listener.close()

    def _accept(self):
        self._client, _ = self._listener.accept()
        self._server = socket.create_connection(("127.0.0.1", self._target))
        back = threading.Thread(target=copy, args=(self._server, self._client), daemon=True)
        back.start()
        copy(self._client, self._server)
        back.join()
        self._client.close()
        self._server.close()


def copy(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
