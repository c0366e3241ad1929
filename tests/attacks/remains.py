# SPDX-License-Identifier: GPL-2.0-or-later
"""What is known to get through, where, and why: SECURITY.md says the same to the operator.

An attack that is named here must get through where it is named, so that a change is noticed."""

# Attack without its -root or -user: when (a function of the Setup), why.
ALWAYS = "what is no regular file is not appraised by IMA: root maps code from a block device"
STORAGE = "plain IMA remembers its verdict: root writes the storage under the file, or the open file"
METADATA = "without EVM nothing binds owner, mode and capabilities"
MEMORY = "IMA appraises files: a signed process's own memory is its own"
KEY = "a signing key on the host without a passphrase signs what root likes"
BPF = "lockdown lets root attach BPF, which answers in IMA's place where the kernel reads a whole file"
MIXED = "6.1 keeps for an inode what any rule asked of it: mapped as a program, a module is to be under fs-verity"
LOADER = "the loader is an interpreter: relocations of an unsigned library write code into zeroed memory"
HELD = "fs-verity does not drop the pages that a file had before: one that is in use is written after the verdict"
CUT = "truncate(2) closes no descriptor: the hash that was remembered stays"
EMPTY = "an empty new file may be mapped without a signature, and the verdict lasts while it is written"


def always(setup):
    """On every machine."""
    del setup
    return True


def older_verity(setup):
    """In the verity profile of 6.1."""
    return setup.profile == "verity" and setup.kernel == "6.1"


def signature(setup):
    """In the signature profile."""
    return setup.profile == "signature"


def cut_short(setup):
    """In the signature profile, but for 6.12 with EVM, where each of five tries was refused."""
    return signature(setup) and not (setup.kernel == "6.12" and setup.evm != "off")


def no_evm(setup):
    """Where EVM is off."""
    return setup.evm == "off"


def no_evm_verity(setup):
    """The same in the verity profile; in the other one no user's files run."""
    return setup.evm == "off" and setup.profile == "verity"


REMAINS = {
    "block_device_as_library-root": (always, ALWAYS),
    "block_device_as_program-root": (always, ALWAYS),
    "module_past_ima_by_bpf-root": (always, BPF),
    "private_map_written-root": (always, MEMORY),
    "private_map_written-user": (always, MEMORY),
    "library_of_relocations-root": (always, LOADER),
    "library_of_relocations-user": (always, LOADER),
    "page_held_by_a_direct_read-root": (always, HELD),
    "anonymous_memory-root": (always, MEMORY),
    "anonymous_memory-user": (always, MEMORY),
    "hosts_own_key-root": (always, KEY),
    "file_mapped_before_written-root": (signature, EMPTY),
    "library_written_while_open-root": (signature, STORAGE),
    "library_written_through_a_loop-root": (signature, STORAGE),
    "running_library_written-root": (signature, STORAGE),
    "script_cut_short-root": (cut_short, CUT),
    "changed_under_the_image-root": (signature, STORAGE),
    "partition_written-root": (signature, STORAGE),
    "partition_written_directly-root": (signature, STORAGE),
    "disk_written-root": (signature, STORAGE),
    "disk_written_directly-root": (signature, STORAGE),
    "loop_over_partition-root": (signature, STORAGE),
    "loop_over_disk-root": (signature, STORAGE),
    "mapper_over_partition-root": (signature, STORAGE),
    "mapper_over_disk-root": (signature, STORAGE),
    "written_while_frozen-root": (signature, STORAGE),
    "module_poisoned-root": (older_verity, MIXED),
    "set_user_id-root": (no_evm, METADATA),
    "set_user_id_without_evm-root": (no_evm, METADATA),
    "set_user_id_copy-root": (no_evm, METADATA),
    "capability-root": (no_evm, METADATA),
    "given_away-root": (no_evm_verity, METADATA),
    "loop_image_set_user_id-root": (no_evm, METADATA),
    "mode_written_on_disk-root": (no_evm, METADATA),
}


def remains(attack, setup):
    """Why an attack is known to get through on a machine, or None."""
    when, why = REMAINS.get(attack, (None, None))
    return why if when and when(setup) else None
