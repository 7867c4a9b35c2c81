"""runner.py MODULE.CLASS.METHOD: one test, as ctest runs it. Exit code 77: skipped, and the reason is printed.

runner.py --list: the names of all, one a line.
"""

import sys
import unittest
from pathlib import Path

SKIPPED = 77


def main():
    sys.path.insert(0, str(Path(__file__).parent))
    if sys.argv[1] == "--list":
        for test in tests_in(unittest.defaultTestLoader.discover(Path(__file__).parent, "*_test.py")):
            print(test.id())
        return 0
    result = unittest.TextTestRunner(verbosity=2).run(unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:]))
    for _, reason in result.skipped:
        print("skipped:", reason)
    if not result.wasSuccessful():
        return 1
    # A class that is skipped as a whole counts as no test run.
    return SKIPPED if len(result.skipped) >= max(result.testsRun, 1) else 0


def tests_in(suite):
    for entry in suite:
        if isinstance(entry, unittest.TestSuite):
            yield from tests_in(entry)
        else:
            yield entry


sys.exit(main())
