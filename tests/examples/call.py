"""One call of a kernel, as the strategies of `tests/examples` draw it."""

from typing import Any, NamedTuple


class Call(NamedTuple):
    """The positional inputs and the keyword-only parameters, without `out`."""

    inputs: tuple
    parameters: dict[str, Any]
