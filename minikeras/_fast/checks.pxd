"""An assertion for code that runs without the GIL.

Separate, because one build switch turns all of them on. `check(i < n)` costs nothing,
not even its condition, unless the package is built with MINIKERAS_CHECKS=1; then a
false condition names itself and its line in the generated C, and ends the program.
"""

cdef extern from *:
    """
    #ifdef MINIKERAS_CHECKS
        #include <stdio.h>
        #include <stdlib.h>
        #define MINIKERAS_CHECK(condition) \
            ((condition) ? (void)0 \
                         : (fprintf(stderr, "%s:%d: check failed: %s\\n", \
                                    __FILE__, __LINE__, #condition), abort()))
    #else
        #define MINIKERAS_CHECK(condition) ((void)0)
    #endif
    """
    void check "MINIKERAS_CHECK"(bint condition) noexcept nogil
