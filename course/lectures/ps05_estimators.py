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
# # Lecture 5 · Gradients of expectations
# After D. Batra, CS 4803/7643 (Georgia Tech), from "Basic Problem" to the last "Example"; W. Aziz on variational inference with
# neural networks, from "Score function estimator" to "Gaussian KL"; the appendix of A. Damianou's *Introduction to deep learning*; and S. Ivanov's slide on
# REINFORCE. Problem set 5 has you write the estimators. Here we look at why they work, what they cost, and where the slides slip.

# %%
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

from course.estimators import (
    CategoricalLaw,
    DeltaControlVariate,
    Enumeration,
    GammaLaw,
    GaussianLaw,
    GeneralizedReparameterization,
    ImplicitReparameterization,
    MeasureValued,
    Pathwise,
    Rebar,
    ScoreFunction,
    exact_variances,
)
from course.plotting import elbo_traces, variance_lines

generator = np.random.default_rng(5)

# %% [markdown]
# ## Two ways to a gradient
# The basic problem: $\min_\theta \mathbb{E}_{z \sim p_\theta}[f(z)]$. In supervised learning $\theta$ sits in $f$ and the data have a law of their own, so that
# $\nabla_\theta$ walks through the integral and a minibatch estimates it. Here $\theta$ sits in the *law*. Batra's example is $z \sim N(\theta, 1)$, $f(z) = z^2$: "easy", because
# $\mathbb{E}[z^2] = 1 + \theta^2$, and "hard", because nobody hands us such a formula.
#
# One line of "Need to compute" is a trap: $\int \nabla_\theta f(z)\, p_\theta(z)\, dz$. There is no $\theta$ in $f$, so that this is zero.
# Damianou's appendix says so in words: the derivative "cannot be applied to $p(D, w)$ that does not contain $\theta$". What has a
# derivative is the density, and $\nabla_\theta\, p_\theta$ is no density itself: it has a negative side, and integrates to zero.

# %%
z = np.linspace(-2, 6, 400)
density = np.exp(-0.5 * (z - 2) ** 2) / np.sqrt(2 * np.pi)
figure, panels = plt.subplots(1, 2, figsize=(9, 3))
panels[0].plot(z, density, label=r"$p_\theta(z)$")
panels[0].plot(z, density * (z - 2), label=r"$\partial p_\theta(z)/\partial\theta$")
panels[0].axhline(0, color="black", linewidth=0.5)
panels[0].set(xlabel="z", ylabel="at θ = 2")
panels[1].fill_between(z, z**2 * density * (z - 2), alpha=0.4, label=r"$z^2\, \partial p_\theta/\partial\theta$")
area = np.sum(z**2 * density * (z - 2)) * (z[1] - z[0])
panels[1].set(xlabel="z", ylabel="integrand", title=f"area {area:.3f}: the gradient, 2θ, less two cut tails")
for axes in panels:
    axes.legend()
figure.tight_layout()
plt.show()

# %% [markdown]
# ## The score function on one example
# Multiply and divide by $p_\theta$ and the integral is an average again: $\nabla p = p\,\nabla\log p$. For $N(\theta, 1)$ the *score* is $z - \theta$, and one draw
# says $z^2(z-\theta)$. (The slide writes $\frac{\partial}{\partial\theta}[\log P_\theta(z)] = [-\frac{(z-\theta)^2}{2} - \frac12\log 2\pi]$: the right side is $\log P$, not yet its derivative; the arrow
# below it takes the derivative.) Why it works can be seen: draws above $\theta$ push up, draws below push down, and $f$ says how hard.

# %%
draws = 2 + generator.normal(size=400)
figure, axes = plt.subplots(figsize=(7, 3.2))
axes.quiver(draws, draws**2, draws**2 * (draws - 2), np.zeros(400), angles="xy", scale_units="xy", scale=25, width=0.002)
axes.plot(z, z**2, color="C0", label="f(z) = z²")
axes.axvline(2, color="C1", linestyle="--", label="θ")
axes.set(xlabel="z", ylabel="f(z)", ylim=(-1, 26), title=f"each draw's push on θ; their average is {np.mean(draws**2 * (draws - 2)):.2f}")
axes.legend()
plt.show()

