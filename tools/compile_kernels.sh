#!/bin/sh
# Compiles the fast kernels in place, or says what to install so that they can be.
# Called by make.
#
#     tools/compile_kernels.sh PYTHON STAMP
#
# STAMP is written when everything is compiled, so that make comes back when it is not.
# Without a compiler minikeras runs on NumPy; with MINIKERAS_REQUIRE_FAST=1 that is an
# error. MINIKERAS_NO_FAST=1 leaves the kernels out.

set -eu
. "$(dirname "$0")/advice.sh"

python=$1
stamp=$2

main() {
    if is_set "${MINIKERAS_NO_FAST:-}"; then
        echo "MINIKERAS_NO_FAST is set: the fast kernels are left out."
    elif can_compile; then
        echo "Compiling the fast kernels."
        MINIKERAS_REQUIRE_FAST=1 "$python" setup.py --quiet build_ext --inplace || fail \
            "The fast kernels did not compile; the compiler's message is above." \
            "MINIKERAS_NO_FAST=1 in front of the make command goes on without them."
        touch "$stamp"
    elif is_set "${MINIKERAS_REQUIRE_FAST:-}"; then
        fail "MINIKERAS_REQUIRE_FAST is set, but there is no C compiler with the" \
            "headers of Python $version. Type" "$advice"
    else
        echo "No C compiler with the headers of Python $version: going on without the" \
            "fast kernels, on NumPy. To have them, type"
        echo "$advice"
    fi
}

is_set() {
    [ -n "$1" ] && [ "$1" != 0 ]
}

# Tells if a file that includes Python.h compiles; sets `version` and `advice` if not.
can_compile() {
    compiler=${CC:-$(ask 'sysconfig.get_config_var("CC") or "cc"')}
    include=$(ask 'sysconfig.get_path("include")')
    # $compiler is several words: the command and its flags.
    # shellcheck disable=SC2086
    if echo '#include <Python.h>' |
        $compiler -I "$include" -x c -fsyntax-only - 2>/dev/null; then
        return 0
    fi
    version=$(ask 'sysconfig.get_python_version()')
    if [ "$(uname)" = Darwin ]; then
        advice="    xcode-select --install"
    else
        advice=$(install_line gcc "python$version-dev")
    fi
    return 1
}

# Prints the value of a Python expression.
ask() {
    "$python" -c "import sysconfig; print($1)"
}

main
