# %% [markdown]
# # Saving, serving and resuming
#
# A forecaster is fitted today, forecasts tomorrow in another process, and goes on with new data
# next month.

# %%
from pathlib import Path
from tempfile import mkdtemp

from sktime.datasets import load_airline

import skscale
from skscale import SigmaForecaster

y = load_airline()
forecaster = SigmaForecaster(random_state=0).fit(y[:-24], fh=range(1, 13))
path = Path(mkdtemp()) / "airline"
forecaster.save(path)
print(sorted(file.name for file in path.parent.iterdir()))

# %% [markdown]
# ## Loading
#
# On the same machine the forecast is the same to the last bit.

# %%
again = skscale.load(path)
print(again.predict().equals(forecaster.predict()))
print(again.get_params() == forecaster.get_params())

# %% [markdown]
# The file holds JSON and tensors, and no line of code: reading one that somebody else has made is
# safe. What is wrong with a file is said before anything is built of it:

# %%
from skscale.saving import UnreadableFileError

broken = path.with_name("broken.zip")
broken.write_bytes(path.with_name("airline.zip").read_bytes()[:2000])
try:
    skscale.load(broken)
except UnreadableFileError as error:
    print(str(error).replace(str(path.parent), "..."))

# %% [markdown]
# ## Serving
#
# A service loads the file once, and answers. New values move the cut-off, without training: that
# takes milliseconds.

# %%
service = skscale.load(path)
for month in y[-24:-21].index:
    service.update(y[[month]], update_params=False)
    print(month, "->", service.predict(fh=[1]).round(1).to_dict())

# %% [markdown]
# `update` without `update_params=False` also trains further; that is sktime's default, and takes
# as long as a fit.
#
# ## Resuming
#
# After a year the forecaster learns from what came, and is saved to the same name. The old file
# stands until the new one is whole.

# %%
service.update(y[-21:-12], update_params=False)
before = (service.predict(fh=range(1, 13)) - y[-12:]).abs().mean()
learned = skscale.load(path).update(y[-24:-12])
learned.save(path)
after = (skscale.load(path).predict(fh=range(1, 13)) - y[-12:]).abs().mean()
print(f"new context alone:  {before:.1f} thousand passengers off")
print(f"learned from it:    {after:.1f}")

# %% [markdown]
# Where trained weights make the forecast, there is little to learn anew, and both forecasts are
# the same or nearly so.
#
# ## Stopping a training
#
# `max_time` bounds the seconds of training; what was best until then is kept. Ctrl-C in `fit` or
# `update` leaves the forecaster as it was. A callback looks on after every epoch and may stop:

# %%
from skscale.training import Callback


class ThreeEpochs(Callback):
    """Says the loss of each epoch, and stops after the third."""

    def on_epoch_end(self, progress):
        print(f"epoch {progress.epoch}: {progress.history.train_loss[-1]:.4f}")
        return progress.epoch == 3


stopped = SigmaForecaster(callbacks=[ThreeEpochs()], pretrained=None, random_state=0)
print(stopped.fit(y[:-24], fh=range(1, 13)).history_["notes"])

# %% [markdown]
# ## What next
#
# - [Saving](../saving.md) has the format, and what holds between versions.
# - [GPU and several machines](13_gpu.md) for what takes long.
