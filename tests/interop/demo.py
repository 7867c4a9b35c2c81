"""tools/demo once everything is built: one broadcast to two masters, both captured and compared with the input."""

import subprocess
import sys
from pathlib import Path

from clips import clip
from harness import SOURCE, Stage, require
from publisher import Publisher, compare
from servers import FfmpegPlayer, Origin

OUTPUT = SOURCE / "demo-output"
#: What ffmpeg 5.1, the demo's player, takes from RTMP.
PLAYABLE = {"h264", "aac", "mp3"}
#: The demo plays in real time, and is over within a minute.
LONGEST = 20
HEADINGS = ("server", "connect ms", "publish ms", "frames", "lost", "verdict")


def main():
    OUTPUT.mkdir(exist_ok=True)
    stage = Stage()
    try:
        source = shortened(Path(sys.argv[1]), stage) if len(sys.argv) > 1 else clip("demo.mp4")
        return show(stage, source, *broadcast(stage, source))
    except AssertionError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    finally:
        stage.close()


def broadcast(stage, source):
    """(the publisher's exit code, its row for each server, the captures)"""
    masters = [Origin(stage), Origin(stage)]
    # Each returns once the master's status document shows the player.
    players = [FfmpegPlayer(stage, master, "demo") for master in masters]
    print(f"demo: publishing {source.name} to {' and '.join(master.url('demo') for master in masters)}", flush=True)
    publisher = Publisher(stage, source, [master.url("demo") for master in masters])
    code = publisher.program.wait(LONGEST + 30)
    if publisher.program.stderr:
        print(publisher.program.stderr.rstrip(), file=sys.stderr)
    summaries = publisher.events("summary")
    if not summaries:
        raise AssertionError(f"multiconn-publish ended with {code} and no summary")
    return code, summaries[-1]["servers"], [player.finish() for player in players]


def show(stage, source, code, rows, captures):
    table, equal = [HEADINGS], code == 0
    remarks = [f"multiconn-publish ended with {code}"] if code else []
    for number, (row, capture) in enumerate(zip(rows, captures), 1):
        judge = compare(stage, source, capture)
        equal = equal and judge.exit_code == 0
        if judge.exit_code:
            remarks.append(f"master {number}: {(judge.stdout + judge.stderr).strip()}")
        table.append((row["url"], row["connect_ms"], row["publish_ms"], row["frames_sent"], row["frames_dropped"],
                      "DIFFERS" if judge.exit_code else "every packet equal"))
        remarks.append(picture(stage, capture, OUTPUT / f"master-{number}.png"))
    widths = [max(len(str(line[column])) for line in table) for column in range(len(HEADINGS))]
    for line in table:
        print("  ".join(str(cell).ljust(width) for cell, width in zip(line, widths)).rstrip())
    print("\n".join(remarks))
    return 0 if equal else 1


def picture(stage, capture, path):
    """The frame in the middle of what this master gave out."""
    if not probe(capture, "v:0", "stream=codec_name"):
        return f"{capture.name} has no video: no picture of it"
    times = sorted(float(time) for time in probe(capture, "v:0", "packet=pts_time"))
    middle = times[len(times) // 2] - times[0]
    made = stage.run_program(["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", capture, "-vf",
                              f"setpts=PTS-STARTPTS,select=gte(t\\,{middle})", "-frames:v", "1", path])
    if made.exit_code:
        raise AssertionError(f"no picture of {capture.name}: {made.stderr.strip()}")
    return f"a frame of it: {path.relative_to(SOURCE)}"


def shortened(path, stage):
    """A copy, without transcoding, of the beginning of the user's file."""
    codecs = [codec for kind in ("v:0", "a:0") for codec in probe(path, kind, "stream=codec_name")]
    if not codecs:
        raise AssertionError(f"{path} has neither video nor audio that ffmpeg finds")
    if not PLAYABLE.issuperset(codecs):
        raise AssertionError(f"{path} is {' and '.join(codecs)}: multiconn publishes more, but ffmpeg 5.1, which plays "
                             "it back here, takes only H.264, AAC and MP3 from RTMP")
    beginning = stage.path(f"{path.stem}.mkv")
    cut = stage.run_program(["ffmpeg", "-nostdin", "-v", "error", "-i", path.resolve(), "-map", "0:v:0?", "-map", "0:a:0?",
                             "-c", "copy", "-t", str(LONGEST), beginning])
    if cut.exit_code:
        raise AssertionError(f"cannot read {path}: {cut.stderr.strip()}")
    return beginning


def probe(path, streams, entries, *options):
    done = subprocess.run([require("ffprobe"), "-v", "error", "-select_streams", streams, "-show_entries", entries,
                           "-of", "default=nokey=1:noprint_wrappers=1", *options, str(path)],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"cannot read {path}: {done.stderr.strip().splitlines()[-1]}")
    return done.stdout.split()


sys.exit(main())
