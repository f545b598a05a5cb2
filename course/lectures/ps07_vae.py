# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lecture 7 · The variational autoencoder
# After D. Batra, *CS 4803/7643 Deep Learning* (Georgia Tech 2018), "Variational Auto Encoders", with W. Aziz, "Variational auto-encoder", and
# S. Ivanov, "Overview of deep learning instruments"; the model is Kingma & Welling's (2014). Problem set 7 has you write all of it. Here we look at what each
# part is worth, in nats, on models whose likelihood is exact and on digits. Set `EXPECTED_GRADIENT_FAST=1` for a quick run with short training.

# %%
import os

import keras
import matplotlib.pyplot as plt
import numpy as np
from sklearn.decomposition import PCA, FactorAnalysis

from course.data import digits
from course.inference.gaussian import Gaussian
from course.inference.linear_gaussian import LinearGaussian
from course.models import GaussianLikelihood, dense_vae
from course.plotting import bound_comparison, latent_manifold, latent_scatter, loss_curves, manifold_grid

FAST = os.environ.get("EXPECTED_GRADIENT_FAST") == "1"
EPOCHS, SEEDS = (3, 2) if FAST else (60, 5)

# %% [markdown]
# ## Jensen by numbers
# "$f(\mathbb{E}[g(z)]) \ge \mathbb{E}[f(g(z))]$" for a concave $f$. How much is lost? For $g = e^s$ with $s \sim N(0, \tau^2)$ both sides are known: the left is
# $\tau^2/2$, the right is 0. The loss is half the variance of the *logarithm*: a bound is tight where $\log p(x, z)/q(z)$ hardly varies under $q$.

# %%
tau = np.linspace(0, 2, 50)
draws = np.random.default_rng(0).normal(size=(20_000, 1)) * tau
figure, axes = plt.subplots(figsize=(7, 3))
axes.plot(tau, np.log(np.exp(draws).mean(axis=0)), label="log of the mean, 20 000 draws")
axes.plot(tau, tau**2 / 2, "k--", label="τ²/2")
axes.plot(tau, draws.mean(axis=0), label="mean of the log")
axes.set(xlabel="standard deviation τ of the logarithm", ylabel="nats")
axes.legend()
plt.show()

# %% [markdown]
# ## The bound, two ways
# Batra's factorisation #2 (VAEs) is what one computes, #1 (GMMs) is what it is worth: the gap is $\mathrm{KL}(q \| p(z|x))$, to the last digit.
#
# Ivanov splits $\log p(x)$ "into summation of three components", and the first integrand there is $\log \frac{p(x|z)}{q(z|x)}$. One $q$ too many: with it the
# three do not add up. The next slide has it right, $\mathbb{E}_q \log p(x|z)$, "data term". Numbers tell:

# %%
rng = np.random.default_rng(1)
model = LinearGaussian(Gaussian([0.0, 0.0], np.eye(2)), rng.normal(size=(4, 2)), np.zeros(4), 0.3 * np.eye(4))
x_seen = rng.normal(size=4)
q = Gaussian([0.3, -0.2], np.diag([0.2, 0.5]))
exact = model.elbo(x_seen, q)
entropy = 0.5 * np.log(np.linalg.det(2 * np.pi * np.e * q.covariance))
print(f"log p(x)                                {exact.log_evidence:.6f}")
print(f"data term − KL to prior + KL to posterior {exact.value + exact.kl_to_posterior:.6f}")
print(f"with the slide's first integrand          {exact.value + entropy + exact.kl_to_posterior:.6f}")

# %% [markdown]
# A second picture of the same: $q$ with two independent coordinates, as every VAE of ours has it, against a posterior whose coordinates are not. The best such $q$
# leaves a gap that no training can close; a better *family* could.

# %%
posterior = model.posterior(x_seen)
precision = np.linalg.inv(posterior.covariance)
best = Gaussian(posterior.mean, np.diag(1 / np.diag(precision)))
print(f"gap of the best independent q: {best.kl(posterior):.3f} nats of log p(x) = {exact.log_evidence:.3f}")
angle = np.linspace(0, 2 * np.pi, 100)
figure, axes = plt.subplots(figsize=(4.5, 4))
for name, law in (("posterior", posterior), ("best independent q", best)):
    circle = law.mean[:, None] + 2 * np.linalg.cholesky(law.covariance) @ [np.cos(angle), np.sin(angle)]
    axes.plot(*circle, label=name)
