"""The balancer and the agents with servers, players and encoders that are not ours."""

import json
import shutil
import signal
import socket

from clips import clip
from cluster import KEY, Agent, Balancer, write_targets
from harness import BIN, InteropTest, wait_until
from publisher import Publisher, assert_same_packets
from servers import FfmpegPlayer, Nginx, Origin

#: Ours is reported out when its agent is silent for this long.
MESSAGE_TIMEOUT = 2000
#: Longer than any wait: whatever takes an edge out then, it is not its silence.
NEVER = 60000


class BalancerTest(InteropTest):

    def cluster(self, servers, *options, message_timeout=MESSAGE_TIMEOUT):
        """A balancer that knows these servers, each with an agent of its own."""
        balancer = Balancer(self, "--message-timeout", str(message_timeout), *options)
        agents = [Agent(self, server, [balancer]) for server in servers]
        balancer.wait_for_edges(len(servers))
        return balancer, agents

    def ffmpeg_publishes(self, source, url):
        return self.start(["ffmpeg", "-nostdin", "-v", "warning", "-re", "-i", source, "-c", "copy", "-f", "flv", url])


class RelayTest(BalancerTest):
    """Clients that take no redirect are carried."""

    def carry(self, edge, player):
        source = clip("baseline.flv")
        balancer, _ = self.cluster([edge])
        played = player(self, Through(balancer, edge), "stream")
        publishing = self.ffmpeg_publishes(source, balancer.url("stream"))
        wait_until(lambda: edge.publishers("stream") == 1, "the publisher to reach the edge")
        self.assertEqual(publishing.wait(60), 0, publishing.report())
        return source, played.finish()

    def test_ffmpeg_publishes_and_plays_through_the_balancer_to_our_origin(self):
        assert_same_packets(self, *self.carry(Origin(self), FfmpegPlayer))

    def test_ffmpeg_publishes_and_plays_through_the_balancer_to_nginx(self):
        source, capture = self.carry(Nginx(self), FfmpegPlayer)
        assert_same_packets(self, source, capture, "--timestamps", "nginx")

    def test_a_balancer_that_is_the_edge_of_another_carries_to_nginx(self):
        """nginx gets a connect that two balancers have marked, and takes it."""
        source, edge = clip("baseline.flv"), Nginx(self)
        inner, _ = self.cluster([edge])
        outer, _ = self.cluster([inner])
        players = [FfmpegPlayer(self, Through(outer, edge), "stream"), FfmpegPlayer(self, Through(inner, edge), "stream")]
        publishing = self.ffmpeg_publishes(source, outer.url("stream"))
        self.assertEqual(publishing.wait(60), 0, publishing.report())
        for player in players:
            assert_same_packets(self, source, player.finish(), "--timestamps", "nginx")
        for balancer in (inner, outer):
            self.assertIn('multiconn_balancer_relay_edge_failures_total 0', balancer.metrics())

    def test_rtmpdump_plays_through_the_balancer(self):
        source, edge = clip("baseline.flv"), Origin(self)
        balancer, _ = self.cluster([edge])
        capture = self.path("rtmpdump.flv")
        player = self.start(["rtmpdump", "--live", "--quiet", "--timeout", "30", "-r", balancer.url("stream"), "-o", capture])
        wait_until(lambda: edge.players("stream") == 1, "rtmpdump to reach the edge")
        publisher = Publisher(self, source, [edge.url("stream")])
        publisher.finish()
        player.wait()
        assert_same_packets(self, source, capture)

    def test_an_edge_that_is_dead_costs_the_client_nothing(self):
        """Its agent does not know it yet: the balancer tries another."""
        alive, dead = Origin(self), Origin(self)
        balancer, agents = self.cluster([alive, dead], message_timeout=NEVER)
        for agent in agents:
            agent.program.suspend()
        dead.program.kill()
        for _ in range(4):
            publishing = self.start(["ffmpeg", "-nostdin", "-v", "warning", "-i", clip("baseline.flv"), "-c", "copy", "-f",
                                     "flv", balancer.url("stream")])
            self.assertEqual(publishing.wait(30), 0, publishing.report())


class Through:
    """The edge, reached by the balancer's address."""

    def __init__(self, balancer, edge):
        self.port, self.url = balancer.port, balancer.url
        self.players, self.publishers = edge.players, edge.publishers


