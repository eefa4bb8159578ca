/*
 * ranks.h -- ranks as threads of one process.
 */
#ifndef TEST_RANKS_H
#define TEST_RANKS_H

#include "comm/communicator.h"

typedef void (*rank_work)(void *context, pg_comm *comm);

/* Runs work in 1 to 40 ranks at once, and waits for them. */
void run_ranks(int size, rank_work work, void *context);

#endif
