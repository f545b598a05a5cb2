# ---
# jupyter:
#   expected_gradient:
#     problem_set: ps07_vae
#     title: The variational autoencoder
#     points: 26
#     manual_points: 3
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
# # Problem set 7 · The variational autoencoder
# A model with latent variables explains an image $\mathbf{x}$ by something unseen, $\mathbf{z}$. Its likelihood
# $p(\mathbf{x}) = \int p(\mathbf{x}|\mathbf{z})\,p(\mathbf{z})\,d\mathbf{z}$ is an integral that nobody can do when the decoder is a network. Batra's deck
# lists what makes learning possible all the same: a bound in place of the likelihood, one network that guesses $q(\mathbf{z}|\mathbf{x})$ for
# every image, and draws through which a gradient can pass. You write each of them, meet each where the exact answer is
# known, and end with digits that no one ever wrote.
#
# Eleven short functions, 26 points, and one question to answer in words, 3 points. Every function has a check that you can run as
# often as you like; after hand-in the same checks run on other numbers, so write for any sizes. All logarithms are natural: every figure
# is in nats.

# %%
import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

from autograder import public_checks
from course.data import digits
from course.plotting import image_grid, latent_manifold, latent_scatter, loss_curves, manifold_grid

check = public_checks("ps07_vae", globals())
LOG_2PI = float(np.log(2.0 * np.pi))

# %% [markdown]
# ## 1 · Jensen by numbers
# The whole subject hangs on one inequality ("Jensen's inequality"): the logarithm bends down, so that
#
# $$\log \sum_z p_z\, g_z \;\ge\; \sum_z p_z \log g_z .$$
#
# The left side is the likelihood that we want, the right side is the bound that we can have.

# %% kind="solution" grade_id="jensen"
def jensen(probabilities, values):
    """Both sides of Jensen's inequality for the logarithm.

    Args:
        probabilities: p, shape (K,), positive numbers that add to 1.
        values: g, shape (K,), positive numbers.

    Returns:
        The pair left, right: log Σ p g and Σ p log g, scalars.
    """
    raise NotImplementedError("jensen (ps07, part 1)")

# %% kind="check" points=1
check("jensen")

# %% [markdown]
# Two values, a and 1/a, each with probability ½. How wide is the gap when they lie further apart?

# %%
spreads = np.linspace(1, 8, 60)
sides = [jensen(np.array([0.5, 0.5]), np.array([a, 1 / a])) for a in spreads]
figure, axes = plt.subplots(figsize=(7, 3))
axes.plot(spreads, [left for left, _ in sides], label="log of the mean")
axes.plot(spreads, [right for _, right in sides], label="mean of the log")
axes.set(xlabel="a", ylabel="nats")
axes.legend()
plt.show()

# %% [markdown]
# *What the picture answers:* for which values is there no gap at all? What, then, should $p(\mathbf{x}, \mathbf{z})/q(\mathbf{z})$ look like for a
# bound without a gap?

# %% [markdown]
# ## 2 · The bound, two ways
# The evidence lower bound can be written twice (Batra, "ELBO: Factorization #1" and "#2"):
#
# $$\mathrm{ELBO} = \underbrace{\mathbb{E}_q[\log p(\mathbf{x}|z)] - \mathrm{KL}(q \,\|\, p(z))}_{\text{VAEs: can be computed}}
# = \underbrace{\log p(\mathbf{x}) - \mathrm{KL}(q \,\|\, p(z|\mathbf{x}))}_{\text{GMMs: says what it is worth}} .$$
#
# For one model all four terms are known: one latent number $z \sim N(0, 1)$, a linear decoder $\mathbf{x} | z \sim N(\mathbf{w} z, \sigma^2 I)$ and
# a Gaussian $q = N(m, v)$. Two facts help. The posterior is Gaussian, and precisions add: $1 + \mathbf{w}\cdot\mathbf{w}/\sigma^2$, with mean
# $\mathbf{w}\cdot\mathbf{x}/\sigma^2$ divided by it. And $\mathbf{x}$ itself is Gaussian with covariance $\mathbf{w}\mathbf{w}^T + \sigma^2 I$, whose determinant is
# $\sigma^{2D}(1 + \mathbf{w}\cdot\mathbf{w}/\sigma^2)$. (A library may do the linear algebra for you.)

