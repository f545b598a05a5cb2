# ---
# jupyter:
#   expected_gradient:
#     problem_set: ps05_estimators
#     title: Gradients of expectations
#     points: 38
#     manual_points: 2
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
# # Problem set 5 · Gradients of expectations
# A neural network's loss is often an average over noise that the network itself shapes: latent codes, dropped units,
# sampled actions. To train it you need the gradient of that average, $\nabla_\theta\, \mathbb{E}_{z \sim p_\theta(z)}[f(z)]$,
# and there are two ways to estimate it from draws. Today you write both, watch them disagree in the one thing that
# matters, repair the worse one, and take them where they are needed: to classes, to a Bayesian model, to a game.
#
# Twelve functions, 38 points, and one question to answer in words, 2 points. Every function has a check that you can
# run as often as you like; it tells you what it sees, and often which slip would give exactly that. After
# hand-in the same checks run on other numbers, so write for any sizes. NumPy is enough wherever no tape is asked for.

# %%
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

from autograder import public_checks
from course.plotting import elbo_traces, running_average, variance_lines

check = public_checks("ps05_estimators", globals())

# %% [markdown]
# ## 1 · An easy gradient and a hard one
# Start where the answer is known. Let $z \sim N(\theta, \sigma^2)$ and $f(z) = z^2$. The definition of the variance gives
# $\mathbb{E}[z^2] = \theta^2 + \sigma^2$, and its derivative by $\theta$ is a school exercise: Batra's deck calls it "easy". The
# "hard" way does not know the answer. It differentiates under the integral, where $\theta$ sits in the *density*, and has to
# integrate:
#
# $$\frac{\partial}{\partial\theta} \int z^2\, N(z; \theta, \sigma^2)\, dz
# = \int z^2\, \frac{\partial}{\partial\theta} N(z; \theta, \sigma^2)\, dz
# \approx \Delta \sum_i z_i^2\, \frac{\partial}{\partial\theta} N(z_i; \theta, \sigma^2) .$$
#
# Differentiate the density on paper, then add up over a grid of points that are $\Delta$ apart.

# %% kind="solution" grade_id="easy_and_hard"
def easy_and_hard(theta, std, z):
    """The gradient of E[z²] with respect to θ, z ~ N(θ, std²), twice.

    Args:
        theta: θ, a float.
        std: σ, a float, > 0.
        z: evenly spaced grid, float64 array of shape (n,), which reaches more than ten σ to either side of θ.

    Returns:
        The pair easy, hard: the derivative of the known expectation, and the sum over this grid, as coarse as it is.
    """
    raise NotImplementedError("easy_and_hard (ps05, part 1)")

# %% kind="check" points=2
check("easy_and_hard")

# %% [markdown]
# How fine must the grid be? Here is the error of your sum against the spacing of the grid. In one dimension the hard
# way is not hard at all.

# %%
spacings = np.linspace(0.3, 4, 60)
errors = []
for spacing in spacings:
    easy, hard = easy_and_hard(2.0, 1.0, 2.0 + 0.3 * spacing + spacing * np.arange(-50, 51))
    errors.append(max(abs(hard - easy), 1e-16))

figure, axes = plt.subplots(figsize=(7, 3.2))
axes.semilogy(spacings, errors, ".-")
axes.set(xlabel="spacing of the grid, in standard deviations", ylabel="error of the hard gradient")
plt.show()

# %% [markdown]
# *What the picture answers:* with one point a standard deviation the sum is right to six digits or more. A neural network's
# noise has a thousand dimensions: with twenty points in each, how many terms has the sum?

# %% [markdown]
# ## 2 · The score function on one example
# So we draw instead. Keep $f(z) = z^2$, let $\sigma = 1$, and look at the integral once more. $\nabla_\theta\, p$ is no density,
# so the integral is no average that draws could estimate. The log-derivative identity $\nabla p = p\, \nabla \log p$ makes it one
# (Batra, "Option 1"; Aziz calls it the *score function estimator*; Williams 1992):
#
# $$\nabla_\theta\, \mathbb{E}_z[f(z)] = \mathbb{E}_z\big[f(z)\, \nabla_\theta \log p_\theta(z)\big], \qquad
# \nabla_\theta \log N(z; \theta, 1) = z - \theta .$$
#
# So one draw $z_i$ gives one estimate, $z_i^2\,(z_i - \theta)$. Return $n$ of them, without averaging: averages hide
# what we want to see.

# %% kind="solution" grade_id="draw_score_gradients"
def draw_score_gradients(theta, n):
    """Score-function estimates of the gradient of E[z²] with respect to θ, where z ~ N(θ, 1).

    Args:
        theta: mean θ of z, a float.
        n: number of draws, at least 1.

    Returns:
        Shape (n,), float32 or float64: one estimate a draw, not averaged. Every entry has noise of its own, and
        every call draws anew.
    """
    raise NotImplementedError("draw_score_gradients (ps05, part 2)")

# %% kind="check" points=3
check("draw_score_gradients")

# %% [markdown]
# Now look at what you have. The running average of your estimates should close in on $2\theta = 4$. One estimate has
# variance $\theta^4 + 14\theta^2 + 15 = 87$, so the average of $N$ of them should mostly stay inside $4 \pm 2\sqrt{87/N}$.