class RedirectTest(BalancerTest):

    def test_the_sdk_is_redirected_and_ffmpeg_is_told_why_it_cannot_be(self):
        edge = Origin(self)
        balancer, _ = self.cluster([edge], "--rtmp-mode", "redirect")
        before = balancer.server(edge)["redirects"]
        publisher = Publisher(self, clip("audio.m4a"), [balancer.url("stream")], "--no-realtime")
        publisher.finish()
        self.assertIn("NetStream.Publish.Start", publisher.codes())
        self.assertEqual(balancer.server(edge)["redirects"], before + 1)
        self.assertIn('multiconn_balancer_relayed_bytes_total{direction="to_edge"} 0', balancer.metrics())
        ended = self.run_program(["ffmpeg", "-nostdin", "-v", "error", "-i", balancer.url("stream"), "-f", "null", "-"])
        self.assertNotEqual(ended.exit_code, 0)
        self.assertIn(f"rtmp://127.0.0.1:{edge.port}/live", ended.stderr)

    def test_the_sdk_is_let_in_and_redirected_when_it_publishes(self):
        """redirectOnConnect=false, and a client that does not call getLoadBalancerRedirect."""
        edge = Origin(self)
        balancer, _ = self.cluster([edge], "--rtmp-mode", "redirect", "--redirect-on-connect", "false")
        source = clip("baseline.flv")
        player = FfmpegPlayer(self, edge, "stream")
        publisher = Publisher(self, source, [balancer.url("stream")], "--no-realtime")
        publisher.finish()
        assert_same_packets(self, source, player.finish())
        self.assertNotIn("stream", balancer.program.stderr)

    def test_the_sdk_comes_again_until_there_is_an_edge(self):
        edge = Origin(self)
        balancer = Balancer(self, "--message-timeout", str(MESSAGE_TIMEOUT),
                            "--rtmp-mode", "redirect", "--redirect-on-connect", "false")
        source = clip("baseline.flv")
        publisher = Publisher(self, source, [balancer.url("stream")], "--no-realtime")
        publisher.wait_for_status("NetConnection.Connect.Reconnecting")
        player = FfmpegPlayer(self, edge, "stream")
        Agent(self, edge, [balancer])
        publisher.finish()
        assert_same_packets(self, source, player.finish())

    def test_rtmpdump_ends_at_a_redirect(self):
        edge = Origin(self)
        balancer, _ = self.cluster([edge], "--rtmp-mode", "redirect")
        ended = self.run_program(["rtmpdump", "-r", balancer.url("stream"), "-o", "/dev/null"], timeout=10)
        self.assertNotEqual(ended.exit_code, 0)


