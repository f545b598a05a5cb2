"""Data sets, one a file: bundled or generated, with shape, dtype, range and licence in words."""

from course.data.digits import Digits as Digits
from course.data.digits import digits as digits
from course.data.digits_subset import digits_subset as digits_subset
from course.data.sinusoids import SinusoidTasks as SinusoidTasks
from course.data.sinusoids import sinusoids as sinusoids
