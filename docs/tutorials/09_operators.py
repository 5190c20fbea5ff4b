# %% [markdown]
# # Operators and scale features for classification
#
# An operator makes a coarser version of a series: averages of blocks, maxima, every fourth point.
# `MultiScale` puts several scales side by side, as features for any model of scikit-learn.
#
# The data: BasicMotions, six sensors of a smart watch, 100 points each, four motions. 40
# recordings to learn from, 40 to test.

# %%
from sktime.datasets import load_basic_motions

X_train, y_train = load_basic_motions(split="train", return_type="numpy3D")
X_test, y_test = load_basic_motions(split="test", return_type="numpy3D")
print(X_train.shape, sorted(set(y_train.tolist())))

# %% [markdown]
# ## One operator at several scales

# %% One sensor, and its maxima over blocks of 2, 4 and 8 points
from skscale.operators import MaxPooling
from skscale.plotting import OperatorDisplay

OperatorDisplay.from_estimator(MaxPooling(), X_train[20, 0], scales=[2, 4, 8]).plot()

# %% [markdown]
# ## In a pipeline
#
# The model is linear. Raw points tell it little, since a motion may begin at any time; maxima over
# blocks depend less on that.

# %%
import numpy as np
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skscale.operators import AveragePooling, MultiScale


def model(operator, scales):
    """Features at several scales before a linear classifier."""
    classifier = RidgeClassifierCV(alphas=np.logspace(-3, 5, 9))
    return make_pipeline(MultiScale(operator, scales=scales), StandardScaler(), classifier)


for name, one in {
    "raw points": model(AveragePooling(), (1,)),
    "averages": model(AveragePooling(), (4, 12)),
    "maxima": model(MaxPooling(), (4, 12)),
}.items():
    print(
        f"{name:<11} {one.fit(X_train, y_train).score(X_test, y_test):.3f} of the test part right"
    )

# %% [markdown]
# Averages gain, too: they are fewer than the points, and forty recordings are few for 600 numbers.
#
# ## Choosing operator and scales
#
# Both are parameters like any other. The search sees the train part alone.

# %%
from sklearn.model_selection import GridSearchCV, StratifiedKFold

grid = {
    "multiscale__operator": [AveragePooling(), MaxPooling()],
    "multiscale__scales": [(1,), (1, 4, 12), (4, 8), (8, 12)],
}
folds = StratifiedKFold(5, shuffle=True, random_state=0)
search = GridSearchCV(model(AveragePooling(), (1,)), grid, cv=folds).fit(X_train, y_train)
print(search.best_params_)
print(f"{search.score(X_test, y_test):.3f} of the test part right")

# %% [markdown]
# Better than raw points, a little worse than the scales of our guess above: forty recordings do
# not tell the two apart.
#
# ## Where it does not help
#
# Days of electricity demand: the hour says it all, and coarser is worse.

# %%
from sktime.datasets import load_italy_power_demand

days, half = load_italy_power_demand(split="train", return_type="numpy3D")
later, later_half = load_italy_power_demand(split="test", return_type="numpy3D")
for name, one in {
    "raw points": model(AveragePooling(), (1,)),
    "maxima": model(MaxPooling(), (4, 12)),
    "both": model(MaxPooling(), (1, 4, 12)),
}.items():
    print(f"{name:<11} {one.fit(days, half).score(later, later_half):.3f}")

# %% [markdown]
# ## In sktime
#
# `skscale.forecasting.SeriesScaling(operator)` is the same for series and panels of sktime.
#
# ## What next
#
# - [Operators](../operators.md) has all of them, [Theory](../theory.md) what they promise.
# - [The autoencoder](10_autoencoder.md) learns its features.
