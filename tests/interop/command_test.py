"""multiconn-publish as a command: exit codes, signals, loop and duration, what it prints."""

import fcntl
import os
import re
import signal
import socket
import struct
import termios
import time

from clips import clip
from harness import BIN, DeadPort, InteropTest, wait_until
from publisher import Publisher
from servers import Origin
from web import WebServer


class CommandTest(InteropTest):
    def test_setup_that_fails_ends_with_2_and_names_the_server(self):
        origin, dead = Origin(self), DeadPort()
        publisher = Publisher(self, clip("b_frames.mp4"), [origin.url("one"), dead.url("canary")])
        rows = publisher.finish(expected=2)
        self.assertEqual(len(rows), 2)
        self.assertIn("NetConnection.Setup.Failed", publisher.codes())
        self.assertIn("setup failed", publisher.program.stderr)
        self.assertNotIn("canary", publisher.program.stderr)

    def test_setup_does_not_wait_for_a_retry_that_never_comes(self):
        publisher = Publisher(self, clip("b_frames.mp4"), [DeadPort().url("canary")], "--no-reconnect", "--setup-timeout", "60s")
        publisher.finish(expected=2, timeout=15)
        self.assertNotIn("NetConnection.Connect.Reconnecting", publisher.codes())

    def test_a_server_that_comes_within_the_setup_time_out_is_as_good_as_any(self):
        dead = DeadPort()
        publisher = Publisher(self, clip("b_frames.mp4"), [dead.url("one")], "--no-realtime",
                              "--setup-timeout", "30s")
        publisher.wait_for_status("NetConnection.Connect.Reconnecting")
        Origin(self, port=dead.release())
        rows = publisher.finish(expected=0)
        self.assertEqual(rows[0]["frames_dropped"], 0)

    def test_require_any_goes_on_with_the_rest_and_ends_with_3(self):
        origin, dead = Origin(self), DeadPort()
        publisher = Publisher(self, clip("b_frames.mp4"), [dead.url("two"), origin.url("one")], "--require", "any",
                              "--setup-timeout", "500ms", "--no-realtime")
        rows = publisher.finish(expected=3)
        self.assertEqual(rows[1]["frames_dropped"], 0)
        self.assertGreater(rows[1]["frames_sent"], 400)

    def test_a_mute_server_is_answered_at_the_time_out(self):
        with socket.create_server(("127.0.0.1", 0)) as mute:
            publisher = Publisher(self, clip("b_frames.mp4"), [f"rtmp://127.0.0.1:{mute.getsockname()[1]}/live/one"],
                                  "--setup-timeout", "1s")
            publisher.finish(expected=2, timeout=10)

    def test_signals_end_it_cleanly(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                origin = Origin(self)
                publisher = Publisher(self, clip("b_frames.mp4"), [origin.url("one")], "--loop")
                publisher.wait_for_frames(10)
                publisher.program.signal(number)
                rows = publisher.finish(expected=0, timeout=10)
                self.assertEqual([row["state"] for row in rows], ["closed"])
                wait_until(lambda: origin.publishers("one") == 0, "the name to be free again")
                self.assertEqual(len(publisher.events("summary")), 1)

    def test_ctrl_c_beside_a_server_that_hangs(self):
        hanging, healthy = Origin(self), Origin(self)
        publisher = Publisher(self, clip("b_frames.mp4"), [hanging.url("one"), healthy.url("one")], "--loop")
        publisher.wait_for_frames(10)
        hanging.program.suspend()
        publisher.program.signal(signal.SIGINT)
        rows = publisher.finish(expected=0, timeout=10)
        self.assertEqual([row["state"] for row in rows], ["closed", "closed"])
        wait_until(lambda: healthy.publishers("one") == 0, "the name to be free again")

    def test_a_signal_during_setup_ends_it_at_once(self):
        with socket.create_server(("127.0.0.1", 0)) as mute:
            publisher = Publisher(self, clip("b_frames.mp4"), [f"rtmp://127.0.0.1:{mute.getsockname()[1]}/live/one"],
                                  "--setup-timeout", "60s")
            mute.accept()[0].recv(1)
            publisher.program.signal(signal.SIGTERM)
            publisher.finish(expected=2, timeout=10)

    def test_duration_and_loop(self):
        origin = Origin(self)
        rows = Publisher(self, clip("baseline.flv"), [origin.url("one")], "--loop", "--duration", "20",
                         "--no-realtime").finish()
        seconds, frames_per_second, audio_per_second = 20, 25, 48000 / 1024
        self.assertAlmostEqual(rows[0]["frames_sent"], seconds * (frames_per_second + audio_per_second), delta=10)

    def test_real_time_takes_real_time(self):
        origin = Origin(self)
        started = time.monotonic()
        Publisher(self, clip("baseline.flv"), [origin.url("one")], "--duration", "3").finish()
        self.assertGreater(time.monotonic() - started, 2.8)

    def test_losing_every_server_for_good_ends_it_with_3(self):
        origin = Origin(self)
        publisher = Publisher(self, clip("b_frames.mp4"), [origin.url("one")], "--loop", "--no-reconnect")
        publisher.wait_for_frames(10)
        origin.program.kill()
        rows = publisher.finish(expected=3, timeout=20)
        self.assertEqual(rows[0]["state"], "failed")
        self.assertIn("NetStream.Publish.AllLost", publisher.codes())

    def assert_breaks_off(self, name, content, end=None):
        """Its exit code and its last words, when a web server's film cannot be read to the end."""
        origin, web = Origin(self), WebServer(content, end)
        self.addCleanup(web.close)
        publisher = Publisher(self, web.url(name), [origin.url("one")], "--no-realtime")
        rows = publisher.finish(expected=1)
        complaints = re.findall("^multiconn-publish: .*$", publisher.program.stderr, re.MULTILINE)
        self.assertEqual(len(complaints), 1, publisher.program.stderr)
        self.assertIn("cannot be read any further", complaints[0])
        self.assertNotIn("canary", publisher.program.stderr)
        self.assertEqual(rows[0]["state"], "closed")
        return rows[0]["frames_sent"]

    def test_an_input_that_breaks_off_ends_it_with_1(self):
        content = clip("b_frames.ts").read_bytes()
        self.assertGreater(self.assert_breaks_off("canary.ts", content, len(content) // 2), 100)

    def test_an_input_that_would_have_to_be_read_backwards_ends_it_with_1(self):
        """The index of this file is behind the film, and the server sends no part of it twice."""
        self.assert_breaks_off("canary.mp4", clip("b_frames.mp4").read_bytes())

    def test_the_summary_has_the_documented_fields(self):
        origin = Origin(self)
        publisher = Publisher(self, clip("baseline.flv"), [origin.url("one")], "--no-realtime")
        row = publisher.finish()[0]
        for field in ("url", "connect_ms", "publish_ms", "bytes", "frames_sent", "frames_dropped", "dropped",
                      "reconnects", "standby", "state"):
            self.assertIn(field, row)
        self.assertEqual(publisher.events()[-1]["event"], "summary")

    def test_a_table_in_plain_lines_when_there_is_no_terminal(self):
        origin = Origin(self)
        program = self.run_program([BIN / "multiconn-publish", "--no-realtime", clip("baseline.flv"),
                                    origin.url("one")])
        self.assertEqual(program.exit_code, 0, program.stderr)
        self.assertIn("NetStream.Publish.Start", program.stdout)
        self.assertIn("dropped", program.stdout)
        self.assertNotIn("\x1b", program.stdout)

    def test_a_live_table_on_a_terminal(self):
        origin = Origin(self)
        pty, terminal = os.openpty()
        self.addCleanup(os.close, pty)
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        program = self.start([BIN / "multiconn-publish", "--duration", "3", clip("baseline.flv"), origin.url("canary"),
                              origin.url("canary2")], stdout=terminal)
        os.close(terminal)
        self.assertEqual(program.wait(), 0, program.stderr)
        shown = os.read(pty, 65536).decode()
        self.assertIn("publishing", shown)
        self.assertNotIn("canary", shown)
        self.assertGreater(shown.count("reconnects"), 1)
        rows = screen(shown, 80)
        self.assertEqual(len(rows), 3, rows)
        self.assertTrue(rows[0].startswith("server"), rows)
        for number in (0, 1):
            self.assertRegex(rows[1 + number], rf"^{number} rtmp://.* closed ")

    def test_stats_none_prints_nothing(self):
        origin = Origin(self)
        program = self.run_program([BIN / "multiconn-publish", "--stats", "none", "--no-realtime",
                                    clip("baseline.flv"), origin.url("one")])
        self.assertEqual((program.exit_code, program.stdout, program.stderr), (0, "", ""))

    def test_options_from_a_file(self):
        origin = Origin(self)
        config = self.path("publish.toml")
        config.write_text(f'input="{clip("baseline.flv")}"\ndestinations=["{origin.url("one")}"]\n'
                          'realtime=false\nstats="none"\n')
        program = self.run_program([BIN / "multiconn-publish", "--config", config])
        self.assertEqual((program.exit_code, program.stdout), (0, ""), program.stderr)


def screen(shown, width):
    """The lines that are left on a terminal of that width, which wraps longer ones."""
    rows, row, column = [""], 0, 0
    for part in re.findall(r"\x1b\[\d*[AK]|\r|\n|[^\x1b]", shown):
        if part == "\x1b[1A":
            row = max(row - 1, 0)
        elif part == "\x1b[2K":
            rows[row] = ""
        elif part == "\r":
            column = 0
        elif part == "\n" or column == width:
            row, column = row + 1, 0
            rows += [""] * (row == len(rows))
        if part.isprintable():
            rows[row] = rows[row][:column].ljust(column) + part + rows[row][column + 1:]
            column += 1
    return [text for text in rows if text]
