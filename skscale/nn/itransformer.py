"""iTransformer: attention between channels, each of whose windows is one token."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn

from skscale.nn.forecast import ForecastNet
from skscale.nn.layers.checks import check_integer
from skscale.nn.layers.dense import dense, zero_map
from skscale.nn.layers.dropout import Dropout
from skscale.nn.layers.encoder import EncoderLayer, make_norm
from skscale.nn.layers.normalisation import RevIN
from skscale.nn.layers.official import Place, as_flag, check_config, load_weights, place_module

__all__ = ["ITransformerNet", "itransformer_from_official", "itransformer_places"]

# Calendar features of the public loaders, by the step of the data.
_MARKS = {"s": 6, "t": 5, "h": 4, "d": 3, "b": 3, "w": 2, "m": 1, "a": 1}


class ITransformerNet(ForecastNet):
    """iTransformer: every channel's window is one token, and attention runs between them.

    The order of time lives in the weights of the embedding. Features of the past are further
    tokens, in the same embedding and as they are; those of the future are a linear term that starts
    at zero, which the paper's network has not. No parameter depends on the number of channels,
    and forecasts do not depend on their order: channels with the same window get the same
    forecast.

    Queries, keys and values come of one product. The last layer computes the channels' tokens
    alone, since nothing reads the others. A single channel without features attends to itself,
    whatever queries and keys say, so these are not computed.

    Parameters
    ----------
    context_length : int
        Points of the input window.
    prediction_length : int
        Points of the forecast.
    n_channels : int
        Channels of the series.
    d_model : int, default=128
        Features of a token; this and the next as in the paper's ETTm runs.
    d_ff : int, default=128
        Hidden features of the feed-forward layers.
    n_heads : int, default=8
        Heads of the attention; they must divide ``d_model`` (in the public code the rest of the
        division is lost).
    n_layers : int, default=2
        Layers of the encoder.
    activation : {"gelu", "relu"}, default="gelu"
        Of the feed-forward layers.
    dropout : float, default=0.0
        Dropout while training: behind the embedding, of the attention's weights, and of the
        results of every layer.
    normalize : bool, default=True
        Normalise every window and channel by its own mean and standard deviation.
    n_past_features : int, default=0
        Features known over the context, of all groups.
    n_future_features : int, default=0
        Exogenous features known over the horizon.

    Attributes
    ----------
    past_features_as_given : bool
        Set for imported weights, which know no number of features: a call may give any number of
        past features, and none are no tokens. Else there are always ``n_past_features`` tokens,
        of zeros where they are left out.

    Raises
    ------
    ValueError
        If a parameter is out of its range; names it.

    References
    ----------
    Liu et al. (2024), iTransformer: inverted transformers are effective for time series
    forecasting, ICLR.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import ITransformerNet
    >>> net = ITransformerNet(context_length=96, prediction_length=24, n_channels=7)
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
        d_model: int = 128,
        d_ff: int = 128,
        n_heads: int = 8,
        n_layers: int = 2,
        activation: str = "gelu",
        dropout: float = 0.0,
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
        d_model = check_integer("d_model", d_model, 1)
        d_ff = check_integer("d_ff", d_ff, 1)
        self.norm = RevIN(self.n_channels, affine=False, normalize=normalize)
        self.embedding = dense(self.context_length, d_model)
        self.dropout = Dropout(dropout)
        self.layers = nn.ModuleList(
            EncoderLayer(
                d_model,
                n_heads,
                d_ff,
                activation=activation,
                dropout=dropout,
                attention_dropout=dropout,
            )
            for _ in range(check_integer("n_layers", n_layers, 1, maximum=1000))
        )
        self.final_norm = make_norm("layer", d_model)
        self.head = dense(d_model, self.prediction_length)
        self.future_projection = zero_map(self.n_future_features)

    def _forecast(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> Tensor:
        z, state = self.norm(x, mask)
        if past_features is not None:
            z = torch.cat((z, past_features), dim=2)
        tokens = self.dropout(self.embedding(z.transpose(1, 2)))
        *layers, last = cast("list[EncoderLayer]", list(self.layers))
        for layer in layers:
            tokens = layer(tokens)
        tokens = last(tokens, n_queries=self.n_channels)
        y = self.head(self.final_norm(tokens)).transpose(1, 2)
        if self.future_projection is not None:
            y = y + self.future_projection(future_features)
        return self.norm.inverse(y, state)


def itransformer_from_official(
    state_dict: dict[str, Tensor], config: dict[str, Any]
) -> ITransformerNet:
    """Build an `ITransformerNet` from official weights; see `skscale.official.from_official`.

    The weights of the paper's repository and of the Time-Series-Library are told apart by the
    name of their last map. They serve any number of channels, ``enc_in`` or another, and of past
    features: those of the calendar, which ``freq`` (``"h"`` if left out) tells, any others, or
    none. All channels are forecast, whatever ``c_out`` says.
    """
    check_config(
        config, ("seq_len", "pred_len", "enc_in", "d_model", "d_ff", "n_heads", "e_layers")
    )
    net = ITransformerNet(
        config["seq_len"],
        config["pred_len"],
        config["enc_in"],
        d_model=config["d_model"],
        d_ff=config["d_ff"],
        n_heads=config["n_heads"],
        n_layers=config["e_layers"],
        activation=config.get("activation", "gelu"),
        dropout=config.get("dropout", 0.0),
        normalize=as_flag(config.get("use_norm", True)),
        n_past_features=_MARKS.get(str(config.get("freq", "h"))[-1:].lower(), 0),
    )
    net.past_features_as_given = True
    head = "projection" if "projection.weight" in state_dict else "projector"
    load_weights(net, state_dict, partial(itransformer_places, head=head), lambda name: False)
    return net


def itransformer_places(net: ITransformerNet, head: str = "projector") -> list[Place]:
    """Every official parameter with ours; ``head`` is the name of the last map."""
    places = place_module("enc_embedding.value_embedding", net.embedding)
    for i, layer in enumerate(cast("list[EncoderLayer]", list(net.layers))):
        places += layer.places(f"encoder.attn_layers.{i}")
    return [
        *places,
        *place_module("encoder.norm", net.final_norm),
        *place_module(head, net.head),
    ]