class FaultTest(BalancerTest):

    def test_an_agent_that_is_stopped_takes_its_edge_out_at_once(self):
        first, second = Origin(self), Origin(self)
        balancer, agents = self.cluster([first, second], message_timeout=NEVER)
        self.assertEqual(agents[0].program.terminate(), 0)
        balancer.wait_until_offered([second])

    def test_a_paused_edge_gets_no_clients(self):
        first, second = Origin(self), Origin(self)
        balancer, agents = self.cluster([first, second], message_timeout=NEVER)
        self.assertEqual(agents[1].post("pause")[0], 200)
        balancer.wait_until_offered([first])
        self.assertEqual(agents[1].post("unpause")[0], 200)
        balancer.wait_until_offered([first, second])

    def test_an_edge_that_is_killed_is_out_by_its_health(self):
        first, second = Nginx(self), Origin(self)
        balancer, _ = self.cluster([first, second], message_timeout=NEVER)
        first.program.kill()
        balancer.wait_until_offered([second])

    def test_a_server_that_hangs_is_out_and_comes_back(self):
        first, second = Nginx(self), Origin(self)
        balancer, _ = self.cluster([first, second], message_timeout=NEVER)
        first.program.suspend()
        balancer.wait_until_offered([second])
        first.program.signal(signal.SIGCONT)
        balancer.wait_until_offered([first, second])

    def test_an_edge_whose_machine_dies_is_out_by_its_silence(self):
        first, second = Origin(self), Origin(self)
        balancer, agents = self.cluster([first, second])
        agents[0].program.kill()
        first.program.kill()
        balancer.wait_until_offered([second])

    def test_a_balancer_that_is_restarted_holds_its_answers_and_then_gives_right_ones(self):
        edge = Origin(self)
        state = self.path("balancer.state")
        balancer, _ = self.cluster([edge], "--state-file", str(state))
        port, udp_port = balancer.port, balancer.udp_port
        balancer.program.kill()
        again = Balancer(self, "--state-file", str(state), port=port, udp_port=udp_port)
        status, text = again.get("/loadbalancer?format=json")
        self.assertEqual((status, json.loads(text)["reason"]), (503, "starting"))
        self.assertEqual(again.get("/loadbalancer")[1].strip(), "redirect=unknown")
        again.wait_for_edges(1)
        self.assertEqual(again.get("/loadbalancer")[1].strip(), f"redirect=127.0.0.1:{edge.port}")

    def test_a_dead_balancer_among_two_costs_the_client_no_setup(self):
        edge = Origin(self)
        one, other = Balancer(self), Balancer(self)
        Agent(self, edge, [one, other])
        other.wait_for_edges(1)
        one.program.kill()
        self.publish_by(one, other)
        # One that hangs is as good as dead.
        third = Balancer(self)
        third.program.suspend()
        self.publish_by(third, other)

    def publish_by(self, *balancers):
        urls = ",".join(f"http://127.0.0.1:{each.port}/loadbalancer" for each in balancers)
        done = self.run_program([BIN / "multiconn-publish", "--stats", "json", "--no-realtime", clip("audio.m4a"),
                                 "--balancer", urls, "--app", "live", "--stream", "canary-key"])
        self.assertEqual(done.exit_code, 0, done.report())
        self.assertNotIn("canary-key", done.stdout + done.stderr)

    def test_a_targets_file_that_breaks_changes_nothing(self):
        edge = Origin(self)
        balancer, (agent,) = self.cluster([edge])
        agent.targets.write_text("127.0.0.1,no-port,key-that-is-secret\n")
        agent.program.wait_for_output("line 1")
        reports = balancer.server(edge)["reports"]
        wait_until(lambda: balancer.server(edge)["reports"] > reports, "further reports")
        balancer.wait_until_offered([edge])
        self.assertNotIn("key-that-is-secret", agent.program.stderr)
        second = Balancer(self)
        write_targets(agent.targets, [balancer, second])
        second.wait_for_edges(1)

    def test_a_copied_installation_is_an_alarm(self):
        edges = [Origin(self), Origin(self)]
        balancer, (agent,) = self.cluster(edges[:1])
        self.assertIn("multiconn_balancer_duplicate_guids 0", balancer.metrics())
        agent.program.kill()
        copy = self.path("copied.guid")
        for suffix in ("", ".boot"):
            shutil.copy(f"{agent.guid_file}{suffix}", f"{copy}{suffix}")
        for edge, guid_file in zip(edges, (agent.guid_file, copy)):
            self.start([BIN / "multiconn-agent", "--targets", agent.targets, "--redirect-address", f"127.0.0.1:{edge.port}",
                        "--allow-loopback", "--rtmp", f"127.0.0.1:{edge.port}", "--interval", "500", "--guid-file", guid_file])
        wait_until(lambda: "multiconn_balancer_duplicate_guids 1" in balancer.metrics(), "the alarm in the metrics")
        self.assertEqual([server["duplicate_guid"] for server in balancer.servers()], [True])
        balancer.program.wait_for_output("Server.guid")

    def test_garbage_and_idle_connections_do_not_keep_clients_out(self):
        edge = Origin(self)
        balancer, (agent,) = self.cluster([edge])
        ports = (balancer.port, balancer.admin_port, agent.admin_port, edge.port, edge.http_port)
        idle = [socket.create_connection(("127.0.0.1", balancer.port)) for _ in range(500)]
        for garbage in (b"\x00" * 4096, b"\x03" + b"\xff" * 8000, b"GET " + b"a" * 1_000_000, b"\x16\x03\x01\x02\x00" * 100):
            for port in ports:
                with socket.create_connection(("127.0.0.1", port)) as client:
                    try:
                        client.sendall(garbage)
                    except OSError:
                        pass
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as reports:
            for size in (0, 1, 60, 1200, 60000):
                reports.sendto(b"\x01" * size, ("127.0.0.1", balancer.udp_port))
        self.assertEqual(balancer.get("/loadbalancer")[1].strip(), f"redirect=127.0.0.1:{edge.port}")
        for connection in idle:
            connection.close()
        self.assertEqual(balancer.status_of(edge), "running")
        self.assertEqual(agent.post("pause")[0], 200)
        self.assertEqual(edge.status()["streams"], [])
        self.assertNotIn(KEY, balancer.program.stderr + balancer.program.stdout)
