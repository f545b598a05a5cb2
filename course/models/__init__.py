"""Model families, one a file."""

from course.models.additive_attention import AdditiveAttention as AdditiveAttention
from course.models.base import CourseModel as CourseModel
from course.models.beam_search import Found as Found
from course.models.beam_search import beam_search as beam_search
from course.models.dense_vae import dense_vae as dense_vae
from course.models.embeddings import SkipGram as SkipGram
from course.models.language_model import LanguageModel as LanguageModel
from course.models.likelihoods import BernoulliLikelihood as BernoulliLikelihood
from course.models.likelihoods import GaussianLikelihood as GaussianLikelihood
from course.models.likelihoods import Likelihood as Likelihood
from course.models.memory_cell import MemoryCell as MemoryCell
from course.models.recurrent import gradient_norms_through_time as gradient_norms_through_time
from course.models.recurrent import recurrent_cell as recurrent_cell
from course.models.seq2seq import Seq2Seq as Seq2Seq
from course.models.vae import VAE as VAE
