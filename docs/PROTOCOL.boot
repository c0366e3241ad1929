What a boot measures, and the approved boot, version 1
======================================================

Which digests of the firmware's event log Assay understands, what it concludes from them, how it
predicts those of the next boot, and the few bytes in which an approved boot is kept so that a later
one can be explained.

1. The log

/sys/kernel/security/tpm0/binary_bios_measurements: TCG PC Client Platform Firmware Profile 1.06, 10;
the crypto-agile form only (TCG_PCR_EVENT2 behind a Spec ID Event03).  At most 1,048,576 bytes, 4,096
events, 524,288 bytes of one event, 8 banks.  Digests are sized by the Spec ID event; every event has
one of the bank that is asked for, and none twice.  EV_NO_ACTION extends nothing; StartupLocality comes
once, before PCR 0 is extended, and is 0, 3 or 4.  A log is worth what it replays to: whoever wrote it
chose its types, its data and its order.

2. What is believed

The event's type is in no digest, and is not believed.  An event is proven to be what the digest says
when it is computed anew:

	PCR	hashed					proven
	any	the data				the data: a UEFI_VARIABLE_DATA, an action, a
							separator (four zero bytes)
	1	the value of a UEFI_VARIABLE_DATA	the value (Boot####, BootOrder)
	8	STRING of "grub_cmd: STRING",		the string, not which of the three it is
		"kernel_cmdline: STRING",
		"module_cmdline: STRING"
	11	the section's name in ASCII with its	a section of this name comes next
		NUL, the data has it in UTF-16
	12	UTF-16 with its NUL			a command line that a loader passed on

and only said to be what its type and data say in these cases, each of which counts in its place alone:

	4	an image (UEFI_IMAGE_LOAD_EVENT); the digest is the image's Authenticode digest
	9	EV_EVENT_TAG 0x8f3b22ed: load options, first and once; 0x8f3b22ec: the initrd, behind
		them and once (Linux 6.1, 6.12: neither is in the data)
	9	with GRUB: a file that it read, by its name
	11	the content of the section whose name stands before it

Everything else of PCRs 4, 8, 9, 11 and 12 is counted as unexplained.

Secure Boot is what the variable SecureBoot of EFI_GLOBAL_VARIABLE in PCR 7 says, once, before the
separator, if everything before the separator is proven; else it is not told.

The command line is known if it is one and
  - with GRUB: all of PCR 8 is proven; exactly one string is a command that loads Linux (linux,
    linuxefi, linux16); the next string has its words; none begins as only a command line can ('/',
    '(', a digit), and none is a command that starts something else.
  - with the kernel's EFI stub or systemd-stub: the load options' digest in PCR 9 is that of UTF-16 of
    a text which PCR 12, a Boot#### variable, or the host's own word (/proc/cmdline) gives.

3. What each way measures (seen with the versions of Debian 12)

	way			kernel		initrd		command line
	EFI stub, systemd-boot	4		9		9; systemd-boot: 12, too
	unified kernel image	4 (image; the	11, 9		11 in the image, or 12; 9
				kernel in it
				where Secure
				Boot is off), 11
	shim and GRUB		4 twice, 9	9		8: the command, and the line

shim measures what of db or its own keys verified an image into PCR 7, its lists of keys into PCR 14.
GRUB measures every command it runs into PCR 8 (a menu entry with its whole text) and every file it
reads into PCR 9.  Where Secure Boot is off, Debian's GRUB 2.06 does not start the kernel by its EFI
stub, and the kernel then has no event log: nothing can be predicted or explained there.

4. Prediction

The log of the running boot is the template.  Each changed file is given as it was booted and as it
will be; events that have the digest of what was get that of what will be.  The digest of what was must
be there: nothing is predicted from a file that was not booted.  A grub.cfg may differ in its menu
entries only; the entry that was booted must have the same title and the same number of commands, and
each command that differs must stand once in PCR 8.  A unified kernel image must have the same sections
and the same major version of systemd-stub.  Everything else is refused.

5. The approved boot

	MAGIC		8 bytes: ASSAYBT1
	HAS_LOG		1 byte: 0 or 1
	WAY		1 byte: 0 unknown, 1 EFI stub, 2 unified kernel image, 3 GRUB
	SECURE_BOOT	1 byte: 0 not told, 1 off, 2 on
	LEN		2 bytes, big endian: of the command line, at most 2,047; ffff: not known
	CMDLINE		LEN bytes of UTF-8 without control characters, none where it is not known
	N		2 bytes, big endian: at most 128
	N times:
	  SUBJECT	1 byte
	  DIGEST	the first 8 bytes of the event's digest

At most 4,096 bytes.  Subjects: 0 SecureBoot, 1 command line, 2 kernel, 3 initrd, 4 PK, 5 KEK, 6 db,
7 dbx, 8 what verified an image, 9 another image, 10 another section, 11 GRUB's commands (all of them
folded into one: D = SHA-256(D || digest), first 8 bytes), 12 another file that GRUB read, 13 PCR 14,
14 credentials and extensions (PCRs 12 and 13), 15 PCRs 0 and 2, 16 PCRs 1 and 3, 17 others.  Events
beyond the 128th are folded into the last mark in the same way.

It is for words only: no decision hangs on it, so it needs no signature, and 8 bytes are enough.

Vector: Secure Boot off, EFI stub, command line "ro", one initrd:

	41535341 59425431 01010100 02726f00 01030000 00000000 0000