# %% kind="solution" grade_id="elbo_both_ways"
def elbo_both_ways(x, w, noise_var, q_mean, q_var):
    """The four terms of both factorisations, for one observation of the linear-Gaussian model above.

    Args:
        x: the observation, shape (D,).
        w: the decoder, shape (D,).
        noise_var: σ² > 0, a variance.
        q_mean: m, mean of q.
        q_var: v > 0, variance of q.

    Returns:
        Four scalars in nats: E_q[log p(x|z)], KL(q‖p(z)), log p(x), KL(q‖p(z|x)).
    """
    raise NotImplementedError("elbo_both_ways (ps07, part 2)")

# %% kind="check" points=4
check("elbo_both_ways")

# %% [markdown]
# First minus second and third minus fourth must agree to the last digits, whatever $q$ is: the difference printed here should be
# about 1e-15. Then move the mean of $q$ and look at the bound.

# %%
x_seen, w_seen = np.array([1.2, -0.4, 0.9]), np.array([1.0, 0.5, 0.8])
means = np.linspace(-1, 2.5, 80)
terms = np.array([elbo_both_ways(x_seen, w_seen, 0.5, m, 0.25) for m in means])
bounds = terms[:, 0] - terms[:, 1]
print(f"largest difference of the two ways: {np.abs(bounds - (terms[:, 2] - terms[:, 3])).max():.1e}")
figure, axes = plt.subplots(figsize=(7, 3))
axes.plot(means, bounds, label="ELBO")
axes.plot(means, terms[:, 2], "k--", label="log p(x)")
axes.fill_between(means, bounds, terms[:, 2], alpha=0.2, label="KL(q‖p(z|x))")
axes.set(xlabel="mean of q", ylabel="nats")
axes.legend()
plt.show()

# %% [markdown]
# *What the picture answers:* at its highest point the curve does not touch the dashed line. What else of $q$ would have to change?

# %% [markdown]
# ## 3 · The KL in closed form
# The second term needs no draws. For $q = N(\boldsymbol\mu, \mathrm{diag}\,\boldsymbol\sigma^2)$ and a standard normal prior (Kingma & Welling
# 2014, Appendix B, which prints *minus* the KL)
#
# $$\mathrm{KL}(q \,\|\, p) = \tfrac12 \sum_{j=1}^d \left(\mu_j^2 + \sigma_j^2 - 1 - \log \sigma_j^2\right) .$$
#
# From here on everything is TensorFlow, because gradients will pass through it.

# %% kind="solution" grade_id="gaussian_kl"
def gaussian_kl(mean, log_var):
    """KL of N(mean, diag(exp(log_var))) from the standard normal law, for each image.

    Args:
        mean: float tensor of shape (N, d).
        log_var: log σ², shape (N, d).

    Returns:
        Tensor of shape (N,), nats.
    """
    raise NotImplementedError("gaussian_kl (ps07, part 3)")

# %% kind="check" points=2
check("gaussian_kl")

# %% [markdown]
# ## 4 · The reparameterised draw
# $z \sim N(\mu, \sigma^2)$ is a dead end for a gradient; $z = \mu + \sigma\epsilon$ with $\epsilon \sim N(0, 1)$ is a function like any other (Batra,
# "Reparameterization trick"; Kingma & Welling, eq. 10). The network gives $\log \sigma^2$.

# %% kind="solution" grade_id="sample_latent"
def sample_latent(mean, log_var, eps):
    """The draw z as a differentiable function of the parameters and of given noise.

    Args:
        mean: float tensor of shape (N, d).
        log_var: log σ², shape (N, d).
        eps: standard normal noise, shape (N, d).

    Returns:
        Tensor of shape (N, d).
    """
    raise NotImplementedError("sample_latent (ps07, part 4)")

