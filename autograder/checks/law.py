"""Does a sampler draw from the law that it should?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from autograder.checks import catoni, sketches
from autograder.checks.answers import Answer
from autograder.checks.claim import Claim, Observation, expect_finite, expect_shape, real, register
from autograder.errors import AuthoringError, StudentError
from autograder.results import Outcome


@register
@dataclass(frozen=True, kw_only=True)
class Law(Claim):
    """The exact Kolmogorov–Smirnov test of n independent draws against a continuous law.

    Args:
        draws: number of draws asked for; the answer has shape (draws,).
        name: name of the law in ``scipy.stats``.
        arguments: its parameters by name.
        alpha: false-fail probability, exact for a continuous law.
    """

    kind: ClassVar[str] = "law"

    draws: int
    name: str
    arguments: Mapping[str, float] = field(default_factory=dict)
    alpha: float = catoni.ALPHA

    def shapes(self) -> tuple[tuple[Any, ...] | None, ...]:
        """One draw a row."""
        return ((self.draws,),)

    def decide(self, *values: Any) -> Outcome:
        """Compares the largest gap of the distribution functions with its law (Simard & L'Ecuyer 2011)."""
        from scipy import stats

        got = real(values[0])
        expect_shape(got, (self.draws,))
        expect_finite(got)
        gap, where, above = self._gap(got)
        p_value = float(stats.kstwo.sf(gap, self.draws))
        evidence = {"gap": gap, "at": where, "p_value": p_value, "draws": self.draws, "law": self.name}
        evidence |= _logarithms(p_value, self.alpha)
        # The statistic supposes independence, which repeated draws disprove. Single precision alone repeats
        # few.
        if len(np.unique(got)) < 0.9 * self.draws:
            return self._outcome(False, "draws repeat, so they cannot come from a continuous law", **evidence)
        if p_value > self.alpha:
            return self._outcome(True, f"the draws follow the {self.name} law that was asked for", **evidence)
        evidence["picture"] = sketches.histogram(got, distribution=self._law().cdf)
        much = "more" if above else "less"
        share = float(np.mean(got <= where))
        message = (
            f"{share:.1%} of the draws are at most {where:.3g}, {much} than the"
            f" {float(self._law().cdf(where)):.1%} of the {self.name} law that was asked for"
        )
        return self._outcome(False, message, **evidence)

    def observe(self, *values: Any) -> Observation | None:
        """Shares of draws below nine quantiles of the right law, with their standard errors."""
        got = real(values[0]).reshape(-1)
        if len(got) < 2:
            return None
        quantiles = self._law().ppf(np.linspace(0.1, 0.9, 9))
        # Shares of the nine disjoint cells, one left out: a χ² of correlated cumulative shares would be no
        # χ².
        shares = np.diff(np.mean(got[:, None] <= quantiles, axis=0), prepend=0.0)
        error = np.sqrt(np.maximum(shares * (1 - shares), 1 / len(got)) / len(got))
        return Observation(shares, error, exact=False)

    def _law(self) -> Any:
        from scipy import stats

        return getattr(stats, self.name)(**self.arguments)

    def _gap(self, got: np.ndarray) -> tuple[float, float, bool]:
        ordered = np.sort(got)
        right = self._law().cdf(ordered)
        above = np.arange(1, len(got) + 1) / len(got) - right
        below = right - np.arange(len(got)) / len(got)
        i, j = int(np.argmax(above)), int(np.argmax(below))
        if above[i] >= below[j]:
            return float(above[i]), float(ordered[i]), True
        return float(below[j]), float(np.nextafter(ordered[j], -np.inf)), False


@register
@dataclass(frozen=True, kw_only=True)
class DiscreteLaw(Claim):
    """Exact binomial tests of every category's frequency, sharing alpha (Bonferroni).

    Args:
        draws: number of draws asked for; the answer has shape (draws,) and holds 0, ..., k − 1.
        probabilities: shape (k,), of the categories; they add to 1.
        alpha: false-fail probability of all categories together.
    """

    kind: ClassVar[str] = "discrete_law"

    draws: int
    probabilities: np.ndarray
    alpha: float = catoni.ALPHA

    def shapes(self) -> tuple[tuple[Any, ...] | None, ...]:
        """One draw a row."""
        return ((self.draws,),)

    def decide(self, *values: Any) -> Outcome:
        """Compares each count with both of its binomial tails."""
        from scipy import stats

        got = real(values[0])
        expect_shape(got, (self.draws,))
        expect_finite(got)
        counts = self._counts(got)
        lower = stats.binom.cdf(counts, self.draws, self.probabilities)
        upper = stats.binom.sf(counts - 1, self.draws, self.probabilities)
        p_values = np.minimum(1.0, 2 * len(counts) * np.minimum(lower, upper))
        evidence = {
            "frequencies": counts / self.draws,
            "probabilities": self.probabilities,
            "p_value": float(p_values.min()),
            "draws": self.draws,
        }
        evidence |= _logarithms(float(p_values.min()), self.alpha)
        if p_values.min() > self.alpha:
            return self._outcome(True, "every category is drawn as often as it should be", **evidence)
        worst = int(np.argmin(p_values))
        message = (
            f"category {worst} makes up {counts[worst] / self.draws:.3g} of {self.draws} draws;"
            f" it should be {self.probabilities[worst]:.3g}"
        )
        return self._outcome(False, message, **evidence)

    def observe(self, *values: Any) -> Observation | None:
        """Frequencies of all categories but the last, with their standard errors."""
        got = real(values[0]).reshape(-1)
        if not len(got):
            return None
        shares = (self._counts(got) / len(got))[:-1]
        error = np.sqrt(np.maximum(shares * (1 - shares), 1 / len(got)) / len(got))
        return Observation(shares, error, exact=False)

    def _counts(self, got: np.ndarray) -> np.ndarray:
        categories = len(self.probabilities)
        if not np.all((got == np.floor(got)) & (got >= 0) & (got < categories)):
            raise StudentError(f"the draws should be whole numbers from 0 to {categories - 1}")
        return np.bincount(got.astype(np.int64), minlength=categories)


def _logarithms(p_value: float, alpha: float) -> dict[str, float]:
    """Evidence and threshold on the scale of the other statistical outcomes."""
    return {
        "log_evidence": -math.log(max(p_value, np.finfo(float).tiny)),
        "log_threshold": -math.log(alpha),
    }


def law(
    answer: Answer,
    name: str = "",
    *,
    draws: int,
    probabilities: Any = None,
    label: str = "",
    weight: float = 1.0,
    alpha: float = catoni.ALPHA,
    **parameters: float,
) -> Claim:
    """The answer's entries are independent draws from a law that the exercise pins down.

    Args:
        answer: ``draws`` draws, shape (draws,).
        name: a continuous law of ``scipy.stats`` (``norm``, ``gumbel_r``, ``laplace``, ...).
        draws: how many were asked for; independence is for ``fresh`` to look at, before this.
        probabilities: instead of a name, the probabilities of the categories 0, ..., k − 1.
        label: what is looked at.
        weight: share of the check's points.
        alpha: false-fail probability.
        **parameters: the law's parameters by SciPy's names, in SciPy's meaning (``scale`` of ``norm`` is its
            std).

    Raises:
        AuthoringError: there is no such continuous law, its parameters are refused, or the probabilities do
            not add to 1.

    Example:
        >>> noise = Answer(lambda: np.random.default_rng(0).normal(1.0, 2.0, size=1000))
        >>> law(noise, "norm", draws=1000, loc=1.0, scale=2.0).outcome().passed
        True
    """
    if probabilities is not None:
        shares = np.asarray(probabilities, dtype=np.float64)
        if name or shares.ndim != 1 or not np.all(shares > 0) or abs(shares.sum() - 1) > 1e-9:
            raise AuthoringError(
                "law() takes a name, or positive probabilities that add to 1", received=shares.tolist()
            )
        return DiscreteLaw(
            answers=(answer,), draws=draws, probabilities=shares, label=label, weight=weight, alpha=alpha
        )
    from scipy import stats

    family = getattr(stats, name, None)
    if not isinstance(family, stats.rv_continuous):
        raise AuthoringError("law() takes the name of a continuous law of scipy.stats", received=repr(name))
    numbers = {key: float(value) for key, value in parameters.items()}
    try:
        proper = bool(np.isfinite(family(**numbers).cdf(0.0)))
    except TypeError as error:
        raise AuthoringError(f"scipy.stats.{name} refuses its parameters", received=error) from None
    if not proper:
        raise AuthoringError(f"scipy.stats.{name} refuses its parameters", received=numbers)
    return Law(
        answers=(answer,), draws=draws, name=name, arguments=numbers, label=label, weight=weight, alpha=alpha
    )
