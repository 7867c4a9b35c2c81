"""Of eight servers one stops reading and one resets its connections: the other six get every frame."""

from clips import clip
from harness import InteropTest
from publisher import Publisher, assert_same_packets
from relay import Relay
from servers import Origin, RtmpdumpPlayer


class IsolationTest(InteropTest):
    def test_a_stopped_and_a_resetting_server_cost_the_others_nothing(self):
        origins = [Origin(self) for _ in range(8)]
        stopped, resetting, healthy = origins[0], origins[1], origins[2:]
        players = [RtmpdumpPlayer(self, origin, "one") for origin in healthy]
        relay = Relay(resetting.port)
        self.addCleanup(relay.close)
        source = clip("twenty_megabit.mp4")
        urls = [stopped.url("one"), relay.url("one"), *(origin.url("one") for origin in healthy)]
        publisher = Publisher(self, source, urls)
        publisher.wait_for_frames(25)
        stopped.program.suspend()
        relay.cut()
        relay.let_go()
        rows = publisher.finish(expected=3)
        for player in players:
            assert_same_packets(self, source, player.finish())
        self.assertEqual([row["frames_dropped"] for row in rows[2:]], [0] * 6)
        self.assertEqual(rows[1]["reconnects"], 1)
        self.assertIn("NetStream.Publish.Resumed", publisher.codes(server=1))
        self.assertGreater(rows[0]["frames_dropped"], 0)
        self.assertIn("NetStream.Buffer.Dropped", publisher.codes(server=0))
