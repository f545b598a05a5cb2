"""Statistical decisions about correct work, many times over, at a false-fail rate that can be measured."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.checks.answers import Answer
from autograder.checks.claim import Claim, numeric
from autograder.checks.unbiased_stream import UnbiasedStream

BLOCK = 1000
"""Rows of one decision. Draws are free, so that one call serves many decisions; and it is with few draws
that a test without a finite-sample guarantee fails correct estimators."""


def statistical(claim: Claim) -> bool:
    """Whether a claim has a false-fail rate."""
    return hasattr(claim, "alpha")


DEAR = 20
"""What a decision costs that is made once a call, in decisions about blocks of one call's draws."""


def affordable(claims: Sequence[Claim], trials: int) -> int:
    """How many decisions to make about claims like these when ``trials`` were asked for.

    All of them where draws are free, a fraction where every decision takes calls of its own.
    """
    random = [claim for claim in claims if statistical(claim)]
    if not random:
        return 0
    free = any(getattr(claim, "draws", 0) >= 2 * BLOCK for claim in random)
    return trials if free else math.ceil(trials / DEAR)


def decisions(claim: Claim, alpha: float) -> Iterator[bool]:
    """Whether a statistical claim about correct work passes at another false-fail rate.

    The first decision is about the whole answer, the others about disjoint blocks of its rows, each as if
    only ``BLOCK`` draws had been asked for. A function that gives one estimate a call is decided on once.

    Args:
        claim: a claim for which :func:`statistical` holds.
        alpha: the false-fail rate.
    """
    changed: Any = replace(claim, alpha=alpha)  # type: ignore[call-arg]
    yield changed.outcome().passed
    draws = getattr(claim, "draws", 0)
    if isinstance(claim, UnbiasedStream) or draws < 2 * BLOCK:
        return
    arrays = [numeric(answer.resolve()).reshape(-1, *_row(claim, answer)) for answer in claim.answers]
    plain = getattr(claim, "plain", None)
    half = draws // 2
    for start in range(0, half - BLOCK // 2 + 1, BLOCK // 2):
        # From both halves alike: whatever couples a row with the one half the draws further stays together.
        rows = np.r_[start : start + BLOCK // 2, half + start : half + start + BLOCK // 2]
        answers = tuple(_given(array[rows]) for array in arrays)
        fields: dict[str, Any] = {"answers": answers, "draws": BLOCK, "alpha": alpha}
        if plain is not None:
            fields["plain"] = plain[rows]
        yield replace(claim, **fields).outcome().passed


def _row(claim: Claim, answer: Answer) -> tuple[int, ...]:
    draws: int = claim.draws  # type: ignore[attr-defined]
    array = numeric(answer.resolve())
    return array.shape[1:] if len(array) == draws else array.shape[2:]


def _given(array: np.ndarray) -> Answer:
    return Answer(lambda: array)


def moments(claim: Claim) -> tuple[float, str] | None:
    """The measured spread of the answer's rows as a multiple of the declared one, and what is declared.

    Args:
        claim: a claim about correct work.

    Returns:
        None where nothing is declared.
    """
    from autograder.checks import catoni
    from autograder.checks.unbiased import Unbiased
    from autograder.checks.variance import Variance

    if isinstance(claim, Unbiased):
        rows = numeric(claim.answers[0].resolve()).astype(np.float64).reshape(claim.draws, -1)
        declared = claim.variance_bound.reshape(-1) / catoni.VARIANCE_SAFETY
        return float(np.max(np.mean((rows - claim.mean.reshape(-1)) ** 2, axis=0) / declared)), "variance"
    if isinstance(claim, Variance):
        draws = numeric(claim.answers[0].resolve()).astype(np.float64).reshape(-1)
        squares = (draws - claim.mean) ** 2
        spread = (claim.kurtosis - 1) * claim.variance**2
        return float(np.mean((squares - claim.variance) ** 2) / spread), "kurtosis"
    return None
