/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dropping pages of files that nobody writes to. */
#include "attest/client/memory.h"

#include <link.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/attr.h"

#define RANGES_MAX 192 /* read-only segments: two or three a library */

struct ranges {
	uintptr_t page;
	size_t n;
	struct {
		uintptr_t begin, end;
	} of[RANGES_MAX];
};

/* Whether the dynamic linker has written into code (elf(5): DT_TEXTREL, DF_TEXTREL): then its
 * pages are no longer the file's.  No library of a Debian is so. */
static bool is_patched(const struct dl_phdr_info *lib)
{
	const ElfW(Dyn) *dyn = NULL;

	for (size_t i = 0; i < lib->dlpi_phnum; i++)
		if (lib->dlpi_phdr[i].p_type == PT_DYNAMIC)
			dyn = (const void *)(lib->dlpi_addr + lib->dlpi_phdr[i].p_vaddr);
	for (; dyn && dyn->d_tag != DT_NULL; dyn++)
		if (dyn->d_tag == DT_TEXTREL ||
		    (dyn->d_tag == DT_FLAGS && dyn->d_un.d_val & DF_TEXTREL))
			return true;
	return !dyn;
}

/* Only notes them: the headers that the next call reads lie in such a segment, too. */
static int note(struct dl_phdr_info *lib, size_t size UNUSED, void *ctx)
{
	struct ranges *ranges = ctx;

	if (is_patched(lib))
		return 0;
	for (size_t i = 0; i < lib->dlpi_phnum && ranges->n < RANGES_MAX; i++) {
		const ElfW(Phdr) *p = &lib->dlpi_phdr[i];
		const uintptr_t begin = lib->dlpi_addr + p->p_vaddr;

		if (p->p_type != PT_LOAD || p->p_flags & PF_W || p->p_filesz < p->p_memsz)
			continue;
		ranges->of[ranges->n].begin = begin & ~(ranges->page - 1);
		ranges->of[ranges->n++].end =
			(begin + p->p_memsz + ranges->page - 1) & ~(ranges->page - 1);
	}
	return 0;
}

void memory_give_back(void)
{
	struct ranges ranges = { .page = (uintptr_t)sysconf(_SC_PAGESIZE) };

	(void)malloc_trim(0);
	(void)dl_iterate_phdr(note, &ranges);
	for (size_t i = 0; i < ranges.n; i++)
		(void)madvise((void *)ranges.of[i].begin, ranges.of[i].end - ranges.of[i].begin,
			      MADV_DONTNEED);
}
