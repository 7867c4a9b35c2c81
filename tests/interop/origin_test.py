"""Programs that are not ours, playing from and publishing to multiconn-origin, and ffmpeg as a server."""

from clips import clip
from harness import InteropTest, free_port, wait_until
from publisher import Publisher, assert_same_packets
from servers import FfmpegPlayer, Origin, RtmpdumpPlayer


class OriginTest(InteropTest):
    def test_ffmpeg_and_rtmpdump_play_what_we_publish(self):
        origin = Origin(self)
        players = [FfmpegPlayer(self, origin, "one"), RtmpdumpPlayer(self, origin, "one")]
        source = clip("b_frames.mp4")
        Publisher(self, source, [origin.url("one")]).finish()
        for player in players:
            assert_same_packets(self, source, player.finish())

    def test_ffmpeg_publishes_and_others_play(self):
        origin = Origin(self)
        players = [FfmpegPlayer(self, origin, "one"), RtmpdumpPlayer(self, origin, "one")]
        source = clip("b_frames.mp4")
        ffmpeg_publishes(self, source, origin.url("one"))
        for player in players:
            assert_same_packets(self, source, player.finish())

    def test_by_ipv6(self):
        origin = Origin(self, host="[::1]")
        player = FfmpegPlayer(self, origin, "one")
        source = clip("b_frames.mp4")
        Publisher(self, source, [origin.url("one")], "--no-realtime").finish()
        assert_same_packets(self, source, player.finish())

    def test_a_late_player_begins_with_a_keyframe(self):
        origin = Origin(self)
        publisher = Publisher(self, clip("b_frames.mp4"), [origin.url("one")], "--loop")
        publisher.wait_for_frames(100)
        capture = self.path("late.flv")
        player = self.run_program(["ffmpeg", "-nostdin", "-v", "error", "-rtmp_live", "live", "-i", origin.url("one"),
                                   "-map", "0:v", "-frames:v", "10", "-c", "copy", capture])
        self.assertEqual(player.exit_code, 0)
        first = self.run_program(["ffprobe", "-v", "error", "-show_entries", "packet=flags", "-of", "csv=p=0",
                                  "-read_intervals", "%+#1", capture])
        self.assertTrue(first.stdout.startswith("K"), first.stdout)

    def test_ffmpeg_as_the_server(self):
        port = free_port()
        capture = self.path("capture.flv")
        server = self.start(["ffmpeg", "-nostdin", "-v", "warning", "-listen", "1", "-i",
                             f"rtmp://127.0.0.1:{port}/live/one", "-map", "0", "-c", "copy", "-copyts", capture])
        # It takes one connection only, so that nothing may try the port.
        wait_until(lambda: listens(port), "ffmpeg to listen")
        source = clip("b_frames.mp4")
        Publisher(self, source, [f"rtmp://127.0.0.1:{port}/live/one"]).finish()
        self.assertEqual(server.wait(), 0)
        assert_same_packets(self, source, capture)


def ffmpeg_publishes(test, source, url, *options):
    publisher = test.run_program(["ffmpeg", "-nostdin", "-v", "warning", "-re", "-i", source, "-map", "0", "-c", "copy",
                                  *options, "-f", "flv", url], timeout=60)
    test.assertEqual(publisher.exit_code, 0, publisher.stderr)


def listens(port):
    """As the kernel tells it, without a connection."""
    listening = "0A"
    with open("/proc/net/tcp", encoding="ascii") as table:
        return any(row.split()[1].endswith(f":{port:04X}") and row.split()[3] == listening for row in table)