# %% kind="check" points=2
check("sample_latent")

# %% [markdown]
# ## 5 · What a decoder says: binary pixels
# The decoder gives one number a pixel. For a binary image it is a *logit* $l$, with $p(x = 1) = 1/(1 + e^{-l})$, so that
#
# $$\log p(\mathbf{x}|\mathbf{z}) = \sum_{d=1}^D x_d\, l_d - \log(1 + e^{l_d}) .$$
#
# Sum over pixels: with a mean, the KL would weigh $D$ times too much. And take care of large logits: $e^{1000}$ is no float.

# %% kind="solution" grade_id="bernoulli_log_likelihood"
def bernoulli_log_likelihood(x, logits):
    """Log-probability of each image under independent Bernoulli pixels, exact for logits of any size.

    Args:
        x: zeros and ones, float tensor of shape (N, D).
        logits: shape (N, D).

    Returns:
        Tensor of shape (N,), nats.
    """
    raise NotImplementedError("bernoulli_log_likelihood (ps07, part 5)")

# %% kind="check" points=2
check("bernoulli_log_likelihood")

# %% [markdown]
# ## 6 · What a decoder says: grey pixels
# For grey images the same place is taken by a Gaussian with the decoder's output as its mean:
#
# $$\log p(\mathbf{x}|\mathbf{z}) = -\tfrac12 \sum_{d=1}^D \left(\frac{(x_d - \mu_d)^2}{\sigma_d^2} + \log \sigma_d^2 + \log 2\pi\right) .$$
#
# A squared error is what remains when $\sigma$ is held at 1 and the constants are dropped; no two models could then be compared.

# %% kind="solution" grade_id="gaussian_log_likelihood"
def gaussian_log_likelihood(x, mean, log_var):
    """Log-density of each image under independent Gaussian pixels.

    Args:
        x: float tensor of shape (N, D).
        mean: the decoder's output, shape (N, D).
        log_var: log σ², shape (D,): one for each pixel, the same for all images.

    Returns:
        Tensor of shape (N,), nats.
    """
    raise NotImplementedError("gaussian_log_likelihood (ps07, part 6)")

# %% kind="check" points=2
check("gaussian_log_likelihood")

# %% [markdown]
# ## 7 · Two networks
# The model is a `keras.Model` that holds an encoder and a decoder. This much is given: what it computes when it is called, what `fit` does with a
# batch (your functions, below), and how it is written to a file.

# %%
@keras.saving.register_keras_serializable("ps07")
class VAE(keras.Model):
    """Encoder, from images to the pair mean, log variance, and decoder, from latents to logits."""

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(**kwargs)
        self.encoder, self.decoder = encoder, decoder

    def call(self, x):
        return tf.sigmoid(self.decoder(self.encoder(x)[0]))

    def train_step(self, x):
        eps = tf.random.normal([tf.shape(x)[0], self.decoder.input_shape[-1]])
        return {"loss": gradient_step(self, self.optimizer, x, eps)}

    def get_config(self):
        networks = {"encoder": self.encoder, "decoder": self.decoder}
        return {name: keras.saving.serialize_keras_object(part) for name, part in networks.items()}

    @classmethod
    def from_config(cls, config):
        return cls(**{name: keras.saving.deserialize_keras_object(part) for name, part in config.items()})


def with_weights(vae, weights):
    """Gives a VAE its weights, the encoder's first."""
    count = len(vae.encoder.weights)
    vae.encoder.set_weights(weights[:count])
    vae.decoder.set_weights(weights[count:])
    return vae


def weights_of(vae, after=None):
    """Its weights in the same order; `after` is what has to be computed first."""
    return [*vae.encoder.get_weights(), *vae.decoder.get_weights()]