# %% [markdown]
# ## Independent draws
# An average of $N$ estimates has a variance of $V/N$ only if each has noise of its own. Three ways to lose that are common: one number drawn and broadcast, a
# generator that is seeded inside the function, and a `tf.function` that was built after `tf.random.set_seed`. None of them
# shows in the mean of many calls, or not at all in one call. All of them show here.


# %%
def spread_of_averages(noise_of_call):
    """Standard deviation, over 500 calls, of the average of 50 estimates."""
    averages = []
    for call in range(500):
        noise = noise_of_call(call)
        averages.append(np.mean((2 + noise) ** 2 * noise))
    return np.std(averages)


seeded = np.random.default_rng(0).normal(size=50)
for name, noise_of_call in (
    ("fresh", lambda call: generator.normal(size=50)),
    ("one number for all 50", lambda call: np.full(50, generator.normal())),
    ("seeded inside", lambda call: seeded),
):
    print(f"{name:22s} spread of the averages {spread_of_averages(noise_of_call):.3f}")
print(f"{'it should be':22s} spread of the averages {np.sqrt(87 / 50):.3f}")

# %% [markdown]
# ## The score function
# In general, $\nabla_\theta\,\mathbb{E}[f(z)] = \mathbb{E}[f(z)\,\nabla_\theta\log p_\theta(z)]$: $f$ may be a game, a parser, a program; only the law is differentiated. The slides:
#
# - Damianou's "Score function method" weighs the scores with $p(D, w)$. His own first line has $\log p(D, w)$ inside the expectation, and that is the weight. His sum runs
#   over $i$, and the draws over $k$. The next slide's $\nabla_w\, p(D, w)$ lacks the same logarithm.
# - Aziz says that the "model likelihood does not contribute to direction of gradient". For *one* draw that is true: the direction is the score's, and the likelihood
#   sets length and sign. The average over draws gets its direction from nothing else.
# - Ivanov adds $\mathbb{E}[\nabla_\theta f(s, \theta)]$. That term is there when $\theta$ sits in $f$ as well, as in $f = \log p(x, z) - \log q_\theta(z)$. There it happens to be
#   zero on average, because the mean of a score is zero.
#
# How wrong is the missing logarithm? Take $p(D \mid w)$ from five observations, $w \sim N(\mu, 1)$, and follow either field.

# %%
observed = np.array([1.1, 0.4, 1.9, 1.3, 0.8])
nodes, weights = np.polynomial.hermite_e.hermegauss(60)
weights = weights / weights.sum()
grid = np.linspace(-2, 4, 61)
log_joint = lambda w: -0.5 * ((observed[:, None] - w) ** 2).sum(axis=0) - 0.5 * w**2  # noqa: E731
with_log = [weights @ (log_joint(at + nodes) * nodes) for at in grid]
without = [weights @ (np.exp(log_joint(at + nodes)) * nodes) for at in grid]
figure, axes = plt.subplots(figsize=(7, 3))
axes.plot(grid, with_log, label="with log p(D, w)")
axes.plot(grid, 10 * np.array(without), label="with p(D, w), as printed; ten times larger")
axes.axhline(0, color="black", linewidth=0.5)
axes.axvline(observed.sum() / 6, color="black", linestyle="--", label="mean of the posterior")
axes.set(xlabel="μ", ylabel="gradient")
axes.legend()
plt.show()

# %% [markdown]
# Both vanish at the same place here, as everything is symmetric. But far away the printed one is flat: where the likelihood is $10^{-10}$, so is the gradient.
#
# ## The pathwise gradient
# If $f$ has a slope, let the draw move: $z = g(\theta, \epsilon)$ with noise that does not know $\theta$, and differentiate through $g$ (Batra's "Option 2"; Aziz, "Reparametrisation"; Kingma
# & Welling 2014). For a normal $z = \mu + \sigma\epsilon$. The second columns differ most: the score for $\sigma$ is $((z-\mu)^2/\sigma^2 - 1)/\sigma$, the path is $f'(z)\,\epsilon$.
# Damianou writes $w \sim \mathcal{N}(\mu, \sigma)$ where the others write $\mathcal{N}(\mu, \sigma^2)$: ask of every library which one it takes.
#
# Invertible and differentiable is what Aziz asks of the map. The price of a jump: $f(z) = [z > 1]$ has a slope of zero wherever it has one.

