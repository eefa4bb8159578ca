/*
 * perigee.h -- the core as a C library: arrays, random numbers, files and
 * trainings. It includes all headers of its API.
 *
 * Rules that all functions keep:
 *
 * Arguments   Outputs come first, then inputs and sizes, then a generator or a
 *             callback's context, and the error last. A binding's user counts
 *             positions from 1; here axes, rows and indices count from 0,
 *             unless a header says position. Headers that this one does not
 *             include may put the object that a function reads before outputs.
 *
 * Errors      A function that can fail returns a pg_status, PG_OK or what went
 *             wrong, and writes one sentence into the caller's pg_error. Its
 *             outputs are then empty: zeroed structs, which can be released.
 *             After PG_ENOMEM everything is as it was before the call. Nothing
 *             prints, exits or jumps.
 *
 * Ownership   _new makes an object that _free ends, by pointer. _release ends
 *             what a struct holds that the caller has by value; on an empty one
 *             it does nothing. _view shares an array's storage, _copy does not.
 *
 * Contracts   A header states what a caller must keep to, as "the axis must
 *             exist". Builds with PG_CHECKED assert it; others do not.
 *
 * Threads     Any thread may call any function. One object is used by one
 *             thread at a time, except for arrays that are only read. The
 *             number of threads, the chosen kernels and the limit of memory
 *             belong to the process, the cancellation callback (interrupt.h)
 *             to each thread. Results do not depend on the number of threads.
 *
 * Compile with -Isrc/core; link the core's objects, CBLAS (OpenBLAS), zlib, dl
 * and m.
 */
#ifndef PERIGEE_H
#define PERIGEE_H

#include "base/status.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/threads.h"

#include "decimal/decimal.h"

#include "array/array.h"
#include "array/checksum.h"
#include "array/copy.h"
#include "array/create.h"
#include "array/dtype.h"
#include "array/index.h"
#include "array/join.h"
#include "array/repeat.h"
#include "array/scalar.h"
#include "array/storage.h"

#include "kernels/kernels.h"

#include "comm/communicator.h"

#include "ops/cumulative.h"
#include "ops/draw.h"
#include "ops/labels.h"
#include "ops/lapack.h"
#include "ops/linalg.h"
#include "ops/map.h"
#include "ops/random.h"
#include "ops/reduce.h"
#include "ops/select.h"
#include "ops/sort.h"

#include "statistics/covariance.h"
#include "statistics/histogram.h"
#include "statistics/quantile.h"
#include "statistics/split.h"
#include "statistics/standardise.h"

#include "neural/backward.h"
#include "neural/cross_entropy.h"
#include "neural/dropout.h"
#include "neural/softmax.h"

#include "images/convolution.h"
#include "images/pooling.h"

#include "io/file_kind.h"
#include "io/gzip.h"
#include "io/name_list.h"
#include "formats/csv.h"
#include "formats/idx.h"
#include "formats/npy.h"
#include "formats/npz.h"
#include "formats/png.h"
#include "formats/png_folder.h"

#include "train/network.h"
#include "train/notebook.h"
#include "train/optimizer.h"
#include "train/predict.h"
#include "train/trainer.h"

#endif
