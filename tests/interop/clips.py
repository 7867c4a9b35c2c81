"""Test clips, made by ffmpeg once and kept in the build directory: clip("b_frames.mp4") is the file's path."""

import fcntl
import hashlib
import subprocess

from harness import CLIPS, require

VIDEO = "testsrc2=size=320x180:rate=25"
SOUND = "sine=frequency=440:sample_rate=48000"
#: A keyframe a second, as broadcasters send; B-frames where the encoder is not told otherwise.
H264 = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 25 -bf 2 -b:v 400k".split()
AAC = "-c:a aac -b:a 96k -ac 2".split()
SECONDS = 6


def both(*codecs, seconds=SECONDS, video=VIDEO):
    return ["-f", "lavfi", "-i", video, "-f", "lavfi", "-i", SOUND, "-t", str(seconds), *codecs]


def video_only(*codecs, seconds=SECONDS, video=VIDEO):
    return ["-f", "lavfi", "-i", video, "-t", str(seconds), *codecs]


def audio_only(*codecs, seconds=SECONDS):
    return ["-f", "lavfi", "-i", SOUND, "-t", str(seconds), *codecs]


HEVC = "-c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=25 -pix_fmt yuv420p".split()
AV1 = "-c:v libaom-av1 -cpu-used 8 -usage realtime -g 25 -b:v 300k -pix_fmt yuv420p".split()
VP9 = "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 25 -b:v 300k".split()
VP8 = "-c:v libvpx -deadline realtime -cpu-used 8 -g 25 -b:v 300k".split()

