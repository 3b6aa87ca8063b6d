# What to tell a user whose machine lacks something. Read by the scripts beside it.

# Prints the line that installs Debian's packages $@; elsewhere their names must do.
install_line() {
    if ! command -v apt-get >/dev/null; then
        echo "    your system's packages for: $* (their names in Debian)"
    elif [ "$(id -u)" = 0 ]; then
        echo "    apt-get install $*"
    else
        echo "    sudo apt-get install $*"
    fi
}

# Prints its arguments, a line each, as an error, and ends the script.
fail() {
    printf '%s\n' "$@" >&2
    exit 1
}
