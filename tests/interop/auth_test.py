"""Publishers that have to log in at multiconn-origin (authmod adobe): ffmpeg's own client does, and what is wrong is refused.

Ours logs in as well, and tells nobody with what.
"""

from clips import clip
from harness import InteropTest
from origin_test import ffmpeg_publishes
from publisher import Publisher, assert_same_packets
from servers import FfmpegPlayer, Origin

PASSWORD, WRONG = "canaryRIGHT", "canaryWRONG"


class AuthTest(InteropTest):
    def origin(self):
        users = self.path("users")
        users.write_text(f"# user:password\nalice:{PASSWORD}\n")
        return Origin(self, "--auth-file", users, "--log-level", "debug")

    def test_ffmpeg_logs_in_and_publishes(self):
        origin = self.origin()
        player = FfmpegPlayer(self, origin, "one")
        source = clip("b_frames.mp4")
        ffmpeg_publishes(self, source, f"rtmp://alice:{PASSWORD}@127.0.0.1:{origin.port}/live/one")
        assert_same_packets(self, source, player.finish())
        self.assertIn("logged in as alice", origin.program.stderr)
        self.assertNotIn("canary", origin.program.stderr)

    def test_ffmpeg_with_a_wrong_password_is_refused(self):
        origin = self.origin()
        for login in (f"alice:{WRONG}@", f"nobody:{PASSWORD}@", ""):
            publisher = self.run_program([
                "ffmpeg", "-nostdin", "-v", "error", "-re", "-i", clip("b_frames.mp4"), "-map", "0", "-c", "copy",
                "-f", "flv", f"rtmp://{login}127.0.0.1:{origin.port}/live/one"])
            self.assertNotEqual(publisher.exit_code, 0, login)
        self.assertEqual(origin.publishers("one"), 0)
        self.assertNotIn("logged in", origin.program.stderr)

    def publish(self, origin, login, *options):
        """multiconn-publish to one server, logging in from its @FILE."""
        return Publisher(self, clip("b_frames.mp4"), [f"rtmp://{login}127.0.0.1:{origin.port}/live/one"],
                         *options)

    def assert_discreet(self, origin, publisher):
        origin.program.terminate()
        for program in (origin.program, publisher.program):
            self.assertNotIn("canary", program.stdout + program.stderr, program.name)

    def test_ours_logs_in_and_publishes(self):
        for engine in ("native", "librtmp"):
            origin = self.origin()
            player = FfmpegPlayer(self, origin, "one")
            publisher = self.publish(origin, f"alice:{PASSWORD}@", "--no-realtime", "--engine", engine,
                                     "--log-level", "debug")
            (row,) = publisher.finish()
            self.assertNotIn("alice", row["url"])
            assert_same_packets(self, clip("b_frames.mp4"), player.finish())
            self.assert_discreet(origin, publisher)
            self.assertIn("logged in as alice", origin.program.stderr)

    def test_ours_with_a_wrong_password_says_so_and_ends(self):
        for login, level in ((f"alice:{WRONG}@", "debug"), (f"alice:{WRONG}@", "off"), (f"nobody:{PASSWORD}@", "off")):
            origin = self.origin()
            publisher = self.publish(origin, login, "--log-level", level)
            publisher.finish(expected=2)
            self.assertIn("NetConnection.Connect.Rejected", publisher.codes())
            self.assert_ends_with(publisher, "The server refused the login: check the user and the password.", level)
            self.assert_discreet(origin, publisher)
            self.assertNotIn("logged in", origin.program.stderr)

    def test_ours_without_a_password_is_told_to_give_one(self):
        publisher = self.publish(self.origin(), "", "--log-level", "off")
        publisher.finish(expected=2)
        self.assert_ends_with(publisher, "It wants a login: give the destination a user and a password.", "off")

    def assert_ends_with(self, publisher, sentence, level):
        *log, line = publisher.program.stderr.splitlines()
        self.assertTrue(line.startswith("multiconn-publish: setup failed: ") and line.endswith(sentence), line)
        if level == "off":
            self.assertEqual(log, [])
