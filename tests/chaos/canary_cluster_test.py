"""Keys and tokens of balancers and agents are in their files alone: not in what the programs say or show at any level, nor in
what they start."""

import os
import signal
import socket

from canary import KEY, TOKEN, CanaryTest
from clips import clip
from cluster import KEY as REPORT_KEY, TOKEN as ADMIN_TOKEN, Agent, Balancer, request, secret
from harness import BIN, Stage
from publisher import Publisher
from servers import Origin

WRONG = "canary-of-somebody-else"
TRACE = ("--log-level", "trace")


class ClusterTest(CanaryTest):
    def read_pages(self, name, port, paths):
        for path in paths:
            for token in (None, ADMIN_TOKEN, WRONG):
                self.tell(f"{name}'s {path}", request(f"http://127.0.0.1:{port}{path}", token=token)[1])

    def end(self):
        self.look_at_processes()
        for program in self._ours():
            if program.exit_code is None:
                program.terminate()
        self.assert_secret(REPORT_KEY, ADMIN_TOKEN)

    def ctl(self, admin_port, *arguments, env=None):
        program = self.start([BIN / "multiconn-ctl", *TRACE, "--admin", f"http://127.0.0.1:{admin_port}", *arguments], env=env)
        program.wait()
        return program.exit_code

    def test_balancer_agents_and_a_publisher(self):
        balancer = Balancer(self, *TRACE, "--server-info-xml")
        edge = Origin(self, *TRACE, show_names=False)
        agent = Agent(self, edge, [balancer], *TRACE)
        balancer.wait_for_edges(1)
        stranger = Agent(self, edge, [balancer], *TRACE, key=WRONG)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as garbage:
            garbage.sendto(f"{REPORT_KEY} {WRONG}".encode(), ("127.0.0.1", balancer.udp_port))
        stream = secret(self, "stream", f"{KEY}?token={TOKEN}")
        publisher = Publisher(self, clip("demo.mp4"), [], "--loop", "--log-level", "debug", "--app", "live", "--stream",
                              f"@{stream}", "--balancer", f"http://127.0.0.1:{balancer.port}/loadbalancer")
        publisher.wait_for_status("NetStream.Publish.Start")
        self.wait_until(lambda: "bad_seal" in balancer.metrics() or "unknown_key" in balancer.metrics(), "refused reports")
        balancer.program.signal(signal.SIGHUP)
        balancer.program.wait_for_output("the keys were read again")
        self.read_pages("the balancer", balancer.admin_port, ("/", "/servers", "/metrics"))
        self.read_pages("the balancer", balancer.port, ("/loadbalancer", "/loadbalancer?serverInfoXML", "/loadbalancer?explain=1"))
        for each in (agent, stranger):
            self.read_pages("an agent", each.admin_port, ("/status", "/healthz", "/metrics"))
        self.end()

    def test_operations(self):
        balancer = Balancer(self, *TRACE)
        token_file = self.path("admin.token")
        wrong_file = secret(self, "wrong.token", WRONG)
        by_environment = {**os.environ, "MULTICONN_TOKEN": ADMIN_TOKEN}
        self.assertEqual(self.ctl(balancer.admin_port, "--token-file", token_file, "servers"), 0)
        self.assertEqual(self.ctl(balancer.admin_port, "servers", env=by_environment), 0)
        self.assertNotEqual(self.ctl(balancer.admin_port, "--token-file", wrong_file, "pause", "nobody"), 0)
        self.assertNotEqual(self.ctl(balancer.admin_port, "pause", "nobody", env={**os.environ, "MULTICONN_TOKEN": WRONG}), 0)
        self.assertNotEqual(self.ctl(1, "--token-file", token_file, "servers"), 0)
        self.end()

    def test_a_watching_ctl_shows_no_token_in_the_process_list(self):
        balancer = Balancer(self, *TRACE)
        for options, env in ((("--token-file", self.path("admin.token")), None),
                             ((), {**os.environ, "MULTICONN_TOKEN": ADMIN_TOKEN})):
            watching = self.start([BIN / "multiconn-ctl", *TRACE, "--admin", f"http://127.0.0.1:{balancer.admin_port}",
                                   *options, "watch"], env=env)
            self.wait_until(lambda running=watching: running.stdout, "multiconn-ctl to print something")
        self.end()

    def test_what_an_agent_starts_knows_no_key(self):
        balancer = Balancer(self, *TRACE)
        edge = Origin(self, show_names=False)
        told = self.path("told")
        monitor = self.path("monitor")
        monitor.write_text(f"#!/bin/sh\ncat /proc/$$/cmdline /proc/$$/environ > {told}.new\nls -l /proc/$$/fd >> {told}.new\n"
                           f"mv {told}.new {told}\necho '{{\"connections\": 1}}'\n")
        monitor.chmod(0o700)
        Agent(self, edge, [balancer], *TRACE, "--monitor", "exec", "--exec", monitor)
        self.wait_until(told.exists, "the monitor to run")
        text = told.read_text(errors="replace")
        self.tell("what a monitor sees", text)
        self.assertNotIn("targets-", text, "no descriptor of the file of keys")
        self.end()

    def test_a_new_key_is_told_to_whoever_asks_for_it_alone(self):
        made = Stage.run_program(self, [BIN / "multiconn-ctl", *TRACE, "keygen"])
        self.assertEqual(made.exit_code, 0)
        key = made.stdout.strip()
        self.programs.remove(made)
        balancer = Balancer(self, *TRACE, key=key)
        Agent(self, Origin(self), [balancer], *TRACE, key=key)
        balancer.wait_for_edges(1)
        self.read_pages("the balancer", balancer.admin_port, ("/servers", "/metrics"))
        self.assertNotIn(key, made.stderr)
        self.look_at_processes()
        self.assert_secret(key)

    def test_files_that_cannot_be_used(self):
        lines = ("127.0.0.1,none,canaryKEY-of-a-line", "127.0.0.1,1934,canary", "canaryKEY-of-a-line", "127.0.0.1,1934")
        for line in lines:
            targets = self.path("targets")
            targets.write_text(f"{line}\n")
            with self.subTest(line):
                agent = self.run_program([BIN / "multiconn-agent", *TRACE, "--targets", targets, "--redirect-address",
                                          "127.0.0.1:1", "--allow-loopback", "--guid-file", self.path("guid")])
                self.assertEqual(agent.exit_code, 1)
        self.assert_secret()
