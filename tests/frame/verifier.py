# SPDX-License-Identifier: GPL-2.0-or-later
"""The verifier's service on the loopback, and simulated hosts that speak with it."""

import base64
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import time

CONFIG = """[service]
listen = 127.0.0.1
port = {port}
directory = {top}/state
{service}
[trust]
directory = {top}/trust
{trust}
[enrolment]
ek-certificates = {top}/ek
{enrolment}
[rounds]
{rounds}
[events]
{events}
[limits]
connections-per-address = 400
{limits}
"""


def free_port():
    """A port that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Answer:
    """One round's or enrolment's line of the simulated host."""

    def __init__(self, line):
        self.command, status, self.state, self.text = (line.split(" ", 3) + [""])[:4]
        self.status = int(status)

    def __repr__(self):
        return f"{self.command} {self.status} {self.state} {self.text}"


class Verifier:
    """A directory with a configuration, and the service that runs by it."""

    def __init__(self, top, build, keys, **sections):
        self.top = top
        self.build = build
        self.key, self.cert, self.other = keys
        self.sections = {"service": "", "trust": "boot = unmeasured",
                         "enrolment": "without-certificate = admin", "rounds": "", "events": "",
                         "limits": ""} | sections
        self.port = free_port()
        self.process = None
        self.ca = top / "state/tls.crt"
        self.seed = "soft"
        (top / "trust/local").mkdir(parents=True)
        (top / "ek").mkdir()
        (top / "trust/local/signing.der").write_bytes(open(self.cert, "rb").read())
        self.config = top / "verifier.conf"
        self.write_config()

    def write_config(self, **sections):
        """Writes the configuration, sections changed."""
        self.sections |= sections
        self.config.write_text(CONFIG.format(port=self.port, top=self.top, **self.sections))

    @property
    def token(self):
        """The administrator's token."""
        return (self.top / "state/admin.token").read_text().strip()

    def start(self, seconds=30, **env):
        """Starts the service and waits until it serves."""
        log = open(self.top / "log", "ab")
        self.process = subprocess.Popen([self.build / "bin/assay-verifier", "--config",
                                         self.config], stdout=log, stderr=log,
                                        stdin=subprocess.DEVNULL,
                                        env=os.environ | env)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            assert self.process.poll() is None, self.log()
            try:
                if self.ca.exists() and self.get("/v1/key")[0] == 200:
                    return self
            except (OSError, ssl.SSLError, http.client.HTTPException):
                pass
            time.sleep(0.02)
        raise AssertionError(f"does not serve: {self.log()}")

    def stop(self, number=signal.SIGTERM):
        """Ends it; its exit status."""
        if self.process is None:
            return None
        self.process.send_signal(number)
        status = self.process.wait(60)
        self.process = None
        return status

    def reload(self):
        """Reads configuration and trust anew."""
        before = self.log().count("reloaded") + self.log().count("reload:")
        self.process.send_signal(signal.SIGHUP)
        while self.log().count("reloaded") + self.log().count("reload:") == before:
            time.sleep(0.02)

    def log(self):
        """What the service said."""
        return (self.top / "log").read_text(errors="replace")

    def connection(self):
        """A new HTTPS connection."""
        context = ssl.create_default_context(cafile=self.ca)
        return http.client.HTTPSConnection("localhost", self.port, context=context, timeout=60)

    def request(self, method, path, body=None, token=None):
        """One request: (status, bytes)."""
        conn = self.connection()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            conn.request(method, path, body=body, headers=headers)
            answer = conn.getresponse()
            return answer.status, answer.read()
        finally:
            conn.close()

    def get(self, path, token=None):
        """A GET."""
        return self.request("GET", path, token=token)

    def admin(self, method, path, body=None):
        """As the administrator: (status, JSON)."""
        data = None if body is None else json.dumps(body)
        status, text = self.request(method, "/v1/admin" + path, data, self.token)
        return status, json.loads(text) if text[:1] in (b"{", b"[") else text.decode()

    def metric(self, name):
        """The value of one figure."""
        text = self.get("/metrics")[1].decode()
        return float(next(line for line in text.splitlines()
                          if line.startswith(f"assay_{name} ")).rsplit(" ", 1)[1])

    def host_words(self, command, index=0, **options):
        """What runs the simulated host."""
        words = [self.build / "timed/host", "--port", str(self.port), "--ca", self.ca, "--key",
                 self.key, "--cert", self.cert, "--other", self.other, "--seed", self.seed,
                 "--first", str(index)]
        for name, value in options.items():
            words += [f"--{name.replace('_', '-')}", str(value)]
        return [*words, command]

    def host(self, command, index=0, **options):
        """Runs the simulated host; returns its answers, or what it prints."""
        done = subprocess.run(self.host_words(command, index, **options), capture_output=True,
                              check=False, timeout=300)
        assert done.returncode == 0, done
        if command in ("enrol", "round"):
            return [Answer(line) for line in done.stdout.decode().splitlines()]
        return done.stdout

    def ids(self, index=0, count=1, **options):
        """The ids of simulated hosts."""
        return self.host("ids", index, count=count, **options).decode().split()

    def allow(self, index=0, count=1):
        """The administrator's word that they may enrol without EK certificate."""
        for one in self.ids(index, count):
            assert self.admin("POST", "/hosts", {"host": one})[0] in (200, 201)

    def enrol(self, index=0, count=1):
        """Allows and enrols."""
        self.allow(index, count)
        answers = self.host("enrol", index, count=count)
        assert all(a.status == 200 for a in answers), answers
        return self.ids(index, count)

    def round(self, index=0, **options):
        """One round of one host."""
        return self.host("round", index, **options)[0]

    def hold(self, index, seconds):
        """A round that has its nonce, and will answer after so long: its process."""
        before = self.metric("rounds_begun_total")
        held = subprocess.Popen(self.host_words("round", index, sleep=seconds),
                                stdout=subprocess.PIPE)
        while self.metric("rounds_begun_total") == before:
            time.sleep(0.02)
        return held

    def show(self, index=0):
        """What the administrator sees of a host."""
        status, host = self.admin("GET", f"/hosts/{self.ids(index)[0]}")
        assert status == 200, host
        return host

    def state(self, index=0):
        """A host's state."""
        return self.show(index)["state"]

    def history(self, index=0):
        """The states that a host was in, the oldest first."""
        entries = self.admin("GET", f"/hosts/{self.ids(index)[0]}/history")[1]["history"]
        return [entry["state"] for entry in reversed(entries)]

    def result(self, index=0):
        """(token, claims) of the attestation result."""
        status, token = self.get(f"/v1/hosts/{self.ids(index)[0]}/result")
        assert status == 200, token
        payload = token.decode().split(".")[1]
        return token.decode(), json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))

    def raw(self):
        """A TLS connection for bytes that are no HTTP."""
        context = ssl.create_default_context(cafile=self.ca)
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        return context.wrap_socket(plain, server_hostname="localhost")

    def rss(self):
        """KiB of memory that it has."""
        for line in open(f"/proc/{self.process.pid}/status", encoding="ascii"):
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise AssertionError("no VmRSS")


