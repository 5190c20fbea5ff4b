"""iTransformer and PatchTST in plain form, under the public names of their parameters.

Every map on its own, convolutions of one tap, all tokens of all layers, torch's dropout.
"""

import torch
from torch import nn
from torch.nn.functional import gelu, pad, relu

from skscale.nn.layers.positions import sinusoid

ACTIVATIONS = {"gelu": gelu, "relu": relu}


class Attention(nn.Module):
    """Queries, keys and values one after another, all heads by `einsum`."""

    def __init__(self, d_model, n_heads, dropout):
        super().__init__()
        self.n_heads = n_heads
        self.query_projection = nn.Linear(d_model, d_model)
        self.key_projection = nn.Linear(d_model, d_model)
        self.value_projection = nn.Linear(d_model, d_model)
        self.out_projection = nn.Linear(d_model, d_model)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        q, k, v = (
            layer(x).unflatten(-1, (self.n_heads, -1))
            for layer in (self.query_projection, self.key_projection, self.value_projection)
        )
        scores = torch.einsum("rqhe,rkhe->rhqk", q, k)
        weights = self.dropout(torch.softmax(scores * q.shape[-1] ** -0.5, dim=-1))
        return self.out_projection(torch.einsum("rhqk,rkhe->rqhe", weights, v).flatten(2))


class Layer(nn.Module):
    """Encoder layer of the Time-Series-Library's networks."""

    def __init__(self, d_model, n_heads, d_ff, activation, dropout):
        super().__init__()
        self.attention = Attention(d_model, n_heads, dropout)
        self.conv1 = nn.Conv1d(d_model, d_ff, 1)
        self.conv2 = nn.Conv1d(d_ff, d_model, 1)
        self.norm1, self.norm2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.dropout = nn.Dropout(dropout)
        self.activation = ACTIVATIONS[activation]

    def forward(self, x):
        x = self.norm1(x + self.dropout(self.attention(x)))
        hidden = self.dropout(self.activation(self.conv1(x.transpose(1, 2))))
        return self.norm2(x + self.dropout(self.conv2(hidden).transpose(1, 2)))


def normalised(x):
    """Windows around zero, their mean and deviation."""
    mean = x.mean(1, keepdim=True).detach()
    std = torch.sqrt(torch.var(x, dim=1, keepdim=True, unbiased=False) + 1e-5)
    return (x - mean) / std, mean, std


class PlainITransformer(nn.Module):
    """iTransformer; options as those of `skscale.nn.ITransformerNet`."""

    def __init__(
        self,
        context_length,
        prediction_length,
        d_model,
        d_ff,
        n_heads,
        n_layers=2,
        activation="gelu",
        dropout=0.0,
    ):
        super().__init__()
        self.enc_embedding = nn.ModuleDict({"value_embedding": nn.Linear(context_length, d_model)})
        self.dropout = nn.Dropout(dropout)
        layers = (Layer(d_model, n_heads, d_ff, activation, dropout) for _ in range(n_layers))
        self.encoder = nn.ModuleDict(
            {"attn_layers": nn.ModuleList(layers), "norm": nn.LayerNorm(d_model)}
        )
        self.projector = nn.Linear(d_model, prediction_length)

    def forward(self, x, marks=None):
        z, mean, std = normalised(x)
        rows = z.transpose(1, 2)
        if marks is not None:
            rows = torch.cat((rows, marks.transpose(1, 2)), dim=1)
        tokens = self.dropout(self.enc_embedding["value_embedding"](rows))
        for layer in self.encoder["attn_layers"]:
            tokens = layer(tokens)
        y = self.projector(self.encoder["norm"](tokens)).transpose(1, 2)[..., : x.shape[2]]
        return y * std + mean


class ResidualAttention(nn.Module):
    """Attention of the paper's PatchTST: scores of the layer before are added, none dropped."""

    def __init__(self, d_model, n_heads, dropout):
        super().__init__()
        self.n_heads = n_heads
        self.W_Q = nn.Linear(d_model, d_model)
        self.W_K = nn.Linear(d_model, d_model)
        self.W_V = nn.Linear(d_model, d_model)
        self.to_out = nn.Sequential(nn.Linear(d_model, d_model), nn.Dropout(dropout))

    def forward(self, x, before):
        q, k, v = (
            layer(x).unflatten(-1, (self.n_heads, -1)).transpose(1, 2)
            for layer in (self.W_Q, self.W_K, self.W_V)
        )
        scores = torch.matmul(q, k.transpose(-2, -1)) * q.shape[-1] ** -0.5
        scores = scores if before is None else scores + before
        heads = torch.matmul(torch.softmax(scores, dim=-1), v)
        return self.to_out(heads.transpose(1, 2).flatten(2)), scores


