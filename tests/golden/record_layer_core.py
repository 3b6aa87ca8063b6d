"""What a layer is, whatever it computes: state, dtypes, masks, losses, configuration.

Each case is an expression with its value, or with the name of its error. It is run with
`keras`, `np` and `numbers` as names, after the classes of the first case.
"""

from typing import Any

import keras
import numpy as np

from tests.golden.keras_calls import reset

Case = dict[str, Any]

CLASSES = """
class Scale(keras.layers.Layer):
    def __init__(self, start=1.0, **kwargs):
        super().__init__(**kwargs)
        self.start = start

    def build(self, input_shape):
        self.factor = self.add_weight(
            shape=(input_shape[-1],), initializer="ones", name="factor"
        )

    def call(self, inputs):
        return inputs * self.factor


class Nest(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.first = Scale(name="first")
        self.rows = [Scale(name="row"), {"a": Scale(name="in_dict")}]
        self.pair = (keras.Variable(1.0, name="held"), Scale(name="in_tuple"))
        self.seed = keras.random.SeedGenerator(3)
        self.seen = keras.metrics.Mean(name="seen")

    def call(self, inputs):
        x = self.rows[1]["a"](self.rows[0](self.first(inputs)))
        return self.pair[1](x)


class Keeps(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs):
        return inputs * 2.0


class Halves(keras.layers.Layer):
    def call(self, inputs):
        return inputs[:, ::2]

    def compute_mask(self, inputs, previous_mask=None):
        return None if previous_mask is None else previous_mask[:, ::2]


class Counts(keras.layers.Layer):
    def call(self, inputs, mask=None):
        return keras.ops.sum(keras.ops.cast(mask, "float32"), axis=1)


class Mixes(keras.layers.Layer):
    def call(self, left, right, left_mask=None, right_mask=None):
        return left_mask, right_mask


class Says(keras.layers.Layer):
    def call(self, inputs, training=None):
        return inputs * (2.0 if training else 1.0)


class Tells(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = Says()

    def call(self, inputs, training=True):
        return self.inner(inputs)


class Penalty(keras.layers.Layer):
    def call(self, inputs):
        self.add_loss(keras.ops.sum(inputs))
        return inputs


class Twice(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.inner = Penalty()

    def call(self, inputs):
        self.add_loss(keras.ops.mean(inputs))
        return self.inner(inputs)


class Shaped(keras.layers.Layer):
    def compute_output_shape(self, input_shape):
        return (input_shape[0], 7)

    def call(self, inputs):
        return keras.ops.convert_to_tensor(np.ones((len(inputs), 7)))


def called(layer, *inputs, **options):
    layer(*inputs, **options)
    return layer


def paths(variables):
    return [variable.path for variable in variables]


x = np.arange(6, dtype="float32").reshape(2, 3)
ids = np.array([[1, 2, 0], [3, 0, 0]])
embed = keras.layers.Embedding(4, 2, mask_zero=True)
"""

