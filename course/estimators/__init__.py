"""Estimators of the gradient of an expectation, behind one signature; see course/estimators/estimator.py."""

from course.estimators.baselines import leave_one_out_baseline as leave_one_out_baseline
from course.estimators.baselines import optimal_baseline as optimal_baseline
from course.estimators.bernoulli_law import BernoulliLaw as BernoulliLaw
from course.estimators.categorical_law import CategoricalLaw as CategoricalLaw
from course.estimators.delta_control_variate import DeltaControlVariate as DeltaControlVariate
from course.estimators.distribution_law import DistributionLaw as DistributionLaw
from course.estimators.enumeration import Enumeration as Enumeration
from course.estimators.estimator import Estimator as Estimator
from course.estimators.gamma_law import GammaLaw as GammaLaw
from course.estimators.gaussian_law import GaussianLaw as GaussianLaw
from course.estimators.generalized_reparameterization import (
    GeneralizedReparameterization as GeneralizedReparameterization,
)
from course.estimators.gumbel_softmax_relaxation import GumbelSoftmaxRelaxation as GumbelSoftmaxRelaxation
from course.estimators.implicit_reparameterization import (
    ImplicitReparameterization as ImplicitReparameterization,
)
from course.estimators.law import Law as Law
from course.estimators.measure_valued import MeasureValued as MeasureValued
from course.estimators.pathwise import Pathwise as Pathwise
from course.estimators.poisson_law import PoissonLaw as PoissonLaw
from course.estimators.rebar import Rebar as Rebar
from course.estimators.relaxable_law import RelaxableLaw as RelaxableLaw
from course.estimators.score_function import ScoreFunction as ScoreFunction
from course.estimators.straight_through import StraightThrough as StraightThrough
from course.estimators.variance_table import VarianceRow as VarianceRow
from course.estimators.variance_table import exact_variances as exact_variances
from course.estimators.variance_table import markdown_table as markdown_table
from course.estimators.variance_table import variance_table as variance_table
