# SPDX-License-Identifier: GPL-2.0-or-later
"""Artefacts kept between runs, named by the hash of what made them, with their SHA-256 beside."""

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

REPO = Path(__file__).resolve().parents[3]
SUMS = "SHA256SUMS"


def cache_dir():
    """Where artefacts live: $ASSAY_CACHE, or build/cache."""
    path = Path(os.environ.get("ASSAY_CACHE") or REPO / "build" / "cache").resolve()
    path.mkdir(parents=True, exist_ok=True)
    return path


def key_of(*parts):
    """A short hash of anything that JSON can say."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def file_digest(path):
    """SHA-256 of a file, in hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def locked(path):
    """Hold an exclusive lock on a file, made where it is missing."""
    with open(path, "a", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class Cache:
    """The artefacts of one cache directory; each is verified once per object."""

    def __init__(self, path=None):
        self.path = Path(path) if path else cache_dir()
        self.verified = set()

    def get(self, kind, key, build):
        """The directory of an artefact; build(directory) fills it when it is missing or damaged.

        Concurrent builders wait for each other; a build that fails leaves nothing behind."""
        place = self.path / f"{kind}-{key}"
        with locked(self.path / f".{kind}-{key}.lock"):
            if place not in self.verified and not self._verify(place):
                for left in [place, *self.path.glob(f".{place.name}.*.build")]:
                    shutil.rmtree(left, ignore_errors=True)
                self._build(place, build)
            self.verified.add(place)
        os.utime(place)
        return place

    def drop(self, place):
        """Forget an artefact, so that the next get() builds it anew."""
        self.verified.discard(place)
        shutil.rmtree(place, ignore_errors=True)

    def _build(self, place, build):
        work = Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=".build", dir=self.path))
        try:
            build(work)
            names = sorted(p.name for p in work.iterdir() if p.is_file())
            sums = "".join(f"{file_digest(work / name)}  {name}\n" for name in names)
            (work / SUMS).write_text(sums, encoding="ascii")
            os.chmod(work, 0o755)
            os.rename(work, place)
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _verify(self, place):
        try:
            lines = (place / SUMS).read_text(encoding="ascii").splitlines()
            return all(file_digest(place / line[66:]) == line[:64] for line in lines)
        except OSError:
            return False
