"""Data sets, one a file: bundled or generated, with shape, dtype, range and licence in words."""

from course.data.analogies import AnalogyCorpus as AnalogyCorpus
from course.data.analogies import skip_gram_pairs as skip_gram_pairs
from course.data.dates import Dates as Dates
from course.data.dates import dates as dates
from course.data.dates import written_date as written_date
from course.data.digits import Digits as Digits
from course.data.digits import digits as digits
from course.data.download import cache_folder as cache_folder
from course.data.download import download as download
from course.data.english import english_grammar as english_grammar
from course.data.grammar import Grammar as Grammar
from course.data.grammar import Rule as Rule
from course.data.mnist import mnist as mnist
from course.data.vocabulary import END as END
from course.data.vocabulary import PAD as PAD
from course.data.vocabulary import START as START
from course.data.vocabulary import Vocabulary as Vocabulary
from course.data.word_vectors import WordVectors as WordVectors
from course.data.word_vectors import download_word_vectors as download_word_vectors
from course.data.word_vectors import read_word_vectors as read_word_vectors
