"""Networks beside their plain forms, with the same weights, and the sizes that are measured."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from skscale.nn import (
    AMDNet,
    ITransformerNet,
    MICNNet,
    MSGNet,
    MultiPatchFormerNet,
    NHiTSNet,
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
)
from skscale.nn.itransformer import itransformer_places
from skscale.nn.patchtst.official import patchtst_places
from skscale.nn.timemixer.official import timemixer_official_names
from tests.nn import (
    reference_amd,
    reference_micn,
    reference_msgnet,
    reference_multipatchformer,
    reference_nhits,
    reference_pyraformer,
    reference_scinet,
    reference_timefilter,
    reference_timemixerpp,
    reference_timepro,
    reference_timesnet,
    reference_wpmixer,
)
from tests.nn.reference_sigma import PlainSigma, to_plain
from tests.nn.reference_timemixer import timemixer
from tests.nn.reference_transformers import PlainITransformer, PlainPatchTST

BATCH, CONTEXT = 32, 96


class Case(NamedTuple):
    """One row of the table."""

    model: str
    channels: int
    horizon: int
    options: dict[str, object]
    slow: bool = False  # fewer repeats


FACTORS = {"token_factor": 5, "feature_factor": 8}
WIDE = {"hidden_sizes": (512, 512), "normalize": False}
BARE = {"normalize": False, "affine": False}
LIBRARY = {"variant": "tslib", "windows": (4, 4), "neighbours": 5, "n_layers": 2, "n_heads": 8}
HOURLY = {"head_size": 128, "n_heads": 6, "d_ff": 512}
JOINT = {"scale_independence": False}
CASES = (
    Case("Sigma", 7, 96, {"d_model": 32, "d_ff": 16}),
    Case("Sigma", 7, 720, {"d_model": 32, "d_ff": 16}),
    Case("Sigma", 21, 720, {"d_model": 8, "d_ff": 8, **JOINT}),
    Case("Sigma", 321, 720, {"d_model": 16, "d_ff": 32, **JOINT}, slow=True),
    Case("TimeMixer", 7, 96, {"d_model": 16, "d_ff": 32}),
    Case("TimeMixer", 7, 720, {"d_model": 16, "d_ff": 32}),
    Case("iTransformer", 7, 96, {"d_model": 256, "d_ff": 256}),
    Case("iTransformer", 7, 720, {"d_model": 512, "d_ff": 512}),
    Case("PatchTST", 7, 96, {"d_model": 16, "d_ff": 128}),
    Case("PatchTST", 7, 720, {"d_model": 16, "d_ff": 128}),
    Case("AMD", 7, 96, {"d_ff": 2048}),
    Case("AMD", 7, 720, {"d_ff": 2048}),
    Case("WPMixer", 7, 96, {"d_model": 32}),
    Case("WPMixer", 7, 720, {"d_model": 32}),
    Case("WPMixer", 7, 96, {"d_model": 256, "wavelet": "coif4"}),
    Case("WPMixer", 7, 720, {"d_model": 128, "wavelet": "sym2", "level": 3, **FACTORS}),
    Case("TimesNet", 7, 96, {"d_model": 16, "d_ff": 32}, slow=True),
    Case("TimesNet", 7, 720, {"d_model": 16, "d_ff": 32}, slow=True),
    Case("MICN", 7, 96, {"d_model": 32}),
    Case("MICN", 7, 720, {"d_model": 32}),
    Case("MSGNet", 7, 96, {"d_model": 32, "d_ff": 64, "conv_channels": 32}),
    Case("MSGNet", 7, 720, {"d_model": 16, "d_ff": 32, "conv_channels": 32}),
    Case("TimeMixer++", 7, 96, {"d_model": 16, "d_ff": 32, "n_heads": 8}, slow=True),
    Case("TimeMixer++", 7, 720, {"d_model": 16, "d_ff": 32, "n_heads": 8}, slow=True),
    Case("TimePro", 7, 96, {"d_model": 16}),
    Case("TimePro", 7, 720, {"d_model": 16}),
    Case("TimeFilter", 7, 96, {"patch_length": 2, "positions": False}, slow=True),
    Case("TimeFilter", 7, 720, {"d_ff": 128, "patch_length": 2, "positions": False}, slow=True),
    Case("SCINet", 7, 96, {"hidden_size": 4, **BARE}),
    Case("SCINet", 7, 720, {"hidden_size": 4, **BARE}),
    Case("Pyraformer", 7, 96, {"d_model": 512, "d_ff": 2048, **LIBRARY}, slow=True),
    Case("Pyraformer", 7, 720, {"d_model": 512, "d_ff": 2048, **LIBRARY}, slow=True),
    Case("Pyraformer", 7, 96, {"d_model": 512, **HOURLY}, slow=True),
    Case("Pyraformer", 7, 720, {"d_model": 512, **HOURLY}, slow=True),
    Case("MultiPatchFormer", 7, 96, {"d_model": 256, "d_ff": 512, "n_heads": 16}),
    Case("MultiPatchFormer", 7, 720, {"d_model": 256, "d_ff": 512, "n_heads": 16}),
    Case("N-HiTS", 7, 96, {"pool_sizes": (16, 8, 1), "downsampling": (168, 24, 1), **WIDE}),
    Case("N-HiTS", 7, 720, {"pool_sizes": (16, 8, 1), "downsampling": (168, 24, 1), **WIDE}),
)


def sigma_forms(case: Case, dropout: float) -> tuple[nn.Module, nn.Module]:
    """Plain and fast Sigma with the same weights."""
    sizes, options = (CONTEXT, case.horizon, case.channels), {**case.options, "dropout": dropout}
    fast, plain = SigmaNet(*sizes, **options), PlainSigma(*sizes, **options)
    plain.load_state_dict(to_plain(fast.state_dict()), strict=False)
    return plain, fast


class PlainTimeMixer(nn.Module):
    """The functional reference as a module."""

    def __init__(self, net: TimeMixerNet, horizon: int):
        super().__init__()
        names = timemixer_official_names(net)
        self.names = [names[ours] for ours, _ in net.named_parameters()]
        self.values = nn.ParameterList(p.detach().clone() for p in net.parameters())
        self.config = {
            "pred_len": horizon,
            "e_layers": 2,
            "channel_independence": 1,
            "down_sampling_layers": 3,
            "down_sampling_window": 2,
            "down_sampling_method": "avg",
            "moving_avg": 25,
            "use_norm": 1,
            "use_future_temporal_feature": 0,
        }

    def forward(self, x: Tensor) -> Tensor:
        """Forecast."""
        return timemixer(dict(zip(self.names, self.values, strict=True)), self.config, x)


def timemixer_forms(case: Case, dropout: float) -> tuple[nn.Module, nn.Module]:
    """Plain and fast TimeMixer with the same weights; the plain form has no dropout."""
    fast = TimeMixerNet(CONTEXT, case.horizon, case.channels, dropout=dropout, **case.options)
    return PlainTimeMixer(fast, case.horizon), fast


def itransformer_forms(case: Case, dropout: float) -> tuple[nn.Module, nn.Module]:
    """Plain and fast iTransformer with the same weights, without a calendar."""
    fast = ITransformerNet(CONTEXT, case.horizon, case.channels, dropout=dropout, **case.options)
    plain = PlainITransformer(CONTEXT, case.horizon, **case.options, n_heads=8, dropout=dropout)
    plain.load_state_dict(dict(itransformer_places(fast)))
    return plain, fast


def patchtst_forms(case: Case, dropout: float) -> tuple[nn.Module, nn.Module]:
    """Plain and fast PatchTST of the paper's code with the same weights."""
    fast = PatchTSTNet(CONTEXT, case.horizon, case.channels, dropout=dropout, **case.options)
    sizes = (case.options["d_model"], 4, case.options["d_ff"])
    plain = PlainPatchTST(CONTEXT, case.horizon, sizes, 3, (16, 8), dropout)
    plain.load_state_dict(dict(patchtst_places(fast)), strict=False)  # counts of batches
    return plain, fast


