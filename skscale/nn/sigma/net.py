"""The Sigma network (arXiv 2605.31129)."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from skscale.nn.forecast import ForecastNet
from skscale.nn.layers.blocking import block_size
from skscale.nn.layers.checks import check_choice, check_flag, check_integer, check_share
from skscale.nn.layers.dense import dense
from skscale.nn.layers.embedding import CircularEmbedding
from skscale.nn.layers.normalisation import RevIN
from skscale.nn.sigma.block import BLOCK_INPUTS, Plan, SigmaBlock
from skscale.nn.sigma.mixers import MIXINGS, Embedded, FeatureMLP, make_mixer
from skscale.nn.sigma.scaling import ScaleKernel, smooth_rows

__all__ = ["SigmaNet"]

_ROW_BLOCK_ELEMENTS = 2**21  # numbers in the hidden layer of a row block; measured


class SigmaNet(ForecastNet):
    """Sigma: one learnable discrete Gaussian splits a window, an MLP and two heads forecast.

    Every channel is forecast on its own with shared weights. The forward pass computes what
    Algorithms 1 to 3 of the paper say, in an order that costs several times less: the split
    is folded into the layers behind it, the embedding into three shifts of the series, and
    the features are projected to one before anything that is linear behind the last
    activation.

    Parameters
    ----------
    context_length : int
        Points of the input window, L.
    prediction_length : int
        Points of the forecast, T.
    n_channels : int
        Channels, which share all weights but those of the normalisation.
    d_model : int, default=32
        Features of the embedding; with the next, the paper's values for ETTh1.
    d_ff : int, default=16
        Hidden features of the feature MLP.
    n_layers : int, default=1
        Blocks.
    dropout : float, default=0.0
        Elementwise dropout of the embedding while training. It forbids the cheap form of
        the embedding, so a training step costs more with it.
    scale_independence : bool, default=True
        Apply the MLP along time to each branch; False: to both jointly (official name).
    feature_transformation : bool, default=True
        Apply the MLP over features (official name).
    scaling : str, default="distance"
        Kernel of the split, see `ScaleKernel`.
    mixing : {"mlp", "trend_season"}, default="mlp"
        ``"trend_season"`` replaces the MLP by TimeMixer's mixing (Table 4).
    block_input : {"sum", "smooth"}, default="sum"
        What a block hands to the next: both branches (Algorithm 1, line 11), or the smooth
        one alone as in the official code, where earlier residual branches get no gradient.
    normalize : bool, default=True
        Reversible instance normalisation.
    n_past_features : int, default=0
        Features known over the context, of all groups, shared by the channels.
    n_future_features : int, default=0
        Exogenous features known over the horizon. They enter as a linear term of their own,
        which starts at zero; the paper's network has none.

    Raises
    ------
    ValueError
        If a parameter is out of its range; names it.

    References
    ----------
    Lee et al. (2026), Generalizing multi-scale time-series modeling with a single operator,
    arXiv 2605.31129, Eqs. 3 to 5 and Algorithms 1 to 3.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import SigmaNet
    >>> net = SigmaNet(context_length=96, prediction_length=24, n_channels=7)
    >>> net(torch.randn(8, 96, 7)).shape
    torch.Size([8, 24, 7])
    """

    future_groups = ("exogenous",)

    def __init__(
        self,
        context_length: int,
        prediction_length: int,
        n_channels: int,
        *,
        d_model: int = 32,
        d_ff: int = 16,
        n_layers: int = 1,
        dropout: float = 0.0,
        scale_independence: bool = True,
        feature_transformation: bool = True,
        scaling: str = "distance",
        mixing: str = "mlp",
        block_input: str = "sum",
        normalize: bool = True,
        n_past_features: int = 0,
        n_future_features: int = 0,
    ):
        super().__init__(
            context_length,
            prediction_length,
            n_channels,
            n_past_features=n_past_features,
            n_future_features=n_future_features,
        )
        self.d_model = d_model = check_integer("d_model", d_model, 1)
        d_ff = check_integer("d_ff", d_ff, 1)
        n_layers = check_integer("n_layers", n_layers, 1, maximum=1000)
        joint = not check_flag("scale_independence", scale_independence)
        feature_transformation = check_flag("feature_transformation", feature_transformation)
        check_choice("mixing", mixing, MIXINGS)
        check_choice("block_input", block_input, BLOCK_INPUTS)
        self.dropout = check_share("dropout", dropout)
        self.norm = RevIN(self.n_channels, normalize=normalize)
        self.embedding = CircularEmbedding(1, d_model)
        self.past_embedding = _feature_map(self.n_past_features, d_model)
        self.future_projection = _feature_map(self.n_future_features, 1)
        self.blocks = nn.ModuleList()
        for _ in range(n_layers):
            features = FeatureMLP(d_model, d_ff) if feature_transformation else None
            kernel = self._kernel(scaling)
            mixer = make_mixer(mixing, self.context_length, joint, features)
            self.blocks.append(SigmaBlock(kernel, mixer, block_input))
        self.head = dense(2 * self.context_length, self.prediction_length)
        self.projection = dense(d_model, 1)
        self._reset_parameters()

    def _kernel(self, scaling: str) -> ScaleKernel:
        """Build the kernel of a block; a subclass may have another."""
        return ScaleKernel(self.context_length, scaling)

    def _reset_parameters(self) -> None:
        """Set the initial values of the official code."""
        for module in self.blocks.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)
        nn.init.constant_(self.head.weight, 1 / self.prediction_length)
        nn.init.zeros_(self.head.bias)
        nn.init.normal_(self.projection.weight, std=0.02)
        nn.init.zeros_(self.projection.bias)
        if self.future_projection is not None:
            nn.init.zeros_(self.future_projection.weight)

    @property
    def scales(self) -> list[Tensor | None]:
        """Learned scales of every block, shape (context_length,); None where there are none."""
        return [None if b.kernel.per_sample else b.kernel.scales() for b in self._blocks]

    @property
    def kernels(self) -> list[Tensor | None]:
        """Weights of every block's kernel by distance; None where every window has its own."""
        return [None if b.kernel.per_sample else b.kernel() for b in self._blocks]

    @property
    def _blocks(self) -> list[SigmaBlock]:
        return cast("list[SigmaBlock]", list(self.blocks))

    def _forecast(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> Tensor:
        z, state = self.norm(x, mask)
        factor, offset = self.norm.inverse_coefficients(state)
        branches = self._branches(self._rows(z), past_features)
        y = self._windows(self._head(branches, factor.flatten(), offset.flatten()))
        if self.future_projection is None:
            return y
        return torch.addcmul(y, self.future_projection(future_features), factor)

    def _rows(self, z: Tensor) -> Tensor:
        """(batch, length, n_channels) to (batch * n_channels, length)."""
        return z.transpose(1, 2).reshape(-1, z.shape[1])

    def _windows(self, rows: Tensor) -> Tensor:
        """Inverse of `_rows`."""
        return rows.reshape(-1, self.n_channels, rows.shape[1]).transpose(1, 2)

    def _window_parts(
        self, x: Tensor, past_features: Tensor | None, mask: Tensor | None
    ) -> dict[str, Tensor]:
        """The split of the first block, whose kernel acts along time on all features alike."""
        z, state = self.norm(x, mask)
        rows, kernel = self._rows(z), self._blocks[0].kernel
        weights = (None, kernel(rows)) if kernel.per_sample else (kernel(), None)
        smooth = self._windows(smooth_rows(rows.unsqueeze(0), weights[0], weights[1]).squeeze(0))
        smooth = self.norm.inverse(smooth, state)
        return {"smooth": smooth, "residual": x - smooth}

    def _forecast_parts(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> dict[str, Tensor]:
        """Of both branches of the last block."""
        z, state = self.norm(x, mask)
        factor, _ = self.norm.inverse_coefficients(state)
        branches = self._branches(self._rows(z), past_features).chunk(2, dim=1)
        weights = self.head.weight.chunk(2, dim=1)
        smooth, residual = (
            factor * self._windows(branch @ weight.T)
            for branch, weight in zip(branches, weights, strict=True)
        )
        return {"smooth": smooth, "residual": residual}

    def _branches(self, rows: Tensor, past_features: Tensor | None) -> Tensor:
        """Both branches behind the last block, projected to one feature: (rows, 2 * length)."""
        plans = [layer.prepare(rows.shape[0]) for layer in self._blocks]
        width = 2 * self.context_length * self.d_model
        size = block_size(rows.shape[0], width, _ROW_BLOCK_ELEMENTS, rows.device)
        outputs = []
        starts = range(0, rows.shape[0], size) if size != rows.shape[0] else (0,)
        for start in starts:
            block = slice(start, start + size)
            h = self._embed(rows[block], _row_features(past_features, block, self.n_channels))
            outputs.append(self._through(h, plans, rows[block]))
        return outputs[0] if len(outputs) == 1 else torch.cat(outputs)

    def _through(self, h: Embedded, plans: list[Plan], rows: Tensor) -> Tensor:
        """Both branches of embedded ``rows`` behind the blocks, one after the other."""
        *layers, last = self._blocks
        for layer, plan in zip(layers, plans[:-1], strict=True):
            h = layer.advance(h, plan, rows)
        return last.project(h, plans[-1], rows, self.projection)

    def _embed(self, rows: Tensor, features: Tensor | None) -> Embedded:
        basis, mix = self.embedding.shifts(rows), self.embedding.weight.flatten(1)
        if features is not None and self.past_embedding is not None:
            basis = torch.cat((basis, features))
            mix = torch.cat((mix, self.past_embedding.weight), dim=1)
        h = Embedded(basis, mix)
        if self.training and self.dropout > 0:
            h = Embedded(dropout(h.full(), self.dropout), None)
        return h

    def _head(self, branches: Tensor, factor: Tensor, offset: Tensor) -> Tensor:
        """Forecasts (rows, prediction_length) of both branches, on the scale of the input.

        What undoes the normalisation of a row scales the input of the product, which is
        shorter than its output, and starts its sum.
        """
        bias = self.projection.weight.sum() * self.head.bias + self.projection.bias
        weight = torch.cat((self.head.weight, bias.unsqueeze(1)), dim=1)
        factor, offset = factor.unsqueeze(1), offset.unsqueeze(1)
        return torch.addmm(offset, torch.cat((branches * factor, factor), dim=1), weight.T)


def _feature_map(n_features: int, n_outputs: int) -> nn.Linear | None:
    return dense(n_features, n_outputs, bias=False) if n_features else None


def _row_features(features: Tensor | None, block: slice, n_channels: int) -> Tensor | None:
    """Features (batch, length, n_features) of a block of rows: (n_features, rows, length)."""
    if features is None:
        return None
    n_rows = features.shape[0] * n_channels
    window = torch.arange(n_rows, device=features.device)[block] // n_channels
    return features.permute(2, 0, 1)[:, window]
