# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever call fails, a file is the old one or the new one, and nothing is left beside it."""

import errno

import pytest

OLD = "old\n"
NEW = "new " * 1000


@pytest.fixture
def base(faults):
    """The path of the program that does single things of lib/base."""
    return str(faults.build / "faults/base")


@pytest.mark.parametrize("call", ["malloc", "open", "write", "fsync", "chmod", "rename"])
@pytest.mark.parametrize("do", ["fail", "from", "kill"])
def test_replace_is_whole_or_not_at_all(faults, base, tmp_path, call, do):
    """After a failure or a kill at any call the file is whole; after a failure nothing lies about."""
    path = tmp_path / "file"

    def setup():
        for left in tmp_path.iterdir():
            left.unlink()
        path.write_text(OLD)

    def check(done):
        assert path.read_text() in (OLD, NEW)
        if done.rc == 0:
            assert path.read_text() == NEW
        if do == "fail":
            assert [p.name for p in tmp_path.iterdir()] == ["file"]

    assert faults.every(call, [base, "replace", str(path), NEW], setup, check, do) > 0


@pytest.mark.parametrize("call", ["malloc", "open", "write", "fsync", "chmod"])
@pytest.mark.parametrize("do", ["fail", "kill"])
def test_create_is_whole_or_not_at_all(faults, base, tmp_path, call, do):
    """A new file is there with all its bytes, or is not there; nothing else ever is."""
    path = tmp_path / "file"

    def setup():
        for left in tmp_path.iterdir():
            left.unlink()

    def check(done):
        assert [p.name for p in tmp_path.iterdir()] in ([], ["file"])
        if done.rc == 0:
            assert path.exists()
        if path.exists():
            assert path.read_text() == NEW

    assert faults.every(call, [base, "create", str(path), NEW], setup, check, do) > 0


@pytest.mark.parametrize("call", ["malloc", "open", "read", "stat"])
def test_read_gives_all_or_nothing(faults, base, tmp_path, call):
    """A read that fails prints nothing."""
    path = tmp_path / "file"
    path.write_text(NEW)

    def check(done):
        assert done.out == (NEW if done.rc == 0 else "")

    assert faults.every(call, [base, "read", str(path)], check=check) > 0


def test_short_reads_and_writes_change_nothing(faults, base, tmp_path):
    """A kernel that transfers half of what it was asked to is no failure."""
    path = tmp_path / "file"
    done, _, made = faults.run("read", 0, [base, "replace", str(path), NEW], "short")
    assert done.rc == 0 and made and path.read_text() == NEW
    done, _, made = faults.run("read", 0, [base, "read", str(path)], "short")
    assert done.rc == 0 and made and done.out == NEW


@pytest.mark.parametrize("call, command", [("read", "read"), ("write", "replace")])
def test_interrupted_calls_are_repeated(faults, base, tmp_path, call, command):
    """EINTR is no failure."""
    path = tmp_path / "file"
    path.write_text(NEW)
    words = [base, command, str(path)] + ([NEW] if command == "replace" else [])
    faults.every(call, words, reason=errno.EINTR, check=lambda done: done.rc == 0 or pytest.fail())
    assert path.read_text() == NEW


def test_directories(faults, base, tmp_path):
    """A directory that can't be made is said."""
    for call in ("malloc", "mkdir"):
        target = tmp_path / call / "b" / "c"
        assert faults.every(call, [base, "dirs", str(target)]) > 0