class PlainOf(nn.Module):
    """A plain form written as a function of a network, with weights of its own."""

    def __init__(self, net: nn.Module, forecast: Callable[[nn.Module, Tensor], Tensor]):
        super().__init__()
        self.net, self.forecast = deepcopy(net), forecast

    def forward(self, x: Tensor) -> Tensor:
        """Forecast."""
        return self.forecast(self.net, x)


def amd_forms(case: Case, dropout: float) -> tuple[nn.Module, nn.Module]:
    """Plain and fast AMD with the same weights."""
    fast = AMDNet(CONTEXT, case.horizon, case.channels, dropout=dropout, **case.options)

    def plain(net: nn.Module, x: Tensor) -> Tensor:
        noise = torch.randn(len(x), case.channels, 8, device=x.device)
        return reference_amd.forecast(net, x, noise)[0]

    return PlainOf(fast, plain), fast


def wpmixer_forms(case: Case, dropout: float) -> tuple[nn.Module, nn.Module]:
    """Plain and fast WPMixer with the same weights."""
    fast = WPMixerNet(CONTEXT, case.horizon, case.channels, dropout=dropout, **case.options)
    transform = case.options.get("wavelet", "db2"), case.options.get("level", 1)
    return PlainOf(fast, lambda net, x: reference_wpmixer.forecast(net, x, *transform)), fast


