"""No source includes what stands above it: every target sees all of sdk/, so the compiler would let it."""

import re
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: What each folder may include beside its own files, lowest first, as docs/architecture.md draws it.
MAY_USE = {
    "include/multiconn": [],
    "sdk/rtmp": [],
    "sdk/net": ["sdk/rtmp"],
    "sdk/http": ["sdk/net"],
    "sdk/client": ["sdk/net", "sdk/rtmp"],
    "sdk/librtmp": ["sdk/net", "sdk/rtmp"],
    "sdk/media": ["sdk/rtmp"],
    "sdk/origin": ["sdk/http", "sdk/net", "sdk/rtmp"],
    "tools/scratch": [],
    "tools/balance": ["sdk/rtmp"],
    "tools/program": ["tools/balance", "sdk/http", "sdk/net"],
    "tools/agent/http": ["sdk/net"],
    "tools/agent/monitors": ["tools/agent/http", "tools/balance"],
    "tools/agent": ["tools/program", "tools/balance", "sdk/net", "sdk/rtmp"],
    "tools/agent/program": ["tools/agent", "tools/agent/monitors", "tools/program", "sdk/http", "sdk/net"],
    "tools/origin": ["tools/agent/monitors", "tools/agent/program", "tools/program"],
    "tools/balancer": ["tools/program", "tools/balance", "sdk/http", "sdk/net", "sdk/rtmp"],
    "tools/ctl": ["tools/agent/http", "tools/program", "sdk/net"],
    "tools/bench": ["tools/program", "tools/balance", "tools/scratch", "sdk/rtmp"],
    "samples": [],
    "samples/publish": ["tools/program"],
}

#: <net/if.h> is the system's, but <net/link.hpp> would be ours.
INCLUDE = re.compile(r'\s*#\s*include\s*(["<])([^">]+)[">]')
#: Where -I leads. Public headers are seen by all, and not looked for.
SEARCHED = ["sdk", "tools", "samples"]


def violations(root, may_use):
    """One line each: "FILE:LINE: what is wrong"."""
    found = []
    for top in sorted({folder.partition("/")[0] for folder in may_use}):
        for source in sorted(path for path in (root / top).rglob("*") if path.suffix in (".cpp", ".hpp")):
            name, folder = (path.relative_to(root).as_posix() for path in (source, source.parent))
            if folder not in may_use:
                found.append(f"{name}:1: {folder} has no place among the folders of this test")
                continue
            for number, line in enumerate(source.read_text().splitlines(), 1):
                included = folder_of_included(root, source, line)
                if included and included not in [folder, *may_use[folder]]:
                    found.append(f"{name}:{number}: {folder} may not use {included}")
    return found


def folder_of_included(root, source, line):
    """Of one of our own files, from the root on; None: it is nobody's, a public header or no include at all."""
    match = INCLUDE.match(line)
    if not match:
        return None
    quote, target = match.groups()
    beside = [source.parent] if quote == '"' else []
    for path in (place / target for place in [*beside, *(root / name for name in SEARCHED)]):
        if path.is_file():
            return path.resolve().parent.relative_to(root.resolve()).as_posix()
    # What is not there yet would be read as allowed.
    return f"{target}, which there is not" if quote == '"' else None


class LayersTest(unittest.TestCase):
    def test_no_source_includes_what_stands_above_it(self):
        found = violations(ROOT, MAY_USE)
        self.assertEqual(found, [], "\n" + "\n".join(found))

    def test_what_a_folder_may_use_stands_before_it(self):
        folders = list(MAY_USE)
        for folder, below in MAY_USE.items():
            self.assertLessEqual(set(below), set(folders[:folders.index(folder)]), folder)

    def test_names_file_and_line(self):
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            write(root, "sdk/low/a.hpp", '#include <sys/socket.h>\n#include "low/b.hpp"\n#include "b.hpp"\n')
            write(root, "sdk/low/b.hpp", '#pragma once\n\n#  include "high/c.hpp"\n')
            write(root, "sdk/low/d.cpp", '#include <high/c.hpp>\n#include "../high/c.hpp"\n#include "high/none.hpp"\n')
            write(root, "sdk/high/c.hpp", '#include "low/a.hpp"\n#include <public/e.hpp>\n')
            write(root, "sdk/new/f.cpp", "")
            self.assertEqual(violations(root, {"sdk/low": [], "sdk/high": ["sdk/low"]}), [
                "sdk/low/b.hpp:3: sdk/low may not use sdk/high",
                "sdk/low/d.cpp:1: sdk/low may not use sdk/high",
                "sdk/low/d.cpp:2: sdk/low may not use sdk/high",
                "sdk/low/d.cpp:3: sdk/low may not use high/none.hpp, which there is not",
                "sdk/new/f.cpp:1: sdk/new has no place among the folders of this test",
            ])


def write(root, name, text):
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)


if __name__ == "__main__":
    unittest.main()
