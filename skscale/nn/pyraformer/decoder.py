"""The second decoder of Pyraformer: steps of the horizon that attend to the nodes of a window."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skscale.nn.layers.dense import dense
from skscale.nn.layers.dropout import Dropout
from skscale.nn.layers.positions import sinusoid
from skscale.nn.pyraformer.layers import NodeAttention, NodeSizes

__all__ = ["HorizonDecoder"]


class HorizonDecoder(nn.Module):
    """Steps ask the nodes of a window, then these and the steps before, and become values.

    Parameters
    ----------
    sizes : NodeSizes
    horizon, n_channels : int
    n_features : int
        Features of every step.
    """

    def __init__(self, sizes: NodeSizes, horizon: int, n_channels: int, n_features: int):
        super().__init__()
        # Public code embeds a horizon of zeros: its position and features are left of that.
        bound = (3 * n_channels) ** -0.5
        start = torch.empty(sizes.d_model, dtype=torch.float32).uniform_(-bound, bound)
        self.bias = nn.Parameter(start)
        self.features = dense(n_features, sizes.d_model, bias=False) if n_features else None
        self.positions: Tensor
        self.register_buffer("positions", sinusoid(horizon, sizes.d_model), persistent=False)
        self.dropout = Dropout(sizes.dropout)
        self.layers = nn.ModuleList(NodeAttention(sizes) for _ in range(2))
        self.projection = dense(sizes.d_model, n_channels, bias=False)
        self.steps_before: Tensor
        steps = torch.ones(horizon, horizon, dtype=torch.bool).tril()
        self.register_buffer("steps_before", steps, persistent=False)

    def forward(self, nodes: Tensor, known: Tensor | None, features: Tensor | None) -> Tensor:
        """Forecast (batch, horizon, n_channels).

        Parameters
        ----------
        nodes : Tensor of shape (batch, n_nodes, d_model)
        known : bool Tensor of shape (batch, n_nodes), optional
            False for padding; left out, there is none.
        features : Tensor of shape (batch, horizon, n_features), optional
        """
        steps = (self.positions + self.bias).expand(nodes.shape[0], -1, -1)
        if self.features is not None and features is not None:
            steps = steps + self.features(features)
        if known is None:
            known = torch.ones(nodes.shape[:2], dtype=torch.bool, device=nodes.device)
        known = known | ~known.any(dim=1, keepdim=True)  # a window of padding alone
        known = known[:, None, None].expand(-1, -1, steps.shape[1], -1)
        ask, ask_each_other = self.layers
        steps = ask(self.dropout(steps), nodes, known)
        before = self.steps_before.expand(nodes.shape[0], 1, -1, -1)
        sees = torch.cat((known, before), dim=-1)
        return self.projection(ask_each_other(steps, torch.cat((nodes, steps), dim=1), sees))
