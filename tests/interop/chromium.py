"""Headless Chromium, driven over its debugging pipe (--remote-debugging-pipe: JSON messages that end with a zero byte)."""

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

from harness import PATIENCE, require, wait_until


class Page:
    """One page of a browser of its own, `width` by `height` CSS pixels."""

    def __init__(self, url, width=1280, height=900, mobile=False):
        self._profile = tempfile.mkdtemp(prefix="multiconn-chromium-")
        self._number, self._rest, self.events = 0, b"", []
        their_in, self._out = os.pipe()
        self._in, their_out = os.pipe()

        def place_pipes():
            # Chromium reads from descriptor 3 and writes to 4.
            inbound, outbound = os.dup(their_in), os.dup(their_out)
            os.dup2(inbound, 3), os.dup2(outbound, 4)

        self._process = subprocess.Popen(
            [require("chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--remote-debugging-pipe", f"--user-data-dir={self._profile}", "about:blank"],
            close_fds=False, preexec_fn=place_pipes, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(their_in), os.close(their_out)
        self._session = None
        target = wait_until(self._page_target, "a page of Chromium")
        self._session = self.command("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.command(f"{domain}.enable")
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)
        self.command("Page.navigate", url=url)

    def evaluate(self, script):
        """The value of a JavaScript expression; promises are waited for."""
        answer = self.command("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise AssertionError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait_for(self, script, what):
        return wait_until(lambda: self.evaluate(script), what)

    def screenshot(self, path, whole=True):
        shot = self.command("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))

    def complaints(self):
        """Errors of scripts, of the content security policy and of the console."""
        self.evaluate("0")
        return [event for event in self.events
                if event["method"] == "Runtime.exceptionThrown"
                or event["method"] == "Log.entryAdded" and event["params"]["entry"]["level"] == "error"]

    def command(self, method, **parameters):
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self._receive(deadline)
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                return answer["result"]
            if "method" in answer:
                self.events.append(answer)

    def close(self):
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()
        os.close(self._in), os.close(self._out)
        shutil.rmtree(self._profile, ignore_errors=True)

    def _page_target(self):
        targets = self.command("Target.getTargets")["targetInfos"]
        return next((target["targetId"] for target in targets if target["type"] == "page"), None)

    def _receive(self, deadline):
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise AssertionError("Chromium does not answer")
            piece = os.read(self._in, 65536)
            if not piece:
                raise AssertionError("Chromium has ended")
            self._rest += piece
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)
