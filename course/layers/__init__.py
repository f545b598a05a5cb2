"""Keras 3 layers: variational weights, sampling, pooling with places, heads that output distributions."""

from course.layers.bernoulli_head import BernoulliHead as BernoulliHead
from course.layers.categorical_head import CategoricalHead as CategoricalHead
from course.layers.conv1d_flipout import Conv1DFlipout as Conv1DFlipout
from course.layers.conv1d_local_reparameterization import (
    Conv1DLocalReparameterization as Conv1DLocalReparameterization,
)
from course.layers.conv1d_reparameterization import Conv1DReparameterization as Conv1DReparameterization
from course.layers.conv2d_flipout import Conv2DFlipout as Conv2DFlipout
from course.layers.conv2d_local_reparameterization import (
    Conv2DLocalReparameterization as Conv2DLocalReparameterization,
)
from course.layers.conv2d_reparameterization import Conv2DReparameterization as Conv2DReparameterization
from course.layers.conv3d_flipout import Conv3DFlipout as Conv3DFlipout
from course.layers.conv3d_local_reparameterization import (
    Conv3DLocalReparameterization as Conv3DLocalReparameterization,
)
from course.layers.conv3d_reparameterization import Conv3DReparameterization as Conv3DReparameterization
from course.layers.conv_flipout import conv_flipout as conv_flipout
from course.layers.conv_local_reparameterization import (
    conv_local_reparameterization as conv_local_reparameterization,
)
from course.layers.conv_reparameterization import conv_reparameterization as conv_reparameterization
from course.layers.convolution_matrix import convolution_matrix as convolution_matrix
from course.layers.debugging import debug_numerics as debug_numerics
from course.layers.dense_flipout import DenseFlipout as DenseFlipout
from course.layers.dense_flipout import dense_flipout as dense_flipout
from course.layers.dense_local_reparameterization import (
    DenseLocalReparameterization as DenseLocalReparameterization,
)
from course.layers.dense_local_reparameterization import (
    dense_local_reparameterization as dense_local_reparameterization,
)
from course.layers.dense_reparameterization import DenseReparameterization as DenseReparameterization
from course.layers.dense_reparameterization import dense_reparameterization as dense_reparameterization
from course.layers.embedding_reparameterization import (
    EmbeddingReparameterization as EmbeddingReparameterization,
)
from course.layers.embedding_reparameterization import (
    embedding_reparameterization as embedding_reparameterization,
)
from course.layers.gaussian_sampling import GaussianSampling as GaussianSampling
from course.layers.gaussian_sampling import gaussian_sampling as gaussian_sampling
from course.layers.guard import check_layers as check_layers
from course.layers.gumbel_softmax import GumbelSoftmax as GumbelSoftmax
from course.layers.gumbel_softmax import gumbel_softmax as gumbel_softmax
from course.layers.lstm_reparameterization import LSTMReparameterization as LSTMReparameterization
from course.layers.lstm_reparameterization import lstm_reparameterization as lstm_reparameterization
from course.layers.lstm_sequence import lstm_sequence as lstm_sequence
from course.layers.max_pooling_with_argmax_2d import MaxPoolingWithArgmax2D as MaxPoolingWithArgmax2D
from course.layers.max_pooling_with_argmax_2d import max_pool_with_argmax as max_pool_with_argmax
from course.layers.max_unpooling_2d import MaxUnpooling2D as MaxUnpooling2D
from course.layers.max_unpooling_2d import max_unpool as max_unpool
from course.layers.mixture_of_normals_head import MixtureOfNormalsHead as MixtureOfNormalsHead
from course.layers.monte_carlo_dropout import MonteCarloDropout as MonteCarloDropout
from course.layers.monte_carlo_dropout import monte_carlo_dropout as monte_carlo_dropout
from course.layers.multivariate_normal_tril_head import (
    MultivariateNormalTriLHead as MultivariateNormalTriLHead,
)
from course.layers.negative_log_likelihood import NegativeLogLikelihood as NegativeLogLikelihood
from course.layers.normal_head import NormalHead as NormalHead
from course.layers.pass_sample_on import pass_sample_on as pass_sample_on
