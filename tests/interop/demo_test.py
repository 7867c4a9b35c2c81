"""tools/demo: it finds everything equal, and says so only if it is."""

import sys

import demo
from clips import clip
from harness import SOURCE, InteropTest


class DemoTest(InteropTest):
    def test_a_film_with_a_cover_picture_as_a_whole(self):
        program = self.run_program([sys.executable, SOURCE / "tests/interop/demo.py", clip("cover.mp4")], timeout=90)
        self.assertEqual(program.exit_code, 0, program.stdout + program.stderr)
        self.assertEqual(program.stdout.count("every packet equal"), 2)
        self.assertGreater(self.path("demo-output/master-2.png").stat().st_size, 0)
        self.assertIn("none of them named it", program.stdout)

    def test_the_beginning_of_a_longer_film_without_timestamps(self):
        source, seconds = clip("long.h264"), 3
        demo.OUTPUT = self.directory
        self.assertEqual(demo.show(self, source, *demo.broadcast(self, demo.Cluster(self), source, seconds), seconds), 0)

    def test_one_packet_less_is_seen(self):
        source, seconds = clip("b_frames.mp4"), 3
        demo.OUTPUT = self.directory
        code, rows, captures = demo.broadcast(self, demo.Cluster(self), source, seconds)
        self.assertEqual(demo.show(self, source, code, rows, captures, seconds), 0)
        in_the_middle, last = 20, seconds * 25 - 1
        for lost in (in_the_middle, last):
            tampered = [captures[0], self.without_picture(lost, captures[1])]
            self.assertEqual(demo.show(self, source, code, rows, tampered, seconds), 1, f"without picture {lost}")

    def test_a_changed_payload_is_seen(self):
        source = clip("baseline.flv")
        self.assertTrue(demo.judge(self, source, source, demo.LONGEST)[0])
        tampered = self.path("tampered.flv")
        made = self.run_program(["ffmpeg", "-nostdin", "-v", "error", "-i", source, "-map", "0", "-c", "copy", "-copyts",
                                 "-bsf:v", "noise=amount=-50:drop=0", tampered])
        self.assertEqual(made.exit_code, 0, made.stderr)
        self.assertFalse(demo.judge(self, source, tampered, demo.LONGEST)[0])

    def without_picture(self, number, capture):
        path = self.path(f"without-{number}.flv")
        made = self.run_program(["ffmpeg", "-nostdin", "-v", "error", "-i", capture, "-map", "0", "-c", "copy", "-copyts",
                                 "-copyinkf", "-bsf:v", f"noise=drop=eq(n\\,{number}):amount=0", path])
        self.assertEqual(made.exit_code, 0, made.stderr)
        return path
