"""Model families, one a file."""

from course.models.adversarial import discriminator_loss as discriminator_loss
from course.models.adversarial import generator_loss as generator_loss
from course.models.adversarial import gradient_penalty as gradient_penalty
from course.models.adversarial import optimal_discriminator as optimal_discriminator
from course.models.autoencoder import ConvAutoencoder as ConvAutoencoder
from course.models.base import CourseModel as CourseModel
from course.models.convnet import ConvNet as ConvNet
from course.models.convnet import circular_pad as circular_pad
from course.models.dense_gan import dense_gan as dense_gan
from course.models.dense_vae import dense_vae as dense_vae
from course.models.gan import GAN as GAN
from course.models.likelihoods import BernoulliLikelihood as BernoulliLikelihood
from course.models.likelihoods import GaussianLikelihood as GaussianLikelihood
from course.models.likelihoods import Likelihood as Likelihood
from course.models.mlp import MLP as MLP
from course.models.pixelcnn import PixelCNN as PixelCNN
from course.models.segmentation_net import SegmentationNet as SegmentationNet
from course.models.semi_supervised_vae import SemiSupervisedVAE as SemiSupervisedVAE
from course.models.semi_supervised_vae import dense_semi_supervised_vae as dense_semi_supervised_vae
from course.models.sentence_vae import SentenceVAE as SentenceVAE
from course.models.vae import VAE as VAE