# %%
figure, axes = plt.subplots(figsize=(7, 3.5))
estimates = np.asarray(draw_score_gradients(2.0, 100_000))
running_average(axes, estimates, mean=4.0, variance=87.0, label="your running average")
plt.show()

# %% [markdown]
# *What the picture answers:* to make the band ten times narrower, how many times more draws do you need?

# %% [markdown]
# ## 3 · The score function, for a mean and a standard deviation
# The same identity works for any $f$, even one that you can only call: a simulator, a game, a program with an `if`. Only
# the log-density is differentiated, never $f$. Take $z \sim N(\mu, \sigma^2)$ and differentiate
#
# $$\log N(z; \mu, \sigma^2) = -\frac{(z-\mu)^2}{2\sigma^2} - \log\sigma - \tfrac12 \log 2\pi$$
#
# with respect to $\mu$ and to $\sigma$, *with $z$ held fixed*: it is a draw, a number. The two derivatives times $f(z)$
# are your two columns. To make the check exact we hand you the noise: $z = \mu + \sigma\epsilon$.
#
# Slides can slip, too. In the appendix on this method, Damianou's deck writes $p(D, w)$ where $\log p(D, w)$ is meant, as its
# own first line shows, and lets the sum run over $i$ while the draws are numbered by $k$.

# %% kind="solution" grade_id="score_function_gradient"
def score_function_gradient(f, mean, std, eps):
    """Score-function estimates of the gradient of E[f(z)] with respect to (mean, std), where z = mean + std·eps.

    Args:
        f: elementwise function of a float array or tensor of shape (n,); only call it.
        mean: μ, a float.
        std: σ, a float, > 0; a standard deviation, not a variance.
        eps: standard normal noise, float64 array of shape (n,).

    Returns:
        Shape (n, 2): columns d/dmean and d/dstd, one row a draw, not averaged.
    """
    raise NotImplementedError("score_function_gradient (ps05, part 3)")

# %% kind="check" points=3
check("score_function_gradient")

# %% [markdown]
# Where does the variance come from? Here is each of your estimates of $d/d\mu$ against the draw behind it, for $f(z) = z^2$ at
# $\mu = 2$, $\sigma = 1$. The dashed line is the true gradient, 4, that they average to.

# %%
eps = np.random.default_rng(5).normal(size=2_000)
columns = np.asarray(score_function_gradient(lambda z: z**2, 2.0, 1.0, eps))

figure, axes = plt.subplots(figsize=(7, 3.5))
axes.scatter(2.0 + eps, columns[:, 0], s=6, alpha=0.5, label="one draw")
axes.axhline(4.0, color="black", linestyle="--", label="true gradient")
axes.set(xlabel="draw z", ylabel=r"your estimate of $d/d\mu$")
axes.legend()
plt.show()

# %% [markdown]
# *What the picture answers:* which draws carry the average, and how many of the 2000 are they?

# %% [markdown]
# ## 4 · The pathwise gradient
# If $f$ can be differentiated, we can do better. Move the parameters out of the law and into the function: write the
# draw as $z = g(\mu, \sigma, \epsilon) = \mu + \sigma\epsilon$ with $\epsilon \sim N(0, 1)$, and differentiate *through* it
# (Kingma & Welling 2014, eq. 4; Batra, "Option 2"; Damianou, "Reparameterization gradient"):
#
# $$\frac{\partial}{\partial\theta}\, \mathbb{E}_\epsilon\big[f(g(\theta, \epsilon))\big]
# = \mathbb{E}_\epsilon\Big[\frac{\partial f}{\partial g}\, \frac{\partial g}{\partial\theta}\Big] .$$
#
# `tf.GradientTape` gives you $f'(z)$. Since $f$ acts on each entry by itself, the gradient of the whole array `f(z)`
# holds one slope a draw.

# %% kind="solution" grade_id="pathwise_gradient"
def pathwise_gradient(f, mean, std, eps):
    """Pathwise estimates of the gradient of E[f(z)] with respect to (mean, std), where z = mean + std·eps.

    Args:
        f: elementwise differentiable function of a float tensor of shape (n,).
        mean: μ, a float.
        std: σ, a float, > 0; a standard deviation, not a variance.
        eps: standard normal noise, float64 array of shape (n,).

    Returns:
        Shape (n, 2): columns d/dmean and d/dstd, one row a draw, not averaged.
    """
    raise NotImplementedError("pathwise_gradient (ps05, part 4)")

# %% kind="check" points=3
check("pathwise_gradient")

# %% [markdown]
# Both estimators average to the same gradient. Do they cost the same? Batra's deck measures the variance of an average of
# $N$ draws at $\theta = 2$, $\sigma = 1$, from 100 repetitions for each $N$. Now you do it: for each $N$ below, make
# 200 averages of $N$ draws with either of your functions (column d/dmean, $f(z) = z^2$), and write the
# variance of the 200 averages into its place. `noise.normal(size=(200, N))` is enough for one $N$; no other loop is needed.

