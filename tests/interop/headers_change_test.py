"""Codec headers that change in the middle of a broadcast: the picture changes its size, and players decode both parts."""

from clips import clip
from harness import InteropTest
from publisher import Publisher
from servers import FfmpegPlayer, Origin, RtmpdumpPlayer

FRAMES_OF_A_HALF = 75


class HeadersChangeTest(InteropTest):
    def setUp(self):
        super().setUp()
        self.source = self.path("both_halves.ts")
        self.source.write_bytes(clip("small_half.ts").read_bytes() + clip("large_half.ts").read_bytes())

    def pictures(self, path):
        """(size in bytes, digest) of every decoded picture."""
        decoder = self.run_program(["ffmpeg", "-nostdin", "-v", "fatal", "-i", path, "-map", "0:v", "-autoscale", "0",
                                    "-enc_time_base", "-1", "-fps_mode", "passthrough", "-f", "framemd5", "-"])
        self.assertEqual((decoder.exit_code, decoder.stderr), (0, ""))
        lines = [line.split(",") for line in decoder.stdout.splitlines() if not line.startswith("#")]
        return [(int(line[4]), line[5].strip()) for line in lines]

    def assert_both_parts(self, player):
        origin = Origin(self)
        capture = player(self, origin, "one")
        Publisher(self, self.source, [origin.url("one")]).finish()
        played, original = self.pictures(capture.finish()), self.pictures(self.source)
        small, large = 320 * 180 * 3 // 2, 640 * 360 * 3 // 2
        self.assertEqual([size for size, _ in original], [small] * FRAMES_OF_A_HALF + [large] * FRAMES_OF_A_HALF)
        self.assertEqual(played, original)
        return capture.capture

    def test_ffmpeg(self):
        self.assert_both_parts(FfmpegPlayer)

    def test_rtmpdump(self):
        capture = self.assert_both_parts(RtmpdumpPlayer)
        self.assertEqual(len(set(avc_headers(capture))), 2, "a configuration record for each half")


def avc_headers(path):
    """FLV 10.1 E.4.1, E.4.3: the bodies of AVC sequence headers."""
    data = path.read_bytes()
    video, avc_sequence_header = 9, 0x1700
    position, headers = 9 + 4, []
    while position + 11 <= len(data):
        kind, size = data[position], int.from_bytes(data[position + 1:position + 4], "big")
        body = data[position + 11:position + 11 + size]
        if kind == video and int.from_bytes(body[:2], "big") == avc_sequence_header:
            headers.append(body)
        position += 11 + size + 4
    return headers