def linear_vae(weights):
    """A VAE without hidden layers: kernel and bias of the mean, of the log variance, and of the decoder."""
    x = keras.Input((len(weights[0]),))
    z = keras.Input((len(weights[4]),))
    heads = [keras.layers.Dense(len(weights[1]))(x) for _ in range(2)]
    vae = VAE(keras.Model(x, heads), keras.Model(z, keras.layers.Dense(len(weights[5]))(z)))
    return with_weights(vae, weights)


def encode(vae, x):
    return vae.encoder(x)


def decode(vae, z):
    return vae.decoder(z)


def sgd(rate):
    return keras.optimizers.SGD(rate)

# %% [markdown]
# `linear_vae` shows how the parts go together. Yours has one hidden layer of tanh units in each network:
# image → hidden → (mean, log variance), and latent → hidden → logits.

# %% kind="solution" grade_id="build_vae"
def build_vae(pixels, hidden, latent):
    """A VAE with one hidden layer of tanh units in each network.

    Args:
        pixels: D, numbers of an image.
        hidden: units of either hidden layer.
        latent: d, size of z.

    Returns:
        A `VAE`. Its encoder maps (N, D) to the pair mean, log variance, each of shape (N, d): a layer of weights for each of the
        two. Its decoder maps (N, d) to logits of shape (N, D). Keras's Dense layers, with biases.
    """
    raise NotImplementedError("build_vae (ps07, part 7)")

# %% kind="check" points=3
check("build_vae")

# %% [markdown]
# ## 8 · The loss
# Everything so far in one number: minus the bound, at one draw for each image, averaged over the batch. A weight $\beta$ on the KL
# will be of use later (Higgins et al. 2017); with $\beta = 1$ it is the bound.
#
# $$L = \frac1N \sum_{n=1}^N \beta\,\mathrm{KL}(q_n \,\|\, p) - \log p(\mathbf{x}_n | \mathbf{z}_n),
# \qquad \mathbf{z}_n = \boldsymbol\mu_n + \boldsymbol\sigma_n \circ \boldsymbol\epsilon_n .$$

# %% kind="solution" grade_id="negative_elbo"
def negative_elbo(vae, x, eps, beta):
    """The loss of a VAE of binary images at given noise.

    `fit` compiles it: use TensorFlow's functions, and `tf.shape(x)[0]` should you need N.

    Args:
        vae: a `VAE`; `vae.encoder(x)` gives mean and log variance, `vae.decoder(z)` logits.
        x: zeros and ones, float32 tensor of shape (N, D).
        eps: standard normal noise, float32, shape (N, d).
        beta: β >= 0, weight of the KL.

    Returns:
        A scalar tensor: nats an image.
    """
    raise NotImplementedError("negative_elbo (ps07, part 8)")

# %% kind="check" points=3
check("negative_elbo")

# %% [markdown]
# ## 9 · Training
# One step: differentiate the loss (with $\beta = 1$) by *all* weights and hand the gradients to the optimiser.

# %% kind="solution" grade_id="gradient_step"
def gradient_step(vae, optimizer, x, eps):
    """One step of an optimiser downhill on `negative_elbo` with β = 1.

    Args:
        vae: a `VAE`; its weights change.
        optimizer: a Keras optimiser.
        x: zeros and ones, float32 tensor of shape (N, D).
        eps: standard normal noise, float32, shape (N, d).

    Returns:
        The loss before the step, a scalar tensor.
    """
    raise NotImplementedError("gradient_step (ps07, part 9)")

# %% [markdown]
# The digits: 1437 to learn from, 360 held out, 8 by 8 binary pixels. Keras does the rest; it takes a few seconds. The loss should fall from
# about 45 to about 22.

# %%
def train_on_digits(vae, images):
    vae.compile(optimizer=keras.optimizers.Adam(5e-3), jit_compile=False)
    return vae.fit(images, batch_size=128, epochs=60, verbose=0)


data = digits("binary")
train_images, test_images = data.train_images.reshape(-1, 64), data.test_images.reshape(-1, 64)
digits_vae = build_vae(64, 64, 2)
history = train_on_digits(digits_vae, train_images)
figure, axes = plt.subplots(figsize=(7, 3))
loss_curves({"minus the bound, training digits": history.history["loss"]}, axes, ylabel="nats an image")
plt.show()

