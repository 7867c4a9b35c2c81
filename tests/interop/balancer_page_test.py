"""The balancer's status page in headless Chromium: it shows the edges, fits a phone, and pauses with the token only."""

import socket

from chromium import Page
from cluster import TOKEN, Agent, Balancer
from harness import SOURCE, InteropTest, wait_until
from servers import Origin

#: What ffmpeg says up to its connect.
CONNECT = (SOURCE / "tests/vectors/clients/ffmpeg_play.bin").read_bytes()


class BalancerPageTest(InteropTest):
    def setUp(self):
        super().setUp()
        self.balancer = Balancer(self)
        self.edge = Origin(self)
        Agent(self, self.edge, [self.balancer], "--capacity", "100")
        self.balancer.wait_for_edges(1)

    def open(self, **size):
        page = Page(f"http://127.0.0.1:{self.balancer.admin_port}/", **size)
        self.addCleanup(page.close)
        page.wait_for("document.querySelectorAll('#edges li').length === 1", "the edge on the page")
        return page

    def test_shows_edges_and_history(self):
        page = self.open()
        self.assertIn(f"127.0.0.1:{self.edge.port}", page.evaluate("document.querySelector('#edges li').innerText"))
        page.wait_for("document.getElementById('mean').getAttribute('d')", "the history")
        line = page.evaluate("document.getElementById('mean').getAttribute('d')")
        self.assertRegex(line, r"^M[\d.]+ [\d.]+(L[\d.]+ [\d.]+)+$")
        self.assertEqual(page.complaints(), [])

    def test_a_bar_is_as_wide_as_its_edge_is_loaded(self):
        for _ in range(25):
            client = socket.create_connection(("127.0.0.1", self.edge.port))
            self.addCleanup(client.close)
            client.sendall(CONNECT)
        # Of 100. The agent's own question whether the server answers is a connection too, for a moment.
        wait_until(lambda: self.balancer.server(self.edge)["load"] == 0.25, "the load to be reported")
        page = self.open()
        page.wait_for("document.querySelector('#edges rect').getAttribute('width') === '25'", "the bar")
        shown = page.evaluate("(() => { const width = (name) => document.querySelector(name).getBoundingClientRect().width;"
                              "return width('#edges rect') / width('#edges svg') })()")
        self.assertAlmostEqual(shown, 0.25, places=2)
        page.wait_for("document.querySelector('#edges .facts').innerText.includes('25\u00a0of\u00a0100')", "the figures")

    def test_fits_a_phone_and_a_desk(self):
        for width, height, mobile in ((390, 844, True), (1280, 900, False)):
            with self.subTest(width):
                page = self.open(width=width, height=height, mobile=mobile)
                self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), width)
                # A finger's width.
                self.assertGreaterEqual(
                    page.evaluate("document.querySelector('#edges button').getBoundingClientRect().height"), 40)

    def test_pauses_with_the_token_only(self):
        page = self.open()
        page.evaluate("document.querySelector('#edges button').click()")
        self._unlock(page, "this is not the token")
        page.wait_for("document.getElementById('complaint').textContent", "the complaint")
        self.assertEqual(self.balancer.status_of(self.edge), "running")
        self._unlock(page, TOKEN)
        page.wait_for("document.querySelector('#edges button').textContent === 'Unpause'", "the pause")
        self.assertEqual(self.balancer.status_of(self.edge), "paused")
        self.assertEqual(self.balancer.look_up(), [])
        page.evaluate("document.querySelector('#edges button').click()")
        page.wait_for("document.querySelector('#edges button').textContent === 'Pause'", "the end of the pause")
        kept = page.evaluate("JSON.stringify([localStorage.length, sessionStorage.length, document.cookie])")
        self.assertEqual(kept, '[0,0,""]')

    def _unlock(self, page, token):
        page.evaluate(f"document.getElementById('token').value = {token!r};"
                      "document.getElementById('unlock').requestSubmit()")
