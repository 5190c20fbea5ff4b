"""Every forecasting network in the forms that take another way through the code.

A new network is one more row in `NETWORKS`. It gets sizes (context, horizon, channels) and, if
it reads features, their numbers.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch

from skscale.nn import (
    AMDNet,
    AutoencoderForecastNet,
    CorrectedForecast,
    DLinearNet,
    ForecastNet,
    ITransformerNet,
    LinearForecast,
    MICNNet,
    MSGNet,
    MultiPatchFormerNet,
    NHiTSNet,
    NLinearNet,
    PatchTSTNet,
    PyraformerNet,
    SCINetNet,
    SigmaNet,
    TimeFilterNet,
    TimeMixerNet,
    TimeMixerPPNet,
    TimeProNet,
    TimesNet,
    WPMixerNet,
    reference_maps,
)

CONTEXT, HORIZON, CHANNELS, BATCH = 24, 6, 2, 5
Sigma = partial(SigmaNet, d_model=4, d_ff=4)
TimeMixer = partial(TimeMixerNet, d_model=4, d_ff=6, moving_avg=5, dropout=0.0)
ITransformer = partial(ITransformerNet, d_model=4, d_ff=6, n_heads=2)
PatchTST = partial(PatchTSTNet, d_model=4, d_ff=6, n_heads=2, n_layers=2)
AMD = partial(AMDNet, patch_length=6, n_experts=3, d_ff=8, dropout=0.0)
WPMixer = partial(WPMixerNet, d_model=4, patch_length=6, stride=3)
Times = partial(TimesNet, d_model=4, d_ff=6, top_k=3, n_kernels=3)
TimeMixerPP = partial(TimeMixerPPNet, d_model=4, d_ff=6, n_kernels=2, down_sampling_layers=2)
MICN = partial(MICNNet, d_model=4, kernels=(4, 5))
MSG = partial(MSGNet, d_model=4, d_ff=6, n_heads=2, conv_channels=2, skip_channels=3)
MultiPatchFormer = partial(MultiPatchFormerNet, d_model=8, d_ff=6, n_heads=2)
Pyraformer = partial(PyraformerNet, d_model=4, d_ff=6, n_heads=2, n_layers=2)
NHiTS = partial(
    NHiTSNet,
    hidden_sizes=(12, 12),
    activation="leaky_relu",
    pool_sizes=(6, 4, 1),
    downsampling=(4, 2, 1),
)
TimeFilter = partial(TimeFilterNet, d_model=4, d_ff=6, n_heads=2, n_layers=1)
TimePro = partial(TimeProNet, d_model=4, n_layers=1, patch_length=6)
Autoencoder = partial(AutoencoderForecastNet, latent_size=4, hidden_size=8)


def linear(context, horizon, channels):
    return LinearForecast(reference_maps(context, horizon, 4)["level"], channels)


def corrected(context, horizon, channels, **features):
    net = Sigma(context, horizon, channels, **features)
    return CorrectedForecast(linear(context, horizon, channels), net, share=0.7)


class Row(NamedTuple):
    """How a network is built, what it reads, whether forecasts move with shift and scale."""

    build: Callable[..., ForecastNet]
    n_features: tuple[int, int] = (3, 2)  # of the past, of the future
    equivariant: bool = True
    untrained: tuple[str, ...] = ()  # parameters, or their first part, without effect on forecasts
    waits: bool = False  # for values from the device, on which the next steps depend


NETWORKS = {
    "Sigma": Row(Sigma),
    "Sigma, joint": Row(partial(Sigma, scale_independence=False)),
    "Sigma, two blocks": Row(partial(Sigma, n_layers=2, dropout=0.1)),
    "Sigma, sample": Row(partial(Sigma, scaling="sample")),
    "Sigma, moving average": Row(partial(Sigma, scaling="moving_average")),
    "Sigma, trend and season": Row(partial(Sigma, mixing="trend_season")),
    "Sigma, not normalised": Row(
        partial(Sigma, normalize=False), equivariant=False, untrained=("norm.",)
    ),
    "TimeMixer": Row(TimeMixer),
    "TimeMixer, dropout": Row(partial(TimeMixer, dropout=0.1)),
    "TimeMixer, max": Row(partial(TimeMixer, down_sampling_method="max")),
    "TimeMixer, conv": Row(partial(TimeMixer, down_sampling_method="conv")),
    "TimeMixer, Fourier": Row(partial(TimeMixer, decomp_method="dft_decomp", top_k=2)),
    "TimeMixer, mixed": Row(partial(TimeMixer, channel_independent=False)),
    "TimeMixer, mixed conv": Row(
        partial(TimeMixer, channel_independent=False, down_sampling_method="conv")
    ),
    "Autoencoder": Row(Autoencoder, untrained=("autoencoder.decoders.1",)),
    "Autoencoder, joint": Row(
        partial(Autoencoder, decoding="joint", view=("first", "max")),
        untrained=("autoencoder.decoders",),
    ),
    "AMD": Row(AMD, (0, 2), untrained=("gate.noise",)),
    "AMD, across channels": Row(
        partial(AMD, alpha=0.5, patch_length=5, n_blocks=2, dropout=0.1),
        (0, 2),
        untrained=("gate.noise",),
    ),
    "AMD, not normalised": Row(
        partial(AMD, normalize=False, batch_norm=False, pooling_levels=0),
        (0, 2),
        equivariant=False,
        untrained=("gate.noise",),
    ),
    "DLinear": Row(partial(DLinearNet, moving_avg=5), (0, 0), equivariant=False),
    "DLinear, individual": Row(partial(DLinearNet, individual=True), (0, 0), equivariant=False),
    "NLinear": Row(NLinearNet, (0, 0), equivariant=False),
    "NLinear, individual": Row(partial(NLinearNet, individual=True), (0, 0), equivariant=False),
    "iTransformer": Row(ITransformer),
    "iTransformer, dropout": Row(partial(ITransformer, dropout=0.1)),
    "iTransformer, not normalised": Row(
        partial(ITransformer, n_layers=1, activation="relu", normalize=False), equivariant=False
    ),
    "PatchTST": Row(PatchTST, (0, 2)),
    "PatchTST, two parts": Row(
        partial(PatchTST, decomposition=True, individual=True, affine=True, subtract_last=True),
        (0, 2),
    ),
    "PatchTST, library": Row(partial(PatchTST, variant="tslib", dropout=0.1), (0, 2)),
    "PatchTST, not normalised": Row(
        partial(PatchTST, patch_length=5, stride=3, pad_end=False, normalize=False),
        (0, 2),
        equivariant=False,
    ),
    "WPMixer": Row(WPMixer, (0, 2)),
    "WPMixer, levels": Row(partial(WPMixer, level=2, wavelet="haar", dropout=0.1), (0, 2)),
    "WPMixer, undecomposed": Row(
        partial(WPMixer, level=0, affine=False, branch_norm=False, embedding_dropout=0.1), (0, 2)
    ),
    "MICN": Row(partial(MICN, n_layers=2, dropout=0.1), equivariant=False),
    "MICN, normalised": Row(partial(MICN, d_model=7, normalize=True)),
    "MICN, mean": Row(partial(MICN, trend="mean"), equivariant=False),
    "MICN, tslib": Row(partial(MICN, variant="tslib"), equivariant=False),
    "TimesNet": Row(Times, waits=True),
    "TimesNet, odd": Row(partial(Times, d_model=5, n_layers=1, top_k=15, dropout=0.1), waits=True),
    "TimeFilter": Row(TimeFilter, untrained=("blocks.0.graph.router",)),
    "TimeFilter, removed": Row(
        partial(TimeFilter, filter="remove", patch_length=5, alpha=0.4, top_p=0.8, n_layers=2),
        untrained=("blocks.0.graph.router", "blocks.1.graph.router"),
    ),
    "TimeFilter, all kinds": Row(
        partial(TimeFilter, alpha=0.0, top_p=1.0, positions=False, n_heads=1, d_model=3),
        untrained=("blocks.0.graph.router",),
    ),
    "TimeFilter, alone": Row(partial(TimeFilter, top_p=0.0, dropout=0.1)),
    "MSGNet": Row(MSG),
    "MSGNet, all of a period": Row(
        partial(
            MSG,
            d_model=5,
            n_layers=2,
            top_k=12,
            depth=3,
            causal=False,
            individual=True,
            dropout=0.1,
        )
    ),
    "TimeMixer++": Row(TimeMixerPP, waits=True),
    "TimeMixer++, mixed": Row(
        partial(
            TimeMixerPP,
            d_model=5,
            n_layers=2,
            n_heads=2,
            n_kernels=3,
            top_k=3,
            down_sampling_method="conv",
            channel_independent=False,
            head="mean",
            dropout=0.1,
        ),
        waits=True,
    ),
    "TimeMixer++, finest": Row(
        partial(TimeMixerPP, down_sampling_window=3, channel_mixing=False, head="finest", top_k=1),
        waits=True,
    ),
    "TimeMixer++, one scale": Row(
        partial(TimeMixerPP, down_sampling_layers=0, head="coarsest", normalize=False, top_k=12),
        equivariant=False,
        untrained=("norms.",),
        waits=True,
    ),
    "TimePro": Row(TimePro),
    "TimePro, two layers": Row(
        partial(TimePro, d_model=3, n_layers=2, patch_length=9, stride=7, dropout=0.1)
    ),
    "TimePro, not normalised": Row(
        partial(TimePro, d_model=18, patch_length=30, initial="average", normalize=False),
        equivariant=False,
    ),
    "N-HiTS": Row(NHiTS),
    "N-HiTS, shared": Row(
        partial(
            NHiTS,
            n_blocks=(2, 1, 2),
            shared_weights=True,
            pooling="average",
            interpolation="cubic",
            activation="selu",
            dropout=0.1,
        )
    ),
    "N-HiTS, not normalised": Row(
        partial(
            NHiTS,
            pool_sizes=(7, 5, 30),
            activation="relu",
            interpolation="nearest",
            normalize=False,
        ),
        equivariant=False,
    ),
    "SCINet": Row(SCINetNet),
    "SCINet, two stacks": Row(
        partial(
            SCINetNet,
            n_stacks=2,
            concat_length=7,
            hidden_size=2,
            kernel_size=4,
            modified=False,
            groups=2,
            dropout=0.1,
        )
    ),
    "SCINet, tslib": Row(
        partial(SCINetNet, variant="tslib", positions=True, n_levels=4, affine=False)
    ),
    "SCINet, not normalised": Row(
        partial(SCINetNet, n_levels=1, positions=True, normalize=False, affine=False),
        equivariant=False,
    ),
    "Pyraformer": Row(Pyraformer),
    "Pyraformer, convolutions": Row(
        partial(
            Pyraformer,
            d_model=5,
            head_size=3,
            value_size=2,
            windows=(3, 4, 9),
            neighbours=6,
            construction="convolution",
            normalize=False,
            dropout=0.1,
        ),
        equivariant=False,
    ),
    "Pyraformer, attention": Row(
        partial(Pyraformer, n_layers=1, windows=(4, 4), decoder="attention", dropout=0.1)
    ),
    "Pyraformer, tslib": Row(partial(Pyraformer, variant="tslib", windows=(4, 4), neighbours=5)),
    "MultiPatchFormer": Row(MultiPatchFormer, (0, 2)),
    "MultiPatchFormer, tslib": Row(
        partial(
            MultiPatchFormer,
            d_model=6,
            head_size=2,
            n_layers=2,
            variant="tslib",
            normalize=False,
            affine=False,
            dropout=0.1,
        ),
        (0, 2),
        equivariant=False,
    ),
    "Linear": Row(linear, n_features=(0, 0)),
    "Corrected": Row(corrected),
}


class Inputs(NamedTuple):
    """Arguments of a forecast."""

    x: torch.Tensor
    past_features: torch.Tensor | None = None
    future_features: torch.Tensor | None = None
    mask: torch.Tensor | None = None

    def each(self, change):
        """Change every tensor."""
        return Inputs(*(value if value is None else change(value) for value in self))

    def __call__(self, net):
        """Forecast of ``net``."""
        return net(self.x, self.past_features, self.future_features, self.mask)


def features_of(name):
    """Arguments that announce the features a network reads."""
    n_past, n_future = NETWORKS[name].n_features
    features = {"n_past_features": n_past, "n_future_features": n_future}
    return {key: value for key, value in features.items() if value}


def build(name, *, features=True, dtype=torch.float64):
    """Build a network whose every parameter has a value of its own, in evaluation mode."""
    torch.manual_seed(0)
    sizes = (CONTEXT, HORIZON, CHANNELS)
    net = NETWORKS[name].build(*sizes, **(features_of(name) if features else {}))
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.2 * torch.rand_like(parameter))
    return net.to(dtype).eval()


def draw(net, batch=BATCH, dtype=torch.float64):
    """Windows with all the features that ``net`` reads."""
    generator = torch.Generator().manual_seed(1)

    def normal(*shape):
        return torch.randn(batch, *shape, generator=generator, dtype=torch.float64).to(dtype)

    x = 3 * normal(net.context_length, net.n_channels).cumsum(1) + 5
    past = normal(net.context_length, net.n_past_features) if net.n_past_features else None
    future = normal(net.prediction_length, net.n_future_features) if net.n_future_features else None
    return Inputs(x, past, future)


def padded(inputs):
    """Add a mask that hides up to all points but one."""
    start = torch.tensor([0, 1, 7, 17, CONTEXT - 1]).unsqueeze(1)
    return inputs._replace(mask=torch.arange(CONTEXT) >= start)


def gappy(inputs):
    """Add a mask of every value: points, blocks, both ends, one channel without any."""
    generator = torch.Generator().manual_seed(2)
    mask = torch.rand(inputs.x.shape, generator=generator) > 0.3
    mask[0] = True
    mask[1, :6, 0] = False
    mask[2, -5:] = False
    mask[4, 3:-1] = False
    mask[4, :, 1] = False
    return inputs._replace(mask=mask)


def trained(name):
    """Names of the parameters that forecasts depend on."""
    names = dict(build(name).named_parameters())
    return {path for path in names if not path.startswith(NETWORKS[name].untrained)}
