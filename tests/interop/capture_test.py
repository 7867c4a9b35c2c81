"""What is captured or transcoded arrives and can be decoded: devices are played by lavfi, which is paced as a camera is."""

import array
import os
import re
import signal

from harness import BIN, InteropTest, wait_until
from publisher import Publisher
from servers import FfmpegPlayer, Nginx, Origin

RATE = 25
PICTURE = f"testsrc2=size=320x240:rate={RATE}"
TONE = "sine=frequency=440:sample_rate=48000"
CAPTURE = f"capture:lavfi:{PICTURE}+lavfi:{TONE}"
SECONDS = 3


class CapturedTest(InteropTest):
    """What is asserted of captures."""

    def ffmpeg(self, *arguments):
        program = self.run_program(["ffmpeg", "-nostdin", "-hide_banner", "-y", *arguments], timeout=60)
        self.assertEqual(program.exit_code, 0, program.stderr)
        return program

    def assert_decodes(self, capture):
        self.ffmpeg("-loglevel", "error", "-xerror", "-i", capture, "-f", "null", "-")
        frames = self.probe(capture, "-count_frames", "-show_entries", "stream=nb_read_frames", "-select_streams", "v")
        self.assertEqual(frames.split(), [str(SECONDS * RATE)])

    def assert_shows(self, picture, capture):
        """Picture for picture what the filter makes."""
        # Pictures begin a little behind the sound, whose encoder has a delay: compared are first with first.
        told = self.ffmpeg("-i", capture, "-f", "lavfi", "-i", picture, "-lavfi",
                           "[0:v]setpts=PTS-STARTPTS[a];[1:v]format=yuv420p[b];[a][b]psnr=shortest=1",
                           "-frames:v", SECONDS * RATE, "-f", "null", "-").stderr
        self.assertGreater(float(re.search(r"PSNR .*min:([\d.]+)", told)[1]), 28)

    def assert_sounds(self, frequency, capture):
        raw = self.path(f"{capture.name}.f32")
        self.ffmpeg("-i", capture, "-vn", "-ac", "1", "-f", "f32le", raw)
        samples = array.array("f", raw.read_bytes())
        rate = 48000
        self.assertAlmostEqual(len(samples) / rate, SECONDS, delta=0.1)
        inner = samples[rate // 2:-rate // 2]
        crossings = sum(1 for before, after in zip(inner, inner[1:]) if before < 0 <= after)
        self.assertAlmostEqual(crossings * rate / len(inner), frequency, delta=1)

    def keyframes(self, capture):
        """Their numbers among the pictures."""
        flags = self.probe(capture, "-show_entries", "packet=flags", "-select_streams", "v").split()
        return [number for number, flag in enumerate(flags) if flag.startswith("K")]

    def video_digest(self, media):
        return self.ffmpeg("-loglevel", "error", "-i", media, "-map", "0:v", "-f", "md5", "-").stdout

    def probe(self, media, *arguments):
        program = self.run_program(["ffprobe", "-loglevel", "error", *arguments, "-of", "csv=print_section=0", media],
                                  timeout=60)
        self.assertEqual(program.exit_code, 0, program.stderr)
        return program.stdout.replace(",", " ")

class CaptureTest(CapturedTest):
    def test_to_nginx_and_origin(self):
        servers = [Nginx(self), Origin(self)]
        players = [FfmpegPlayer(self, server, "one") for server in servers]
        summary = Publisher(self, CAPTURE, [server.url("one") for server in servers], "--duration", str(SECONDS),
                            "--video-bitrate", "1M", "--keyframe-interval", "1").finish()
        for player in players:
            capture = player.finish()
            self.assert_decodes(capture)
            self.assert_shows(PICTURE, capture)
            self.assert_sounds(440, capture)
            self.assertEqual(self.keyframes(capture), [0, RATE, 2 * RATE])
        self.assertEqual([row["frames_dropped"] for row in summary], [0, 0])
        self.assertEqual(summary[0]["frames_sent"], summary[1]["frames_sent"])

    def test_a_capture_ends_when_interrupted(self):
        origin = Origin(self)
        publisher = Publisher(self, CAPTURE, [origin.url("one")])
        publisher.wait_for_frames(50)
        publisher.program.signal(signal.SIGINT)
        publisher.finish()

    def test_mpeg2_and_mp2_are_transcoded(self):
        source = self.film("film.ts", "-c:v", "mpeg2video", "-q:v", "2", "-bf", "2", "-c:a", "mp2")
        servers = [Nginx(self), Origin(self)]
        players = [FfmpegPlayer(self, server, "one") for server in servers]
        Publisher(self, source, [server.url("one") for server in servers], "--transcode", "--no-realtime",
                  "--video-bitrate", "1M").finish()
        for player in players:
            capture = player.finish()
            self.assert_decodes(capture)
            self.assert_shows(PICTURE, capture)
            self.assert_sounds(440, capture)

    def test_only_what_needs_it_is_transcoded(self):
        source = self.film("film.mkv", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-preset", "ultrafast", "-c:a", "libvorbis")
        origin = Origin(self)
        player = FfmpegPlayer(self, origin, "one")
        Publisher(self, source, [origin.url("one")], "--transcode").finish()
        capture = player.finish()
        self.assert_sounds(440, capture)
        self.assertEqual(self.video_digest(capture), self.video_digest(source))

    def test_devices_are_listed(self):
        program = self.run_program([BIN / "multiconn-publish", "--list-devices"])
        self.assertEqual(program.exit_code, 0, program.stderr)
        self.assertIn("capture:lavfi:testsrc2", program.stdout)
        for name in ("alsa", "pulse", "v4l2", "x11grab"):
            self.assertRegex(program.stdout, rf"(?m)^  {name} ")

    def test_a_device_that_does_not_exist(self):
        for device, telling in (("v4l2:/dev/nosuchcamera", "no such device"), ("alsa:nosuchdevice", "no such device"),
                                ("nosuchformat:x", "no capture format"), ("lavfi:nosuchfilter", "graph")):
            with self.subTest(device):
                program = self.run_program(
                    [BIN / "multiconn-publish", f"capture:{device}", "rtmp://127.0.0.1:9/live/canary"])
                self.assertEqual(program.exit_code, 1, program.stderr)
                self.assertEqual(program.stdout, "")
                self.assertEqual(program.stderr.count("\n"), 1, program.stderr)
                self.assertIn(telling, program.stderr)
                self.assertIn("--list-devices", program.stderr)
                self.assertNotIn("canary", program.stderr)

    def film(self, name, *codecs):
        self.ffmpeg("-f", "lavfi", "-i", PICTURE, "-f", "lavfi", "-i", TONE, "-t", SECONDS, *codecs, self.path(name))
        return self.path(name)


class PulseTest(CapturedTest):
    """A PulseAudio server of the test's own: a sink without a device that plays a tone, and its monitor as the microphone."""

    def setUp(self):
        super().setUp()
        socket = self.path("pulse")
        own = {**os.environ, "HOME": str(self.directory), "XDG_RUNTIME_DIR": str(self.directory),
               "PULSE_RUNTIME_PATH": str(self.path("pulse-runtime"))}
        # Without the machine's configuration, its devices, its message bus and its shared memory.
        own["DBUS_SESSION_BUS_ADDRESS"] = own["DBUS_SYSTEM_BUS_ADDRESS"] = "disabled:"
        self.pulse = self.start(
            ["pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disable-shm",
             "-L", "module-null-sink sink_name=speaker rate=48000", "-L", "module-sine sink=speaker frequency=440",
             "-L", f"module-native-protocol-unix socket={socket} auth-anonymous=1"], env=own)
        wait_until(socket.exists, "PulseAudio's socket")
        self.env = {**os.environ, "PULSE_SERVER": f"unix:{socket}"}

    def test_a_microphone_is_captured(self):
        origin = Origin(self)
        player = FfmpegPlayer(self, origin, "one")
        Publisher(self, "capture:pulse:speaker.monitor", [origin.url("one")], "--duration", str(SECONDS),
                  env=self.env).finish()
        self.assert_sounds(440, player.finish())

    def test_microphones_are_listed(self):
        program = self.run_program([BIN / "multiconn-publish", "--list-devices"], env=self.env)
        self.assertRegex(program.stdout, r"(?m)^capture:pulse:speaker\.monitor +sound ")

    def test_a_microphone_that_does_not_exist(self):
        nowhere = {**self.env, "PULSE_SERVER": f"unix:{self.path('nowhere')}"}
        for device, env in (("nosuchmicrophone", self.env), ("speaker.monitor", nowhere)):
            program = self.run_program([BIN / "multiconn-publish", f"capture:pulse:{device}", "rtmp://127.0.0.1:9/live/canary"],
                                       env=env)
            self.assertEqual(program.exit_code, 1, program.stderr)
            self.assertEqual(program.stderr.count("\n"), 1, program.stderr)
            self.assertIn(f"pulse:{device}: there is no such device", program.stderr)
            self.assertNotIn("canary", program.stderr)
