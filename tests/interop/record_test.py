"""What multiconn-origin records is a file that FFmpeg opens, and equal to what was published."""

from clips import clip
from harness import BIN, InteropTest, wait_until
from packets import packets_of
from publisher import assert_same_packets
from servers import Origin


class RecordTest(InteropTest):
    def setUp(self):
        super().setUp()
        self.kept = self.path("kept")
        self.kept.mkdir()
        self.origin = Origin(self, "--data-dir", self.kept)
        self.recording = self.kept / "live/film.flv"

    def record(self, source, mode="record"):
        record(self, source, self.origin, self.recording, mode)

    def assert_decodes(self, path):
        decoder = self.run_program(["ffmpeg", "-nostdin", "-v", "error", "-xerror", "-i", path, "-f", "null", "-"])
        self.assertEqual((decoder.exit_code, decoder.stderr), (0, ""))

    def test_a_recording_is_packet_exact(self):
        for name in ("b_frames.mp4", "baseline.flv", "video.mp4", "audio.m4a"):
            with self.subTest(name):
                self.recording.unlink(missing_ok=True)
                self.record(clip(name))
                assert_same_packets(self, clip(name), self.recording)
                self.assert_decodes(self.recording)

    def test_it_has_its_duration_and_can_be_played_from_the_server(self):
        source = clip("b_frames.mp4")
        self.record(source)
        probe = self.run_program(["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0",
                                  self.recording])
        self.assertAlmostEqual(float(probe.stdout), 6.0, delta=0.1)
        capture = self.path("played.flv")
        # "recorded" is play's start of 0: the server paces it.
        player = self.run_program(["ffmpeg", "-nostdin", "-v", "error", "-rtmp_live", "recorded", "-i",
                                   self.origin.url("film"), "-map", "0", "-c", "copy", "-copyts", "-copyinkf", "-f",
                                   "flv", capture])
        self.assertEqual(player.exit_code, 0, player.stderr)
        assert_same_packets(self, source, capture)

    def test_append_goes_on_behind_it(self):
        source = clip("baseline.flv")
        self.record(source)
        once = {kind: packets_of(self.recording, kind) for kind in "va"}
        self.record(source, "append")
        wait_until(lambda: len(packets_of(self.recording, "v")) > len(once["v"]), "the appended part")
        for kind in "va":
            twice = packets_of(self.recording, kind)
            self.assertEqual([packet.digest for packet in twice], 2 * [packet.digest for packet in once[kind]])
            self.assertEqual([packet.dts for packet in twice], sorted(packet.dts for packet in twice))
        self.assert_decodes(self.recording)


def record(test, source, origin, recording, mode="record"):
    """Publishes it, and returns once the file that `origin` makes of it is there."""
    publisher = test.run_program([BIN / "record_film", source, origin.url("film"), mode], timeout=60)
    test.assertEqual(publisher.exit_code, 0, publisher.stdout + publisher.stderr)
    # The file gets its name when it is whole.
    wait_until(lambda: origin.publishers("film") == 0, "the end of the publish")
    wait_until(recording.exists, "the recording")
