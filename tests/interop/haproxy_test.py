"""docs/deploy/haproxy.cfg with Debian's HAProxy: two masters behind one address, steered by their agents."""

import itertools
import re

from clips import clip
from cluster import Agent, Balancer, listening
from harness import SOURCE, InteropTest, free_port, wait_until
from servers import Nginx


class HaproxyTest(InteropTest):

    def setUp(self):
        super().setUp()
        self.masters = [Nginx(self), Nginx(self)]
        self.balancer = Balancer(self)
        self.agents = [Agent(self, master, [self.balancer], "--agent-check", "127.0.0.1:0") for master in self.masters]
        self.port = free_port()
        self.haproxy = self.start(["haproxy", "-db", "-f", self.configuration()])
        self.haproxy.wait_until_listening(self.port)

    def configuration(self):
        """The shipped file, with the addresses of this test."""
        text = (SOURCE / "docs/deploy/haproxy.cfg").read_text()
        text = text.replace("bind :1935", f"bind 127.0.0.1:{self.port}").replace(" agent-port 9935", "")
        for host, master, agent in zip(("10.0.0.5", "10.0.0.6"), self.masters, self.agents):
            check = listening(agent.program, "agent-check")
            text, count = re.subn(rf"{re.escape(host)}:1935", f"127.0.0.1:{master.port} agent-port {check}", text)
            self.assertEqual(count, 1)
        path = self.path("haproxy.cfg")
        path.write_text(text)
        return path

    def publish(self, stream):
        return self.start(["ffmpeg", "-nostdin", "-v", "warning", "-re", "-stream_loop", "-1", "-i", clip("baseline.flv"), "-c",
                           "copy", "-f", "flv", f"rtmp://127.0.0.1:{self.port}/live/{stream}"])

    def master_of(self, stream):
        def found():
            at = [master for master in self.masters if master.publishers(stream)]
            return at[0] if at else None
        return wait_until(found, f"{stream} to be on air")

    def test_the_least_connections_and_a_master_that_is_drained(self):
        self.publish("one")
        first = self.master_of("one")
        self.publish("two")
        second = self.master_of("two")
        self.assertIsNot(first, second)

        # Drained: it keeps what it has and gets nothing new, although the other then has more.
        drained = self.masters.index(first)
        self.assertEqual(self.agents[drained].post("pause")[0], 200)
        self.haproxy.wait_for_output("drain")
        for stream in ("three", "four"):
            self.publish(stream)
            self.assertIs(self.master_of(stream), second)
        self.assertEqual(first.publishers("one"), 1)

        self.agents[drained].post("unpause")
        numbers = itertools.count(5)
        def comes_back():
            stream = f"stream-{next(numbers)}"
            program = self.publish(stream)
            if self.master_of(stream) is first:
                return True
            program.kill()
            return False
        wait_until(comes_back, "the first master to get clients again")

    def test_a_master_that_hangs_is_down(self):
        self.masters[0].program.suspend()
        self.haproxy.wait_for_output("is DOWN")
        self.publish("one")
        # The first cannot be asked: it hangs.
        wait_until(lambda: self.masters[1].publishers("one"), "the stream to be on air at the other")

    def test_clients_of_a_master_that_is_killed_go_on_at_once(self):
        self.publish("one")
        survivor = self.master_of("one")
        killed = next(master for master in self.masters if master is not survivor)
        killed.program.kill()
        # It has fewest connections, so the next client is meant for it; no check has seen yet that it is gone.
        program = self.publish("two")
        wait_until(lambda: survivor.publishers("two") or program.exit_code is not None, "the next client to be on air or to fail")
        self.assertIsNone(program.exit_code, program.report())
