/*
 * sum_tree.h -- the binary tree in which sums are added, and the part of it
 * that a rank owns.
 *
 * Nodes have a heap's numbers: 1 is the root, node i has the children 2i and
 * 2i + 1, and leaf k is node `leaves` + k, where `leaves` is a power of two.
 * There are `count` leaves; a node without leaves is not there, and its parent
 * is its sibling. Sums are always added as left += right.
 */
#ifndef PG_SUM_TREE_H
#define PG_SUM_TREE_H

#include "array/dtype.h"
#include "comm/communicator.h"

typedef struct pg_sum_tree {
    size_t count, leaves;
} pg_sum_tree;

pg_sum_tree pg_sum_tree_of(size_t count);

/* True if the node is there, and each of its leaves is one of first .. end - 1.
 */
bool pg_sum_tree_is_within(const pg_sum_tree *tree, size_t node, size_t first,
                           size_t end);

/* The uppermost nodes below which all leaves are among first .. end - 1: their
   number, at most PG_MOST_NODES for a tree of up to 2048 leaves. */
size_t pg_sum_tree_tops(const pg_sum_tree *tree, size_t first, size_t end);

/* The sum of a node: a loss, and gradients (count) of a dtype. */
typedef struct pg_node_sum {
    uint32_t node;
    double loss;
    void *gradients;
} pg_node_sum;

/* Buffers that are kept from one exchange to the next; zeroed: none. */
typedef struct pg_sum_buffers {
    void *sent, *received;
    size_t sent_bytes, received_bytes;
} pg_sum_buffers;

void pg_sum_buffers_free(pg_sum_buffers *buffers);

/* A rank's part of an exchange: n sums, none if it owns no leaf. */
typedef struct pg_rank_sums {
    const pg_node_sum *sums;
    size_t n;
    size_t of_all; /* the number of all ranks' sums */
    size_t count;  /* elements of the gradients */
    pg_dtype dtype;
    double weight;    /* of the meeting */
    uint64_t tag;     /* likewise */
    pg_status status; /* of this rank until now */
} pg_rank_sums;

/* Adds up the sums of all ranks. total (count) = the gradients of the root, on
   all ranks the same bits; it may be the first sum's. Each rank adds a piece of
   the gradients, in the tree's order. Another rank's error is returned as its
   own is. PG_ENOMEM, PG_EIO, PG_EINTERRUPT. */
pg_status pg_sums_exchange(double *loss, void *total, pg_comm *comm,
                           pg_sum_buffers *buffers, const pg_sum_tree *tree,
                           const pg_rank_sums *own, pg_error *err);

/* The same by one call that adds in any order: the last bits depend on it. */
pg_status pg_sums_exchange_fast(double *loss, void *total, pg_comm *comm,
                                const pg_rank_sums *own, pg_error *err);

#endif
