"""The codecs of Enhanced RTMP, judged by FFmpeg 8.1: it plays what we publish, and publishes what we serve.

It comes as the npm package node-av, which node-av/install fetches. It lists what it received, packet by packet.
"""

import json
import subprocess
import unittest
from pathlib import Path

from clips import clip
from harness import InteropTest, require, wait_until
from publisher import Publisher, assert_same_packets
from servers import Origin

NODE_AV = Path(__file__).parent / "node-av"
CLIPS = ["hevc.mp4", "hevc.ts", "av1.mkv", "vp8.mkv", "vp9.mkv", "opus.mkv", "flac.mkv", "ac3.mkv", "eac3.mkv",
         "av1_opus.mkv"]
#: FFmpeg 8.1 reads it from RTMP, and writes it to none.
READ_ONLY = {"vp8.mkv"}


class EnhancedTest(InteropTest):
    @classmethod
    def setUpClass(cls):
        # ctest runs node-av/install before all of these.
        installed = subprocess.run([NODE_AV / "install", "--check"], capture_output=True, text=True, check=False)
        if installed.returncode and "cannot be" in installed.stderr:
            raise unittest.SkipTest(installed.stderr.strip())
        if installed.returncode:
            raise AssertionError(installed.stderr.strip())
        cls.environment = {"MULTICONN_NODE_AV": installed.stdout.strip(), "PATH": "/usr/bin:/bin"}

    def play(self, origin, stream):
        before = origin.players(stream)
        player = self.node("packets", origin.url(stream), "--input-option", "rtmp_live=live")
        wait_until(lambda: origin.players(stream) > before, "FFmpeg 8.1 to appear as a player")
        return player

    def assert_listed(self, name, player):
        self.assertEqual(player.wait(), 0, player.stderr)
        listing = self.path("packets.jsonl")
        listing.write_text(without_vp8_config(player.stdout) if name in READ_ONLY else player.stdout)
        assert_same_packets(self, clip(name), listing, "--packets")

    def node(self, *arguments):
        return self.start([require("node"), NODE_AV / "av.mjs", *arguments], env=self.environment)

    def assert_ffmpeg_8_plays_what_we_publish(self, name):
        origin = Origin(self)
        player = self.play(origin, "one")
        Publisher(self, clip(name), [origin.url("one")], "--no-realtime").finish()
        self.assert_listed(name, player)

    def assert_we_serve_what_ffmpeg_8_publishes(self, name):
        origin = Origin(self)
        player = self.play(origin, "one")
        publisher = self.node("copy", clip(name), origin.url("one"), "--realtime")
        self.assertEqual(publisher.wait(60), 0, publisher.stderr)
        self.assert_listed(name, player)


def without_vp8_config(listing):
    """FFmpeg 8.1 knows the configuration record (vpcC) of VP9 but hands that of VP8 on as a first packet."""
    lines = [json.loads(line) for line in listing.splitlines()]
    stream = next(line["stream"] for line in lines if line.get("type") == "video")
    lines.remove(next(line for line in lines if line.get("stream") == stream and "md5" in line))
    return "".join(json.dumps(line) + "\n" for line in lines)


def add_tests(name):
    label = name.replace(".", "_")
    setattr(EnhancedTest, f"test_plays_{label}",
            lambda test: test.assert_ffmpeg_8_plays_what_we_publish(name))
    if name not in READ_ONLY:
        setattr(EnhancedTest, f"test_publishes_{label}",
                lambda test: test.assert_we_serve_what_ffmpeg_8_publishes(name))


for clip_name in CLIPS:
    add_tests(clip_name)
