# %% [markdown]
# # GPU and several machines
#
# The same code runs on a CPU, on one GPU, and in several processes. This page was run on a CPU, as
# its first output says.

# %%
import torch
from sktime.datasets import load_italy_power_demand
from sktime.datatypes import convert_to

from skscale import TimeMixerForecaster
from skscale.training import resolve_device

print(resolve_device("auto"))

# %% [markdown]
# ## One GPU
#
# `device="auto"`, the default, takes a GPU where torch finds one. `device="cuda:1"` names the
# second; one that is not there is an error, not a slow fit:

# %%
try:
    TimeMixerForecaster(device="cuda:99").fit(
        convert_to(torch.zeros(2, 1, 24).numpy(), "pd-multiindex")
    )
except ValueError as error:
    print(error)

# %% [markdown]
# A GPU pays where a network is trained: large panels, long series, many channels. A fit of ETTh1
# takes an H200 an eighth of the time of its 16 CPU cores, see [Speed](../results/speed.md#on-a-gpu).
# A series of a hundred points, where nothing is trained, is faster on a CPU.
#
# A small step has some hundred operations of a few microseconds each, and a GPU waits for their
# launch. So the third step of a training is recorded as a CUDA graph, and those behind it are
# launched as one. That takes a network and a loss of this package: those of your own, and
# networks that read values while they compute, take their steps one operation at a time.
#
# ## The same forecast
#
# Here a panel of 67 days and TimeMixer trained from nothing, on whatever device there is. Two fits
# with one seed are the same:

# %%
days, _ = load_italy_power_demand(split="train", return_type="numpy3D")
panel = convert_to(days, "pd-multiindex")
first, second = (
    TimeMixerForecaster(
        context_length=12,
        season_length=1,
        pretrained=None,
        max_epochs=2,
        batch_size=256,
        random_state=0,
        device="auto",
    ).fit(panel, fh=range(1, 7))
    for _ in range(2)
)
print(first.predict().equals(second.predict()))
print(next(first.network_.parameters()).device)

# %% [markdown]
# Between devices, forecasts differ by the rounding of float32, which training may enlarge. What
# was fitted on a GPU is saved and loaded on a machine without.
#
# Two parameters are for many channels: `precision="bf16"` trains with matrix products in bfloat16
# (it needs `pip install 'skscale[parallel]'`), and `compile=True` compiles the network, which takes
# up to minutes first. With 862 channels each gains a fifth to a quarter, with seven both lose.
#
# ## Several processes
#
# `torchrun` starts a script several times, on one machine or on many. Nothing in the script
# changes: each process takes its share of every batch, and all end with the same forecaster. The
# code above, saved as `script.py`, is such a script. It needs `pip install 'skscale[parallel]'`.
#
# ```sh
# torchrun --nproc_per_node=2 script.py                                       # two processes here
# torchrun --nnodes=2 --nproc_per_node=8 --rdzv_endpoint=host:29400 script.py   # on each of two machines
# ```
#
# ## Searches on a cluster
#
# Many fits at once are another matter: sktime's `evaluate` and searches take `backend="dask"` or
# `"ray"` and run on such a cluster. On one machine `backend=None` is the faster choice for small
# fits, see [Tuning](08_tuning.md).
#
# ## What next
#
# - [Speed](../results/speed.md) has what was measured.
# - [A network of your own](14_network.md) runs on all of these, too.
