"""The load balancing package of Wowza Media Server 2, followed as its document was written: its XML as it stood, pasted
into files, its targets file, its URLs, its order of steps."""

import re
import signal
import xml.etree.ElementTree as ElementTree

from cluster import listening, request
from harness import BIN, SOURCE, InteropTest, wait_until
from servers import Origin

DOCUMENT = SOURCE / "tests/vectors/wowza"
LISTENER = (DOCUMENT / "listener.xml").read_text().replace("1934", "0")
HTTP_PROVIDER = (DOCUMENT / "http_provider.xml").read_text()
SENDER = (DOCUMENT / "sender.xml").read_text()
MODULE = (DOCUMENT / "module.xml").read_text().replace("videos", "live")

TARGETS = """\
# [load-balancer-ip-address],[load-balancer-port],[encryption-key]
127.0.0.1,{udp_port},023D4FB4IS83
"""


def sender(address):
    return SENDER.replace("[redirect-address]", address)


class WowzaTest(InteropTest):

    def home(self, name, **files):
        """An installation directory; `files`: of its conf folder."""
        conf = self.path(name) / "conf"
        for file, text in files.items():
            path = conf / (file.replace("__", "/") + ".xml")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return self.path(name)

    def load_balancer(self):
        home = self.home("balancer", Server=LISTENER, VHost=HTTP_PROVIDER,
                         redirect__Application=MODULE)
        program = self.start([BIN / "multiconn-balancer", "--listen", "127.0.0.1:0", "--wowza-conf", home / "conf/Server.xml",
                              home / "conf/VHost.xml", home / "conf/redirect/Application.xml", "--app-home", home,
                              "--hold-until-edges", "2"])
        program.wait_for_output("listening udp")
        return program

    def edge(self, number, address, udp_port):
        """An edge on an address of its own, for the document's answers name no port."""
        origin = Origin(self)
        home = self.home(f"edge-{number}", Server=sender(address))
        (home / "conf/loadbalancertargets.txt").write_text(TARGETS.format(udp_port=udp_port))
        return self.start([BIN / "multiconn-agent", "--wowza-conf", home / "conf/Server.xml", "--app-home", home, "--rtmp",
                            f"127.0.0.1:{origin.port}", "--capacity", "1000", "--guid-file", home / "conf/Server.guid"])

    def test_the_document_from_its_first_step_to_its_last(self):
        balancer = self.load_balancer()
        port, udp_port = listening(balancer, "rtmp"), listening(balancer, "udp")
        self.assertIn("keygen", balancer.stderr, "the short key of the document is taken with a warning")
        self.assertNotIn("023D4FB4IS83", balancer.stderr)
        url = f"http://127.0.0.1:{port}/loadbalancer"
        self.assertEqual(request(url), (200, "redirect=unknown"))

        agents = [self.edge(1, "192.0.2.1", udp_port), self.edge(2, "192.0.2.2", udp_port)]
        wait_until(lambda: request(url)[1] != "redirect=unknown", "the first redirect")
        # Sorted by connections and redirects: one after the other.
        answers = {request(url)[1] for _ in range(2)}
        self.assertEqual(answers, {"redirect=192.0.2.1", "redirect=192.0.2.2"})

        def server_info():
            status, text = request(url + "?serverInfoXML")
            self.assertEqual(status, 200)
            return ElementTree.fromstring(text)
        # An agent's first figures may hold its own question whether the server answers.
        wait_until(lambda: all(server.findtext("connectCount") == "0" for server in server_info()), "edges without clients")
        info = server_info()
        self.assertEqual(info.tag, "LoadBalancerServerInfo")
        self.assertEqual(sorted(server.findtext("redirect") for server in info), ["192.0.2.1", "192.0.2.2"])
        for server in info:
            self.assertEqual(server.tag, "LoadBalancerServer")
            self.assertEqual(server.findtext("status"), "RUNNING")
            self.assertRegex(server.findtext("lastMessage"), r"^\d+ milliseconds$")
        self.assertEqual({server.findtext("serverId") for server in info},
                         {(self.path(f"edge-{n}") / "conf/Server.guid").read_text().strip() for n in (1, 2)})

        # Both at once, as an application of the library asks.
        found = self.run_program([BIN / "find_server", "--count", "2", url], timeout=30)
        self.assertEqual(found.exit_code, 0, found.report())
        self.assertEqual(sorted(re.findall(r"^rtmp://([\d.]+)[:/ ]", found.stdout, re.MULTILINE)), ["192.0.2.1", "192.0.2.2"])

        # The RTMP way. Nobody is at that address; where the client was sent is what it says.
        client = self.run_program([BIN / "redirect", f"rtmp://127.0.0.1:{port}/redirect"], timeout=30)
        self.assertRegex(client.stdout + client.stderr, r"rtmp://192\.0\.2\.[12]/live")
        refused = self.run_program([BIN / "redirect", f"rtmp://127.0.0.1:{port}/other"], timeout=30)
        self.assertNotEqual(refused.exit_code, 0)
        self.assertIn("no application of this name", refused.stderr)

        # An edge that is stopped is no longer used.
        agents[0].signal(signal.SIGTERM)
        agents[0].wait()
        wait_until(lambda: {request(url)[1] for _ in range(4)} == {"redirect=192.0.2.2"}, "one edge alone to be named")

    def test_localhost_is_refused(self):
        home = self.home("edge", Server=sender("localhost"))
        (home / "conf/loadbalancertargets.txt").write_text(TARGETS.format(udp_port=1934))
        agent = self.run_program([BIN / "multiconn-agent", "--wowza-conf", home / "conf/Server.xml", "--app-home", home])
        self.assertEqual(agent.exit_code, 1)
        self.assertIn("localhost", agent.stderr)
        self.assertEqual(len(agent.stderr.strip().splitlines()), 1)
