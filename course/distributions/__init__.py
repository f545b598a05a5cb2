"""Closed-form divergences and entropies, and the posteriors and priors of variational layers."""

from course.distributions.deterministic import Deterministic as Deterministic
from course.distributions.divergence import has_closed_form as has_closed_form
from course.distributions.divergence import kl_divergence as kl_divergence
from course.distributions.divergence import register_kl as register_kl
from course.distributions.kl_categorical import categorical_entropy as categorical_entropy
from course.distributions.kl_categorical import categorical_kl as categorical_kl
from course.distributions.kl_dirichlet import dirichlet_entropy as dirichlet_entropy
from course.distributions.kl_dirichlet import dirichlet_kl as dirichlet_kl
from course.distributions.kl_gamma import gamma_entropy as gamma_entropy
from course.distributions.kl_gamma import gamma_kl as gamma_kl
from course.distributions.kl_gaussian import diagonal_gaussian_kl as diagonal_gaussian_kl
from course.distributions.kl_gaussian import gaussian_entropy as gaussian_entropy
from course.distributions.kl_gaussian import gaussian_kl as gaussian_kl
from course.distributions.kl_laplace import gaussian_laplace_kl as gaussian_laplace_kl
from course.distributions.kl_laplace import laplace_entropy as laplace_entropy
from course.distributions.kl_laplace import laplace_kl as laplace_kl
from course.distributions.laplace import Laplace as Laplace
from course.distributions.mean_field_normal import MeanFieldNormal as MeanFieldNormal
from course.distributions.normal import Normal as Normal
from course.distributions.posterior import Posterior as Posterior
from course.distributions.prior import Prior as Prior
from course.distributions.resolve import get_posterior as get_posterior
from course.distributions.resolve import get_prior as get_prior
from course.distributions.scale_mixture_normal import ScaleMixtureNormal as ScaleMixtureNormal
from course.distributions.trainable_normal import TrainableNormal as TrainableNormal
