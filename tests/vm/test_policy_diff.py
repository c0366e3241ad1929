# SPDX-License-Identifier: GPL-2.0-or-later
"""Every verdict of `assay-policy simulate` is the kernel's own: same files, rules, operations."""

import json
import os
import subprocess

import pytest

from vm.policy import cases as cases_of
from vm.policy import kernels, rulesets, tiny, xattrs

pytestmark = pytest.mark.vm

STOCK = ["6.1", "6.12"]
OTHERS = ["6.16", "6.18", "7.0", "7.2", "7.3"]
VERSIONS = STOCK + (OTHERS if os.environ.get("ASSAY_LONG") else [])
FEW, MORE_RULESETS = 600, 60
# What finit_module and kexec_file_load say to our files once IMA has let them through.
AFTER = {"module": {8, 22}, "kexec-kernel": {8, 22}, "kexec-initramfs": set()}


@pytest.fixture(scope="module")
def signers(tmp_path_factory, bin_dir):
    """Two keys with certificates: one that the machine trusts, one that it does not."""
    place = tmp_path_factory.mktemp("keys")
    for name in ("trusted", "stranger"):
        subprocess.run([bin_dir / "assay-sign", "keygen", "--no-passphrase", "-k",
                        place / f"{name}.pem", "-c", place / f"{name}.der"], check=True, timeout=60)
    made = [xattrs.Signer(place / f"{n}.pem", place / f"{n}.der") for n in ("trusted", "stranger")]
    made[0].cert = (place / "trusted.der").read_bytes()
    return made


def accepted(run, tmp_path, version, sets):
    """(policy, owners): the rules that this kernel takes, each bound to its rule set's owner."""
    owners = list(range(rulesets.FIRST_OWNER, rulesets.FIRST_OWNER + len(sets)))
    lines = [line for owner, rules in zip(owners, sets)
             for line in rulesets.bound(rules, owner, tiny.UUID)]
    path = tmp_path / "rules"
    path.write_text("".join(line + "\n" for line in lines), encoding="ascii")
    done = run("assay-policy", "lint", "--grammar", "--json", "--kernel", version, path)
    bad = {finding["line"] for finding in json.loads(done.out)["findings"]}
    return "".join(f"{line}\n" for n, line in enumerate(lines, 1) if n not in bad), owners


def expected(verdict):
    """What a simulated verdict looks like from outside: 0, "killed" or an errno."""
    if verdict["allowed"]:
        return 0
    return "killed" if verdict["killed"] else {"EACCES": 13, "EPERM": 1}[verdict["errno"]]


def seen(case, result):
    """The kernel's answer, without what comes after IMA let it through."""
    return 0 if result in AFTER.get(case["op"], ()) else result


def difference(case, verdict, result, records):
    """None, or what came out otherwise: the verdict, or the cause in the audit record."""
    told = [verdict["audit_op"], verdict["cause"]]
    if seen(case, result) != expected(verdict):
        return f"verdict: kernel {result} {records}"
    if verdict["allowed"]:
        return None
    if verdict["cause"] and told not in records:
        return f"cause: kernel {records}"
    if not verdict["cause"] and records:
        return f"cause: kernel {records}, which the simulator expects to be silent"
    return None


def differences(cases, answer):
    """One line for each case that came out otherwise."""
    for case, results in zip(cases, answer["results"]):
        verdict = answer["verdicts"][case["path"]]
        records = answer["records"].get(case["path"].rsplit("/", 1)[1], [])
        found = difference(case, verdict, results[0], records)
        if found:
            shown = {k: case[k] for k in ("kind", "op", "owner", "group", "uid", "path", "mode")}
            yield f"{found}\n  simulated {verdict}\n  {shown}"


@pytest.mark.parametrize("evm", [False, True], ids=["ima", "evm"])
@pytest.mark.parametrize("version", VERSIONS)
def test_simulator_is_the_kernel(run, bin_dir, tmp_path, signers, version, factor, evm):
    """Thousands of files under more than a hundred rule sets: verdict, errno and audited cause."""
    kernel = kernels.kernel(version)
    if not kernel:
        pytest.skip(f"the archive has no kernel {version}")
    if not kernel.has_disk():
        pytest.skip(f"the archive has no modules of kernel {version} any more")
    sets = rulesets.rulesets(version, MORE_RULESETS)
    policy, owners = accepted(run, tmp_path, version, sets)
    many = (FEW // 4 if evm else FEW) * min(factor, 4)
    cases = cases_of.cases(version, owners, many, signers, evm)
    cases.append(cases_of.script(signers, owners[sets.index(rulesets.CREDS)]))
    cases.append(cases_of.twice(signers, owners[sets.index(rulesets.ALGOS)]))
    config = {"cases": cases, "evm": evm,
              "contents": {name: data.hex() for name, data in xattrs.CONTENTS.items()}}
    answer = tiny.ask(kernel, config, {"/assay-policy": bin_dir / "assay-policy",
                                       "/policy": policy.encode(), "/cert.der": signers[0].cert})
    wrong = list(differences(cases, answer))
    denied = sum(not v["allowed"] for v in answer["verdicts"].values())
    causes = {v["cause"] for v in answer["verdicts"].values()} - {None}
    print(f"{answer['release']}: {len(cases)} operations under {len(sets)} rule sets "
          f"({policy.count(chr(10))} rules): {denied} denied, {len(causes)} causes, "
          f"{answer['lost']} gaps in the log, {len(wrong)} differences")
    assert not wrong, f"{len(wrong)} of {len(cases)} differ:\n" + "\n".join(wrong[:25])
    # Why no rule of ours has appraise_algos=: docs/POLICY.md.
    assert answer["results"][-1] == ([13, 0] if not evm else [13, 13]), "appraise_algos= holds now"
    assert 0.2 < denied / len(cases) < 0.8, "mostly one verdict: a weak test"
