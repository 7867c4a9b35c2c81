"""--timestamps input: two publishers of one MPEG-TS feed, started apart, give a frame the same timestamp at two servers."""

import os
import re
import time

from clips import clip
from harness import BUILD, InteropTest
from packets import overlap, packets_of
from publisher import Publisher
from servers import FfmpegPlayer, Nginx, Origin

MILLISECOND = 0.001
HOUR = 3600
DAY = 24 * HOUR


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

    def published(self, feed, server, *options, env=None):
        """What a player of the server got, and what the publisher said."""
        player = FfmpegPlayer(self, server, "one")
        publisher = Publisher(self, feed, [server.url("one")], "--timestamps", "input", *options, env=env)
        publisher.finish()
        return player.finish(), publisher.program.stderr

    def assert_agree(self, feed, later, *options, env=None):
        first, _ = self.published(feed, Origin(self), "--no-realtime")
        second, said = self.published(later, Origin(self), *options, env=env)
        begins = overlap(first, second)
        self.assertGreater(begins["v"], 50)
        self.assertGreater(packets_of(second, "v")[0].dts, HOUR)
        return said

    def test_publishers_that_were_started_apart_agree(self):
        feed = clip("one_hour.ts")
        self.assert_agree(feed, self.later_part(feed))

    def test_a_machine_whose_clock_is_two_hours_off_agrees_too(self):
        """The feed's clock counts, not the machine's."""
        feed = clip("one_hour.ts")
        shifted = os.environ | {"LD_PRELOAD": str(next(BUILD.rglob("libshifted_clock.so"))), "TZ": "UTC",
                                "MULTICONN_CLOCK_SHIFT": str(2 * HOUR), "ASAN_OPTIONS": "verify_asan_link_order=0"}
        said = self.assert_agree(feed, self.later_part(feed), "--no-realtime", "--log-level", "info", env=shifted)
        hours, minutes, seconds = map(int, re.match(r"(\d\d):(\d\d):(\d\d)", said).groups())
        ahead = (HOUR * hours + 60 * minutes + seconds - time.time()) % DAY
        self.assertAlmostEqual(ahead, 2 * HOUR, delta=120, msg="the publisher's own clock")

    def test_a_player_of_nginx_sees_the_same_times(self):
        feed = clip("one_hour.ts")
        first, _ = self.published(feed, Origin(self), "--no-realtime")
        nginx, _ = self.published(feed, Nginx(self), "--no-realtime")
        overlap(first, nginx, 2 * MILLISECOND)
