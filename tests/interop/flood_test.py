"""Clients that ask without end and never read an answer: multiconn-origin keeps its memory and serves the others."""

import socket
import struct

from clips import clip
from harness import InteropTest
from publisher import Publisher
from servers import Origin

MIB = 1 << 20
#: How much of questions is sent, and how much more memory the server may take for that.
FLOOD, MEMORY = 32 * MIB, 16 * MIB
COMMAND, USER_CONTROL = 20, 4


class FloodTest(InteropTest):
    def setUp(self):
        super().setUp()
        self.origin = Origin(self)
        self.client = connected(self.origin.port)
        self.addCleanup(self.client.close)

    def flood(self, question):
        """Sends it again and again, reading nothing, until all is sent or the server has closed or takes no more. Returns
        how many bytes it took."""
        before = self.memory()
        questions = question * (MIB // len(question))
        sent = 0
        try:
            while sent < FLOOD:
                sent += self.client.send(questions)
        except (TimeoutError, ConnectionError):
            pass
        self.assertLess(self.memory() - before, MEMORY)
        return sent

    def memory(self):
        """The most it ever had."""
        with open(f"/proc/{self.origin.program.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))

    def tearDown(self):
        Publisher(self, clip("baseline.flv"), [self.origin.url("one")], "--no-realtime").finish()

    def test_pings(self):
        ping_request = 6
        self.assertGreaterEqual(self.flood(message(2, USER_CONTROL, struct.pack(">HI", ping_request, 4711))), FLOOD)

    def test_calls(self):
        self.assertLess(self.flood(message(3, COMMAND, command("whatIsYourName", 5))), FLOOD)

    def test_streams(self):
        self.flood(message(3, COMMAND, command("createStream", 5)))

    def test_plays_of_nothing(self):
        self.client.sendall(message(3, COMMAND, command("createStream", 5)))
        self.flood(message(8, COMMAND, command("play", 0, "none"), stream=1))

    def test_half_messages(self):
        """Chunk streams that each begin a message and never end it."""
        announced, video = 0xFFFF, 9
        # RTMP 1.0 5.3.1.1: chunk streams 64 to 319 have a byte of their own.
        self.flood(b"".join(bytes([0, number - 64]) + bytes(3) + struct.pack(">I", announced)[1:] + bytes([video])
                            + struct.pack("<I", 1) + bytes(128) for number in range(64, 320)))


def connected(port):
    """After the simple handshake and connect, whose answers are not read either."""
    client = socket.create_connection(("127.0.0.1", port), timeout=10)
    handshake = bytes(4) + bytes(4) + b"m" * 1528
    client.sendall(b"\x03" + handshake)
    answer = b""
    while len(answer) < 1 + 2 * 1536:
        part = client.recv(65536)
        if not part:
            raise AssertionError("the server closed during the handshake")
        answer += part
    client.sendall(answer[1:1537])
    client.sendall(message(3, COMMAND, command("connect", 1, {"app": "live", "tcUrl": "rtmp://127.0.0.1/live"})))
    return client


def message(chunk_stream, kind, body, stream=0):
    """One chunk with a full header (RTMP 1.0 5.3.1.2.1); the body has to fit into the 128 bytes of a first chunk."""
    if len(body) > 128:
        raise AssertionError("too long for one chunk")
    return (bytes([chunk_stream]) + bytes(3) + struct.pack(">I", len(body))[1:] + bytes([kind])
            + struct.pack("<I", stream) + body)


def command(name, transaction, *arguments):
    if not arguments or not isinstance(arguments[0], dict):
        arguments = (None, *arguments)
    return b"".join(map(amf0, (name, float(transaction), *arguments)))


def amf0(value):
    """AMF0 2: what commands are made of."""
    if value is None:
        return b"\x05"
    if isinstance(value, float):
        return b"\x00" + struct.pack(">d", value)
    if isinstance(value, str):
        return b"\x02" + text(value)
    return b"\x03" + b"".join(text(key) + amf0(value[key]) for key in value) + text("") + b"\x09"


def text(value):
    return struct.pack(">H", len(value)) + value.encode()
