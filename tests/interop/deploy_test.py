"""docs/deploy's units for systemd: systemd takes them, and their command lines run with the files of docs/operations.md."""

import os
import re
import shutil
import subprocess
from types import SimpleNamespace

from cluster import KEY, TOKEN, listening, request, secret, write_targets
from harness import BIN, SOURCE, InteropTest, require, wait_until

DEPLOY = SOURCE / "docs/deploy"
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
        self.etc = self.path("etc")
        self.etc.mkdir()
        secret(self, "etc/balancer.keys", KEY)
        secret(self, "etc/admin.token", TOKEN)
        pages = (SOURCE / "docs/operations.md").read_text()
        self.files = dict(re.findall(r"^cat > /etc/multiconn/(\w+)\.conf <<'end'\n(.*?)^end$", pages, re.MULTILINE | re.DOTALL))
        self.assertEqual(sorted(self.files), sorted(NAMES))

    def configure(self, name, ports, more=""):
        """The documented file; `ports`: by option, what takes the place of the one it has."""
        text = self.files[name].replace("/etc/multiconn", str(self.etc))
        for option, value in ports.items():
            text = re.sub(rf"^{option}=.*\n", "", text, flags=re.MULTILINE)
            text += f'{option}="{value}"\n'
        (self.etc / f"{name}.conf").write_text(text + more)

    def start_unit(self, name):
        words = unit(name)["ExecStart"].split()
        self.assertEqual(words[0], f"/usr/bin/multiconn-{name}")
        state = self.path(f"state-{name}")
        state.mkdir()
        words = [word.replace("/etc/multiconn", str(self.etc)) for word in words[1:]]
        return self.start(["env", "-C", state, *self.rights(name, state), *words], name=name)

    def rights(self, name, state):
        """The program, with no more rights than its unit gives it; what only root can take away is left where nobody is root."""
        program = BIN / f"multiconn-{name}"
        if os.geteuid() != 0:
            return [program]
        # Where the user of the unit may run it, wherever the build is.
        shutil.copy(program, self.directory)
        self.directory.chmod(0o711)
        self.etc.chmod(0o755)
        for file in self.etc.iterdir():
            os.chown(file, 0, GROUP)
            file.chmod(0o640)
        os.chown(state, USER, USER)
        keep = unit(name)["CapabilityBoundingSet"].lower().removeprefix("cap_")
        return ["setpriv", f"--reuid={USER}", f"--regid={USER}", f"--groups={GROUP}", "--no-new-privs", "--inh-caps=-all",
                f"--bounding-set=-all{',+' + keep if keep else ''}", self.directory / program.name]

    def test_a_cluster_of_the_documented_files(self):
        self.configure("balancer", {"listen": "127.0.0.1:0", "udp": "127.0.0.1:0", "admin": "127.0.0.1:0"})
        balancer = self.start_unit("balancer")
        balancer.wait_for_output("listening admin")
        write_targets(self.etc / "loadbalancertargets.txt", [SimpleNamespace(udp_port=listening(balancer, "udp"))])
        (self.etc / "loadbalancertargets.txt").chmod(0o600)

        self.configure("origin", {"listen": "127.0.0.1:0", "redirect-address": "edge2.example.net"})
        origin = self.start_unit("origin")
        origin.wait_for_output("listening rtmp")
        edge = listening(origin, "rtmp")
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