# %%
draws = np.array([10, 100, 1_000, 10_000])
measured = {"score function": np.full(4, np.nan), "pathwise": np.full(4, np.nan)}
noise = np.random.default_rng(7)
# YOUR EXPERIMENT HERE (not graded)

# %% [markdown]
# The expected picture: the exact lines, $87/N$ and $4/N$, and crosses for the deck's numbers. Your dots, once they are
# there, should lie closer to the lines than the crosses do: you have twice the repetitions.

# %%
deck = {"score function": [6.453, 0.680, 0.0869, 0.0100], "pathwise": [0.460, 0.0427, 0.00334, 0.000517]}

figure, axes = plt.subplots(figsize=(7, 4.5))
variance_lines(axes, draws, {"score function": 87.0, "pathwise": 4.0}, measured=measured, printed=deck)
plt.show()

# %% [markdown]
# *What the picture answers:* how many score-function draws are worth one pathwise draw here? Read it off as a shift
# to the side.

# %% [markdown]
# ## 5 · A baseline that leaves one out
# The score function can be tamed. The mean of a score is zero, so a constant $b$ may be taken off the weights,
# $(f(z) - b)\, \nabla_\theta \log p_\theta(z)$, and the mean stays right. For $f(z) = z^2$ at $\theta = 2$ the
# variance becomes $87 - 14b + b^2$: from 87 down to 38 at the best $b = 7$.
#
# Which $b$? An average of $f$ over the batch comes for free. But if it includes the draw's own value, it is no
# constant to that draw any more, and the estimate shrinks to $(1 - 1/n)$ of the gradient. So give every draw
# the mean of the *others* (Mnih & Rezende 2016; Kool, van Hoof & Welling 2019):
#
# $$b_i = \frac{1}{n-1} \sum_{j \neq i} f(z_j) .$$

# %% kind="solution" grade_id="leave_one_out_baseline"
def leave_one_out_baseline(values):
    """For each value, the mean of all the other values.

    Args:
        values: float64 array of shape (n,), n >= 2.

    Returns:
        Shape (n,): entry i is the mean of the n − 1 values other than values[i].
    """
    raise NotImplementedError("leave_one_out_baseline (ps05, part 5)")

# %% kind="check" points=3
check("leave_one_out_baseline")

# %% [markdown]
# A thousand batches of only $n = 4$ draws, three ways. The true gradient is 4.

# %%
z = 2.0 + np.random.default_rng(11).normal(size=(1_000, 4))
values, score = z**2, z - 2.0
own_mean = values.mean(axis=1, keepdims=True)
others_mean = np.array([np.asarray(leave_one_out_baseline(batch)) for batch in values])

figure, panels = plt.subplots(3, 1, figsize=(7, 6), sharex=True)
for axes, (name, baseline) in zip(
    panels, (("no baseline", 0.0), ("mean of all four", own_mean), ("mean of the other three", others_mean))
):
    batch_gradient = ((values - baseline) * score).mean(axis=1)
    axes.hist(batch_gradient, bins=np.linspace(-10, 30, 81))
    axes.axvline(4.0, color="black", linestyle="--", label="true gradient")
    axes.axvline(batch_gradient.mean(), color="C1", label=f"mean {batch_gradient.mean():.2f}")
    axes.set(ylabel="batches", title=f"{name}: variance {batch_gradient.var():.1f}")
    axes.legend()
panels[-1].set(xlabel="gradient estimated from one batch")
figure.tight_layout()
plt.show()

# %% [markdown]
# *What the picture answers:* which of the three has its mean in the wrong place, and where would a batch of $n = 40$ put it?

# %% [markdown]
# ## 6 · A control variate
# A baseline is a special case. Take any $h$ that is computed from the same draws and whose mean you know *exactly*. Then
# $g - c\,(h - \mathbb{E}[h])$ has the mean of $g$ whatever $c$ is, and the variance
# $\mathrm{Var}(g) - 2c\,\mathrm{Cov}(g, h) + c^2\,\mathrm{Var}(h)$. Minimise that over $c$ on paper, and estimate variance and covariance from the
# draws that you have (Owen 2013, §8.9).

# %% kind="solution" grade_id="control_variate"
def control_variate(estimates, control, expectation):
    """Estimates with a control variate, at the coefficient of least variance.

    Args:
        estimates: g, float64 array of shape (n,), n >= 3.
        control: h from the same draws, shape (n,).
        expectation: E[h], a float, known exactly.

    Returns:
        The pair c, improved: the coefficient as estimated from these draws, a scalar, and g − c·(h − E[h]), shape (n,).
    """
    raise NotImplementedError("control_variate (ps05, part 6)")

# %% kind="check" points=3
check("control_variate")

# %% [markdown]
# Two controls for the score function, at $f(z) = e^{z/2}$, $\theta = 2$. The first is the score itself, of mean 0: then $c$ is the best
# constant baseline. The second is the *delta method* (Paisley, Blei & Jordan 2012): replace $f$ by its parabola at the mean, $\tilde f$,
# and let $h = \tilde f(z)\,(z - \theta)$. What $\tilde f$ gets right has an exact gradient, $f'(\theta)$, and only the rest is left to chance.

