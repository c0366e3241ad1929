# SPDX-License-Identifier: GPL-2.0-or-later
"""Ways in which root tries to get a program of its own signed by what dpkg's transactions sign.

Each is a script for sh on a host that enforces.  $P holds packages: tool.deb, which carries signatures that the host
takes, evil.deb, which carries none, mine.deb, signed by mine.key and mine.der, which the host does not know; and the
program itself, evil; and ar, which takes archives apart and adds to them.  Afterwards none of the paths in PATHS may run.
"""

PATHS = ["/usr/bin/evil", "/usr/bin/tool", "/usr/local/bin/evil", "/usr/bin/tool.dpkg-new"]

# Something that goes on while dpkg installs what is good.
WHILE = """
( {work} ) >/dev/null 2>&1 &
busy=$!
dpkg -i $P/tool.deb || true
kill $busy 2>/dev/null || true
"""

ATTEMPTS = {
    "dpkg itself": "dpkg -i $P/evil.deb",
    "signed by a stranger": "dpkg -i $P/mine.deb",
    "a stranger's certificate among the trusted": "cp $P/mine.der /etc/assay/certs/; dpkg -i $P/mine.deb",
    "a stranger's certificate in a level": """printf '\\n[levels]\\nall = %s\\n' $P/mine.der >>/etc/assay/assay.conf
dpkg -i $P/mine.deb""",
    "another configuration altogether": """printf '[keys]\\ncertificates = %s\\n' $P >/etc/assay/assay.conf
dpkg -i $P/mine.deb""",
    "the record of this boot taken away": """rm -f /run/assay/record; cp $P/mine.der /etc/assay/certs/
dpkg -i $P/mine.deb""",
    "the record of this boot edited": """sed -i "s/^cert sha256:[0-9a-f]*/cert sha256:$(sha256sum <$P/mine.der | cut -c1-64)/" \\
  /run/assay/record
cp $P/mine.der /var/lib/assay/trust/$(sha256sum <$P/mine.der | cut -c1-64); dpkg -i $P/mine.deb""",
    "a PCR of one's own": """cp $P/mine.gpg /var/lib/assay/trust/$(sha256sum <$P/mine.gpg | cut -c1-64)
sed -i "s/^pcr 13/pcr 12/; s/^keyring sha256:[0-9a-f]*/keyring sha256:$(sha256sum <$P/mine.gpg | cut -c1-64)/" /run/assay/record
tpm2_pcrextend 12:sha256=$(sha256sum </run/assay/record | cut -c1-64)
tpm2_pcrextend 12:sha256=$(echo 'assay-record end' | sha256sum | cut -c1-64); cp $P/lists/* /var/lib/apt/lists/
dpkg -i $P/evil.deb""",
    "what the record names exchanged": """for f in /var/lib/assay/trust/*; do cp $P/mine.der $f; done
dpkg -i $P/mine.deb""",
    "the word of the boot edited": "sed -i 's/^state .*/state log/' /run/assay/boot; dpkg -i $P/evil.deb",
    "the operator's word": "ASSAY_UNSIGNED=accept dpkg -i $P/evil.deb",
    "without the hooks": "rm -f /etc/dpkg/dpkg.cfg.d/assay; dpkg -i $P/evil.deb",
    "hooks for another root": "DPKG_ROOT=/x dpkg -i $P/evil.deb; dpkg --root=/ -i $P/evil.deb",
    "a forged hook call": """cp $P/evil /usr/bin/evil
cat >/tmp/call.py <<'X'
import os, sys
open("/proc/self/comm", "w").write("dpkg")
os.environ["DPKG_HOOK_ACTION"] = "install"
for verb in ("begin", "end"):
    pid = os.posix_spawn("/usr/lib/assay/assay-transaction", ["x", verb], os.environ)
    os.waitpid(pid, 0)
    open("/usr/bin/evil", "a").write("#\\n") if verb == "begin" else None
    os.spawnl(os.P_WAIT, "/bin/true", "true")
X
python3 /tmp/call.py $P/tool.deb $P/evil.deb""",
    "other signatures beside it": "dpkg-deb -x $P/tool.deb /tmp/t; cp $P/tool.deb.assay $P/evil.deb.assay; dpkg -i $P/evil.deb",
    "other signatures in it": """cd /tmp; python3 $P/ar x $P/tool.deb _assay; cp $P/evil.deb both.deb; python3 $P/ar q both.deb _assay
dpkg -i both.deb""",
    "a second data.tar": """cd /tmp; mkdir -p e; cd e; python3 $P/ar x $P/evil.deb; cd ..; cp $P/tool.deb two.deb
python3 $P/ar q two.deb e/data.tar*; dpkg -i two.deb""",
    "another data.tar before": """cd /tmp; mkdir -p e t; (cd e; python3 $P/ar x $P/evil.deb); (cd t; python3 $P/ar x $P/tool.deb)
python3 $P/ar qc first.deb t/debian-binary t/control.tar* e/data.tar* t/data.tar* t/_assay; dpkg -i first.deb""",
    "a metadata lie": """cd /tmp; dpkg-deb -R $P/evil.deb lie; sed -i 's/^Package: .*/Package: tool/' lie/DEBIAN/control
dpkg-deb -b lie lie.deb; cp $P/tool.deb.assay lie.deb.assay; dpkg -i lie.deb""",
    "a signature copied": """cp $P/evil /usr/bin/evil; dpkg -i $P/tool.deb
python3 - <<'X'
import os
for name in ("security.ima", "security.evm"):
    os.setxattr("/usr/bin/evil", name, os.getxattr("/usr/bin/tool", name))
X""",
    "signed with one's own key": """cp $P/evil /usr/bin/evil
assay sign --key $P/mine.key --cert $P/mine.der /usr/bin/evil""",
    "a text in the store": """cp $P/mine.deb.assay /var/lib/assay/packages/mine_1_amd64 || { mkdir -p /var/lib/assay/packages
cp $P/mine.deb.assay /var/lib/assay/packages/mine_1_amd64; }
ASSAY_UNSIGNED=accept dpkg --unpack $P/mine.deb; dpkg --configure -a""",
    "a manifest for repair": """cp $P/evil /usr/bin/evil; assay sign --key $P/mine.key --cert $P/mine.der --manifest /tmp/m /usr/bin/evil
assay repair --manifest /tmp/m --cert $P/mine.der /usr/bin/evil""",
    "written over while dpkg runs": WHILE.format(work="while :; do cp $P/evil /usr/bin/tool; done"),
    "renamed over while dpkg runs": WHILE.format(
        work="while :; do cp $P/evil /usr/bin/x; mv /usr/bin/x /usr/bin/tool; done"),
    "renamed over what is unpacked": WHILE.format(
        work="while :; do cp $P/evil /usr/bin/x && mv /usr/bin/x /usr/bin/tool.dpkg-new; done"),
    "written between close and execution": WHILE.format(
        work="while :; do printf '#!/bin/sh\\necho evil runs\\n' >>/usr/bin/tool; /usr/bin/tool; done"),
    "mounted over while dpkg runs": WHILE.format(
        work="cp $P/evil /tmp/over; while :; do mount --bind /tmp/over /usr/bin/tool; sleep 0.05; umount /usr/bin/tool; done"),
    "hard links": "cp $P/evil /usr/local/bin/evil; ln /usr/local/bin/evil /usr/bin/tool; dpkg -i $P/tool.deb",
    "a link in its place": "cp $P/evil /usr/local/bin/evil; ln -s /usr/local/bin/evil /usr/bin/tool.dpkg-new; dpkg -i $P/tool.deb",
    "many events": WHILE.format(
        work="cp $P/evil /usr/bin/evil; while :; do for i in $(seq 2000); do : >/var/tmp/f$i; done; /usr/bin/evil; done"),
    "the process that watches": WHILE.format(
        work="while :; do kill -9 $(pidof assay-transaction); cp $P/evil /usr/bin/tool; done"),
    "traced": WHILE.format(work="""while :; do python3 -c '
import ctypes, subprocess
for pid in subprocess.run(["pidof", "assay-transaction"], capture_output=True, text=True).stdout.split():
    if ctypes.CDLL(None, use_errno=True).ptrace(16, int(pid), 0, 0) == 0:
        open("/tmp/traced", "w").write(pid)'; done"""),
    "a preloaded library": """cp $P/evil /usr/bin/evil; cp /lib/x86_64-linux-gnu/libz.so.1 /tmp/l.so; echo x >>/tmp/l.so
LD_PRELOAD=/tmp/l.so dpkg -i $P/tool.deb""",
    "a keyring of one's own": """sed -i '/^\\[packages\\]/,$d' /etc/assay/assay.conf
printf '[packages]\\nkeyrings = %s/mine.gpg\\n' $P >>/etc/assay/assay.conf; cp $P/lists/* /var/lib/apt/lists/
dpkg -i $P/evil.deb""",
}

# The machines have no binutils: "ar x FILE [MEMBER]", and "ar q FILE MEMBER...", which makes a new one where there is none.
AR = r"""#!/usr/bin/python3
import os, sys
verb, name, *members = sys.argv[1:]
if verb == "x":
    data, at = open(name, "rb").read(), 8
    while at < len(data):
        member, size = data[at:at + 16].decode().strip().rstrip("/"), int(data[at + 48:at + 58])
        if not members or member in members:
            open(member, "wb").write(data[at + 60:at + 60 + size])
        at += 60 + size + size % 2
else:
    with open(name, "ab") as out:
        if out.tell() == 0:
            out.write(b"!<arch>\n")
        for path in members:
            data = open(path, "rb").read()
            out.write(f"{os.path.basename(path):<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode() + data)
            out.write(b"\n" * (len(data) % 2))
"""

# Who wins these is chance, or they want the signer itself: what is left behind then is no proof.
UNCERTAIN = {name for name, script in ATTEMPTS.items() if "busy=" in script} | {
    "a preloaded library", "a second data.tar", "hooks for another root"}
