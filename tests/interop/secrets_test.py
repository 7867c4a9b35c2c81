"""A stream key is seen by the server alone: not in any output, nor in the process list of a publisher given @FILE."""

from pathlib import Path

from certificates import Authority
from clips import clip
from harness import DeadPort, InteropTest
from publisher import Publisher
from servers import Nginx, Origin

KEY, TOKEN = "canaryKEY", "canaryTOKEN"


class SecretsTest(InteropTest):
    def publish(self, urls, *options, expected):
        publisher = Publisher(self, clip("baseline.flv"), urls, "--log-level", "debug", "--setup-timeout", "2s", *options)
        seen = self._command_lines(publisher)
        self.assertIn("@", seen, "the publisher's own command line names the file of its destinations")
        publisher.finish(expected=expected)
        for where, text in (("stdout", publisher.program.stdout), ("stderr", publisher.program.stderr),
                            ("a command line", seen)):
            self.assertNotIn("canary", text, where)
        return publisher

    def test_a_broadcast_that_goes_well(self):
        origin, nginx = Origin(self, "--log-level", "debug", show_names=False), Nginx(self)
        self.publish([f"{server.url(KEY)}?token={TOKEN}" for server in (origin, nginx)], "--realtime", expected=0)
        origin.program.terminate()
        self.assertNotIn("canary", origin.program.stdout + origin.program.stderr)

    def test_errors_of_every_kind(self):
        origin, dead = Origin(self), DeadPort()
        certificate = Authority(self.directory).issue("unknown")
        tls = Nginx(self, tls=certificate)
        suffix = f"{KEY}?token={TOKEN}"
        holder = Publisher(self, clip("baseline.flv"), [origin.url(suffix)], "--loop")
        holder.wait_for_status("NetStream.Publish.Start")
        self.publish([
            dead.url(suffix),                                       # refused
            f"rtmp://no-such-host.invalid/live/{suffix}",           # unknown
            f"rtmps://localhost:{tls.tls_port}/live/{suffix}",      # certificate not trusted
            f"rtmp://127.0.0.1:{tls.http_port}/live/{suffix}",      # a web server
            f"rtmp://127.0.0.1:{tls.port}/nowhere/{suffix}",        # no such application
            origin.url(suffix),                                     # name in use
            origin.url(f"another-{suffix}"),                        # goes well, until the process list has been read
        ], "--require", "any", "--duration", "2", expected=3)

    def _command_lines(self, publisher):
        publisher.wait_for_status("NetConnection.Setup.Success")
        return "".join(path.read_text(errors="replace") for path in self._group(publisher.program.pid))

    @staticmethod
    def _group(pid):
        """The command line of the program and of its children, if it had any."""
        yield Path(f"/proc/{pid}/cmdline")
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield Path(f"/proc/{child}/cmdline")
