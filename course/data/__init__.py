"""Data sets, one a file: bundled or generated, with shape, dtype, range and licence in words."""

from course.data.digits import Digits as Digits
from course.data.digits import digits as digits
