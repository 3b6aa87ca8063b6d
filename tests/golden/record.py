"""Records the golden files from Keras: `python -m tests.golden.record [family ...]`."""

import argparse
import sys

from tests.golden import (
    record_activation_layers,
    record_activations,
    record_arrays,
    record_attention,
    record_callbacks,
    record_compiled,
    record_configs,
    record_convolution,
    record_dtypes,
    record_embedding,
    record_errors,
    record_fit,
    record_functional,
    record_gpt,
    record_graphs,
    record_initializers,
    record_layer_core,
    record_loss_scale,
    record_losses,
    record_merging,
    record_metrics,
    record_more_losses,
    record_more_metrics,
    record_names,
    record_normalization,
    record_ops,
    record_optimizers,
    record_other_optimizers,
    record_pooling,
    record_printed,
    record_public_names,
    record_recurrent,
    record_regularization,
    record_reshaping,
    record_saved_models,
    record_schedules,
    record_serialized,
    record_signatures,
    record_training,
)
from tests.golden.golden_files import FOLDER, write
from tests.golden.keras_calls import VERSIONS, check_versions, reset

RECORDERS = {
    "activation_layers": record_activation_layers.record,
    "activations": record_activations.record,
    "arrays": record_arrays.record,
    "attention": record_attention.record,
    "callbacks": record_callbacks.record,
    "compiled": record_compiled.record,
    "configs": record_configs.record,
    "convolution": record_convolution.record,
    "dtypes": record_dtypes.record,
    "embedding": record_embedding.record,
    "errors": record_errors.record,
    "fit": record_fit.record,
    "functional": record_functional.record,
    "gpt": record_gpt.record,
    "graphs": record_graphs.record,
    "initializers": record_initializers.record,
    "layer_core": record_layer_core.record,
    "loss_scale": record_loss_scale.record,
    "losses": record_losses.record,
    "merging": record_merging.record,
    "more_losses": record_more_losses.record,
    "more_metrics": record_more_metrics.record,
    "metrics": record_metrics.record,
    "names": record_names.record,
    "normalization": record_normalization.record,
    "ops": record_ops.record,
    "optimizers": record_optimizers.record,
    "other_optimizers": record_other_optimizers.record,
    "pooling": record_pooling.record,
    "printed": record_printed.record,
    "public_names": record_public_names.record,
    "recurrent": record_recurrent.record,
    "regularization": record_regularization.record,
    "reshaping": record_reshaping.record,
    "saved_models": record_saved_models.record,
    "schedules": record_schedules.record,
    "serialized": record_serialized.record,
    "signatures": record_signatures.record,
    "training": record_training.record,
}


def main(arguments: list[str]) -> None:
    """Records the families named, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("families", nargs="*", choices=[*RECORDERS, []])
    families = parser.parse_args(arguments).families or RECORDERS
    check_versions()
    for family in families:
        reset()
        cases = RECORDERS[family]()
        write(family, VERSIONS, cases)
        size = (FOLDER / f"{family}.json").stat().st_size
        print(f"{family}.json: {len(cases)} cases, {size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