# %% [markdown]
# The check has two parts: one step of a small model, to the last digit, and the model that you have just trained. Its bound on held-out digits
# (part 10's bound with 64 draws, computed from your weights) is asked to be at least −22.0 nats an image; a straightforward run reaches
# about −21.2.

# %%
def trained_weights():
    return weights_of(digits_vae)

# %% kind="check" points=3
check("gradient_step")

# %% [markdown]
# Now look at what has been learned. Left: every point of the latent plane, decoded, on a grid that cuts the prior into equal shares (Batra, "Data
# manifold for 2-d z"). Right: where the encoder puts held-out digits.

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 5))
plane = tf.constant(manifold_grid(12), tf.float32)
latent_manifold(tf.sigmoid(decode(digits_vae, plane)).numpy().reshape(-1, 8, 8), left)
latent_scatter(encode(digits_vae, test_images)[0].numpy(), data.test_labels, right)
figure.tight_layout()
plt.show()

# %% [markdown]
# *What the picture answers:* which digits are neighbours, and what lies on the way from one to the other? Which would two latents never tell apart?
#
# A model is worth keeping. Save it, load it, and see that nothing has changed:

# %%
before = digits_vae(test_images)
digits_vae.save("digits_vae.keras")
loaded = keras.models.load_model("digits_vae.keras", compile=False)
same = np.array_equal(loaded(test_images), before)
print("the loaded model is", type(loaded).__name__, "and gives", "the same images" if same else "OTHER IMAGES")
figure, axes = plt.subplots(figsize=(9, 2))
shown = np.concatenate([test_images[:12], loaded(test_images[:12])]).reshape(-1, 8, 8)
image_grid(shown, axes, columns=12, row_labels=["digit", "reconstruction"])
axes.set(xlabel="held-out digits", ylabel="image")
plt.show()

# %% [markdown]
# ## 10 · A tighter bound
# One draw gives the ELBO. With $k$ draws one can average *before* the logarithm (Burda, Grosse & Salakhutdinov 2016, eq. 8), and Jensen
# has less to take away:
#
# $$L_k = \log \frac1k \sum_{i=1}^k \frac{p(\mathbf{x}|\mathbf{z}_i)\, p(\mathbf{z}_i)}{q(\mathbf{z}_i|\mathbf{x})}, \qquad \mathbf{z}_i \sim q(\mathbf{z}|\mathbf{x}) .$$
#
# The weights can be as small as $e^{-900}$: stay with logarithms, and take out the largest before you exponentiate. This one is NumPy again.

# %% kind="solution" grade_id="iwae_bound"
def iwae_bound(log_likelihood, z, mean, log_var):
    """The importance-weighted bound on log p(x), for each image.

    Args:
        log_likelihood: log p(x|z) of each draw and image, array of shape (k, N).
        z: the draws from q, shape (k, N, d).
        mean: of q, shape (N, d).
        log_var: log σ² of q, shape (N, d).

    Returns:
        Array of shape (N,), nats.
    """
    raise NotImplementedError("iwae_bound (ps07, part 10)")

# %% kind="check" points=3
check("iwae_bound")

# %%
def bound_on_digits(vae, images, k, generator):
    """Mean over images of L_k."""
    mean, log_var = (part.numpy() for part in encode(vae, images))
    z = mean + np.exp(0.5 * log_var) * generator.normal(size=(k, *mean.shape)).astype(np.float32)
    likelihoods = np.stack([bernoulli_log_likelihood(images, decode(vae, draw)) for draw in z])
    return iwae_bound(likelihoods, z, mean, log_var).mean()


generator = np.random.default_rng(10)
counts = [1, 2, 4, 8, 16, 32, 64]
tighter = [bound_on_digits(digits_vae, test_images, k, generator) for k in counts]
print(f"held-out digits: L_64 = {tighter[-1]:.2f} nats an image")
figure, axes = plt.subplots(figsize=(7, 3))
axes.semilogx(counts, tighter, "o-", base=2)
axes.set(xlabel="draws k", ylabel="$L_k$, nats an image")
plt.show()

