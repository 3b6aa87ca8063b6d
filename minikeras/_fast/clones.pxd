"""Return types that compile a kernel once per instruction set.

Separate, so that every kernel can say it with one word. `cdef cloned name(...)` makes
AVX-512, AVX2 and baseline machine code from one source; the dynamic loader takes the
best one that the processor has, once. No operation is reordered or fused, so all three
give the same bits. `cdef cloned_fused name(...)` may also turn x * y + z into one fused
multiply-add where the processor has it: that changes a rounding, and is for
contractions only. Where the compiler has no such clones (anything but gcc 12 or later
with glibc on x86-64), both are plain `void`.
"""

cdef extern from *:
    # `flatten` inlines a kernel's helpers into each of its clones. Without it gcc
    # leaves a call to a long helper's baseline code, and the loop is not vectorised.
    """
    #if defined(__GNUC__) && __GNUC__ >= 12 && !defined(__clang__) \
        && defined(__x86_64__) && defined(__GLIBC__)
        #define MINIKERAS_CLONES \
            flatten, target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")
        #define MINIKERAS_CLONED __attribute__((MINIKERAS_CLONES)) void
        #define MINIKERAS_CLONED_FUSED \
            __attribute__((MINIKERAS_CLONES, optimize("fp-contract=fast"))) void
    #else
        #define MINIKERAS_CLONED void
        #define MINIKERAS_CLONED_FUSED void
    #endif
    """
    ctypedef void cloned "MINIKERAS_CLONED"
    ctypedef void cloned_fused "MINIKERAS_CLONED_FUSED"
