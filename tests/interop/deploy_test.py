"""docs/deploy's units for systemd: systemd takes them, and their command lines run with the files of docs/operations.md.
The steps of its first chapter run too."""

import os
import re
import shutil
import subprocess

from clips import clip
from cluster import KEY, TOKEN, listening, request, secret
from harness import BIN, SOURCE, InteropTest, require, wait_until
from publisher import assert_same_packets
from servers import FfmpegPlayer, Origin

DEPLOY = SOURCE / "docs/deploy"
OPERATIONS = SOURCE / "docs/operations.md"
NAMES = ("balancer", "agent", "origin")
#: What DynamicUser=yes and SupplementaryGroups=multiconn may be: numbers that nobody has.
USER, GROUP = 61_184, 61_185
#: systemd-analyze's figure for what a service may do, from 0 to 10: "OK" ends at 5.
EXPOSURE = 3.5


def unit(name):
    """The settings of a unit's [Service]; of those that occur twice, the last."""
    text = (DEPLOY / f"multiconn-{name}.service").read_text()
    return dict(re.findall(r"^([A-Za-z]+)=(.*)$", text.partition("[Service]")[2], re.MULTILINE))


class UnitTest(InteropTest):
    """systemd-analyze, in a file system of its own: nothing needs to be installed, nor systemd to run."""

    def setUp(self):
        super().setUp()
        self.root = self.path("root")
        shutil.copytree("/lib/systemd/system", self.root / "usr/lib/systemd/system", symlinks=True)
        (self.root / "lib").symlink_to("usr/lib")
        (self.root / "bin").symlink_to("usr/bin")
        (self.root / "usr/bin").mkdir()
        for program in ("kill", *(f"multiconn-{name}" for name in NAMES)):
            shutil.copy("/bin/true", self.root / "usr/bin" / program)
        self.units = self.root / "etc/systemd/system"
        self.units.mkdir(parents=True)
        for file in DEPLOY.glob("*.service"):
            shutil.copy(file, self.units)

    def analyze(self, verb, *arguments):
        command = [require("systemd-analyze"), verb, f"--root={self.root}", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    def verify(self, name):
        """What systemd has to say against a unit; nothing is good."""
        done = self.analyze("verify", "--man=no", self.units / f"multiconn-{name}.service")
        return done.stderr if done.stderr or done.returncode == 0 else f"exit status {done.returncode}"

    def test_systemd_takes_them(self):
        for name in NAMES:
            self.assertEqual(self.verify(name), "")

    def test_what_systemd_would_ignore_is_seen(self):
        file = self.units / "multiconn-agent.service"
        file.write_text(file.read_text().replace("PrivateTmp=", "PrivatTmp="))
        self.assertIn("PrivatTmp", self.verify("agent"))

    def test_they_may_do_little(self):
        for name in NAMES:
            done = self.analyze("security", "--offline=true", f"--threshold={EXPOSURE * 10:.0f}", "--no-pager",
                                f"multiconn-{name}.service")
            self.assertEqual(done.returncode, 0, done.stdout[-200:] + done.stderr)

    def test_they_start_again_after_a_failure_alone(self):
        for name in NAMES:
            service = unit(name)
            self.assertEqual((service["Restart"], service["Type"]), ("on-failure", "exec"))
            self.assertEqual(service["WorkingDirectory"], "%S/" + service["StateDirectory"])
        for name in ("balancer", "origin"):
            self.assertGreaterEqual(int(unit(name)["LimitNOFILE"]), 100_000)


class CommandLineTest(InteropTest):
    """The units' command lines with the files that docs/operations.md has for them, on ports of this test."""

    def setUp(self):
        super().setUp()
        if os.geteuid() == 0:
            # What the user of a unit is to reach lies in it.
            self.directory.chmod(0o711)
        blocks = re.split(r"^```.*\n", OPERATIONS.read_text(), flags=re.MULTILINE)[1::2]
        self.steps = {name: block for block in blocks for name in re.findall(r"/etc/multiconn/(\w+)\.conf <<'end'", block)}
        self.assertEqual(sorted(self.steps), sorted(NAMES))

    def etc(self, name):
        """What /etc/multiconn is on the machine of this program."""
        return self.path(f"{name}/etc")

    def set_up(self, name, secrets):
        """Types the documented lines on a machine (a folder) of its own, where `secrets` lie: texts by file name."""
        machine = self.path(name)
        (machine / "bin").mkdir(parents=True)
        machine.chmod(0o711)
        for program in ("groupadd", "systemctl"):
            (machine / "bin" / program).write_text(f'#!/bin/sh\necho {program} "$@"\n')
            (machine / "bin" / program).chmod(0o755)
        (machine / "units").mkdir()
        for file, text in secrets.items():
            secret(self, f"{name}/{file}", text)
        group = GROUP if os.geteuid() == 0 else os.getegid()
        shell = self.steps[name].replace("-g multiconn", f"-g {group}")
        shell = shell.replace("/etc/multiconn", str(self.etc(name))).replace("/etc/systemd/system/", f"{machine}/units/")
        shell = shell.replace("/usr/share/multiconn/systemd", str(DEPLOY))
        path = f"PATH={machine}/bin:{os.environ['PATH']}"
        done = self.run_program(["env", "-C", machine, path, "sh", "-ec", f"umask 077\n{shell}"])
        self.assertEqual(done.exit_code, 0, done.report())
        self.assertEqual(done.stdout.splitlines(),
                         ["groupadd --system --force multiconn", f"systemctl enable --now multiconn-{name}"])
        self.assertEqual((machine / f"units/multiconn-{name}.service").stat().st_mode & 0o777, 0o644)
        for file in self.etc(name).iterdir():
            self.assertEqual(file.stat().st_mode & 0o777, 0o640, file)

    def configure(self, name, ports, more=""):
        """`ports`: by option, what takes the place of what the documented file has."""
        file = self.etc(name) / f"{name}.conf"
        text = file.read_text()
        for option, value in ports.items():
            text = re.sub(rf"^{option}=.*\n", "", text, flags=re.MULTILINE)
            text += f'{option}="{value}"\n'
        # Its owner and mode stay.
        file.write_text(text + more)

    def start_unit(self, name):
        words = unit(name)["ExecStart"].split()
        self.assertEqual(words[0], f"/usr/bin/multiconn-{name}")
        state = self.path(f"state-{name}")
        state.mkdir()
        words = [word.replace("/etc/multiconn", str(self.etc(name))) for word in words[1:]]
        return self.start(["env", "-C", state, *self.rights(name, state), *words], name=name)

    def rights(self, name, state):
        """The program, with no more rights than its unit gives it; what only root can take away is left where nobody is root."""
        program = BIN / f"multiconn-{name}"
        if os.geteuid() != 0:
            return [program]
        # Where the user of the unit may run it, wherever the build is.
        shutil.copy(program, self.directory)
        os.chown(state, USER, USER)
        keep = unit(name)["CapabilityBoundingSet"].lower().removeprefix("cap_")
        return ["setpriv", f"--reuid={USER}", f"--regid={USER}", f"--groups={GROUP}", "--no-new-privs", "--inh-caps=-all",
                f"--bounding-set=-all{',+' + keep if keep else ''}", self.directory / program.name]

    def test_a_cluster_of_the_documented_files(self):
        self.set_up("balancer", {"balancer.keys": KEY, "admin.token": TOKEN})
        self.configure("balancer", {"listen": "127.0.0.1:0", "udp": "127.0.0.1:0", "admin": "127.0.0.1:0"})
        balancer = self.start_unit("balancer")
        balancer.wait_for_output("listening admin")
        secrets = {"loadbalancertargets.txt": f"127.0.0.1,{listening(balancer, 'udp')},{KEY}", "admin.token": TOKEN}

        self.set_up("origin", secrets)
        self.configure("origin", {"listen": "127.0.0.1:0", "redirect-address": "edge2.example.net", "admin": "127.0.0.1:0"})
        origin = self.start_unit("origin")
        origin.wait_for_output("listening rtmp")
        edge = listening(origin, "rtmp")
        self.set_up("agent", secrets)
        self.configure("agent", {"admin": "127.0.0.1:0"}, f'rtmp="127.0.0.1:{edge}"\n')
        agent = self.start_unit("agent")
        agent.wait_for_output("listening admin")

        url = f"http://127.0.0.1:{listening(balancer, 'rtmp')}/loadbalancer?count=2"
        wait_until(lambda: request(url)[1].count("example.net") == 2, "both edges to be offered")
        self.assertEqual(sorted(re.findall(r"edge\d", request(url)[1])), ["edge1", "edge2"])

        # What systemctl reload and stop do.
        self.assertEqual(unit("balancer")["ExecReload"].split()[:2], ["/bin/kill", "-HUP"])
        balancer.signal(1)
        balancer.wait_for_output("read again")
        self.assertEqual([program.terminate() for program in (agent, origin, balancer)], [0, 0, 0])
        for name, file in (("balancer", "balancer.state"), ("agent", "Server.guid"), ("origin", "Server.guid")):
            self.assertTrue((self.path(f"state-{name}") / file).exists(), file)


class TenMinutesTest(InteropTest):
    """The steps of "A cluster in ten minutes", each on a machine (a folder) of its own, on ports of this test."""

    def setUp(self):
        super().setUp()
        chapter = OPERATIONS.read_text().partition("\n## A cluster in ten minutes\n")[2].partition("\n## ")[0]
        self.key, self.balancer, self.agent, self.look, self.publish = re.findall(r"^```\n(.*?)^```$", chapter,
                                                                                  re.MULTILINE | re.DOTALL)
        (self.target,) = re.findall(r"one a line: `(lb\.example\.net,1934,KEY)`", chapter)
        (self.url,) = re.findall(r"`curl (http://lb\.example\.net:1935/loadbalancer)`", chapter)

    def enter(self, machine, text, *replaced, more=""):
        """A step, typed in the folder of a machine; `more`: further options of its last program."""
        for old, new in replaced:
            self.assertIn(old, text)
            text = text.replace(old, str(new))
        folder = self.path(machine)
        folder.mkdir(exist_ok=True)
        return self.start(["env", "-C", folder, f"PATH={BIN}:{os.environ['PATH']}", "sh", "-ec", f"{text.rstrip()} {more}"],
                          name=machine)

    def test_all_steps(self):
        self.assertEqual(self.enter("lb", self.key).wait(), 0)
        key = (self.path("lb") / "balancer.keys").read_text().strip()

        balancer = self.enter("lb", self.balancer, ("127.0.0.1:8936", "127.0.0.1:0"),
                              more="--listen 127.0.0.1:0 --udp 127.0.0.1:0")
        balancer.wait_for_output("listening admin")
        clients, reports, admin = (listening(balancer, kind) for kind in ("rtmp", "udp", "admin"))

        edges = [Origin(self), Origin(self)]
        target = self.target.replace("lb.example.net,1934", f"127.0.0.1,{reports}").replace("KEY", key)
        for number, edge in enumerate(edges):
            self.path(f"edge{number}").mkdir()
            secret(self, f"edge{number}/loadbalancertargets.txt", target)
            agent = self.enter(f"edge{number}", self.agent, ("edge1.example.net", f"127.0.0.1:{edge.port} --allow-loopback"),
                               ("127.0.0.1:8937", "127.0.0.1:0"), more=f"--rtmp 127.0.0.1:{edge.port}")
            agent.wait_for_output("listening admin")

        url = self.url.replace("lb.example.net:1935", f"127.0.0.1:{clients}")
        self.assertRegex(request(url)[1], r"^redirect=(unknown|127\.0\.0\.1:\d+)$")
        wait_until(lambda: request(url + "?count=2")[1].count("127.0.0.1") == 2, "both edges to be offered")
        servers = self.enter("lb", self.look, ("127.0.0.1:8936", f"127.0.0.1:{admin}"))
        self.assertEqual(servers.wait(), 0, servers.report())
        for edge in edges:
            self.assertIn(f"127.0.0.1:{edge.port}", servers.stdout)

        source = clip("baseline.flv")
        players = [FfmpegPlayer(self, edge, "show") for edge in edges]
        publishing = self.enter("studio", self.publish, ("film.mp4", source), (self.url, url),
                                ("--stream NAME", "--stream show"))
        self.assertEqual(publishing.wait(60), 0, publishing.report())
        for player in players:
            assert_same_packets(self, source, player.finish())
        for file in ("lb/balancer.keys", "lb/admin.token", "edge0/admin.token"):
            self.assertEqual(self.path(file).stat().st_mode & 0o777, 0o600, file)
