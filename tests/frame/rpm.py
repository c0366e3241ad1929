# SPDX-License-Identifier: GPL-2.0-or-later
"""Small rpm packages, signed or not, and a host that installs them with rpm and the plugin."""

import hashlib
import os
import shutil
import struct
import subprocess

from frame import openpgp
from frame.chroot import Chroot
from frame.record import record_text

MACROS = {"debug_package": "%{nil}", "__os_install_post": "%{nil}", "_binary_payload": "w1.gzdio",
          "_build_id_links": "none", "__gpg": "/usr/bin/gpg"}
SPEC = """Name: {name}
Version: {version}
Release: 1
Summary: test
License: none
AutoReqProv: no
Provides: /bin/sh
%description
test
%install
cp -a %{{_tree}}/. %{{buildroot}}
{scripts}
%files
{files}
"""
LEAD, MAGIC = 96, bytes.fromhex("8eade80100000000")
REGION, REGION_TYPE, STRING_ARRAY = 62, 7, 8
ALIGN = {3: 2, 4: 4, 5: 8}  # by type: of 16, 32, 64 bits
FILESIGNATURES = 274


def define(**macros):
    """Words for rpm."""
    return [w for name, value in macros.items() for w in ("--define", f"{name} {value}")]


class Vendor(openpgp.Vendor):
    """Whose packages rpm installs."""

    def __init__(self, top, name="vendor"):
        super().__init__(top, name)
        self.armored = self.top / "key.asc"
        self.armored.write_bytes(self.gpg("--armor", "--export", self.user))

    def build(self, name, files, *, version="1", scripts="", sign=True, algo=8):
        """A package of files, path -> (content, attributes as in a spec); None: a link to the last one."""
        work = self.top / f"{name}-{version}.build"
        tree, last = work / "tree", None
        for path, (content, _) in files.items():
            where = tree / path.lstrip("/")
            where.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                os.link(last, where)
            else:
                where.write_bytes(content)
            last = where
        spec = work / "spec"
        spec.write_text(SPEC.format(name=name, version=version, scripts=scripts,
                                    files="\n".join(f"{words} {path}" for path, (_, words) in files.items())))
        subprocess.run(["rpmbuild", "-bb", "--quiet", *define(
            _topdir=work, _dbpath=work / "db", _tree=tree, _binary_filedigest_algorithm=algo, **MACROS), spec],
            check=True, capture_output=True)
        made = next((work / "RPMS").rglob("*.rpm"))
        if sign:
            self.sign(made)
        return made

    def sign(self, package):
        """As rpmsign does it."""
        subprocess.run(["rpmsign", *define(_gpg_name=self.user, _gpg_path=self.home, **MACROS), "--addsign",
                        package], check=True, capture_output=True)


def query(package, what):
    """What the header says, a line per file."""
    return subprocess.run(["rpm", "-qp", "--nosignature", *define(_dbpath="/nonexistent"), "--qf",
                           f"[%{{{what}}}\n]", package],
                          check=True, capture_output=True, text=True).stdout.splitlines()


def header_end(data, at):
    """(number of entries, where their data begins, where the header ends)."""
    entries, size = struct.unpack(">II", data[at + 8:at + 16])
    store = at + 16 + 16 * entries
    return entries, store, store + size


def put_file_signatures(package, signatures):
    """Writes them where 'rpmsign --signfiles' does, which Debian builds without; in the header's file order."""
    data = package.read_bytes()
    entries, store, end = header_end(data, LEAD)
    index = [struct.unpack(">IIII", data[LEAD + 16 * i + 16:LEAD + 16 * i + 32]) for i in range(entries)]
    assert index[0][0] == REGION
    index.sort(key=lambda entry: entry[2])
    parts = [(FILESIGNATURES, STRING_ARRAY, len(signatures), b"".join(s.encode() + b"\0" for s in signatures))]
    for (tag, kind, offset, count), following in zip(index, [*index[1:], (0, 0, None, 0)]):
        if tag not in (REGION, FILESIGNATURES):
            parts.append((tag, kind, count, data[store + offset:store + following[2]]))
    body, new = b"", []
    for tag, kind, count, part in sorted(parts):
        body += bytes(-len(body) % ALIGN.get(kind, 1))
        new.append((tag, kind, len(body), count))
        body += part
    trailer = struct.pack(">IIiI", REGION, REGION_TYPE, -16 * (len(new) + 1), 16)
    new.insert(0, (REGION, REGION_TYPE, len(body), 16))
    body += trailer
    header = MAGIC + struct.pack(">II", len(new), len(body)) + b"".join(struct.pack(">IIII", *e) for e in new) + body
    rest = data[end + (-(end - LEAD) % 8):]
    package.write_bytes(data[:LEAD] + header + bytes(-len(header) % 8) + rest)


class RpmHost:
    """A root that rpm, started in it, takes for the machine's own.

    What installs is the build's stand-in for rpm, which has its sanitizers; with own, Debian's rpm.
    """

    def __init__(self, path, build, own=False):
        self.path = path
        self.build = build
        for directory in ("etc/assay/keys", "etc/assay/certs", "run/assay", "var/lib/assay/trust", "var/tmp", "tmp",
                          "packages"):
            (path / directory).mkdir(parents=True)
        self.inside = Chroot(path, build)
        self.installer = ("rpm", "/usr/bin") if own else ("rpm", build / "interop")
        self.macros = {"_dbpath": "/var/lib/rpm", "__plugindir": build / "rpm",
                       "__transaction_assay": "%{__plugindir}/assay.so"}

    def __truediv__(self, name):
        return self.path / name.lstrip("/")

    def close(self):
        """Lets go of the log, which can only be added to: the directory is removed one day."""
        log = self / "var/lib/assay/log"
        if log.exists():
            subprocess.run(["chattr", "-a", log], check=False, capture_output=True)

    def configure(self, *, profile="signature", evm="off", mode="off", more=""):
        """/etc/assay/assay.conf."""
        (self / "etc/assay/assay.conf").write_text(
            f"[enforcement]\nmode = {mode}\nprofile = {profile}\nevm = {evm}\n{more}")

    def enforce(self, *, profile="signature", evm="off", certs=()):
        """As if this boot had been begun with a record."""
        text = record_text("sha256:" + "0" * 64, profile=profile, evm=evm)
        for number, cert in enumerate(certs):
            with open(cert, "rb") as der:
                digest = hashlib.sha256(der.read()).hexdigest()
            shutil.copy(cert, self / f"var/lib/assay/trust/{digest}")
            text += f"cert sha256:{digest} {number}.der\n"
        (self / "run/assay/record").write_text(text)

    def put_key(self, key, cert):
        """The host's own."""
        if key:
            shutil.copy(key, self / "etc/assay/keys/signing.key")
        shutil.copy(cert, self / "etc/assay/certs/signing.der")

    def trust(self, vendor):
        """Its key is in rpm's keyring from now on."""
        done = self.rpm("--import", vendor.armored)
        assert done.rc == 0, done

    def rpm(self, *words):
        """rpm with the plugin, in the root; packages are copied into it."""
        inside = []
        for word in words:
            if isinstance(word, os.PathLike):
                shutil.copy(word, self / "packages")
                word = f"/packages/{os.path.basename(word)}"
            inside.append(word)
        installs = any(word in ("-i", "-U", "-e") for word in words)
        name, where = self.installer if installs else ("rpm", "/usr/bin")
        return self.inside.run(name, *define(**self.macros), *inside, where=where)


def attributes(path):
    """The names of its security.* attributes, without the prefix."""
    return sorted(n.removeprefix("security.") for n in os.listxattr(path) if n.startswith("security."))
