/*
 * runtime.h -- the only process-wide state of the core: where memory comes
 * from and how much of it lives, how many threads work and the team of them,
 * which kernels run, and OpenBLAS's threads and buffers. Any thread may call
 * these functions. Interrupts are each thread's own.
 */
#ifndef PG_RUNTIME_H
#define PG_RUNTIME_H

#include "base/status.h"

/* An allocation hook: false says that there is no memory for so many bytes.
   Tests use it to make each allocation fail in turn, and set it while no other
   thread allocates. NULL takes it away. */
typedef bool (*pg_allocation_hook)(size_t bytes, void *context);
void pg_runtime_set_allocation_hook(pg_allocation_hook hook, void *context);

/* Memory for arrays and workspaces, aligned to a cache line (64 bytes), not
   initialised. Counted in pg_live_bytes until pg_free, which needs the same
   size and accepts NULL. */
void *pg_malloc(size_t bytes);
void pg_free(void *memory, size_t bytes);

/* Whether there is so much memory: the system has it, and keeps a reserve, or
   could not be asked. pg_malloc asks where it is for much, or has handed out
   much more than when it asked last; others who take memory may, too. */
enum { PG_MEMORY_STEP = 64 * 1024 * 1024 };
bool pg_memory_has(size_t bytes);

/* How much memory there is, less the reserve; SIZE_MAX: nobody knows. */
size_t pg_memory_left(void);

/* Lets this process have so many bytes more than it has now, and not what the
   system has; SIZE_MAX takes that away. */
void pg_memory_limit(size_t more);

/* Bytes handed out by pg_malloc and not freed. */
size_t pg_live_bytes(void);

/* A source of interrupts (interrupt.h), at the head of whatever its test needs
   to know. The test is asked very often, by the thread that listens and those
   that share its jobs; once it says yes, it must go on so until the operation
   that was under way has returned. */
typedef struct pg_interrupt pg_interrupt;
struct pg_interrupt {
    bool (*test)(const pg_interrupt *interrupt);
};

/* The source that this thread listens to; NULL, as at first: none. In static
   memory: LeakSanitizer stumbles over what a module that is loaded later has
   for each thread. */
#define PG_EACH_THREADS _Thread_local __attribute__((tls_model("initial-exec")))
extern PG_EACH_THREADS const pg_interrupt *pg_current_interrupt;

/* Sets it, and returns what it was. A source must outlive its listening. */
static inline const pg_interrupt *pg_set_interrupt(
    const pg_interrupt *interrupt)
{
    const pg_interrupt *before = pg_current_interrupt;
    pg_current_interrupt = interrupt;
    return before;
}

/* True where this thread's work is to be given up. */
static inline bool pg_interrupted(void)
{
    return pg_current_interrupt &&
           pg_current_interrupt->test(pg_current_interrupt);
}

/* The number of threads that work: at first $PERIGEE_THREADS, or as many as
   the process may run on. Results do not depend on it. */
int pg_threads(void);

/* Sets the number of threads, 1..PG_MAX_THREADS, more than there are cores
   included. */
enum { PG_MAX_THREADS = 1024 };
pg_status pg_set_threads(int64_t threads, pg_error *err);

/* True where the text, as $PERIGEE_THREADS has it, is a number in that range,
   or empty: not set. PG_EARG where it is not. */
pg_status pg_threads_check(const char *text, pg_error *err);

/* The processors that this process may run on. */
int pg_processors(void);

/* The threads that share jobs (parallel.h). */
struct pg_thread_pool *pg_runtime_thread_pool(void);

/* Sets OpenBLAS to one thread, in the thread that is about to call it. Our
   threads share the work; its results differ with the number of its own. */
void pg_runtime_need_blas(void);

/* OpenBLAS's buffers (blas.h). */
struct pg_blas *pg_runtime_blas(void);

/* The kernels that were chosen (dispatch.c's); NULL before the choice. */
struct pg_target;
const struct pg_target *pg_runtime_target(void);
void pg_runtime_set_target(const struct pg_target *target);

#endif