# %%
theta = {"mean": tf.constant(0.5, tf.float64), "std": tf.constant(1.0, tf.float64)}
step = lambda z: tf.cast(z > 1, tf.float64)  # noqa: E731
found = ScoreFunction()(step, GaussianLaw(), theta, draws=200_000, seed=1)["mean"].numpy()
exact = np.exp(-0.5 * 0.25) / np.sqrt(2 * np.pi)
print(f"exact gradient of P(z > 1)   {exact:.4f}")
print(f"score function               {found.mean():.4f} ± {found.std() / np.sqrt(200_000):.4f}")
print("pathwise                     0.0000: no draw sees the jump")

# %% [markdown]
# ## Two variances
# Batra's table is an experiment with 100 repetitions, and its variances are estimates. The exact ones follow from $\mathbb{E}\epsilon^2 = 1$, $\mathbb{E}\epsilon^4 = 3$, $\mathbb{E}\epsilon^6 = 15$:
# $\theta^4 + 14\theta^2 + 15 = 87$ a draw for the score function, $4$ for the path. An estimate of a variance from $R$ repetitions is off by about $\sqrt{2/R}$, here 14 %: the printed 6.45
# where $87/10 = 8.7$ is due is two standard errors off, not a mistake in the code.

# %%
sizes = np.array([10, 100, 1_000, 10_000, 100_000])
deck = {
    "score function": [6.45307927, 0.680227241, 0.0869226368, 0.0100489791, 8.62396526e-4],
    "pathwise": [0.459767676, 0.0426567475, 0.00333699503, 5.17148975e-4, 4.65338152e-5],
}
figure, axes = plt.subplots(figsize=(7, 4))
variance_lines(axes, sizes, {"score function": 87.0, "pathwise": 4.0}, printed=deck)
plt.show()
for name, variance in (("score function", 87), ("pathwise", 4)):
    off = (np.array(deck[name]) * sizes / variance - 1) / np.sqrt(2 / 100)
    print(f"{name:15s} printed less exact, in standard errors:", np.round(off, 1))

# %% [markdown]
# The path is not always better. For $f(z) = \sin(kz)$ a larger $k$ means larger slopes, and the path's variance grows like $k^2$; the score function does not care. (Mohamed et al. 2020, §3.)

# %%
frequencies = np.geomspace(0.3, 30, 60)
noise = generator.normal(size=20_000)
path = [(k * np.cos(k * (0.5 + noise))).var() for k in frequencies]
score = [(np.sin(k * (0.5 + noise)) * noise).var() for k in frequencies]
figure, axes = plt.subplots(figsize=(7, 3))
axes.loglog(frequencies, score, label="score function")
axes.loglog(frequencies, path, label="pathwise")
axes.set(xlabel="k", ylabel="variance of one draw", title="f(z) = sin(kz), z ~ N(½, 1)")
axes.legend()
plt.show()

# %% [markdown]
# ## Baselines
# "When variance is high we can ... use variance reduction techniques (e.g. baselines and control variates)", says Aziz: "excellent idea, but not just yet". Now. Because a score has mean zero, $f - b$ may stand
# in place of $f$. A constant $b$ gives $87 - 14b + b^2$: 42 at the popular $b = \mathbb{E}[f] = 5$, and 38 at the best, $b = \mathbb{E}[f s^2]/\mathbb{E}[s^2] = 7$, which is *not* the mean of $f$.
# A mean over the batch that contains the draw itself shrinks the gradient to $1 - 1/n$ of it. Leaving the draw out costs no bias; then the terms of one batch are
# not independent, and the variance of their average is not $V/n$, but can be written down, too.

# %%
constants = np.linspace(-2, 16, 200)
figure, panels = plt.subplots(1, 2, figsize=(9, 3.4))
panels[0].plot(constants, 87 - 14 * constants + constants**2)
for value, name in ((0, "none"), (5, "mean of f"), (7, "best")):
    panels[0].plot(value, 87 - 14 * value + value**2, "o", label=name)
panels[0].set(xlabel="constant baseline b", ylabel="variance of one draw")
small = np.arange(2, 41)
for name in ("score function", "baseline E[f]", "optimal baseline", "leave-one-out", "pathwise"):
    panels[1].loglog(small, [exact_variances(2.0, int(n))[name] for n in small], label=name)
panels[1].set(xlabel="draws in a batch", ylabel="variance of the batch's average")
for axes in panels:
    axes.legend()
figure.tight_layout()
plt.show()

