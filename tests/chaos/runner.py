"""runner.py MODULE.CLASS.METHOD: one test in a network of its own, as ctest runs it. Exit code 77: skipped, and the reason is
printed.

runner.py --list: the names of all, one a line.
"""

import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
SKIPPED = 77


def main():
    # Tests here use what the interop tests use.
    sys.path[:0] = [str(HERE), str(HERE.parent / "interop")]
    if sys.argv[1] == "--list":
        for test in tests_in(unittest.defaultTestLoader.discover(HERE, "*_test.py")):
            print(test.id())
        return 0
    import own_network
    reason = own_network.enter()
    if reason:
        print("skipped:", reason)
        return SKIPPED
    result = unittest.TextTestRunner(verbosity=2).run(unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:]))
    return 0 if result.wasSuccessful() and result.testsRun else 1


def tests_in(suite):
    for entry in suite:
        if isinstance(entry, unittest.TestSuite):
            yield from tests_in(entry)
        else:
            yield entry


if __name__ == "__main__":
    sys.exit(main())