# %%
z = 2.0 + np.random.default_rng(9).normal(size=20_000)
score = z - 2.0
plain = np.exp(z / 2) * score
parabola = np.exp(1.0) * (1 + score / 2 + score**2 / 8)
constant, with_baseline = control_variate(plain, score, 0.0)
_, with_delta = control_variate(plain, parabola * score, 0.5 * np.exp(1.0))

figure, axes = plt.subplots(figsize=(7, 3.8))
for name, sample in (("plain", plain), (f"baseline {float(constant):.2f}", with_baseline), ("delta method", with_delta)):
    sample = np.asarray(sample)
    axes.hist(sample, np.linspace(-6, 12, 120), histtype="step", label=f"{name}: variance {sample.var():.3g}")
axes.axvline(0.5 * np.exp(1.125), color="black", linestyle="--", label="true gradient")
axes.set(xlabel="estimate of the gradient from one draw", ylabel="draws", yscale="log")
axes.legend()
plt.show()

# %% [markdown]
# *What the picture answers:* by which factor did the parabola lower the variance? What would it be for $f(z) = z^2$, and why?

# %% [markdown]
# ## 7 · A loss to differentiate
# In a network nobody writes scores by hand. We hand the tape a scalar whose *gradient* is the estimate that we want, and
# do not care for its value (Schulman et al. 2015). For the score function it is the average of
# $f(z_i)\, \log p_\theta(z_i)$, in which $f(z_i)$ and $z_i$ are to be numbers: whatever the tape may not follow goes through
# `tf.stop_gradient`. The law is $N(\mu, \sigma^2)$ with $\sigma = e^{\text{log\_std}}$, and here you make the draw inside, $z = \mu + \sigma\epsilon$.
#
# (Ivanov's slide on REINFORCE has a second term, $\mathbb{E}[\nabla_\theta f_\theta(s)]$. It is there because his $f$ depends on $\theta$ by itself; ours does not.)

# %% kind="solution" grade_id="reinforce_surrogate"
def reinforce_surrogate(f, mean, log_std, eps):
    """A scalar whose gradient is the average score-function estimate of the gradient of E[f(z)].

    Args:
        f: elementwise function of a float tensor of shape (n,).
        mean: μ, a scalar tensor.
        log_std: log σ, a scalar tensor.
        eps: standard normal noise, float64, shape (n,); z = mean + exp(log_std)·eps.

    Returns:
        A scalar tensor. Its gradients with respect to mean and log_std are averages over the n draws; ascent on
        them raises E[f(z)].
    """
    raise NotImplementedError("reinforce_surrogate (ps05, part 7)")

# %% kind="check" points=3
check("reinforce_surrogate")

# %% [markdown]
# Let the tape climb. $f$ below is a reward with a hole in the middle; the arrows are your gradients from 4000 draws, at many $(\mu, \log\sigma)$,
# over the exact $\mathbb{E}[f(z)]$.

# %%
def reward(z):
    return tf.exp(-0.5 * (z - 2) ** 2) + 0.7 * tf.exp(-0.5 * (z + 2) ** 2)


def expected_reward(mean, log_std):
    """E[reward(z)]: a product of normal densities integrates to one."""
    spread = 1 + np.exp(2 * log_std)
    return (np.exp(-0.5 * (mean - 2) ** 2 / spread) + 0.7 * np.exp(-0.5 * (mean + 2) ** 2 / spread)) / np.sqrt(spread)


eps = np.random.default_rng(13).normal(size=4_000)
means, log_stds = np.meshgrid(np.linspace(-4, 4, 13), np.linspace(-1, 1.5, 8))
arrows = np.zeros((2, *means.shape))
for index in np.ndindex(means.shape):
    at = [tf.constant(means[index]), tf.constant(log_stds[index])]
    with tf.GradientTape() as tape:
        tape.watch(at)
        surrogate = reinforce_surrogate(reward, at[0], at[1], tf.constant(eps))
    arrows[(slice(None), *index)] = tape.gradient(surrogate, at)

fine = np.meshgrid(np.linspace(-4.5, 4.5, 90), np.linspace(-1.3, 1.8, 60))
figure, axes = plt.subplots(figsize=(7, 3.8))
axes.contourf(*fine, expected_reward(*fine), 20, cmap="Greys", alpha=0.6)
axes.quiver(means, log_stds, *arrows, color="C1")
axes.set(xlabel=r"$\mu$", ylabel=r"$\log\sigma$", title="your gradients over the expected reward")
plt.show()

# %% [markdown]
# *What the picture answers:* from $\mu = -2$ and a small $\sigma$, where does ascent end? And from a large $\sigma$?

# %% [markdown]
# ## 8 · Classes: the exact gradient, and the score function
# The deck's first latent is discrete: $z \sim \mathrm{cat}(\pi)$. There is no path to differentiate through, as a class cannot move a
# little. But with $K$ classes the expectation is a sum of $K$ terms, $\sum_k p_k f_k$ with $p = \mathrm{softmax}(l)$, and can be differentiated
# outright: remember that one logit moves *all* probabilities. When $K$ is too large for that, the score function is still there.
# $\nabla_l \log p_z$ is the one gradient to know by heart; ps01 had it, too.