# %% [markdown]
# *What the picture answers:* how much of the gap to $\log p(\mathbf{x})$ has been closed, and can you tell from this curve how much is left?

# %% [markdown]
# ## 11 · Posterior collapse
# A latent unit whose posterior is the prior for every image carries nothing. Two figures show it, one for each unit $j$: the KL that it
# costs, averaged over images, and its *activity*, the variance over images of its posterior mean (Burda et al. count a unit as active above 0.01).

# %% kind="solution" grade_id="unit_statistics"
def unit_statistics(mean, log_var):
    """What each latent unit carries.

    Args:
        mean: posterior means of N images, array of shape (N, d).
        log_var: log σ², shape (N, d).

    Returns:
        The pair kl, activity, each of shape (d,): mean over images of the unit's KL from N(0, 1), in nats, and variance over images of its
        mean (the average squared deviation: divide by N).
    """
    raise NotImplementedError("unit_statistics (ps07, part 11)")

# %% kind="check" points=1
check("unit_statistics")

# %% [markdown]
# A model with eight latents, trained with three weights of the KL. Each bar is a unit, sorted.

# %%
def train_with(beta, latent=8, epochs=25):
    """A VAE of the digits, trained on `negative_elbo` with a β of its own."""
    vae, optimizer = build_vae(64, 64, latent), keras.optimizers.Adam(5e-3)
    optimizer.build(vae.trainable_variables)

    @tf.function
    def step(x):
        with tf.GradientTape() as tape:
            loss = negative_elbo(vae, x, tf.random.normal([x.shape[0], latent]), beta)
        optimizer.apply_gradients(zip(tape.gradient(loss, vae.trainable_variables), vae.trainable_variables))

    for _ in range(epochs):
        order = np.random.permutation(len(train_images))
        for start in range(0, 1408, 128):
            step(tf.constant(train_images[order[start : start + 128]]))
    return vae


figure, panels = plt.subplots(1, 3, figsize=(11, 3), sharey=True)
for axes, beta in zip(panels, (0.5, 1.0, 4.0)):
    kl, activity = unit_statistics(*(part.numpy() for part in encode(train_with(beta), test_images)))
    axes.bar(range(1, 9), np.sort(kl)[::-1])
    axes.set(xlabel="unit", ylabel="KL, nats", title=f"β = {beta:g}: {np.sum(activity > 0.01)} of 8 active")
figure.tight_layout()
plt.show()

# %% [markdown]
# *What the picture answers:* how many units does the model use at $\beta = 1$, and does it hurt that the others are idle?

# %% [markdown]
# ## 12 · In your own words
# A classmate's VAE reaches a KL of 0.00 after two epochs and stays there; the reconstructions are all the same grey blur. In four or five sentences: what is
# $q(\mathbf{z}|\mathbf{x})$ then, and what has the decoder become? Is the bound still a bound, and of what? Name two slips in *this* notebook's functions that would lead there, and one
# honest reason that is no slip.

# %% [markdown] kind="manual" grade_id="collapse_in_words" points=3
# YOUR ANSWER HERE

# %% [markdown]
# ## Go further
# Nothing here is graded. Pick what you like.
#
# - **The amortisation gap.** Take ten held-out digits and improve $\boldsymbol\mu$ and $\log \boldsymbol\sigma^2$ of each by gradient ascent on its own bound, with the decoder fixed. What
#   the bound gains is what the encoder's haste has cost (Cremer, Li & Duvenaud 2018). Is it more for unusual digits?
# - **A linear decoder** has an exact likelihood, probabilistic PCA. Train a `linear_vae` with `gaussian_log_likelihood` on grey digits; how close does its bound come to
#   `sklearn.decomposition.PCA(2).fit(...).score(...)`?
# - **Other data.** Give the trained model letters, or noise. Does its bound tell them from digits?
