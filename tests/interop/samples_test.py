"""The sample programs, as a reader would try them: against servers of this project, each in a process of its own."""

import subprocess

from harness import BIN, InteropTest, wait_until
from servers import Nginx, Origin


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
        viewer = self.sample("slides", "view", self.app(two, "live"))
        program = self.sample("webcast", "lavfi:sine=frequency=440", self.app(one, "live"), self.app(nginx, "live"),
                              self.app(two, "live"))
        for server in (one, nginx, two):
            wait_until(lambda: server.publishers("webCastName") == 1, "the webcast to be on air")
        presenter = self.sample("slides", "present", self.app(one, "live"), self.app(nginx, "live"),
                                self.app(two, "live"), expect="Type a slide")
        self.type(presenter, "3")
        viewer.wait_for_output("slide 3")
        program.wait_for_output("SharedObject.Unsupported")
        presenter.wait_for_output("SharedObject.Unsupported")
        for each in (program, presenter):
            self.assertEqual((each.stdout + each.stderr).count("SharedObject.Unsupported"), 1, each.report())
        # Asking has cost nginx's stream nothing.
        self.assertEqual(nginx.publishers("webCastName"), 1)
        for each in (presenter, program, viewer):
            self.end(each)

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
