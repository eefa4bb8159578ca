/*
 * openblas_variable.h -- the environment variable by which OpenBLAS starts no
 * threads of its own while it is loaded.
 */
#ifndef L_OPENBLAS_VARIABLE_H
#define L_OPENBLAS_VARIABLE_H

/* Gives the variable the user's value again, for programs that a script starts.
   Called when the module opens. */
void l_openblas_variable_restore(void);

#endif
