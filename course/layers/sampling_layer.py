"""What all layers that draw noise share: the generator and the meaning of ``sample``."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from course.errors import ArgumentError, DtypeError
from course.layers.debugging import check_finite
from course.layers.noise import standard_normal
from course.layers.pass_sample_on import pass_sample_on


class SamplingLayer(keras.layers.Layer):
    """Base of layers whose ``call(inputs, training=None, sample=None)`` draws noise.

    The default draws, in training and in inference; ``sample=False`` is the layer's answer without noise.
    Like ``training``, the argument reaches layers inside a model that declares it (see
    ``course.models.CourseModel``).

    Args:
        seed: of the noise (not of initial weights); None takes a random one from Python's generator, which
            ``keras.utils.set_random_seed`` makes reproducible. Two layers with one seed draw the same
            numbers.
        kwargs: as for ``keras.layers.Layer``.

    Raises:
        ArgumentError: ``seed`` is not an integer.
        DtypeError: the dtype policy computes in integers.
    """

    def __init__(self, *, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        dtypes = (tf.as_dtype(self.compute_dtype), tf.as_dtype(self.variable_dtype))
        if not all(dtype.is_floating for dtype in dtypes):
            raise DtypeError(
                "layers that draw noise compute with floating-point numbers",
                where=self.name,
                expected="a dtype such as 'float32' or 'mixed_bfloat16'",
                received=f"dtype={self.dtype_policy.name!r}",
            )
        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int)):
            raise ArgumentError(
                "`seed` is an integer or None", expected="an integer", received=f"seed={seed!r}"
            )
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        pass_sample_on(self)

    def standard_normal(self, shape: Any, dtype: Any) -> tf.Tensor:
        """Noise from the layer's own generator.

        Args:
            shape: integers or an integer tensor.
            dtype: a floating dtype.
        """
        return standard_normal(self.seed_generator, shape, dtype)

    def resolve_sample(self, sample: bool | None) -> bool:
        """Whether a call draws.

        Args:
            sample: the argument of ``call``.

        Raises:
            ArgumentError: it is not None, True or False.
        """
        if sample is None or isinstance(sample, bool):
            return sample is not False
        raise ArgumentError(
            "`sample` is known before the call is traced",
            where=self.name,
            expected="None, True or False",
            received=f"sample={sample!r}",
        )

    def check_inputs(self, inputs: tf.Tensor) -> None:
        """Refuses inputs that the arithmetic cannot use.

        Args:
            inputs: the first argument of ``call``.

        Raises:
            DtypeError: integers.
            NumericsError: NaN or infinity, while :func:`~course.layers.debugging.debug_numerics` is on.
        """
        if not inputs.dtype.is_floating:
            raise DtypeError(
                "inputs are floating-point numbers",
                where=self.name,
                expected=self.compute_dtype,
                received=inputs.dtype.name,
                fix="cast them, e.g. x.astype('float32')",
            )
        check_finite(inputs, self.name)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "seed": self.seed}