class Postgres:
    """A cluster of its own on a socket in a directory."""

    BIN = "/usr/lib/postgresql/15/bin"

    def __init__(self, top):
        self.top = top
        top.mkdir(mode=0o755)
        if os.getuid() == 0:
            subprocess.run(["chown", "postgres", top], check=True)
        self.run("initdb", "-D", f"{top}/data", "-A", "trust", "-U", "postgres")
        self.start()

    def run(self, program, *args):
        """One of its programs, as its user."""
        words = [f"{self.BIN}/{program}", *args]
        if os.getuid() == 0:
            words = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", *words]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       stdin=subprocess.DEVNULL, cwd="/", timeout=120)

    def start(self):
        """Starts it and waits for it."""
        self.run("pg_ctl", "-D", f"{self.top}/data", "-w", "-l", f"{self.top}/log", "-o",
                 f"-k {self.top} -c listen_addresses='' -c max_connections=60", "start")

    def stop(self, how="fast"):
        """Stops it: fast, or immediate, as a crash would."""
        self.run("pg_ctl", "-D", f"{self.top}/data", "-w", "-m", how, "stop")

    @property
    def url(self):
        """The connection string."""
        return f"postgresql:///postgres?host={self.top}&user=postgres"

    def sql(self, text):
        """Runs statements; what they print."""
        return subprocess.run(["psql", "-qAt", "-h", self.top, "-U", "postgres", "-c", text],
                              capture_output=True, text=True, check=True, cwd="/").stdout.strip()

    def clear(self):
        """Forgets everything of the store."""
        self.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
