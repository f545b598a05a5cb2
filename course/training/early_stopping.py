"""Early stopping that goes back to the best epoch, the optimizer with it."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np

from course.errors import ArgumentError
from course.training.variables import own_variables, put_back, values
from course.validation import finite_float, one_of, positive_int


class EarlyStopping(keras.callbacks.Callback):
    """Stops ``fit`` when a figure has not improved for a while, and restores the best epoch.

    ::

        stop after epoch e when   best(0..e) was reached at e − patience or before

    At the end of ``fit``, stopped or not, the model's weights (batch statistics and seeds too) and the
    optimizer's variables are those of the end of the best epoch, bit for bit: a further ``fit`` goes on as
    from there. ``keras.callbacks.EarlyStopping`` with ``restore_best_weights`` stops at the same epoch with
    the same weights, and leaves the optimizer's momentum where the training broke off.

    Args:
        monitor: a name in the logs, for example ``"val_loss"``.
        patience: epochs without an improvement, ≥ 1.
        min_delta: the least that counts as one, ≥ 0.
        mode: ``"min"`` or ``"max"``: which way is better.

    Attributes:
        best: the best figure; NaN before the first.
        best_epoch: where it was, counted from 0 in this ``fit``; −1 before the first.
        stopped_epoch: the last epoch run, if it was stopped; −1 otherwise.

    Raises:
        ArgumentError: an argument is outside its range, or the logs lack ``monitor``.

    Example:
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile(keras.optimizers.SGD(3.0), loss="mse")  # so long a step diverges
        >>> stopping = EarlyStopping("loss", patience=2)
        >>> _ = model.fit(tf.ones([4, 1]), tf.zeros([4, 1]), epochs=9, callbacks=[stopping], verbose=0)
        >>> stopping.best_epoch, stopping.stopped_epoch
        (0, 2)

    Source:
        Damianou, "Early stopping"; Prechelt 1998.
    """

    def __init__(
        self, monitor: str = "val_loss", *, patience: int = 5, min_delta: float = 0.0, mode: str = "min"
    ) -> None:
        super().__init__()
        self.monitor = monitor
        self.patience = positive_int(patience, "patience")
        self.min_delta = finite_float(min_delta, "min_delta")
        if self.min_delta < 0:
            raise ArgumentError(
                "`min_delta` is not negative", expected="min_delta ≥ 0", received=f"min_delta={min_delta!r}"
            )
        self.mode = one_of(mode, ("min", "max"), "mode")
        self._begin()

    def _begin(self) -> None:
        self.best, self.best_epoch, self.stopped_epoch = math.nan, -1, -1
        self._kept: list[np.ndarray] = []

    def on_train_begin(self, logs: Any = None) -> None:
        """Forgets the ``fit`` before."""
        self._begin()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keeps an improvement, or stops."""
        known = logs or {}
        if self.monitor not in known:
            raise ArgumentError(
                "`monitor` is a figure of the logs",
                where="EarlyStopping",
                expected=f"one of {', '.join(map(repr, known))}",
                received=f"monitor={self.monitor!r}",
                fix="pass validation_data to fit" if self.monitor.startswith("val_") else None,
            )
        value = float(known[self.monitor])
        gain = self.best - value if self.mode == "min" else value - self.best
        # A NaN never improves, and anything improves on nothing.
        if not math.isnan(value) and (self.best_epoch < 0 or gain > self.min_delta):
            self.best, self.best_epoch = value, epoch
            self._kept = values(self._state())
        elif epoch - self.best_epoch >= self.patience:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Any = None) -> None:
        """Puts the best epoch back."""
        if self._kept:
            put_back(self._state(), self._kept)

    def _state(self) -> list[Any]:
        optimizer = [] if self.model.optimizer is None else self.model.optimizer.variables
        return [*own_variables(self.model), *optimizer]
