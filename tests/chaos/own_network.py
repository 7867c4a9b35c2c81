"""A network of this process' own, in which rules of iptables concern nobody else."""

import ctypes
import os
import subprocess

from harness import require

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000


def enter():
    """Only while the process has one thread. Returns why it cannot be had, or nothing."""
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(CLONE_NEWNET) != 0:
        if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
            return f"no network of one's own: {os.strerror(ctypes.get_errno())}"
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)
    subprocess.run([require("ip"), "link", "set", "lo", "up"], check=True)
    return None


class Rule:
    """What iptables does with packets to and from a port of 127.0.0.1, from now until it is lifted."""

    def __init__(self, port, *target, ways=("--dport", "--sport")):
        self._rules = [["INPUT", "-p", "tcp", way, str(port), "-j", *target] for way in ways]
        for rule in self._rules:
            self._change("-I", rule)

    def lift(self):
        for rule in self._rules:
            self._change("-D", rule)
        self._rules = []

    @classmethod
    def reject(cls, port):
        """The server's answers pass: what rejects is one of them."""
        return cls(port, "REJECT", "--reject-with", "tcp-reset", ways=("--dport",))

    @staticmethod
    def _change(how, rule):
        subprocess.run([require("iptables"), "-w", how, *rule], check=True, capture_output=True)
