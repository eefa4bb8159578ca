/* For tests/save_faults.lua: runs a function in a child process, in which one
   of its system calls fails, does less than it was asked for, or is the
   process's last. Linux traps the calls (seccomp), also those that libraries
   make. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <lua.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

LUAMOD_API int luaopen_calls(lua_State *L);

/* The sixth argument of a call that is let through: no trapped one has six. */
#define PASS 0x7065726967656521L

enum { LONGEST_RUN = 60 }; /* seconds */

typedef enum kind { FAIL, SHORTEN, KILL, FILL } kind;

static struct fault {
    kind kind;
    int error;          /* of FAIL */
    long at;            /* the call: 1 is the first; 0 is none */
    bool is_armed;      /* the function runs */
    bool lacks_tmpfile; /* there are no files without a name */
    volatile long count;
    volatile long hit; /* the number of the system call, or -1 */
} fault;

/* --- a trapped call ---------------------------------------------------------
 */

typedef struct call {
    long number, args[5];
} call;

#if defined __x86_64__
#define RESULT(context) (context)->uc_mcontext.gregs[REG_RAX]
static call call_of(const ucontext_t *context, int number)
{
    const greg_t *r = context->uc_mcontext.gregs;
    return (call){number,
                  {r[REG_RDI], r[REG_RSI], r[REG_RDX], r[REG_R10], r[REG_R8]}};
}
#elif defined __aarch64__
#define RESULT(context) (context)->uc_mcontext.regs[0]
static call call_of(const ucontext_t *context, int number)
{
    call c = {.number = number};
    for (int i = 0; i < 5; i++)
        c.args[i] = (long)context->uc_mcontext.regs[i];
    return c;
}
#else
#error "the registers of system calls are known for x86-64 and ARM64"
#endif

static long make(const call *c)
{
    int before = errno;
    long result = syscall(c->number, c->args[0], c->args[1], c->args[2],
                          c->args[3], c->args[4], PASS);
    if (result < 0)
        result = -errno;
    errno = before;
    return result;
}

static bool is_transfer(long number)
{
    return number == SYS_write || number == SYS_pwrite64 ||
           number == SYS_read || number == SYS_pread64;
}

/* True if a full disk refuses it. */
static bool needs_room(const call *c)
{
    return c->number == SYS_write || c->number == SYS_pwrite64 ||
           c->number == SYS_fsync || c->number == SYS_linkat ||
           c->number == SYS_renameat ||
           (c->number == SYS_openat && (c->args[2] & (O_CREAT | O_TMPFILE)));
}

static long make_faulty(call *c)
{
    switch (fault.kind) {
    case FAIL:
        return -fault.error;
    case FILL:
        return needs_room(c) ? -ENOSPC : make(c);
    case SHORTEN:
        if (is_transfer(c->number))
            c->args[2] = (c->args[2] + 1) / 2;
        return make(c);
    case KILL:
        kill(getpid(), SIGKILL);
    }
    return 0;
}

static void on_call(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    call c = call_of(context, info->si_syscall);
    long result;
    if (!fault.is_armed) {
        result = make(&c);
    } else if (fault.lacks_tmpfile && c.number == SYS_openat &&
               (c.args[2] & O_TMPFILE) == O_TMPFILE) {
        result = -EOPNOTSUPP;
    } else {
        fault.count++;
        bool is_hit =
            fault.count == fault.at ||
            (fault.kind == FILL && fault.at > 0 && fault.count > fault.at);
        if (fault.count == fault.at)
            fault.hit = c.number;
        result = is_hit ? make_faulty(&c) : make(&c);
    }
    RESULT((ucontext_t *)context) = result;
}

/* --- the trap
 * ----------------------------------------------------------------- */

#define ALLOW(name)                                        \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define ARGUMENT_5 \
    (offsetof(struct seccomp_data, args) + 5 * sizeof(unsigned long long))

/* Calls for memory, threads and signals are let through: the first fail in
   tests/faults.lua, the others may come while signals are blocked. */
