"""Mapping of official TimeFilter state dicts to `TimeFilterNet`."""

from __future__ import annotations

from typing import Any, cast

from torch import Tensor

from skscale.nn.layers.official import Place, as_flag, check_config, load_weights, place_module
from skscale.nn.timefilter.graph import Block
from skscale.nn.timefilter.net import TimeFilterNet

__all__ = ["timefilter_from_official", "timefilter_places"]

_ARGUMENTS = ("seq_len", "pred_len", "enc_in", "d_model", "d_ff", "n_heads", "e_layers")
_TABLE = "patch_embed.pe.pe"


def timefilter_from_official(
    state_dict: dict[str, Tensor], config: dict[str, Any]
) -> TimeFilterNet:
    """Build a `TimeFilterNet` from official weights; see `skscale.official.from_official`.

    Those of the paper's repository and of the Time-Series-Library are the same network. What a run
    does not name has the default of the paper's command line: ``alpha=0.1``, ``top_p=0.5`` and
    ``pos=1``; but ``dropout`` is 0 then, and patches are as long as the weights say.
    """
    check_config(config, _ARGUMENTS, {"c_out": config.get("enc_in")})
    weight = state_dict.get("patch_embed.patch_proj.weight")
    of_weights = weight.shape[1] if isinstance(weight, Tensor) and weight.dim() == 2 else 16
    net = TimeFilterNet(
        config["seq_len"],
        config["pred_len"],
        config["enc_in"],
        d_model=config["d_model"],
        d_ff=config["d_ff"],
        n_heads=config["n_heads"],
        n_layers=config["e_layers"],
        patch_length=config.get("patch_len", of_weights),
        alpha=config.get("alpha", 0.1),
        top_p=config.get("top_p", 0.5),
        positions=as_flag(config.get("pos", True)),
        dropout=config.get("dropout", 0.0),
    )
    load_weights(net, state_dict, timefilter_places, lambda name: _is_unused(name, net))
    return net


def _is_unused(name: str, net: TimeFilterNet) -> bool:
    return name == _TABLE or (net.top_p == 0 and ".mask_moe." in name)


def timefilter_places(net: TimeFilterNet) -> list[Place]:
    """Every official parameter with ours."""
    places = place_module("patch_embed.patch_proj", net.embedding)
    for i, block in enumerate(cast("list[Block]", list(net.blocks))):
        name = f"backbone.blocks.{i}"
        learner = f"{name}.gnn.graph_learner"
        places += place_module(f"{learner}.proj_1", block.graph.first)
        places += place_module(f"{learner}.proj_2", block.graph.second)
        if block.graph.router is not None:
            places += place_module(f"{learner}.mask_moe.gate", block.graph.router.gate)
            places += place_module(f"{learner}.mask_moe.noise", block.graph.router.noise)
        places += place_module(f"{name}.gnn.graph_conv.proj", block.graph.value)
        places += place_module(f"{name}.norm1", block.graph_norm)
        places += place_module(f"{name}.norm2", block.norm)
        places += place_module(f"{name}.ffn.0", block.first)
        places += place_module(f"{name}.ffn.3", block.second)
    return places + place_module("head", net.head)
