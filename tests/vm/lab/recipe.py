# SPDX-License-Identifier: GPL-2.0-or-later
"""What the lab's Debian is made of; everything here goes into the hash that names the image."""

RELEASE = "bookworm"
BACKPORTS = "bookworm-backports"
KERNELS = ("6.1", "6.12")
HOSTNAME = "lab"

# A stock Debian as an operator would have it.
SYSTEM = """
    apparmor apt attr bash-completion ca-certificates cron dbus e2fsprogs initramfs-tools iproute2
    iputils-ping keyutils kmod less libpam-systemd locales login logrotate man-db nano
    openssh-server passwd perl procps python3 python3-apt sudo systemd systemd-sysv udev
    zstd
""".split()

# What tests and attacks use inside the guest.
TOOLS = """
    cryptsetup-bin dmsetup fdisk fsverity fuse3 hello ima-evm-utils kexec-tools libcap2-bin openssl
    psmisc squashfs-tools strace tpm2-tools
""".split()

# What Assay's packages depend on, so that apt can install them in a guest that has no network.
RUNTIME = """
    libarchive13 libcap2 libcbor0.8 libcryptsetup12 libcurl4 libinih1 libjansson4 libkeyutils1
    libmicrohttpd12 libsqlite3-0 libssl3 libtss2-esys-3.0.2-0 libtss2-mu0 libtss2-rc0
    libtss2-tcti-device0 libtss2-tctildr0
""".split()

# Runs as root with the root directory as $1, after the packages above are installed.
FINISH = r"""
set -eu
newest() { chroot "$R" apt-cache search --names-only "^linux-image-$1.*-cloud-amd64\$" |
	cut -d" " -f1 | sort -V | tail -n 1; }
export DEBIAN_FRONTEND=noninteractive
k61=$(newest '6\.1\.0-')
k612=$(newest '6\.12\.')
test -n "$k61" && test -n "$k612"
echo "UUID=@UUID@ / ext4 errors=remount-ro 0 1" >"$R/etc/fstab"
# An emulated machine makes a small initramfs in a tenth of the time; all that the lab can boot from is in.
printf 'MODULES=list\nCOMPRESSLEVEL=1\n' >"$R/etc/initramfs-tools/conf.d/lab"
printf '%s\n' virtio_pci virtio_blk virtio_scsi sd_mod nvme ext4 tpm_crb tpm_tis virtio_rng \
	>>"$R/etc/initramfs-tools/modules"
chroot "$R" apt-get -y --no-install-recommends install "$k61" "$k612"
chroot "$R" dpkg -i /tmp/assay-lab-agent.deb
rm "$R/tmp/assay-lab-agent.deb"
chroot "$R" passwd -d root
chroot "$R" useradd -m -s /bin/bash user
echo lab >"$R/etc/hostname"
printf '127.0.0.1\tlocalhost\n127.0.1.1\tlab\n' >"$R/etc/hosts"
: >"$R/etc/machine-id"
mkdir -p "$R/var/log/journal" "$R/etc/systemd/network"
printf '[Match]\nName=en* eth*\n[Network]\nAddress=10.0.2.15/24\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n' \
	>"$R/etc/systemd/network/lab.network"
# A machine without a network has nothing to wait for; the tools are here, their services are not wanted.
for unit in apt-daily.timer apt-daily-upgrade.timer systemd-networkd-wait-online.service \
	networking.service e2scrub_reap.service kexec.service kexec-load.service; do
	ln -sf /dev/null "$R/etc/systemd/system/$unit"
done
chroot "$R" systemctl enable systemd-networkd.service
chroot "$R" apt-get clean
rm -rf "$R"/var/lib/apt/lists/*_Packages "$R"/var/lib/apt/lists/*_Translation*
chroot "$R" dpkg-query -W >"$R/root/packages"
"""

# One GPT disk: the EFI system partition, then the root file system.
SECTOR = 512
ESP_START, ESP_MIB = 2048, 320
ROOT_START, ROOT_MIB = ESP_START + ESP_MIB * 2048, 3072
SECTORS = ROOT_START + ROOT_MIB * 2048 + 2048
ROOT_UUID = "6d7f2a0e-55a3-4e7a-9c1f-0a55a7ab1e01"
LAYOUT = f"""label: gpt
start={ESP_START}, size={ESP_MIB}MiB, type=uefi, name=esp
start={ROOT_START}, size={ROOT_MIB}MiB, type=linux, name=root
"""
# Of a disk whose root is in a LUKS2 volume (cryptsetup shrinks what it encrypts in place by twice its header): /boot is behind it.
VOLUME_MIB = ROOT_MIB + 32
BOOT_START, BOOT_MIB = ROOT_START + VOLUME_MIB * 2048, 256
FEATURES = {"verity": "verity", "signature": "^verity"}


def everything():
    """The recipe as data, for the hash."""
    return [RELEASE, BACKPORTS, SYSTEM, TOOLS, RUNTIME, FINISH, LAYOUT, ROOT_UUID, FEATURES]
