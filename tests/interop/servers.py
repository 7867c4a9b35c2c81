"""RTMP servers and players that are not ours, and multiconn-origin, each ready to use when its function returns."""

import json
import re
import urllib.error
import urllib.request
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from harness import BIN, free_port, wait_until

NGINX_MODULES = Path("/usr/lib/nginx/modules")

NGINX_CONFIG = """\
load_module {modules}/ngx_rtmp_module.so;
{load_stream}
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 256; }}
rtmp {{
    access_log off;
    {max_message}
    server {{
        listen 127.0.0.1:{port};
        ping 5s;
        application live {{ live on; publish_notify on; {live_options} }}
    }}
}}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    server {{
        listen 127.0.0.1:{http_port};
        location /stat {{ rtmp_stat all; }}
    }}
}}
{stream_section}
"""


class Nginx:
    """nginx with the RTMP module, application "live"."""

    def __init__(self, stage, tls=None, live_options="", max_message="16M"):
        """`tls`: (certificate, key) of a TLS terminator in front of it, on tls_port. `max_message`: None is 1M."""
        _require_module("ngx_rtmp_module.so", "libnginx-mod-rtmp")
        if tls:
            _require_module("ngx_stream_module.so", "libnginx-mod-stream")
        # nginx cannot be told to choose its ports: another program may take one first.
        arguments = (stage, tls, live_options, max_message)
        if not self._start(*arguments) and not self._start(*arguments):
            raise AssertionError(f"nginx did not start: {self.program.stderr.strip()[-500:]}")

    def _start(self, stage, tls, live_options, max_message):
        """Whether it listens: False if a port was taken."""
        self._stage = stage
        self.port, self.http_port = free_port(), free_port()
        self.tls_port = free_port() if tls else None
        directory = stage.path(f"nginx-{self.port}")
        directory.mkdir()
        config = directory / "nginx.conf"
        config.write_text(NGINX_CONFIG.format(
            modules=NGINX_MODULES, directory=directory, port=self.port, http_port=self.http_port,
            live_options=live_options, max_message=f"max_message {max_message};" if max_message else "",
            load_stream=f"load_module {NGINX_MODULES}/ngx_stream_module.so;" if tls else "",
            stream_section=self._stream_section(*tls) if tls else ""))
        self._command = ["nginx", "-p", directory, "-c", config, "-e", "stderr"]
        try:
            self.restart()
        except AssertionError:
            if "Address already in use" not in self.program.stderr:
                raise
            self.program.kill()
            return False
        return True

    def restart(self):
        """Starts it on the same ports, after it was killed."""
        self.program = self._stage.start(self._command)
        for port in filter(None, (self.port, self.http_port, self.tls_port)):
            self.program.wait_until_listening(port)

    def url(self, stream):
        return f"rtmp://127.0.0.1:{self.port}/live/{stream}"

    def players(self, stream):
        """How many clients play it now."""
        return sum(client.find("publishing") is None for client in self._clients(stream))

    def publishers(self, stream):
        return sum(client.find("publishing") is not None for client in self._clients(stream))

    def _clients(self, stream):
        page = ElementTree.fromstring(_get(f"http://127.0.0.1:{self.http_port}/stat"))
        return [client for entry in page.iter("stream") if entry.findtext("name") == stream
                for client in entry.iter("client")]

    def _stream_section(self, certificate, key):
        return (f"stream {{ server {{ listen 127.0.0.1:{self.tls_port} ssl; ssl_certificate {certificate}; "
                f"ssl_certificate_key {key}; proxy_pass 127.0.0.1:{self.port}; }} }}")


class Origin:
    """multiconn-origin, on ports that the kernel chose."""

    def __init__(self, stage, *arguments, show_names=True, host="127.0.0.1", port=0):
        """`host`: an IPv6 address in brackets."""
        self._stage, self._host = stage, host
        self._arguments = [*arguments, *(["--show-names"] if show_names else [])]
        self._start(port)

    def restart(self):
        """Starts it on the same RTMP port, after it was killed."""
        self._start(self.port)

    def _start(self, port):
        self.program = self._stage.start([BIN / "multiconn-origin", "--listen", f"{self._host}:{port}", "--http",
                                          "127.0.0.1:0", *self._arguments])
        self.program.wait_for_output("listening http ")
        ports = dict(re.findall(r"listening (rtmp|http)s? \S*:(\d+)", self.program.stdout))
        self.port, self.http_port = int(ports["rtmp"]), int(ports["http"])

    def url(self, stream):
        return f"rtmp://{self._host}:{self.port}/live/{stream}"

    def status(self):
        return json.loads(_get(f"http://127.0.0.1:{self.http_port}/status.json"))

    def players(self, stream):
        """How many clients play it, or wait for its publisher."""
        return sum(entry["players"] + entry["waiting_players"] for entry in self._streams(stream))

    def publishers(self, stream):
        return sum(entry["publisher"] is not None for entry in self._streams(stream))

    def _streams(self, name):
        return [stream for stream in self.status()["streams"] if stream["name"] == name]


class FfmpegPlayer:
    """ffmpeg, copying what a server plays into an FLV file without touching it."""

    def __init__(self, stage, server, stream, capture=None):
        self.capture = capture or stage.path(f"capture-{server.port}-{stream.replace('/', '_')}.flv")
        before = server.players(stream)
        self.program = stage.start([
            "ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "warning", "-y",
            "-rtmp_live", "live", "-i", server.url(stream),
            "-map", "0", "-c", "copy", "-copyts", "-copyinkf", "-f", "flv", "-flvflags", "no_duration_filesize",
            self.capture])
        wait_until(lambda: server.players(stream) > before, f"the player to appear at {server.url(stream)}")

    def finish(self, timeout=30):
        """The capture, once the server has ended the stream."""
        self.program.wait(timeout)
        return self.capture


class RtmpdumpPlayer:
    """librtmp's rtmpdump, writing the tags as they come."""

    def __init__(self, stage, server, stream):
        self.capture = stage.path(f"rtmpdump-{server.port}-{stream}.flv")
        before = server.players(stream)
        self.program = stage.start(["rtmpdump", "--live", "--quiet", "--timeout", "30", "-r", server.url(stream),
                                   "-o", self.capture])
        wait_until(lambda: server.players(stream) > before, f"rtmpdump to appear at {server.url(stream)}")

    def finish(self, timeout=30):
        self.program.wait(timeout)
        return self.capture


def _require_module(name, package):
    if not (NGINX_MODULES / name).exists():
        raise AssertionError(f"nginx's {name} ({package}) is not installed: run tools/install-deps")


def _get(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.read()
    except urllib.error.URLError as error:
        raise AssertionError(f"{url}: {error}") from None
