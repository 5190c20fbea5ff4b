# %% [markdown]
# # The autoencoder: features, anomalies, augmentation
#
# `MultiScaleAutoencoder` turns a series into few numbers from which the series can be made again.
# It is a transformer of scikit-learn.
#
# The data: GunPoint, 150 points of a hand's position. 50 series to learn from, 150 to test.

# %%
from sktime.datasets import load_gunpoint

X_train, y_train = load_gunpoint(split="train", return_type="numpy3D")
X_test, y_test = load_gunpoint(split="test", return_type="numpy3D")

# %% [markdown]
# ## Few numbers
#
# Two encoders, one for block averages and one for what these leave, with eight latent values each.

# %%
from skscale import MultiScaleAutoencoder

autoencoder = MultiScaleAutoencoder(latent_size=8, random_state=0).fit(X_train)
Z = autoencoder.transform(X_test)
again = autoencoder.inverse_transform(Z)
share = 1 - ((again - X_test) ** 2).mean() / X_test.var()
print(f"{X_test.shape[-1]} points, {Z.shape[1]} numbers, {share:.1%} of the variance comes back")

# %% A series of the test part, what both stages reconstruct, and what is left
from skscale.plotting import DecompositionDisplay

DecompositionDisplay.from_autoencoder(autoencoder, X_test[0]).plot()

# %% [markdown]
# ## Features
#
# 16 numbers before a linear classifier, beside all 150 points:

# %%
import numpy as np
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def right(train, test):
    """Share of the test part that a linear classifier gets right."""
    classifier = make_pipeline(StandardScaler(), RidgeClassifierCV(alphas=np.logspace(-3, 5, 9)))
    return classifier.fit(train, y_train).score(test, y_test)


print(f"150 points: {right(X_train[:, 0], X_test[:, 0]):.3f}")
print(f"16 numbers: {right(autoencoder.transform(X_train), Z):.3f}")

# %% [markdown]
# The points win here: the reconstruction does not know which points tell the classes apart.
#
# ## Anomalies
#
# What cannot be reconstructed is unlike the series learned from. `score_samples` is low for such.
# The data here are days of electricity demand in Italy. The autoencoder sees days of the winter
# half of a year alone, and has to find those of the summer half among 1029 others.

# %%
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score
from sktime.datasets import load_italy_power_demand

days, half = load_italy_power_demand(split="train", return_type="numpy3D")
later, later_half = load_italy_power_demand(split="test", return_type="numpy3D")
winter, unlike = days[half == "1"], later_half != "1"
detector = MultiScaleAutoencoder(latent_size=4, random_state=0).fit(winter)
print(f"{len(winter)} days to learn from, {unlike.sum()} of {len(later)} to be found")
print(f"area under the ROC curve:   {roc_auc_score(unlike, -detector.score_samples(later)):.3f}")

pca = PCA(8).fit(winter[:, 0])
left = later[:, 0] - pca.inverse_transform(pca.transform(later[:, 0]))
print(f"eight principal components: {roc_auc_score(unlike, (left**2).mean(axis=1)):.3f}")

# %% [markdown]
# 1 would be all of them first, 0.5 is chance. Principal components with as many numbers do it a
# little better here.
#
# ## Augmentation
#
# `augment` changes the latent values of series and adds the difference that this makes to their
# reconstruction. Labels stay. Ten labelled series are little, so make more of them:

# %% Three series (solid) and one variation of each (dashed)
from matplotlib import pyplot as plt

few, labels = X_train[:10], y_train[:10]
small = MultiScaleAutoencoder(latent_size=4, random_state=0).fit(few)
variants = [small.augment(few, 0.5, random_state=seed) for seed in range(10)]
for number, color in enumerate(["C0", "C1", "C2"]):
    plt.plot(few[number, 0], color)
    plt.plot(variants[0][number, 0], color, linestyle="--")

# %%
from sklearn.neighbors import KNeighborsClassifier


def gain(few, labels, variants, test, truth):
    """Accuracy without and with the variants, of two classifiers."""
    more = np.concatenate([few, *variants])[:, 0]
    for classifier in (RidgeClassifierCV(np.logspace(-3, 5, 9)), KNeighborsClassifier(1)):
        model = make_pipeline(StandardScaler(), classifier)
        before = model.fit(few[:, 0], labels).score(test[:, 0], truth)
        after = model.fit(more, np.tile(labels, 1 + len(variants))).score(test[:, 0], truth)
        print(f"{type(classifier).__name__:<20} {before:.3f} -> {after:.3f}")


gain(few, labels, variants, X_test, y_test)

# %% [markdown]
# It helps both classifiers on GunPoint. It need not. The same on ten days of electricity demand:

# %%
small.fit(days[:10])
variants = [small.augment(days[:10], 0.5, random_state=seed) for seed in range(10)]
gain(days[:10], half[:10], variants, later, later_half)

# %% [markdown]
# There it costs. Check with a part of the data that neither has seen, and choose `strength` by it.
#
# ## What next
#
# - [Autoencoder](../autoencoder.md) has both its forms, and how to draw new series.
# - [Results](../results/index.md) measures features and augmentation on more sets.
# - [Trained weights](11_trained_weights.md).
