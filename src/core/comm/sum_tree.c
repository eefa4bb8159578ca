/* The exchange of sums: each rank adds a piece of them, and all pieces go to
   all ranks. */

#include "comm/sum_tree.h"

#include <string.h>

#include "base/memory.h"
#include "kernels/kernels.h"

/* --- the tree ------------------------------------------------------------- */

pg_sum_tree pg_sum_tree_of(size_t count)
{
    pg_sum_tree tree = {.count = count, .leaves = 1};
    while (tree.leaves < count)
        tree.leaves *= 2;
    return tree;
}

bool pg_sum_tree_is_within(const pg_sum_tree *tree, size_t node, size_t first,
                           size_t end)
{
    size_t low = node, width = 1;
    for (; low < tree->leaves; low *= 2)
        width *= 2;
    low -= tree->leaves;
    size_t high = pg_size_min(low + width, tree->count);
    return low < high && low >= first && high <= end;
}

size_t pg_sum_tree_tops(const pg_sum_tree *tree, size_t first, size_t end)
{
    size_t tops = 0, width = 1; /* leaves below a node of the level */
    size_t low = tree->leaves + first, high = tree->leaves + end;
    if (first == end)
        return 0;
    if (end == tree->count) /* leaves that are not there hinder no node */
        high = 2 * tree->leaves;
    for (; low < high; low /= 2, high /= 2, width *= 2) {
        if (low % 2 == 1)
            tops += low++ * width - tree->leaves < tree->count;
        if (high % 2 == 1)
            tops += --high * width - tree->leaves < tree->count;
    }
    return tops;
}

/* --- pieces --------------------------------------------------------------- */

enum { PIECE_STEP = 64 }; /* elements: pieces begin at whole cache lines */

/* The first element of a rank's piece; count for the one behind the last. */
static size_t piece_start(const pg_comm *comm, size_t count, int rank)
{
    size_t steps = pg_size_divide_up(count, PIECE_STEP);
    size_t first = steps * (size_t)rank / (size_t)comm->size * PIECE_STEP;
    return pg_size_min(first, count);
}

static size_t piece_count(const pg_comm *comm, size_t count, int rank)
{
    return piece_start(comm, count, rank + 1) - piece_start(comm, count, rank);
}

static pg_status need_bytes(void **buffer, size_t *bytes, size_t needed,
                            pg_error *err)
{
    if (*bytes >= needed)
        return PG_OK;
    pg_free(*buffer, *bytes);
    *bytes = 0;
    *buffer = pg_malloc(needed);
    if (!*buffer)
        return pg_fail_memory(err, needed);
    *bytes = needed;
    return PG_OK;
}

void pg_sum_buffers_free(pg_sum_buffers *buffers)
{
    pg_free(buffers->sent, buffers->sent_bytes);
    pg_free(buffers->received, buffers->received_bytes);
    *buffers = (pg_sum_buffers){0};
}

/* Packs the pieces of the sums rank by rank. A single sum has them in that
   order already. */
static const void *pack_pieces(const pg_comm *comm, const pg_sum_buffers *b,
                               const pg_node_sum *sums, size_t n, size_t count,
                               size_t size)
{
    if (n == 1)
        return sums[0].gradients;
    char *to = b->sent;
    for (int r = 0; r < comm->size; r++) {
        size_t first = piece_start(comm, count, r) * size;
        size_t bytes = piece_count(comm, count, r) * size;
        for (size_t i = 0; i < n; i++, to += bytes)
            memcpy(to, (const char *)sums[i].gradients + first, bytes);
    }
    return b->sent;
}

/* --- adding --------------------------------------------------------------- */

/* A node of the whole tree, with the piece of its gradients; NULL: not there.
 */
typedef struct node_piece {
    double loss;
    void *piece;
    bool is_there;
} node_piece;

/* Adds node by node, from the leaves to the root, which is returned. */
static node_piece add_tree(node_piece *nodes, size_t leaves, size_t count,
                           pg_dtype dtype)
{
    const pg_kernels *k = pg_kernels_for(dtype);
    for (size_t i = leaves - 1; i >= 1; i--) {
        node_piece left = nodes[2 * i], right = nodes[2 * i + 1];
        if (!left.is_there && !right.is_there)
            continue;
        if (left.is_there && right.is_there) {
            if (count > 0)
                k->add_rows(left.piece, right.piece, 1, count);
            left.loss += right.loss;
        }
        nodes[i] = left.is_there ? left : right;
    }
    return nodes[1];
}

/* Puts the pieces that were received at their nodes, and adds them up. */
static node_piece add_received(const pg_comm *comm, const pg_sum_buffers *b,
                               const pg_sum_tree *tree, node_piece *nodes,
                               size_t count, pg_dtype dtype)
{
    size_t bytes = count * pg_dtype_size(dtype);
    char *piece = b->received;
    memset(nodes, 0, 2 * tree->leaves * sizeof *nodes);
    for (int r = 0; r < comm->size; r++) {
        const pg_meeting *m = &comm->meetings[r];
        for (size_t i = 0; i < m->nodes; i++, piece += bytes)
            nodes[m->node[i]] = (node_piece){m->loss[i], piece, true};
    }
    return add_tree(nodes, tree->leaves, count, dtype);
}

