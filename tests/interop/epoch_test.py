"""--timestamps input: two publishers of one MPEG-TS feed, started apart, give a frame the same timestamp at two servers."""

from clips import clip
from harness import InteropTest
from packets import overlap, packets_of
from publisher import Publisher
from servers import FfmpegPlayer, Nginx, Origin

MILLISECOND = 0.001


class EpochTest(InteropTest):
    def later_part(self, feed):
        """What somebody receives who joins the feed in its middle: its tables, and all from a keyframe on."""
        tables = 3 * 188
        listed = self.run_program(["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "packet=pos,flags", "-of",
                                   "csv=p=0", feed])
        keys = [int(line.split(",")[0]) for line in listed.stdout.splitlines() if "K" in line]
        content = feed.read_bytes()
        path = self.path("later.ts")
        path.write_bytes(content[:tables] + content[keys[len(keys) // 2]:])
        return path

    def published(self, feed, server, *options):
        player = FfmpegPlayer(self, server, "one")
        Publisher(self, feed, [server.url("one")], "--timestamps", "input", *options).finish()
        return player.finish()

    def test_publishers_that_were_started_apart_agree(self):
        feed = clip("one_hour.ts")
        first = self.published(feed, Origin(self), "--no-realtime")
        second = self.published(self.later_part(feed), Origin(self))
        begins = overlap(first, second)
        self.assertGreater(begins["v"], 50)
        self.assertGreater(packets_of(second, "v")[0].dts, 3600)

    def test_a_player_of_nginx_sees_the_same_times(self):
        feed = clip("one_hour.ts")
        first = self.published(feed, Origin(self), "--no-realtime")
        nginx = self.published(feed, Nginx(self), "--no-realtime")
        overlap(first, nginx, 2 * MILLISECOND)
