"""A broadcast by multiconn-publish to three real servers, one of them tortured: the others get every packet, and the tortured
one is complete from where it goes on."""

import re
import signal
import time
from pathlib import Path

from certificates import Authority
from clips import clip
from harness import InteropTest, wait_until
from own_network import Rule
from packets import assert_decodable, assert_rising, goes_on, packets_of
from proxy import Proxy
from publisher import Publisher, assert_same_packets
from servers import FfmpegPlayer, Nginx, Origin

RECONNECTING = "NetConnection.Connect.Reconnecting"
START = "NetStream.Publish.Start"

MEBIBYTE = 1 << 20
#: ConnectOptions' own: what is kept for servers that come back, and what may wait for each.
RING, QUEUE = 32 * MEBIBYTE, 16 * MEBIBYTE
#: All the rest of multiconn-publish: its libraries, and what they have read ahead.
REST = 64 * MEBIBYTE


class SecureOrigin(Origin):
    """rtmps alone."""

    def __init__(self, stage, certificate, key):
        super().__init__(stage, "--tls-cert", certificate, "--tls-key", key)

    def url(self, stream):
        return f"rtmps://localhost:{self.port}/live/{stream}"


class TortureTest(InteropTest):
    def setUp(self):
        super().setUp()
        self.source = clip("demo.mp4")
        self.healthy = [Origin(self), Nginx(self)]
        self.players = [FfmpegPlayer(self, server, "one") for server in self.healthy]

    def proxied(self, server, window=None):
        proxy = Proxy(server.port, window)
        self.addCleanup(proxy.close)
        return proxy

    def publish(self, url, *options):
        self.publisher = Publisher(self, self.source, [*(server.url("one") for server in self.healthy), url], *options)
        self.publisher.wait_for_frames(100)

    def wait_for(self, code, count=1):
        """Until the tortured one has given so many statuses of this code."""
        wait_until(lambda: self.publisher.codes(server=2).count(code) >= count, f"{code} for the {count}. time")

    def wait_for_reports(self, count):
        """They come once a second."""
        reports = len(self.publisher.events("stats")) + count
        wait_until(lambda: len(self.publisher.events("stats")) >= reports, f"{count} reports")

    def wait_for_queue(self):
        """Until a report that is still to come tells that frames wait for the tortured one."""
        told = len(self.publisher.events("stats"))
        wait_until(lambda: any(report["servers"][2]["queue_bytes"] for report in self.publisher.events("stats")[told:]),
                   "frames to wait")

    def peak_memory(self):
        """Bytes that the publisher had at most. Asked until it ends: then nobody knows any more."""
        program, peak = self.publisher.program, 0

        def ended():
            nonlocal peak
            if program.exit_code is not None:
                return True
            peak = high_water(program.pid) or peak
            return False
        wait_until(ended, "multiconn-publish to end", timeout=60)
        return peak

    def finish(self, returned=None, lost=False):
        """The healthy ones have all, and memory was bounded; `returned`: the player that saw the tortured one come back.
        `lost`: that one may lack frames."""
        peak = self.peak_memory()
        rows = self.publisher.finish(expected=3 if lost else 0)
        self.assertGreater(peak, 0)
        self.assertLessEqual(peak, RING + len(rows) * QUEUE + REST)
        whole = self.players[0].finish()
        assert_same_packets(self, self.source, whole)
        assert_same_packets(self, self.source, self.players[1].finish(), "--timestamps", "nginx")
        self.assertEqual([row["frames_dropped"] for row in rows[:2]], [0, 0])
        if returned:
            capture = returned.finish()
            goes_on(whole, capture)
            assert_rising(capture)
            assert_decodable(self, capture)
        return rows, whole


class NetworkTest(TortureTest):
    def test_a_black_hole_of_some_seconds(self):
        origin = Origin(self)
        self.publish(origin.url("one"))
        rule, since = Rule(origin.port, "DROP"), time.monotonic()
        self.wait_for(RECONNECTING)
        print(f"noticed after {time.monotonic() - since:.2f} s")
        rule.lift()
        self.wait_for(START, 2)
        self.finish(FfmpegPlayer(self, origin, "one"))

    def test_a_black_hole_that_ends_before_it_is_noticed(self):
        origin = Origin(self)
        player = FfmpegPlayer(self, origin, "one")
        self.publish(origin.url("one"))
        rule = Rule(origin.port, "DROP")
        self.wait_for_reports(1)
        rule.lift()
        self.finish(player)
        self.assertNotIn(RECONNECTING, self.publisher.codes(server=2))

    def test_a_firewall_that_rejects(self):
        origin = Origin(self)
        self.publish(origin.url("one"))
        rule = Rule.reject(origin.port)
        self.wait_for(RECONNECTING, 3)
        # It has not been told that its client is gone.
        origin.program.kill()
        origin.restart()
        rule.lift()
        self.wait_for(START, 2)
        self.finish(FfmpegPlayer(self, origin, "one"))


