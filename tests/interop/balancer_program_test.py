"""multiconn-balancer as a process: signals, keys that are read again, clients that mean no good."""

import json
import re
import resource
import signal
import socket

from cluster import KEY, TOKEN, Agent, Balancer, request, secret
from harness import BIN, SOURCE, InteropTest, wait_until
from servers import Origin


class BalancerProgramTest(InteropTest):
    def test_ends_at_sigterm(self):
        balancer = Balancer(self, "--state-file", self.path("state"))
        self.assertEqual(balancer.program.terminate(), 0)
        self.assertTrue(self.path("state").read_text().startswith("multiconn-balancer state 1\n"))

    def test_reads_its_keys_again_at_sighup(self):
        balancer = Balancer(self)
        balancer.program.signal(signal.SIGHUP)
        balancer.program.wait_for_output("the keys were read again")
        secret(self, "balancer.key", "short")
        balancer.program.signal(signal.SIGHUP)
        balancer.program.wait_for_output("the keys stay as they were")
        self.assertEqual(balancer.get("/loadbalancer"), (200, "redirect=unknown"))

    def test_tells_no_secrets(self):
        balancer = Balancer(self, "--log-level", "trace", "--server-info-xml")
        garbage = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        garbage.sendto(KEY.encode(), ("127.0.0.1", balancer.udp_port))
        wait_until(lambda: self._counts(balancer)["refused"] == 1, "the refusal")
        balancer.program.signal(signal.SIGHUP)
        balancer.program.wait_for_output("the keys were read again")
        told = balancer.program.stdout + balancer.program.stderr + str(self._counts(balancer)) + balancer.metrics()
        for word in (KEY, TOKEN):
            self.assertNotIn(word, told)

    def test_idle_connections_keep_nobody_out(self):
        count = 10_000
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        if most != resource.RLIM_INFINITY and most < count + 500:
            self.skipTest(f"{count + 500} descriptors are needed, and ulimit -Hn allows {most}")
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        balancer = Balancer(self)
        before = self._memory(balancer)
        idle = []
        try:
            for number in range(count):
                connection = socket.create_connection(("127.0.0.1", balancer.port), timeout=10)
                if number % 2:
                    connection.send(b"GET /loadbalancer HTTP/1.1\r\nX")
                idle.append(connection)
            self.assertEqual(balancer.get("/loadbalancer"), (200, "redirect=unknown"))
            self.assertLess(self._memory(balancer) - before, 40 * 1024 * 1024)
        finally:
            for connection in idle:
                connection.close()

    def _counts(self, balancer):
        return json.loads(request(f"http://127.0.0.1:{balancer.admin_port}/servers")[1])["balancer"]

    def _memory(self, balancer):
        with open(f"/proc/{balancer.program.pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * resource.getpagesize()


class BalancerBadInputTest(InteropTest):
    def assert_refused(self, *arguments, telling, key=True):
        key_file = ["--key-file", secret(self, "key", "the canary in a key file")] if key else []
        program = self.run_program([BIN / "multiconn-balancer", *arguments, *key_file])
        self.assertEqual(program.exit_code, 1, program.stderr)
        self.assertEqual(program.stdout, "")
        self.assertEqual(program.stderr.count("\n"), 1, program.stderr)
        self.assertTrue(program.stderr.startswith("multiconn-balancer: "), program.stderr)
        self.assertNotIn("canary", program.stderr)
        for word in telling:
            self.assertIn(word, program.stderr)

    def test_options(self):
        for arguments, telling in (
                (["--policy", "best"], ["best", "least-loaded"]),
                (["--listen", "127.0.0.1:99999"], ["--listen", "99999"]),
                (["--admin", "0.0.0.0:0"], ["--admin-token-file"]),
                (["--admin-token-file", "/nowhere"], ["--admin"]),
                (["--admin", "0", "--admin-token-file", "/nowhere"], ["/nowhere"]),
                (["--wowza-conf", "/nowhere.xml"], ["/nowhere.xml"]),
                (["--rtmp-mode", "both"], ["--rtmp-mode"]),
                (["--message-timeout", "soon"], ["--message-timeout"]),
                (["--config", "/nowhere.toml"], ["/nowhere.toml"]),
                (["--bogus"], ["--bogus"])):
            with self.subTest(arguments):
                self.assert_refused(*arguments, telling=telling)

    def test_no_key(self):
        self.assert_refused(telling=["key"], key=False)
        self.assert_refused("--key-file", secret(self, "short", "canary"), telling=["short", "line 1"], key=False)

    def test_a_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            for listener in ("--listen", "--admin"):
                ports = {"--listen": "127.0.0.1:0", "--udp": "127.0.0.1:0", "--admin": "127.0.0.1:0",
                         listener: f"127.0.0.1:{port}"}
                with self.subTest(listener):
                    self.assert_refused(*(word for option in ports.items() for word in option),
                                        telling=[f"127.0.0.1 port {port}: Address already in use"])


class NoSecretsInMistakesTest(InteropTest):
    """A file of keys that is given for another file, or a key where an argument stands, is in no program's error."""

    PROGRAMS = ("multiconn-balancer", "multiconn-agent", "multiconn-ctl", "multiconn-origin", "multiconn-publish")

    def mistake(self, *words):
        program = self.run_program(words)
        self.assertEqual(program.exit_code, 1, program.stderr)
        self.assertEqual(program.stderr.count("\n"), 1, program.stderr)
        self.assertNotIn("canary", program.stdout + program.stderr)
        return program.stderr

    def test_a_file_of_keys_for_one_of_options(self):
        for text in ("127.0.0.1,9,a-canary-of-22-characters", "a-canary-of-22-characters", "canary/canary+canary=="):
            file = secret(self, "secret.txt", f"# comment\n{text}")
            for name in self.PROGRAMS:
                with self.subTest(name, text=text):
                    told = self.mistake(BIN / name, "--config", file)
                    self.assertIn(f"{file}, line 2: this is no option", told)

    def test_a_key_for_an_argument(self):
        for name in self.PROGRAMS:
            with self.subTest(name):
                self.assertIn("--key", self.mistake(BIN / name, *self.command(name), "--key", "canary"))
                self.mistake(BIN / name, *self.command(name), "canary")

    def test_a_file_of_keys_for_one_of_wowza(self):
        file = secret(self, "secret.txt", "127.0.0.1,9,a-canary-of-22-characters")
        for name in ("multiconn-balancer", "multiconn-agent"):
            self.assertIn(f"{file} has no XML element", self.mistake(BIN / name, "--wowza-conf", file))

    def command(self, name):
        return ["servers"] if name == "multiconn-ctl" else []

    def test_ctl_names_its_commands(self):
        for words in ([], ["canary"]):
            self.assertIn("servers, pause, unpause, watch or keygen", self.mistake(BIN / "multiconn-ctl", *words))


class MetricsDocumentTest(InteropTest):
    """docs/operations.md has every metric, and none that is not there."""

    def documented(self, program):
        text = (SOURCE / "docs/operations.md").read_text()
        table = re.search(rf"^\| {program}: `multiconn_{program}_\.\.\.` \| \|\n\|---\|---\|\n((?:\|.*\n)+)", text, re.MULTILINE)[1]
        words = [word for row in table.splitlines() for word in re.findall(r"`([^`]+)`", row.split("|")[1])]
        # A set of labels may stand by itself, behind the names that share it.
        return sorted(f"multiconn_{program}_{word.partition('{')[0]}" for word in words if not word.startswith("{"))

    def test_of_balancer_and_agent(self):
        balancer, edge = Balancer(self), Origin(self)
        agent = Agent(self, edge, [balancer])
        balancer.wait_for_edges(1)
        for program, port in (("balancer", balancer.admin_port), ("agent", agent.admin_port)):
            _, page = request(f"http://127.0.0.1:{port}/metrics", token=TOKEN)
            self.assertEqual(sorted(re.findall(r"^# TYPE (\S+)", page, re.MULTILINE)), self.documented(program))
