"""The README's C++ example is the sample that is compiled, and it publishes to two servers."""

import os
import re

from clips import clip
from harness import BIN, SOURCE, InteropTest
from publisher import assert_same_packets
from servers import FfmpegPlayer, Origin


class ReadmeTest(InteropTest):
    def test_the_example_is_the_sample(self):
        blocks = re.findall(r"```cpp\n(.*?)```", (SOURCE / "README.md").read_text(), re.DOTALL)
        self.assertIn((SOURCE / "samples/publish_minimal.cpp").read_text(), blocks)

    def test_the_example_publishes_to_two_servers(self):
        origins = [Origin(self), Origin(self)]
        players = [FfmpegPlayer(self, origin, "key") for origin in origins]
        source = clip("b_frames.mp4")
        reader, writer = os.pipe()
        with os.fdopen(reader, "rb") as read_end, os.fdopen(writer, "wb") as enter:
            program = self.start([BIN / "publish_minimal", source, *(origin.url("key") for origin in origins)],
                                 stdin=read_end)
            program.wait_for_output("NetStream.Source.Complete")
            enter.write(b"\n")
        self.assertEqual(program.wait(), 0)
        for player in players:
            assert_same_packets(self, source, player.finish())
