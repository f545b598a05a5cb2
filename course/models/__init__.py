"""Model families, one a file."""

from course.models.base import CourseModel as CourseModel
from course.models.dense_vae import dense_vae as dense_vae
from course.models.language_model import LanguageModel as LanguageModel
from course.models.likelihoods import BernoulliLikelihood as BernoulliLikelihood
from course.models.likelihoods import GaussianLikelihood as GaussianLikelihood
from course.models.likelihoods import Likelihood as Likelihood
from course.models.memory_cell import MemoryCell as MemoryCell
from course.models.recurrent import gradient_norms_through_time as gradient_norms_through_time
from course.models.recurrent import recurrent_cell as recurrent_cell
from course.models.vae import VAE as VAE