# %% kind="solution" grade_id="categorical_gradients"
def categorical_gradients(logits, values, draws):
    """The gradient of E[f(z)] with respect to the logits of z, exactly and from draws.

    Args:
        logits: l, float64 array of shape (K,); z has the law softmax(l).
        values: f of each class, shape (K,).
        draws: drawn classes, integers from 0 to K − 1, shape (n,).

    Returns:
        The pair exact, estimates: the exact gradient, shape (K,), and one score-function estimate a draw, not averaged
        and without a baseline, shape (n, K).
    """
    raise NotImplementedError("categorical_gradients (ps05, part 8)")

# %% kind="check" points=3
check("categorical_gradients")

# %% [markdown]
# Five classes, twenty draws an estimate, a thousand estimates: yours, as box plots, and the exact gradient as dashes. On the
# right, the same with 100 added to every value.

# %%
generator = np.random.default_rng(17)
logits, values = np.array([1.0, 0.3, 0.0, -0.5, -1.0]), np.array([0.2, 1.0, -0.5, 2.0, 0.7])
p = np.exp(logits) / np.exp(logits).sum()
drawn = generator.choice(5, size=20_000, p=p)

figure, panels = plt.subplots(1, 2, figsize=(9, 3.4))
for axes, shift in zip(panels, (0.0, 100.0)):
    exact, estimates = map(np.asarray, categorical_gradients(logits, values + shift, drawn))
    axes.boxplot(estimates.reshape(1000, 20, 5).mean(axis=1), positions=range(5), showfliers=False)
    axes.plot(range(5), exact, "_", color="C3", markersize=24, label="exact")
    axes.set(xlabel="class k", ylabel=r"gradient with respect to $l_k$", title=f"values + {shift:g}")
    axes.legend()
figure.tight_layout()
plt.show()

# %% [markdown]
# *What the picture answers:* did the exact gradient change? What did, by which factor, and which of today's tools repairs it?

# %% [markdown]
# ## 9 · A class that can move a little
# Make the class differentiable, then. If $g_k = -\log(-\log u_k)$ with uniform $u_k$ (a *Gumbel* draw), the largest of $l_k + g_k$ has exactly
# the law softmax$(l)$. Replace "the largest" by a softmax at temperature $\tau$ (Jang, Gu & Poole 2017; Maddison, Mnih & Teh 2017),
#
# $$y = \mathrm{softmax}\Big(\frac{l + g}{\tau}\Big), \qquad
# \frac{\partial f(y)}{\partial l_k} = \frac{y_k}{\tau}\Big(s_k - \sum_j y_j s_j\Big), \qquad s = \nabla f(y) ,$$
#
# and there is a path again, to a slightly different problem: $f$ is now asked about points that are no class. The *straight-through* estimator
# (Bengio, Léonard & Courville 2013) shows $f$ the true class, the one-hot vector of the largest $y_k$: it takes $s$ there, and keeps the rest of the
# formula, with the soft $y$, as if nothing had happened.

# %% kind="solution" grade_id="gumbel_gradients"
def gumbel_gradients(slope, logits, uniforms, temperature):
    """Gumbel-softmax draws, their classes, and two gradient estimates with respect to the logits.

    Args:
        slope: ∇f, a function from points of shape (n, K) to gradients of shape (n, K), one row a point.
        logits: l, float64 array of shape (K,).
        uniforms: u, numbers in (0, 1), shape (n, K).
        temperature: τ, a float, > 0.

    Returns:
        Four arrays of shape (n, K): the relaxed draws y, the one-hot vectors of their largest entries, the gradients
        through y, and the straight-through gradients.
    """
    raise NotImplementedError("gumbel_gradients (ps05, part 9)")

# %% kind="check" points=4
check("gumbel_gradients")

# %% [markdown]
# The price is bias. Here $f(y) = \sum_k a_k (y_k - c_k)^4$, whose exact gradient over the classes comes from your part 8. For each temperature
# the picture has the bias and the standard deviation of one draw, both as lengths of vectors, from 8000 draws.

# %%
a, c = np.array([1.0, 3.0, 0.5, 2.0]), np.array([0.6, 0.1, 0.9, 0.4])
logits = np.array([0.5, -0.2, 0.1, -0.8])
values = np.array([(a * (one_hot - c) ** 4).sum() for one_hot in np.eye(4)])
generator = np.random.default_rng(19)
uniforms = generator.uniform(size=(8_000, 4))
temperatures = np.geomspace(0.05, 5, 10)
p = np.exp(logits) / np.exp(logits).sum()
exact, scores = map(np.asarray, categorical_gradients(logits, values, generator.choice(4, size=8_000, p=p)))

figure, panels = plt.subplots(1, 2, figsize=(9, 3.6))
for position, name in ((2, "Gumbel-softmax"), (3, "straight-through")):
    rows = [np.asarray(gumbel_gradients(lambda y: 4 * a * (y - c) ** 3, logits, uniforms, t)[position]) for t in temperatures]
    panels[0].semilogx(temperatures, [np.linalg.norm(row.mean(axis=0) - exact) for row in rows], ".-", label=name)
    panels[1].loglog(temperatures, [np.sqrt(row.var(axis=0).sum()) for row in rows], ".-", label=name)
