"""The part of a model that is saved and loaded: what `Model` inherits from here."""

import os
import warnings
from typing import TYPE_CHECKING, Any, NoReturn

from minikeras.lazy import LoadedOnUse
from minikeras.models.trainer import Trainer
from minikeras.saving.objects import deserialize_keras_object, serialize_keras_object
from minikeras.saving.places import shown

if TYPE_CHECKING:
    import json

    from minikeras.saving import model_file, weights
else:
    json = LoadedOnUse("json")
    model_file = LoadedOnUse("minikeras.saving.model_file")
    weights = LoadedOnUse("minikeras.saving.weights")


class SavedModel(Trainer):
    """A Trainer that can be written to files; see `docs/saving.md`."""

    def save(
        self,
        filepath: Any,
        overwrite: bool = True,
        zipped: bool | None = None,
        **kwargs: Any,
    ) -> None:
        """Writes architecture, weights, and how it was compiled, to a .keras file.

        Raises: SavingError for another ending of the name.
        """
        model_file.save_model(self, filepath, overwrite, zipped, **kwargs)

    def save_weights(
        self,
        filepath: str | os.PathLike[str],
        overwrite: bool = True,
        max_shard_size: float | None = None,
    ) -> None:
        """Writes the weights, the optimizer's state and random states to a file.

        Raises: SavingError for a name that does not end in .weights.h5, or a model
        that is not built.
        """
        weights.save_weights(self, filepath, overwrite, max_shard_size)

    def load_weights(
        self,
        filepath: str | os.PathLike[str],
        skip_mismatch: bool = False,
        **kwargs: Any,
    ) -> None:
        """Reads a .weights.h5 file, or the weights in a .keras file, of Keras's too.

        With `skip_mismatch` layers that do not fit are left alone, with a warning.

        Raises: SavingError if the file is damaged or does not fit; the model is then
        as it was.
        """
        weights.load_weights(self, filepath, skip_mismatch, **kwargs)

    def to_json(self, **kwargs: Any) -> str:
        """Returns the architecture as JSON, for `models.model_from_json`.

        Keyword arguments go to `json.dumps`.
        """
        return json.dumps(serialize_keras_object(self), **kwargs)

    def export(
        self,
        filepath: Any,
        format: str = "tf_saved_model",
        verbose: bool | None = None,
        input_signature: Any = None,
        **kwargs: Any,
    ) -> NoReturn:
        """Says that there are no formats of other frameworks here."""
        raise NotImplementedError(
            "minikeras exports to no other framework. Save the model as a .keras file: "
            "Keras reads it, and can export it."
        )

    def get_compile_config(self) -> dict[str, Any]:
        """Returns how the model was compiled, as a configuration; {} if it was not."""
        if not self.compiled:
            return {}
        given = {"optimizer": self.optimizer, **self._compile_arguments}
        config: dict[str, Any] = serialize_keras_object(given)
        return config

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles the model as `get_compile_config` says.

        A class with a `compile` of its own has to define this method too: else it is
        left uncompiled, with a warning.
        """
        if type(self).compile is not Trainer.compile:
            warnings.warn(
                f"{type(self).__name__} has a compile() of its own, and was not "
                "compiled. Call it, or define get_compile_config() and "
                "compile_from_config(config) to have that done.",
                UserWarning,
                stacklevel=2,
            )
            return
        if not isinstance(config, dict):
            raise ValueError(
                "The configuration of a compilation is a dict of the arguments of "
                f"compile(); got {shown(config)}."
            )
        self.compile(**deserialize_keras_object(config))
        if self.built and self.trainable_variables:
            self.optimizer.build(self.trainable_variables)
