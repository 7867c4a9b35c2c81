"""Publishing over the librtmp engine: to the same servers, with the same result."""

from clips import clip
from harness import InteropTest
from publisher import Publisher, assert_same_packets
from servers import FfmpegPlayer, Nginx, Origin

LIBRTMP = ("--engine", "librtmp")


class LibrtmpTest(InteropTest):
    def test_nginx_and_origin(self):
        nginx, origin = Nginx(self), Origin(self)
        at_nginx, at_origin = FfmpegPlayer(self, nginx, "one"), FfmpegPlayer(self, origin, "one")
        source = clip("b_frames.mp4")
        rows = Publisher(self, source, [nginx.url("one"), origin.url("one")], *LIBRTMP).finish()
        assert_same_packets(self, source, at_nginx.finish(), "--timestamps", "nginx")
        assert_same_packets(self, source, at_origin.finish())
        self.assertEqual([row["frames_dropped"] for row in rows], [0, 0])

    def test_as_fast_as_possible(self):
        nginx = Nginx(self)
        player = FfmpegPlayer(self, nginx, "one")
        source = clip("baseline.flv")
        Publisher(self, source, [nginx.url("one")], *LIBRTMP, "--no-realtime").finish()
        assert_same_packets(self, source, player.finish(), "--timestamps", "nginx")

    def test_keyframe_of_two_megabytes(self):
        nginx = Nginx(self)
        player = FfmpegPlayer(self, nginx, "one")
        source = clip("huge_keyframe.mp4")
        Publisher(self, source, [nginx.url("one")], *LIBRTMP).finish()
        assert_same_packets(self, source, player.finish(), "--timestamps", "nginx")

    def test_rtmpe_is_not_for_the_native_engine(self):
        publisher = Publisher(self, clip("baseline.flv"), ["rtmpe://127.0.0.1:1/live/one"], "--engine", "native")
        publisher.program.wait()
        self.assertEqual(publisher.program.exit_code, 2)
        descriptions = [event.get("description", "") for event in publisher.events("status")]
        self.assertTrue(any("does not speak rtmpe://" in text for text in descriptions), descriptions)

    def test_a_server_that_speaks_no_rtmpe(self):
        nginx = Nginx(self)
        publisher = Publisher(self, clip("baseline.flv"), [nginx.url("one").replace("rtmp:", "rtmpe:")],
                              "--setup-timeout", "1s")
        publisher.program.wait()
        self.assertEqual(publisher.program.exit_code, 2)
        self.assertNotIn("NetConnection.Connect.Success", publisher.codes())
