#include "update.h"

#include "interrupt.h"
#include "map.h"

pg_status pg_update(const pg_network *network, const pg_network *gradients,
                    double rate, pg_error *err)
{
    pg_status status = pg_network_check_gradients(gradients, network, err);
    const pg_interrupt *listened = pg_listen(NULL);
    for (int l = 0; l < network->layers && status == PG_OK; l++) {
        status = pg_axpy(network->W[l], -rate, gradients->W[l], err);
        if (status == PG_OK)
            status = pg_axpy(network->b[l], -rate, gradients->b[l], err);
    }
    pg_listen(listened);
    return status;
}
