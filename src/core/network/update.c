#include "network/update.h"

#include "base/interrupt.h"
#include "ops/map.h"
#include "array/copy.h"

/* A gradient that shares elements with weights would change while these are
   updated: it is copied first. */
static pg_status part(pg_array *out, const pg_array *gradient,
                      const pg_network *network, pg_error *err)
{
    for (int l = 0; l < network->layers; l++)
        if (pg_array_shares_storage(gradient, network->W[l]) ||
            pg_array_shares_storage(gradient, network->b[l]))
            return pg_array_copy(out, gradient, err);
    pg_array_view(out, gradient);
    return PG_OK;
}

/* Takes all memory first: an update is made whole, or not at all. */
pg_status pg_update(const pg_network *network, const pg_network *gradients,
                    double rate, pg_error *err)
{
    pg_array parts[2 * PG_MAX_LAYERS] = {0};
    pg_status status = pg_network_check_gradients(gradients, network, err);
    const pg_interrupt *listened = pg_set_interrupt(NULL);
    int layers = status == PG_OK ? network->layers : 0;
    for (int l = 0; l < layers && status == PG_OK; l++) {
        status = part(&parts[2 * l], gradients->W[l], network, err);
        if (status == PG_OK)
            status = part(&parts[2 * l + 1], gradients->b[l], network, err);
    }
    for (int l = 0; l < layers && status == PG_OK; l++) {
        status = pg_axpy(network->W[l], -rate, &parts[2 * l], err);
        if (status == PG_OK)
            status = pg_axpy(network->b[l], -rate, &parts[2 * l + 1], err);
    }
    for (int i = 0; i < 2 * layers; i++)
        pg_array_release(&parts[i]);
    pg_set_interrupt(listened);
    return status;
}