# %% [markdown]
# ## Control variates
# A baseline is $b$ times the score, and the score is one of many functions whose mean we know. With $g - c(h - \mathbb{E}h)$ the best $c$ is $\mathrm{Cov}(g,h)/\mathrm{Var}(h)$ and leaves $1 - \rho^2$ of the variance: only
# the correlation counts. The *delta method* expands $f$ to a parabola, whose gradient is known, and leaves the score function only the rest (Paisley, Blei & Jordan 2012). The commonest slip is to
# subtract $h$ and forget what it contributed.

# %%
theta = {"mean": tf.constant(2.0, tf.float64), "std": tf.constant(1.0, tf.float64)}
curve = lambda z: tf.exp(0.5 * z)  # noqa: E731
estimators = {
    "score function": ScoreFunction(),
    "best constant": ScoreFunction(baseline=float(np.exp(1.125) * 1.25)),
    "delta method": DeltaControlVariate(),
    "measure-valued": MeasureValued(),
    "pathwise": Pathwise(),
}
print(f"exact gradient of E[exp(z/2)]: {0.5 * np.exp(1.125):.4f}")
for name, estimator in estimators.items():
    found = estimator(curve, GaussianLaw(), theta, draws=20_000, seed=2)["mean"].numpy()
    print(f"{name:15s} mean {found.mean():.3f}, variance of one draw {found.var():8.4f}")

# %% [markdown]
# ## A loss to differentiate
# A framework wants one scalar. The *surrogate* $\bot f(z)\,\log p_\theta(\bot z)$ has the right gradient and a meaningless value; $\bot$ is `tf.stop_gradient`. Each place where it is forgotten has its own symptom.
# With $z = \mu + \sigma\epsilon$ left open inside $\log p$ nothing of $\mu$ remains, since $\log N(\mu + \sigma\epsilon; \mu, \sigma^2) = -\tfrac12\epsilon^2 - \log\sigma + \ldots$; with $f$ left open its
# slope is added, weighted by $\log p$: then even a constant in the log-density, which should not matter, changes the gradient.

# %%
eps = tf.constant(generator.normal(size=100_000))
mean = tf.Variable(2.0, dtype=tf.float64)
keep, stop = tf.identity, tf.stop_gradient
for name, hold_f, hold_z, constant in (
    ("both held", stop, stop, 0.0),
    ("both held, log p + 3", stop, stop, 3.0),
    ("f left open", keep, stop, 0.0),
    ("f left open, log p + 3", keep, stop, 3.0),
    ("z in log p left open", stop, keep, 0.0),
):
    with tf.GradientTape() as tape:
        z_open = mean + eps
        log_density = constant - 0.5 * (hold_z(z_open) - mean) ** 2
        surrogate = tf.reduce_mean(hold_f(z_open**2) * log_density)
    print(f"{name:23s} gradient {tape.gradient(surrogate, mean).numpy():+6.2f}, where 2θ = 4")

# %% [markdown]
# ## Discrete latents
# Batra begins with $z \sim \mathrm{cat}(\pi)$ and moves on to normals, for a reason: a class has no path. With few classes nothing has to be estimated, $\nabla_l \sum_k p_k f_k = p_k(f_k - \sum_j p_j f_j)$. With many, or with many variables of two
# classes each, the sum has $2^D$ terms, and the score function is the only *unbiased* way that asks for nothing. Everything that lowers its variance is worth having; REBAR (Tucker et al. 2017) uses a relaxed draw as the control
# variate, and stays unbiased.

# %%
logits = {"logits": tf.constant([1.0, 0.3, 0.0, -0.5], tf.float64)}
table = tf.constant([0.2, 1.0, -0.5, 2.0], tf.float64)
# A smooth function of one-hot vectors, so that relaxed draws have a value, too.
smooth = lambda z: tf.reduce_sum(z * table, axis=-1) + 0.3 * tf.reduce_sum(z**2, axis=-1)  # noqa: E731
law = CategoricalLaw()
truth = tf.reduce_sum(Enumeration()(smooth, law, logits)["logits"], axis=0).numpy()
print("exact                 ", np.round(truth, 3))
for name, estimator in (
    ("score function", ScoreFunction()),
    ("leave-one-out", ScoreFunction(baseline="leave_one_out")),
    ("REBAR", Rebar()),
):
    batches = estimator(smooth, law, logits, draws=20_000, seed=3)["logits"].numpy()
    print(f"{name:22s}", np.round(batches.mean(axis=0), 3), f"variance {batches.var(axis=0).sum():.3f}")

