"""multiconn-publish as the tests run it: destinations from a file, JSON on standard output."""

import json
import subprocess

from harness import BIN, PATIENCE, wait_until


class Publisher:
    def __init__(self, stage, source, urls, *options, stdin=subprocess.DEVNULL, env=None):
        """`urls`: none when the options name a balancer."""
        self._stage = stage
        destinations = stage.path(f"destinations-{len(stage.programs)}")
        destinations.write_text("".join(f"{url}\n" for url in urls))
        named = [f"@{destinations}"] if urls else []
        self.program = stage.start([BIN / "multiconn-publish", "--stats", "json", *options, source, *named],
                                  stdin=stdin, env=env)

    def events(self, kind=None):
        """What it printed so far, one dictionary per line; the last may be half written."""
        lines = self.program.stdout.rpartition("\n")[0].splitlines()
        return [event for event in map(json.loads, lines) if kind in (None, event["event"])]

    def codes(self, server=None):
        """The status codes, of all servers or of the one with this id."""
        return [event["code"] for event in self.events("status") if server is None or event.get("id") == server]

    def wait_for_status(self, code, server=None, timeout=PATIENCE):
        wait_until(lambda: code in self.codes(server) or self.program.exit_code is not None,
                   f"multiconn-publish to report {code}", timeout)
        if code not in self.codes(server):
            raise AssertionError(f"multiconn-publish ended without {code}: {self.program.stderr}")

    def wait_for_frames(self, frames):
        """Until every server has taken that many."""
        def enough():
            stats = self.events("stats")
            return stats and all(row["frames_sent"] >= frames for row in stats[-1]["servers"])
        wait_until(lambda: self.program.exit_code is not None or enough(), f"{frames} frames to be sent")
        if self.program.exit_code is not None:
            raise AssertionError(f"multiconn-publish ended early with {self.program.exit_code}: {self.program.stderr}")

    def finish(self, expected=0, timeout=60):
        """Waits for its end; returns the summary's rows, in the order of the destinations."""
        code = self.program.wait(timeout)
        if code != expected:
            raise AssertionError(f"multiconn-publish ended with {code}, not {expected}: {self.program.stderr}")
        return self.events("summary")[-1]["servers"]


def compare(stage, source, capture, *options):
    """Packet for packet: exit code 0 for the same count, order, payload and times in `capture` as in `source`."""
    return stage.run_program([BIN / "multiconn-bench", "compare", source, capture, *options], timeout=120)


def assert_same_packets(test, source, capture, *options):
    judge = compare(test, source, capture, *options)
    test.assertEqual(judge.exit_code, 0, f"{capture.name} differs from {source.name}: {judge.stdout}{judge.stderr}")
