"""What TensorBoard shows of a training: curves, histograms and pictures of weights.

The files are written by tensorboardX, which is an extra: `pip install
minikeras[tensorboard]`.
"""

import io
import os
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from minikeras.callbacks.callback import Callback, Logs, as_number, overrides
from minikeras.callbacks.learning_rates import add_learning_rates
from minikeras.layers.embedding import Embedding


class TensorBoard(Callback):
    """Writes the logs for TensorBoard, into `log_dir`/train and /validation.

    Every epoch has scalars epoch_<name>, every evaluation evaluation_<name>_vs_
    iterations.  `update_freq` "batch", or a number of batches, writes batch_<name> too.
    Every `histogram_freq` epochs there is a histogram of each weight, and with
    `write_images` a picture; every `embeddings_freq` epochs the tables of Embedding
    layers, with labels from the files that `embeddings_metadata` names, for all or by
    layer.  `write_graph` writes the summary of the model as text.

    Raises: ImportError without tensorboardX; ValueError if profiling is asked for.
    """

    changes_model_at_batches = False
    reads_logs_of_batches = False  # but at those batches that are written

    def __init__(
        self,
        log_dir: str | Path = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: int | str = "epoch",
        profile_batch: int = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: str | dict[str, str] | None = None,
    ) -> None:
        super().__init__()
        if profile_batch:
            raise ValueError(
                "TensorBoard does not profile here: leave profile_batch at 0, and see "
                "model.train_program.timings()."
            )
        update_freq = 1 if update_freq == "batch" else update_freq
        if update_freq != "epoch" and not (
            isinstance(update_freq, int) and update_freq > 0
        ):
            raise ValueError(
                "update_freq must be 'epoch', 'batch' or a positive number of "
                f"batches; got {update_freq!r}."
            )
        self._library = tensorboard_library()
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = histogram_freq
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = update_freq
        self.embeddings_freq = embeddings_freq
        self.embeddings_metadata = embeddings_metadata
        self._writers: dict[str, Any] = {}
        self._training = False
        self._train_batches = 0
        self._epoch_start = self._batch_start = 0.0  # seconds
        self._iterations_before = 0

    def hears(self, event: str) -> bool:
        """Whether it does anything at an event: at batches, if it writes of them."""
        if "_batch_" in event and self.update_freq == "epoch":
            return overrides(self, event, TensorBoard)
        return super().hears(event)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._training = True
        self._train_batches = 0
        if self.write_graph:
            self._write_summary()

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._training = False
        self._close()

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._batch_start = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._train_batches += 1
        if self.update_freq == "epoch" or self._train_batches % int(self.update_freq):
            return
        logs = {name: as_number(value) for name, value in (logs or {}).items()}
        if self.write_steps_per_second:
            seconds = time.perf_counter() - self._batch_start
            logs["steps_per_second"] = 1 / seconds
        self._write_scalars("train", "batch_{}", logs, self._train_batches)

    def on_test_end(self, logs: Logs | None = None) -> None:
        step = self._iterations()
        self._write_scalars(
            "validation", "evaluation_{}_vs_iterations", logs or {}, step
        )
        if not self._training:
            self._close()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if self.write_steps_per_second:
            self._iterations_before = self._iterations()
            self._epoch_start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        trained = {k: v for k, v in logs.items() if not k.startswith("val_")}
        validated = {k[4:]: v for k, v in logs.items() if k.startswith("val_")}
        add_learning_rates(self.model, trained)
        if self.write_steps_per_second:
            seconds = time.perf_counter() - self._epoch_start
            steps = self._iterations() - self._iterations_before
            trained["steps_per_second"] = steps / seconds
        self._write_scalars("train", "epoch_{}", trained, epoch)
        self._write_scalars("validation", "epoch_{}", validated, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            self._write_embeddings(epoch)

    def _iterations(self) -> int:
        """Returns how many steps the optimizer has made."""
        optimizer = self.model.optimizer
        return 0 if optimizer is None else int(optimizer.iterations)

    # Writing --------------------------------------------------------------------------

    def _writer(self, part: str) -> Any:
        """Returns what writes to a folder, made when it is first needed."""
        if part not in self._writers:
            folder = os.path.join(self.log_dir, part)
            self._writers[part] = self._library.SummaryWriter(folder)
        return self._writers[part]

    def _close(self) -> None:
        for writer in self._writers.values():
            writer.close()
        self._writers = {}

    def _write_scalars(
        self, part: str, pattern: str, values: dict[str, Any], step: int
    ) -> None:
        """Writes numbers under names made from a pattern."""
        for name, value in values.items():
            if np.ndim(value) == 0 and not isinstance(value, str):
                self._writer(part).add_scalar(
                    pattern.format(name), float(value), global_step=step
                )

    def _write_summary(self) -> None:
        """Writes the model's summary, as text in a fixed-width font."""
        text = io.StringIO()
        self.model.summary(print_fn=text.write)
        lines = "".join(f"    {line}\n" for line in text.getvalue().splitlines())
        self._writer("train").add_text("keras", lines, global_step=0)

    def _write_weights(self, epoch: int) -> None:
        """Writes histograms of all weights, and pictures."""
        writer = self._writer("train")
        for weight in self.model.weights:
            values = weight.numpy()
            writer.add_histogram(f"{weight.path}/histogram", values, epoch)
            picture = as_pictures(values) if self.write_images else None
            if picture is not None:
                writer.add_images(
                    f"{weight.path}/image", picture, epoch, dataformats="NHWC"
                )
        writer.flush()

    def _write_embeddings(self, epoch: int) -> None:
        """Writes the table of each Embedding layer, for the projector."""
        for layer in self.model.layers:
            if isinstance(layer, Embedding):
                table = layer.weights[0].numpy()
                self._writer("train").add_embedding(
                    table, self._labels(layer, len(table)), None, epoch, layer.name
                )

    def _labels(self, layer: Embedding, rows: int) -> list[str] | None:
        """Returns a label for each row of a table, if there is a file of them."""
        files = self.embeddings_metadata
        path = files.get(layer.name) if isinstance(files, dict) else files
        if path is None:
            return None
        labels = Path(path).read_text(encoding="utf-8").splitlines()
        if len(labels) != rows:
            raise ValueError(
                f"{path} has {len(labels)} lines, and layer {layer.name!r} {rows} "
                "rows: embeddings_metadata needs a label for each."
            )
        return labels

    def get_state(self) -> dict[str, Any]:
        """Returns how many batches were trained."""
        return {"train_batches": self._train_batches}

    def set_state(self, state: dict[str, Any]) -> None:
        """Goes on counting batches."""
        self._train_batches = state["train_batches"]


def tensorboard_library() -> ModuleType:
    """Returns tensorboardX.

    Raises: ImportError, with what to do, if it is not there.
    """
    try:
        import tensorboardX  # an extra, so imported when it is used
    except ImportError as error:
        raise ImportError(
            "The TensorBoard callback writes its files with tensorboardX: "
            "pip install 'minikeras[tensorboard]'."
        ) from error
    return tensorboardX


def as_pictures(weight: np.ndarray) -> np.ndarray | None:
    """Returns a weight as pictures with values from 0 to 1, None if it is none.

    Shapes: (n,) → (1, 1, n, 1); (n, m) → (1, ≤, ≥, 1), lying down; (h, w, n) →
    (n, h, w, 1); (n, h, w, 1 or 3 or 4) as it is.
    """
    weight = weight.squeeze()
    if weight.ndim == 1:
        weight = weight.reshape(1, 1, -1, 1)
    elif weight.ndim == 2:
        weight = weight if weight.shape[0] <= weight.shape[1] else weight.T
        weight = weight[None, :, :, None]
    elif weight.ndim == 3:
        weight = weight.transpose(2, 0, 1)[..., None]
    if weight.ndim != 4 or weight.shape[-1] not in (1, 3, 4):
        return None
    low, high = weight.min(), weight.max()
    return (weight - low) / (high - low) if high > low else weight * 0.0
