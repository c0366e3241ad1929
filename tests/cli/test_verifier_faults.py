# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever happens to the verifier: no verdict is lost, none is invented, nobody wrongly passes."""

import concurrent.futures
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

from frame.verifier import Postgres, Verifier


@pytest.fixture(scope="module")
def rsa_keys(make_keys):
    """(key, certificate, another key): RSA, whose signatures are the same each time."""
    key, cert = make_keys("rsa2048", "faulty")
    return key, cert, make_keys("rsa2048", "faulty-other")[0]


@pytest.fixture(scope="module")
def cluster():
    """A PostgreSQL of our own; sockets have short paths."""
    if not shutil.which("psql") or not shutil.which("setpriv"):
        pytest.skip("no PostgreSQL here")
    top = pathlib.Path(tempfile.mkdtemp(prefix="assay-pg-"))
    top.chmod(0o755)
    made = Postgres(top / "c")
    yield made
    made.stop("immediate")
    shutil.rmtree(top, ignore_errors=True)


@pytest.fixture
def postgres(cluster):
    """The same, empty."""
    cluster.clear()
    return cluster


@pytest.fixture(params=["sqlite", "postgres"])
def verifier(request, tmp_path, build_dir, rsa_keys):
    """A service on either store."""
    service = ""
    if request.param == "postgres":
        service = f"store = {request.getfixturevalue('postgres').url}"
    made = Verifier(tmp_path / "v", build_dir, rsa_keys, service=service).start()
    yield made
    made.stop()


def load(verifier, seconds, first=100, count=24):
    """Hosts that go on whatever happens, in a process of their own."""
    return subprocess.Popen(verifier.host_words("load", first, count=count, connections=8,
                                                seconds=seconds), stdout=subprocess.PIPE)


def finish(process):
    """What the hosts were told."""
    return json.loads(process.communicate(timeout=120)[0])


def check_hosts(verifier, first, count):
    """Each one's state is where its history ends."""
    for index in range(first, first + count):
        assert verifier.history(index)[-1] == verifier.state(index)


def test_a_name_that_is_no_text_fails_its_host(verifier):
    """Any user names a file; where its words are cut, no character is cut in two."""
    verifier.enrol(0)
    assert verifier.round(0).state == "pass"
    answer = verifier.round(0, **{"with": "odd-name"})
    assert answer.state == "fail", answer
    assert verifier.state(0) == "fail" and verifier.history(0)[-1] == "fail"
    assert verifier.round(0, resets=2).state == "fail"


def test_killed_at_any_time_no_verdict_is_lost(verifier, factor):
    """kill -9 under load, again and again: what was answered is there afterwards."""
    good, bad = 24, 6 * factor
    verifier.enrol(100, good)
    verifier.enrol(1000, bad)
    rounds = load(verifier, 3 * bad + 5)
    for number in range(bad):
        answer = verifier.round(1000 + number, **{"with": "unsigned-file"})
        assert answer.state == "fail"
        time.sleep(random.uniform(0, 0.3))
        verifier.stop(signal.SIGKILL)
        verifier.start()
        for failed in range(number + 1):
            assert verifier.state(1000 + failed) == "fail"
            assert "no signature" in verifier.show(1000 + failed)["reason"]
    told = finish(rounds)
    assert told["passed"] > 0 and told["failed"] == 0
    check_hosts(verifier, 100, good)
    assert all(verifier.state(i) == "pass" for i in range(100, 100 + good))


def test_killed_before_the_answer_nobody_passes_for_nothing(verifier, factor):
    """A host whose only evidence is bad is never anything but stale or fail."""
    verifier.enrol(0, 5 * factor)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        for index in range(5 * factor):
            words = verifier.host_words("round", index, **{"with": "unsigned-file"})
            asked = pool.submit(subprocess.run, words, capture_output=True, check=False)
            time.sleep(random.uniform(0, 0.12))
            verifier.stop(signal.SIGKILL)
            asked.result()
            verifier.start()
            assert verifier.state(index) in ("stale", "fail")