axes.set(xlabel="$z_1$", ylabel="$z_2$", aspect="equal")
axes.legend()
plt.show()

# %% [markdown]
# ## The KL in closed form
# Kingma & Welling's Appendix B gives $-D_{KL}$, positive terms first; half of all slips with this formula are its sign or its ½. The other half hide at $\mu = 0$,
# $\log\sigma^2 = 0$, where nearly every wrong version is right as well. Aziz writes the bound with an entropy; it is the same number, and the gradient by $\theta$
# of its last terms vanishes *only because the prior is fixed*: a prior with parameters would appear there.

# %%
log_var = np.linspace(-4, 2, 100)
figure, axes = plt.subplots(figsize=(7, 3))
axes.plot(log_var, 0.5 * (np.exp(log_var) - 1 - log_var), label="KL(q‖p)")
axes.plot(log_var, 0.5 * (np.exp(-log_var) - 1 + log_var), ":", label="KL(p‖q), the other way round")
axes.set(xlabel="log σ², at μ = 0", ylabel="nats", ylim=(0, 4))
axes.legend()
plt.show()

# %% [markdown]
# ## The reparameterised draw
# $\mathbf{z} = \boldsymbol\mu + \boldsymbol\sigma \circ \boldsymbol\epsilon$ moves the randomness out of the way of the gradient. In a VAE this is not a matter of taste: with the score function the gradient of
# the same bound has the same mean and a variance that grows with the number of pixels (problem set 5).
#
# ## What a decoder says
# A likelihood is a claim about pixels. The Bernoulli one is a likelihood of *binary* images; on grey ones the "cross-entropy" is no log-probability. A Gaussian on 17 grey
# levels is no better: with a narrow enough $\sigma$ it has any density one likes. So grey pixels get uniform noise of one level's width (Uria et al. 2013), and densities compare.

# %%
levels, widths = digits("grey").test_images[:, 0, 0], np.logspace(-4, -1, 30)
smooth = digits("dequantized").test_images[:, 0, 0]
figure, axes = plt.subplots(figsize=(7, 3))
for name, pixel in (("17 levels", levels), ("with uniform noise", smooth)):
    fit = [np.mean(-0.5 * ((pixel - pixel.mean()) / s) ** 2 - np.log(s) - 0.919) for s in widths]
    axes.semilogx(widths, fit, label=name)
axes.set(xlabel="σ of a Gaussian for the corner pixel", ylabel="log-density, nats", ylim=(-10, 9))
axes.legend()
plt.show()

# %% [markdown]
# ## Two networks
# One network for $p(\mathbf{x}|\mathbf{z})$, one for $q(\mathbf{z}|\mathbf{x})$: Batra's "Amortized Inference Neural Networks". The second replaces an optimisation for each image by one pass, and what that costs is the
# *amortisation gap* (Cremer et al. 2018), on top of the gap of the family. Without hidden layers the model is probabilistic PCA (Tipping & Bishop 1999), whose
# likelihood is exact, and whose optimum a linear VAE shares (Lucas et al. 2019).

# %%
data = digits("dequantized")
train, test = data.train_images.reshape(-1, 64), data.test_images.reshape(-1, 64)
ppca = PCA(2).fit(train.astype(float))
factors = FactorAnalysis(2, tol=1e-3).fit(train.astype(float))
print(f"held-out log-likelihood, exact: PPCA {ppca.score(test):.1f}, factor analysis {factors.score(test):.1f} nats")

# %% [markdown]
# ## The loss
# Two terms that pull apart: one wants $q$ narrow and far out, the other wants it to be the prior. Watch both while a VAE of binary digits learns.

# %%
binary = digits("binary")
keras.utils.set_random_seed(1)
vae = dense_vae((8, 8), 2, (64,), seed=1)
vae.compile(keras.optimizers.Adam(5e-3), jit_compile=False)
history = vae.fit(binary.train_images, batch_size=128, epochs=EPOCHS, verbose=0).history
figure, axes = plt.subplots(figsize=(7, 3))
curves = {"minus the bound": history["loss"], "KL": history["kl"]}
curves["minus the data term"] = [-value for value in history["log_likelihood"]]
loss_curves(curves, axes, ylabel="nats an image")
plt.show()

