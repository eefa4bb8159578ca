#include "kernels/activation.h"

#include <stddef.h>

#define ACTIVATION_NAME(upper, lower) #lower,
const char *const pg_activation_names[PG_ACTIVATIONS + 1] = {
    PG_ACTIVATION_LIST(ACTIVATION_NAME) NULL};