def test_a_stop_loses_nothing(verifier):
    """SIGTERM under load: what is worked on is answered, exit 0."""
    verifier.enrol(100, 24)
    rounds = load(verifier, 4)
    for _ in range(3):
        time.sleep(0.7)
        assert verifier.stop() == 0
        verifier.start()
    told = finish(rounds)
    assert told["passed"] > 0 and told["failed"] == 0
    check_hosts(verifier, 100, 24)


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_postgres_goes_and_comes_back(tmp_path, build_dir, rsa_keys, postgres, how):
    """Under load; hosts are told to try again, and states are what they were."""
    verifier = Verifier(tmp_path / "v", build_dir, rsa_keys,
                        service=f"store = {postgres.url}").start()
    try:
        verifier.enrol(100, 24)
        verifier.enrol(0, 2)
        assert verifier.round(0, **{"with": "unsigned-file"}).state == "fail"
        rounds = load(verifier, 8)
        for _ in range(2):
            time.sleep(1)
            postgres.stop(how)
            assert verifier.get("/healthz")[0] == 503
            assert verifier.round(1).status == 503
            postgres.start()
        time.sleep(0.5)
        assert verifier.round(1).state == "pass"
        assert verifier.state(0) == "fail"
        told = finish(rounds)
        assert told["passed"] > 0 and told["failed"] == 0 and told["errors"] > 0
        check_hosts(verifier, 100, 24)
    finally:
        verifier.stop()


@pytest.fixture
def pair(tmp_path, build_dir, rsa_keys, postgres):
    """Two verifiers on one store, with one TLS certificate."""
    made = []
    for name in ("a", "b"):
        service = f"store = {postgres.url}\n"
        if made:
            service += f"tls-certificate = {made[0].ca}\ntls-key = {made[0].top}/state/tls.key\n"
        one = Verifier(tmp_path / name, build_dir, rsa_keys, service=service)
        if made:
            one.ca = made[0].ca
            (one.top / "state").mkdir()
            shutil.copy(made[0].top / "state/result.key", one.top / "state/result.key")
        made.append(one.start())
    yield made
    for one in made:
        one.stop()


def test_a_host_moves_between_verifiers(pair):
    """In the middle of a round, too: a nonce of one is good for the other, and only once."""
    one, two = pair
    one.enrol(0, 2)
    assert one.round(0).state == "pass" and two.round(0).state == "pass"
    assert one.round(0, then_port=two.port).state == "pass"
    replayed = one.round(0, then_port=two.port, attack="replay")
    assert replayed.status == 403 and "used" in replayed.text
    assert two.round(1, **{"with": "unsigned-file"}).state == "fail"
    assert one.state(1) == "fail" and one.round(1, resets=2).state == "fail"
    assert one.get("/v1/key")[1] == two.get("/v1/key")[1]


def test_one_word_reaches_all_verifiers(pair):
    """An approved boot, a reset, a removal."""
    one, two = pair
    for each in pair:
        each.write_config(trust="")
        each.reload()
    ids = one.enrol(0, 2)
    assert two.round(0).state == "fail"
    assert one.admin("POST", f"/boots/{two.show(0)['boot']}")[0] == 200
    assert one.admin("POST", f"/hosts/{ids[0]}/reset")[0] == 200
    time.sleep(3)
    assert two.round(0).state == "pass" and two.round(1).state == "pass"
    assert one.admin("DELETE", f"/hosts/{ids[0]}")[0] == 200
    assert two.round(0).status == 404


def test_trust_that_one_reads_anew_all_read_anew(pair):
    """What was removed where it is kept for all ends passes everywhere, whoever was told; what can't be read is told."""
    one, two = pair
    one.enrol()
    assert one.round().state == "pass" and two.state() == "pass"
    for each in pair:
        (each.top / "trust/local/signing.der").unlink()
    one.reload()
    until = time.monotonic() + 10
    while two.state() == "pass" and time.monotonic() < until:
        time.sleep(0.2)
    assert one.state() == two.state() == "stale"
    assert two.round().state == "fail"
    one.write_config(trust="boot = unmeasured\nminimum-epoch = frob")
    two.write_config(trust="boot = unmeasured\nminimum-epoch = frob")
    (one.top / "trust/local/signing.der").write_bytes(open(one.cert, "rb").read())
    one.write_config(trust="boot = unmeasured")
    one.reload()
    while "another verifier read its own anew" not in two.log() and time.monotonic() < until:
        time.sleep(0.2)
    assert "another verifier read its own anew" in two.log() and "minimum-epoch" in two.log()


