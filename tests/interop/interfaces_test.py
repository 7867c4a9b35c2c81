"""docs/interfaces.md names the paths and fields that the programs have, and its examples are of their form."""

import http.client
import json
import re

from clips import clip
from cluster import TOKEN, Agent, Balancer, request
from harness import SOURCE, InteropTest, wait_until
from publisher import Publisher
from servers import Origin

EDGE = "edge1.example.net"


def chapter(heading):
    return (SOURCE / "docs/interfaces.md").read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def words(heading, title):
    """What stands in `backquotes` in the first column of the table with this title."""
    table = re.search(rf"^\| {re.escape(title)} \|.*\n\|[-|]+\n((?:\|.*\n)+)", chapter(heading), re.MULTILINE)[1]
    return [word for row in table.splitlines() for word in re.findall(r"`([^`]+)`", row.split(" | ")[0])]


def examples(heading):
    """The lines of its example; one that goes on on the next line as one."""
    return re.search(r"^```\n(.*?)^```$", chapter(heading), re.MULTILINE | re.DOTALL)[1].replace("\n ", "").splitlines()


class InterfacesTest(InteropTest):
    def test_look_ups(self):
        balancer = Balancer(self)
        Agent(self, Origin(self), [balancer], "--redirect-address", f"http://{EDGE}:8080", host=EDGE)
        balancer.wait_for_edges(1)
        lines = examples("Asking a balancer")
        asked = [re.search(r"'http://lb.example.net:1935(.*)'", line)[1] for line in lines if line.startswith("$ ")]
        text, document, redirect = (self.answer(balancer, target) for target in asked)
        self.assertRegex(text.read().decode(), rf"^redirect={EDGE}:\d+$")
        self.assertEqual(self.form(json.loads(document.read())), self.form(json.loads(lines[3])))
        self.assertEqual((redirect.status, f"Location: {redirect.headers['Location']}"), (302, lines[6]))

    def test_admin_listeners(self):
        balancer = Balancer(self)
        agent = Agent(self, Origin(self), [balancer])
        balancer.wait_for_edges(1)
        (edge,) = balancer.servers()
        for program, port in (("balancer", balancer.admin_port), ("agent", agent.admin_port)):
            for words_of_one in words("The admin listeners", program):
                method, _, path = words_of_one.rpartition(" ")
                url = f"http://127.0.0.1:{port}" + path.replace("ID", edge["id"]).replace("...", f"/servers/{edge['id']}")
                if method == "GET":
                    self.assertEqual(request(url)[0], 200, url)
                else:
                    self.assertEqual(request(url, method="POST")[0], 401, url)
                    self.assertEqual(request(url, token=TOKEN, method="POST")[0], 200, url)

    def test_status_of_the_origin(self):
        origin = Origin(self)
        Publisher(self, clip("baseline.flv"), [origin.url("stream")], "--loop")
        wait_until(lambda: origin.publishers("stream") == 1, "the stream")
        status = origin.status()
        (stream,) = status["streams"]
        heading, title = "Status of multiconn-origin", "multiconn-origin"
        self.assertEqual(sorted(status), sorted(words(heading, title)))
        row = re.search(r"^\| `streams` .*$", chapter(heading), re.MULTILINE)[0]
        self.assertLessEqual({*stream, *stream["publisher"]}, set(re.findall(r"`(\w+)`", row)))

    def test_monitor_of_your_own(self):
        (example,) = examples("A monitor of your own")
        self.assertLess(set(json.loads(example)), set(words("A monitor of your own", "field")))
        output = self.path("figures.json")
        output.write_text(json.dumps(dict.fromkeys(words("A monitor of your own", "field"), 7)))
        agent = Agent(self, Origin(self), [Balancer(self)], "--monitor", "exec", "--exec", "cat", "--exec", output)
        url = f"http://127.0.0.1:{agent.admin_port}/status"
        wait_until(lambda: json.loads(request(url)[1])["connections"] == 7, "the agent to read what is printed")
        self.assertNotIn("is ignored", agent.program.stderr)

    def test_json_of_the_publisher(self):
        publisher = Publisher(self, clip("baseline.flv"), [Origin(self).url("stream")], "--loop", "--duration", "2500ms")
        summary = publisher.finish()[0]
        stats = publisher.events("stats")[-1]["servers"][0]
        heading = "multiconn-publish --stats json"
        self.assertEqual(sorted({*stats, *summary, "error"}), sorted(words(heading, "in a row")))
        status, row = (json.loads(line) for line in examples(heading))
        self.assertEqual(self.form(row["servers"][0]), self.form(stats))
        event = next(event for event in publisher.events("status") if event["code"] == status["code"])
        self.assertEqual(self.form(event), self.form(status))

    def answer(self, balancer, target):
        connection = http.client.HTTPConnection("127.0.0.1", balancer.port, timeout=10)
        self.addCleanup(connection.close)
        connection.request("GET", target)
        return connection.getresponse()

    def form(self, value):
        """Its fields, and theirs, without what they hold."""
        if isinstance(value, dict):
            return {name: self.form(field) for name, field in value.items()}
        return [self.form(each) for each in value] if isinstance(value, list) else None