# %% [markdown]
# ## Relaxed draws
# Gumbel noise makes classes from logits by an argmax; a softmax in its place gives a point inside the simplex that moves with the logits. Small $\tau$: nearly classes, steep softmax, large variance. Large $\tau$: tame, and
# about another problem. Where does the bias come from? $f$ is asked about points that no class ever visits. Straight-through asks $f$ about classes only, and takes the slope there as if the way
# between them were straight. Neither can see two functions apart that agree on the classes; the exact gradient cannot, and must not.

# %%
gumbels = -np.log(-np.log(generator.uniform(size=(3_000, 3))))
figure, panels = plt.subplots(1, 4, figsize=(10, 2.8))
corners = np.array([[0, 0], [1, 0], [0.5, np.sqrt(3) / 2]])
for axes, temperature in zip(panels, (5.0, 1.0, 0.4, 0.1), strict=True):
    scores = (np.log([0.6, 0.3, 0.1]) + gumbels) / temperature
    soft = np.exp(scores - scores.max(axis=1, keepdims=True))
    soft /= soft.sum(axis=1, keepdims=True)
    axes.plot(*corners[[0, 1, 2, 0]].T, color="black", linewidth=0.8)
    axes.plot(*(soft @ corners).T, ".", markersize=2, alpha=0.3)
    axes.set(title=f"τ = {temperature:g}", xlabel="p = 0.6, 0.3, 0.1", ylabel="relaxed draws", xticks=[], yticks=[], aspect="equal")
figure.tight_layout()
plt.show()

# %% [markdown]
# ## Beyond location and scale
# "Find a transformation ... such that $q(\epsilon)$ does not depend on $\lambda$" (Aziz). For a gamma, a beta, a Dirichlet there is none with a closed form. Three ways out. *Generalised*: standardise as well as you can, and
# correct for what is left with a score (Ruiz, Titsias & Blei 2016). *Implicit*: the distribution function is a map to uniform noise, $\dot z = -\partial_\alpha F / p$, and needs no inverse (Figurnov, Mohamed & Mnih 2018). And the score
# function, as ever. For $f(z) = z^2$ and $\alpha$ small the standardised noise still depends on $\alpha$ so much that the correction dominates.

# %%
figure, panels = plt.subplots(1, 2, figsize=(9, 3.2))
shapes = np.geomspace(0.5, 20, 7)
for name, estimator in (
    ("score function", ScoreFunction()),
    ("generalised", GeneralizedReparameterization()),
    ("implicit", ImplicitReparameterization()),
):
    variances = []
    for shape in shapes:
        parameters = {"concentration": tf.constant(shape, tf.float64), "rate": tf.constant(1.0, tf.float64)}
        found = estimator(tf.square, GammaLaw(), parameters, draws=20_000, seed=4)["concentration"].numpy()
        variances.append(found.var() / (2 * shape + 1) ** 2)
    panels[1].loglog(shapes, variances, ".-", label=name)
for shape in (0.5, 2.0, 20.0):
    sample = np.log(generator.gamma(shape, size=20_000))
    panels[0].hist((sample - sample.mean()) / sample.std(), np.linspace(-5, 3, 90), histtype="step", density=True, label=f"α = {shape:g}")
panels[0].set(xlabel="ε, standardised log z", ylabel="density", title="still depends on α")
panels[1].set(xlabel="α", ylabel="variance, in squared gradients")
for axes in panels:
    axes.legend()
figure.tight_layout()
plt.show()

# %% [markdown]
# ## Black-box inference
# Put $f = \log p(D, w) - \log q_\theta(w)$ and all of the above is variational inference for any model whose joint density can be evaluated (Ranganath, Gerrish & Blei 2014): maximise
# $\mathcal{L}(\theta) = \log p(D) - \mathrm{KL}(q\,\|\,p(w \mid D))$. A conjugate model shows it best, because there the best bound *is* $\log p(D)$. Where part of the ELBO is known in closed form, as the KL divergence to a normal prior,
# take it exactly: what is not drawn has no variance. (Aziz's "generative gradient" needs no such care: the KL divergence does not depend on the generative parameters, as long as the prior has none.)