class ProcessTest(TortureTest):
    def killed_while_it_hangs(self, make):
        server = make(self)
        self.publish(server.url("one"))
        server.program.suspend()
        self.wait_for_reports(2)
        server.program.signal(signal.SIGKILL)
        server.program.wait()
        self.wait_for(RECONNECTING, 2)
        server.restart()
        self.wait_for(START, 2)
        return server

    def test_an_origin_that_hangs_and_is_killed(self):
        server = self.killed_while_it_hangs(Origin)
        self.finish(FfmpegPlayer(self, server, "one"))

    def test_nginx_that_hangs_and_is_killed(self):
        server = self.killed_while_it_hangs(Nginx)
        player = FfmpegPlayer(self, server, "one")
        _, whole = self.finish()
        assert_decodable(self, player.finish())
        goes_on(whole, player.capture, tolerance=0.002)

    def test_an_origin_that_is_killed_again_and_again(self):
        origin = Origin(self)
        self.publish(origin.url("one"))
        for times in range(1, 4):
            origin.program.kill()
            self.wait_for(RECONNECTING, times)
            origin.restart()
            self.wait_for(START, times + 1)
        self.finish(FfmpegPlayer(self, origin, "one"))


class TlsTest(TortureTest):
    def test_a_server_behind_tls_that_is_killed(self):
        authority = Authority(self.directory)
        server = Nginx(self, tls=authority.issue("good"))
        self.publish(f"rtmps://localhost:{server.tls_port}/live/one", "--ca-file", authority.certificate)
        server.program.kill()
        self.wait_for(RECONNECTING)
        server.restart()
        self.wait_for(START, 2)
        player = FfmpegPlayer(self, server, "one")
        _, whole = self.finish()
        assert_decodable(self, player.finish())
        goes_on(whole, player.capture, tolerance=0.002)

    def test_a_black_hole_in_front_of_tls(self):
        authority = Authority(self.directory)
        origin = SecureOrigin(self, *authority.issue("good"))
        self.publish(origin.url("one"), "--ca-file", authority.certificate)
        rule = Rule(origin.port, "DROP")
        self.wait_for(RECONNECTING)
        rule.lift()
        self.wait_for(START, 2)
        self.finish(FfmpegPlayer(self, origin, "one"))


class ProxyTest(TortureTest):
    def test_single_bytes_both_ways(self):
        origin = Origin(self)
        proxy = self.proxied(origin)
        proxy.piece = 1
        player = FfmpegPlayer(self, origin, "one")
        self.publish(proxy.url("one"))
        proxy.piece = 65536
        self.finish(player)

    def test_a_way_that_is_long(self):
        origin = Origin(self)
        proxy = self.proxied(origin)
        proxy.delay = 0.1
        player = FfmpegPlayer(self, origin, "one")
        self.publish(proxy.url("one"))
        self.finish(player)

    def test_a_window_that_closes_and_a_reset(self):
        origin = Origin(self)
        proxy = self.proxied(origin, window=8192)
        self.publish(proxy.url("one"))
        proxy.stall()
        self.wait_for_queue()
        proxy.reset()
        self.wait_for(START, 2)
        self.finish(FfmpegPlayer(self, origin, "one"))

    def test_resets_again_and_again(self):
        origin = Origin(self)
        proxy = self.proxied(origin)
        self.publish(proxy.url("one"))
        for times in range(2, 6):
            proxy.reset()
            self.wait_for(START, times)
        self.finish(FfmpegPlayer(self, origin, "one"))

    def test_a_way_that_is_too_narrow_for_a_while(self):
        self.source = clip("twenty_megabit.mp4")
        origin = Origin(self)
        proxy = self.proxied(origin)
        player = FfmpegPlayer(self, origin, "one")
        self.publish(proxy.url("one"))
        proxy.rate = 100_000
        self.wait_for("NetStream.Buffer.Dropped")
        # 0.8 Mbit/s is what the way carries.
        wait_until(lambda: 0 < (self.publisher.events("stats")[-1]["servers"][2]["bandwidth_bps"] or 0) < 5_000_000,
                   "the bandwidth to be told")
        proxy.rate = None
        rows, whole = self.finish(lost=True)
        capture = player.finish()
        assert_rising(capture)
        assert_decodable(self, capture)
        for kind in "va":
            self.assertEqual(packets_of(capture, kind)[-1].digest, packets_of(whole, kind)[-1].digest)
        self.assertEqual(rows[2]["reconnects"], 0)


def high_water(pid):
    """Bytes; nothing once the process has ended (proc(5), VmHWM)."""
    told = re.search(r"^VmHWM:\s*(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(told[1]) * 1024 if told else None
