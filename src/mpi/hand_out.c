/* Orders for the ranks of a study: a queue, and the thread that hands it out.

   A rank sends ASK, and gets ORDER: a text, or an empty one where there will be
   no more. It sends EVENT at any time, or BEAT, of which rank 0 keeps each
   rank's last one. STOP tells it to end what it runs. */
#define _DEFAULT_SOURCE /* nanosleep */

#include "mpi/hand_out.h"

#include <lauxlib.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bind/train/communicator.h"
#include "mpi/process.h"

enum { ASK = 1, ORDER, EVENT, BEAT, STOP };
enum { PAUSE = 1000000 }; /* ns between two looks for messages */

/* A list of texts, first in, first out. */
typedef struct text {
    struct text *next;
    int rank; /* that sent it, or asked for one */
    size_t n;
    char bytes[];
} text;

typedef struct text_queue {
    text *first, **end;
} text_queue;

/* The state of rank 0, behind the lock. */
typedef struct hand_out {
    pthread_mutex_t lock;
    pthread_t thread;
    MPI_Comm handle; /* for these messages alone */
    bool is_open, runs, is_over;
    text_queue orders, events, asking;
    text *
        *beats; /* (mpi.size) the last of each rank; NULL where it was taken */
    int beat_count;
} hand_out;

static hand_out study = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void append(text_queue *q, text *t)
{
    if (!q->first)
        q->end = &q->first;
    *q->end = t;
    q->end = &t->next;
}

static text *take_first(text_queue *q)
{
    text *t = q->first;
    if (t)
        q->first = t->next;
    return t;
}

static text *new_text(int rank, const char *bytes, size_t n)
{
    text *t = malloc(sizeof *t + n + 1);
    if (!t)
        MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
    *t = (text){.rank = rank, .n = n};
    if (bytes)
        memcpy(t->bytes, bytes, n);
    return t;
}

/* --- the thread ----------------------------------------------------------- */

/* Answers the ranks that ask, as long as there are orders, or once there will
   be none. The lock is held. */
static void answer(void)
{
    while (study.asking.first && (study.orders.first || study.is_over)) {
        text *who = take_first(&study.asking);
        text *order = take_first(&study.orders);
        MPI_Send(order ? order->bytes : NULL, order ? (int)order->n : 0,
                 MPI_BYTE, who->rank, ORDER, study.handle);
        free(order);
        free(who);
    }
}

/* Keeps a text that has arrived. The lock is held. */
static void keep(text *t, int tag)
{
    if (tag != BEAT) {
        append(tag == ASK ? &study.asking : &study.events, t);
        return;
    }
    text **beat = &study.beats[t->rank];
    study.beat_count += *beat ? 0 : 1;
    free(*beat);
    *beat = t;
}

/* Takes a message if there is one. */
static bool take_message(void)
{
    int is_there = 0, n = 0;
    MPI_Status status;
    MPI_Message message;
    MPI_Improbe(MPI_ANY_SOURCE, MPI_ANY_TAG, study.handle, &is_there, &message,
                &status);
    if (!is_there)
        return false;
    MPI_Get_count(&status, MPI_BYTE, &n);
    text *t = new_text(status.MPI_SOURCE, NULL, (size_t)n);
    MPI_Mrecv(t->bytes, n, MPI_BYTE, &message, MPI_STATUS_IGNORE);
    pthread_mutex_lock(&study.lock);
    keep(t, status.MPI_TAG);
    answer();
    pthread_mutex_unlock(&study.lock);
    return true;
}

static void *hand_out_orders(void *nothing)
{
    (void)nothing;
    for (bool runs = true; runs;) {
        if (!take_message())
            nanosleep(&(struct timespec){.tv_nsec = PAUSE}, NULL);
        pthread_mutex_lock(&study.lock);
        runs = study.runs;
        pthread_mutex_unlock(&study.lock);
    }
    return NULL;
}

/* --- rank 0 --------------------------------------------------------------- */

/* open_hand_out(): all ranks call it, before a study. */
static int l_open(lua_State *L)
{
    if (!study.is_open &&
        MPI_Comm_dup(MPI_COMM_WORLD, &study.handle) != MPI_SUCCESS)
        return luaL_error(L, "MPI_Comm_dup failed");
    study.is_open = true;
    study.is_over = false;
    if (mpi.rank != 0 || study.runs)
        return 0;
    if (!mpi.has_threads)
        return luaL_error(L, "studies need an MPI with MPI_THREAD_MULTIPLE");
    if (!study.beats)
        study.beats = calloc((size_t)mpi.size, sizeof *study.beats);
    if (!study.beats)
        return luaL_error(L, "not enough memory");
    study.runs = true;
    if (pthread_create(&study.thread, NULL, hand_out_orders, NULL) != 0) {
        study.runs = false;
        return luaL_error(L, "no thread could be started");
    }
    return 0;
}

/* add_order(text) */
static int l_add_order(lua_State *L)
{
    size_t n;
    const char *bytes = luaL_checklstring(L, 1, &n);
    luaL_argcheck(L, n > 0, 1, "an order is no empty text");
    text *order = new_text(0, bytes, n);
    pthread_mutex_lock(&study.lock);
    append(&study.orders, order);
    answer();
    pthread_mutex_unlock(&study.lock);
    return 0;
}

