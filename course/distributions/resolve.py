"""Posteriors and priors from what a constructor is given."""

from __future__ import annotations

from typing import Any

import keras

from course.distributions.posterior import Posterior
from course.distributions.prior import Prior
from course.errors import ArgumentError


def get_posterior(identifier: Any, name: str = "posterior") -> Posterior:
    """The posterior that an argument stands for.

    Args:
        identifier: a :class:`Posterior`, or its serialised form.
        name: the argument's name, for the message.

    Raises:
        ArgumentError: it is neither.
    """
    found = _deserialize(identifier)
    if not isinstance(found, Posterior):
        raise ArgumentError(
            f"`{name}` is not a known posterior",
            expected="an object such as MeanFieldNormal() or Deterministic()",
            received=f"{name}={identifier!r}",
            fix=_fix(identifier),
        )
    return found


def get_prior(identifier: Any, name: str = "prior") -> Prior | None:
    """The prior that an argument stands for; None stays None, and means no KL term.

    Args:
        identifier: a :class:`Prior`, its serialised form, or None.
        name: the argument's name, for the message.

    Raises:
        ArgumentError: it is none of these.
    """
    if identifier is None:
        return None
    found = _deserialize(identifier)
    if not isinstance(found, Prior):
        raise ArgumentError(
            f"`{name}` is not a known prior",
            expected="None or an object such as Normal(), Laplace(), ScaleMixtureNormal(), TrainableNormal()",
            received=f"{name}={identifier!r}",
            fix=_fix(identifier),
        )
    return found


def _deserialize(identifier: Any) -> Any:
    if isinstance(identifier, dict) and "class_name" in identifier:
        return keras.saving.deserialize_keras_object(identifier)
    return identifier


def _fix(identifier: Any) -> str | None:
    if not isinstance(identifier, type):
        return None
    return f"call the class: write {identifier.__name__}(), not {identifier.__name__}"
