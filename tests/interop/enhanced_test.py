"""The codecs of Enhanced RTMP, judged by FFmpeg 8.1: it plays and decodes what we publish, publishes what we serve, and reads
what we record.

It comes as the npm package node-av, which node-av/install fetches. It lists what it received, packet by packet.
"""

import json
import subprocess
import unittest
from pathlib import Path

from clips import clip
from harness import InteropTest, require, wait_until
from publisher import Publisher, assert_same_packets
from record_test import record
from servers import Origin

NODE_AV = Path(__file__).parent / "node-av"
CLIPS = ["hevc.mp4", "hevc.ts", "av1.mkv", "vp8.mkv", "vp9.mkv", "opus.mkv", "flac.mkv", "ac3.mkv", "eac3.mkv",
         "av1_opus.mkv", "mp3.mkv"]
#: FFmpeg 8.1 takes its packets from RTMP without knowing the codec, and writes it to none.
UNKNOWN = {"vp8.mkv"}
#: Of a file it cuts off the encoder's priming, a whole frame of AAC, which RTMP has no word for.
CUT = {"aac"}
#: Its configuration has no marker when FFmpeg 8.1 writes it, against Enhanced RTMP v2; it reads both forms.
OTHERWISE = {"flac"}


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

    def play(self, origin, command, *options):
        before = origin.players("one")
        player = self.node(command, origin.url("one"), "--input-option", "rtmp_live=live", *options)
        wait_until(lambda: origin.players("one") > before, "FFmpeg 8.1 to appear as a player")
        return player

    def assert_listed(self, name, reader):
        self.assertEqual(reader.wait(), 0, reader.stderr)
        described = {line["type"]: line["codec"] for line in described_in(reader.stdout)}
        expected = codecs_of(clip(name)) | ({"video": "none"} if name in UNKNOWN else {})
        self.assertEqual({kind: described.get(kind) for kind in expected}, expected)
        listing = self.path("packets.jsonl")
        listing.write_text(without_vp8_config(reader.stdout) if name in UNKNOWN else reader.stdout)
        assert_same_packets(self, clip(name), listing, "--packets")

    def assert_configured(self, name, reader):
        """hvcC, av1C, vpcC and their like are the clip's, or those that FFmpeg 8.1 makes of it, byte for byte."""
        flv = self.path("reference.flv")
        self.assertEqual(self.node("copy", clip(name), flv).wait(), 0)
        possible = [self.configurations(self.node("packets", source, "--probe", "0")) for source in (clip(name), flv)]
        for kind, configuration in self.configurations(reader).items():
            self.assertIn(configuration, [each[kind] for each in possible if each.get(kind)] or [None], kind)

    def configurations(self, reader):
        """Size and digest of each, by the kind of track."""
        self.assertEqual(reader.wait(), 0, reader.stderr)
        return {line["type"]: line["extradata"] for line in described_in(reader.stdout) if line["codec"] not in OTHERWISE}

    def assert_decoded(self, name, readers):
        """By each reader, the track that it is for, as FFmpeg 8.1 decodes it from the clip itself."""
        for kind, reader in readers.items():
            from_clip = self.decoded(self.node("decode", clip(name), "--type", kind))
            self.assertGreater(from_clip["frames"], 0)
            self.assertEqual(self.decoded(reader), from_clip)

    def decoded(self, reader):
        self.assertEqual(reader.wait(), 0, reader.stderr)
        result = json.loads(reader.stdout)
        self.assertEqual(result["errors"], 0)
        # A file tells how many samples of the first and the last frame are padding.
        result.pop("samples", None)
        return result

    def node(self, *arguments):
        return self.start([require("node"), NODE_AV / "av.mjs", *arguments], env=self.environment)

    def assert_ffmpeg_8_plays_what_we_publish(self, name):
        origin = Origin(self)
        player = self.play(origin, "packets")
        Publisher(self, clip(name), [origin.url("one")], "--no-realtime").finish()
        self.assert_listed(name, player)
        if name not in UNKNOWN:
            self.assert_configured(name, player)

    def assert_ffmpeg_8_decodes_what_we_publish(self, name):
        origin = Origin(self)
        readers = {kind: self.play(origin, "decode", "--type", kind) for kind in decodable(name)}
        Publisher(self, clip(name), [origin.url("one")], "--no-realtime").finish()
        self.assert_decoded(name, readers)

    def assert_we_serve_what_ffmpeg_8_publishes(self, name):
        origin = Origin(self)
        player = self.play(origin, "packets")
        publisher = self.node("copy", clip(name), origin.url("one"), "--realtime")
        self.assertEqual(publisher.wait(60), 0, publisher.stderr)
        self.assert_listed(name, player)

    def test_reads_what_the_origin_records(self):
        kept = self.path("kept")
        kept.mkdir()
        recording = kept / "live/film.flv"
        record(self, clip("hevc.mp4"), Origin(self, "--data-dir", kept), recording)
        self.assert_listed("hevc.mp4", self.node("packets", recording))
        self.assert_decoded("hevc.mp4", {"video": self.node("decode", recording, "--type", "video")})


def codecs_of(source):
    """By the kind of track."""
    done = subprocess.run([require("ffprobe"), "-v", "error", "-show_entries", "stream=codec_type,codec_name", "-of", "json",
                           source], capture_output=True, text=True, check=True)
    return {stream["codec_type"]: stream["codec_name"] for stream in json.loads(done.stdout)["streams"]}


def decodable(name):
    """The kinds of track that give as many frames from RTMP as from the file."""
    return [kind for kind, codec in codecs_of(clip(name)).items() if codec not in CUT]


def described_in(listing):
    """The streams of a packet listing."""
    return [line for line in map(json.loads, listing.splitlines()) if "type" in line]


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
    if name not in UNKNOWN:
        setattr(EnhancedTest, f"test_decodes_{label}",
                lambda test: test.assert_ffmpeg_8_decodes_what_we_publish(name))
        setattr(EnhancedTest, f"test_publishes_{label}",
                lambda test: test.assert_we_serve_what_ffmpeg_8_publishes(name))


for clip_name in CLIPS:
    add_tests(clip_name)
