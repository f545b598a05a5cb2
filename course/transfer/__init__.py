"""Networks with a new task: heads on features, fine-tuning, meta-learning, hyper-parameter search."""

from course.transfer.application import application as application
from course.transfer.bayesian_repurposer import BayesianRepurposer as BayesianRepurposer
from course.transfer.digits_backbone import digits_backbone as digits_backbone
from course.transfer.digits_backbone import digits_network as digits_network
from course.transfer.fine_tune_repurposer import FineTuneRepurposer as FineTuneRepurposer
from course.transfer.gaussian_process_repurposer import (
    GaussianProcessRepurposer as GaussianProcessRepurposer,
)
from course.transfer.logistic_repurposer import LogisticRepurposer as LogisticRepurposer
from course.transfer.model_handler import ModelHandler as ModelHandler
from course.transfer.model_handler import freeze_layers as freeze_layers
from course.transfer.neural_repurposer import NeuralRepurposer as NeuralRepurposer
from course.transfer.random_freeze_repurposer import RandomFreezeRepurposer as RandomFreezeRepurposer
from course.transfer.repurposer import Repurposer as Repurposer
from course.transfer.repurposer import load_repurposer as load_repurposer
from course.transfer.svm_repurposer import SvmRepurposer as SvmRepurposer
