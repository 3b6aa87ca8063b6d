#!/bin/sh
# Makes a virtual environment with minikeras and its tools in it, but no kernels: those
# are for compile_kernels.sh. Called by make.
#
#     tools/bootstrap.sh FOLDER
#
# Uses uv where it is installed, else Python's own venv and pip. PYTHON=... says which
# Python to take.

set -eu
. "$(dirname "$0")/advice.sh"

folder=$1
python_in_folder=$folder/bin/python
pythons=${PYTHON:-python3.13 python3.12 python3.11 python3}
is_new_enough='import sys; sys.exit(sys.version_info < (3, 11))'
version_of='import sys; print("%d.%d" % sys.version_info[:2])'

main() {
    if "$python_in_folder" -c "$is_new_enough" 2>/dev/null; then
        : # made by an earlier run
    elif command -v uv >/dev/null; then
        echo "Making $folder with uv."
        uv venv --quiet --clear --python "${PYTHON:->=3.11}" "$folder"
    else
        make_with_venv
    fi
    install_minikeras
}

make_with_venv() {
    python=$(find_python) || fail \
        "minikeras needs Python 3.11 or later; there is none among: $pythons. Type" \
        "$(install_line python3 python3-venv python3-dev gcc)" \
        "or say where to find one: make PYTHON=/path/to/python3"
    version=$("$python" -c "$version_of")
    "$python" -c 'import ensurepip, venv' 2>/dev/null || fail \
        "Python $version can't make virtual environments yet. Type" \
        "$(install_line "python$version-venv")" \
        "and then the same make command again."
    echo "Making $folder with Python $version."
    "$python" -m venv --clear "$folder"
}

# Prints the first Python that is new enough. Each one is run, because a command of that
# name may be a version manager's, with no such Python behind it.
find_python() {
    for name in $pythons; do
        if "$name" -c "$is_new_enough" 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    return 1
}

# An editable install would compile every kernel anew; compile_kernels.sh knows better.
install_minikeras() {
    echo "Installing minikeras and its tools into $folder."
    export MINIKERAS_NO_FAST=1
    if command -v uv >/dev/null; then
        uv pip install --quiet --python "$python_in_folder" --editable '.[dev]'
    else
        "$python_in_folder" -m pip install --quiet --disable-pip-version-check \
            --editable '.[dev]'
    fi
}

main