panels[0].axhline(np.linalg.norm(exact), color="black", linestyle=":", label="length of the true gradient")
panels[1].axhline(np.sqrt(scores.var(axis=0).sum()), color="black", linestyle="--", label="score function")
panels[0].set(xlabel=r"temperature $\tau$", ylabel="bias")
panels[1].set(xlabel=r"temperature $\tau$", ylabel="standard deviation of one draw")
for axes in panels:
    axes.legend()
figure.tight_layout()
plt.show()

# %% [markdown]
# *What the picture answers:* what happens to the bias of either estimator as $\tau$ falls, and what is the price? (What
# remains of the smaller one at the left end is noise, too: the standard deviation over $\sqrt{8000}$.)

# %% [markdown]
# ## 10 · Beyond location and scale
# $\mu + \sigma\epsilon$ works because a normal draw is a moved and stretched standard one. A gamma draw is not: no simple map makes
# Gamma$(\alpha, 1)$ from noise without $\alpha$ in it. Aziz asks of the transformation that the law of $\epsilon$ "does not depend on $\lambda$"; Ruiz, Titsias
# & Blei (2016) only ask that it depends on it *less*, and pay for what is left. Standardise $\log z$, whose mean is $\psi(\alpha)$ and whose variance is
# $\psi'(\alpha)$:
#
# $$z = \exp\!\big(\psi(\alpha) + \epsilon \sqrt{\psi'(\alpha)}\big), \qquad
# \frac{d}{d\alpha}\mathbb{E}[f(z)] = \mathbb{E}\Big[\underbrace{f'(z)\, \dot z}_{\text{path}}
# + \underbrace{f(z)\, \frac{d}{d\alpha} \log q_\alpha(\epsilon)}_{\text{correction}}\Big], \qquad \dot z = \frac{\partial z(\epsilon, \alpha)}{\partial \alpha} .$$
#
# The density of $\epsilon$ is that of $z$ times $|\partial z / \partial\epsilon|$: $\log q_\alpha(\epsilon) = \log \mathrm{Gamma}(z; \alpha, 1) + \log z + \tfrac12 \log \psi'(\alpha)$ with
# $z = z(\epsilon, \alpha)$ everywhere. Differentiate that by $\alpha$ with $\epsilon$ held fixed, and remember that $\frac{d}{d\alpha}\log\Gamma(\alpha) = \psi(\alpha)$.

# %% kind="solution" grade_id="gamma_gradient"
def gamma_gradient(f, slope, shape, psi, z):
    """The two parts of the generalised reparameterisation gradient of E[f(z)], z ~ Gamma(α, 1).

    Args:
        f: elementwise function of a float array of shape (n,).
        slope: f′, elementwise.
        shape: α, a float, > 0.
        psi: list of three floats: ψ(α), ψ′(α), ψ″(α).
        z: draws from Gamma(α, 1), float64 array of shape (n,).

    Returns:
        The pair path, correction: arrays of shape (n,), one entry a draw; their sum estimates d/dα E[f(z)].
    """
    raise NotImplementedError("gamma_gradient (ps05, part 10)")

# %% kind="check" points=3
check("gamma_gradient")

# %% [markdown]
# For $f(z) = z^2$ the expectation is $\alpha(\alpha + 1)$ and its derivative $2\alpha + 1$. Over $\alpha$: the average of each part, and the standard deviations of
# their sum and of the plain score function, all divided by the true gradient.

# %%
from scipy.special import digamma, polygamma

generator = np.random.default_rng(23)
shapes = np.geomspace(0.3, 30, 15)
shares, spreads = np.zeros((2, 15)), np.zeros((2, 15))
for position, shape in enumerate(shapes):
    z = np.maximum(generator.gamma(shape, size=20_000), 1e-12)
    psi = [float(digamma(shape)), float(polygamma(1, shape)), float(polygamma(2, shape))]
    path, correction = map(np.asarray, gamma_gradient(lambda z: z**2, lambda z: 2 * z, shape, psi, z))
    truth = 2 * shape + 1
    shares[:, position] = path.mean() / truth, correction.mean() / truth
    spreads[:, position] = (path + correction).std() / truth, (z**2 * (np.log(z) - psi[0])).std() / truth

figure, panels = plt.subplots(1, 2, figsize=(9, 3.4))
for name, share in zip(("path", "correction"), shares):
    panels[0].semilogx(shapes, share, ".-", label=name)
panels[0].semilogx(shapes, shares.sum(axis=0), "k--", label="sum")
for name, spread in zip(("generalised reparameterisation", "score function"), spreads):
    panels[1].loglog(shapes, spread, ".-", label=name)
panels[0].set(xlabel=r"shape $\alpha$", ylabel="average, in true gradients")
panels[1].set(xlabel=r"shape $\alpha$", ylabel="standard deviation of one draw")
for axes in panels:
    axes.legend()
figure.tight_layout()
plt.show()

# %% [markdown]
# *What the picture answers:* for which shapes could you leave the correction out, and what does a gamma density look like there?