RECIPES = {
    "demo.mp4": both(*H264, *AAC, seconds=10, video="testsrc2=size=640x360:rate=25"),
    "b_frames.mp4": both(*H264, *AAC),
    "b_frames.mkv": both(*H264, *AAC),
    "b_frames.ts": both(*H264, *AAC, "-f", "mpegts"),
    "baseline.flv": both(*H264, "-bf", "0", *AAC),
    "elementary.h264": video_only(*H264, "-bsf:v", "h264_mp4toannexb", "-f", "h264"),
    "audio.m4a": audio_only(*AAC),
    "audio.aac": audio_only(*AAC, "-f", "adts"),
    "audio.mp3": audio_only("-c:a", "libmp3lame", "-b:a", "96k"),
    "video.mp4": video_only(*H264),
    # A picture on the sleeve is a video stream of one frame, which is not broadcast.
    "cover.mp4": [*both(*H264, *AAC)[:8], "-f", "lavfi", "-i", "testsrc=size=64x64:rate=1:duration=1", "-map", "0", "-map",
                  "1", "-map", "2", "-t", str(SECONDS), *H264, *AAC, "-c:v:1", "png", "-disposition:v:1", "attached_pic"],
    "hevc.mp4": both(*HEVC, "-tag:v", "hvc1", *AAC),
    "hevc.ts": both(*HEVC, *AAC, "-f", "mpegts"),
    "av1.mkv": both(*AV1, *AAC),
    "vp9.mkv": both(*VP9, *AAC),
    "vp8.mkv": both(*VP8, *AAC),
    "opus.mkv": both(*H264, "-c:a", "libopus", "-b:a", "96k"),
    "av1_opus.mkv": both(*AV1, "-c:a", "libopus", "-b:a", "96k"),
    "flac.mkv": both(*H264, "-c:a", "flac"),
    "ac3.mkv": both(*H264, "-c:a", "ac3", "-b:a", "128k"),
    "eac3.mkv": both(*H264, "-c:a", "eac3", "-b:a", "128k"),
    "mp3.mkv": both(*H264, "-c:a", "libmp3lame", "-b:a", "96k"),
    # Two halves of a broadcast whose picture changes its size; files of MPEG-TS may be put one behind the other. The first
    # is shifted by the two frames that B-frames make its decode times begin before 0.
    "small_half.ts": both(*H264, *AAC, "-f", "mpegts", seconds=3, video="testsrc2=size=320x180:rate=25"),
    "large_half.ts": both(*H264, *AAC, "-output_ts_offset", "3.08", "-f", "mpegts", seconds=3,
                          video="testsrc2=size=640x360:rate=25"),
    "long.h264": video_only(*H264, "-bsf:v", "h264_mp4toannexb", "-f", "h264", seconds=25,
                            video="testsrc2=size=160x90:rate=25"),
    # Frames at uneven distances, none of them a multiple of the others.
    "variable_rate.mkv": both(*H264, *AAC, "-vf", "select='mod(n*n\\,7)-2',setpts=PTS+mod(N*N\\,5)*7/1000/TB",
                              "-fps_mode", "vfr"),
    "one_hour.mkv": both(*H264, *AAC, "-output_ts_offset", "3600"),
    "one_hour.ts": both(*H264, *AAC, "-output_ts_offset", "3600", "-f", "mpegts"),
    # Timestamps of the file itself around 0xFFFFFF ms, and around the 33 bits of MPEG-TS at 90 kHz.
    "cross_24_bits.flv": both(*H264, *AAC, "-output_ts_offset", "16774"),
    "wrap_33_bits.ts": both(*H264, *AAC, "-output_ts_offset", "95440", "-f", "mpegts"),
    # A frame a minute for five hours: the broadcast's own time crosses 0xFFFFFF ms.
    "five_hours.mkv": video_only(*H264, "-bf", "0", video="testsrc2=size=160x90:rate=1/60", seconds=5 * 3600),
    # A frame an hour for fifty days: the broadcast's own time wraps 2^32 ms.
    "fifty_days.mkv": video_only(*H264, "-bf", "0", video="testsrc2=size=160x90:rate=1/3600", seconds=50 * 86400),
    # Noise, losslessly: keyframes of over 1.5 MB.
    "huge_keyframe.mp4": both(*"-c:v libx264 -preset ultrafast -qp 0 -g 5 -bf 0 -pix_fmt yuv420p".split(), *AAC,
                              seconds=1, video="nullsrc=size=1440x900:rate=5,geq=random(1)*255:128:128"),
    # One such keyframe, three seconds from the beginning, among small ones.
    "one_huge_keyframe.mp4": both(*"-c:v libx264 -preset ultrafast -qp 0 -g 5 -bf 0 -pix_fmt yuv420p".split(), *AAC,
                                  seconds=8, video="nullsrc=size=1440x900:rate=5,"
                                                   "geq='if(eq(N,15),random(1)*255,128)':128:128"),
    # Noise again: more than a socket's buffers hold.
    "twenty_megabit.mp4": both(*"-c:v libx264 -preset ultrafast -g 25 -bf 2 -pix_fmt yuv420p -nal-hrd cbr".split(),
                               *"-b:v 20M -minrate 20M -maxrate 20M -bufsize 10M".split(), *AAC, seconds=8,
                               video="testsrc2=size=1280x720:rate=25,noise=alls=60:allf=t"),
    "speech.wav": audio_only("-c:a", "pcm_s16le", seconds=1),
    "vorbis.mkv": audio_only("-c:a", "libvorbis", seconds=1),
    "mjpeg.mkv": video_only("-c:v", "mjpeg", seconds=1),
    "still.png": ["-f", "lavfi", "-i", VIDEO, "-frames:v", "1"],
}


def clip(name):
    """Makes it if it is not there, or was made by another recipe."""
    recipe = RECIPES[name]
    CLIPS.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(repr(recipe).encode()).hexdigest()[:8]
    stem, _, suffix = name.rpartition(".")
    path = CLIPS / f"{stem}-{digest}.{suffix}"
    with open(CLIPS / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            aside = path.with_name(f"unfinished-{path.name}")
            command = [require("ffmpeg"), "-nostdin", "-hide_banner", "-loglevel", "error", "-y",
                       "-fflags", "+bitexact", *recipe, "-flags", "+bitexact", str(aside)]
            made = subprocess.run(command, capture_output=True, text=True, check=False)
            if made.returncode:
                raise AssertionError(f"ffmpeg could not make {name}: {made.stderr.strip()[-500:]}")
            aside.rename(path)
    return path
