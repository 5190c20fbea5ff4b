"""TimeMixer in its plain form: every step written out in full width, on official parameters.

The tests hold the network to this form, values and gradients, and the benchmark of the training
step is measured against it. Marks are aligned with their own window (the published module pairs
them with the wrong rows when a batch holds several windows).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

EPS = 1e-5


def timemixer(
    params: Mapping[str, Tensor],
    config: Mapping[str, Any],
    x: Tensor,
    x_mark: Tensor | None = None,
    y_mark: Tensor | None = None,
) -> Tensor:
    """Forecast (batch, pred_len, channels) from x (batch, seq_len, channels)."""
    independent = bool(config["channel_independence"])
    n_channels = x.shape[2]
    scales = _pyramid(x, config)
    normalized, (location, scale) = _normalize(params, config, scales)
    rows = [_rows(z) for z in normalized] if independent else normalized
    trends = []
    if not independent:
        trends = [_moving_average(z, config["moving_avg"]) for z in rows]
        rows = [z - trend for z, trend in zip(rows, trends, strict=True)]
    marks = _mark_pyramid(x_mark, scales, config)
    hidden = [
        _embed(params, z, mark, n_channels if independent else 1)
        for z, mark in zip(rows, marks, strict=True)
    ]
    for block in range(config["e_layers"]):
        hidden = _past_mixing(params, f"pdm_blocks.{block}", config, hidden)
    forecast = _future_mixing(params, config, hidden, trends, y_mark, n_channels)
    if not config["use_norm"]:
        return forecast
    weight = params["normalize_layers.0.affine_weight"]
    bias = params["normalize_layers.0.affine_bias"]
    return (forecast - bias) / (weight + EPS**2) * scale + location


def _pyramid(x: Tensor, config: Mapping[str, Any]) -> list[Tensor]:
    pool = {"avg": F.avg_pool1d, "max": F.max_pool1d}[config["down_sampling_method"]]
    scales = [x]
    for _ in range(config["down_sampling_layers"]):
        finer = scales[-1].transpose(1, 2)
        scales.append(pool(finer, config["down_sampling_window"]).transpose(1, 2))
    return scales


def _normalize(params, config, scales):
    normalized, states = [], []
    for i, x in enumerate(scales):
        location = x.mean(1, keepdim=True).detach()
        scale = (x.var(1, keepdim=True, unbiased=False) + EPS).sqrt().detach()
        states.append((location, scale))
        if config["use_norm"]:
            weight = params[f"normalize_layers.{i}.affine_weight"]
            x = (x - location) / scale * weight + params[f"normalize_layers.{i}.affine_bias"]
        normalized.append(x)
    return normalized, states[0]


def _rows(z: Tensor) -> Tensor:
    """(batch, length, channels) to (batch * channels, length, 1)."""
    batch, length, n_channels = z.shape
    return z.transpose(1, 2).reshape(batch * n_channels, length, 1)


def _mark_pyramid(marks, scales, config):
    window = config["down_sampling_window"]
    result = []
    for x in scales:
        result.append(None if marks is None else marks[:, : x.shape[1]])
        marks = None if marks is None else marks[:, ::window]
    return result


def _moving_average(x: Tensor, kernel_size: int) -> Tensor:
    """Over axis 1 of (rows, length, features), the ends repeated."""
    pad = (kernel_size - 1) // 2
    padded = torch.cat((x[:, :1].repeat(1, pad, 1), x, x[:, -1:].repeat(1, pad, 1)), 1)
    return F.avg_pool1d(padded.transpose(1, 2), kernel_size, stride=1).transpose(1, 2)


def _embed(params, x: Tensor, mark: Tensor | None, n_repeats: int) -> Tensor:
    padded = F.pad(x.transpose(1, 2), (1, 1), mode="circular")
    token = F.conv1d(padded, params["enc_embedding.value_embedding.tokenConv.weight"])
    token = token.transpose(1, 2)
    return token if mark is None else token + _temporal(params, mark, n_repeats)


def _temporal(params, mark: Tensor, n_repeats: int) -> Tensor:
    embedded = F.linear(mark, params["enc_embedding.temporal_embedding.embed.weight"])
    return embedded.repeat_interleave(n_repeats, dim=0)


def _linear(params, name: str, x: Tensor) -> Tensor:
    return F.linear(x, params[f"{name}.weight"], params[f"{name}.bias"])


def _two_linear(params, name: str, x: Tensor) -> Tensor:
    return _linear(params, f"{name}.2", F.gelu(_linear(params, f"{name}.0", x)))


def _past_mixing(params, name: str, config, hidden: list[Tensor]) -> list[Tensor]:
    trends = [_moving_average(h, config["moving_avg"]) for h in hidden]
    seasons = [h - trend for h, trend in zip(hidden, trends, strict=True)]
    if not config["channel_independence"]:
        seasons = [_two_linear(params, f"{name}.cross_layer", season) for season in seasons]
        trends = [_two_linear(params, f"{name}.cross_layer", trend) for trend in trends]
    seasons = [season.transpose(1, 2) for season in seasons]
    trends = [trend.transpose(1, 2) for trend in trends]
    steps = len(hidden) - 1
    for i in range(steps):
        step = f"{name}.mixing_multi_scale_season.down_sampling_layers.{i}"
        seasons[i + 1] = seasons[i + 1] + _two_linear(params, step, seasons[i])
    for i in range(steps):
        step = f"{name}.mixing_multi_scale_trend.up_sampling_layers.{i}"
        k = steps - 1 - i
        trends[k] = trends[k] + _two_linear(params, step, trends[k + 1])
    mixed = [(s + t).transpose(1, 2) for s, t in zip(seasons, trends, strict=True)]
    if not config["channel_independence"]:
        return mixed
    return [
        h + _two_linear(params, f"{name}.out_cross_layer", out)
        for h, out in zip(hidden, mixed, strict=True)
    ]


def _future_mixing(params, config, hidden, trends, y_mark, n_channels: int) -> Tensor:
    total = torch.zeros(())
    for i, h in enumerate(hidden):
        future = _linear(params, f"predict_layers.{i}", h.transpose(1, 2)).transpose(1, 2)
        if config["channel_independence"]:
            if config["use_future_temporal_feature"] and y_mark is not None:
                future = future + _temporal(params, y_mark, n_channels)
            rows = _linear(params, "projection_layer", future).squeeze(-1)
            forecast = rows.reshape(-1, n_channels, config["pred_len"]).transpose(1, 2)
        else:
            residual = _linear(params, f"out_res_layers.{i}", trends[i].transpose(1, 2))
            residual = _linear(params, f"regression_layers.{i}", residual).transpose(1, 2)
            forecast = _linear(params, "projection_layer", future) + residual
        total = total + forecast
    return total
