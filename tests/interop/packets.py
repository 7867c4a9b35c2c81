"""A file's packets as ffprobe lists them, for what multiconn-bench compare, which takes whole films, does not cover."""

import json
import subprocess
from collections import namedtuple

from harness import require

#: Times in seconds; `digest` of the payload; `key`: a decoder can begin with it.
Packet = namedtuple("Packet", "dts pts digest key")


def packets_of(path, kind):
    """Of the first stream of that kind, "v" or "a", in the file's order."""
    done = subprocess.run([require("ffprobe"), "-v", "error", "-select_streams", f"{kind}:0", "-show_packets",
                           "-show_data_hash", "md5", "-of", "json", str(path)],
                          capture_output=True, text=True, check=True)
    return [Packet(float(entry["dts_time"]), float(entry["pts_time"]), entry["data_hash"],
                   "K" in entry["flags"])
            for entry in json.loads(done.stdout)["packets"]]


def overlap(earlier, later, tolerance=0.0):
    """Checks that `later` goes on where `earlier` is, packet for packet, from one of its keyframes to the end of one of them.
    In which packet of `earlier` it begins: {"v": ..., "a": ...} of the tracks there are. Both are FLV files of one broadcast.
    `tolerance`: by how many seconds the times of two packets may differ."""
    begins = {}
    for kind in "va":
        before, after = packets_of(earlier, kind), packets_of(later, kind)
        if before and not after:
            raise AssertionError(f"{later.name} has nothing of track {kind}")
        if not before:
            continue
        begin = next((number for number, packet in enumerate(before)
                      if packet.digest == after[0].digest and abs(packet.dts - after[0].dts) <= tolerance), None)
        if begin is None:
            raise AssertionError(f"{earlier.name} has nothing of what {later.name} begins with, track {kind}")
        if kind == "v" and not after[0].key:
            raise AssertionError(f"{later.name} does not begin with a keyframe")
        for number, (one, other) in enumerate(zip(before[begin:], after)):
            if one.digest != other.digest or abs(one.dts - other.dts) > tolerance or abs(one.pts - other.pts) > tolerance:
                raise AssertionError(f"{later.name}, track {kind}: packet {number} is {other}, not {one}")
        begins[kind] = begin
    return begins


def goes_on(whole, returned, tolerance=0.0):
    """As overlap(), and to the end of `whole`."""
    begins = overlap(whole, returned, tolerance)
    for kind, begin in begins.items():
        missing = len(packets_of(whole, kind)) - begin - len(packets_of(returned, kind))
        if missing:
            raise AssertionError(f"{returned.name}, track {kind}: {missing} packets are missing at the end")
    return begins


def assert_rising(path):
    """No timestamp runs backwards, in any track."""
    for kind in "va":
        times = [packet.dts for packet in packets_of(path, kind)]
        if times != sorted(times):
            raise AssertionError(f"{path.name}, track {kind}: timestamps run backwards")


def assert_decodable(stage, path):
    """ffmpeg finds nothing wrong, from the first packet to the last."""
    done = stage.run_program(["ffmpeg", "-nostdin", "-v", "error", "-xerror", "-err_detect", "explode", "-i", path, "-f",
                              "null", "-"], timeout=60)
    if done.exit_code or done.stderr:
        raise AssertionError(f"{path.name} cannot be decoded: {done.stderr.strip()[-500:]}")


def has_begun(path, kind):
    """Whether a FLV file that is being written holds a first whole keyframe, or for kind "a" a first sound."""
    data = path.read_bytes() if path.exists() else b""
    position = 13
    while position + 11 <= len(data):
        end = position + 11 + int.from_bytes(data[position + 1:position + 4], "big")
        body = data[position + 11:end]
        if end <= len(data) and len(body) > 1 and _shows(data[position], body, kind):
            return True
        position = end + 4
    return False


def _shows(tag, body, kind):
    """Of FLV's classic tags: a keyframe of H.264, or AAC or MP3, but no configuration record."""
    if kind == "v":
        return tag == 9 and body[0] == 0x17 and body[1] == 1
    return tag == 8 and (body[0] >> 4 != 10 or body[1] == 1)