def timesnet_forms(case: Case, dropout: float) -> tuple[nn.Module, nn.Module]:
    """Plain and fast TimesNet; periods of the plain form are common to the batch."""
    fast = TimesNet(CONTEXT, case.horizon, case.channels, dropout=dropout, **case.options)
    return PlainOf(fast, partial(reference_timesnet.plain, common=True)), fast


def timemixerpp_forms(case: Case, dropout: float) -> tuple[nn.Module, nn.Module]:
    """Plain and fast TimeMixer++; periods of the plain form are common to the batch."""
    fast = TimeMixerPPNet(CONTEXT, case.horizon, case.channels, dropout=dropout, **case.options)
    return PlainOf(fast, partial(reference_timemixerpp.plain, common=True)), fast


def micn_forms(case: Case, dropout: float) -> tuple[nn.Module, nn.Module]:
    """Plain and fast MICN with the same weights; the plain form has no dropout."""
    fast = MICNNet(CONTEXT, case.horizon, case.channels, dropout=dropout, **case.options)
    return PlainOf(fast, reference_micn.plain), fast


def msgnet_forms(case: Case, dropout: float) -> tuple[nn.Module, nn.Module]:
    """Plain and fast MSGNet; periods of the plain form are common to the batch."""
    fast = MSGNet(CONTEXT, case.horizon, case.channels, dropout=dropout, **case.options)
    return PlainOf(fast, partial(reference_msgnet.plain, common=True)), fast


def nhits_forms(case: Case, dropout: float) -> tuple[nn.Module, nn.Module]:
    """Plain and fast N-HiTS with the same weights."""
    fast = NHiTSNet(CONTEXT, case.horizon, case.channels, dropout=dropout, **case.options)
    return PlainOf(fast, reference_nhits.batched), fast


def scinet_forms(case: Case, dropout: float) -> tuple[nn.Module, nn.Module]:
    """Plain and fast SCINet with the same weights; the plain form has no dropout."""
    fast = SCINetNet(CONTEXT, case.horizon, case.channels, dropout=dropout, **case.options)
    return PlainOf(fast, reference_scinet.plain), fast


def pyraformer_forms(case: Case, dropout: float) -> tuple[nn.Module, nn.Module]:
    """Plain and fast Pyraformer with the same weights; the plain form has no dropout."""
    options = {"dropout": dropout, "normalize": False, **case.options}
    fast = PyraformerNet(CONTEXT, case.horizon, case.channels, **options)
    form = {
        "windows": case.options.get("windows", (4, 4, 4)),
        "reach": case.options.get("neighbours", 3) // 2,
    }
    return PlainOf(fast, partial(reference_pyraformer.plain, **form)), fast


def multipatchformer_forms(case: Case, dropout: float) -> tuple[nn.Module, nn.Module]:
    """Plain and fast MultiPatchFormer with the same weights; the plain form has no dropout."""
    fast = MultiPatchFormerNet(
        CONTEXT, case.horizon, case.channels, dropout=dropout, **case.options
    )
    return PlainOf(fast, reference_multipatchformer.plain), fast


def timepro_forms(case: Case, dropout: float) -> tuple[nn.Module, nn.Module]:
    """Plain and fast TimePro with the same weights; the plain form has no dropout."""
    fast = TimeProNet(CONTEXT, case.horizon, case.channels, dropout=dropout, **case.options)
    return PlainOf(fast, reference_timepro.plain), fast


def timefilter_forms(case: Case, dropout: float) -> tuple[nn.Module, nn.Module]:
    """Plain and fast TimeFilter with the same weights, without the routing loss."""
    fast = TimeFilterNet(CONTEXT, case.horizon, case.channels, dropout=dropout, **case.options)
    return PlainOf(fast, lambda net, x: reference_timefilter.plain(net, x)[0]), fast


FORMS = {
    "AMD": amd_forms,
    "WPMixer": wpmixer_forms,
    "Sigma": sigma_forms,
    "TimeMixer": timemixer_forms,
    "iTransformer": itransformer_forms,
    "PatchTST": patchtst_forms,
    "TimeMixer++": timemixerpp_forms,
    "TimesNet": timesnet_forms,
    "MICN": micn_forms,
    "MSGNet": msgnet_forms,
    "N-HiTS": nhits_forms,
    "SCINet": scinet_forms,
    "Pyraformer": pyraformer_forms,
    "MultiPatchFormer": multipatchformer_forms,
    "TimeFilter": timefilter_forms,
    "TimePro": timepro_forms,
}
