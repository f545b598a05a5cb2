"""Pictures, one a file: arrays and an ``Axes`` in, the ``Axes`` out."""

from course.plotting.agreement import agreement as agreement
from course.plotting.attention_map import attention_map as attention_map
from course.plotting.bound_comparison import bound_comparison as bound_comparison
from course.plotting.decision_regions import decision_regions as decision_regions
from course.plotting.decision_regions import plane_grid as plane_grid
from course.plotting.depth_lines import depth_lines as depth_lines
from course.plotting.elbo_traces import elbo_traces as elbo_traces
from course.plotting.gradients_through_time import gradients_through_time as gradients_through_time
from course.plotting.image_grid import image_grid as image_grid
from course.plotting.latent_manifold import latent_manifold as latent_manifold
from course.plotting.latent_manifold import manifold_grid as manifold_grid
from course.plotting.latent_scatter import latent_scatter as latent_scatter
from course.plotting.log_log_lines import log_log_lines as log_log_lines
from course.plotting.loss_curves import loss_curves as loss_curves
from course.plotting.predictive_band import predictive_band as predictive_band
from course.plotting.reliability_diagram import reliability_diagram as reliability_diagram
from course.plotting.running_average import running_average as running_average
from course.plotting.seed_lines import seed_lines as seed_lines
from course.plotting.segmentation_rows import segmentation_rows as segmentation_rows
from course.plotting.shift_map import shift_map as shift_map
from course.plotting.signed_matrix import signed_matrix as signed_matrix
from course.plotting.variance_lines import variance_lines as variance_lines
from course.plotting.word_scatter import word_scatter as word_scatter
