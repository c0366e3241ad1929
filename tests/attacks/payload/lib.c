/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The attacker's library: says PWNED as soon as it is loaded, whoever loads it and why. */
#include <unistd.h>

static void __attribute__((constructor)) loaded(void)
{
	if (write(STDOUT_FILENO, "PWNED by a library\n", 19) < 0)
		_exit(1);
}

/* rtld-audit(7) asks for it. */
unsigned int la_version(unsigned int version);
unsigned int la_version(unsigned int version)
{
	return version;
}
