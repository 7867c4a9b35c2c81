"""Servers that die in the middle of a broadcast and come back: the others have every packet, and the returned one has every
packet from where it goes on."""

import signal

from clips import clip
from cluster import Balancer, write_targets
from harness import DeadPort, InteropTest, wait_until
from packets import assert_decodable, assert_rising, goes_on, overlap, packets_of
from publisher import Publisher, assert_same_packets
from relay import Relay
from servers import FfmpegPlayer, Nginx, Origin, RtmpdumpPlayer

RECONNECTING = "NetConnection.Connect.Reconnecting"
RESUMED = "NetStream.Publish.Resumed"
MILLISECOND = 0.001


class ReconnectTest(InteropTest):
    def wait_for_attempts(self, publisher, count, server):
        """Until it has tried that often in vain to come back to a server."""
        wait_until(lambda: publisher.codes(server).count(RECONNECTING) >= count, f"{count} attempts to reconnect")

    def assert_goes_on(self, whole, returned, tolerance=0.0):
        """Where it begins in the whole one, by track."""
        begins = goes_on(whole, returned, tolerance)
        assert_rising(returned)
        assert_decodable(self, returned)
        return begins


class RestartTest(ReconnectTest):
    def killed_and_restarted(self, make, tolerance=0.0, *options):
        source = clip("demo.mp4")
        servers = [make(self), make(self)]
        whole, first = (FfmpegPlayer(self, server, "one") for server in servers)
        publisher = Publisher(self, source, [server.url("one") for server in servers], *options)
        publisher.wait_for_frames(150)
        servers[1].program.kill()
        first.finish()
        self.wait_for_attempts(publisher, 2, server=1)
        servers[1].restart()
        returned = FfmpegPlayer(self, servers[1], "one", self.path("returned.flv"))
        rows = publisher.finish()
        self.assertEqual([row["frames_dropped"] for row in rows], [0, 0])
        self.assertEqual([row["reconnects"] for row in rows], [0, 1])
        self.assertIn(RESUMED, publisher.codes(server=1))
        whole = whole.finish()
        assert_same_packets(self, source, whole, *(("--timestamps", "nginx") if make is Nginx else ()))
        self.assert_goes_on(whole, returned.finish(), tolerance)

    def test_an_origin_that_is_killed_is_complete_from_where_it_goes_on(self):
        self.killed_and_restarted(Origin)

    def test_nginx_that_is_killed_is_complete_from_where_it_goes_on(self):
        self.killed_and_restarted(Nginx, 2 * MILLISECOND)

    def test_the_librtmp_engine_comes_back_too(self):
        self.killed_and_restarted(Origin, 0.0, "--engine", "librtmp")

    def test_what_was_missed_is_sent_again_from_the_keyframe_before_it(self):
        """The way to it is shut until a player waits there, so that the player sees where it goes on."""
        source = clip("demo.mp4")
        origin, other = Origin(self), Origin(self)
        relay = Relay(other.port)
        self.addCleanup(relay.close)
        whole, before = FfmpegPlayer(self, origin, "one"), FfmpegPlayer(self, other, "one")
        publisher = Publisher(self, source, [origin.url("one"), relay.url("one")])
        publisher.wait_for_frames(150)
        relay.shut()
        other.program.kill()
        before = before.finish()
        self.wait_for_attempts(publisher, 3, server=1)
        other.restart()
        after = FfmpegPlayer(self, other, "one", self.path("after.flv"))
        relay.open()
        publisher.finish()
        whole, after = whole.finish(), after.finish()
        assert_same_packets(self, source, whole)
        begins = self.assert_goes_on(whole, after)
        overlap(whole, before)
        # What was on its way through kernels that had acknowledged it went down with the server.
        on_its_way, group = 10, 25
        for kind, begin in begins.items():
            self.assertLessEqual(begin, len(packets_of(before, kind)) + on_its_way, f"nothing is missing, track {kind}")
        self.assertGreater(begins["v"], len(packets_of(before, "v")) - 2 * group, "no more than a group is sent twice")

    def test_resume_live_begins_at_the_next_keyframe(self):
        source = clip("demo.mp4")
        origin, other = Origin(self), Origin(self)
        whole = FfmpegPlayer(self, origin, "one")
        relay = Relay(other.port)
        self.addCleanup(relay.close)
        publisher = Publisher(self, source, [origin.url("one")], "--resume-live", relay.url("one"))
        publisher.wait_for_frames(150)
        relay.shut()
        relay.cut()
        relay.let_go()
        wait_until(lambda: other.publishers("one") == 0, "the name to be free")
        self.wait_for_attempts(publisher, 2, server=1)
        returned = FfmpegPlayer(self, other, "one")
        relay.open()
        rows = publisher.finish(expected=3)
        self.assertEqual(rows[0]["frames_dropped"], 0)
        self.assertGreater(rows[1]["frames_dropped"], 0)
        self.assertIn("frames did not arrive", publisher.program.stderr)
        whole, returned = whole.finish(), returned.finish()
        begins = self.assert_goes_on(whole, returned)
        missed = rows[1]["dropped"]
        pictures = missed["disposable"] + missed["inter"] + missed["key"]
        self.assertGreater(begins["v"], pictures)

    def test_a_server_that_hangs_for_five_seconds_loses_nothing(self):
        """Its kernel takes a broadcast of this size for it."""
        source = clip("demo.mp4")
        servers = [Origin(self), Nginx(self)]
        players = [FfmpegPlayer(self, server, "one") for server in servers]
        publisher = Publisher(self, source, [server.url("one") for server in servers], "--log-level", "info")
        publisher.wait_for_frames(100)
        servers[1].program.suspend()
        five_seconds = 5 * (25 + 47)
        frames = publisher.events("stats")[-1]["servers"][0]["frames_sent"] + five_seconds
        wait_until(lambda: publisher.events("stats")[-1]["servers"][0]["frames_sent"] >= frames, "five seconds")
        servers[1].program.signal(signal.SIGCONT)
        rows = publisher.finish()
        self.assertEqual([row["frames_dropped"] for row in rows], [0, 0])
        assert_same_packets(self, source, players[0].finish())
        assert_same_packets(self, source, players[1].finish(), "--timestamps", "nginx")

    def test_a_name_that_the_dead_session_still_holds(self):
        """nginx says BadName until it has found out that the publisher which it knows is gone."""
        source = clip("demo.mp4")
        nginx, origin = Nginx(self), Origin(self)
        relay = Relay(nginx.port)
        self.addCleanup(relay.close)
        whole = FfmpegPlayer(self, origin, "one")
        publisher = Publisher(self, source, [origin.url("one"), relay.url("one")])
        publisher.wait_for_frames(100)
        relay.cut()
        publisher.wait_for_status("NetStream.Publish.Retrying", server=1)
        self.assertTrue(any("BadName" in text or "name" in text for text in descriptions(publisher, server=1)))
        relay.let_go()
        publisher.wait_for_status(RESUMED, server=1)
        returned = RtmpdumpPlayer(self, nginx, "one")
        rows = publisher.finish()
        self.assertEqual([row["frames_dropped"] for row in rows], [0, 0])
        whole, returned = whole.finish(), returned.finish()
        assert_same_packets(self, source, whole)
        assert_decodable(self, returned)


