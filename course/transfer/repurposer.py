"""The interface of everything that gives a trained network a new task."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar, Self

import keras
import numpy as np

from course.errors import ArgumentError, ShapeError
from course.transfer.model_handler import ModelHandler, check_inputs

_KINDS: dict[str, type[Repurposer]] = {}


class Repurposer(ABC):
    """Fits a new classifier on what a source network has learnt; the source is never changed.

    Subclasses write :meth:`_fit`, :meth:`_probability` and the four methods of saving. A folder holds
    ``repurposer.json`` (class and arguments), ``*.keras`` and ``arrays.npz``: nothing in it is pickled.

    Args:
        source: a built functional or Sequential model with one input and one output; it is copied.

    Raises:
        ArgumentError: the model is of another kind.

    Source:
        Damianou, "Deployment: Transfer learning".
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _KINDS[cls.__name__] = cls

    def __init__(self, source: keras.Model) -> None:
        self.handler = ModelHandler(source)
        self._classes = 0

    def fit(self, inputs: Any, labels: Any) -> Self:
        """Learns the target task from its examples.

        Args:
            inputs: shape (n, ...), as the source takes them.
            labels: integers, shape (n,), 0 to C − 1, each class at least once, C ≥ 2.

        Returns:
            This repurposer.

        Raises:
            ArgumentError: labels are no integers, out of range, or a class has no example.
            ShapeError: the inputs do not fit the source, or labels do not fit the inputs.
        """
        array = check_inputs(self.handler._model, inputs)
        targets = check_labels(labels, len(array))
        self._classes = int(targets.max()) + 1
        self._fit(array, targets)
        return self

    def predict_probability(self, inputs: Any) -> np.ndarray:
        """Class probabilities, float64, shape (n, C); rows sum to 1.

        Args:
            inputs: shape (n, ...).

        Raises:
            ArgumentError: nothing was fitted yet.
            ShapeError: the inputs do not fit the source.
        """
        return self._probability(self._ready(inputs))

    def predict_label(self, inputs: Any) -> np.ndarray:
        """The most probable class, int64, shape (n,).

        Args:
            inputs: shape (n, ...).

        Raises:
            ArgumentError: nothing was fitted yet.
            ShapeError: the inputs do not fit the source.
        """
        return np.argmax(self.predict_probability(inputs), axis=1).astype(np.int64)

    def save(self, folder: str | Path) -> None:
        """Writes everything that prediction needs.

        Args:
            folder: made where it is missing; files in it of the same names are replaced.

        Raises:
            ArgumentError: nothing was fitted yet.
        """
        self._fitted()
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        about = {"class": type(self).__name__, "classes": self._classes, "config": self.get_config()}
        (place / "repurposer.json").write_text(json.dumps(about, indent=1))
        self.handler.model.save(place / "source.keras")
        for name, model in self._models().items():
            model.save(place / f"{name}.keras")
        np.savez(place / "arrays.npz", allow_pickle=False, **self._arrays())

    @abstractmethod
    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, without the source; plain values."""

    @abstractmethod
    def _fit(self, inputs: np.ndarray, labels: np.ndarray) -> None: ...

    @abstractmethod
    def _probability(self, inputs: np.ndarray) -> np.ndarray: ...

    _model_names: ClassVar[tuple[str, ...]] = ()

    def _models(self) -> dict[str, keras.Model]:
        return {}

    def _arrays(self) -> dict[str, np.ndarray]:
        return {}

    @abstractmethod
    def _restore(self, arrays: dict[str, np.ndarray], models: dict[str, keras.Model]) -> None: ...

    def _fitted(self) -> None:
        if not self._classes:
            raise ArgumentError(f"{type(self).__name__} is fitted before it is used", fix="call fit first")

    def _ready(self, inputs: Any) -> np.ndarray:
        self._fitted()
        return check_inputs(self.handler._model, inputs)


def load_repurposer(folder: str | Path) -> Repurposer:
    """What :meth:`Repurposer.save` wrote, ready to predict.

    Args:
        folder: with ``repurposer.json``.

    Raises:
        ArgumentError: the folder holds no repurposer, or one of an unknown class.
    """
    place = Path(folder)
    try:
        about = json.loads((place / "repurposer.json").read_text())
    except FileNotFoundError:
        raise ArgumentError(
            "the folder holds a repurposer", expected="repurposer.json", received=place
        ) from None
    kind = _KINDS.get(about["class"])
    if kind is None:
        raise ArgumentError(
            "no repurposer of that class", expected=", ".join(sorted(_KINDS)), received=about["class"]
        )
    loaded = kind(keras.saving.load_model(place / "source.keras", compile=False), **about["config"])
    loaded._classes = about["classes"]
    with np.load(place / "arrays.npz", allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    models = {
        name: keras.saving.load_model(place / f"{name}.keras", compile=False) for name in kind._model_names
    }
    loaded._restore(arrays, models)
    return loaded


def check_labels(labels: Any, count: int) -> np.ndarray:
    """The labels as int64, if they are classes 0 to C − 1 of so many examples.

    Args:
        labels: anything.
        count: number of examples.

    Raises:
        ArgumentError: they are no integers, negative, or leave a class out.
        ShapeError: there is not one an example.
    """
    array = np.asarray(labels)
    if array.shape != (count,):
        raise ShapeError("every example has one label", expected=(count,), received=array.shape)
    if not np.issubdtype(array.dtype, np.integer):
        raise ArgumentError("labels are integers", received=f"dtype {array.dtype}")
    known = np.unique(array)
    if known[0] < 0 or len(known) < 2 or known[-1] != len(known) - 1:
        raise ArgumentError(
            "labels are 0 to C − 1, each with an example, C ≥ 2", received=f"labels {known.tolist()}"
        )
    return array.astype(np.int64)