# %% [markdown]
# ## Training
# "Data manifold for 2-d z": the plane of latents, cut into equal shares of the prior, and where the encoder puts held-out digits.

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 5))
latent_manifold(vae.generate(manifold_grid(12)).numpy(), left)
latent_scatter(vae.encode(binary.test_images)[0].numpy(), binary.test_labels, right)
figure.tight_layout()
plt.show()

# %% [markdown]
# ## A tighter bound
# With $k$ draws for each image the bound rises towards $\log p(x)$ (Burda et al. 2016). Side by side, with the same two latents and on the same
# pixels: VAEs with one learned noise variance, which PPCA has, and with one a pixel, which factor analysis has. The VAEs' figures are lower bounds, the linear models' are exact;
# each dot is another seed. Do not take the order for granted: the linear models are at their optimum, the VAEs have had 60 epochs. Some pixels hardly vary, and their
# noise variances take their time (one seed after 60 epochs: 33.4 nats, factor analysis 36.5). With up to 300 epochs and a falling step size the VAE is ahead,
# $40.2 \pm 0.7$ nats over three seeds, and with one noise variance $11.8 \pm 0.9$ against 3.3 of PCA. A network that could be better is better only once it is trained.

# %%
def gaussian_vae(noise, seed):
    """L_64 of a VAE of grey digits on held-out ones, one number an image."""
    keras.utils.set_random_seed(seed)
    model = dense_vae((64,), 2, (64,), likelihood=GaussianLikelihood(noise, log_var=-3.0), seed=seed)
    model.compile(keras.optimizers.Adam(5e-3), jit_compile=False)
    model.fit(train, batch_size=128, epochs=EPOCHS, verbose=0)
    return model.log_likelihood_bound(test, draws=64).mean()


results = {
    "VAE, a variance a pixel": [gaussian_vae("diagonal", seed) for seed in range(SEEDS)],
    "factor analysis": factors.score(test),
    "VAE, one variance": [gaussian_vae("isotropic", seed) for seed in range(SEEDS)],
    "probabilistic PCA": ppca.score(test),
}
for name, value in results.items():
    print(f"{name:24} {np.mean(value):7.2f} nats" + (f" ± {np.std(value, ddof=1):.2f}" if np.size(value) > 1 else ""))
figure, axes = plt.subplots(figsize=(7, 3.4))
bound_comparison(results, axes, xlabel="held-out nats an image: $L_{64}$ of the VAEs, exact log-likelihood of the others")
figure.tight_layout()
plt.show()

# %% [markdown]
# ## Posterior collapse
# A unit whose posterior is the prior costs nothing and says nothing. Sometimes that is a failure of training, sometimes it is the model being right: with a price $\beta$ on the KL,
# a unit is kept as long as it saves more than it costs.

# %%
figure, panels = plt.subplots(1, 2, figsize=(9, 3), sharey=True)
for axes, beta in zip(panels, (1.0, 4.0), strict=True):
    keras.utils.set_random_seed(2)
    model = dense_vae((8, 8), 8, (64,), beta=beta, seed=2)
    model.compile(keras.optimizers.Adam(5e-3), jit_compile=False)
    model.fit(binary.train_images, batch_size=128, epochs=EPOCHS // 2 + 1, verbose=0)
    mean, log_var = (part.numpy() for part in model.encode(binary.test_images))
    cost = 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var).mean(axis=0)
    axes.bar(range(1, 9), np.sort(cost)[::-1])
    axes.set(xlabel="unit", ylabel="KL, nats", title=f"β = {beta:g}, {np.sum(mean.var(axis=0) > 0.01)} of 8 active")
figure.tight_layout()
plt.show()

# %% [markdown]
# ## Sources
# Kingma & Welling, *Auto-encoding variational Bayes*, 2014 · Rezende, Mohamed & Wierstra, *Stochastic backpropagation*, 2014 · Burda, Grosse & Salakhutdinov, *Importance weighted autoencoders*,
# 2016 · Higgins et al., *β-VAE*, 2017 · Cremer, Li & Duvenaud, *Inference suboptimality in variational autoencoders*, 2018 · Lucas, Tucker, Grosse & Norouzi, *Don't blame the ELBO!*, 2019 · Tipping &
# Bishop, *Probabilistic principal component analysis*, 1999 · Uria, Murray & Larochelle, *RNADE*, 2013.