# %% [markdown]
# ## 11 · A Bayesian model, black-box
# This is what it is all for (Damianou's appendix; Ranganath, Gerrish & Blei 2014). A logistic regression with a prior on its weights,
#
# $$w \sim N(0, I), \qquad y_n \sim \mathrm{Bernoulli}\big(\mathrm{sigmoid}(x_n^T w)\big) ,$$
#
# has no posterior in closed form. We look for the best $q(w) = N(\mu, \mathrm{diag}\,\sigma^2)$ by raising the evidence lower bound
#
# $$\mathcal{L} = \mathbb{E}_q\big[\log p(y \mid X, w)\big] - \mathrm{KL}\big(q \,\|\, N(0, I)\big), \qquad
# \mathrm{KL} = \sum_d \tfrac12\big(\sigma_d^2 + \mu_d^2 - 1\big) - \log\sigma_d .$$
#
# The KL divergence is exact, and so is its gradient. The expectation is one over draws $w_s = \mu + \sigma\epsilon_s$: estimate it and
# its gradient, the gradient both ways. $\log p(y \mid X, w) = \sum_n y_n l_n - \log(1 + e^{l_n})$ with $l = Xw$; `np.logaddexp(0, l)` is the last
# logarithm, and does not overflow.

# %% kind="solution" grade_id="elbo_gradients"
def elbo_gradients(x, y, mean, log_std, eps):
    """The ELBO of a Bayesian logistic regression and its gradient by both estimators.

    Args:
        x: inputs, float64 array of shape (N, D).
        y: labels, 0.0 or 1.0, shape (N,).
        mean: μ, shape (D,).
        log_std: log σ, shape (D,).
        eps: standard normal noise, shape (S, D): one row a draw of w.

    Returns:
        Three results, averages over the S draws: the ELBO, a scalar; its score-function gradient, without a baseline,
        and its pathwise gradient, each of shape (2, D), rows d/dmean and d/dlog_std. The KL divergence is exact in all.
    """
    raise NotImplementedError("elbo_gradients (ps05, part 11)")

# %% kind="check" points=4
check("elbo_gradients")

# %% [markdown]
# Sixty examples, three weights, ten draws a step, the same step size: ten runs with either gradient.

# %%
generator = np.random.default_rng(29)
x = np.column_stack([np.ones(60), generator.normal(size=(60, 2))])
y = (generator.uniform(size=60) < 1 / (1 + np.exp(-x @ np.array([0.5, 2.0, -1.0])))).astype(float)
traces = {}
for part, name in ((1, "score function"), (2, "pathwise")):
    runs = np.zeros((10, 150))
    for run in runs:
        parameters = np.zeros((2, 3))
        for step in range(150):
            result = elbo_gradients(x, y, parameters[0], parameters[1], generator.normal(size=(10, 3)))
            run[step] = result[0]
            parameters = parameters + 0.01 * np.clip(np.asarray(result[part]), -20, 20)
    traces[name] = runs

figure, axes = plt.subplots(figsize=(7, 4))
elbo_traces(axes, traces)
axes.set(ylim=(-60, -22))
plt.show()

# %% [markdown]
# *What the picture answers:* in how many steps does each of them get where it stays? And where it stays, are the two at the same
# height? Part 5 knows a remedy; try it.

# %% [markdown]
# ## 12 · Policy gradients
# One more law to differentiate through: a policy, $\pi(a \mid s) = \mathrm{softmax}(l_{s\cdot})_a$, that acts in a world we cannot look into. An episode is a
# chain of states, actions and rewards, and Batra's "Recall: Policy Gradients" is part 8 applied to the whole of it: $\mathcal{R}(\tau)\, \nabla \log \pi(\tau)$, where
# $\log \pi(\tau)$ is a sum over the steps. But what you do at step $t$ cannot change what you got before, so each step need only answer for its *reward-to-go*:
#
# $$G_t = \sum_{t' \ge t} r_{t'}, \qquad
# \nabla_l\, \mathbb{E}[\mathcal{R}] \approx \frac1E \sum_{e=1}^E \sum_t (G_{et} - b_{et})\, \nabla_l \log \pi(a_{et} \mid s_{et}) .$$

# %% kind="solution" grade_id="policy_gradient"
def policy_gradient(logits, states, actions, rewards, baseline):
    """Reward-to-go, and the policy gradient with it, averaged over episodes.

    Args:
        logits: l, float64 array of shape (S, A): one row a state, one column an action.
        states: states visited, integers from 0 to S − 1, shape (E, T): one row an episode, one column a step.
        actions: actions taken there, integers from 0 to A − 1, shape (E, T).
        rewards: what each of them brought, shape (E, T).
        baseline: b, shape (E, T).

    Returns:
        The pair to_go, gradient: G, shape (E, T), without the baseline, and the estimate of the gradient of an episode's
        expected reward with respect to the logits, shape (S, A).
    """
    raise NotImplementedError("policy_gradient (ps05, part 12)")

# %% kind="check" points=4
check("policy_gradient")

# %% [markdown]
# First a bandit: one state, one step, three arms that pay 3.0, 3.5 and 4.0 on average. Twelve learners play five rounds at a time; on the left
# without a baseline, on the right with the mean of the *other* rounds, from part 5.