EXPRESSIONS = {
    "tracking": [
        "paths(called(Nest(name='nest'), x).weights)",
        "sorted(paths(called(Nest(name='nest'), x).variables))",
        "paths(called(Nest(name='nest'), x).trainable_variables)",
        "len(called(Nest(), x).non_trainable_variables)",
        "paths(Nest().metrics_variables)",
        "[metric.name for metric in Nest().metrics]",
        "Scale().built, called(Scale(), x).built",
        "Scale(name='s').path, called(Scale(name='s'), x).path",
        "called(Scale(), x).get_build_config()",
        "Scale().get_build_config()",
        "called(Scale(), x).count_params()",
        "Scale().count_params()",
        "called(Scale(), x).build((None, 3))",
        "called(Scale(), x).add_weight(shape=(1,))",
        "keras.layers.Layer().add_weight(shape=(None, 2))",
        "keras.layers.Layer().add_weight(shape=(-1,))",
        "keras.layers.Layer().add_weight(shape=(2.0,))",
        "keras.layers.Layer().add_weight(shape=(2,), aggregation='some')",
        "keras.layers.Layer().add_weight((2,), 'ones').shape",
        "keras.layers.Layer().add_weight().shape",
        "keras.layers.Layer().add_variable((2,), 'ones').shape",
        "keras.layers.Layer().add_metric(1)",
        "called(Scale(trainable=False), x).trainable_variables",
        "len(called(Scale(trainable=False), x).non_trainable_variables)",
    ],
    "dtypes": [
        *(
            f"(lambda p: (p.name, p.compute_dtype, p.variable_dtype, str(p)))"
            f"(keras.DTypePolicy({name!r}))"
            for name in ("float32", "float64", "mixed_float16", "int32", "bool")
        ),
        "keras.DTypePolicy('nope')",
        "keras.DTypePolicy(3)",
        "keras.DTypePolicy('float32') == keras.DTypePolicy('float32')",
        "keras.DTypePolicy('mixed_float16').get_config()",
        "keras.dtype_policies.serialize(keras.DTypePolicy('mixed_float16'))",
        "keras.dtype_policies.get(None).name",
        "keras.dtype_policies.get({'module': 'keras', 'class_name': 'DTypePolicy', "
        "'config': {'name': 'float64'}, 'registered_name': None}).name",
        "keras.config.set_dtype_policy(3)",
        "keras.config.dtype_policy().name",
        "(lambda l: (l.dtype, l.compute_dtype, l.variable_dtype, l.input_dtype, "
        "l.dtype_policy.name, l.quantization_mode))(Scale(dtype='mixed_float16'))",
        "numbers(Scale(dtype='mixed_float16')(x)).dtype.name",
        "called(Scale(dtype='mixed_float16'), x).factor.dtype",
        "numbers(Scale(dtype='float64')(x)).dtype.name",
        "numbers(Scale(autocast=False)(x.astype('float64'))).dtype.name",
        "numbers(keras.layers.Dense(2, dtype='mixed_float16')(x)).dtype.name",
        "Scale(dtype='mixed_float16').get_config()['dtype']",
        "Scale(dtype='nope')",
        *(
            f"numbers(keras.layers.{layer}(dtype='mixed_float16')(x)).dtype.name"
            for layer in ("BatchNormalization", "LayerNormalization", "Softmax", "ReLU")
        ),
        "numbers(keras.layers.Embedding(4, 2, dtype='mixed_float16')(ids)).dtype.name",
    ],
    "masks": [
        "numbers(embed(ids)._keras_mask)",
        "numbers(Keeps()(embed(ids))._keras_mask)",
        "numbers(Halves()(embed(ids))._keras_mask)",
        "numbers(Counts()(embed(ids)))",
        "numbers(Counts()(embed(ids), mask=np.ones((2, 3), bool)))",
        "[numbers(m) for m in Mixes()(embed(ids), embed(ids[:, ::-1]))]",
        "[numbers(m) for m in Mixes()(embed(ids), right=embed(ids[:, ::-1]))]",
        "Keeps().compute_mask(x, 'mask')",
        "Scale().compute_mask(x, 'mask')",
        "numbers(keras.layers.Concatenate(axis=1)([embed(ids), embed(ids)])"
        "._keras_mask)",
        "numbers(keras.Sequential([embed, Keeps(), Counts()])(ids))",
    ],
    "training": [
        "numbers(Says()(x))",
        "numbers(Says()(x, training=True))",
        "numbers(Tells()(x))",
        "numbers(Tells()(x, training=False))",
        "numbers(keras.Sequential([Says()])(x, training=True))",
        "numbers(keras.Sequential([Tells()])(x))",
    ],
    "losses": [
        "[numbers(loss) for loss in called(Penalty(), x).losses]",
        "[numbers(loss) for loss in called(called(Penalty(), x), x + 1).losses]",
        "[numbers(loss) for loss in called(Twice(), x).losses]",
        "Penalty().losses",
        "[numbers(l) for l in called(keras.layers.Dense(1, kernel_initializer='ones', "
        "kernel_regularizer='l2'), x).losses]",
        "(lambda l: (setattr(l, 'trainable', False), l.losses))"
        "(called(keras.layers.Dense(1, kernel_regularizer='l2'), x))[1]",
        "[numbers(l) for l in "
        "called(keras.layers.ActivityRegularization(l2=0.5), x).losses]",
    ],
    "stateless": [
        "(lambda l: [numbers(y) for y in (l.stateless_call([x[0]], [], x)[0],"
        " l.factor)])(called(Scale(), x))",
        "called(Scale(), x).stateless_call([], [], x)",
        "Scale().stateless_call([], [], x)",
        "(lambda l: [numbers(v) for v in l.stateless_call(l.trainable_variables, "
        "l.non_trainable_variables, x, training=True)[1]])"
        "(called(keras.layers.BatchNormalization(), x))",
        "(lambda l: [numbers(v) for v in l.stateless_call([], [], x, "
        "return_losses=True)[2]])(called(Penalty(), x))",
    ],
    "configuration": [
        "Scale(start=3).get_config()['start']",
        "Scale.from_config(Scale(start=3).get_config()).start",
        "Scale([1, (2, None)]).get_config()['start']",
        "Scale(keras.layers.Dense(1)).get_config()",
        "Scale(np.ones(2)).get_config()",
        "keras.layers.Layer(nope=1)",
        "keras.layers.Layer(name='a/b')",
        "keras.layers.Layer(name=3)",
        "Shaped().compute_output_shape((None, 3))",
        "Shaped()(keras.Input((3,))).shape",
        "Says().compute_output_spec(keras.KerasTensor((2, 3))).shape",
        "Says().symbolic_call(keras.KerasTensor((2, 3))).shape",
    ],
    "wrappers": [
        "keras.layers.Wrapper(3)",
        "(lambda w: (w.build((None, 3)), paths(w.weights)))"
        "(keras.layers.Wrapper(Scale(name='s'), name='w'))[1]",
        "paths(called(keras.layers.SpectralNormalization("
        "keras.layers.Dense(2, name='d'), name='s'), x).weights)",
        "keras.layers.SpectralNormalization(Scale(), power_iterations=0)",
        "keras.layers.SpectralNormalization(Scale())(x)",
        "(lambda s: (s.layer.kernel.assign(x.T + 1), s.vector_u.assign([[0.6, 0.8]]), "
        "numbers(s(x, training=True)), numbers(s.layer.kernel), numbers(s.vector_u), "
        "numbers(s(x)))[2:])(called(keras.layers.SpectralNormalization("
        "keras.layers.Dense(2)), x))",
        "numbers(keras.layers.Lambda(lambda x, k: x * k, arguments={'k': 3.0})(x))",
        "keras.layers.Lambda(lambda x: x, output_shape=(5,))"
        ".compute_output_shape((None, 3))",
        "keras.layers.Lambda(lambda x: x, output_shape=lambda s: (s[0], 7))"
        ".compute_output_shape((None, 3))",
        "keras.layers.Lambda(3)",
        "numbers(keras.layers.Pipeline([Scale(), Keeps()])(x))",
    ],
    "variables": [
        "keras.Variable(1.0, name='a/b')",
        "keras.Variable(1.0, aggregation='some')",
        "keras.Variable(1.0, synchronization='some')",
        "(lambda v: (v.aggregation, v.synchronization, v.trainable, v.ndim))"
        "(keras.Variable(1.0))",
        "keras.Variable(1.0).assign(np.ones(3))",
        "keras.name_scope('a/b').__enter__()",
        "keras.device(3).__enter__()",
    ],
    "settings": [
        *(
            f"keras.backend.is_{kind}_dtype({dtype!r})"
            for kind in ("float", "int")
            for dtype in ("float16", "int8", "uint32", "bool")
        ),
        *(
            f"keras.backend.result_type{dtypes!r}"
            for dtypes in (
                ("float64", "float64"),
                ("int64", "int8"),
                ("uint8", "int8"),
                ("int64", "float16"),
                ("bool", "bool"),
                ("float64", "int32"),
            )
        ),
        "keras.backend.result_type(int, float)",
        "keras.backend.result_type('float16', float)",
        "keras.backend.is_keras_tensor(keras.Input((2,)))",
        "keras.backend.is_keras_tensor(keras.ops.ones(2))",
        "[keras.backend.get_uid('zebra') for _ in range(3)]",
        "keras.config.max_epochs(), keras.config.max_steps_per_epoch()",
        "keras.config.is_interactive_logging_enabled()",
    ],
    "trees": [
        "[keras.tree.is_nested(t) for t in ((), [1], {}, None, 'ab', 3)]",
        "keras.tree.flatten({'b': 1, 'a': [2, (3, None)]})",
        "keras.tree.map_structure(lambda a, b: a + b, {'a': 1, 'b': [2]}, "
        "{'b': [20], 'a': 10})",
        "keras.tree.map_structure(lambda a: 5, [None, 1], none_is_leaf=False)",
        "keras.tree.map_structure(lambda a: 5, [None, 1])",
        "keras.tree.map_structure(lambda a, b: a, [1, 2], [1])",
        "keras.tree.map_structure(lambda a, b: a, [1, 2], (1, 2))",
        "keras.tree.map_structure(lambda: 1)",
        "keras.tree.pack_sequence_as({'b': 1, 'a': [2]}, [10, 20])",
        "keras.tree.pack_sequence_as([1, 2], [1])",
        "keras.tree.pack_sequence_as([1, 2], [1, 2, 3])",
    ],
}


def numbers(x: Any) -> Any:
    """Returns a tensor as an array, rounded."""
    array = np.asarray(keras.ops.convert_to_numpy(x))
    return array.round(5) if array.dtype == np.float32 else array


def record() -> list[Case]:
    """Returns the classes, then a case for each expression."""
    cases: list[Case] = [{"name": "classes", "code": CLASSES}]
    for group, expressions in EXPRESSIONS.items():
        for i, code in enumerate(expressions):
            reset()
            names = {"keras": keras, "np": np, "numbers": numbers}
            exec(CLASSES, names)
            case = {"name": f"{group} {i}", "code": code}
            try:
                case["value"] = eval(code, names)
            except Exception as error:
                case["error"] = type(error).__name__
            cases.append(case)
    return cases
