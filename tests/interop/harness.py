"""Runs the programs that an interop test talks to, on ports of their own, and ends them whatever happens.

Nothing here sleeps and hopes: each wait is for an event (a port that answers, a file that has grown, a process that has
ended) and has a deadline.
"""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("MULTICONN_BUILD", SOURCE / "build/release"))
BIN = BUILD / "bin"
CLIPS = BUILD / "clips"

#: How long anything may take that takes milliseconds on an idle machine.
PATIENCE = 30.0


class Stage:
    """A directory, and the programs that run in it and end with it."""

    def __init__(self):
        self.directory = Path(tempfile.mkdtemp(prefix="multiconn-interop-"))
        self.programs = []

    def start(self, command, **options):
        program = Program(command, self.directory, **options)
        self.programs.append(program)
        return program

    def run_program(self, command, timeout=PATIENCE, **options):
        """Runs to the end and returns the Program; its exit_code is for the caller to judge."""
        program = self.start(command, **options)
        program.wait(timeout)
        return program

    def path(self, name):
        return self.directory / name

    def close(self):
        for program in reversed(self.programs):
            program.kill()
        if os.environ.get("MULTICONN_KEEP"):
            print("kept:", self.directory)
        else:
            shutil.rmtree(self.directory, ignore_errors=True)


class InteropTest(unittest.TestCase, Stage):
    """A test on a stage of its own; what its programs said is printed when it fails."""

    def setUp(self):
        Stage.__init__(self)
        self.addCleanup(self._cleanUp)

    def _cleanUp(self):
        result = self._outcome.result
        if any(test is self for test, _ in result.failures + result.errors):
            for program in self.programs:
                print(program.report(), flush=True)
        self.close()


class Program:
    """A child process with its output in files: nothing blocks on a full pipe, and all of it is there to be read."""

    def __init__(self, command, directory, name=None, stdin=subprocess.DEVNULL, stdout=None,
                 env=None):
        self.command = [str(part) for part in command]
        require(self.command[0])
        self.name = name or Path(self.command[0]).name
        base = f"{self.name}.{time.monotonic_ns()}"
        self._out, self._err = directory / f"{base}.out", directory / f"{base}.err"
        self.stopped = False
        with open(self._out, "wb") as out, open(self._err, "wb") as err:
            self.process = subprocess.Popen(
                self.command, stdin=stdin, stdout=stdout or out, stderr=err, cwd=directory, env=env,
                start_new_session=True, preexec_fn=_prepare_child)

    @property
    def pid(self):
        return self.process.pid

    @property
    def stdout(self):
        return self._out.read_text(errors="replace")

    @property
    def stderr(self):
        return self._err.read_text(errors="replace")

    @property
    def exit_code(self):
        return self.process.poll()

    def wait(self, timeout=PATIENCE):
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end within {timeout:.0f} s") from None

    def wait_until_listening(self, port, host="127.0.0.1"):
        wait_until(lambda: self._require_alive() or accepts(port, host), f"{self.name} to listen on port {port}")

    def wait_for_output(self, text, timeout=PATIENCE):
        wait_until(lambda: text in self.stdout or text in self.stderr or self._require_alive(),
                   f"{self.name} to say {text!r}", timeout)

    def signal(self, number):
        self.process.send_signal(number)

    def suspend(self):
        """Stops it in the middle of whatever it does, and returns once it has stopped."""
        self.signal(signal.SIGSTOP)
        wait_until(lambda: self._state() == "T", f"{self.name} to stop")

    def terminate(self, timeout=PATIENCE):
        self.signal(signal.SIGTERM)
        return self.wait(timeout)

    def kill(self):
        # The whole group: a program may have started others.
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def report(self):
        lines = [f"--- {' '.join(self.command)}", f"    exit code {self.exit_code}"]
        for label, text in (("stdout", self.stdout), ("stderr", self.stderr)):
            lines += [f"    {label}: {line}" for line in text.splitlines()[-30:]]
        return "\n".join(lines)

    def _require_alive(self):
        """False while it runs, so that it can stand in an `or`."""
        if self.exit_code is not None:
            raise AssertionError(f"{self.name} ended with {self.exit_code}: {self.stderr.strip()[-500:]}")
        return False

    def _state(self):
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]


def wait_until(condition, what, timeout=PATIENCE):
    """Polls `condition`; for events that nothing announces."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout:.0f} s in vain for {what}")
        time.sleep(0.02)


def accepts(port, host="127.0.0.1"):
    try:
        socket.create_connection((host, port), timeout=1).close()
        return True
    except OSError:
        return False


def free_port():
    """A port that nobody listens on now. It is not reserved: another program may be faster."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class DeadPort:
    """A port that refuses every connection for as long as this object lives: bound, so that nobody else listens on it."""

    def __init__(self):
        self._held = socket.socket()
        self._held.bind(("127.0.0.1", 0))

    def url(self, stream):
        return f"rtmp://127.0.0.1:{self._held.getsockname()[1]}/live/{stream}"

    def release(self):
        """The port, for a server that is to come now."""
        port = self._held.getsockname()[1]
        self._held.close()
        return port


def require(program):
    """The program's path; fails with the way to get it."""
    if Path(program).is_absolute():
        if not Path(program).exists():
            raise AssertionError(f"{program} is not built: cmake --build --preset release")
        return program
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if not found:
        raise AssertionError(f"{program} is not installed: run tools/install-deps")
    return found


def _prepare_child():
    # Also when ctest kills this process for being late.
    pr_set_pdeathsig = 1
    _libc.prctl(pr_set_pdeathsig, signal.SIGKILL)
    # A shell's background jobs inherit some of these as ignored, and programs keep it so.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


_libc = ctypes.CDLL(None)
