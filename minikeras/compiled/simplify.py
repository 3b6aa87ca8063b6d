"""Rewrites of a recording that change memory traffic, and never a rounding.

Each is a small function from instructions to instructions.  What would change the
algebra, or the order of a sum, is a kernel of its own instead, which a step calls when
it is not recorded, too.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from minikeras.compiled.instruction import (
    Buffer,
    Instruction,
    Recording,
    read_by,
    written_by,
)
from minikeras.kernels.kernel_set import KernelSet
from minikeras.kernels.table import TABLE
from minikeras.tree import flatten, map_structure

# (kernel, kernel that takes its result first): the kernel that does both.
FUSED = {
    ("matmul", "add"): "matmul_bias",
    ("matmul_bias", "relu"): "matmul_bias_relu",
    ("convolution", "add"): "convolution_bias",
    ("convolution_bias", "relu"): "convolution_bias_relu",
}
FUSED_FIRST = {first for first, _ in FUSED}


def simplified(recording: Recording) -> Recording:
    """Returns what is left to do of a recording, to the same results in every bit.

    The recording that is given stays as it is.
    """
    outputs = set(flatten(recording.outputs))
    instructions, same = without_repeated(recording.instructions, outputs)
    results = map_structure(lambda x: same.get(x, x), recording.outputs)
    outputs = set(flatten(results))
    instructions = with_signs_from_results(instructions)
    instructions = with_relu_before_unpooling(instructions, outputs)
    instructions = with_fused_epilogues(instructions, outputs, recording.kernels)
    instructions = without_unused(instructions, outputs)
    return recording._replace(instructions=instructions, outputs=results)


# --- Calls that are not needed --------------------------------------------------------


def without_unused(
    instructions: Sequence[Instruction], outputs: Iterable[Buffer]
) -> list[Instruction]:
    """Drops calls whose results nobody reads."""
    wanted = {y for x in outputs for y in (x, x.root)}
    kept = []
    for instruction in reversed(instructions):
        if instruction.kind == "update" or not wanted.isdisjoint(instruction.results):
            kept.append(instruction)
            for x in instruction.buffers():  # of some only the shape, but that too
                wanted |= {x, x.root}
    return kept[::-1]


def without_repeated(
    instructions: Sequence[Instruction], outputs: set[Buffer]
) -> tuple[list[Instruction], dict[Buffer, Buffer]]:
    """Lets a call that was made before, of the same arrays, be that call.

    Returns the calls that are left, and {buffer: the one that stands for it}.  An array
    that an update has changed since is not the same.  Outputs stay apart, for their
    names.
    """
    version: Counter[Buffer] = Counter()
    seen: dict[Any, tuple[Buffer, ...]] = {}
    same: dict[Buffer, Buffer] = {}
    kept = []
    for recorded in instructions:
        instruction = with_inputs(recorded, same)
        if instruction.kind == "update":
            for x in written_by(instruction):
                version[x.root] += 1
        elif instruction.kind != "random" and outputs.isdisjoint(recorded.results):
            key = (
                instruction.name,
                tuple(
                    (x, version[x.root]) if isinstance(x, Buffer) else repr(x)
                    for x in instruction.inputs
                ),
                repr(sorted(instruction.parameters.items())),
            )
            if key in seen:
                same |= zip(recorded.results, seen[key], strict=True)
                continue
            seen[key] = instruction.results
        if instruction.out is not recorded.out:
            same[recorded.out] = instruction.out
        kept.append(instruction)
    return kept, same


def split_constants(
    instructions: Sequence[Instruction],
) -> tuple[list[Instruction], list[Instruction]]:
    """Returns (calls that give the same in every run, the others).

    Such a call reads no numbers, only shapes, or what such calls have given.
    """
    changed = {x for i in instructions if i.kind == "update" for x in written_by(i)}
    fixed: set[Buffer] = set()
    once, always = [], []
    for instruction in instructions:
        if (
            instruction.kind in ("compute", "view")
            and fixed.issuperset(read_by(instruction))
            and changed.isdisjoint(instruction.results)
        ):
            fixed.update(instruction.results)
            once.append(instruction)
        else:
            always.append(instruction)
    return once, always


# --- Calls that are made one ----------------------------------------------------------


def with_signs_from_results(instructions: Sequence[Instruction]) -> list[Instruction]:
    """Lets relu_grad look at relu(x) for x: one is above 0 where the other is.

    So x need not be kept, and the relu may become part of what makes x.  A relu that is
    still to come, or that was of x before an update, is another one.
    """
    relus: dict[Buffer, dict[Buffer, Buffer]] = defaultdict(dict)  # by root: relu of x
    changed: list[Instruction] = []
    for instruction in instructions:
        if instruction.kind == "update":
            for x in written_by(instruction):
                relus.pop(x.root, None)
        elif instruction.name == "relu":
            [x] = instruction.inputs
            relus[x.root][x] = instruction.out
        elif instruction.name == "relu_grad":
            grad, x = instruction.inputs
            instruction = instruction._replace(inputs=(grad, relus[x.root].get(x, x)))
        changed.append(instruction)
    return changed


def with_relu_before_unpooling(
    instructions: Sequence[Instruction], outputs: set[Buffer]
) -> list[Instruction]:
    """Takes the gradient of relu of the few numbers that a maximum was chosen from.

        relu_grad(max_pool_grad(g, places, y), y)
            = max_pool_grad(relu_grad(g, m), places, y),   m, places = max_pool(y)

    Where the gradient of a window goes, y is m.  The large array is written once
    instead of twice, and y need not be kept.
    """
    uses = Counter(x for i in instructions for x in i.buffers())
    maxima = {
        i.results[1]: (i.inputs[0], i.results[0])
        for i in named("max_pool", instructions)
    }
    unpooled = {i.out: i for i in named("max_pool_grad", instructions)}
    moved: list[Instruction] = []
    for instruction in instructions:
        grad, y = (*instruction.inputs, None, None)[:2]
        unpooling = unpooled.get(grad) if instruction.name == "relu_grad" else None
        if (
            unpooling is None
            or uses[grad] > 1
            or grad in outputs
            or maxima.get(unpooling.inputs[1], (None,))[0] is not y
        ):
            moved.append(instruction)
            continue
        small, places, _ = unpooling.inputs
        m = maxima[places][1]
        masked = Buffer(m, grad.name)
        moved.remove(unpooling)
        moved.append(instruction._replace(inputs=(small, m), out=masked))
        moved.append(
            unpooling._replace(inputs=(masked, places, y), out=instruction.out)
        )
    return moved


def named(name: str, instructions: Iterable[Instruction]) -> list[Instruction]:
    """Returns the calls of one kernel."""
    return [instruction for instruction in instructions if instruction.name == name]


def with_fused_epilogues(
    instructions: Sequence[Instruction], outputs: set[Buffer], kernels: KernelSet
) -> list[Instruction]:
    """Lets products and convolutions add the bias, and take the relu, as they write.

    The product is then made where the bias is added: it must not be read, and none of
    its inputs changed, in between.
    """
    uses = Counter(y for i in instructions for x in i.buffers() for y in {x, x.root})
    # Where what may be fused is made, in `fused`; and what is made of a buffer.
    maker: dict[Any, int] = {}
    made_of: dict[Buffer, list[Any]] = defaultdict(list)
    fused: list[Instruction | None] = []
    for instruction in instructions:
        if instruction.kind == "update":
            for x in written_by(instruction):
                for y in made_of.pop(x.root, ()):
                    maker.pop(y, None)
        first = instruction.inputs[0] if instruction.inputs else None
        before = fused[maker[first]] if first in maker else None
        name = FUSED.get((before.name, instruction.name), "") if before else ""
        if (
            before is not None
            and name in TABLE
            and (name in kernels.own) == (before.name in kernels.own)  # the same bits
            and isinstance(first, Buffer)
            and uses[first] == 1
            and first not in outputs
            and takes_a_bias_per_column(instruction)
        ):
            fused[maker[first]] = None
            instruction = instruction._replace(
                name=name,
                kernel=getattr(kernels, name),
                inputs=before.inputs + instruction.inputs[1:],
                parameters=before.parameters,
            )
        if instruction.name in FUSED_FIRST:
            maker[instruction.out] = len(fused)
            for x in instruction.buffers():
                made_of[x.root].append(instruction.out)
        fused.append(instruction)
    return [instruction for instruction in fused if instruction is not None]


def takes_a_bias_per_column(instruction: Instruction) -> bool:
    """Whether a call adds one number per column, or is no addition."""
    if instruction.name != "add":
        return True
    x, y = instruction.inputs
    return isinstance(y, Buffer) and y.shape == x.shape[-1:] and len(x.shape) > 1


def with_inputs(instruction: Instruction, same: dict[Buffer, Buffer]) -> Instruction:
    """Returns a call with its inputs replaced by those that are the same.

    A view of another array is another view.
    """
    inputs = tuple(same.get(x, x) for x in instruction.inputs)
    out = instruction.out
    if instruction.kind == "view" and inputs[0].root is not out.base:
        out = Buffer(out, out.name, base=inputs[0].root)
    return instruction._replace(inputs=inputs, out=out)
