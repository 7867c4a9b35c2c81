"""Publishing to nginx-rtmp, which rewrites timestamps: payload and order are exact, times within a millisecond."""

import re

from clips import clip
from harness import InteropTest, wait_until
from publisher import Publisher, assert_same_packets
from servers import FfmpegPlayer, Nginx, Origin

BY_NGINX = ("--timestamps", "nginx")


class NginxTest(InteropTest):
    def test_two_nginx_at_once(self):
        servers = [Nginx(self), Nginx(self)]
        players = [FfmpegPlayer(self, server, "one") for server in servers]
        source = clip("b_frames.mp4")
        summary = Publisher(self, source, [server.url("one") for server in servers]).finish()
        for player in players:
            assert_same_packets(self, source, player.finish(), *BY_NGINX)
        self.assertEqual([row["frames_dropped"] for row in summary], [0, 0])
        self.assertEqual(summary[0]["frames_sent"], summary[1]["frames_sent"])

    def test_nginx_and_origin(self):
        nginx, origin = Nginx(self), Origin(self)
        at_nginx, at_origin = FfmpegPlayer(self, nginx, "one"), FfmpegPlayer(self, origin, "one")
        source = clip("b_frames.mp4")
        Publisher(self, source, [nginx.url("one"), origin.url("one")]).finish()
        assert_same_packets(self, source, at_nginx.finish(), *BY_NGINX)
        assert_same_packets(self, source, at_origin.finish())

    def test_as_fast_as_possible(self):
        nginx = Nginx(self)
        player = FfmpegPlayer(self, nginx, "one")
        source = clip("baseline.flv")
        Publisher(self, source, [nginx.url("one")], "--no-realtime").finish()
        assert_same_packets(self, source, player.finish(), *BY_NGINX)

    def test_keyframe_of_two_megabytes(self):
        nginx = Nginx(self)
        player = FfmpegPlayer(self, nginx, "one")
        source = clip("huge_keyframe.mp4")
        Publisher(self, source, [nginx.url("one")]).finish()
        assert_same_packets(self, source, player.finish(), *BY_NGINX)

    def test_a_keyframe_that_is_too_long_for_one_server(self):
        default, generous = Nginx(self, max_message=None), Nginx(self)
        player = FfmpegPlayer(self, generous, "one")
        source = clip("one_huge_keyframe.mp4")
        publisher = Publisher(self, source, [default.url("one"), generous.url("one")])
        rows = publisher.finish(expected=3)
        said = [event["description"] for event in publisher.events("status")
                if event.get("id") == 0 and event["code"] == "NetStream.Buffer.Dropped"]
        bytes_long = re.search(r"A frame of (\d+) bytes is left out, .*nginx-rtmp: max_message", " ".join(said))
        self.assertTrue(bytes_long, said)
        self.assertGreater(int(bytes_long[1]), 1024 * 1024)
        self.assertEqual(publisher.codes(server=0).count("NetStream.Publish.Lost"), 2)
        self.assertIn("NetStream.Publish.Resumed", publisher.codes(server=0))
        self.assertEqual(rows[0]["frames_dropped"], 5, "the group of that keyframe, and no sound")
        self.assertEqual(rows[1]["frames_dropped"], 0)
        assert_same_packets(self, source, player.finish(), *BY_NGINX)

    def test_the_name_is_free_again_after_the_end(self):
        nginx = Nginx(self)
        for _ in range(2):
            Publisher(self, clip("baseline.flv"), [nginx.url("one")], "--no-realtime").finish()
            wait_until(lambda: nginx.publishers("one") == 0, "the name to be free again")

    def test_a_name_in_use_is_a_status_of_that_server(self):
        nginx, other = Nginx(self), Nginx(self)
        first = Publisher(self, clip("b_frames.mp4"), [nginx.url("one")], "--loop")
        first.wait_for_status("NetStream.Publish.Start")
        second = Publisher(self, clip("b_frames.mp4"), [nginx.url("one"), other.url("one")], "--duration", "2")
        rows = second.finish(expected=3)
        self.assertIn("NetStream.Publish.BadName", second.codes(server=0))
        self.assertIn("NetStream.Publish.Start", second.codes(server=1))
        self.assertEqual(rows[1]["frames_dropped"], 0)
        self.assertIsNone(first.program.exit_code, "the one who has the name keeps it")
