"""A web server for inputs: it says how long a film is, and may send less of it."""

import http.server
import threading


class WebServer:
    """On a port that the kernel chose, until close(). It knows no ranges, so nobody can go back in what it sends."""

    def __init__(self, content, end=None):
        """`end`: how many bytes it sends of those that it has promised; all where it is not given."""
        handler = type("Handler", (_Handler,), {"content": content, "end": end})
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def url(self, name):
        return f"http://127.0.0.1:{self._server.server_port}/{name}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        try:
            self.wfile.write(self.content[:self.end])
        except ConnectionError:
            pass  # the reader has seen enough

    def log_message(self, *_):
        pass
