# SPDX-License-Identifier: GPL-2.0-or-later
# Assay: a Linux host that runs only what was installed, and can prove it.
#
# make            build the programs into build/bin
# make demo       show the main job on a real Debian in a VM (sets itself up)
# make check      everything that must hold (sets itself up); make check-long: the same, larger counts, for hours
#                 (in parts: scripts/check long-attacks | long-boots | long-packages | long-rest)
# make bench      the figures, into build/bench/results.json
# make fuzz       every fuzz target, for up to FUZZ_SECONDS seconds (60)
# make lint       style, include directions, sizes, man pages
# make deb        Debian packages into build/deb
# make install    DESTDIR and PREFIX as usual (install-rpm, install-pacman, install-verifier: what are packages of their own)
# make deps       install what the above need (as root)
# make help       this text.  V=1 shows commands, COV=1 is for coverage, SAN=1 builds with ASan and UBSan into
#                 build/san, SAN=thread with TSan into build/tsan

PREFIX     ?= /usr
BINDIR     ?= $(PREFIX)/bin
LIBEXECDIR ?= $(PREFIX)/lib/assay
MANDIR     ?= $(PREFIX)/share/man
DESTDIR    ?=
PYTHON     ?= /usr/bin/python3
CC         ?= gcc
CLANG      ?= clang
BUILD      ?= build$(if $(SAN),/$(SAN_DIR))$(if $(COV),/cov)
FUZZ_SECONDS ?= 60

VERSION := $(shell cat VERSION)
comma := ,
SAN_DIR   := $(if $(filter thread,$(SAN)),tsan,san)
SANITIZE  := $(if $(SAN),-fsanitize=$(if $(filter thread,$(SAN)),thread,address$(comma)undefined))

WARN := -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wcast-qual -Wwrite-strings \
	-Wmissing-prototypes -Wstrict-prototypes -Wundef -Wvla -Wformat=2 -Wswitch-enum \
	-Wimplicit-fallthrough $(if $(SAN),,-Wframe-larger-than=4096)
# One set of objects for programs and for the plugin: what is not exported by name is hidden.
HARDEN := -fstack-protector-strong -fPIC -fvisibility=hidden -fno-plt $(if $(SAN)$(COV),,-D_FORTIFY_SOURCE=2)
OPT    ?= $(if $(SAN)$(COV),-O1,-O2) -g
ASSAY_CFLAGS := -std=c17 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DASSAY_VERSION='"$(VERSION)"' \
	-DASSAY_LIBEXECDIR='"$(LIBEXECDIR)"' -Ilib -I. -pthread $(WARN) $(HARDEN) $(OPT) \
	$(if $(SAN),$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer) \
	$(if $(COV),--coverage) $(if $(WERROR),-Werror)
ASSAY_LDFLAGS := -pthread -Wl,-z,relro,-z,now -Wl,--as-needed \
	$(SANITIZE) $(if $(COV),--coverage)

# Which libraries each part links; only lib/crypto uses OpenSSL, lib/tpm tss2, lib/base keyutils.
LIBS := -larchive -lcrypto -lkeyutils -linih
LIBS_assay        := -ljansson -lsystemd
LIBS_assay-policy := -ljansson
LIBS_assay-sign   := -ljansson
LIBS_assay-pkg    := -ljansson
LIBS_assay-transaction := -ljansson
LIBS_tpm          := -ltss2-esys -ltss2-mu -ltss2-tcti-device
LIBS_assay-boot   := $(LIBS_tpm)
# What a lock needs in the initramfs is its own program: without a lock none of it is there.
LIBS_assay-unlock := $(LIBS_tpm) -lcryptsetup -ljansson
LIBS_assay-attest := $(LIBS_tpm) -lcbor -lcurl -ljansson
LIBS_assay-verifier := -lcbor -lcurl -lmicrohttpd -lgnutls -lsqlite3 -lpq -ljansson -lsystemd
LIBS_assay-lock   := $(LIBS_tpm) -lcryptsetup -lcbor -ljansson
LIBS_unit         := -ljansson -lsystemd $(LIBS_tpm) -ltss2-tcti-swtpm -lcbor -lcryptsetup

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(2)')

