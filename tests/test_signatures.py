"""Names, kinds, order and defaults of arguments are those of Keras.

Annotations are ours: Keras has none, so they are left out of what is compared.
"""

import inspect
import re

import pytest

from minikeras import (
    activations,
    constraints,
    initializers,
    layers,
    ops,
    random,
    regularizers,
)
from tests.golden import golden_files

NAMESPACES = {
    "activations": activations,
    "constraints": constraints,
    "initializers": initializers,
    "layers": layers,
    "ops": ops,
    "random": random,
    "regularizers": regularizers,
}
# Layers whose arguments are others on purpose: inputs are dense and always given; a
# spec has no more than is checked; the base class says what it takes; and each
# attention has a seed for its dropout.
DIFFERENT = {"AdditiveAttention", "Input", "InputLayer", "InputSpec", "Layer"}
# What we have not got: quantized weights, and those of low rank.
ABSENT = re.compile(
    r"(lora_rank|lora_alpha|gptq_unpacked_column_size|quantization_config)=None, "
)

RECORDED = [
    (namespace, name, signature)
    for case in golden_files.read("signatures")
    for namespace in [case["name"]]
    for name, signature in case["signatures"].items()
    if hasattr(NAMESPACES[namespace], name)
    and not (namespace == "layers" and name in DIFFERENT)
]
KERAS = {case["name"]: case["signatures"] for case in golden_files.read("signatures")}
NOT_IN_KERAS = {"grad", "value_and_grad"}


@pytest.mark.parametrize(("namespace", "name", "signature"), RECORDED)
def test_signature_is_that_of_keras(namespace, name, signature):
    thing = getattr(NAMESPACES[namespace], name)
    assert without_annotations(inspect.signature(thing)) == ABSENT.sub("", signature)


def without_annotations(signature):
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in signature.parameters.values()
    ]
    return str(inspect.Signature(parameters))


def test_operations_have_no_names_of_their_own():
    public = {
        name
        for name, thing in vars(ops).items()
        if inspect.isfunction(thing) and name != "__getattr__"
    }
    assert public - KERAS["ops"].keys() == NOT_IN_KERAS
