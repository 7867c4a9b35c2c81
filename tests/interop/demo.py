"""tools/demo once everything is built: one broadcast to two masters, both captured and compared with the input."""

import json
import subprocess
import sys
from pathlib import Path

from clips import clip
from harness import Stage, require
from publisher import Publisher, compare
from servers import FfmpegPlayer, Origin

#: In the directory it runs in.
OUTPUT = Path("demo-output")
#: What ffmpeg 5.1, the demo's player, takes from RTMP.
PLAYABLE = {"h264", "aac", "mp3"}
#: Seconds of a longer film. The demo plays in real time, and is over within a minute.
LONGEST = 20
HEADINGS = ("server", "connect ms", "publish ms", "frames", "lost", "verdict")


def main():
    OUTPUT.mkdir(exist_ok=True)
    stage = Stage()
    try:
        source = playable(Path(sys.argv[1]).resolve()) if len(sys.argv) > 1 else clip("demo.mp4")
        return show(stage, source, *broadcast(stage, source))
    except AssertionError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    finally:
        stage.close()


def broadcast(stage, source, seconds=LONGEST):
    """(the publisher's exit code, its row for each server, the captures)"""
    masters = [Origin(stage), Origin(stage)]
    # Each returns once the master's status document shows the player.
    players = [FfmpegPlayer(stage, master, "demo") for master in masters]
    print(f"demo: publishing {source.name}, at most its first {seconds} s, to "
          f"{' and '.join(master.url('demo') for master in masters)}", flush=True)
    publisher = Publisher(stage, source, [master.url("demo") for master in masters], "--duration", str(seconds))
    code = publisher.program.wait(seconds + 30)
    if publisher.program.stderr:
        print(publisher.program.stderr.rstrip(), file=sys.stderr)
    summaries = publisher.events("summary")
    if not summaries:
        raise AssertionError(f"multiconn-publish ended with {code} and no summary")
    return code, summaries[-1]["servers"], [player.finish() for player in players]


def show(stage, source, code, rows, captures, seconds=LONGEST):
    table, equal = [HEADINGS], code == 0
    remarks = [f"multiconn-publish ended with {code}"] if code else []
    for number, (row, capture) in enumerate(zip(rows, captures), 1):
        same, verdict = judge(stage, source, capture, seconds)
        equal = equal and same
        table.append((row["url"], row["connect_ms"], row["publish_ms"], row["frames_sent"], row["frames_dropped"],
                      verdict if same else "DIFFERS"))
        if not same:
            remarks.append(f"master {number}: {verdict}")
        remarks.append(picture(stage, capture, OUTPUT / f"master-{number}.png"))
    widths = [max(len(str(line[column])) for line in table) for column in range(len(HEADINGS))]
    for line in table:
        print("  ".join(str(cell).ljust(width) for cell, width in zip(line, widths)).rstrip())
    print("\n".join(remarks))
    return 0 if equal else 1


def judge(stage, source, capture, seconds):
    """(whether the capture is the source, or all of its first seconds; that in words)"""
    different = 3
    report = compare(stage, source, capture, "--json")
    if report.exit_code == 0:
        return True, "every packet equal"
    if report.exit_code != different:
        return False, report.stderr.strip()
    tracks = json.loads(report.stdout)["tracks"]
    if tracks and all(is_beginning(source, track, seconds) for track in tracks):
        return True, f"every packet of the first {seconds} s equal"
    return False, "; ".join(f"{track['type']}: of {track['frames']} packets {track['lost']} lost, {track['extra']} extra, "
                            f"{track['differing']} differing, {track['worst_ms']} ms off" for track in tracks)


def is_beginning(source, track, seconds):
    """Nothing differs, and there are as many packets as the source has in that time: only those after it are missing."""
    if track["extra"] or track["differing"] or track["worst_ms"]:
        return False
    return track["frames"] - track["lost"] in packets_within(source, track["type"], seconds)


def packets_within(source, kind, seconds):
    """For each stream of that kind: how many of its packets are decoded within `seconds` of the file's first."""
    interleaving = 5
    first, ends, counts = None, {}, {}
    pictures = set(probe(source, "v", "stream=index")) - set(probe(source, "V", "stream=index"))
    for line in probe(source, None, "packet=codec_type,stream_index,dts_time,duration_time", "-read_intervals",
                      f"%+{seconds + interleaving}"):
        of, stream, time, duration = line.split(",")[:4]
        if of not in ("video", "audio") or stream in pictures:
            continue
        # Raw H.264 has durations only, each rounded to a microsecond.
        time = round(ends.get(stream, 0.0), 3) if time == "N/A" else float(time)
        ends[stream] = ends.get(stream, 0.0) + (0.0 if duration == "N/A" else float(duration))
        first = time if first is None else first
        if of == kind and time - first < seconds:
            counts[stream] = counts.get(stream, 0) + 1
    return set(counts.values())


def picture(stage, capture, path):
    """The frame in the middle of what this master gave out."""
    if not probe(capture, "v:0", "stream=codec_name"):
        return f"{capture.name} has no video: no picture of it"
    times = sorted(float(time) for time in probe(capture, "v:0", "packet=pts_time"))
    middle = times[len(times) // 2] - times[0]
    made = stage.run_program(["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", capture, "-vf",
                              f"setpts=PTS-STARTPTS,select=gte(t\\,{middle})", "-frames:v", "1", path.resolve()])
    if made.exit_code:
        raise AssertionError(f"no picture of {capture.name}: {made.stderr.strip()}")
    return f"a frame of it: {path}"


def playable(path):
    codecs = [codec for kind in ("V:0", "a:0") for codec in probe(path, kind, "stream=codec_name")]
    if not codecs:
        raise AssertionError(f"{path} has neither video nor audio that ffmpeg finds")
    if not PLAYABLE.issuperset(codecs):
        raise AssertionError(f"{path} is {' and '.join(codecs)}: multiconn publishes more, but ffmpeg 5.1, which plays "
                             "it back here, takes only H.264, AAC and MP3 from RTMP")
    return path


def probe(path, streams, entries, *options):
    """The values asked for, one by one; those of one packet or stream in a line are apart by commas."""
    selected = ["-select_streams", streams] if streams else []
    done = subprocess.run([require("ffprobe"), "-v", "error", *selected, "-show_entries", entries, "-of", "csv=p=0",
                           *options, str(path)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"cannot read {path}: {done.stderr.strip().splitlines()[-1]}")
    return done.stdout.split()


if __name__ == "__main__":
    sys.exit(main())
