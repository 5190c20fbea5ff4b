"""Mapping of the official TimePro state dict to `TimeProNet`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from torch import Tensor

from skscale.nn.layers.official import Place, as_flag, check_config, load_weights, place_module
from skscale.nn.timepro.net import Layer, TimeProNet
from skscale.nn.timepro.scan import TwoWayScan

__all__ = ["timepro_from_official", "timepro_places"]

# A position table, and weights of a branch, that the forward pass does not use.
_UNUSED = (".position_embedding.pe", ".conv2d.", ".out_proj.")
_OFFSETS = ".state_pro.offset_mask."


def timepro_from_official(state_dict: dict[str, Tensor], config: dict[str, Any]) -> TimeProNet:
    """Build a `TimeProNet` from official weights; see `skscale.official.from_official`.

    They serve any number of channels, ``enc_in`` or another. Rows that fill the published matrix
    of places up to a multiple of eight are left out: nothing reads them.
    """
    check_config(
        config, ("seq_len", "pred_len", "enc_in", "d_model", "e_layers", "patch_len", "stride")
    )
    net = TimeProNet(
        config["seq_len"],
        config["pred_len"],
        config["enc_in"],
        d_model=config["d_model"],
        n_layers=config["e_layers"],
        patch_length=config["patch_len"],
        stride=config["stride"],
        normalize=as_flag(config.get("use_norm", True)),
        dropout=config.get("dropout", 0.0),
    )
    net.any_channels = True
    n_rows = cast(Layer, net.layers[0]).scan.sampling.places.weight.shape[1]
    n_filled = -(-n_rows // 8) * 8
    read = {
        name: value[:n_rows] if _OFFSETS in name and _rows(value) == n_filled else value
        for name, value in state_dict.items()
    }
    load_weights(net, read, timepro_places, lambda name: any(part in name for part in _UNUSED))
    return net


def timepro_places(net: TimeProNet) -> list[Place]:
    """Every official parameter with ours."""
    places = [("patch_embedding.value_embedding.weight", net.embedding.weight)]
    for i, layer in enumerate(cast("list[Layer]", list(net.layers))):
        name = f"encoder.attn_layers.{i}"
        for direction, which in enumerate(("op", "op2")):
            places += _places_of_scan(f"{name}.{which}", layer.scan, direction)
        places += place_module(f"{name}.mlp.norm1", layer.norm)
        places += place_module(f"{name}.mlp.fc1", layer.feed_forward.first)
        places += place_module(f"{name}.mlp.fc2", layer.feed_forward.second)
    places += place_module("encoder.norm", net.final_norm)
    return places + place_module("projector", net.head)


def _places_of_scan(name: str, scan: TwoWayScan, direction: int) -> Iterator[Place]:
    sampling = scan.sampling
    maps = {
        "in_proj": scan.inner,
        "state_pro.offset_mask": sampling.places,
        "state_pro.value_proj": sampling.value,
        "state_pro.output_proj": sampling.out,
        "out_norm": scan.norm,
    }
    for official, layer in maps.items():
        for kind, value in layer.named_parameters():
            yield f"{name}.{official}.{kind}", value[direction]
    yield f"{name}.x_proj_weight", scan.selection.weight[direction]
    yield f"{name}.dt_projs_weight", scan.step.weight[direction]
    yield f"{name}.dt_projs_bias", cast(Tensor, scan.step.bias)[direction]
    yield f"{name}.A_logs", scan.log_rate[direction].unsqueeze(-1)
    yield f"{name}.Ds", scan.skip[direction]


def _rows(value: object) -> int:
    return value.shape[0] if isinstance(value, Tensor) and value.dim() else 0
