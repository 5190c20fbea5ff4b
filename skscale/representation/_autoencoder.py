"""Multi-scale autoencoder as a scikit-learn transformer."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from dataclasses import replace
from inspect import signature
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import torch
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from skscale.nn import MultiScaleAutoencoderNet
from skscale.operators import SeriesTransformer
from skscale.operators._arrays import apply_in_chunks
from skscale.operators._base import MISSING
from skscale.ops.threads import threads_for
from skscale.representation._augmentation import LatentAugmentation
from skscale.representation._codec import (
    Codec,
    ReconstructionLoss,
    channel_statistics,
    channels_last,
)
from skscale.saving import check_folder, checkpoints_of
from skscale.training import Objective, Rows, Run, Runtime, TrainingConfig, resolve_device, train

__all__ = ["MultiScaleAutoencoder"]


class MultiScaleAutoencoder(LatentAugmentation, SeriesTransformer):
    """Features of a series that suffice to reconstruct it, from encoders at several scales.

    ``transform`` gives the latent values, ``inverse_transform`` the series that belong to them.
    The reconstruction error finds anomalies, changes of the latent values augment data.

    Parameters
    ----------
    scales : sequence of float, default=(0.25, 1.0)
        Share of the series, or of its points, that each encoder sees, in (0, 1]; (0.5, 1.0) in
        the paper; ``(1.0,)`` is the plain autoencoder.
    view : str or sequence of str, default="average"
        What an encoder of scale s sees, for all or one for each scale: ``"first"`` (the paper)
        and ``"recent"`` this share of the series; ``"average"``, ``"max"``, ``"min"`` and
        ``"subsample"`` all of it, coarsened in blocks of 1 / s points.
    decoding : {"residual", "joint"}, default="residual"
        ``"joint"`` (the paper): one decoder sees all latent values. ``"residual"``: from scale to
        scale, each stage encodes and decodes what the stages before have left. The defaults
        are the best form found at equal latent size and number of weights, see the results
        page.
    latent_size : int or sequence of int, default=16
        Latent values of each encoder (64 in the paper, for series of 784 points).
    hidden_size : int, default=256
        Hidden units of the plain autoencoder; how they are shared out among the scales is said
        at `skscale.nn.MultiScaleAutoencoderNet`.
    dropout : float, default=0.0
        Dropout of the latent values in training.
    variational : bool, default=False
        Train a variational autoencoder: its latent values are close to a standard normal
        distribution, which `sample` draws from. `transform` gives the mean.
    kl_weight : float, default=0.1
        Weight of the Kullback-Leibler divergence of a series, divided by its number of values,
        against the mean squared error: the beta of Higgins et al. (2017). It is twice the
        variance of the noise that the model assumes, in units of the variance of the data if
        they are standardised.
    standardize : bool, default=True
        Centre and scale every channel by mean and standard deviation of the data in `fit`
        before the network sees it. Reconstructions are in the units of the data.
    missing : {"error", "ignore"}, default="error"
        Whether nan is refused or marks what was not observed: it is not encoded, does not count
        in losses and scores, and is reconstructed. Series of different lengths are those that
        end in nan.
    max_epochs : int, default=100
        Passes over the data at most (20 in the paper).
    batch_size : int, default=64
        Series of one step.
    learning_rate : float, default=0.003
        Rate of Adam, the peak for ``"onecycle"`` (0.001, constant, in the paper).
    lr_schedule : {"onecycle", "cosine", "halving", "constant"}, default="onecycle"
        How the rate changes.
    weight_decay : float, default=0.0
        Decoupled weight decay.
    gradient_clip : float, default=1.0
        Bound on the norm of the gradient; 0 for none.
    validation_fraction : float, default=0.1
        Share of the series, drawn at random, whose error chooses the epoch that is kept; 0
        keeps the last epoch.
    patience : int, default=20
        Epochs without a better validation error before training stops.
    checkpoint_dir : str, Path or None, default=None
        Folder in which the state of training is kept after every epoch. A fit that was killed, and
        is begun again with the same data and parameters, goes on from there and ends with the
        same bits; with others it is an error that names the difference. A fit that ends removes
        its checkpoint. The folder is made where it is missing; saved estimators do not keep it.
    device : str, default="auto"
        ``"cpu"``, ``"cuda"`` or ``"cuda:1"``; ``"auto"`` is cuda or xpu where torch finds them.
    random_state : int, RandomState or None, default=None
        Seed of initial weights and batches. The same seed on the same machine gives the same
        weights; torch's global generator is left alone.
    verbose : int, default=0
        1 shows a progress bar.

    Attributes
    ----------
    network_ : MultiScaleAutoencoderNet
        The trained network; pickles hold it on the CPU.
    history_ : dict
        ``train_loss``, ``valid_loss``, ``learning_rate`` and ``seconds`` of every epoch, and
        ``best_epoch``, whose weights were kept.
    n_features_out_ : int
        Number of latent values.
    latent_spread_ : ndarray of shape (n_features_out_,)
        Standard deviation of the latent values of the data in `fit`.
    codec_ : Codec
        The network with the location and scale of the channels.
    n_timepoints_in_, n_channels_in_, n_features_in_, feature_names_in_
        As for all transformers of series; ``n_channels_in_`` is None for 2-D input.

    Warns
    -----
    UserWarning
        From `fit`, if there are more latent values than values in a series.

    See Also
    --------
    skscale.nn.MultiScaleAutoencoderNet : The network, with the source of the method.

    Notes
    -----
    Training is in float32. Series in float64 are standardised, encoded and decoded in float64,
    so that no result depends on the other series of a call.

    References
    ----------
    Higgins et al. (2017), beta-VAE: learning basic visual concepts with a constrained variational
    framework, ICLR.

    Examples
    --------
    >>> import numpy as np
    >>> from skscale.representation import MultiScaleAutoencoder
    >>> phase = np.linspace(0, 6, 200)[:, None]
    >>> X = np.sin(np.arange(48) / 4 + phase)
    >>> model = MultiScaleAutoencoder(latent_size=2, hidden_size=32, random_state=0).fit(X)
    >>> model.transform(X).shape
    (200, 4)
    >>> model.score(X) > -0.05
    True
    >>> int(model.score_samples(np.vstack([X, np.sign(X[:1])])).argmin())
    200
    """

    _chunk = 2**22
    _one_core = 2**13  # as in training
    _hides_infinity = True  # a share of a series, and ReLU, may hide it
    _nan_hint = "; fill the gaps first, or set missing='ignore'"
    _saved_records: ClassVar[list[type]] = [Codec, *SeriesTransformer._saved_records]
    _saved_networks: ClassVar[list[type]] = [MultiScaleAutoencoderNet]

    # Sizes are bounded so that a slip of the pen is no matter of memory; what is left out here is
    # checked by the network and by `TrainingConfig`, before training.
    _parameter_constraints: ClassVar[dict[str, list]] = {
        "latent_size": ["array-like", Interval(Integral, 1, 10**6, closed="both")],
        "hidden_size": [Interval(Integral, 1, 10**6, closed="both")],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "variational": ["boolean"],
        "kl_weight": [Interval(Real, 0, 10**9, closed="both")],
        "standardize": ["boolean"],
        "missing": MISSING,
        "validation_fraction": [Interval(Real, 0, 0.9, closed="both")],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        scales: Sequence[float] = (0.25, 1.0),
        *,
        view: str | Sequence[str] = "average",
        decoding: str = "residual",
        latent_size: int | Sequence[int] = 16,
        hidden_size: int = 256,
        dropout: float = 0.0,
        variational: bool = False,
        kl_weight: float = 0.1,
        standardize: bool = True,
        missing: str = "error",
        max_epochs: int = 100,
        batch_size: int = 64,
        learning_rate: float = 3e-3,
        lr_schedule: str = "onecycle",
        weight_decay: float = 0.0,
        gradient_clip: float = 1.0,
        validation_fraction: float = 0.1,
        patience: int = 20,
        checkpoint_dir: str | os.PathLike | None = None,
        device: str = "auto",
        random_state: Any = None,
        verbose: int = 0,
    ):
        self.scales = scales
        self.view = view
        self.decoding = decoding
        self.latent_size = latent_size
        self.hidden_size = hidden_size
        self.dropout = dropout
        self.variational = variational
        self.kl_weight = kl_weight
        self.standardize = standardize
        self.missing = missing
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.lr_schedule = lr_schedule
        self.weight_decay = weight_decay
        self.gradient_clip = gradient_clip
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.checkpoint_dir = checkpoint_dir
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    @property
    def n_features_out_(self) -> int:
        """Number of latent values."""
        check_is_fitted(self)
        return self.n_timepoints_out_

    def reconstruct(self, X: Any) -> Any:
        """Encode and decode.

        Parameters
        ----------
        X : array-like or Tensor, shape as in fit
            Series.

        Returns
        -------
        ndarray or Tensor of the shape of X
        """
        return self._apply(self._reconstructed, X)

    def score_samples(self, X: Any) -> Any:
        """Negative mean squared reconstruction error of every series; low for anomalies.

        Parameters
        ----------
        X : array-like or Tensor, shape as in fit
            Series.

        Returns
        -------
        ndarray or Tensor of shape (n_samples,)
        """
        return self._apply(self._closeness, X)

    def score(self, X: Any, y: object = None) -> float:
        """Negative mean squared reconstruction error over all series, in squared units of X.

        Parameters
        ----------
        X : array-like or Tensor, shape as in fit
            Series.
        y : None
            Ignored.

        Returns
        -------
        float
        """
        with torch.no_grad():
            return float(self.score_samples(X).mean())

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray:
        """Names of the latent values: scale of the encoder, and position.

        Where scales repeat, the number of the encoder stands between the two.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of str
        """
        check_is_fitted(self)
        net = self.network_
        repeated = len(set(net.scales)) < len(net.scales)
        names = [
            f"multiscaleautoencoder_scale{scale:g}_{f'{i}_' if repeated else ''}{k}"
            for i, (scale, size) in enumerate(zip(net.scales, net.latent_sizes, strict=True))
            for k in range(size)
        ]
        return np.array(names, dtype=object)

    @property
    def network_(self) -> MultiScaleAutoencoderNet:
        """The trained network."""
        return self.codec_.network

    @property
    def _n_channels_out(self) -> None:
        return None

    @torch.inference_mode(False)
    def _fit_tensor(self, x: Tensor) -> Self:
        config = self._training_config()
        check_folder("checkpoint_dir", self.checkpoint_dir)
        runtime = Runtime(resolve_device(self.device))
        location, scale = channel_statistics(x)
        if not self.standardize:
            location, scale = torch.zeros_like(location), torch.ones_like(scale)
        rows = ((channels_last(x) - location.to(x)) / scale.to(x)).to(runtime.device, torch.float32)
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        gaps = self._allows_nan()
        run = Run(seed, runtime, self._objective(gaps), self.verbose)
        checkpoints = checkpoints_of(self, lambda: {"X": x.numpy(force=True)}, run)
        if checkpoints is not None:
            run = replace(run, seed=checkpoints.seed, checkpoints=checkpoints)
        with run.numbers:
            net = self._new_network(rows.shape[1], rows.shape[2]).to(runtime.device)
        known, held_out = self._split(rows, run.batches)
        with threads_for(config.batch_size * rows[0].numel()):
            history = train(net, known, config, held_out, run)
        # Frozen: gradients of results go to X alone.
        codec = Codec(net.requires_grad_(False), location, scale, flat=x.dim() == 2, gaps=gaps)
        codes = apply_in_chunks(codec.encode, x, self._chunk)
        self.latent_spread_ = codes.std(0, correction=0).numpy(force=True)
        self.codec_, self.history_ = codec, vars(history)
        self.n_timepoints_out_ = self._n_features_out = net.n_latent
        if checkpoints is not None:
            checkpoints.end()
        return self

    def _objective(self, gaps: bool) -> Objective:
        """What training minimises."""
        return ReconstructionLoss(self.kl_weight, gaps)

    def _training_config(self) -> TrainingConfig:
        return TrainingConfig(
            max_epochs=self.max_epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            lr_schedule=self.lr_schedule,
            weight_decay=self.weight_decay,
            gradient_clip=self.gradient_clip,
            patience=self.patience,
        )

    def _new_network(self, length: int, n_channels: int) -> MultiScaleAutoencoderNet:
        names = signature(MultiScaleAutoencoderNet).parameters.keys() & self.get_params()
        settings: dict[str, Any] = {name: getattr(self, name) for name in sorted(names)}
        settings.update(length=length, n_channels=n_channels)
        net = MultiScaleAutoencoderNet(**settings)
        net.settings = settings
        if net.n_latent > length * n_channels:
            warnings.warn(
                f"latent_size={self.latent_size!r} gives {net.n_latent} latent values for series "
                f"of {length * n_channels} values: nothing is compressed",
                stacklevel=5,
            )
        return net

    def _split(self, rows: Tensor, generator: torch.Generator) -> tuple[Rows, Rows]:
        """Training rows, and those held out at random."""
        n_held_out = min(round(float(self.validation_fraction) * len(rows)), len(rows) - 1)
        if not n_held_out:
            return Rows(rows), Rows(rows[:0])
        order = torch.randperm(len(rows), generator=generator).to(rows.device)
        return Rows(rows[order[n_held_out:]]), Rows(rows[order[:n_held_out]])

    def _transform_tensor(self, x: Tensor) -> Tensor:
        return self.codec_.encode(x)

    def _inverse_tensor(self, y: Tensor) -> Tensor:
        return self.codec_.decode(y)

    def _reconstructed(self, x: Tensor) -> Tensor:
        return self.codec_.decode(self._transform_readable(x))

    def _closeness(self, x: Tensor) -> Tensor:
        errors = (self._reconstructed(x) - x).square().flatten(1)
        return -(errors.nanmean(1) if self.codec_.gaps else errors.mean(1))
