"""tools/demo once everything is built: a load balancer and three servers on this machine, and a fourth that nobody watches
over; one broadcast to the fourth and to the two that the balancer names, played back and compared with the input. In the
middle of it the fourth is killed, and started again. Then one of the three is paused, and the balancer names others.
"""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

from clips import clip
from cluster import TOKEN, Balancer, secret, write_targets
from harness import BIN, Stage, require, wait_until
from packets import assert_decodable, assert_rising, goes_on, has_begun, packets_of
from publisher import Publisher, compare
from servers import FfmpegPlayer, Origin, RtmpdumpPlayer

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
        cluster = Cluster(stage)
        shown = show(stage, source, *broadcast(stage, cluster, source, Casualty(stage)))
        return shown or cluster.pause_one()
    except AssertionError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    finally:
        stage.close()


class Cluster:
    """A balancer and three servers, each of which tells it by itself what it carries."""

    def __init__(self, stage):
        self.stage = stage
        self.balancer = Balancer(stage, "--hold-until-edges", "3")
        targets = stage.path("targets.txt")
        write_targets(targets, [self.balancer])
        self.servers = [Origin(stage, "--targets", targets, "--redirect-address", "127.0.0.1", "--allow-loopback",
                               "--guid-file", stage.path(f"server-{number}.guid")) for number in range(3)]
        self.balancer.wait_for_edges(len(self.servers))

    @property
    def look_up_url(self):
        return f"http://127.0.0.1:{self.balancer.port}/loadbalancer"

    def at(self, url):
        """Which of the servers, from 0, an address belongs to."""
        port = int(re.search(r":(\d+)", url.partition("//")[2]).group(1))
        return [server.port for server in self.servers].index(port)

    def pause_one(self):
        """Shows that an edge which is paused is not named any more. The exit code."""
        paused = self.balancer.server(self.servers[0])
        asking = ["--admin", f"http://127.0.0.1:{self.balancer.admin_port}", "--token-file",
                  secret(self.stage, "demo.token", TOKEN)]
        done = self.stage.run_program([BIN / "multiconn-ctl", *asking, "pause", paused["id"]])
        listed = self.stage.run_program([BIN / "multiconn-ctl", *asking, "servers"])
        print(f"\ndemo: {paused['redirect']} is paused\n{listed.stdout.rstrip()}")
        named = [self.balancer.look_up(2) for _ in range(20)]
        avoided = all(len(servers) == 2 and (self.servers[0].port not in [port for _, port in servers]) for servers in named)
        print(f"demo: 20 look-ups of two servers each: {'none' if avoided else 'SOME'} of them named it")
        return 0 if avoided and done.exit_code == 0 else 1


class Casualty:
    """A server that is killed in the middle of the broadcast, and comes back on its port."""

    def __init__(self, stage):
        self.stage = stage
        self.server = Origin(stage)
        self.url = self.server.url("demo")
        self.kind = "v"
        FfmpegPlayer(stage, self.server, "demo")
        self.player = None

    def fall(self, publisher, source, seconds):
        """While the publisher runs: kills it a third into the broadcast, and starts it anew when coming back was tried twice."""
        self.kind = "v" if probe(source, "V:0", "stream=codec_name") else "a"
        duration = probe(source, None, "format=duration")[0]
        length = seconds if duration == "N/A" else min(seconds, float(duration))
        if not self._during(publisher, lambda: len(publisher.events("stats")) >= length / 3):
            return
        self.server.program.kill()
        killed = time.monotonic()
        print(f"demo: {self.server.url('****')} is killed {length / 3:.0f} s into the broadcast", flush=True)
        if not self._during(publisher, lambda: publisher.codes(0).count("NetConnection.Connect.Reconnecting") >= 2):
            return
        self.server.restart()
        listening = time.monotonic()
        self.player = RtmpdumpPlayer(self.stage, self.server, "demo")
        if self._during(publisher, lambda: has_begun(self.player.capture, self.kind)):
            back = time.monotonic() - listening
            print(f"demo: it listens again {listening - killed:.1f} s later, and a player has its "
                  f"{'picture' if self.kind == 'v' else 'sound'} {back * 1000:.0f} ms after that", flush=True)

    @staticmethod
    def _during(publisher, condition):
        """Waits for it; whether it came while the broadcast lasted."""
        wait_until(lambda: condition() or publisher.program.exit_code is not None, "the broadcast to go on or end", 60)
        return publisher.program.exit_code is None

    def judge(self, whole, row):
        """(whether it came back with all that a master has which was never away, that in words)"""
        if not self.player or not has_begun(self.player.finish(), self.kind):
            return False, "the film was over, or without another keyframe, before it was back"
        capture = self.player.capture
        try:
            begins = goes_on(whole, capture)
            assert_rising(capture)
            assert_decodable(self.stage, capture)
        except AssertionError as error:
            return False, str(error)
        start = packets_of(whole, self.kind)[begins[self.kind]].dts
        return row["frames_dropped"] == 0, (f"back; every packet from {start:.1f} s on equal, timestamps rising, decodable "
                                            "from the first")

    def picture(self):
        """The first that its player got."""
        path = OUTPUT / "returned.png"
        return picture(self.stage, self.player.capture, path, first=True) if self.player else "it has no picture"