/* Pushes a text, which it frees, and its rank; nil for none. */
static int push_text(lua_State *L, text *t)
{
    if (!t)
        return 0;
    lua_pushlstring(L, t->bytes, t->n);
    lua_pushinteger(L, t->rank);
    free(t);
    return 2;
}

/* take_order() -> the next order, for rank 0 itself; nil if there is none now
 */
static int l_take_order(lua_State *L)
{
    pthread_mutex_lock(&study.lock);
    text *order = take_first(&study.orders);
    pthread_mutex_unlock(&study.lock);
    return push_text(L, order);
}

/* The beat of any rank. The lock is held. */
static text *take_beat(void)
{
    if (study.beat_count == 0)
        return NULL;
    int rank = 0;
    while (!study.beats[rank])
        rank++;
    text *beat = study.beats[rank];
    study.beats[rank] = NULL;
    study.beat_count--;
    return beat;
}

/* take_event() -> the next event, or where there is none a beat; its rank; nil
   if there is neither now */
static int l_take_event(lua_State *L)
{
    pthread_mutex_lock(&study.lock);
    text *event = take_first(&study.events);
    if (!event)
        event = take_beat();
    pthread_mutex_unlock(&study.lock);
    return push_text(L, event);
}

/* Frees the texts of a queue, and returns their number. */
static int drop(text_queue *q)
{
    int count = 0;
    for (text *t; (t = take_first(q)); count++)
        free(t);
    return count;
}

/* drop_orders() -> the number of orders that it takes back: those that no rank
   has */
static int l_drop_orders(lua_State *L)
{
    pthread_mutex_lock(&study.lock);
    int count = drop(&study.orders);
    pthread_mutex_unlock(&study.lock);
    lua_pushinteger(L, count);
    return 1;
}

/* end_hand_out(): tells the ranks that ask, now and later, that there are no
   more orders */
static int l_end(lua_State *L)
{
    (void)L;
    pthread_mutex_lock(&study.lock);
    drop(&study.orders);
    study.is_over = true;
    answer();
    pthread_mutex_unlock(&study.lock);
    return 0;
}

/* close_hand_out(): ends the thread, once all ranks have been answered, and
   drops the events that were not taken: the next study has others */
static int l_close(lua_State *L)
{
    text *beat;
    (void)L;
    pthread_mutex_lock(&study.lock);
    bool runs = study.runs;
    study.runs = false;
    pthread_mutex_unlock(&study.lock);
    if (runs)
        pthread_join(study.thread, NULL);
    drop(&study.events);
    while ((beat = take_beat()))
        free(beat);
    return 0;
}

/* stop_ranks(): tells all others to end what they run */
static int l_stop(lua_State *L)
{
    (void)L;
    for (int r = 1; r < mpi.size; r++)
        MPI_Send(NULL, 0, MPI_BYTE, r, STOP, study.handle);
    return 0;
}

/* --- the other ranks ------------------------------------------------------ */

/* ask(): asks rank 0 for an order */
static int l_ask(lua_State *L)
{
    (void)L;
    MPI_Send(NULL, 0, MPI_BYTE, 0, ASK, study.handle);
    return 0;
}

/* answer() -> the order that was asked for; nil while there is none */
static int l_answer(lua_State *L)
{
    int is_there = 0, n = 0;
    MPI_Status status;
    MPI_Iprobe(0, ORDER, study.handle, &is_there, &status);
    if (!is_there)
        return 0;
    MPI_Get_count(&status, MPI_BYTE, &n);
    char *bytes = lua_newuserdatauv(L, (size_t)n + 1, 0);
    MPI_Recv(bytes, n, MPI_BYTE, 0, ORDER, study.handle, MPI_STATUS_IGNORE);
    lua_pushlstring(L, bytes, (size_t)n);
    return 1;
}

/* report(text [, is_beat]): sends rank 0 an event, and waits until it has it:
   so none is left when the study ends */
static int l_report(lua_State *L)
{
    size_t n;
    const char *bytes = luaL_checklstring(L, 1, &n);
    luaL_argcheck(L, n <= INT_MAX, 1, "an event is below 2 GB");
    if (lua_toboolean(L, 2))
        MPI_Send(bytes, (int)n, MPI_BYTE, 0, BEAT, study.handle);
    else
        MPI_Ssend(bytes, (int)n, MPI_BYTE, 0, EVENT, study.handle);
    return 0;
}

/* is_stopped() -> whether rank 0 has called stop_ranks */
static int l_is_stopped(lua_State *L)
{
    int is_there = 0;
    MPI_Iprobe(0, STOP, study.handle, &is_there, MPI_STATUS_IGNORE);
    if (is_there)
        MPI_Recv(NULL, 0, MPI_BYTE, 0, STOP, study.handle, MPI_STATUS_IGNORE);
    lua_pushboolean(L, is_there);
    return 1;
}

static const luaL_Reg functions[] = {
    {"open_hand_out", l_open},
    {"add_order", l_add_order},
    {"take_order", l_take_order},
    {"take_event", l_take_event},
    {"drop_orders", l_drop_orders},
    {"end_hand_out", l_end},
    {"close_hand_out", l_close},
    {"stop_ranks", l_stop},
    {"ask", l_ask},
    {"answer", l_answer},
    {"report", l_report},
    {"is_stopped", l_is_stopped},
    {NULL, NULL},
};

void l_open_hand_out(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}
