"""Data sets, one a file: bundled or generated, with shape, dtype, range and licence in words."""

from course.data.digits import Digits as Digits
from course.data.digits import digits as digits
from course.data.english import english_grammar as english_grammar
from course.data.grammar import Grammar as Grammar
from course.data.grammar import Rule as Rule
from course.data.vocabulary import END as END
from course.data.vocabulary import PAD as PAD
from course.data.vocabulary import START as START
from course.data.vocabulary import Vocabulary as Vocabulary
