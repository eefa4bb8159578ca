/*
 * cross_entropy_template.h -- the loops of cross_entropy.c for one floating
 * type, T.
 */

/* The sum over all rows of sum(y logs). */
static double NAMED(sum)(const pg_array *logs, const targets *t)
{
    const T *log = logs->data, *weight = t->rows.data;
    const int32_t *label = t->labels.data;
    size_t n = logs->shape[0], k = logs->shape[1];
    double sum = 0;
    if (label) {
        PG_EACH (i, n)
            sum += (double)log[i * k + (size_t)label[i]];
        return sum;
    }
    PG_EACH (i, n * k)
        sum += weight[i] == 0 ? 0 : (double)weight[i] * (double)log[i];
    return sum;
}

/* p = (p sum(y) - y) / n, row by row. */
static void NAMED(subtract)(const pg_array *p, const targets *t)
{
    T *row = p->data;
    const T *weights = t->rows.data;
    const int32_t *label = t->labels.data;
    size_t n = p->shape[0], k = p->shape[1];
    const T rows = (T)n;
    PG_EACH_WIDE (k, i, n) {
        T sum = label ? 1 : 0;
        for (size_t j = 0; weights && j < k; j++)
            sum += weights[i * k + j];
        if (label)
            row[i * k + (size_t)label[i]] -= 1;
        for (size_t j = 0; j < k; j++)
            row[i * k + j] =
                (label ? row[i * k + j]
                       : row[i * k + j] * sum - weights[i * k + j]) /
                rows;
    }
}
