"""multiconn-balancer, multiconn-agent and multiconn-origin as a cluster, on ports that the kernel chose."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request

from harness import BIN, wait_until

KEY = "an-example-key-of-some-length"
TOKEN = "an-example-token-for-the-tests"


class Balancer:
    """multiconn-balancer. With `port` and `udp_port` it takes those, so that one that was killed can come back."""

    def __init__(self, stage, *options, port=0, udp_port=0, key=KEY, configured=False):
        """`configured`: the options say everything themselves; only the addresses are added."""
        keys = [] if configured else ["--key-file", secret(stage, "balancer.key", key)]
        self.program = stage.start([
            BIN / "multiconn-balancer", "--listen", f"127.0.0.1:{port}", "--udp", f"127.0.0.1:{udp_port}",
            "--admin", "127.0.0.1:0", "--admin-token-file", secret(stage, "admin.token", TOKEN), *keys, *options])
        self.program.wait_for_output("listening admin")
        self.port, self.udp_port, self.admin_port = (listening(self.program, name) for name in ("rtmp", "udp", "admin"))

    def url(self, stream):
        return f"rtmp://127.0.0.1:{self.port}/live/{stream}"

    def get(self, target, timeout=10):
        """(status, text) of a GET of the client port."""
        return request(f"http://127.0.0.1:{self.port}{target}", timeout=timeout)

    def look_up(self, count=1):
        """The servers it names, as (host, port); none while it knows none."""
        status, text = self.get(f"/loadbalancer?format=json&count={count}")
        if status != 200:
            return []
        return [(server["host"], server.get("port", 0)) for server in json.loads(text)["servers"]]

    def servers(self):
        status, text = request(f"http://127.0.0.1:{self.admin_port}/servers", token=TOKEN)
        if status != 200:
            raise AssertionError(f"/servers answers {status}: {text}")
        return json.loads(text)["servers"]

    def server(self, edge):
        """What it says of one edge; nothing if it does not know it."""
        return next((server for server in self.servers() if port_of(server) == edge.port), None)

    def status_of(self, edge):
        server = self.server(edge)
        return server["status"] if server else None

    def metrics(self):
        return request(f"http://127.0.0.1:{self.admin_port}/metrics", token=TOKEN)[1]

    def wait_for_edges(self, count, timeout=30):
        """Until look-ups are answered, and that many edges may be chosen."""
        wait_until(lambda: sum(server["status"] == "running" for server in self.servers()) == count
                   and len(self.look_up(count)) == count, f"the balancer to offer {count} edges", timeout)

    def wait_until_offered(self, edges, timeout=30):
        """Until these edges, and no others, may be chosen."""
        wanted = sorted(edge.port for edge in edges)
        wait_until(lambda: sorted(port_of(server) for server in self.servers() if server["status"] == "running") == wanted,
                   f"exactly the edges {wanted} to be offered", timeout)


class Agent:
    """multiconn-agent beside an RTMP server of any make."""

    def __init__(self, stage, edge, balancers, *options, key=KEY, host="127.0.0.1", interval=500):
        self.targets = stage.path(f"targets-{len(stage.programs)}.txt")
        write_targets(self.targets, balancers, key)
        self.guid_file = stage.path(f"agent-{len(stage.programs)}.guid")
        self.program = stage.start([
            BIN / "multiconn-agent", "--targets", self.targets, "--redirect-address", f"{host}:{edge.port}",
            "--allow-loopback", "--rtmp", f"127.0.0.1:{edge.port}", "--interval", interval, "--guid-file", self.guid_file,
            "--admin", "127.0.0.1:0", "--admin-token-file", secret(stage, "agent.token", TOKEN), *options])
        self.program.wait_for_output("listening admin")
        self.admin_port = listening(self.program, "admin")

    def post(self, what):
        return request(f"http://127.0.0.1:{self.admin_port}/{what}", token=TOKEN, method="POST")


def port_of(server):
    return server["addresses"][0]["port"]


def write_targets(path, balancers, key=KEY):
    path.write_text("# address,port,key\n" + "".join(f"127.0.0.1,{each.udp_port},{key}\n" for each in balancers))


def secret(stage, name, text):
    path = stage.path(name)
    path.write_text(text + "\n")
    path.chmod(0o600)
    return path


def listening(program, name):
    """The port of a line "listening NAME ADDRESS:PORT"."""
    found = re.search(rf"^listening {name} \S*:(\d+)$", program.stdout, re.MULTILINE)
    if not found:
        raise AssertionError(f"{program.name} does not say where it listens for {name}: {program.stdout}")
    return int(found.group(1))


def request(url, token=None, method="GET", timeout=10):
    """(status, text)"""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers, method=method), timeout=timeout) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
