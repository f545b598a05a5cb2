"""Pictures, one a file: arrays and an ``Axes`` in, the ``Axes`` out."""

from course.plotting.agreement import agreement as agreement
from course.plotting.attention_map import attention_map as attention_map
from course.plotting.bound_comparison import bound_comparison as bound_comparison
from course.plotting.elbo_traces import elbo_traces as elbo_traces
from course.plotting.gradients_through_time import gradients_through_time as gradients_through_time
from course.plotting.image_grid import image_grid as image_grid
from course.plotting.latent_manifold import latent_manifold as latent_manifold
from course.plotting.latent_manifold import manifold_grid as manifold_grid
from course.plotting.latent_scatter import latent_scatter as latent_scatter
from course.plotting.loss_curves import loss_curves as loss_curves
from course.plotting.running_average import running_average as running_average
from course.plotting.variance_lines import variance_lines as variance_lines
from course.plotting.word_scatter import word_scatter as word_scatter
