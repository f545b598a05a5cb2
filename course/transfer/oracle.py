"""The search by expected improvement, behind keras-tuner's interface."""

from __future__ import annotations

from typing import Any

import keras_tuner
import numpy as np

from course.transfer.search import propose
from course.validation import positive_int


class ExpectedImprovementOracle(keras_tuner.Oracle):
    """Proposes hyper-parameters for ``keras_tuner.Tuner(oracle=..., hypermodel=...)``.

    Each hyper-parameter is one dimension of the unit cube, by keras-tuner's own cumulative scale: a
    logarithmic ``Float`` is uniform in its logarithm there, a ``Choice`` has equal shares. Trials that failed
    are left out.

    Args:
        initial: random trials at the start, ≥ 2.
        kwargs: objective, max_trials, seed and the rest, as for ``keras_tuner.Oracle``.

    Raises:
        ArgumentError: ``initial`` is not a positive integer.

    Source:
        Snoek, Larochelle & Adams 2012.
    """

    def __init__(self, *args: Any, initial: int = 5, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = max(positive_int(initial, "initial"), 2)
        self._generator = np.random.default_rng(self.seed)

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Values of the next trial.

        Args:
            trial_id: keras-tuner's.

        Returns:
            ``status`` and, while there is something to try, ``values``.
        """
        space = [
            hp
            for hp in self.hyperparameters.space
            if not isinstance(hp, keras_tuner.engine.hyperparameters.Fixed)
        ]
        done = [
            trial for trial in self.trials.values() if trial.status == "COMPLETED" and trial.score is not None
        ]
        if not space or len(done) < self.initial:
            units = self._generator.random(len(space))
        else:
            sign = -1.0 if self.objective.direction == "max" else 1.0
            points = np.array(
                [
                    [hp.value_to_prob(trial.hyperparameters.values.get(hp.name, hp.default)) for hp in space]
                    for trial in done
                ]
            )
            units = propose(points, sign * np.array([trial.score for trial in done]), self._generator)
        values = {hp.name: hp.default for hp in self.hyperparameters.space}
        # prob_to_value is for [0, 1): exactly one would be a step past the last choice.
        values |= {
            hp.name: hp.prob_to_value(min(float(unit), 1.0 - 1e-9))
            for hp, unit in zip(space, units, strict=True)
        }
        return {"status": keras_tuner.engine.trial.TrialStatus.RUNNING, "values": values}
