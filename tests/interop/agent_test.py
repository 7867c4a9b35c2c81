"""multiconn-agent beside real servers: what it reports is what is there."""

import fcntl
import json
import os
import re
import select
import signal
import struct
import termios
import time
import urllib.request

from clips import clip
from cluster import TOKEN, Balancer, listening, secret, write_targets
from harness import BIN, InteropTest, wait_until
from servers import Nginx, Origin

KEY = "a-key-for-tests-of-the-agent"


class Agent:
    """multiconn-agent with its admin listener; nobody has to be at the other end of its reports."""

    def __init__(self, stage, port, *arguments, capacity=100):
        self.directory = stage.path(f"agent-{time.monotonic_ns()}")
        self.directory.mkdir()
        targets = self.directory / "targets.txt"
        targets.write_text(f"127.0.0.1,9,{KEY}\n")
        self.program = stage.start([
            BIN / "multiconn-agent", "--targets", targets, "--redirect-address", "192.0.2.1",
            "--guid-file", self.directory / "Server.guid", "--rtmp", f"127.0.0.1:{port}",
            "--capacity", str(capacity), "--admin", "0", "--agent-check", "127.0.0.1:0", *arguments])
        self.program.wait_for_output("listening agent-check")
        self.ports = {what: int(port) for what, port in
                      re.findall(r"listening (\S+) \S+:(\d+)", self.program.stdout)}

    def status(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports['admin']}/status", timeout=10) as answer:
            return json.loads(answer.read())

    def wait_for(self, condition, what):
        return wait_until(lambda: condition(self.status()), f"the agent to report {what}; now {self.status()}")


def publish(stage, server, name):
    return stage.start(["ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-re", "-stream_loop", "-1",
                        "-i", clip("baseline.flv"), "-c", "copy", "-f", "flv", server.url(name)])


