"""Training: what to watch, when to stop, what to cut away."""

from course.training.batch_normalization import NormalizedBatch as NormalizedBatch
from course.training.batch_normalization import moving_statistic as moving_statistic
from course.training.batch_normalization import normalize as normalize
from course.training.batch_normalization import normalize_batch as normalize_batch
from course.training.dropout import DropoutMoments as DropoutMoments
from course.training.dropout import dropout_moments as dropout_moments
from course.training.dropout import enumerated_moments as enumerated_moments
from course.training.dropout import inverted_dropout as inverted_dropout
from course.training.early_stopping import EarlyStopping as EarlyStopping
from course.training.gradient_clipping import clip_by_global_norm as clip_by_global_norm
from course.training.gradient_clipping import clip_by_norm as clip_by_norm
from course.training.gradient_clipping import clip_by_value as clip_by_value
from course.training.gradient_clipping import global_norm as global_norm
from course.training.gradient_norms import GradientNorms as GradientNorms
from course.training.gradient_norms import gradient_norms as gradient_norms
from course.training.kl_annealing import CyclicalAnnealing as CyclicalAnnealing
from course.training.kl_annealing import KLAnnealing as KLAnnealing
from course.training.kl_annealing import LinearAnnealing as LinearAnnealing
from course.training.kl_annealing import SigmoidAnnealing as SigmoidAnnealing
from course.training.lottery_ticket import LotteryTicket as LotteryTicket
from course.training.lottery_ticket import find_ticket as find_ticket