static struct sock_filter filter[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    ALLOW(mmap),
    ALLOW(munmap),
    ALLOW(mremap),
    ALLOW(mprotect),
    ALLOW(madvise),
    ALLOW(brk),
    ALLOW(futex),
    ALLOW(clone),
    ALLOW(clone3),
    ALLOW(exit),
    ALLOW(exit_group),
    ALLOW(rt_sigreturn),
    ALLOW(rt_sigprocmask),
    ALLOW(rt_sigaction),
    ALLOW(set_robust_list),
    ALLOW(rseq),
    ALLOW(gettid),
    ALLOW(getpid),
    ALLOW(kill),
    ALLOW(sched_yield),
    ALLOW(sched_getaffinity),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGUMENT_5),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(PASS & 0xffffffff), 0, 3),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGUMENT_5 + 4),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(PASS >> 32), 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
};

/* Traps this process's calls from here on. */
static bool set_trap(void)
{
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    struct sigaction action = {.sa_sigaction = on_call,
                               .sa_flags = SA_SIGINFO | SA_NODEFER};
    return sigaction(SIGSYS, &action, NULL) == 0 &&
           prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* --- a run
 * ---------------------------------------------------------------------- */

typedef struct report {
    long count, hit;
    bool worked;
    char message[1024];
} report;

/* The child: calls the function, and reports. */
static void run_child(lua_State *L, int function, int pipe)
{
    report r = {0};
    alarm(LONGEST_RUN);
    lua_pushvalue(L, function);
    if (!set_trap())
        _exit(3);
    fault.is_armed = true;
    r.worked = lua_pcall(L, 0, 0, 0) == LUA_OK;
    fault.is_armed = false;
    r.count = fault.count;
    r.hit = fault.hit;
    if (!r.worked)
        strncpy(r.message, luaL_tolstring(L, -1, NULL), sizeof r.message - 1);
    _exit(write(pipe, &r, sizeof r) == sizeof r ? 0 : 4);
}

/* run(f, kind, n, lacks_tmpfile) -> how, count, hit, message: f while call n
   fails with "EIO", "ENOSPC" or "EINTR", is "short", kills the process
   ("kill"), or is the first that finds the disk "full". how is "worked",
   "failed", "killed", or what went wrong; hit is the system call's number. */
static int run(lua_State *L)
{
    static const char *const names[] = {"EIO",  "ENOSPC", "EINTR", "short",
                                        "kill", "full",   NULL};
    static const kind kinds[] = {FAIL, FAIL, FAIL, SHORTEN, KILL, FILL};
    static const int errors[] = {EIO, ENOSPC, EINTR, 0, 0, 0};
    int which = luaL_checkoption(L, 2, NULL, names), ends[2], status;
    fault = (struct fault){.kind = kinds[which],
                           .error = errors[which],
                           .at = (long)luaL_checkinteger(L, 3),
                           .lacks_tmpfile = lua_toboolean(L, 4),
                           .hit = -1};
    if (pipe(ends) != 0)
        return luaL_error(L, "pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid < 0)
        return luaL_error(L, "fork: %s", strerror(errno));
    if (pid == 0)
        run_child(L, 1, ends[1]);
    report r = {0};
    close(ends[1]);
    ssize_t got = read(ends[0], &r, sizeof r);
    close(ends[0]);
    waitpid(pid, &status, 0);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        lua_pushliteral(L, "killed");
    else if (WIFSIGNALED(status))
        lua_pushfstring(L, "ended by signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status) == 3)
        lua_pushliteral(L, "can't trap");
    else if (WEXITSTATUS(status) != 0 || got != sizeof r)
        lua_pushfstring(L, "ended with status %d", WEXITSTATUS(status));
    else
        lua_pushstring(L, r.worked ? "worked" : "failed");
    lua_pushinteger(L, r.count);
    lua_pushinteger(L, r.hit);
    lua_pushstring(L, r.message);
    return 4;
}

int luaopen_calls(lua_State *L)
{
    lua_newtable(L);
    lua_pushcfunction(L, run);
    lua_setfield(L, -2, "run");
    lua_pushinteger(L, SYS_unlinkat);
    lua_setfield(L, -2, "unlinkat");
    lua_pushinteger(L, SYS_fcntl);
    lua_setfield(L, -2, "fcntl");
    return 1;
}
