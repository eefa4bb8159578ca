#include "network/results.h"

#include <stdio.h>

#include "array/storage.h"

enum { NAME_TEXT = 24 };

static const char *name_text(char *text, const pg_named *named)
{
    if (named->number)
        snprintf(text, NAME_TEXT, "%s%d", named->letters, named->number);
    else
        snprintf(text, NAME_TEXT, "%s", named->letters);
    return text;
}

void pg_results_add_input(pg_results *r, const pg_array *a, const char *letters,
                          int number)
{
    r->named[r->named_count++] = (pg_named){a, letters, number};
}

void pg_results_add_network(pg_results *r, const pg_network *network)
{
    for (int l = 0; l < network->layers; l++) {
        pg_results_add_input(r, network->W[l], "W", l + 1);
        pg_results_add_input(r, network->b[l], "b", l + 1);
    }
}

static pg_status check_form(const pg_named *out, pg_dtype dtype,
                            const size_t *shape, pg_error *err)
{
    char name[NAME_TEXT], found[PG_SHAPE_TEXT], needed[PG_SHAPE_TEXT];
    const pg_array *a = out->array;
    name_text(name, out);
    if (a->ndim != 2 || a->shape[0] != shape[0] || a->shape[1] != shape[1])
        return pg_fail(err, PG_ESHAPE, "out.%s of shape %s where %s is needed",
                       name, pg_shape_text(found, a),
                       pg_shape_text_of(needed, 2, shape));
    if (a->dtype != dtype)
        return pg_fail(err, PG_EDTYPE, "out.%s of dtype %s where %s is needed",
                       name, pg_dtype_name(a->dtype), pg_dtype_name(dtype));
    if (!pg_array_is_contiguous(a))
        return pg_fail(err, PG_EARG,
                       "out.%s is a view with gaps between its elements; an "
                       "array in row-major order is needed",
                       name);
    return PG_OK;
}

/* The results stand behind the inputs. */
static pg_status check_shares_nothing(const pg_results *r, const pg_named *out,
                                      pg_error *err)
{
    char name[NAME_TEXT], other[NAME_TEXT];
    int inputs = r->named_count - r->count;
    for (int i = 0; i < r->named_count; i++)
        if (pg_array_may_share_memory(out->array, r->named[i].array))
            return pg_fail(err, PG_EARG, "out.%s shares elements with %s%s",
                           name_text(name, out), i < inputs ? "" : "out.",
                           name_text(other, &r->named[i]));
    return PG_OK;
}

pg_status pg_results_add(pg_results *r, pg_array *out, const char *letters,
                         int number, size_t rows, size_t columns, pg_error *err)
{
    pg_named named = {out, letters, number};
    pg_result result = {.array = out, .shape = {rows, columns}};
    pg_status status = PG_OK;
    if (out->storage)
        status = check_form(&named, r->dtype, result.shape, err);
    if (out->storage && status == PG_OK)
        status = check_shares_nothing(r, &named, err);
    if (status != PG_OK)
        return status;
    r->named[r->named_count++] = named;
    r->results[r->count++] = result;
    return PG_OK;
}

pg_status pg_results_make(pg_results *r, pg_error *err)
{
    for (int i = 0; i < r->count; i++) {
        pg_result *result = &r->results[i];
        if (result->array->storage) {
            pg_storage_mark_written(result->array->storage);
            continue;
        }
        pg_status status =
            pg_array_new(result->array, r->dtype, 2, result->shape, err);
        if (status != PG_OK)
            return pg_results_end(r, status);
        result->is_new = true;
    }
    return PG_OK;
}

pg_status pg_results_end(pg_results *r, pg_status status)
{
    for (int i = 0; i < r->count && status != PG_OK; i++)
        if (r->results[i].is_new) {
            pg_array_release(r->results[i].array);
            r->results[i].is_new = false;
        }
    return status;
}
