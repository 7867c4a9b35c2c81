"""Stream keys, passwords and query values are seen by the server alone, also while servers fail, come back, refuse, redirect
and repeat them in their own words."""

import urllib.request

from canary import KEY, PASSWORD, TOKEN, CanaryTest
from chatterer import Chatterer, reject
from clips import clip
from harness import DeadPort
from publisher import Publisher
from servers import Nginx, Origin

RECONNECTING = "NetConnection.Connect.Reconnecting"
START = "NetStream.Publish.Start"
CAPTURE = "capture:lavfi:testsrc2=size=320x240:rate=25+lavfi:sine=frequency=440:sample_rate=48000"
LIBRTMP = ("--engine", "librtmp")


class BroadcastTest(CanaryTest):
    def begin(self, urls, *options, source=None):
        looping = ("--loop",) if source is None else ()
        self.publisher = Publisher(self, source or clip("demo.mp4"), [f"{url}?token={TOKEN}" for url in urls], "--require",
                                   "any", "--setup-timeout", "1s", *looping, *options)

    def end(self):
        self.look_at_processes()
        self.publisher.program.terminate()
        self.assert_secret()

    def wait_for(self, code, server, count=1):
        self.wait_until(lambda: self.publisher.codes(server).count(code) >= count, f"{code} of server {server}")

    def killed_and_returned(self, *options):
        servers = [Origin(self, "--log-level", "trace", show_names=False), Nginx(self)]
        self.begin([server.url(KEY) for server in servers], *options)
        for number in range(2):
            self.wait_for(START, number)
        for number, server in enumerate(servers):
            server.program.kill()
            self.wait_for(RECONNECTING, number, 2)
            server.restart()
            self.wait_for(START, number, 2)
        for page in ("", "status.json"):
            with urllib.request.urlopen(f"http://127.0.0.1:{servers[0].http_port}/{page}", timeout=10) as answer:
                self.tell(f"the origin's /{page}", answer.read().decode())
        self.end()

    def refused(self, *options):
        def chatterer(answer):
            made = Chatterer(answer)
            self.addCleanup(made.close)
            return made
        talker = chatterer(lambda: reject(f"{KEY} {TOKEN}"))
        redirector = chatterer(lambda: reject(KEY, redirect=f"{talker.server}/live/{KEY}?token={TOKEN}"))
        guarded = chatterer(lambda: reject(f"{KEY} {TOKEN} {PASSWORD}"))
        origin, dead = Origin(self, show_names=False), DeadPort()
        self.begin([origin.url(KEY), talker.url(KEY), redirector.url(KEY), dead.url(KEY),
                    f"rtmp://someone:{PASSWORD}@127.0.0.1:{guarded.port}/live/{KEY}"], *options)
        for number in (1, 2, 3, 4):
            self.wait_for(RECONNECTING, number, 3)
        self.end()

    def test_servers_that_are_killed_and_return(self):
        for level in ("debug", "info"):
            with self.subTest(level):
                self.killed_and_returned("--log-level", level)

    def test_servers_that_are_killed_and_return_by_librtmp(self):
        self.killed_and_returned("--log-level", "debug", *LIBRTMP)

    def test_servers_that_repeat_it_when_they_refuse(self):
        self.refused("--log-level", "debug")

    def test_servers_that_repeat_it_when_they_refuse_by_librtmp(self):
        self.refused("--log-level", "debug", *LIBRTMP)

    def test_what_is_captured_and_encoded(self):
        origin = Origin(self, show_names=False)
        for source, *options in ((CAPTURE, "--video-bitrate", "1M"), (clip("demo.mp4"), "--transcode=always")):
            with self.subTest(options):
                self.begin([origin.url(KEY)], "--log-level", "debug", "--video-size", "160x120", *options, source=source)
                self.wait_for(START, 0)
                self.publisher.wait_for_frames(10)
                self.end()

    def test_an_input_that_cannot_be_opened(self):
        publisher = Publisher(self, f"http://someone:{PASSWORD}@127.0.0.1:1/{KEY}?token={TOKEN}", [DeadPort().url(KEY)],
                              "--log-level", "debug")
        publisher.program.wait()
        self.assertEqual(publisher.program.exit_code, 1)
        self.assert_secret()