class AgentTest(InteropTest):
    def test_nginx_publishers_are_counted_by_both_monitors(self):
        nginx = Nginx(self)
        by_page = Agent(self, nginx.port, "--monitor", "nginx-rtmp",
                        "--monitor-url", f"http://127.0.0.1:{nginx.http_port}/stat")
        by_kernel = Agent(self, nginx.port, "--monitor", "tcp")
        agents = (by_page, by_kernel)
        for agent in agents:
            agent.wait_for(lambda status: status["status"] == "RUNNING" and status["connections"] == 0, "an idle server")
        publishers = [publish(self, nginx, f"stream{number}") for number in range(5)]
        for agent in agents:
            agent.wait_for(lambda status: status["connections"] == 5, "5 connections")
            agent.wait_for(lambda status: status["inBits"] > 100_000, "what they send")
        # Both agents ask for handshakes all the time, which are connections too, and seen by the other one.
        self.assertGreaterEqual(by_page.status()["accepts"], 5)
        self.assertTrue(by_kernel.status()["acceptsEstimated"])
        self.assertFalse(by_page.status()["acceptsEstimated"])
        for program in publishers[:3]:
            program.kill()
        for agent in agents:
            agent.wait_for(lambda status: status["connections"] == 2, "2 connections")

    def test_the_agents_own_probes_are_not_counted(self):
        nginx = Nginx(self)
        agent = Agent(self, nginx.port, "--monitor", "nginx-rtmp",
                      "--monitor-url", f"http://127.0.0.1:{nginx.http_port}/stat")
        # The one who looked whether nginx listens is the one client. While a probe is on its way, which nginx is yet
        # to count, the agent counts one client less.
        before = 1
        agent.wait_for(lambda status: status["accepts"] == before, "who looked whether nginx listens")
        reports = agent.status()["reports"]
        agent.wait_for(lambda status: status["reports"] >= reports + 2, "twice, with a probe each second")
        self.assertEqual(agent.status()["accepts"], before)
        publish(self, nginx, "one")
        agent.wait_for(lambda status: status["accepts"] == before + 1, "one more accept")

    def test_a_server_that_hangs_is_out_until_it_goes_on(self):
        nginx = Nginx(self)
        agent = Agent(self, nginx.port, "--monitor", "tcp")
        agent.wait_for(lambda status: status["healthy"], "a healthy server")
        nginx.program.suspend()
        status = agent.wait_for(lambda status: not status["healthy"] and status, "that it hangs")
        self.assertIn("does not answer an RTMP handshake", status["trouble"])
        self.assertEqual(status["status"], "UNKNOWN")
        nginx.program.signal(signal.SIGCONT)
        agent.wait_for(lambda status: status["healthy"], "that it goes on")
        nginx.program.kill()
        agent.wait_for(lambda status: "refuses connections" in status["trouble"], "that it is gone")

    def test_auto_finds_nginx_by_its_page(self):
        nginx = Nginx(self)
        agent = Agent(self, nginx.port, "--monitor-url", f"http://127.0.0.1:{nginx.http_port}/stat")
        agent.wait_for(lambda status: status["monitor"] == "nginx-rtmp", "the monitor that it chose")

    def test_auto_counts_connections_of_several_workers(self):
        nginx = Nginx(self)
        nginx.program.kill()
        config = self.path(f"nginx-{nginx.port}") / "nginx.conf"
        config.write_text(config.read_text().replace("master_process off;", "worker_processes 2;"))
        nginx.program = self.start(["nginx", "-p", config.parent, "-c", config, "-e", "stderr"])
        nginx.program.wait_until_listening(nginx.port)
        nginx.program.wait_until_listening(nginx.http_port)
        agent = Agent(self, nginx.port, "--monitor-url", f"http://127.0.0.1:{nginx.http_port}/stat")
        agent.wait_for(lambda status: status["monitor"] == "tcp", "the monitor that it chose")
        refused = Agent(self, nginx.port, "--monitor", "nginx-rtmp",
                        "--monitor-url", f"http://127.0.0.1:{nginx.http_port}/stat")
        refused.wait_for(lambda status: "several workers" in status["trouble"], "why there are no figures")

    def test_an_origin_beside_the_agent(self):
        origin = Origin(self)
        agent = Agent(self, origin.port, "--monitor-url", f"http://127.0.0.1:{origin.http_port}/status.json")
        agent.wait_for(lambda status: status["monitor"] == "origin" and status["status"] == "RUNNING", "an origin")
        publish(self, origin, "one")
        agent.wait_for(lambda status: status["connections"] == 1, "one connection")

    def test_ctl_pauses_the_agent(self):
        origin = Origin(self)
        token = self.path("token")
        token.write_text("a-token-for-this-test\n")
        agent = Agent(self, origin.port, "--monitor", "tcp", "--admin-token-file", token)
        url = f"http://127.0.0.1:{agent.ports['admin']}"
        ctl = [BIN / "multiconn-ctl", "--admin", url, "--token-file", token]
        self.assertEqual(self.run_program([*ctl, "pause"]).exit_code, 0)
        agent.wait_for(lambda status: status["status"] == "PAUSED", "that it is paused")
        listed = self.run_program([*ctl, "servers"])
        self.assertIn("PAUSED", listed.stdout)
        self.assertEqual(self.run_program([*ctl, "unpause"]).exit_code, 0)
        agent.wait_for(lambda status: status["status"] == "RUNNING", "that it runs")
        without = {name: value for name, value in os.environ.items() if name != "MULTICONN_TOKEN"}
        self.assertEqual(self.run_program(ctl[:3] + ["pause"], env=without).exit_code, 1)

    def test_ctl_pauses_an_origin_that_carries_its_agent(self):
        balancer, token, targets = Balancer(self), secret(self, "token", TOKEN), self.path("targets.txt")
        write_targets(targets, [balancer])
        origin = Origin(self, "--targets", targets, "--redirect-address", "127.0.0.1", "--allow-loopback", "--interval", "300",
                        "--guid-file", self.path("Server.guid"), "--admin", "127.0.0.1:0", "--admin-token-file", token)
        origin.program.wait_for_output("listening admin")
        ctl = [BIN / "multiconn-ctl", "--admin", f"http://127.0.0.1:{listening(origin.program, 'admin')}"]
        balancer.wait_for_edges(1)
        self.assertEqual(self.run_program([*ctl, "pause"]).exit_code, 1, "without the token")
        self.assertEqual(self.run_program([*ctl, "--token-file", token, "pause"]).exit_code, 0)
        wait_until(lambda: balancer.status_of(origin) == "paused" and not balancer.look_up(), "nobody to be sent there")
        self.assertIn("PAUSED", self.run_program([*ctl, "servers"]).stdout)
        self.assertEqual(self.run_program([*ctl, "--token-file", token, "unpause"]).exit_code, 0)
        balancer.wait_for_edges(1)

    def test_ctl_watches_on_a_terminal(self):
        origin = Origin(self)
        token = self.path("token")
        token.write_text("a-token-for-this-test\n")
        token.chmod(0o600)
        agent = Agent(self, origin.port, "--monitor", "tcp", "--admin-token-file", token)
        ctl = [BIN / "multiconn-ctl", "--admin", f"http://127.0.0.1:{agent.ports['admin']}", "--token-file", token]
        pty, terminal = os.openpty()
        self.addCleanup(os.close, pty)
        width = 60
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
        watching = self.start([*ctl, "watch"], stdout=terminal)
        os.close(terminal)
        shown = ""
        def shows(status):
            """In a table drawn over the one before, which fits."""
            nonlocal shown
            while select.select([pty], [], [], 0)[0]:
                shown += os.read(pty, 65536).decode()
            tables = shown.split("\x1b[H\x1b[J")
            if len(tables) < 2 or status not in tables[-1]:
                return False
            self.assertEqual(tables[0], "")
            self.assertTrue(all(len(line) <= width for line in tables[-1].splitlines()), tables[-1])
            return True
        wait_until(lambda: shows("RUNNING"), "the table of a server that runs")
        self.assertEqual(self.run_program([*ctl, "pause"]).exit_code, 0)
        wait_until(lambda: shows("PAUSED"), "the table to change")
        watching.signal(signal.SIGINT)
        self.assertEqual(watching.wait(), 0, watching.stderr)