class CommandTest(ReconnectTest):
    def test_a_server_that_is_down_joins_when_it_comes(self):
        source = clip("demo.mp4")
        dead, origin = DeadPort(), Origin(self)
        publisher = Publisher(self, source, [dead.url("one"), origin.url("one")], "--require", "any",
                              "--setup-timeout", "1s")
        publisher.wait_for_status("NetConnection.Setup.Success")
        self.wait_for_attempts(publisher, 1, server=0)
        late = Origin(self, port=dead.release())
        player = FfmpegPlayer(self, late, "one")
        publisher.wait_for_status("NetStream.Publish.Start", server=0)
        rows = publisher.finish()
        self.assertEqual(rows[0]["frames_dropped"], 0)
        assert_decodable(self, player.finish())

    # Which it would do for ever.
    def test_a_signal_ends_it_while_it_reconnects(self):
        origin = Origin(self)
        publisher = Publisher(self, clip("b_frames.mp4"), [origin.url("one")], "--loop")
        publisher.wait_for_frames(10)
        origin.program.kill()
        self.wait_for_attempts(publisher, 3, server=0)
        publisher.program.signal(signal.SIGINT)
        rows = publisher.finish(expected=3, timeout=10)
        self.assertNotIn("NetStream.Publish.AllLost", publisher.codes())
        self.assertIn("127.0.0.1", publisher.program.stderr)
        self.assertEqual(len(rows), 1)

    def test_it_gives_up_after_so_many_attempts(self):
        origin = Origin(self)
        publisher = Publisher(self, clip("b_frames.mp4"), [origin.url("one")], "--loop", "--reconnect-attempts", "2")
        publisher.wait_for_frames(10)
        origin.program.kill()
        rows = publisher.finish(expected=3, timeout=20)
        self.assertEqual(rows[0]["state"], "failed")
        self.assertIn("NetStream.Publish.AllLost", publisher.codes())

    def test_json_rows_tell_of_reconnecting(self):
        origin, dead = Origin(self), DeadPort()
        publisher = Publisher(self, clip("b_frames.mp4"), [origin.url("one"), dead.url("one")], "--require", "any", "--loop",
                              "--setup-timeout", "1s")

        def waiting():
            rows = [event["servers"][1] for event in publisher.events("stats")]
            return next((row for row in rows if row["attempts"] >= 2 and row["retry_in_ms"] is not None), None)
        row = wait_until(waiting, "a row that waits for its third attempt")
        self.assertEqual(row["state"], "reconnecting")
        self.assertIn("error", row)
        publisher.program.signal(signal.SIGTERM)
        publisher.finish(expected=3)


