# SPDX-License-Identifier: GPL-2.0-or-later
"""assay-lock predict: from a real boot's log to what the TPM held after another, by the program."""

from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
LOGS = TESTS / "fuzz/corpus/boot_log"
DATA = TESTS / "unit/data/boot"
LINE = "initrd=\\initrd.img console=ttyS0 panic=-1 quiet loglevel=0"


def held(name, *pcrs):
    """What that boot's TPM held, as the program prints it."""
    lines = (DATA / f"{name}.pcrs").read_text(encoding="ascii").splitlines()
    values = {int(number): value for bank, number, value in map(str.split, lines) if bank == "sha256"}
    return "".join(f"{n} {values[n]}\n" for n in pcrs)


def predict(run, log, profile, *words):
    """The program on one of the logs."""
    return run("assay-lock", "predict", "--profile", profile, "--log", LOGS / log, *words)


def test_grub(run):
    """Initramfs, version and menu change; without --was the initramfs is found by its name."""
    words = ["--grub-cfg", DATA / "grub-b.cfg", "--was", DATA / "grub-a.cfg", "--initrd", DATA / "initrd-b",
             "--was", DATA / "initrd-a"]
    done = predict(run, "shim-grub-a", "grub", *words)
    assert (done.rc, done.out, done.err) == (0, held("shim-grub-b", 4, 7, 8, 9), "")
    done = predict(run, "shim-grub-a", "grub", *words[:-2])
    assert done.rc == 2 and "initrd-b: PCR 9 has no event of it" in done.err


def test_systemd_boot(run, tmp_path):
    """Command line and initramfs."""
    (tmp_path / "line").write_text(LINE, encoding="ascii")
    done = predict(run, "systemd-boot-a", "efistub", "--cmdline", LINE + ' "x=a b"', "--was", tmp_path / "line",
                   "--initrd", DATA / "initrd-b")
    assert (done.rc, done.out) == (0, held("systemd-boot-b", 4, 7, 9)), done


def test_nothing_changed(run, tmp_path):
    """The values of the log itself; and the summary beside them."""
    done = predict(run, "uki-a", "uki", "--boot-out", tmp_path / "boot")
    assert (done.rc, done.out) == (0, held("uki-a", 7, 11, 12))
    assert (tmp_path / "boot").read_bytes().startswith(b"ASSAYBT1\1\2\2")


@pytest.mark.parametrize("words, says", [
    (["--was", "x"], "stands behind the one change"),
    (["--initrd", "/nowhere"], "/nowhere: No such file"),
    (["--image", DATA / "initrd-a"], "initrd-a: not an EFI image"),
    (["--uki", DATA / "tiny-uki-a.efi"], "what was booted is to be told"),
    (["--uki", DATA / "tiny-uki-b.efi", "--was", DATA / "tiny-uki-a.efi"], "no event of it"),
    (["--grub-cfg", DATA / "grub-a.cfg", "--was", DATA / "grub-b.cfg"], "PCR 9 has no event"),
    (["--grub-cfg", DATA / "grub-a.cfg"], "what was booted is to be told"),
    (["--profile", "none"], "none"),
    (["--log", DATA / "initrd-a"], "boot log: does not begin with a Spec ID event"),
    (["word"], "'word' is one word too many"),
])
def test_what_can_t_be_predicted_is_one_line(run, words, says):
    """Trouble, with the reason, and nothing on stdout."""
    done = predict(run, "systemd-boot-a", "efistub", *words)
    assert done.rc == 2 and done.out == "" and says in done.err and done.err.count("\n") == 1, done


def test_a_host_without_a_log_is_told_why(run):
    """As under GRUB where Secure Boot is off."""
    if Path("/sys/kernel/security/tpm0/binary_bios_measurements").exists():
        pytest.skip("this machine has a boot log")
    done = run("assay-lock", "predict", "--profile", "grub")
    assert done.rc == 2 and "the firmware left no boot log (GRUB hands none on" in done.err
