"""A certification authority for tests, run by the openssl command."""

import subprocess

from harness import require


class Authority:
    def __init__(self, directory, name="Test Authority"):
        self.directory = directory / name.replace(" ", "-")
        self.directory.mkdir()
        self.key, self.certificate = self.directory / "ca.key", self.directory / "ca.pem"
        _openssl("req", "-x509", *NEW_KEY, "-keyout", self.key, "-out", self.certificate, "-days", "2",
                 "-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:TRUE",
                 "-addext", "keyUsage=critical,keyCertSign")

    def issue(self, name, subject_alternative="DNS:localhost,IP:127.0.0.1", days=2):
        """(certificate, key) of a server; `days` below zero: it has expired."""
        key, request = self.directory / f"{name}.key", self.directory / f"{name}.csr"
        extensions, certificate = self.directory / f"{name}.ext", self.directory / f"{name}.pem"
        _openssl("req", *NEW_KEY, "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        extensions.write_text(f"subjectAltName={subject_alternative}\nextendedKeyUsage=serverAuth\n")
        _openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial",
                 "-days", days, "-extfile", extensions, "-out", certificate)
        return certificate, key


NEW_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes".split()


def _openssl(*arguments):
    command = [require("openssl"), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"openssl {arguments[0]} failed: {done.stderr.strip()}")