class Transposed(nn.Module):
    """Swap tokens and features."""

    def forward(self, x):
        return x.transpose(1, 2)


def over_batch(d_model):
    return nn.Sequential(Transposed(), nn.BatchNorm1d(d_model), Transposed())


class BatchLayer(nn.Module):
    """Encoder layer of the paper's PatchTST."""

    def __init__(self, d_model, n_heads, d_ff, dropout):
        super().__init__()
        self.self_attn = ResidualAttention(d_model, n_heads, dropout)
        first, second = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model)
        self.ff = nn.Sequential(first, nn.GELU(), nn.Dropout(dropout), second)
        self.norm_attn, self.norm_ffn = over_batch(d_model), over_batch(d_model)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, before):
        attended, scores = self.self_attn(x, before)
        x = self.norm_attn(x + self.dropout(attended))
        return self.norm_ffn(x + self.dropout(self.ff(x))), scores


def patches_of(x, length, stride):
    """Patches (batch, channels, patches, length), the last value repeated for the newest."""
    return pad(x.transpose(1, 2), (0, stride), mode="replicate").unfold(-1, length, stride)


class PlainPatchTST(nn.Module):
    """The paper's PatchTST, with padding and one head; sizes as `skscale.nn.PatchTSTNet`."""

    def __init__(self, context_length, prediction_length, sizes, n_layers, patch, dropout=0.0):
        super().__init__()
        d_model, n_heads, d_ff = sizes
        self.patch = patch
        n_patches = (context_length - patch[0]) // patch[1] + 2
        model = {"W_P": nn.Linear(patch[0], d_model)}
        layers = (BatchLayer(d_model, n_heads, d_ff, dropout) for _ in range(n_layers))
        model["encoder"] = nn.ModuleDict({"layers": nn.ModuleList(layers)})
        backbone = nn.ModuleDict(model)
        backbone.register_parameter("W_pos", nn.Parameter(torch.zeros(n_patches, d_model)))
        head = nn.ModuleDict({"linear": nn.Linear(n_patches * d_model, prediction_length)})
        self.model = nn.ModuleDict({"backbone": backbone, "head": head})
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        backbone = self.model["backbone"]
        z, mean, std = normalised(x)
        tokens = backbone["W_P"](patches_of(z, *self.patch)).flatten(0, 1)
        tokens, scores = self.dropout(tokens + backbone.W_pos), None
        for layer in backbone["encoder"]["layers"]:
            tokens, scores = layer(tokens, scores)
        features = tokens.unflatten(0, (len(x), -1)).transpose(-2, -1).flatten(-2)
        y = self.model["head"]["linear"](features).transpose(1, 2)
        return y * std + mean


class PlainLibraryPatchTST(nn.Module):
    """The Time-Series-Library's PatchTST."""

    def __init__(self, context_length, prediction_length, sizes, n_layers, patch, dropout=0.0):
        super().__init__()
        d_model, n_heads, d_ff = sizes
        self.patch = patch
        n_patches = (context_length - patch[0]) // patch[1] + 2
        value = nn.Linear(patch[0], d_model, bias=False)
        self.patch_embedding = nn.ModuleDict({"value_embedding": value})
        self.register_buffer("positions", sinusoid(n_patches, d_model), persistent=False)
        layers = (Layer(d_model, n_heads, d_ff, "gelu", dropout) for _ in range(n_layers))
        self.encoder = nn.ModuleDict(
            {"attn_layers": nn.ModuleList(layers), "norm": over_batch(d_model)}
        )
        self.head = nn.ModuleDict({"linear": nn.Linear(n_patches * d_model, prediction_length)})
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        z, mean, std = normalised(x)
        tokens = self.patch_embedding["value_embedding"](patches_of(z, *self.patch)).flatten(0, 1)
        tokens = self.dropout(tokens + self.positions)
        for layer in self.encoder["attn_layers"]:
            tokens = layer(tokens)
        tokens = self.encoder["norm"](tokens)
        features = tokens.unflatten(0, (len(x), -1)).transpose(-2, -1).flatten(-2)
        y = self.dropout(self.head["linear"](features)).transpose(1, 2)
        return y * std + mean