# %%
def softmax(rows):
    return np.exp(rows) / np.exp(rows).sum(axis=-1, keepdims=True)


def others(batch):
    """Column by column, part 5."""
    return np.stack([np.asarray(leave_one_out_baseline(column)) for column in batch.T], axis=1)


generator = np.random.default_rng(31)
figure, panels = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True)
for axes, with_baseline in zip(panels, (False, True)):
    best = np.zeros((12, 120))
    for learner in best:
        logits = np.zeros((1, 3))
        for step in range(120):
            learner[step] = softmax(logits)[0, 2]
            arms = generator.choice(3, size=(5, 1), p=softmax(logits)[0])
            paid = np.array([3.0, 3.5, 4.0])[arms] + 0.3 * generator.normal(size=(5, 1))
            baseline = others(paid) if with_baseline else np.zeros((5, 1))
            logits = logits + 0.3 * np.asarray(policy_gradient(logits, np.zeros_like(arms), arms, paid, baseline)[1])
    axes.plot(best.T, color="C1" if with_baseline else "C0", linewidth=0.6)
    axes.set(xlabel="step", ylabel="probability of the best arm", title="leave-one-out" if with_baseline else "no baseline")
figure.tight_layout()
plt.show()

# %% [markdown]
# *What the picture answers:* on the left, learners get lost on a wrong arm. How can a learner become certain of an arm that pays less,
# when every arm pays?
#
# Then a chain of six rooms in a row, with prizes at both ends: 0.2 in room 0, and 1 in room 5. Every episode begins in room 2 and takes ten steps, left
# or right; every step costs 0.02. The map shows what your gradient has learned.

# %%
def episodes(logits, count):
    """Plays `count` episodes of ten steps; returns states, actions and rewards, each (count, 10)."""
    room = np.full(count, 2)
    states, actions, rewards = (np.zeros((count, 10), dtype) for dtype in (int, int, float))
    for step in range(10):
        right = generator.uniform(size=count) < softmax(logits)[room, 1]
        at_end = (room == 0) | (room == 5)
        states[:, step], actions[:, step] = room, right
        room = np.where(at_end, room, room + 2 * right - 1)
        rewards[:, step] = np.where(at_end, 0.0, 0.2 * (room == 0) + 1.0 * (room == 5) - 0.02)
    return states, actions, rewards


chances, earned = [], []
logits = np.zeros((6, 2))
for step in range(120):
    played = episodes(logits, 16)
    to_go = np.asarray(policy_gradient(logits, *played, np.zeros((16, 10)))[0])
    logits = logits + 0.5 * np.asarray(policy_gradient(logits, *played, others(to_go))[1])
    chances.append(softmax(logits)[:, 1])
    earned.append(played[2].sum(axis=1).mean())

figure, panels = plt.subplots(1, 2, figsize=(9, 3.4))
shown = panels[0].imshow(np.array(chances).T, aspect="auto", vmin=0, vmax=1, cmap="coolwarm", interpolation="nearest")
panels[0].set(xlabel="step", ylabel="room", title="red: goes right")
panels[1].plot(earned)
panels[1].axhline(1 - 3 * 0.02, color="black", linestyle="--", label="the shortest way to the large prize")
panels[1].set(xlabel="step", ylabel="reward of an episode")
panels[1].legend()
figure.tight_layout()
plt.show()

# %% [markdown]
# *What the picture answers:* the journey ends in rooms 0 and 5. What is the reward-to-go there, and why do their colors move, if at all, only by
# chance?

# %% [markdown]
# ## 13 · In your own words
# At $N = 10$ the deck prints a variance of 6.45 for the score function; the exact value is 8.7. In three or four sentences: is
# that a mistake in the deck's code? How could you tell? Then name one problem in which you would use the score function
# although its variance is larger, and say why.

# %% [markdown] kind="manual" grade_id="which_estimator" points=2
# YOUR ANSWER HERE

# %% [markdown]
# ## Where you stand
# All checks at once, with what is graded after hand-in and by whom.

# %%
check.all()

# %% [markdown]
# ## Go further
# Nothing here is graded. Pick what you like.
#
# - **Quadrature strikes back.** Part 1 is unbeatable in one dimension. Repeat it for $\mathbb{E}[\lVert z \rVert^2]$ in two, three and four dimensions with the same number
#   of evaluations as draws. From which dimension on do draws win?
# - **Antithetic noise.** Use $\epsilon$ and $-\epsilon$ in pairs. For which of your estimators does the variance fall, for which does it rise, and why is it zero
#   for one of them at $f(z) = z^2$?
# - **A baseline for part 11.** Give every draw of `elbo_gradients` the mean of the others' log-likelihoods. How close do the traces come?
# - **Straight-through, averaged.** Given the class, the Gumbel noise has a law of its own. Average the straight-through gradient over it (Rao–Blackwell; Paulus, Maddison &
#   Krause 2021). The forward pass is the same: does the bias change, does the variance?
# - **A critic.** In the chain, replace the leave-one-out baseline by a running average of the reward-to-go *for each room*. Which one varies less, and when is it biased?
