"""A file's packets as ffprobe lists them, for what multiconn-bench compare, which takes whole films, does not cover."""

import json
import subprocess
from collections import namedtuple

from harness import require

#: Times in seconds; `digest` of the payload.
Packet = namedtuple("Packet", "dts pts digest")


def packets_of(path, kind):
    """Of the first stream of that kind, "v" or "a", in the file's order."""
    done = subprocess.run([require("ffprobe"), "-v", "error", "-select_streams", f"{kind}:0", "-show_packets",
                           "-show_data_hash", "md5", "-of", "json", str(path)],
                          capture_output=True, text=True, check=True)
    return [Packet(float(entry["dts_time"]), float(entry["pts_time"]), entry["data_hash"])
            for entry in json.loads(done.stdout)["packets"]]
