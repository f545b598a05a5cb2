"""Model families, one a file."""

from course.models.arc_cosine_kernel import ArcCosineKernel as ArcCosineKernel
from course.models.base import CourseModel as CourseModel
from course.models.dense_vae import dense_vae as dense_vae
from course.models.gaussian_process import deep_gp_draws as deep_gp_draws
from course.models.gaussian_process import gp_regression as gp_regression
from course.models.likelihoods import BernoulliLikelihood as BernoulliLikelihood
from course.models.likelihoods import GaussianLikelihood as GaussianLikelihood
from course.models.likelihoods import Likelihood as Likelihood
from course.models.policy import DecisionProcess as DecisionProcess
from course.models.policy import Episodes as Episodes
from course.models.policy import bandit as bandit
from course.models.policy import chain as chain
from course.models.policy import exact_policy_gradient as exact_policy_gradient
from course.models.policy import play as play
from course.models.policy import policy_gradients as policy_gradients
from course.models.policy import policy_values as policy_values
from course.models.vae import VAE as VAE
from course.models.wide_network import feature_kernel as feature_kernel
from course.models.wide_network import wide_network as wide_network
