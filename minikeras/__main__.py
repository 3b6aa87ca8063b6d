"""The command line: `python -m minikeras demo` and `python -m minikeras doctor`."""

import argparse
import sys


def main(arguments: list[str] | None = None) -> int:
    """Runs a command; returns the exit status of the process."""
    parser = command_line()
    options = vars(parser.parse_args(arguments))
    command = options.pop("command")
    if command is None:
        parser.print_help()
        return 0
    # Imported here because each command needs more than the other.
    if command == "demo":
        from minikeras import demo

        return demo.run(**options)
    from minikeras import doctor

    return doctor.run()


def command_line() -> argparse.ArgumentParser:
    """Returns the parser of the arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m minikeras",
        description="The Keras you can read from the first line to the last.",
    )
    commands = parser.add_subparsers(dest="command", metavar="command")
    demo = commands.add_parser(
        "demo",
        help="train on real data with all three backends, and draw pictures",
        description="Trains a classifier of handwritten digits with each backend from "
        "one seed, compares the weights, and goes on with Fashion-MNIST.",
    )
    demo.add_argument(
        "--backend",
        dest="backends",
        action="append",
        choices=["numpy", "fast", "loops"],
        help="only this one; may be given several times",
    )
    demo.add_argument(
        "--epochs",
        type=positive,
        metavar="N",
        help="passes over the digits, 20 otherwise",
    )
    demo.add_argument(
        "--out",
        default="minikeras-demo",
        metavar="FOLDER",
        help="where the pictures go (default: %(default)s)",
    )
    demo.add_argument(
        "--quick", action="store_true", help="few pictures, without Fashion-MNIST"
    )
    commands.add_parser(
        "doctor",
        help="tell versions, what is compiled and where data are, and find faults",
        description="Tells what there is to compute with. The exit status is 1 if "
        "something is broken.",
    )
    return parser


def positive(text: str) -> int:
    """Returns a number of at least 1, as argparse wants its types."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1; got {number}")
    return number


if __name__ == "__main__":
    sys.exit(main())