def broadcast(stage, cluster, source, casualty, seconds=LONGEST):
    """(the publisher's exit code, its row for each server, the captures of those that the balancer named, the casualty)"""
    # Each returns once the server's status document shows the player. Which two of the servers are named is seen later.
    players = [FfmpegPlayer(stage, server, "demo") for server in cluster.servers]
    print(f"demo: asking {cluster.look_up_url} for two of {len(cluster.servers)} servers, and publishing {source.name}, at "
          f"most its first {seconds} s, to them{' and to a fourth' if casualty else ''}", flush=True)
    publisher = Publisher(stage, source, [casualty.url] if casualty else [], "--duration", str(seconds), "--balancer",
                          cluster.look_up_url, "--count", "2", "--app", "live", "--stream", "demo", "--log-level", "off")
    if casualty:
        casualty.fall(publisher, source, seconds)
    code = publisher.program.wait(seconds + 30)
    if publisher.program.stderr:
        print(publisher.program.stderr.rstrip(), file=sys.stderr)
    summaries = publisher.events("summary")
    if not summaries:
        raise AssertionError(f"multiconn-publish ended with {code} and no summary")
    rows = summaries[-1]["servers"]
    named = rows[1:] if casualty else rows
    return code, rows, [players[cluster.at(row["url"])].finish() for row in named], casualty


def show(stage, source, code, rows, captures, casualty=None, seconds=LONGEST):
    table, remarks = [HEADINGS], [f"multiconn-publish ended with {code}"] if code else []
    verdicts = [(row, *judge(stage, source, capture, seconds))
                for row, capture in zip(rows[1:] if casualty else rows, captures)]
    pictures = [picture(stage, capture, OUTPUT / f"master-{number}.png") for number, capture in enumerate(captures, 1)]
    if casualty:
        verdicts.append((rows[0], *casualty.judge(captures[0], rows[0])))
        pictures.append(casualty.picture())
    for (row, same, verdict), shown in zip(verdicts, pictures):
        table.append((row["url"], row["connect_ms"], row["publish_ms"], row["frames_sent"], row["frames_dropped"],
                      verdict if same else "DIFFERS"))
        remarks += ([] if same else [f"{row['url']}: {verdict}"]) + [shown]
    widths = [max(len(str(line[column])) for line in table) for column in range(len(HEADINGS))]
    for line in table:
        print("  ".join(str(cell).ljust(width) for cell, width in zip(line, widths)).rstrip())
    print("\n".join(remarks))
    return 0 if code == 0 and all(same for _, same, _ in verdicts) else 1


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


def picture(stage, capture, path, first=False):
    """The frame in the middle of what this master gave out, or its first."""
    if not probe(capture, "v:0", "stream=codec_name"):
        return f"{capture.name} has no video: no picture of it"
    times = sorted(float(time) for time in probe(capture, "v:0", "packet=pts_time"))
    when = 0 if first else times[len(times) // 2] - times[0]
    made = stage.run_program(["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", capture, "-vf",
                              f"setpts=PTS-STARTPTS,select=gte(t\\,{when})", "-frames:v", "1", path.resolve()])
    if made.exit_code:
        raise AssertionError(f"no picture of {capture.name}: {made.stderr.strip()}")
    return f"{'the first' if first else 'a'} frame of it: {path}"


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
