# Perigee: `make` builds, `make help` lists the rest.

# No built-in rules: one of them would link the .d files.
MAKEFLAGS += -r

# As many commands at a time as there are cores, unless -j tells another number; goals come one after
# the other (`make clean all`). GNU make 4.3 does not have -j in MAKEFLAGS yet when it reads this,
# and lets a command line's win; one in the environment is seen by the shell.
ifeq ($(MAKELEVEL)$(word 2,$(MAKECMDGOALS))$(filter -j% --jobs%,$(MAKEFLAGS) \
       $(shell echo "$$MAKEFLAGS")),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
endif

# Keeps the output of each command together while files are built; other goals print as they go.
ifeq ($(filter output-sync,$(.FEATURES))$(filter-out all build/%,$(MAKECMDGOALS)),output-sync)
MAKEFLAGS += -O
endif

# Where the build goes, and what is added to every compile and link: `make asan`
# calls this file again with its own.
BUILD ?= build
CFLAGS ?= -O3 -g
SANITIZE ?=

# Lua, OpenBLAS and zlib as Debian has them; override them elsewhere.
LUA ?= lua5.4
LUA_CFLAGS ?= -I/usr/include/lua5.4
LUA_LIBS ?= -llua5.4
BLAS_LIBS ?= -lopenblas

# -ffp-contract=off: a product and a sum that the compiler fuses round once
# instead of twice, and random numbers stop matching NumPy's.
STANDARD := -std=c11 -D_XOPEN_SOURCE=700 -ffp-contract=off \
            -fno-math-errno -fno-trapping-math
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes \
            -Wmissing-prototypes
# A thread of whoever uses the library may have a stack of 128 kB. Sanitizers
# put red zones between what stands on it.
ifeq ($(SANITIZE),)
WARNINGS += -Wframe-larger-than=16384
endif
CLANG := $(findstring clang,$(CC) $(shell command -v $(CC) >/dev/null && $(CC) --version))
# clang says so of each loop that has no vector form.
ifdef CLANG
WARNINGS += -Wno-pass-failed
endif
# gcc clears and copies structs of an array's size by instructions that take
# some 30 cycles to begin; these flags have it use vector registers.
STRUCTS := -mmemset-strategy=unrolled_loop:512:noalign,libcall:-1:noalign \
           -mmemcpy-strategy=unrolled_loop:512:noalign,libcall:-1:noalign
STRUCTS := $(shell $(CC) $(STRUCTS) -fsyntax-only -x c /dev/null 2>/dev/null && echo $(STRUCTS))
COMPILE = $(CC) $(STANDARD) -Isrc/core $(WARNINGS) $(WERROR) $(CFLAGS) $(STRUCTS) $(SANITIZE) \
          -fno-semantic-interposition -fno-plt -fopenmp-simd -pthread -MMD -MP -MT $@ -MF $@.d.part

# What is built has another name until it is whole: a compiler that is killed
# leaves nothing that the next make would take for it.
OBJECT = -c -o $@.part $< && mv $@.d.part $(@:.o=.d) && mv $@.part $@

# A line for each command; all of it with `make V=1`.
Q := $(if $(V),,@)
say = $(if $(V),:,printf '  %-5s %s\n')

# --- files that are compiled for each target; kernels for each floating type,
# too

KERNEL_REALS := float32 float64
KERNEL_TARGETS := portable
FLAGS_portable :=
ifneq ($(filter x86_64 amd64,$(shell uname -m)),)
KERNEL_TARGETS += avx2 avx512
FLAGS_avx2 := -mavx2 -mfma
FLAGS_avx512 := -mavx512f -mavx512dq -mavx512bw -mavx512vl -mavx2 -mfma \
                -mprefer-vector-width=512
KERNELS_DEFINED := -DPG_KERNELS_X86
endif
KERNEL_FILES := kernels functions multiply_sparse convolve correlate lanes pool
LOOP_FILES := elementwise reduction
KERNELS := $(foreach f,$(KERNEL_FILES),$(foreach t,$(KERNEL_TARGETS),\
             $(KERNEL_REALS:%=$f-$t-%))) \
           $(foreach f,$(LOOP_FILES),$(KERNEL_TARGETS:%=$f-%))

# --- objects -----------------------------------------------------------------

CORE := $(filter-out $(patsubst %,src/core/kernels/%.c,$(KERNEL_FILES) $(LOOP_FILES)),\
          $(wildcard src/core/*/*.c))
BIND := $(wildcard src/bind/*.c src/bind/*/*.c)
HOST := $(wildcard src/host/*.c)

CORE_OBJECTS := $(CORE:src/%.c=$(BUILD)/obj/%.o) \
                $(KERNELS:%=$(BUILD)/obj/core/kernels/%.o)
BIND_OBJECTS := $(BIND:src/%.c=$(BUILD)/obj/%.o)
HOST_OBJECTS := $(HOST:src/%.c=$(BUILD)/obj/%.o)
TEST_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/c/*.c))

PROGRAM := $(BUILD)/perigee
MODULE := $(BUILD)/perigee.so

all: $(PROGRAM) $(MODULE)  ## build the program and the module (the default)

# The module is never unloaded: a thread of its team that outlives it would
# crash a stock lua5.4 at exit. Its constructor runs before OpenBLAS's (module.c).
$(MODULE): $(BIND_OBJECTS) $(CORE_OBJECTS)
	@$(say) LINK $@
	$(Q)$(CC) $(CFLAGS) $(SANITIZE) -pthread -shared \
	  -Wl,-z,nodelete,-z,initfirst,-Bsymbolic-functions -o $@.part $^ \
	  $(LDFLAGS) $(BLAS_LIBS) -lz -ldl -lm && mv $@.part $@

# -E: a module that the program loads finds Lua's functions in it.
$(PROGRAM): $(HOST_OBJECTS)
	@$(say) LINK $@
	$(Q)$(CC) $(CFLAGS) $(SANITIZE) -Wl,-E -o $@.part $^ \
	  $(LDFLAGS) $(LUA_LIBS) -ldl -lm && mv $@.part $@

# Looks once for the packages that the build needs, before a compiler would miss them.
$(CORE_OBJECTS) $(BIND_OBJECTS) $(HOST_OBJECTS) $(TEST_OBJECTS): | $(BUILD)/needs

$(BUILD)/needs: tools/deps.sh
	@CC="$(CC)" CFLAGS="$(CFLAGS)" LUA_CFLAGS="$(LUA_CFLAGS)" tools/deps.sh check
	@mkdir -p $(@D) && touch $@

# --- the module for MPI, which is optional --------------------------------------

# The compiler of an MPI: Open MPI's or MPICH's. The module works under its mpirun alone.
MPICC ?= mpicc
# gcc takes MPICH's MPI_STATUSES_IGNORE for an array of no elements.
MPI_WARNINGS := $(WERROR) -Wno-stringop-overflow
MPI_MODULE := $(BUILD)/perigee_mpi.so
MPI_OBJECTS := $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/mpi/*.c))

mpi: all $(MPI_MODULE)  ## build perigee.mpi for several machines; MPICC=mpicc.mpich

$(BUILD)/obj/mpi/%.o: src/mpi/%.c Makefile
	@mkdir -p $(@D) && $(say) MPICC $@
	$(Q)$(subst $(CC) ,$(MPICC) ,$(COMPILE)) -Isrc -fPIC $(MPI_WARNINGS) $(LUA_CFLAGS) $(OBJECT)

# Never unloaded, as MPI ends with the process.
$(MPI_MODULE): $(MPI_OBJECTS)
	@$(say) LINK $@
	$(Q)$(MPICC) $(CFLAGS) $(SANITIZE) -pthread -shared -Wl,-z,nodelete -o $@.part $^ $(LDFLAGS) && \
	  mv $@.part $@

# A copy of the build for each MPI that there is, for specs that run under its mpirun.
MPIS := $(foreach m,openmpi mpich,$(if $(shell command -v mpicc.$m),$m))

mpi-specs: override SPECS := \
    $(if $(findstring .lua,$(SPECS)),,$(shell grep -l '\#mpi' tests/spec/*_spec.lua)) $(SPECS)
mpi-specs: deps-mpis  ## specs of perigee.mpi, under Open MPI and MPICH
	@$(MAKE) -s --no-print-directory mpi-builds
	@$(call specs,$(LUA) /usr/bin/busted --tags=mpi)

slurm: deps-slurm  ## sbatch scripts of examples/slurm by a Slurm of one node (root); ARGS="openmpi mpich"
	@$(MAKE) -s --no-print-directory mpi-builds
	@tests/slurm.sh $(ARGS)

mpi-builds: $(MPIS:%=$(BUILD)/%/perigee_mpi.so)

$(MPIS:%=$(BUILD)/%/perigee_mpi.so): $(BUILD)/%/perigee_mpi.so: $(wildcard src/mpi/*.[ch]) all
	@mkdir -p $(@D) && $(say) LINK $@
	@ln -f $(PROGRAM) $(MODULE) $(@D)
	$(Q)mpicc.$* $(STANDARD) -Isrc/core -Isrc $(WARNINGS) $(MPI_WARNINGS) $(CFLAGS) $(LUA_CFLAGS) -fPIC \
	  -pthread -shared -Wl,-z,nodelete -o $@.part $(filter %.c,$^) && mv $@.part $@

define compile_kernels
$(BUILD)/obj/core/kernels/$1-%.o: src/core/kernels/$1.c Makefile
	@mkdir -p $$(@D) && $$(say) CC $$@
	$$(Q)$$(COMPILE) -fPIC $$(FLAGS_$$(word 1,$$(subst -, ,$$*))) \
	  -DPG_TARGET=$$(word 1,$$(subst -, ,$$*)) \
	  $$(addprefix -DPG_REAL_IS_,$$(word 2,$$(subst -, ,$$*))) $$(OBJECT)
endef
$(foreach f,$(KERNEL_FILES) $(LOOP_FILES),$(eval $(call compile_kernels,$f)))

$(BUILD)/obj/core/%.o: src/core/%.c Makefile
	@mkdir -p $(@D) && $(say) CC $@
	$(Q)$(COMPILE) -fPIC $(KERNELS_DEFINED) $(OBJECT)

$(BUILD)/obj/bind/%.o: src/bind/%.c Makefile
	@mkdir -p $(@D) && $(say) CC $@
	$(Q)$(COMPILE) -Isrc -fPIC $(LUA_CFLAGS) $(OBJECT)

$(BUILD)/obj/host/%.o: src/host/%.c Makefile
	@mkdir -p $(@D) && $(say) CC $@
	$(Q)$(COMPILE) -Isrc $(LUA_CFLAGS) $(OBJECT)

-include $(TEST_OBJECTS:.o=.d) $(CORE_OBJECTS:.o=.d) $(BIND_OBJECTS:.o=.d) $(HOST_OBJECTS:.o=.d) \
  $(MPI_OBJECTS:.o=.d)

# --- the two commands --------------------------------------------------------

# MNIST, or a stand-in, unless ARGS say which data.
DATA_ARG = $(if $(filter data=%,$(ARGS)),,"data=$$data")

run: deps-run  ## install what is missing, build, fetch MNIST, run the iteration sweep
	@$(MAKE) -s --no-print-directory all
	@$(if $(DATA_ARG),data=$$(tools/data.sh $(PROGRAM)) &&) \
	  $(PROGRAM) examples/iteration_sweep.lua $(DATA_ARG) $(ARGS)

test: deps-test  ## install what is missing, build, run the specs, but for slow ones
	@$(MAKE) -s --no-print-directory all $(BUILD)/pty $(BUILD)/core
	@$(call specs,$(LUA) /usr/bin/busted --exclude-tags=slow --exclude-tags=mpi)

# The specs, each file run by $(1), as many at a time as there are cores; SPECS names some of them,
# or busted's options, JOBS another number. LUA_PATH and LUA_CPATH are how a stock Lua finds a
# module that is not installed.
specs = LUA_PATH="$(CURDIR)/lua/?.lua;$(CURDIR)/lua/?/init.lua;;" \
        LUA_CPATH="$(CURDIR)/$(BUILD)/?.so;;" PERIGEE="$(CURDIR)/$(PROGRAM)" \
        JOBS="$(JOBS)" $(LUA) tests/run.lua $(1) -- $(SPECS)

# A command on a terminal of its own, for specs that type more than tmux takes.
$(BUILD)/pty: tests/pty.c Makefile
	@mkdir -p $(@D) && $(say) CC $@
	$(Q)$(CC) $(STANDARD) -D_DEFAULT_SOURCE $(WARNINGS) $(CFLAGS) $(SANITIZE) -o $@ $<

# The core as a C library, without Lua: its C tests, a program of its own, run by a spec.
$(BUILD)/core: $(TEST_OBJECTS) $(CORE_OBJECTS)
	@$(say) LINK $@
	$(Q)$(CC) $(CFLAGS) $(SANITIZE) -pthread -o $@.part $^ \
	  $(LDFLAGS) $(BLAS_LIBS) -lz -ldl -lm && mv $@.part $@

$(BUILD)/obj/tests/c/%.o: tests/c/%.c Makefile
	@mkdir -p $(@D) && $(say) CC $@
	$(Q)$(COMPILE) $(OBJECT)

deps: deps-build  ## install what make needs: a compiler, and the libraries with their headers

deps-%:
	@tools/deps.sh $*

# --- checks ------------------------------------------------------------------

check: deps-test  ## the slow specs, that `make test` leaves out
	@$(MAKE) -s --no-print-directory all $(BUILD)/pty $(BUILD)/core
	@$(call specs,$(LUA) /usr/bin/busted --tags=slow)

ASAN_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined \
              -fno-omit-frame-pointer -DPG_CHECKED

# Objects of two compilers do not mix: clang's have a folder of their own.
SANITIZER_DEPS := deps-$(if $(CLANG),clang,test)
FOLDER = build/$@$(CLANG:%=-%)

asan: $(SANITIZER_DEPS)  ## the specs under AddressSanitizer and UBSan; CC=clang, too
	$(MAKE) BUILD=$(FOLDER) CFLAGS="-O1 -g" SANITIZE="$(ASAN_FLAGS)" specs-asan

# With AddressSanitizer a stock lua5.4 cannot load the module, memory cannot be
# limited, and each of the 256 bytes by which readline lengthens its line have
# the line copied: minutes for 10 MB.
specs-asan:
	@$(MAKE) -s --no-print-directory all $(BUILD)/pty $(BUILD)/core
	@$(call specs,$(PROGRAM) /usr/bin/busted --exclude-tags=stock \
	    --exclude-tags=memory --exclude-tags=large --exclude-tags=mpi)

TSAN_FLAGS := -fsanitize=thread -fno-omit-frame-pointer
TSAN_OPTIONS := suppressions=$(CURDIR)/tests/tsan.supp

tsan: $(SANITIZER_DEPS)  ## the specs of what threads share under ThreadSanitizer
	$(MAKE) BUILD=$(FOLDER) CFLAGS="-O1 -g" SANITIZE="$(TSAN_FLAGS)" specs-tsan

# With ThreadSanitizer, too, a stock lua5.4 cannot load the module and memory
# cannot be limited; a signal waits for a call that it sees; arrays that are
# made and never used fill memory (arguments, file). Prompts, their help and the
# pages of studies are made by one thread, and take long.
ONE_THREAD := arguments completion data dataset examples exhaustion file help host install \
              interrupt lua plot printer prompt prompt_editing prompt_fuzz report run show \
              study_plots sweep_script system terminal
TSAN_SPECS := $(filter-out $(ONE_THREAD:%=tests/spec/%_spec.lua),\
                $(sort $(wildcard tests/spec/*_spec.lua)))
specs-tsan: export TSAN_OPTIONS := $(TSAN_OPTIONS)
specs-tsan: SPECS ?= $(TSAN_SPECS)
specs-tsan:
	@$(MAKE) -s --no-print-directory all $(BUILD)/pty $(BUILD)/core
	@$(call specs,$(PROGRAM) /usr/bin/busted --exclude-tags=stock \
	    --exclude-tags=memory --exclude-tags=large --exclude-tags=mpi --exclude-tags=slow)

VALGRIND := valgrind --error-exitcode=99 --leak-check=full --quiet \
            --errors-for-leak-kinds=definite \
            --suppressions=tests/valgrind.supp

# Under Valgrind nothing is done in the time that a person notices.
valgrind: deps-valgrind  ## the specs under Valgrind
	@$(MAKE) -s --no-print-directory all $(BUILD)/pty $(BUILD)/core
	@$(call specs,$(VALGRIND) $(LUA) /usr/bin/busted --exclude-tags=slow --exclude-tags=mpi \
	    --exclude-tags=timed)

C_FILES = $(wildcard src/*/*.[ch] src/*/*/*.[ch] tests/c/*.[ch] \
            tests/fuzz/*.[ch])

lint: deps-lint  ## formatting, Lua lint, warnings as errors, layering
	clang-format --dry-run -Werror $(C_FILES)
	luacheck --quiet lua examples tests tools
	$(MAKE) BUILD=build/lint CFLAGS="-O1" WERROR=-Werror all build/lint/core \
	  $(patsubst %.c,build/lint/obj/%.o,$(wildcard tests/fuzz/*.c))
	BUILD=build/lint LUA=$(LUA) tools/layering.sh
	@# each header stands alone; kernel_target.h, vector.h, exp.h and templates are parts of files,
	@# and mpi/process.h needs an MPI
	@for header in $(filter-out src/mpi/process.h %/kernel_target.h %/vector.h %/exp.h %/gelu.h %_template.h,$(wildcard src/*/*.h src/*/*/*.h)); do \
	  $(CC) $(STANDARD) -Isrc -Isrc/core $(LUA_CFLAGS) -Werror -fsyntax-only -x c $$header || \
	  exit 1; done

# Where the reference curve and the data stand beside the project, they are used.
parity parity-torch bench: export PERIGEE_DATA ?= $(wildcard ../shared/data)
parity: export PERIGEE_REFERENCE ?= \
    $(wildcard ../shared/reference/notebook_seed0.npz)

parity: deps-run  ## the notebook's full curve against NumPy's (needs MNIST)
	@$(MAKE) -s --no-print-directory all
	@$(PROGRAM) tests/parity.lua $(ARGS)

parity-torch: deps-torch  ## optimizers and activations beside PyTorch's (needs MNIST)
	@$(MAKE) -s --no-print-directory all
	@$(PROGRAM) tests/parity_torch.lua $(ARGS)

bench: deps-run  ## trainings, array operations and files beside NumPy and PyTorch; what a study costs; start-up; Ctrl-C
	@$(MAKE) -s --no-print-directory all
	@$(PROGRAM) tests/bench.lua $(ARGS)
	@$(PROGRAM) tests/bench_batches.lua $(filter rounds=% hidden=% data=%,$(ARGS))
	@$(PROGRAM) tests/bench_arrays.lua
	@$(PROGRAM) tests/bench_images.lua
	@$(PROGRAM) tests/bench_files.lua
	@$(PROGRAM) tests/bench_csv.lua
	@$(PROGRAM) tests/bench_parts.lua
	@$(PROGRAM) tests/bench_gradients.lua
	@$(PROGRAM) tests/bench_models.lua
	@$(PROGRAM) tests/bench_sweep.lua $(filter data=%,$(ARGS))
	@$(PROGRAM) tests/bench_startup.lua
	@$(PROGRAM) tests/bench_interrupts.lua

faults: deps-run  ## each allocation fails in turn, in every operation
	@$(MAKE) -s --no-print-directory all $(BUILD)/faults.so
	@$(PROGRAM) tests/faults.lua $(BUILD)

$(BUILD)/faults.so: tests/faults.c src/core/base/memory.h Makefile
	@mkdir -p $(@D) && $(say) CC $@
	$(Q)$(CC) $(STANDARD) $(WARNINGS) $(CFLAGS) $(SANITIZE) $(LUA_CFLAGS) -Isrc/core -fPIC \
	  -shared -o $@ $<

save-faults: deps-run  ## each system call of a save fails in turn, and the process is killed at each
	@$(MAKE) -s --no-print-directory all $(BUILD)/calls.so
	@$(PROGRAM) tests/save_faults.lua $(BUILD)

$(BUILD)/calls.so: tests/calls.c Makefile
	@mkdir -p $(@D) && $(say) CC $@
	$(Q)$(CC) $(STANDARD) $(WARNINGS) $(CFLAGS) $(SANITIZE) $(LUA_CFLAGS) -fPIC -shared -o $@ $<

# Lua's functions that may make an object or run a metamethod; the program and the wrapped module
# lie one floor below build/, from where the program finds the library.
WRAPPED := lua_newuserdatauv lua_createtable lua_pushstring lua_pushlstring \
           lua_pushfstring lua_geti lua_getfield luaL_len

gcstress: deps-run  ## finalizers take the arguments away, inside every binding, under AddressSanitizer
	$(MAKE) BUILD=build/asan$(CLANG:%=-%) CFLAGS="-O1 -g" SANITIZE="$(ASAN_FLAGS)" run-gcstress

run-gcstress: all build/gcstress/perigee.so
	@cp $(PROGRAM) build/gcstress/perigee
	@ASAN_OPTIONS=detect_leaks=0 build/gcstress/perigee tests/gcstress.lua \
	  build/gcstress $(ARGS)

build/gcstress/perigee.so: tests/gcstress.c $(BIND_OBJECTS) $(CORE_OBJECTS)
	@mkdir -p $(@D) && $(say) LINK $@
	$(Q)$(CC) $(STANDARD) $(WARNINGS) $(CFLAGS) $(SANITIZE) $(LUA_CFLAGS) -Isrc -Isrc/core -fPIC -pthread \
	  -shared -Wl,-z,nodelete $(WRAPPED:%=-Wl,--wrap=%) -o $@.part $^ \
	  $(LDFLAGS) $(BLAS_LIBS) -lz -ldl -lm && mv $@.part $@

resume: deps-run  ## trainings that are killed and resumed end in the same bits
	@$(MAKE) -s --no-print-directory all
	@$(PROGRAM) tests/resume.lua $(ARGS)

fuzz: deps-test  ## random input at the prompt; ARGS="seconds=600 seed=2"
	@$(MAKE) -s --no-print-directory all $(BUILD)/pty
	@$(PROGRAM) tests/prompt_fuzz.lua $(ARGS)

# The fuzzers of file readers have counters of edges in io/ and formats/ alone: all else is called by
# everything.
FUZZERS := npy npz png idx csv
FUZZ_OBJECTS := $(patsubst src/%.c,$(BUILD)/obj/%.o,$(filter-out %/memory_pool.c,$(wildcard \
                  src/core/base/*.c src/core/decimal/*.c src/core/array/*.c src/core/io/*.c \
                  src/core/formats/*.c)))
FUZZ_SHARED := $(patsubst %,$(BUILD)/obj/tests/fuzz/%.o,fuzz arena mutator npy_mutator zip_mutator \
                 png_mutator)

fuzz-files: deps-clang  ## libFuzzer on NPY, NPZ, PNG, IDX and CSV files; ARGS="seconds=600 executions=10000000 quiet=600"
	@$(MAKE) -s --no-print-directory all
	@$(MAKE) BUILD=build/fuzz CC=clang CFLAGS="-O2 -g" SANITIZE="$(ASAN_FLAGS)" \
	  COUNTERS=-fsanitize=fuzzer-no-link fuzzers
	@$(PROGRAM) tests/fuzz/files.lua $(ARGS)

mutants: deps-run  ## changed files of models and journals of studies; ARGS="cases=200000 seed=1"
	@$(MAKE) -s --no-print-directory all
	@$(PROGRAM) tests/fuzz/models.lua $(ARGS)
	@$(PROGRAM) tests/fuzz/journals.lua $(ARGS)

fuzzers: $(FUZZERS:%=$(BUILD)/%)

-include $(patsubst %.c,$(BUILD)/obj/%.d,$(wildcard tests/fuzz/*.c))

$(foreach f,io decimal formats,$(BUILD)/obj/core/$f/%.o): override SANITIZE += $(COUNTERS)

$(FUZZERS:%=$(BUILD)/%): $(BUILD)/%: $(BUILD)/obj/tests/fuzz/%.o $(FUZZ_SHARED) $(FUZZ_OBJECTS)
	@$(say) LINK $@
	$(Q)$(CC) $(CFLAGS) $(SANITIZE) -fsanitize=fuzzer -pthread -o $@.part $^ \
	  $(LDFLAGS) $(BLAS_LIBS) -lz -ldl -lm && mv $@.part $@

$(BUILD)/obj/tests/fuzz/%.o: tests/fuzz/%.c Makefile
	@mkdir -p $(@D) && $(say) CC $@
	$(Q)$(COMPILE) $(OBJECT)

sweep-kills: deps-kills  ## studies that are killed, or run out of disk, end in the same files
	@$(MAKE) -s --no-print-directory all mpi-builds
	@$(PROGRAM) tests/sweep_kills.lua $(ARGS)

hosts: deps-hosts  ## mpirun over ssh between two hosts that are made on this machine, as root; MPI=mpich ARGS="0 1", ms of delay
	@$(MAKE) -s --no-print-directory mpi-builds $(BUILD)/delay
	@BUILD=$(BUILD) tests/hosts.sh $(or $(MPI),openmpi) $(ARGS)

# A cable between two hosts, for tests/hosts.sh.
$(BUILD)/delay: tests/delay.c Makefile
	@mkdir -p $(@D) && $(say) CC $@
	$(Q)$(CC) $(STANDARD) -D_GNU_SOURCE $(WARNINGS) $(CFLAGS) $(SANITIZE) -o $@ $<

browser: deps-browser  ## the report of a study, in headless Chromium
	@$(MAKE) -s --no-print-directory all
	@$(PROGRAM) examples/hidden_grid.lua data=digits hidden=4,8 iterations=20 repeats=2 \
	  --runs $(BUILD)/runs --quiet >/dev/null
	@$(PROGRAM) tests/report_browser.lua $(BUILD)/runs/hidden_grid/report.html

differential: deps-differential  ## random array operations, compared with NumPy's
	@$(MAKE) -s --no-print-directory all
	@$(PROGRAM) tests/differential.lua $(ARGS)

csv: deps-csv  ## random CSV files, compared with Python's csv, float() and pandas
	@$(MAKE) -s --no-print-directory all
	@$(PROGRAM) tests/csv_corpus.lua $(ARGS)

sklearn: deps-sklearn  ## pg.split, pg.standardise and reports, compared with scikit-learn's
	@$(MAKE) -s --no-print-directory test SPECS=tests/spec/sklearn_spec.lua

interchange: deps-differential  ## random NPY and NPZ files, compared with NumPy both ways
	@$(MAKE) -s --no-print-directory all
	@$(PROGRAM) tests/interchange.lua $(ARGS)

# --- installing --------------------------------------------------------------

PREFIX ?= /usr/local
DESTDIR ?=

install: all  ## install what was built below PREFIX (/usr/local), inside DESTDIR
	@tools/install.sh install "$(DESTDIR)$(PREFIX)" $(PROGRAM) $(MODULE) $(MPI_MODULE)

uninstall:  ## take away what install put there
	@tools/install.sh uninstall "$(DESTDIR)$(PREFIX)" $(PROGRAM) $(MODULE) $(MPI_MODULE)

# --- documents ---------------------------------------------------------------

reference: all  ## write docs/reference.md from the functions' comments
	@$(PROGRAM) tools/reference.lua > docs/reference.md.part
	@mv docs/reference.md.part docs/reference.md

session: deps-test  ## record the session in docs/prompt.md anew, with MNIST
	@$(MAKE) -s --no-print-directory all
	@$(PROGRAM) docs/session.lua

# --- housekeeping ------------------------------------------------------------

format:  ## format the C sources in place
	clang-format -i $(C_FILES)

clean:  ## remove what was built
	rm -rf build

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all mpi mpi-specs mpi-builds slurm run test check deps specs-asan asan specs-tsan tsan valgrind lint parity \
        parity-torch bench differential interchange csv sklearn faults save-faults gcstress \
        run-gcstress fuzz fuzz-files fuzzers mutants resume sweep-kills hosts browser install \
        uninstall reference session format clean \
        help
