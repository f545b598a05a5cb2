"""Data sets, one a file: bundled or generated, with shape, dtype, range and licence in words."""

from course.data.augmentation import augmented as augmented
from course.data.augmentation import on_canvas as on_canvas
from course.data.augmentation import scaled as scaled
from course.data.augmentation import shifted as shifted
from course.data.curves import CURVES as CURVES
from course.data.curves import Curve as Curve
from course.data.curves import curve as curve
from course.data.digits import Digits as Digits
from course.data.digits import digits as digits
from course.data.english import english_grammar as english_grammar
from course.data.grammar import Grammar as Grammar
from course.data.grammar import Rule as Rule
from course.data.moons import Moons as Moons
from course.data.moons import moons as moons
from course.data.shapes import SHAPE_CLASSES as SHAPE_CLASSES
from course.data.shapes import Shapes as Shapes
from course.data.shapes import shapes as shapes
from course.data.vocabulary import END as END
from course.data.vocabulary import PAD as PAD
from course.data.vocabulary import START as START
from course.data.vocabulary import Vocabulary as Vocabulary
