"""What docs/migration.md tells to write in C++ compiles."""

import re

from harness import BUILD, SOURCE, InteropTest

PAGE = SOURCE / "docs/migration.md"
#: What the reader has by then.
FUNCTION = """\
#include <multiconn/capture.hpp>
using namespace multiconn;
void reader(MultiConnection& mc, SharedObject& so, ServerId server, AmfValue args, CaptureSource& camera) {
"""


class MigrationTest(InteropTest):
    def test_the_right_column_compiles(self):
        spans = list(self.code_of_the_right_column())
        includes = [span for span in spans if span[1].startswith("#include")]
        # `::append` and the like are words, not statements.
        statements = [span for span in spans if "(" in span[1]]
        self.assertGreater(len(includes), 0)
        self.assertGreater(len(statements), 20)
        source = self.path("reader.cpp")
        source.write_text("".join(self.line(number, code) for number, code in includes) + FUNCTION +
                          "".join(self.line(number, f"{{ {code}; }}") for number, code in statements) + "}\n")
        compiled = self.run_program([self.compiler(), "-std=c++20", "-fsyntax-only", "-I", SOURCE / "include", source],
                                    timeout=120)
        self.assertEqual(compiled.exit_code, 0, compiled.stderr)

    def code_of_the_right_column(self):
        """(line, code) of every piece of C++ in the first table."""
        for number, line in enumerate(PAGE.read_text().splitlines(), 1):
            if line.startswith("## ") and line != "## Call by call":
                return
            if line.startswith("| `"):
                for code in re.findall(r"`([^`]+)`", line.split(" | ")[1]):
                    yield number, code

    def line(self, number, code):
        """As a reader fills it in: "..." stands for what he has there, or for nothing."""
        return f'#line {number} "{PAGE}"\n' + code.replace("...", "") + "\n"

    def compiler(self):
        cache = (BUILD / "CMakeCache.txt").read_text()
        return re.search(r"^CMAKE_CXX_COMPILER:\w+=(.*)$", cache, re.MULTILINE)[1]
