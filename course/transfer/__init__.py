"""Networks with a new task: heads on features, fine-tuning, meta-learning, hyper-parameter search."""

from course.transfer.adaptation import adapt as adapt
from course.transfer.adaptation import meta_gradient as meta_gradient
from course.transfer.application import application as application
from course.transfer.bayesian_repurposer import BayesianRepurposer as BayesianRepurposer
from course.transfer.digits_backbone import digits_backbone as digits_backbone
from course.transfer.digits_backbone import digits_network as digits_network
from course.transfer.expected_improvement import expected_improvement as expected_improvement
from course.transfer.fine_tune_repurposer import FineTuneRepurposer as FineTuneRepurposer
from course.transfer.gaussian_process_repurposer import (
    GaussianProcessRepurposer as GaussianProcessRepurposer,
)
from course.transfer.learning_curve import LearningCurveStopping as LearningCurveStopping
from course.transfer.learning_curve import probability_below as probability_below
from course.transfer.leo import LEO as LEO
from course.transfer.logistic_repurposer import LogisticRepurposer as LogisticRepurposer
from course.transfer.meta_learner import MAML as MAML
from course.transfer.meta_learner import JointLearner as JointLearner
from course.transfer.meta_learner import MetaLearner as MetaLearner
from course.transfer.meta_learner import Reptile as Reptile
from course.transfer.model_handler import ModelHandler as ModelHandler
from course.transfer.model_handler import freeze_layers as freeze_layers
from course.transfer.neural_repurposer import NeuralRepurposer as NeuralRepurposer
from course.transfer.random_freeze_repurposer import RandomFreezeRepurposer as RandomFreezeRepurposer
from course.transfer.repurposer import Repurposer as Repurposer
from course.transfer.repurposer import load_repurposer as load_repurposer
from course.transfer.rolled import rolled as rolled
from course.transfer.search import SearchResult as SearchResult
from course.transfer.search import bayesian_search as bayesian_search
from course.transfer.search import random_search as random_search
from course.transfer.surrogate import Surrogate as Surrogate
from course.transfer.svm_repurposer import SvmRepurposer as SvmRepurposer