/* --- the exchange --------------------------------------------------------- */

static const char what_differs[] =
    "rows, options, or weights that were written to";

static void set_meeting(pg_meeting *meeting, const pg_rank_sums *own)
{
    pg_assert(own->n <= PG_MOST_NODES);
    *meeting = (pg_meeting){
        .tag = own->tag, .weight = own->weight, .nodes = (uint32_t)own->n};
    pg_meeting_name(meeting, "a training step");
    for (size_t i = 0; i < own->n; i++) {
        meeting->node[i] = own->sums[i].node;
        meeting->loss[i] = own->sums[i].loss;
    }
}

/* Room for n sums that are sent, and for a piece of all that are received. */
static pg_status need_buffers(pg_sum_buffers *b, const pg_comm *comm,
                              const pg_rank_sums *own, pg_error *err)
{
    size_t size = pg_dtype_size(own->dtype), sent, received;
    size_t piece = piece_count(comm, own->count, comm->rank) * size;
    if (!pg_size_multiply(&sent, own->n > 1 ? own->n : 0, own->count * size) ||
        !pg_size_multiply(&received, own->of_all, piece))
        return pg_fail(err, PG_ENOMEM, "the gradients are too large");
    pg_status status = need_bytes(&b->sent, &b->sent_bytes, sent, err);
    return status == PG_OK
               ? need_bytes(&b->received, &b->received_bytes, received, err)
               : status;
}

/* Sends the pieces of the sums to the ranks that add them. */
static pg_status exchange_pieces(pg_comm *comm, pg_sum_buffers *b,
                                 const pg_rank_sums *own, pg_error *err)
{
    size_t size = pg_dtype_size(own->dtype);
    size_t *sent = comm->parts, *received = comm->parts + comm->size;
    size_t piece = piece_count(comm, own->count, comm->rank);
    for (int r = 0; r < comm->size; r++) {
        sent[r] = own->n * piece_count(comm, own->count, r) * size;
        received[r] = comm->meetings[r].nodes * piece * size;
    }
    const void *packed =
        pack_pieces(comm, b, own->sums, own->n, own->count, size);
    return comm->calls->all_to_all(comm, b->received, received, packed, sent,
                                   err);
}

pg_status pg_sums_exchange(double *loss, void *total, pg_comm *comm,
                           pg_sum_buffers *b, const pg_sum_tree *tree,
                           const pg_rank_sums *own, pg_error *err)
{
    const size_t size = pg_dtype_size(own->dtype);
    const size_t node_bytes = 2 * tree->leaves * sizeof(node_piece);
    size_t start = piece_start(comm, own->count, comm->rank);
    size_t piece = piece_count(comm, own->count, comm->rank);
    node_piece *nodes = NULL;
    pg_meeting meeting;
    pg_status status = own->status;
    if (status == PG_OK)
        status = need_buffers(b, comm, own, err);
    if (status == PG_OK && !(nodes = pg_malloc(node_bytes)))
        status = pg_fail_memory(err, node_bytes);
    set_meeting(&meeting, own);
    status = pg_comm_meet(comm, &meeting, status, what_differs, err);
    if (status == PG_OK)
        status = exchange_pieces(comm, b, own, err);
    if (status == PG_OK) {
        node_piece root = add_received(comm, b, tree, nodes, piece, own->dtype);
        *loss = root.loss;
        memcpy((char *)total + start * size, root.piece, piece * size);
        for (int r = 0; r < comm->size; r++)
            comm->parts[r] = piece_count(comm, own->count, r) * size;
        status = comm->calls->all_gather(comm, total, comm->parts, err);
    }
    pg_free(nodes, node_bytes);
    return status;
}

pg_status pg_sums_exchange_fast(double *loss, void *total, pg_comm *comm,
                                const pg_rank_sums *own, pg_error *err)
{
    const pg_kernels *k = pg_kernels_for(own->dtype);
    size_t bytes = own->count * pg_dtype_size(own->dtype);
    pg_meeting meeting;
    set_meeting(&meeting, own);
    pg_status status =
        pg_comm_meet(comm, &meeting, own->status, what_differs, err);
    if (status != PG_OK)
        return status;
    if (own->n == 0)
        memset(total, 0, bytes);
    else if (total != own->sums[0].gradients)
        memcpy(total, own->sums[0].gradients, bytes);
    for (size_t i = 1; i < own->n; i++)
        k->add_rows(total, own->sums[i].gradients, 1, own->count);
    *loss = 0;
    for (int r = 0; r < comm->size; r++)
        for (size_t i = 0; i < comm->meetings[r].nodes; i++)
            *loss += comm->meetings[r].loss[i];
    return comm->calls->add(comm, total, own->count, own->dtype == PG_FLOAT64,
                            err);
}
