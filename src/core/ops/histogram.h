/* histogram.h -- how many elements lie where, as numpy.histogram counts. */
#ifndef PG_HISTOGRAM_H
#define PG_HISTOGRAM_H

#include "array/array.h"

/* counts (bins, int64) and edges (bins + 1, float64) of equally wide bins from
   low to high; the last bin includes its upper edge. Elements outside are not
   counted, and NaN is nowhere. PG_EARG for no bins, for so many that some have
   no width, or for ends that are not finite, not in order, or further apart
   than any float64. */
pg_status pg_histogram(pg_array *counts, pg_array *edges, const pg_array *a,
                       size_t bins, double low, double high, pg_error *err);

/* The least and the greatest element as ends, half a unit apart from it where
   there is one value only; 0 and 1 of no elements. */
pg_status pg_histogram_ends(double *low, double *high, const pg_array *a,
                            pg_error *err);

/* The same between edges of any widths, which must not decrease. edges is a
   copy of `given` in float64. */
pg_status pg_histogram_between(pg_array *counts, pg_array *edges,
                               const pg_array *a, const pg_array *given,
                               pg_error *err);

#endif
