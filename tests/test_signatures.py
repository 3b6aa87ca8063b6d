"""Names, kinds, order and defaults of arguments are those of Keras.

Annotations are ours: Keras has none, so they are left out of what is compared.
"""

import inspect

import pytest

from minikeras import (
    activations,
    constraints,
    initializers,
    ops,
    random,
    regularizers,
)
from tests.golden import golden_files

NAMESPACES = {
    "activations": activations,
    "constraints": constraints,
    "initializers": initializers,
    "ops": ops,
    "random": random,
    "regularizers": regularizers,
}
RECORDED = [
    (namespace, name, signature)
    for case in golden_files.read("signatures")
    for namespace in [case["name"]]
    for name, signature in case["signatures"].items()
    if hasattr(NAMESPACES[namespace], name)
]
KERAS = {case["name"]: case["signatures"] for case in golden_files.read("signatures")}
NOT_IN_KERAS = {"grad", "value_and_grad"}


@pytest.mark.parametrize(("namespace", "name", "signature"), RECORDED)
def test_signature_is_that_of_keras(namespace, name, signature):
    thing = getattr(NAMESPACES[namespace], name)
    assert without_annotations(inspect.signature(thing)) == signature


def without_annotations(signature):
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in signature.parameters.values()
    ]
    return str(inspect.Signature(parameters))


def test_operations_have_no_names_of_their_own():
    public = {name for name, thing in vars(ops).items() if inspect.isfunction(thing)}
    assert public - KERAS["ops"].keys() == NOT_IN_KERAS
