"""tools/demo: it finds everything equal, also at the master that was away, and says so only if it is."""

import sys

import demo
from clips import clip
from harness import SOURCE, InteropTest


class ArgumentsTest(InteropTest):
    """They are looked at before anything is installed or built."""

    def refused(self, tool, *arguments):
        program = self.run_program([SOURCE / "tools" / tool, *arguments])
        self.assertEqual((program.exit_code, program.stdout), (1, ""), program.stderr)
        self.assertEqual(program.stderr.count("\n"), 1, program.stderr)
        return program.stderr

    def test_a_film_that_is_not_there(self):
        self.assertEqual(self.refused("demo", "/nowhere"), "demo: cannot read /nowhere\n")

    def test_two_films(self):
        self.assertEqual(self.refused("demo", clip("cover.mp4"), clip("cover.mp4")), "demo: takes one film, not 2\n")

    def test_an_option_that_check_does_not_have(self):
        self.assertEqual(self.refused("check", "--bogus"), "check: unknown option --bogus (--sanitize, --long)\n")

    def test_help(self):
        for tool in ("demo", "check"):
            program = self.run_program([SOURCE / "tools" / tool, "--help"])
            self.assertEqual((program.exit_code, program.stderr), (0, ""))
            self.assertTrue(program.stdout.startswith(f"tools/{tool} ["), program.stdout)


class DemoTest(InteropTest):
    def test_a_film_with_a_cover_picture_as_a_whole(self):
        program = self.run_program([sys.executable, SOURCE / "tests/interop/demo.py", clip("cover.mp4")], timeout=90)
        self.assertEqual(program.exit_code, 0, program.stdout + program.stderr)
        self.assertRegex(program.stdout, r"(?m)^server +connect ms +publish ms +frames +lost +verdict$")
        self.assertEqual(program.stdout.count("every packet equal"), 2)
        self.assertGreater(self.path("demo-output/master-2.png").stat().st_size, 0)
        self.assertRegex(program.stdout, r"it listens again .* and a player has its picture \d+ ms after that")
        self.assertIn("back; every packet from ", program.stdout)
        self.assertGreater(self.path("demo-output/returned.png").stat().st_size, 0)
        self.assertIn("none of them named it", program.stdout)

    def test_the_beginning_of_a_longer_film_without_timestamps(self):
        source, seconds = clip("long.h264"), 3
        demo.OUTPUT = self.directory
        self.assertEqual(self.shown(source, seconds, *self.broadcast(source, seconds)), 0)

    def test_one_packet_less_is_seen(self):
        source, seconds = clip("b_frames.mp4"), 3
        demo.OUTPUT = self.directory
        code, rows, captures = self.broadcast(source, seconds)
        self.assertEqual(self.shown(source, seconds, code, rows, captures), 0)
        in_the_middle, last = 20, seconds * 25 - 1
        for lost in (in_the_middle, last):
            tampered = [captures[0], self.without_picture(lost, captures[1])]
            self.assertEqual(self.shown(source, seconds, code, rows, tampered), 1, f"without picture {lost}")

    def test_a_changed_payload_is_seen(self):
        source = clip("baseline.flv")
        self.assertTrue(demo.judge(self, source, source, demo.LONGEST)[0])
        tampered = self.path("tampered.flv")
        made = self.run_program(["ffmpeg", "-nostdin", "-v", "error", "-i", source, "-map", "0", "-c", "copy", "-copyts",
                                 "-bsf:v", "noise=amount=-50:drop=0", tampered])
        self.assertEqual(made.exit_code, 0, made.stderr)
        self.assertFalse(demo.judge(self, source, tampered, demo.LONGEST)[0])

    def test_one_packet_less_at_the_returned_master_is_seen(self):
        source = clip("demo.mp4")
        demo.OUTPUT = self.directory
        code, rows, captures, casualty = demo.broadcast(self, demo.Cluster(self), source, demo.Casualty(self))
        self.assertEqual(demo.show(self, source, code, rows, captures, casualty), 0)
        casualty.player.capture = self.without_picture(30, casualty.player.finish())
        self.assertEqual(demo.show(self, source, code, rows, captures, casualty), 1)

    def broadcast(self, source, seconds):
        """Of which nobody is killed."""
        return demo.broadcast(self, demo.Cluster(self), source, None, seconds)[:3]

    def shown(self, source, seconds, code, rows, captures):
        return demo.show(self, source, code, rows, captures, seconds=seconds)

    def without_picture(self, number, capture):
        path = self.path(f"without-{number}.flv")
        made = self.run_program(["ffmpeg", "-nostdin", "-v", "error", "-i", capture, "-map", "0", "-c", "copy", "-copyts",
                                 "-copyinkf", "-bsf:v", f"noise=drop=eq(n\\,{number}):amount=0", path])
        self.assertEqual(made.exit_code, 0, made.stderr)
        return path