def test_boots_that_two_verifiers_approve_at_once(pair):
    """None of them is lost."""
    def approve(which):
        for number in range(30):
            assert pair[which].admin("POST", f"/boots/{which:02x}{number:062x}")[0] == 200
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(approve, range(2)))
    time.sleep(3)
    for each in pair:
        assert len(each.admin("GET", "/boots")[1]["boots"]) == 60


def test_a_store_of_the_first_version_becomes_one_of_this(tmp_path, build_dir, rsa_keys):
    """Hosts, their states and their history stay."""
    verifier = Verifier(tmp_path / "v", build_dir, rsa_keys).start()
    try:
        verifier.enrol()
        assert verifier.round().state == "pass"
        verifier.stop()
        subprocess.run(["sqlite3", verifier.top / "state/verifier.db",
                        "ALTER TABLE hosts DROP COLUMN ca; DELETE FROM migrations WHERE number > 1"], check=True)
        verifier.start()
        assert verifier.state() == "pass" and verifier.history() == ["unenrolled", "stale", "pass"]
        assert verifier.round().state == "pass"
    finally:
        verifier.stop()


def test_hosts_at_both_verifiers_at_once(pair):
    """The same hosts at two verifiers: every change is one of the two's, none is lost."""
    one, two = pair
    one.enrol(100, 8)
    loads = [load(each, 3, 100, 8) for each in pair]
    told = [finish(each) for each in loads]
    assert all(t["passed"] > 0 and t["failed"] == 0 for t in told)
    check_hosts(one, 100, 8)
    assert two.state(100) == "pass"


def test_boots_approved_at_both_verifiers_at_once(pair):
    """Two administrators at once: no word of one undoes the other's."""
    boots = [f"{n:064x}" for n in range(48)]
    for boot in boots[:24]:
        assert pair[0].admin("POST", f"/boots/{boot}")[0] == 200

    def say(words):
        verifier, method, each = words
        return [verifier.admin(method, f"/boots/{boot}")[0] for boot in each]

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        told = list(pool.map(say, [(pair[0], "DELETE", boots[:24]), (pair[1], "POST", boots[24:])]))
    assert set(sum(told, [])) == {200}
    time.sleep(3)
    for each in pair:
        assert sorted(each.admin("GET", "/boots")[1]["boots"]) == boots[24:]


def test_two_start_at_once_on_an_empty_store(tmp_path, build_dir, rsa_keys, postgres):
    """One makes the tables and the key; both serve."""
    made = [Verifier(tmp_path / name, build_dir, rsa_keys, service=f"store = {postgres.url}")
            for name in "abcd"]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda v: v.start(), made))
    made[0].enrol()
    assert made[0].round().state == "pass"
    assert all(v.state() == "pass" for v in made)
    for one in made:
        one.stop()


def fill(path):
    """Uses every block up."""
    to = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        while True:
            os.write(to, b"\0" * 4096)
    except OSError:
        os.close(to)


def test_a_full_disk(tmp_path, build_dir, rsa_keys, mounts):
    """Nothing can be written: nothing is answered as if it were; with room all goes on."""
    room = mounts.mount("-t", "tmpfs", "-o", "size=3M", "assay")
    verifier = Verifier(tmp_path / "v", build_dir, rsa_keys,
                        service=f"store = {room}/verifier.db").start()
    try:
        verifier.enrol(0, 2)
        assert verifier.round(0).state == "pass"
        fill(room / "filler")
        answers = [verifier.round(1, **{"with": "unsigned-file"}) for _ in range(3)]
        if any(a.status == 200 for a in answers):
            assert verifier.state(1) == "fail"
        else:
            assert verifier.state(1) == "stale"
        for _ in range(200):
            if verifier.round(0, resets=2).status == 503:
                break
        else:
            pytest.fail("it never was full")
        (room / "filler").unlink()
        assert verifier.round(0, resets=2).state == "pass"
        assert verifier.round(1, **{"with": "unsigned-file"}).state == "fail"
        verifier.stop()
        verifier.start()
        assert verifier.state(0) == "pass" and verifier.state(1) == "fail"
    finally:
        verifier.stop()