class StandbyTest(ReconnectTest):
    def test_a_spare_takes_over_and_falls_silent_again(self):
        source = clip("demo.mp4")
        primary, spare = Origin(self), Origin(self)
        at_spare = FfmpegPlayer(self, spare, "one")
        whole = FfmpegPlayer(self, (other := Origin(self)), "one")
        publisher = Publisher(self, source, [other.url("one"), primary.url("one")], "--standby", spare.url("one"))
        publisher.wait_for_status("NetStream.Publish.Start", server=1)
        wait_until(lambda: sent(publisher, 1) > 100, "100 frames")
        self.assertEqual(sent(publisher, 2), 0)
        primary.program.kill()
        publisher.wait_for_status("NetStream.Standby.Active", server=2)
        wait_until(lambda: sent(publisher, 2) > 50, "frames at the spare")
        primary.restart()
        publisher.wait_for_status("NetStream.Standby.Silent", server=2)
        publisher.finish()
        whole = whole.finish()
        assert_same_packets(self, source, whole)
        overlap(whole, at_spare.finish())

    def test_a_spare_that_is_not_needed_is_silent_and_costs_no_exit_code(self):
        primary, spare = Origin(self), DeadPort()
        rows = Publisher(self, clip("baseline.flv"), [primary.url("one")], "--standby", spare.url("one"),
                         "--no-realtime").finish()
        self.assertEqual(rows[1]["frames_sent"], 0)


class BalancerTest(ReconnectTest):
    def test_another_server_is_named_for_one_that_was_killed(self):
        balancer = Balancer(self, "--hold-until-edges", "2", "--message-timeout", "2000")
        targets = self.path("targets.txt")
        write_targets(targets, [balancer])
        servers = [Origin(self, "--targets", targets, "--redirect-address", "127.0.0.1", "--allow-loopback", "--guid-file",
                          self.path(f"server-{number}.guid")) for number in range(2)]
        balancer.wait_for_edges(2)
        publisher = Publisher(self, clip("demo.mp4"), [], "--loop", "--balancer",
                              f"http://127.0.0.1:{balancer.port}/loadbalancer", "--app", "live", "--stream", "one")
        publisher.wait_for_frames(50)
        first, other = sorted(servers, key=lambda server: -server.publishers("one"))
        first.program.kill()
        wait_until(lambda: other.publishers("one") == 1, "the other server to be found")
        self.assertGreaterEqual(publisher.codes().count("NetConnection.Connect.Found"), 2)
        player = self.run_program(["ffmpeg", "-nostdin", "-v", "error", "-rtmp_live", "live", "-i", other.url("one"), "-map",
                                   "0:v", "-frames:v", "10", "-f", "null", "-"])
        self.assertEqual((player.exit_code, player.stderr), (0, ""))
        publisher.program.signal(signal.SIGTERM)
        publisher.program.wait()


def descriptions(publisher, server):
    return [event["description"] for event in publisher.events("status") if event.get("id") == server]


def sent(publisher, server):
    """Frames, as of the last report."""
    stats = publisher.events("stats")
    return stats[-1]["servers"][server]["frames_sent"] if stats else 0
