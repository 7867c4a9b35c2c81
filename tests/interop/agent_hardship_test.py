"""multiconn-agent where things go wrong around it: garbage, a clock that is off, names that stop resolving."""

import json
import os
import re
import socket
import sys
from pathlib import Path

from cluster import KEY, Agent, Balancer, listening, request
from harness import BIN, BUILD, InteropTest, wait_until
from servers import Origin


class OwnNames:
    """A machine's names as one program sees them: /etc/hosts is a file of the test's, and no name server answers."""

    def __init__(self, stage):
        self.hosts = stage.path("hosts")
        resolver, order = stage.path("resolv.conf"), stage.path("nsswitch.conf")
        # RFC 5737: nobody has this address.
        resolver.write_text("nameserver 192.0.2.1\noptions timeout:1 attempts:1\n")
        order.write_text("hosts: files dns\n")
        self.set({})
        files = [(self.hosts, "/etc/hosts"), (resolver, "/etc/resolv.conf"), (order, "/etc/nsswitch.conf")]
        pairs = [f"{own}={place}" for own, place in files if os.path.exists(place)]
        self.prefix = [sys.executable, Path(__file__).with_name("own_files.py"), *pairs, "--"]

    def set(self, names):
        """In place: the mount is of this very file."""
        self.hosts.write_text("127.0.0.1 localhost\n" + "".join(f"{at} {name}\n" for name, at in names.items()))


class NamedAgent:
    """multiconn-agent that reports to a balancer by name."""

    def __init__(self, stage, names, edge, name, port):
        targets = stage.path(f"targets-{port}.txt")
        targets.write_text(f"{name},{port},{KEY}\n")
        self.program = stage.start([
            *names.prefix, BIN / "multiconn-agent", "--targets", targets, "--redirect-address", f"127.0.0.1:{edge.port}",
            "--allow-loopback", "--rtmp", f"127.0.0.1:{edge.port}", "--interval", "500",
            "--guid-file", stage.path("named.guid"), "--admin", "127.0.0.1:0"], name="multiconn-agent")
        self.program.wait_for_output("listening admin")
        self.admin_port = listening(self.program, "admin")

    def target(self):
        """What it says of its balancer."""
        return wait_until(self._targets, "the agent to have read its targets")[0]

    def _targets(self):
        return json.loads(request(f"http://127.0.0.1:{self.admin_port}/status")[1])["targets"]

    def wait_for(self, condition, what):
        return wait_until(lambda: condition(self.target()), f"the agent to say {what} of its balancer; now {self.target()}")


