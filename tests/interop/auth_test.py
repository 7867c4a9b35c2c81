"""Publishers that have to log in at multiconn-origin (authmod adobe): ffmpeg's own client does, and what is wrong is refused."""

from clips import clip
from harness import InteropTest
from origin_test import ffmpeg_publishes
from publisher import assert_same_packets
from servers import FfmpegPlayer, Origin


class AuthTest(InteropTest):
    def origin(self):
        users = self.path("users")
        users.write_text("# user:password\nalice:s3cret\n")
        return Origin(self, "--auth-file", users, "--log-level", "debug")

    def test_ffmpeg_logs_in_and_publishes(self):
        origin = self.origin()
        player = FfmpegPlayer(self, origin, "one")
        source = clip("b_frames.mp4")
        ffmpeg_publishes(self, source, f"rtmp://alice:s3cret@127.0.0.1:{origin.port}/live/one")
        assert_same_packets(self, source, player.finish())
        self.assertIn("logged in as alice", origin.program.stderr)
        self.assertNotIn("s3cret", origin.program.stderr)

    def test_ffmpeg_with_a_wrong_password_is_refused(self):
        origin = self.origin()
        for login in ("alice:wrong@", "nobody:s3cret@", ""):
            publisher = self.run_program([
                "ffmpeg", "-nostdin", "-v", "error", "-re", "-i", clip("b_frames.mp4"), "-map", "0", "-c", "copy",
                "-f", "flv", f"rtmp://{login}127.0.0.1:{origin.port}/live/one"])
            self.assertNotEqual(publisher.exit_code, 0, login)
        self.assertEqual(origin.publishers("one"), 0)
        self.assertNotIn("logged in", origin.program.stderr)
