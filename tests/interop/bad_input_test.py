"""What a user can get wrong: one clear line on standard error, nothing on standard output, and exit code 1."""

import os

from clips import clip
from harness import BIN, InteropTest

SERVER = "rtmp://127.0.0.1:9/live/canary"


class BadInputTest(InteropTest):
    def assert_refused(self, *arguments, telling, behind=()):
        """`behind`: what the command is run by."""
        program = self.run_program([*behind, BIN / "multiconn-publish", *arguments])
        self.assertEqual(program.exit_code, 1, program.stderr)
        self.assertEqual(program.stdout, "")
        self.assertEqual(program.stderr.count("\n"), 1, program.stderr)
        self.assertTrue(program.stderr.startswith("multiconn-publish: "), program.stderr)
        self.assertNotIn("canary", program.stderr)
        for word in telling:
            self.assertIn(word.lower(), program.stderr.lower())

    def test_no_such_file(self):
        self.assert_refused("/nowhere/film.mp4", SERVER, telling=["/nowhere/film.mp4", "no such file"])

    def test_a_directory(self):
        self.assert_refused(self.directory, SERVER, telling=[str(self.directory)])

    def test_a_text_file(self):
        text = self.path("notes.txt")
        text.write_text("Bring milk.\n" * 100)
        self.assert_refused(text, SERVER, telling=["notes.txt"])

    def test_an_empty_file(self):
        empty = self.path("empty.mp4")
        empty.write_bytes(b"")
        self.assert_refused(empty, SERVER, telling=["empty.mp4"])

    def test_a_still_picture(self):
        self.assert_refused(clip("still.png"), SERVER, telling=["png"])

    def test_audio_codecs_that_rtmp_cannot_carry(self):
        self.assert_refused(clip("speech.wav"), SERVER, telling=["pcm_s16le", "aac"])
        self.assert_refused(clip("vorbis.mkv"), SERVER, telling=["vorbis", "aac"])

    def test_a_video_codec_that_rtmp_cannot_carry(self):
        self.assert_refused(clip("mjpeg.mkv"), SERVER, telling=["mjpeg", "libx264"])

    def test_no_destination(self):
        self.assert_refused(clip("b_frames.mp4"), telling=["no destination"])

    def test_no_arguments(self):
        self.assert_refused(telling=["input"])

    def test_malformed_urls(self):
        source = clip("b_frames.mp4")
        for url, told in (("http://127.0.0.1/live/canary", ["http://", "--balancer"]),
                          ("ftp://127.0.0.1/live/canary", ["scheme"]),
                          ("127.0.0.1/live/canary", ["begin with rtmp://"]),
                          ("rtmp:/live/canary", ["begin with rtmp://"]),
                          ("rtmp://", ["no host"]),
                          ("rtmp:///live/canary", ["no host"]),
                          ("rtmp://[::1/live/canary", ["closing bracket"]),
                          ("rtmp://[localhost]/live/canary", ["not an IPv6 address"]),
                          ("rtmp://::1/live/canary", ["IPv6", "brackets"]),
                          ("rtmp://host name/live/canary", ["space"]),
                          ("rtmp://host,name/live/canary", ["host name", "character"]),
                          ("rtmp://user%zz@host/live/canary", ["%25"])):
            with self.subTest(url):
                self.assert_refused(source, url, telling=told)

    def test_an_empty_stream_key(self):
        source = clip("b_frames.mp4")
        for url in ("rtmp://127.0.0.1/live/", "rtmp://127.0.0.1/live", "rtmp://127.0.0.1/"):
            with self.subTest(url):
                self.assert_refused(source, url, telling=["stream"])

    def test_a_port_out_of_range(self):
        source = clip("b_frames.mp4")
        for port in ("0", "65536", "70000", "-1", "x", ""):
            with self.subTest(port):
                self.assert_refused(source, f"rtmp://127.0.0.1:{port}/live/canary", telling=["port"])

    def test_the_same_destination_twice(self):
        self.assert_refused(clip("b_frames.mp4"), SERVER, SERVER, telling=["twice", "rtmp://127.0.0.1:9/live"])
        for option in ("--standby", "--resume-live"):
            self.assert_refused(clip("b_frames.mp4"), SERVER, option, SERVER, telling=["twice"])

    def test_destination_files(self):
        source = clip("b_frames.mp4")
        self.assert_refused(source, "@/nowhere/list", telling=["/nowhere/list", "no such file"])
        self.assert_refused(source, f"@{self.directory}", telling=["cannot read"])
        listing = self.path("list")
        listing.write_text("# none yet\n")
        self.assert_refused(source, f"@{listing}", telling=["list", "no destination"])
        listing.write_text(f"{SERVER}\nrtmp://127.0.0.1:99999/live/canary\n")
        self.assert_refused(source, f"@{listing}", telling=["line 2", "port"])

    def test_a_destination_file_that_may_not_be_read(self):
        listing = self.path("list")
        listing.write_text(f"{SERVER}\n")
        listing.chmod(0)
        # Root may read everything by these capabilities, and by them alone.
        lowered = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"] if os.geteuid() == 0 else []
        self.assert_refused(clip("b_frames.mp4"), f"@{listing}", telling=[str(listing), "permission denied"], behind=lowered)

    def test_bad_options(self):
        source = clip("b_frames.mp4")
        for option in (["--reconnect-attempts", "0"], ["--reconnect-give-up", "never"], ["--dead-after", "soon"],
                       ["--resume", "ringg"], ["--resume-age", "x"], ["--resume-bytes", "1"], ["--require", "most"],
                       ["--setup-timeout", "soon"], ["--stats", "xml"], ["--bogus"], ["--ca-file", "/nowhere.pem"]):
            with self.subTest(option):
                self.assert_refused(source, SERVER, *option, telling=[option[0].lstrip("-")])
        self.assert_refused(source, SERVER, "--config", "/nowhere.toml", telling=["/nowhere.toml"])

    def test_options_without_their_value(self):
        source = clip("b_frames.mp4")
        for option, value in (("require", "all|any|K"), ("setup-timeout", "TIME"), ("duration", "TIME"), ("stats", "json"),
                              ("standby", "DEST"), ("resume", "ring|live"), ("reconnect-attempts", "N"),
                              ("ca-file", "FILE"), ("log-level", "LEVEL"), ("config", "FILE")):
            with self.subTest(option):
                self.assert_refused(source, SERVER, f"--{option}=", telling=[option, value, "missing"])
                self.assert_refused(source, SERVER, f"--{option}", telling=[option, value])
