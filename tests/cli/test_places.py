# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands on a root whose directories are links: what lies elsewhere is not the root's."""

import os

import pytest

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="security.* attributes take root")


@pytest.mark.parametrize("name", ["etc", "var", "etc/assay", "var/lib/assay"])
@pytest.mark.parametrize("command", ["enable", "disable", "check", "level", "log"])
def test_a_root_whose_places_lead_out_of_it(run, signed, tmp_path, name, command):
    """Nothing is read or written where a link of the root's leads to."""
    (signed / "var/lib/assay").mkdir(parents=True, exist_ok=True)
    (signed / name).rename(tmp_path / "out")
    (signed / name).symlink_to(tmp_path / "out")
    before = sorted(path.name for path in (tmp_path / "out").rglob("*"))
    words = {"level": ["set", "vendor"]}.get(command, [])
    done = run("assay", command, "--root", signed.path, *words)
    assert done.rc == 2 and "is a link, which may lead out of the root" in done.err, done
    assert sorted(path.name for path in (tmp_path / "out").rglob("*")) == before
