"""AdditiveAttention: queries and keys are added, not multiplied."""

from typing import Any

from minikeras.layers.attention.attention import Attention
from minikeras.ops import functions as ops
from minikeras.values.tensor import Tensor
from minikeras.values.types import Identifier, Shape


class AdditiveAttention(Attention):
    """Averages values, weighted by the softmax of scores that are sums.

        out_i = Σ_j p_ij v_j,   p_i = softmax_j(Σ_l scale_l · tanh(q_il + k_jl))

    Without `use_scale` all scale_l are 1.  Lists of inputs and masks are those of
    `Attention`.

    Shapes: query (n, t, d), value (n, s, e), key (n, s, d) → (n, t, e); scale (d,).
    Source: Bahdanau et al., Neural Machine Translation by Jointly Learning to Align and
    Translate (2015), appendix A.1.2; Keras, `keras.layers.AdditiveAttention`.
    """

    def __init__(
        self, use_scale: bool = True, dropout: float = 0.0, **kwargs: Any
    ) -> None:
        super().__init__(use_scale=use_scale, dropout=dropout, **kwargs)

    def _scale_of(self, input_shape: list[Shape]) -> tuple[Shape, Identifier]:
        return (input_shape[0][-1],), "glorot_uniform"

    def _scores(self, query: Tensor, key: Tensor) -> Tensor:
        sums = ops.tanh(ops.expand_dims(query, -2) + ops.expand_dims(key, -3))
        if self.scale is not None:
            sums = self.scale * sums
        return ops.sum(sums, axis=-1)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["score_mode"]  # there is one way only
        return config