class AgentHardshipTest(InteropTest):
    def test_garbage_on_the_agent_check_port(self):
        edge = Origin(self)
        balancer = Balancer(self)
        agent = Agent(self, edge, [balancer], "--agent-check", "127.0.0.1:0")
        port = listening(agent.program, "agent-check")
        balancer.wait_for_edges(1)
        said = agent.program.stderr.count("\n")
        held = [socket.create_connection(("127.0.0.1", port)) for _ in range(200)]
        for garbage in (b"\x00" * 4096, b"\x03" + b"\xff" * 8000, b"GET / HTTP/1.1\r\n\r\n", os.urandom(1_000_000)):
            with socket.create_connection(("127.0.0.1", port)) as client:
                try:
                    client.sendall(garbage)
                except OSError:
                    pass
            # HAProxy asks in the middle of it.
            with socket.create_connection(("127.0.0.1", port), timeout=10) as haproxy:
                answer = b"".join(iter(lambda: haproxy.recv(4096), b""))
                self.assertRegex(answer, rb"\Aup ready \d+%\n\Z")
        for connection in held:
            connection.close()
        reports = balancer.server(edge)["reports"]
        wait_until(lambda: balancer.server(edge)["reports"] > reports + 2, "reports to go on")
        self.assertEqual(balancer.status_of(edge), "running")
        self.assertIsNone(agent.program.exit_code)
        self.assertLess(agent.program.stderr.count("\n"), said + 10, f"nobody fills its log: {agent.program.stderr}")

    def test_a_clock_that_is_an_hour_off(self):
        for shift in (3600, -3600):
            with self.subTest(shift=shift):
                self._clock_off_by(shift)

    def _clock_off_by(self, shift):
        edge = Origin(self)
        strict, lenient = Balancer(self), Balancer(self, "--clock-tolerance", "off")
        preloaded = {"LD_PRELOAD": next(BUILD.rglob("libshifted_clock.so")), "MULTICONN_CLOCK_SHIFT": shift,
                     "ASAN_OPTIONS": "verify_asan_link_order=0"}
        off = Agent(_With(self, preloaded), edge, [strict, lenient])
        lenient.wait_for_edges(1)
        wait_until(lambda: _refusals(strict, "clock_off") >= 3, "reports to be refused")
        self.assertEqual(strict.servers(), [])
        self.assertEqual(strict.get("/loadbalancer")[1].strip(), "redirect=unknown")
        said = re.findall(r"sender's clock is 3\d{3}\.\d s (ahead of|behind)", strict.program.stderr)
        self.assertGreaterEqual(len(said), 1, strict.program.stderr)
        self.assertIn("ahead" if shift > 0 else "behind", said[0])
        self.assertNotIn(KEY, strict.program.stderr)
        # Somebody sets the clock right and starts it again.
        off.program.kill()
        Agent(self, edge, [strict])
        strict.wait_for_edges(1)

    def test_a_name_that_stops_resolving(self):
        edge = Origin(self)
        names = OwnNames(self)
        names.set({"lb.test": "127.0.0.1"})
        first = Balancer(self)
        agent = NamedAgent(self, names, edge, "lb.test", first.udp_port)
        first.wait_for_edges(1)
        self.assertEqual(agent.target()["address"], "127.0.0.1")

        # Without names: reports go on to where they went.
        names.set({})
        before = agent.target()["reports"]
        agent.wait_for(lambda target: target["reports"] >= before + 4, "that it gets reports")
        # Also over a restart of the balancer, when the name is asked for again and not found.
        port, udp_port = first.port, first.udp_port
        first.program.kill()
        agent.wait_for(lambda target: target["failures"] >= 4, "failures")
        second = Balancer(self, port=port, udp_port=udp_port)
        second.wait_for_edges(1)
        self.assertEqual(agent.target()["address"], "127.0.0.1")

        # The name is there again, and leads elsewhere; where it led there is nobody.
        second.program.kill()
        third = Balancer(self, "--udp", f"127.0.0.2:{udp_port}")
        names.set({"lb.test": "127.0.0.2"})
        third.wait_for_edges(1)
        self.assertEqual(agent.target()["address"], "127.0.0.2")
        agent.wait_for(lambda target: target["trouble"] == "", "no trouble")
        failures = len(re.findall("reporting to .* fails", agent.program.stderr))
        self.assertLessEqual(failures, 4, f"one line for each trouble: {agent.program.stderr}")

    def test_a_name_that_cannot_be_resolved_at_the_start(self):
        edge = Origin(self)
        names = OwnNames(self)
        balancer = Balancer(self)
        agent = NamedAgent(self, names, edge, "lb.test", balancer.udp_port)
        agent.wait_for(lambda target: target["trouble"] != "" and target["address"] == "", "that it has no address")
        self.assertEqual(balancer.servers(), [])
        names.set({"lb.test": "127.0.0.1"})
        balancer.wait_for_edges(1)
        agent.wait_for(lambda target: target["trouble"] == "", "no trouble")


class _With:
    """A stage whose programs have this in their environment too."""

    def __init__(self, stage, environment):
        self._stage = stage
        self._environment = {**os.environ, **{name: str(value) for name, value in environment.items()}}

    def start(self, command, **options):
        return self._stage.start(command, env=self._environment, **options)

    def __getattr__(self, name):
        return getattr(self._stage, name)


def _refusals(balancer, reason):
    found = re.search(rf'report_refusals_total{{reason="{reason}"}} (\d+)', balancer.metrics())
    return int(found.group(1)) if found else 0
