"""Model families, one a file."""

from course.models.autoencoder import ConvAutoencoder as ConvAutoencoder
from course.models.base import CourseModel as CourseModel
from course.models.convnet import ConvNet as ConvNet
from course.models.convnet import circular_pad as circular_pad
from course.models.dense_vae import dense_vae as dense_vae
from course.models.likelihoods import BernoulliLikelihood as BernoulliLikelihood
from course.models.likelihoods import GaussianLikelihood as GaussianLikelihood
from course.models.likelihoods import Likelihood as Likelihood
from course.models.mlp import MLP as MLP
from course.models.segmentation_net import SegmentationNet as SegmentationNet
from course.models.vae import VAE as VAE
