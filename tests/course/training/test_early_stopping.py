"""Early stopping against Keras's own, and the state that comes back."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from course.errors import ArgumentError
from course.models import MLP
from course.training import EarlyStopping

EPOCHS = 25


class Recorder(keras.callbacks.Callback):
    """All variables, the optimizer's too, and the held-out loss after each epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.states: list[list[np.ndarray]] = []
        self.losses: list[float] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.states.append(state(self.model))
        self.losses.append(logs["val_loss"])


def state(model: keras.Model) -> list[np.ndarray]:
    metrics = {id(v) for metric in model.metrics for v in metric.variables}
    own = [v for v in model.variables if id(v) not in metrics]
    return [v.value.numpy().copy() for v in (*own, *model.optimizer.variables)]


def fitted(*callbacks: keras.callbacks.Callback) -> keras.Model:
    """Twelve points, targets of pure noise about 2: the held-out loss falls first and rises later."""
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(24, 6)).astype("float32"), rng.normal(size=(24, 1)).astype("float32") + 2
    model = MLP([16], 1, seed=3, batch_normalization=True, dropout=0.1)
    model.compile(keras.optimizers.Adam(0.03), "mse", jit_compile=False)
    model.fit(
        x[:12],
        y[:12],
        validation_data=(x[12:], y[12:]),
        batch_size=6,
        epochs=EPOCHS,
        shuffle=False,
        verbose=0,
        callbacks=list(callbacks),
    )
    return model


@pytest.fixture(scope="module")
def ours() -> tuple[keras.Model, EarlyStopping, Recorder, keras.callbacks.EarlyStopping]:
    stopping, recorder = EarlyStopping(patience=3), Recorder()
    theirs = keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)
    return fitted(recorder, theirs, stopping), stopping, recorder, theirs


def test_the_best_epochs_weights_and_optimizer_come_back_bit_for_bit(ours: Any) -> None:
    model, stopping, recorder, _ = ours
    assert 0 < stopping.best_epoch < stopping.stopped_epoch < EPOCHS - 1
    assert stopping.best_epoch == int(np.argmin(recorder.losses))
    assert stopping.best == min(recorder.losses)
    assert stopping.stopped_epoch == stopping.best_epoch + 3
    for now, then in zip(state(model), recorder.states[stopping.best_epoch], strict=True):
        np.testing.assert_array_equal(now, then)
    # The last epoch was another place, or the test would prove nothing.
    assert any(not np.array_equal(a, b) for a, b in zip(state(model), recorder.states[-1], strict=True))


def test_keras_stops_at_the_same_epoch_with_the_same_weights(ours: Any) -> None:
    model, stopping, _, theirs = ours
    assert (theirs.best_epoch, theirs.stopped_epoch) == (stopping.best_epoch, stopping.stopped_epoch)
    for mine, his in zip(model.get_weights(), theirs.best_weights, strict=True):
        np.testing.assert_array_equal(mine, his)


def _run(stopping: EarlyStopping, figures: list[float]) -> int:
    """Epochs run until it stops."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    stopping.set_model(model)
    stopping.on_train_begin()
    for epoch, figure in enumerate(figures):
        stopping.on_epoch_end(epoch, {"figure": figure})
        if model.stop_training:
            return epoch + 1
    return len(figures)


@pytest.mark.parametrize(
    ("arguments", "figures", "best_epoch", "epochs"),
    [
        ({}, [3.0, 2.0, 2.0, 2.0, 1.0], 1, 4),  # as good as before is no improvement
        ({"mode": "max"}, [1.0, 2.0, 3.0, 2.0, 2.0, 9.0], 2, 5),
        ({"min_delta": 0.5}, [3.0, 2.6, 2.4, 2.0, 1.95], 2, 5),
        ({}, [float("nan"), float("nan"), 1.0], -1, 2),
        ({}, [float("inf"), 5.0, float("nan"), 6.0, 1.0], 1, 4),
    ],
)
def test_patience_counts_from_the_best_epoch(
    arguments: dict[str, Any], figures: list[float], best_epoch: int, epochs: int
) -> None:
    stopping = EarlyStopping("figure", patience=2, **arguments)
    assert _run(stopping, figures) == epochs
    assert stopping.best_epoch == best_epoch


def test_refusals_say_what_is_wrong() -> None:
    with pytest.raises(ArgumentError, match=r"`patience` is a positive integer.*patience=0"):
        EarlyStopping(patience=0)
    with pytest.raises(ArgumentError, match=r"`min_delta` is not negative.*min_delta=-0.1"):
        EarlyStopping(min_delta=-0.1)
    with pytest.raises(ArgumentError, match=r"unknown `mode`.*'min', 'max'.*mode='auto'"):
        EarlyStopping(mode="auto")
    stopping = EarlyStopping()
    with pytest.raises(
        ArgumentError, match=r"a figure of the logs.*'loss'.*'val_loss'.*pass validation_data"
    ):
        stopping.on_epoch_end(0, {"loss": 1.0})
