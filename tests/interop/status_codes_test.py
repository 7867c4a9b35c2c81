"""docs/status-codes.md has every status code that the library itself reports, and none that it does not."""

import re
import unittest

from harness import SOURCE

CODE = r"(?:NetConnection|NetStream|SharedObject)(?:\.[A-Z]\w+)+"


def codes_of_the_library():
    """String literals in the client: what a server says is passed on by whatever code it has."""
    return {code for file in (SOURCE / "sdk/client").glob("*.[ch]pp")
            for code in re.findall(f'"({CODE})"', file.read_text())}


def documented_codes():
    """The first column of each table, by the heading above it."""
    sections = re.split(r"^## (.*)$", (SOURCE / "docs/status-codes.md").read_text(), flags=re.MULTILINE)[1:]
    return {heading: {code for row in re.findall(r"^\|([^|]*)\|", text, re.MULTILINE)
                      for code in re.findall(f"`({CODE})`", row)}
            for heading, text in zip(sections[::2], sections[1::2])}


class StatusCodesTest(unittest.TestCase):
    def test_every_code_is_documented(self):
        self.assertEqual(codes_of_the_library() - set.union(*documented_codes().values()), set())

    def test_no_documented_code_of_the_library_has_gone(self):
        documented = documented_codes()["From the library"]
        self.assertGreater(len(documented), 20)
        self.assertEqual(documented - codes_of_the_library(), set())