# %%
evidence_precision = np.eye(5) - np.ones((5, 5)) / 6  # inverse of the covariance I + 11ᵀ of five observations
best = -0.5 * (observed @ evidence_precision @ observed + np.log(6) + 5 * np.log(2 * np.pi))
traces = {}
for name, use_path in (("score function", False), ("pathwise", True)):
    runs = np.zeros((8, 120))
    for run in runs:
        mu, log_std = -1.0, 0.0
        for step_number in range(120):
            std = np.exp(log_std)
            # The exact bound, for the picture only.
            fit = -0.5 * (((observed - mu) ** 2).sum() + 5 * std**2 + 5 * np.log(2 * np.pi))
            run[step_number] = fit - (0.5 * (std**2 + mu**2 - 1) - log_std)
            noise = generator.normal(size=5)
            w = mu + std * noise
            if use_path:
                slope = (observed[:, None] - w).sum(axis=0)
                gradient = np.array([slope.mean(), (slope * std * noise).mean()])
            else:
                value = -0.5 * ((observed[:, None] - w) ** 2).sum(axis=0)
                gradient = np.array([(value * noise / std).mean(), (value * (noise**2 - 1)).mean()])
            gradient -= [mu, std**2 - 1]
            mu, log_std = np.array([mu, log_std]) + 0.02 * np.clip(gradient, -20, 20)
    traces[name] = runs
figure, axes = plt.subplots(figsize=(7, 3.6))
elbo_traces(axes, traces, best=best)
axes.set(ylim=(best - 6, best + 0.5), title="dashed: log p(D), which the best q reaches here")
plt.show()

# %% [markdown]
# ## Policy gradients
# "Recall: Policy Gradients": $\nabla_\theta\,\mathbb{E}_\tau[\mathcal{R}(\tau)] = \mathbb{E}_\tau[\nabla_\theta \log\pi_\theta(\tau)\,\mathcal{R}(\tau)]$. The slide's $\pi_\theta(\tau)$ is the law of the whole episode, world included: $\log\pi_\theta(\tau) = \sum_t \log\pi_\theta(a_t \mid s_t) + {}$terms of the world,
# which do not contain $\theta$. Then the product has a term $r_{t'}\nabla\log\pi(a_t \mid s_t)$ for every pair of steps, and those with $t' < t$ are zero on average, for the past does not answer to the present. Leaving them out is not
# an approximation. It is a control variate with a coefficient of one, and it pays more the longer the episode.

# %%
lengths = np.array([1, 2, 4, 8, 16, 32])
variances = {"whole return": [], "reward-to-go": [], "reward-to-go, others' mean taken off": []}
for length in lengths:
    actions = generator.integers(0, 2, size=(4_000, length))  # a policy that is still undecided
    rewards = actions + 0.5 * generator.normal(size=(4_000, length))
    scores = actions - 0.5
    to_go = rewards[:, ::-1].cumsum(axis=1)[:, ::-1]
    centred = (to_go - to_go.mean(axis=0)) * 4_000 / 3_999  # value minus the mean of the others
    for name, weight in zip(variances, (rewards.sum(axis=1, keepdims=True), to_go, centred), strict=True):
        variances[name].append((weight * scores).sum(axis=1).var())
figure, axes = plt.subplots(figsize=(7, 3.4))
for name, row in variances.items():
    axes.loglog(lengths, row, ".-", label=name)
axes.set(xlabel="steps in an episode", ylabel="variance of one episode's gradient")
axes.legend()
plt.show()

# %% [markdown]
# ## Sources
# Batra, CS 4803/7643. Aziz, *Variational inference and deep generative models*. Damianou 2018, appendix. Ivanov, REINFORCE. Williams 1992. Sutton et al. 2000. Greensmith, Bartlett & Baxter 2004. Paisley, Blei & Jordan 2012.
# Bengio, Léonard & Courville 2013. Kingma & Welling 2014. Ranganath, Gerrish & Blei 2014. Mnih & Rezende 2016. Ruiz, Titsias & Blei 2016. Jang, Gu & Poole 2017. Maddison, Mnih & Teh 2017. Tucker et al. 2017. Figurnov, Mohamed & Mnih 2018.
# Mohamed, Rosca, Figurnov & Mnih, *Monte Carlo gradient estimation in machine learning*, JMLR 2020.
