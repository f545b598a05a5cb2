"""The evidence lower bound by Monte Carlo, in its two factorisations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import tensorflow as tf
from tensorflow_probability import distributions as tfd

from course.errors import ArgumentError, ShapeError
from course.estimators.noise import Seed, split_seed
from course.validation import positive_int


@dataclass(frozen=True)
class ElboTerms:
    """Factorisation #2 (VAEs): what explains the data, less what keeps q simple.

    ::

        ELBO = E_q[log p(x|z)] − KL(q(z) ‖ p(z))

    Args:
        expected_log_likelihood: first term, nats, shape (*batch).
        kl_to_prior: second term, nats, shape (*batch).
    """

    expected_log_likelihood: tf.Tensor
    kl_to_prior: tf.Tensor

    @property
    def value(self) -> tf.Tensor:
        """The ELBO, nats, shape (*batch)."""
        return self.expected_log_likelihood - self.kl_to_prior


@dataclass(frozen=True)
class EvidenceTerms:
    """Factorisation #1 (GMMs): the evidence, less what q misses of the posterior.

    ::

        ELBO = log p(x) − KL(q(z) ‖ p(z|x))

    Args:
        log_evidence: first term, nats, shape (*batch).
        kl_to_posterior: second term, nats, shape (*batch).
    """

    log_evidence: tf.Tensor
    kl_to_posterior: tf.Tensor

    @property
    def value(self) -> tf.Tensor:
        """The ELBO, nats, shape (*batch)."""
        return self.log_evidence - self.kl_to_posterior


def elbo(
    log_likelihood: Callable[[tf.Tensor], tf.Tensor],
    prior: tfd.Distribution,
    posterior: tfd.Distribution,
    *,
    draws: int,
    seed: Seed,
    exact_kl: bool = True,
) -> ElboTerms:
    """The evidence lower bound in factorisation #2, by draws from q.

    Gradients pass through the draws where q is reparameterised.

    Args:
        log_likelihood: maps z, shape (draws, *batch, *event), to log p(x|z), shape (draws, *batch): summed
            over pixels or words, not averaged, or the KL weighs too much.
        prior: p(z), with q's event shape.
        posterior: q(z), batch shape (*batch).
        draws: ≥ 1.
        seed: of the draws.
        exact_kl: whether the KL is TFP's closed form; otherwise the mean of log q − log p over the same
            draws, which is noisier and can be negative.

    Returns:
        Both terms, shape (*batch).

    Raises:
        ArgumentError: ``draws`` is not positive, or there is no closed form.
        ShapeError: the log-likelihood is not one number a draw and batch entry, or event shapes differ.

    Example:
        >>> q, p = tfd.Normal([0.0], [1.0]), tfd.Normal([0.0], [1.0])
        >>> terms = elbo(lambda z: tf.zeros_like(z), p, q, draws=3, seed=1)
        >>> float(terms.value[0])
        0.0

    Source:
        Batra, "ELBO: Factorization #2 (VAEs)"; Aziz, "Variational auto-encoder".
    """
    positive_int(draws, "draws")
    if prior.event_shape != posterior.event_shape:
        raise ShapeError(
            "prior and posterior are laws of the same variable",
            expected=f"event shape {tuple(posterior.event_shape)}",
            received=f"event shape {tuple(prior.event_shape)}",
            fix="use tfd.Independent or tfd.Sample",
        )
    z = posterior.sample(draws, seed=split_seed(seed, 1)[0])
    likelihood = one_a_draw(log_likelihood(z), draws, posterior)
    if not exact_kl:
        divergence = tf.reduce_mean(posterior.log_prob(z) - prior.log_prob(z), axis=0)
    else:
        divergence = _closed_form(posterior, prior)
    return ElboTerms(tf.reduce_mean(likelihood, axis=0), divergence)


def evidence_elbo(
    log_evidence: tf.Tensor, posterior: tfd.Distribution, exact_posterior: tfd.Distribution
) -> EvidenceTerms:
    """The evidence lower bound in factorisation #1, where the exact posterior is known.

    Args:
        log_evidence: log p(x), nats, shape (*batch).
        posterior: q(z).
        exact_posterior: p(z|x).

    Returns:
        Both terms, shape (*batch).

    Raises:
        ArgumentError: TFP has no closed form of the KL.

    Example:
        >>> q = tfd.Normal(0.0, 1.0)
        >>> float(evidence_elbo(-2.0, q, q).value)
        -2.0

    Source:
        Batra, "ELBO: Factorization #1 (GMMs)"; Aziz, "An approximate posterior".
    """
    divergence = _closed_form(posterior, exact_posterior)
    return EvidenceTerms(tf.convert_to_tensor(log_evidence, divergence.dtype), divergence)


def _closed_form(first: tfd.Distribution, second: tfd.Distribution) -> tf.Tensor:
    try:
        return tfd.kl_divergence(first, second)
    except NotImplementedError:
        raise ArgumentError(
            "TFP knows no closed form of this KL",
            received=f"KL({first.name} ‖ {second.name})",
            fix="pass exact_kl=False to estimate it from draws",
        ) from None


def one_a_draw(values: tf.Tensor, draws: int, posterior: tfd.Distribution) -> tf.Tensor:
    """The values, if there is one a draw and batch entry.

    Args:
        values: log-likelihoods.
        draws: how many were made.
        posterior: what they were made from.

    Raises:
        ShapeError: there is not.
    """
    values = tf.convert_to_tensor(values)
    expected = (draws, *posterior.batch_shape)
    if tuple(values.shape) != expected:
        raise ShapeError(
            "log_likelihood gives one number a draw and batch entry",
            expected=expected,
            received=tuple(values.shape),
            fix="sum over the axes of one example only",
        )
    return values
