"""rtmps:// through nginx's TLS terminator: served with a certificate that holds, refused with any other."""

import os

from certificates import Authority
from clips import clip
from harness import InteropTest
from publisher import Publisher, assert_same_packets
from servers import FfmpegPlayer, Nginx


class TlsTest(InteropTest):
    def setUp(self):
        super().setUp()
        self.authority = Authority(self.directory)

    def server(self, certificate):
        return Nginx(self, tls=certificate)

    def assert_refused(self, server, host, *options, env=None):
        """Setup fails long before its time-out, since no retry would help, and the line says why."""
        publisher = Publisher(self, clip("b_frames.mp4"), [f"rtmps://{host}:{server.tls_port}/live/one"],
                              "--setup-timeout", "20s", *options, env=env)
        publisher.finish(expected=2, timeout=15)
        self.assertEqual(server.publishers("one"), 0)
        return publisher.program.stderr

    def test_a_trusted_certificate(self):
        server = self.server(self.authority.issue("good"))
        player = FfmpegPlayer(self, server, "one")
        source = clip("b_frames.mp4")
        Publisher(self, source, [f"rtmps://localhost:{server.tls_port}/live/one"],
                  "--ca-file", self.authority.certificate).finish()
        assert_same_packets(self, source, player.finish(), "--timestamps", "nginx")

    def test_an_address_in_the_certificate(self):
        server = self.server(self.authority.issue("good"))
        Publisher(self, clip("b_frames.mp4"), [f"rtmps://127.0.0.1:{server.tls_port}/live/one"], "--no-realtime",
                  "--ca-file", self.authority.certificate).finish()

    def test_a_wrong_host_name(self):
        server = self.server(self.authority.issue("wrong", "DNS:other.example"))
        told = self.assert_refused(server, "localhost", "--ca-file", self.authority.certificate)
        self.assertIn("another host", told)

    def test_an_expired_certificate(self):
        server = self.server(self.authority.issue("expired", days=-1))
        told = self.assert_refused(server, "localhost", "--ca-file", self.authority.certificate)
        self.assertIn("expired", told)

    def test_a_certificate_that_has_expired_when_the_server_is_back(self):
        """No retry would help then either."""
        server = self.server(self.authority.issue("good"))
        publisher = Publisher(self, clip("b_frames.mp4"), [f"rtmps://localhost:{server.tls_port}/live/one"], "--loop",
                              "--ca-file", self.authority.certificate)
        publisher.wait_for_frames(10)
        server.program.kill()
        publisher.wait_for_status("NetConnection.Connect.Reconnecting")
        self.authority.issue("good", days=-1)
        server.restart()
        row, = publisher.finish(expected=3)
        self.assertEqual(row["state"], "failed")
        self.assertIn("expired", row["error"])
        codes = publisher.codes(server=0)
        self.assertNotIn("NetConnection.Connect.Reconnecting", codes[codes.index("NetConnection.Connect.Failed"):])

    def test_an_unknown_authority(self):
        server = self.server(Authority(self.directory, "Other Authority").issue("unknown"))
        told = self.assert_refused(server, "localhost", "--ca-file", self.authority.certificate)
        self.assertRegex(told, "certificate|issuer")

    def test_the_systems_store_does_not_know_the_test_authority(self):
        server = self.server(self.authority.issue("good"))
        self.assert_refused(server, "localhost")

    def test_the_systems_store_that_knows_it(self):
        """SSL_CERT_FILE is OpenSSL's way to name another store."""
        server = self.server(self.authority.issue("good"))
        Publisher(self, clip("b_frames.mp4"), [f"rtmps://localhost:{server.tls_port}/live/one"], "--no-realtime",
                  env=os.environ | {"SSL_CERT_FILE": str(self.authority.certificate)}).finish()
        other = Authority(self.directory, "Other Authority")
        told = self.assert_refused(server, "localhost", env=os.environ | {"SSL_CERT_FILE": str(other.certificate)})
        self.assertIn("no trusted authority", told)

    def test_insecure_takes_any_certificate_and_says_so(self):
        server = self.server(self.authority.issue("expired", "DNS:other.example", days=-1))
        publisher = Publisher(self, clip("b_frames.mp4"), [f"rtmps://localhost:{server.tls_port}/live/one"],
                              "--no-realtime", "--insecure")
        publisher.finish()
        self.assertIn("NetConnection.Connect.Insecure", publisher.codes(server=0))
        self.assertIn("NetConnection.Connect.Insecure", publisher.program.stderr)

    def test_one_refused_certificate_costs_the_other_server_nothing(self):
        good = self.server(self.authority.issue("good"))
        bad = self.server(self.authority.issue("expired", days=-1))
        player = FfmpegPlayer(self, good, "one")
        source = clip("b_frames.mp4")
        urls = [f"rtmps://localhost:{server.tls_port}/live/one" for server in (bad, good)]
        rows = Publisher(self, source, urls, "--require", "any",
                         "--ca-file", self.authority.certificate).finish(expected=3)
        self.assertEqual([row["state"] for row in rows][0], "failed")
        assert_same_packets(self, source, player.finish(), "--timestamps", "nginx")
