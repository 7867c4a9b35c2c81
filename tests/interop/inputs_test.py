"""Every kind of input arrives packet-exact: published to multiconn-origin, captured by a player that was there first.

Codecs that FFmpeg 5.1 reads from RTMP are here; those of Enhanced RTMP are in enhanced_test.py.
"""

import os

from clips import clip
from harness import InteropTest, wait_until
from packets import packets_of
from publisher import Publisher, assert_same_packets
from servers import FfmpegPlayer, Nginx, Origin, RtmpdumpPlayer
from web import WebServer


class InputsTest(InteropTest):
    def assert_arrives(self, name, player=FfmpegPlayer, options=("--no-realtime",)):
        origin = Origin(self)
        capture = player(self, origin, "one")
        source = clip(name)
        Publisher(self, source, [origin.url("one")], *options).finish()
        assert_same_packets(self, source, capture.finish())

    def assert_arrives_by_pipe(self, name):
        origin = Origin(self)
        capture = FfmpegPlayer(self, origin, "one")
        source = clip(name)
        reader, writer = os.pipe()
        with os.fdopen(reader, "rb") as read_end, os.fdopen(writer, "wb") as write_end:
            publisher = Publisher(self, "-", [origin.url("one")], "--no-realtime", stdin=read_end)
            self.start(["cat", source], stdout=write_end)
        publisher.finish()
        assert_same_packets(self, source, capture.finish())

    def test_mp4_with_b_frames(self):
        self.assert_arrives("b_frames.mp4")

    def test_mp4_in_real_time(self):
        self.assert_arrives("b_frames.mp4", options=())

    def test_matroska(self):
        self.assert_arrives("b_frames.mkv")

    def test_mpeg_ts(self):
        self.assert_arrives("b_frames.ts")

    def test_flv(self):
        self.assert_arrives("baseline.flv")

    def test_mpeg_ts_by_pipe(self):
        self.assert_arrives_by_pipe("b_frames.ts")

    def test_matroska_by_pipe(self):
        self.assert_arrives_by_pipe("b_frames.mkv")

    def test_raw_h264_by_pipe(self):
        self.assert_arrives_by_pipe("elementary.h264")

    def test_audio_only(self):
        self.assert_arrives("audio.m4a")

    def test_adts_audio_only(self):
        self.assert_arrives("audio.aac")

    def test_mp3_audio_only(self):
        self.assert_arrives("audio.mp3")

    def test_mp3_beside_video(self):
        self.assert_arrives("mp3.mkv")

    def test_mp3_at_rtmpdump(self):
        self.assert_arrives("mp3.mkv", RtmpdumpPlayer)

    def test_mp3_through_nginx(self):
        nginx = Nginx(self)
        player = FfmpegPlayer(self, nginx, "one")
        source = clip("mp3.mkv")
        Publisher(self, source, [nginx.url("one")], "--no-realtime").finish()
        assert_same_packets(self, source, player.finish(), "--timestamps", "nginx")

    def test_video_only(self):
        self.assert_arrives("video.mp4")

    def test_variable_frame_rate(self):
        self.assert_arrives("variable_rate.mkv")

    def test_timestamps_from_one_hour(self):
        self.assert_arrives("one_hour.mkv")

    def test_mpeg_ts_timestamps_from_one_hour(self):
        self.assert_arrives("one_hour.ts")

    def test_input_timestamps_across_24_bits(self):
        self.assert_arrives("cross_24_bits.flv")

    def test_input_timestamps_that_wrap(self):
        self.assert_arrives("wrap_33_bits.ts")

    def test_broadcast_timestamps_across_24_bits(self):
        self.assert_arrives("five_hours.mkv", RtmpdumpPlayer)

    def test_broadcast_timestamps_that_wrap_32_bits(self):
        self.assert_arrives("fifty_days.mkv", RtmpdumpPlayer)

    def test_every_server_gets_the_same_timestamps(self):
        """To the millisecond, and where they need more than 24 bits too."""
        origins = [Origin(self), Origin(self)]
        players = [RtmpdumpPlayer(self, origin, "one") for origin in origins]
        Publisher(self, clip("five_hours.mkv"), [origin.url("one") for origin in origins], "--no-realtime").finish()
        one, other = (packets_of(player.finish(), "v") for player in players)
        self.assertEqual(len(one), 300)
        self.assertGreater(one[-1].dts, 0xFFFFFF / 1000)
        self.assertEqual(one, other)

    def test_keyframe_of_two_megabytes(self):
        self.assert_arrives("huge_keyframe.mp4")

    def test_a_url_of_http(self):
        origin = Origin(self)
        capture = FfmpegPlayer(self, origin, "one")
        source = clip("b_frames.ts")
        web = WebServer(source.read_bytes())
        self.addCleanup(web.close)
        Publisher(self, web.url("film.ts"), [origin.url("one")], "--no-realtime").finish()
        assert_same_packets(self, source, capture.finish())

    def test_a_url_of_another_rtmp_server(self):
        first, second = Origin(self), Origin(self)
        capture = FfmpegPlayer(self, second, "one")
        relaying = Publisher(self, first.url("source"), [second.url("one")])
        wait_until(lambda: first.players("source") == 1, "multiconn-publish to play")
        source = clip("small_half.ts")
        Publisher(self, source, [first.url("source")]).finish()
        relaying.finish()
        assert_same_packets(self, source, capture.finish())
