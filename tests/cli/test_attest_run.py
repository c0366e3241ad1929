# SPDX-License-Identifier: GPL-2.0-or-later
"""assay-attest run, as systemd would start it: rounds, silence, and how it ends."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import time

import pytest

PATIENCE = 60  # seconds


class Service:
    """The program while it runs."""

    def __init__(self, program, host, before=()):
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind("")  # an abstract name: nobody reaches it, too
        self.notify.settimeout(PATIENCE)
        self.process = subprocess.Popen(
            [*before, program, "run", "--config", host.conf, "--list", host.list, *host.more],
            stderr=subprocess.PIPE, env=host.tpm.env | {"NOTIFY_SOCKET": f"@{self.notify.getsockname()[1:].decode()}"})

    def word(self):
        """The next that systemd is told."""
        return self.notify.recv(4096).decode()

    def status(self):
        """/proc's fields of it."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return {k: v.strip() for k, v in (line.split(":", 1) for line in text.splitlines())}

    def clean_pages(self):
        """kB of each library's resident pages that nobody wrote to (proc_pid_smaps(5))."""
        sizes, name = {}, ""
        for words in map(str.split, pathlib.Path(f"/proc/{self.process.pid}/smaps").open()):
            if not words[0].endswith(":"):
                name = pathlib.PurePath(words[-1]).name if len(words) == 6 else ""
            elif words[0] in ("Shared_Clean:", "Private_Clean:") and ".so" in name:
                sizes[name] = sizes.get(name, 0) + int(words[1])
        return sizes

    def end(self):
        """(seconds, exit status, what it said)."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        said = self.process.communicate(timeout=PATIENCE)[1].decode()
        return time.monotonic() - begun, self.process.returncode, said


@pytest.fixture
def serve(bin_dir, enrolled):
    """serve(words before it) starts it."""
    with contextlib.ExitStack() as stack:
        def start(*before):
            service = Service(bin_dir / "assay-attest", enrolled, before)
            stack.callback(service.process.wait)
            stack.callback(service.process.kill)
            return service
        yield start


def wait_for(what):
    """Until it is true."""
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def rounds(verifier):
    """How many there were."""
    return len([1 for path, _ in verifier.seen if path == "/v1/evidence"])


def test_rounds_as_the_verifier_wants_them(serve, verifier):
    """Ready, then one a second, told once, ended at once."""
    verifier.next_seconds = 0
    service = serve()
    assert service.word() == "READY=1" and service.word() == "STATUS=pass"
    wait_for(lambda: rounds(verifier) >= 3)
    seconds, code, said = service.end()
    assert code == 0 and seconds < 2 and said == "assay-attest: pass\n", said
    assert not [why for path, why in verifier.seen if path == "error"]


def test_it_has_no_privileges(serve, verifier):
    """Nobody, no capability, none to come."""
    service = serve()
    assert service.word() == "READY=1" and service.word() == "STATUS=pass"
    status = service.status()
    assert set(status["Uid"].split()) == set(status["Gid"].split()) == {"65534"}
    assert status["Groups"] == "" and status["NoNewPrivs"] == "1"
    assert {status[k] for k in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {"0" * 16}
    assert service.end()[1] == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="another user takes root")
def test_as_a_service_it_is_never_root(serve, verifier):
    """As its unit starts it: somebody with one capability, which is gone when it is ready."""
    service = serve("setpriv", "--reuid=61000", "--regid=61000", "--clear-groups",
                    "--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override",
                    "--bounding-set=-all,+dac_override", "--no-new-privs")
    assert service.word() == "READY=1" and service.word() == "STATUS=pass"
    status = service.status()
    assert set(status["Uid"].split()) == {"61000"}
    assert {status[k] for k in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {"0" * 16}
    assert not [why for path, why in verifier.seen if path == "error"]


def test_new_entries_are_sent_in_the_next_round(serve, verifier, enrolled, sample):
    """From the descriptor that is open."""
    verifier.next_seconds = 1
    service = serve()
    wait_for(lambda: rounds(verifier) >= 2)
    with open(enrolled.list, "ab") as more:
        more.write(sample)
    wait_for(lambda: verifier.list == sample * 2)
    service.end()


def test_a_verifier_that_goes_back_gets_it_again(serve, verifier, sample):
    """As when its store was restored."""
    verifier.next_seconds = 1
    service = serve()
    wait_for(lambda: verifier.list == sample)
    verifier.list = b""
    wait_for(lambda: verifier.list == sample)
    service.end()


def test_a_verifier_that_is_away(serve, verifier, enrolled, sample):
    """Is tried again; what it missed is sent when it is back; each change is told once."""
    verifier.next_seconds = 1
    away = dict.fromkeys(("/v1/round", "/v1/evidence"), (503, b"in a minute"))
    service = serve()
    wait_for(lambda: rounds(verifier) >= 1)
    verifier.answers.update(away)
    assert service.word() == "READY=1" and service.word() == "STATUS=pass"
    assert "refused (HTTP 503): in a minute" in service.word()
    with open(enrolled.list, "ab") as more:
        more.write(sample)
    verifier.answers.clear()
    assert service.word() == "STATUS=pass"
    assert verifier.list == sample * 2
    said = service.end()[2].splitlines()
    assert len(said) == 3 and said[0] == said[2] == "assay-attest: pass" and "503" in said[1]


def test_a_verdict_against_is_told(serve, verifier):
    """With its reason, escaped."""
    verifier.next_seconds, verifier.state, verifier.reason = 1, "fail", "unsigned: /tmp/x"
    service = serve()
    assert service.word() == "READY=1" and service.word() == "STATUS=fail: unsigned: /tmp/x"
    assert service.end()[2] == "assay-attest: fail: unsigned: /tmp/x\n"


def test_it_ends_while_the_verifier_hangs(serve, verifier):
    """At once."""
    verifier.answers["/v1/round"] = lambda *_: (time.sleep(5), (503, b""))[1]
    service = serve()
    assert service.word() == "READY=1"
    time.sleep(0.5)
    seconds, code, _ = service.end()
    assert code == 0 and seconds < 2


def test_a_tpm_that_was_reset_is_noticed_by_its_quote(serve, verifier, enrolled):
    """The counters are those of the quote before; the verifier asks again when they are others."""
    verifier.next_seconds = 1
    service = serve()
    wait_for(lambda: rounds(verifier) >= 2)
    before = verifier.last("/v1/round")["reset_count"]
    enrolled.tpm.stop()
    enrolled.tpm.start()
    wait_for(lambda: verifier.last("/v1/round")["reset_count"] == before + 1)
    assert service.end()[1] == 0


def test_what_starting_took_is_given_back(serve, verifier):
    """Of a library that no round needs, no page is resident but what the linker wrote into."""
    verifier.next_seconds = 1
    service = serve()
    wait_for(lambda: rounds(verifier) >= 3)
    clean = service.clean_pages()
    unused = [name for name, size in clean.items() if size == 0]
    assert len(unused) >= 5 and clean["libc.so.6"] > 0, clean
    assert service.end()[1] == 0


def test_a_tpm_that_is_gone_ends_it(serve, verifier, enrolled):
    """For systemd to start it again; the verifier's silence does not."""
    verifier.next_seconds = 1
    service = serve()
    wait_for(lambda: rounds(verifier) >= 1)
    enrolled.tpm.stop()
    assert service.process.wait(PATIENCE) == 2
    said = service.process.stderr.read().decode()
    assert "quote: sign: the device does not answer" in said
    enrolled.tpm.start()
