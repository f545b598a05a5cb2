"""KL of a posterior from a prior: in closed form where there is one, by sample otherwise."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from course.distributions.kl_laplace import gaussian_laplace_kl
from course.distributions.laplace import Laplace
from course.distributions.mean_field_normal import MeanFieldNormal
from course.distributions.normal import Normal
from course.distributions.posterior import Parameters, Posterior
from course.distributions.prior import Prior
from course.distributions.trainable_normal import TrainableNormal

ClosedForm = Callable[[Parameters, Parameters], tf.Tensor]

_CLOSED_FORMS: dict[tuple[type[Posterior], type[Prior]], ClosedForm] = {}


def register_kl(posterior: type[Posterior], prior: type[Prior]) -> Callable[[ClosedForm], ClosedForm]:
    """Decorator: the closed form of the KL for one pair of classes, elementwise or summed already.

    Args:
        posterior: class of q.
        prior: class of p.

    Example:
        >>> class Wide(Normal):
        ...     pass
        >>> @register_kl(MeanFieldNormal, Wide)
        ... def mean_field_from_wide(q, p):
        ...     return gaussian_kl(q["mean"], q["std"], p["mean"], p["std"])
    """

    def register(form: ClosedForm) -> ClosedForm:
        _CLOSED_FORMS[posterior, prior] = form
        return form

    return register


@register_kl(MeanFieldNormal, TrainableNormal)
@register_kl(MeanFieldNormal, Normal)
def _gaussian(q: Parameters, p: Parameters) -> tf.Tensor:
    # gaussian_kl summed term by term: l2_loss reads a tensor once and stores nothing, where the elementwise
    # form writes six of the kernel's size. What that loses is 1e-7 of the terms, not of a KL near zero.
    count = tf.cast(tf.size(q["mean"]), q["mean"].dtype)
    precision = 1.0 / tf.square(p["std"])
    quadratic = precision * (tf.nn.l2_loss(q["std"]) + tf.nn.l2_loss(q["mean"] - p["mean"]))
    return quadratic - tf.reduce_sum(q["log_std"]) + count * (tf.math.log(p["std"]) - 0.5)


@register_kl(MeanFieldNormal, Laplace)
def _gaussian_laplace(q: Parameters, p: Parameters) -> tf.Tensor:
    return gaussian_laplace_kl(q["mean"], q["std"], p["loc"], p["scale"])


def has_closed_form(posterior: Posterior, prior: Prior) -> bool:
    """Whether :func:`kl_divergence` of the pair is exact.

    Args:
        posterior: q.
        prior: p.
    """
    return not posterior.random or (type(posterior), type(prior)) in _CLOSED_FORMS


def kl_divergence(
    posterior: Posterior,
    q: Parameters,
    prior: Prior,
    p: Parameters,
    noise: Callable[[], tf.Tensor],
) -> tf.Tensor:
    """KL(q‖p) summed over one weight tensor.

    Exact for registered pairs. Otherwise −H[q] − log p(w) at one draw w: unbiased, and only the term without
    a closed form is random. For a posterior without spread it is −log p(mean), the MAP objective.

    Args:
        posterior: q.
        q: its parameters.
        prior: p.
        p: its parameters, in the dtype of ``q``.
        noise: gives standard normal noise in the weight's shape and q's dtype; called only if a draw is
            needed.

    Returns:
        Nats, a scalar in the dtype of ``q``, float32 or float64.
    """
    form = _CLOSED_FORMS.get((type(posterior), type(prior)))
    if form is not None:
        return tf.reduce_sum(form(q, p))
    weight = posterior.draw(q, noise() if posterior.random else None)
    return -posterior.entropy(q) - prior.log_prob(p, weight)
