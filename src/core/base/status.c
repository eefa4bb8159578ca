/* Names of status codes, and messages of errors. */

#include "base/status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/printable.h"
#include "base/text.h"

const char *pg_strerror(pg_status status)
{
    switch (status) {
    case PG_OK:
        return "no error";
    case PG_ENOMEM:
        return "out of memory";
    case PG_EARG:
        return "bad argument";
    case PG_ESHAPE:
        return "shape mismatch";
    case PG_EDTYPE:
        return "unsuitable dtype";
    case PG_EINDEX:
        return "position out of range";
    case PG_EFINITE:
        return "not a finite number";
    case PG_EIO:
        return "input/output error";
    case PG_EFORMAT:
        return "malformed file";
    case PG_EINTERRUPT:
        return "interrupted";
    }
    return "unknown status";
}

pg_status pg_fail(pg_error *err, pg_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    pg_vtext(err->message, sizeof err->message, format, args);
    va_end(args);
    pg_make_printable(err->message, "");
    return status;
}

pg_status pg_fail_system(pg_error *err, const char *path)
{
    pg_status status = errno == ENOMEM ? PG_ENOMEM : PG_EIO;
    return pg_fail(err, status, "%.600s: %s", path, strerror(errno));
}
