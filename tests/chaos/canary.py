"""Secrets that are easy to recognise, and where they must not be."""

import resource
from pathlib import Path

from harness import BIN, InteropTest, wait_until

#: Long enough for a balancer's key as well.
KEY, TOKEN, PASSWORD = "canaryKEY", "canaryTOKEN", "canaryPASS"


class CanaryTest(InteropTest):
    """Of all our programs that a test starts: what they say at any level, what the process list shows of them and of their
    children, what their pages tell, and that a crash would leave no file of their memory."""

    wait_until = staticmethod(wait_until)

    def setUp(self):
        super().setUp()
        self._told = []
        # As a shell has it whose user wants core files; what is started from here on inherits it.
        _, self._most = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (self._most, self._most))

    def tell(self, where, text):
        """Something that anybody may read."""
        self._told.append((where, text))

    def look_at_processes(self):
        """While they run."""
        for program in self._ours():
            if program.exit_code is None:
                self._look_at(program)

    def assert_secret(self, *more):
        """`more`: secrets beside the canaries."""
        for program in self._ours():
            self.tell(f"{program.name}'s stdout", program.stdout)
            self.tell(f"{program.name}'s stderr", program.stderr)
        for where, text in self._told:
            for secret in ("canary", *more):
                self.assertNotIn(secret, text, where)

    def _ours(self):
        return [program for program in self.programs if Path(program.command[0]).parent == BIN]

    def _look_at(self, program):
        for pid in group_of(program.pid):
            process = Path(f"/proc/{pid}")
            try:
                self.tell(f"the command line of {program.name}", (process / "cmdline").read_text(errors="replace"))
                for thread in (process / "task").iterdir():
                    self.tell(f"the name of a thread of {program.name}", (thread / "comm").read_text(errors="replace"))
                limits = (process / "limits").read_text()
            except FileNotFoundError:  # a child that has ended meanwhile
                self.assertNotEqual(pid, program.pid)
                continue
            core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
            allowed = "0" if self._most == 0 else "1"
            self.assertEqual(core.split()[4], allowed, f"{program.name} would leave a core file")


def group_of(pid):
    """It and its children."""
    yield pid
    for thread in Path(f"/proc/{pid}/task").iterdir():
        try:
            yield from map(int, (thread / "children").read_text().split())
        except FileNotFoundError:
            continue