PROGRAMS := assay assay-policy assay-sign assay-pkg assay-transaction assay-boot assay-guard assay-unlock \
	assay-attest assay-verifier assay-lock
DIR_assay := assay
DIR_assay-policy := policy-gen
DIR_assay-sign := evmctl-plugins
DIR_assay-pkg := packages
DIR_assay-transaction := transaction
DIR_assay-boot := initramfs/boot
DIR_assay-guard := initramfs/guard
DIR_assay-unlock := initramfs/unlock
DIR_assay-attest := attest/client
DIR_assay-verifier := attest/verifier
DIR_assay-lock := lock
MORE_assay-boot := initramfs/shared initramfs/record
MORE_assay-unlock := initramfs/shared initramfs/record
MORE_assay-guard := initramfs/shared
# It runs before anything is judged: no loader, no library.
STATIC_assay-guard := $(if $(SAN),-pie,-static-pie)
OBJ = $(patsubst %.c,$(BUILD)/obj/%.o,$(foreach d,$(1),$(wildcard $(d)/*.c $(d)/*/*.c)))

LIB_SRC := $(wildcard lib/*/*.c)
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/obj/%.o)
CLI_OBJ := $(call OBJ,cli)
READY := $(foreach p,$(PROGRAMS),$(if $(wildcard $(DIR_$(p))/*.c),$(p)))

.DEFAULT_GOAL := all
.SECONDARY:
.DELETE_ON_ERROR:
.PHONY: all
all: $(READY:%=$(BUILD)/bin/%)

$(BUILD)/obj/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ASSAY_CFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/libassay.a: $(LIB_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/libcli.a: $(CLI_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

define program
$(BUILD)/bin/$(1): $(call OBJ,$(DIR_$(1))) $(if $(MORE_$(1)),$(call OBJ,$(MORE_$(1)))) $(BUILD)/libcli.a $(BUILD)/libassay.a
	$$(call say,LD,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(if $$(STATIC_$(1)),$$(STATIC_$(1)),-pie) $$(ASSAY_LDFLAGS) $$(LDFLAGS) -o $$@ $$^ \
		$$(if $$(STATIC_$(1)),,$$(LIBS_$(1)) $$(LIBS))
endef
$(foreach p,$(READY),$(eval $(call program,$(p))))

# libpq's header has a folder of its own.
$(BUILD)/obj/attest/verifier/driver_postgres.o: ASSAY_CFLAGS += -I/usr/include/postgresql

# rpm's plugin, where rpm's headers are.  rpm itself has librpm; what the plugin links of ours is its own.
RPM_PLUGIN := $(if $(wildcard /usr/include/rpm/rpmlib.h),$(BUILD)/rpm/assay.so)
RPM_DIR    ?= $(LIBEXECDIR)/rpm
RPM_MACROS ?= $(PREFIX)/lib/rpm/macros.d
# Where libalpm looks, whatever its configuration says.
PACMAN_HOOKS ?= $(PREFIX)/share/libalpm/hooks
$(BUILD)/rpm/assay.so: $(call OBJ,rpm-plugin) $(BUILD)/libcli.a $(BUILD)/libassay.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -shared $(ASSAY_LDFLAGS) $(LDFLAGS) -o $@ $^ -lrpm -lrpmio -ljansson $(LIBS)
all: $(RPM_PLUGIN)

# Each tests/unit/*.c is a program of its own, whose cases pytest runs and reports.
UNIT_SRC := $(wildcard tests/unit/*.c)
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(BUILD)/unit/%)

$(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(BUILD)/libcli.a $(BUILD)/libassay.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -pie $(ASSAY_LDFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS_unit) $(LIBS)
# What they test of a program.
$(BUILD)/unit/session: $(BUILD)/obj/transaction/session.o
$(BUILD)/unit/verifier_store: $(patsubst %,$(BUILD)/obj/attest/verifier/%.o,store store_meta store_rows store_schema driver_sqlite driver_postgres \
	progress reasons)
$(BUILD)/unit/verifier_store: LIBS += -lsqlite3 -lpq
$(BUILD)/unit/recent: $(patsubst %,$(BUILD)/obj/attest/verifier/%.o,recent store store_meta store_rows store_schema driver_sqlite \
	driver_postgres progress reasons)
$(BUILD)/unit/recent: LIBS += -lsqlite3 -lpq
$(BUILD)/unit/unlock: $(patsubst %,$(BUILD)/obj/%.o,initramfs/unlock/terminal initramfs/unlock/words \
	initramfs/unlock/recovery)
$(BUILD)/unit/next_lock: $(patsubst %,$(BUILD)/obj/assay/%.o,next_boot/lock checks/report host/host commands/out)
$(BUILD)/unit/attach: $(patsubst %,$(BUILD)/obj/%.o,transaction/watch transaction/making initramfs/boot/mend)
$(BUILD)/unit/ahead: $(BUILD)/obj/initramfs/boot/ahead.o
$(BUILD)/obj/tests/unit/%.o: ASSAY_CFLAGS += -Itests -Wno-frame-larger-than

# What the interoperability tests ask of the library where the host can't do it with the programs.
INTEROP_SRC := $(filter-out $(if $(RPM_PLUGIN),,tests/interop/rpm.c),$(wildcard tests/interop/*.c))
INTEROP_BIN := $(INTEROP_SRC:tests/interop/%.c=$(BUILD)/interop/%)

$(BUILD)/interop/%: $(BUILD)/obj/tests/interop/%.o $(BUILD)/libassay.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -pie $(ASSAY_LDFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/interop/unseal $(BUILD)/interop/lock_volume: LIBS += $(LIBS_tpm) -lcryptsetup -ljansson

# What the benches make and time.
BENCH_SRC := $(wildcard tests/bench/*.c)
BENCH_BIN := $(BENCH_SRC:tests/bench/%.c=$(BUILD)/timed/%)

$(BUILD)/timed/%: $(BUILD)/obj/tests/bench/%.o $(BUILD)/libassay.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -pie $(ASSAY_LDFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
$(BUILD)/obj/tests/bench/%.o: ASSAY_CFLAGS += -Itests -Wno-frame-larger-than

# Simulated hosts speak TLS.
$(BUILD)/timed/host: LIBS += -lssl -lcbor

# Where rpm's headers are not, nothing of rpm is built or tested.
$(BUILD)/interop/rpm: LIBS += -lrpm -lrpmio -lpopt

# The library that makes the Nth call of a kind fail; loaded before libc, so never with SAN=1.
$(BUILD)/faults.so: $(BUILD)/obj/tests/faults/shim.o
	$(call say,LD,$@)
	$(Q)$(CC) -shared -pthread $(LDFLAGS) -o $@ $^ -ldl
$(BUILD)/faults/base: $(BUILD)/obj/tests/faults/base.o $(BUILD)/libassay.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -pie $(ASSAY_LDFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
# A software TPM in the device's place, for programs that are run in tests; loaded before libc, too.
$(BUILD)/tcti.so: tests/frame/tcti.c
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c17 -D_GNU_SOURCE -fPIC -O1 -g $(WARN) $(if $(WERROR),-Werror) -shared -o $@ $< -ltss2-tcti-swtpm
# A clock that jumps, and one that stops what a round takes; likewise.
$(BUILD)/clock.so $(BUILD)/times.so: $(BUILD)/%.so: tests/frame/%.c
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c17 -D_GNU_SOURCE -fPIC -O1 -g $(WARN) $(if $(WERROR),-Werror) -shared -o $@ $< -ldl
$(BUILD)/obj/tests/faults/shim.o: tests/faults/shim.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c17 -D_GNU_SOURCE -fPIC -O1 -g $(WARN) $(if $(WERROR),-Werror) -c $< -o $@

# Each tests/fuzz/fuzz_*.c is a libFuzzer target over the library's sources.
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_BIN := $(FUZZ_SRC:tests/fuzz/%.c=build/fuzz/%)
FUZZ_FLAGS := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FUZZ_OBJ := $(LIB_SRC:%.c=build/fuzz/obj/%.o)

build/fuzz/obj/%.o: %.c
	$(call say,FUZZCC,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(ASSAY_CFLAGS) -O1 -U_FORTIFY_SOURCE $(FUZZ_FLAGS) -Itests -Wno-frame-larger-than -MMD -MP -c $< -o $@
build/fuzz/libassay.a: $(FUZZ_OBJ)
	$(Q)rm -f $@ && $(AR) rcs $@ $^
build/fuzz/fuzz_%: build/fuzz/obj/tests/fuzz/fuzz_%.o build/fuzz/libassay.a
	$(call say,LD,$@)
	$(Q)$(CLANG) $(ASSAY_LDFLAGS) -fsanitize=fuzzer,address,undefined -o $@ $^ $(LIBS_unit) $(LIBS)

# The same targets with a main that only replays their corpora.
REPLAY_BIN := $(FUZZ_SRC:tests/fuzz/fuzz_%.c=$(BUILD)/replay/%)
$(BUILD)/replay/%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(BUILD)/obj/tests/fuzz/replay.o $(BUILD)/libassay.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -pie $(ASSAY_LDFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_unit) $(LIBS)
$(BUILD)/obj/tests/fuzz/%.o: ASSAY_CFLAGS += -Itests -Wno-frame-larger-than

.PHONY: programs unit timed faults replay fuzz-build
programs: all
unit: $(UNIT_BIN) $(INTEROP_BIN) $(BENCH_BIN)
timed: $(BENCH_BIN)
replay: $(REPLAY_BIN)
faults: $(BUILD)/faults.so $(BUILD)/faults/base $(BUILD)/interop/unseal $(BUILD)/interop/lock_volume $(BUILD)/timed/host \
	$(BUILD)/unit/appraise_memory
unit timed faults: $(BUILD)/tcti.so $(BUILD)/clock.so $(BUILD)/times.so
fuzz-build: $(FUZZ_BIN)

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(foreach p,$(READY),$(patsubst %.o,%.d,$(call OBJ,$(DIR_$(p))) $(if $(MORE_$(p)),$(call OBJ,$(MORE_$(p))))))
-include $(patsubst %.o,%.d,$(call OBJ,rpm-plugin))
-include $(UNIT_SRC:%.c=$(BUILD)/obj/%.d) $(INTEROP_SRC:%.c=$(BUILD)/obj/%.d) $(BENCH_SRC:%.c=$(BUILD)/obj/%.d) $(FUZZ_OBJ:.o=.d) $(FUZZ_SRC:%.c=build/fuzz/obj/%.d) $(FUZZ_SRC:%.c=$(BUILD)/obj/%.d)

# Everything that is installed.  initramfs/initramfs-tools is laid out as /usr/share/initramfs-tools.
VERIFIER_PAGES := $(wildcard man/assay-verifier*.[1-8])
MAN_PAGES := $(filter-out man/assay-rpm.8 man/assay-pacman.8 $(VERIFIER_PAGES),$(wildcard man/*.[1-8]))
LOCK_HOOKS := $(foreach d,initramfs/post-update kernel/postinst kernel/postrm,/etc/$(d).d/zzz-assay-lock) \
	$(PREFIX)/lib/kernel/install.d/95-assay-lock.install
INITRAMFS_FILES := $(shell cd initramfs/initramfs-tools 2>/dev/null && find . -type f)
install_to = install -D -m $(1) $(2) '$(DESTDIR)$(3)'

.PHONY: install install-rpm install-pacman install-verifier deb
install-rpm: $(RPM_PLUGIN)
	$(if $(RPM_PLUGIN),,$(error rpm's headers are missing: librpm-dev))
	$(call install_to,644,$(RPM_PLUGIN),$(RPM_DIR)/assay.so)
	$(call install_to,644,man/assay-rpm.8,$(MANDIR)/man8/assay-rpm.8)
	install -d -m 755 '$(DESTDIR)$(RPM_MACROS)'
	sed 's,/usr/lib/assay/rpm,$(RPM_DIR),g' rpm-plugin/macros.transaction_assay >'$(DESTDIR)$(RPM_MACROS)/macros.transaction_assay'
	chmod 644 '$(DESTDIR)$(RPM_MACROS)/macros.transaction_assay'
install-pacman:
	$(call install_to,644,man/assay-pacman.8,$(MANDIR)/man8/assay-pacman.8)
	install -d -m 755 '$(DESTDIR)$(PACMAN_HOOKS)'
	$(foreach h,$(notdir $(wildcard debian/pacman/*.hook)),\
		sed 's,/usr/lib/assay/,$(LIBEXECDIR)/,g' debian/pacman/$(h) >'$(DESTDIR)$(PACMAN_HOOKS)/$(h)' && \
		chmod 644 '$(DESTDIR)$(PACMAN_HOOKS)/$(h)' &&) true
install-verifier: $(BUILD)/bin/assay-verifier
	$(call install_to,755,$<,$(LIBEXECDIR)/assay-verifier)
	install -d -m 755 '$(DESTDIR)$(BINDIR)'
	ln -sfr '$(DESTDIR)$(LIBEXECDIR)/assay-verifier' '$(DESTDIR)$(BINDIR)/assay-verifier'
	$(foreach m,$(VERIFIER_PAGES),$(call install_to,644,$(m),$(MANDIR)/man$(lastword $(subst ., ,$(m)))/$(notdir $(m))) &&) true
	install -d -m 755 '$(DESTDIR)/etc/assay/verifier/trust' '$(DESTDIR)/etc/assay/verifier/ek-ca'
install: all
	$(foreach p,$(filter-out assay assay-verifier,$(READY)),$(call install_to,755,$(BUILD)/bin/$(p),$(LIBEXECDIR)/$(p)) &&) true
	$(if $(filter assay,$(READY)),$(call install_to,755,$(BUILD)/bin/assay,$(BINDIR)/assay))
	$(foreach m,$(MAN_PAGES),$(call install_to,644,$(m),$(MANDIR)/man$(lastword $(subst ., ,$(m)))/$(notdir $(m))) &&) true
	$(Q)cd initramfs/initramfs-tools 2>/dev/null || exit 0; for f in $(INITRAMFS_FILES); do \
		mode=644; [ ! -x $$f ] || mode=755; \
		install -D -m $$mode $$f '$(DESTDIR)$(PREFIX)'/share/initramfs-tools/$$f || exit 1; done
		sed 's,/usr/lib/assay/,$(LIBEXECDIR)/,g' debian/dpkg/assay-dpkg >'$(DESTDIR)$(LIBEXECDIR)/assay-dpkg'
	chmod 755 '$(DESTDIR)$(LIBEXECDIR)/assay-dpkg'
	$(foreach f,$(LOCK_HOOKS),install -d -m 755 '$(DESTDIR)$(dir $(f))' && \
		sed 's,/usr/lib/assay/,$(LIBEXECDIR)/,g' initramfs/update/assay-lock >'$(DESTDIR)$(f)' && \
		chmod 755 '$(DESTDIR)$(f)' &&) true
	install -d -m 755 '$(DESTDIR)/etc/dpkg/dpkg.cfg.d'
	sed 's,/usr/lib/assay/,$(LIBEXECDIR)/,g' debian/dpkg/dpkg.cfg >'$(DESTDIR)/etc/dpkg/dpkg.cfg.d/assay'
	chmod 644 '$(DESTDIR)/etc/dpkg/dpkg.cfg.d/assay'
	install -d -m 755 '$(DESTDIR)/etc/assay' '$(DESTDIR)/etc/assay/certs' '$(DESTDIR)/var/lib/assay'
	install -d -m 700 '$(DESTDIR)/etc/assay/keys'
deb:
	@scripts/deb

# What the project does to itself.  deps asks apt only for what is missing.
.PHONY: deps check check-long lint fuzz coverage bench demo help clean
deps:
	@scripts/install-deps
check:
	@scripts/check all
check-long:
	@ASSAY_LONG=1 ASSAY_COUNT_FACTOR=$${ASSAY_COUNT_FACTOR:-10} scripts/check all
lint:
	@scripts/check lint
fuzz: fuzz-build
	@FUZZ_SECONDS=$(FUZZ_SECONDS) scripts/fuzz
coverage:
	@scripts/check coverage
bench: deps all timed
	@$(PYTHON) scripts/bench
demo: deps
	@scripts/demo
help:
	@sed -n '/^# make /,/^$$/s/^# //p' Makefile
clean:
	rm -rf build/obj build/bin build/unit build/san build/cov build/fuzz build/deb build/*.a build/*.so
