"""A seed that fails says how to repeat it, and that does repeat it."""

import re
import shlex

from harness import BIN, InteropTest


class AgainTest(InteropTest):
    def failed(self, command):
        """What it has complained about, and its standard output."""
        program = self.run_program(command, timeout=120)
        self.assertEqual(program.exit_code, 1, program.report())
        complaints = re.findall(r"^FAILED: .*$", program.stdout, re.MULTILINE)
        self.assertTrue(complaints, program.report())
        return complaints, program.stdout

    def test_a_cycle_that_fails_is_repeated_by_itself(self):
        # No way is that short.
        complaints, said = self.failed([BIN / "chaos_cycles", "--count", "100", "--close-gate-ms", "1"])
        again = re.search(r"^  again: (.*)$", said, re.MULTILINE)
        self.assertIn(" --count 1 ", again[1])
        self.assertEqual(self.failed(shlex.split(again[1]))[0], complaints)
