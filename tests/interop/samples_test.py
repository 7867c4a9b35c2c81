"""The sample programs, as a reader would try them: against servers of this project, each in a process of its own."""

import subprocess

from clips import clip
from harness import BIN, DeadPort, InteropTest, wait_until
from servers import Nginx, Origin

#: What stands before the url, and the exit code when nobody could be connected to.
SAMPLES = {
    "call_all": (["echo"], 3),
    "chat": (["ann"], 2),
    "find_server": ([], 2),
    "redirect": ([], 2),
    "slides": (["present"], 2),
    "webcast": (["lavfi:sine=frequency=440"], 2),
}


class SamplesTest(InteropTest):

    def sample(self, name, *arguments, expect=None):
        """Started with its standard input open; `expect`: wait until it has said this."""
        program = self.start([BIN / name, *arguments], name=name, stdin=subprocess.PIPE)
        if expect:
            program.wait_for_output(expect)
        return program

    def app(self, server, name):
        return f"rtmp://127.0.0.1:{server.port}/{name}"

    def type(self, program, line):
        program.process.stdin.write(line.encode() + b"\n")
        program.process.stdin.flush()

    def end(self, program):
        program.process.stdin.close()
        self.assertEqual(program.wait(), 0, program.report())

    def test_slides_are_followed_at_every_master(self):
        one, two = Origin(self), Origin(self)
        first = self.sample("slides", "view", self.app(one, "training"))
        second = self.sample("slides", "view", self.app(two, "training"))
        presenter = self.sample("slides", "present", self.app(one, "training"), self.app(two, "training"),
                                expect="Type a slide")
        self.type(presenter, "7")
        first.wait_for_output("slide 7")
        second.wait_for_output("slide 7")
        self.type(presenter, "8")
        first.wait_for_output("slide 8")
        second.wait_for_output("slide 8")

        late = self.sample("slides", "view", self.app(two, "training"), expect="slide 8")
        for program in (presenter, first, second, late):
            self.end(program)

    def test_slides_refuses_what_is_no_number(self):
        one = Origin(self)
        presenter = self.sample("slides", "present", self.app(one, "training"), expect="Type a slide")
        self.type(presenter, "seven")
        presenter.wait_for_output("is no slide's number")
        self.end(presenter)

    def test_a_slide_that_is_typed_and_left_at_once_is_seen_at_every_master(self):
        one, two = Origin(self), Origin(self)
        masters = self.app(one, "training"), self.app(two, "training")
        viewers = [self.sample("slides", "view", master) for master in masters]
        first = self.sample("slides", "present", *masters)
        self.type(first, "4")
        for viewer in viewers:
            viewer.wait_for_output("slide 4")
        self.end(first)
        # The second one shows what is there already, and still has its answer.
        for slide in 5, 5, 6:
            presenter = self.sample("slides", "present", *masters)
            self.type(presenter, str(slide))
            self.end(presenter)
            self.assertEqual(presenter.stderr, "")
        for viewer in viewers:
            viewer.wait_for_output("slide 6")
            self.assertEqual(viewer.stdout, "slide 4\nslide 5\nslide 6\n")
            self.end(viewer)

    def test_a_slide_that_nobody_takes_is_told(self):
        nginx = Nginx(self)
        presenter = self.sample("slides", "present", self.app(nginx, "live"))
        presenter.process.stdin.write(b"5\n")
        presenter.process.stdin.close()
        self.assertEqual(presenter.wait(), 3, presenter.report())
        self.assertIn("slides: slide 5 has not reached every server\n", presenter.stderr)

    def test_chat_spans_two_masters_through_a_relaying_presenter(self):
        one, two = Origin(self), Origin(self)
        relay = self.sample("chat", "--relay", "presenter", self.app(one, "chat"), self.app(two, "chat"))
        ann = self.sample("chat", "ann", self.app(one, "chat"))
        bob = self.sample("chat", "bob", self.app(two, "chat"))
        # What is said before a listener has joined is kept: it need not be waited for.
        self.type(ann, "hello from one")
        bob.wait_for_output("ann: hello from one")
        self.type(bob, "hello from two")
        ann.wait_for_output("bob: hello from two")
        relay.wait_for_output("bob: hello from two")
        for program in (ann, bob, relay):
            self.end(program)

    def test_chat_loses_no_line_of_a_fast_speaker(self):
        one = Origin(self)
        bob = self.sample("chat", "bob", self.app(one, "chat"))
        ann = self.sample("chat", "ann", self.app(one, "chat"))
        lines = [f"line {number}" for number in range(20)]
        ann.process.stdin.write("".join(line + "\n" for line in lines).encode())
        self.end(ann)
        bob.wait_for_output("ann: line 19")
        self.assertEqual(sorted(bob.stdout.splitlines()), sorted(f"ann: {line}" for line in lines))
        self.end(bob)

    def test_chat_reaches_a_master_that_was_restarted(self):
        """What it held is gone with it: it is brought up to date with what was said before, and while it was away."""
        one, two = Origin(self), Origin(self)
        relay = self.sample("chat", "--relay", "presenter", self.app(one, "chat"), self.app(two, "chat"))
        ann = self.sample("chat", "ann", self.app(one, "chat"))
        early = self.sample("chat", "early", self.app(two, "chat"))
        self.type(ann, "before")
        early.wait_for_output("ann: before")
        two.program.kill()
        self.type(ann, "while you were away")
        relay.wait_for_output("ann: while you were away")
        two.restart()
        late = self.sample("chat", "late", self.app(two, "chat"), expect="ann: before")
        late.wait_for_output("ann: while you were away")
        early.wait_for_output("ann: while you were away")
        self.type(late, "I am back")
        ann.wait_for_output("late: I am back")
        for program in (ann, early, late, relay):
            self.end(program)

    def test_call_all_gets_a_reply_from_each_server(self):
        one, two = Origin(self), Origin(self)
        program = self.run_program([BIN / "call_all", "echo", self.app(one, "app"), self.app(two, "app")])
        self.assertEqual(program.exit_code, 0, program.report())
        self.assertEqual(program.stdout.count('returned "from call_all"'), 2, program.report())

    def test_call_all_reports_a_method_that_is_not_there(self):
        one = Origin(self)
        program = self.run_program([BIN / "call_all", "noSuchMethod", self.app(one, "app")])
        self.assertEqual(program.exit_code, 3, program.report())
        self.assertIn("NetConnection.Call.Failed", program.stdout)

    def test_a_server_without_shared_objects_is_told_once_and_the_object_lives_on_the_others(self):
        one, nginx, two = Origin(self), Nginx(self), Origin(self)
        viewers = [self.sample("slides", "view", self.app(server, "live")) for server in (one, two)]
        program = self.sample("webcast", "lavfi:sine=frequency=440", self.app(one, "live"), self.app(nginx, "live"),
                              self.app(two, "live"))
        for server in (one, nginx, two):
            wait_until(lambda: server.publishers("webCastName") == 1, "the webcast to be on air")
        presenter = self.sample("slides", "present", self.app(one, "live"), self.app(nginx, "live"),
                                self.app(two, "live"), expect="Type a slide")
        self.type(presenter, "3")
        for viewer in viewers:
            viewer.wait_for_output("slide 3")
        program.wait_for_output("SharedObject.Unsupported")
        presenter.wait_for_output("SharedObject.Unsupported")
        # Asking has cost nginx's stream nothing.
        self.assertEqual(nginx.publishers("webCastName"), 1)
        for each in (presenter, program, *viewers):
            self.end(each)
        for each in (program, presenter):
            self.assertEqual((each.stdout + each.stderr).count("SharedObject.Unsupported"), 1, each.report())

    def test_call_all_reports_nginx_which_never_answers(self):
        one, nginx = Origin(self), Nginx(self)
        program = self.run_program([BIN / "call_all", "echo", self.app(one, "live"), self.app(nginx, "live")])
        self.assertEqual(program.exit_code, 3, program.report())
        self.assertIn('returned "from call_all"', program.stdout)
        self.assertEqual(program.stdout.count("NetConnection.Call.TimedOut"), 1, program.report())

    def test_webcast_publishes_the_microphone_and_syncs_its_object_on_both_servers(self):
        one, two = Origin(self), Origin(self)
        program = self.sample("webcast", "lavfi:sine=frequency=440", self.app(one, "test"), self.app(two, "test"))
        program.wait_for_output("NetConnection.Setup.Success")
        program.wait_for_output("so synced")
        for server in (one, two):
            wait_until(lambda: server.publishers("webCastName") == 1, "the webcast to be on air")
        wait_until(lambda: program.stdout.count("NetStream.Publish.Start") == 2, "both statuses")
        self.end(program)

    def test_every_sample_explains_itself(self):
        for name in SAMPLES:
            with self.subTest(name):
                program = self.run_program([BIN / name, "--help"])
                self.assertEqual((program.exit_code, program.stderr), (0, ""), program.report())
                self.assertRegex(program.stdout, rf"^usage: {name} [^\n]+\n$")

    def test_every_sample_refuses_a_wrong_command_line_in_one_line(self):
        wrong = [[name] for name in SAMPLES]
        wrong += [[name, *before, "--nonsense", "rtmp://127.0.0.1/app"] for name, (before, _) in SAMPLES.items()]
        wrong += [["chat", "--relay", "ann"], ["chat", "", "rtmp://127.0.0.1/app"], ["slides", "watch", "rtmp://127.0.0.1/app"],
                  ["find_server", "--count"], ["find_server", "--count", "2"],
                  *(["find_server", "--count", count, "http://127.0.0.1"] for count in ("0", "17", "5x", "-5", "")),
                  ["redirect", "rtmp://127.0.0.1/app", "rtmp://127.0.0.1/app"],
                  ["publish_minimal"], ["publish_minimal", "--help"]]
        for name, *arguments in wrong:
            with self.subTest([name, *arguments]):
                program = self.run_program([BIN / name, *arguments])
                self.assertEqual((program.exit_code, program.stdout), (1, ""), program.report())
                self.assertRegex(program.stderr, rf"^usage: {name} [^\n]+\n$")

    def test_every_sample_says_why_it_cannot_connect(self):
        """Also with its standard input open: nobody has to end it."""
        dead = DeadPort()
        for kind, url, reason in (("a bad url", "nonsense://127.0.0.1/app", "begin with"),
                                  ("a dead server", dead.url("app"), "refused")):
            programs = {name: self.sample(name, *before, url.replace("rtmp", "http") if name == "find_server" else url)
                        for name, (before, _) in SAMPLES.items()}
            for name, program in programs.items():
                with self.subTest(kind, name=name):
                    self.assertEqual(program.wait(), SAMPLES[name][1], program.report())
                    self.assertIn(reason, program.stderr)
                    self.assertTrue(program.stderr.startswith(name + ": "), program.report())
                    # find_server has a line for each balancer below its own.
                    self.assertEqual(program.stderr.count("\n"), 2 if name == "find_server" else 1, program.report())

    def test_publish_minimal_says_in_one_line_what_it_cannot_open(self):
        film = clip("b_frames.mp4")
        for arguments, reason in (([self.path("none.mp4"), "rtmp://127.0.0.1/app/one", "rtmp://127.0.0.1/app/two"], "none.mp4"),
                                  ([film, "http://x", "rtmp://127.0.0.1/app/two"], "URL")):
            with self.subTest(reason):
                program = self.run_program([BIN / "publish_minimal", *arguments])
                self.assertEqual((program.exit_code, program.stdout), (1, ""), program.report())
                self.assertRegex(program.stderr, rf"^[^\n]*{reason}[^\n]*\n$")
