# SPDX-License-Identifier: GPL-2.0-or-later
"""apt's chain as we check it: InRelease by gpgv, Packages and packages by digest."""

import shutil
import subprocess

import pytest

from frame.apt import DEB, OTHER, PREFIX, Archive


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """See Archive."""
    made = Archive(tmp_path_factory.mktemp("apt"))
    yield made
    made.close()


@pytest.fixture
def believes(run, archive, build_dir):
    """(how many archives, is the package vouched for)."""
    def ask(keyrings=None):
        done = run("apt", archive.lists, keyrings or archive.keyring, DEB, OTHER, where=build_dir / "interop")
        assert done.rc == 0, done
        archives, package, other = done.out.split()
        assert other == "no"
        return int(archives), package == "yes"
    return ask


def test_the_chain(archive, believes):
    """What the archive lists, and only that: a digest within a description is none."""
    archive.publish()
    assert believes() == (1, True)
    assert believes(f"/nonexistent.gpg {archive.keyring}") == (1, True)


@pytest.mark.parametrize("program, ending", [("gzip", "gz"), ("xz", "xz"), ("zstd", "zst"), ("bzip2", "bz2"),
                                             ("lz4", "lz4")])
def test_compressed_lists(archive, believes, program, ending):
    """As apt keeps them where it is told to."""
    if not shutil.which(program):
        pytest.skip(f"no {program} here")
    archive.publish()
    path = archive.lists / f"{PREFIX}main_binary-amd64_Packages"
    done = subprocess.run([program, "-c"], input=path.read_bytes(), capture_output=True, check=True)
    path.with_name(f"{path.name}.{ending}").write_bytes(done.stdout)
    path.unlink()
    assert believes() == (1, True)
    path.with_name(f"{path.name}.{ending}").write_bytes(done.stdout[:-9])
    assert believes() == (1, False)
    path.with_name(f"{path.name}.{ending}").unlink()


def test_another_key(archive, believes):
    """An archive that nobody trusts; where one of two signatures is by a trusted key, it is trusted."""
    other = archive.exported("other")
    archive.publish(by=["other"])
    assert believes() == (0, False)
    assert believes(other) == (1, True)
    archive.publish(by=["other", "archive"])
    assert believes() == (1, True)


def test_no_keyring(archive, believes):
    """A keyring that is missing is no reason to believe anything."""
    archive.publish()
    assert believes("/nonexistent.gpg") == (0, False)


@pytest.mark.parametrize("old, new", [(b"Origin: x", b"Origin: y"), (b"SHA256:", b"SHA257:"), (b"Hash: SHA", b"Hash: MD")])
def test_a_changed_release(archive, believes, old, new):
    """Any change makes it nobody's."""
    archive.publish()
    archive.change(old, new)
    assert believes() == (0, False)


def test_text_around_the_signed_one(archive, believes):
    """Only what gpgv gives back is read: lines before and after the signed text are not."""
    archive.publish(text="Origin: x\n")
    evil = archive.release().encode()
    path = archive.lists / f"{PREFIX}InRelease"
    signed = path.read_bytes()
    for data in (evil + signed, signed + evil, signed + b"\n" + evil):
        path.write_bytes(data)
        assert believes()[1] is False


def test_changed_packages(archive, believes):
    """Another file under the name of Packages, a byte more, one missing."""
    archive.publish(packages=archive.packages.replace("Version: 1", "Version: 2"))
    assert believes() == (1, False)
    archive.publish(packages=archive.packages + "\n")
    assert believes() == (1, False)
    archive.publish()
    (archive.lists / f"{PREFIX}main_binary-amd64_Packages").unlink()
    assert believes() == (1, False)


@pytest.mark.parametrize("until, good", [("Sat, 01 Jan 2050 00:00:00 UTC", True), ("tomorrow", False),
                                         ("Sat, 01 Jan 2022 00:00:00 UTC", False), ("Sat, 01 Jan 2050 00:00:00 +0000", True), ("", False),
                                         ("Sat, 01 Jan 2050 00:00:00 CET", False)])
def test_valid_until(archive, believes, until, good):
    """An archive that is too old is not believed; one whose date can't be read is not either."""
    archive.publish(text=archive.release(extra=f"Valid-Until: {until}\n"))
    assert believes() == ((1, True) if good else (0, False))


@pytest.mark.parametrize("index", ["../../../etc/Packages", "main/binary-amd64/Packages.xz", "Packages/x"])
def test_names_in_a_release(archive, believes, index):
    """Only Packages files, and none outside the directory."""
    archive.publish(text=archive.release(index=index))
    assert believes() == (1, False)


def test_a_weak_hash(archive, believes):
    """SHA-1 is no signature, whoever's key it is."""
    archive.publish(options=["--digest-algo", "SHA1", "--allow-weak-digest-algos"])
    assert believes() == (0, False)
    archive.publish()
    assert believes() == (1, True)


def test_an_expired_key(archive, believes):
    """What it signs is not believed."""
    archive.exported("old", expires="seconds=1")
    archive.publish(by=["archive"])
    subprocess.run(["sleep", "2"], check=True)
    archive.publish()
    assert believes(archive.top / "old.gpg") == (0, False)


def test_debians_own(run, build_dir):
    """This host's lists, by Debian's keyring: an archive is believed, hello is vouched for."""
    keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
    shown = subprocess.run(["apt-cache", "show", "hello"], capture_output=True, text=True, check=False).stdout
    digests = [line.split()[1] for line in shown.splitlines() if line.startswith("SHA256: ")]
    done = run("apt", "/var/lib/apt/lists", keyring, *digests[:1], where=build_dir / "interop")
    if not digests or done.out.startswith("0"):
        pytest.skip("this host's apt has no lists of Debian's")
    assert done.out.split()[1] == "yes", done