def test_a_clock_that_jumps(tmp_path, build_dir, plain_bin_dir, rsa_keys):
    """Forward all grow stale; back, nobody is fresh because of it; both heal with the next round."""
    offset = tmp_path / "clock"
    offset.write_text("0")
    verifier = Verifier(tmp_path / "v", plain_bin_dir.parent, rsa_keys)
    verifier.start(LD_PRELOAD=str(plain_bin_dir.parent / "clock.so"), ASSAY_TEST_CLOCK=str(offset))
    try:
        verifier.enrol(0, 2)
        assert verifier.round(0).state == "pass" and verifier.round(1).state == "pass"
        offset.write_text("7200")
        assert verifier.state(0) == "stale"
        assert verifier.round(0).state == "pass"
        offset.write_text("-7200")
        assert verifier.state(0) == "stale"
        assert verifier.round(0, attack="replay").status == 403
        assert verifier.round(0).state == "pass"
        offset.write_text("0")
        assert verifier.round(0).state == "pass" and verifier.round(1).state == "pass"
    finally:
        verifier.stop()


def test_an_old_nonce_after_a_clock_that_went_back(tmp_path, build_dir, plain_bin_dir, rsa_keys):
    """It is as old as it is, also where its time had to follow one of the future."""
    offset = tmp_path / "clock"
    offset.write_text("7200")
    verifier = Verifier(tmp_path / "v", plain_bin_dir.parent, rsa_keys)
    verifier.start(LD_PRELOAD=str(plain_bin_dir.parent / "clock.so"), ASSAY_TEST_CLOCK=str(offset))
    try:
        verifier.enrol(0)
        assert verifier.round(0).state == "pass"
        offset.write_text("0")
        with verifier.hold(0, 3) as held:
            offset.write_text("3600")
            answer = held.communicate(timeout=60)[0].decode()
        assert "403" in answer and "too old" in answer, answer
        assert verifier.state(0) == "stale"
        assert verifier.round(0).state == "pass"
    finally:
        verifier.stop()


def test_a_newer_store_is_left_alone(trouble, tmp_path, build_dir, rsa_keys):
    """A downgrade is refused, and says what is needed."""
    verifier = Verifier(tmp_path / "v", build_dir, rsa_keys).start()
    verifier.stop()
    store = verifier.top / "state/verifier.db"
    subprocess.run(["sqlite3", store, "INSERT INTO migrations VALUES (99)"], check=True)
    assert "a newer one is needed" in trouble("assay-verifier", "--config", verifier.config).err


def test_a_result_has_room_for_every_reason(tmp_path, build_dir, rsa_keys):
    """As many as are kept, of the longest words: a relying party hears of the failure."""
    verifier = Verifier(tmp_path / "v", build_dir, rsa_keys).start()
    try:
        verifier.enrol()
        assert verifier.round(**{"with": "unsigned-file"}).state == "fail"
        verifier.stop()
        reasons = json.dumps([{"code": "keyring", "text": f"{i:02}{'x' * 1970}", "entry": i}
                              for i in range(32)], separators=(",", ":"))
        subprocess.run(["sqlite3", verifier.top / "state/verifier.db"], check=True, text=True,
                       input=f"UPDATE hosts SET reasons = '{reasons}'")
        verifier.start()
        claims = verifier.result()[1]["submods"]["host"]
        assert claims["ear.status"] == "contraindicated"
        assert len(claims["assay.host"]["reasons"]) == 32
    finally:
        verifier.stop()


@pytest.mark.parametrize("sql", [
    "UPDATE hosts SET progress = x'02'", "UPDATE hosts SET state = 7",
    "UPDATE hosts SET boots = x'00'", "UPDATE hosts SET ak = x''",
    "UPDATE hosts SET progress = substr(progress, 1, 50)"])
def test_a_damaged_row_passes_nobody(tmp_path, build_dir, rsa_keys, sql):
    """Trouble, not a verdict; other requests go on."""
    verifier = Verifier(tmp_path / "v", build_dir, rsa_keys).start()
    try:
        verifier.enrol()
        verifier.round()
        verifier.stop()
        subprocess.run(["sqlite3", verifier.top / "state/verifier.db", sql], check=True)
        verifier.start()
        assert verifier.round().status in (503, 403)
        assert verifier.get("/v1/key")[0] == 200
    finally:
        verifier.stop()
