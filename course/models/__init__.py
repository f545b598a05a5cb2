"""Model families, one a file."""

from course.models.base import CourseModel as CourseModel
from course.models.dense_vae import dense_vae as dense_vae
from course.models.likelihoods import BernoulliLikelihood as BernoulliLikelihood
from course.models.likelihoods import GaussianLikelihood as GaussianLikelihood
from course.models.likelihoods import Likelihood as Likelihood
from course.models.vae import VAE as VAE
