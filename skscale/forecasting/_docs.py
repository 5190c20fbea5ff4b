"""Documentation that all forecasters share, written once."""

from __future__ import annotations

__all__ = ["with_shared_parameters"]

_SHARED = """    context_length : int or "auto", default="auto"
        Points a forecast is made from. ``"auto"``: three seasons, seven where a season has 24
        points or more, at most 192 points or one season; less for short series.
    prediction_length : int or "auto", default="auto"
        Points the network forecasts at once; longer horizons roll it forward. ``"auto"``: the
        longest step of the ``fh`` given to `fit`, else two seasons, or 8 points without a
        season; at most half of the training part.
    season_length : int or "auto", default="auto"
        Points of a season, 1 for none. ``"auto"``: of the index (a day for steps below a day,
        a week for days, a year for weeks, months and quarters; an hour or a minute where that
        is more than 400 points), or the shortest period that explains the autocorrelation of
        all series where the index holds integers.
    freq : str, pandas offset or "auto", default="auto"
        Step of the index. ``"auto"``: its frequency, or what all its dates together tell. Needed
        for a panel on a calendar of its own, such as the trading days of an exchange.
    time_features : bool, "auto" or list of str, default="auto"
        What the index tells by itself. ``"calendar"``: features linear in the time of the day, the
        weekday, the day of the month and of the year; ``"cyclic"``: sine and cosine of the place
        in day, week and year; ``"holidays:DE"``, ``"holidays:DE-BY"`` or ``"holidays:NYSE"``: a
        column that is one on holidays there, by the library ``holidays``, and acts like a column of
        ``X`` that is known ahead. True is ``["calendar"]``. ``"auto"`` is none of them: the season
        is in the context already.
    past_columns : list of column names or "auto", default="auto"
        Columns of ``X`` that are not known ahead: the network sees them in the context
        alone, and `predict` needs no values of them. ``"auto"``: none.
    linear_base : bool, default=True
        Let the network correct a linear forecast (a ridge regression of the horizon on the
        context, shrunk towards the seasonal naive forecast), and blend that with
        textbook forecasts, by weights that follow from errors on held-out windows.
        Exogenous columns get a linear effect, if held-out data confirm it. Small data need
        all this; False trains the network alone, as in the papers.
    pretrained : str or None, default="auto"
        Trained weights that forecast beside what is learned from the data, by name (see
        `skscale.pretrained.available`). ``"auto"``: those of the season; None for none. They
        decide where the data are few, and have no part in series of 20,000 points and more.
        ``history_["notes"]`` says which were loaded.
    scaler : {"standard", "robust", "mean", "none"}, default="standard"
        What each series and channel is centred and scaled by before the network sees it: mean and
        standard deviation; median and interquartile range (over 1.349, so that it is the deviation
        of normal values); nothing and mean size; nothing. The last two are for series whose
        changes are not small against their size, since networks compute in float32.
    bounds : (lower, upper), "auto" or None, default="auto"
        Bounds of the forecasts; None in a pair leaves a side open. ``"auto"``: series that hold
        zeros and never were negative, such as sales, get no negative forecasts.
    loss : {"mae", "mse", "huber", "smape", "mase"} or callable, default="mae"
        Training and validation loss, in units scaled for each series and channel;
        ``"smape"`` in original units. Or ``loss(forecast, batch)``, a Tensor of one number from
        a forecast (batch, prediction_length, n_channels) and its `skscale.training.Batch`, which
        has the weights below in ``batch.weight``.
    horizon_weights : array of prediction_length numbers or "equal", default="equal"
        What errors count for at each step, wherever they are measured to choose: in training and
        validation, in the weights of the blend and beside trained weights. Only their ratios
        matter. Quantiles do not depend on them.
    series_weights : dict or pandas Series of float, or None, default=None
        The same for each series of a panel, by its name (a tuple with several levels); they weigh
        the regression, too. None: all count the same.
    max_epochs : int, default=20
        Epochs at most.
    steps_per_epoch : int, None or "auto", default="auto"
        Batches of one epoch; None for all windows once. ``"auto"``: all windows once, but
        from 20 to 50 batches, so that a fit takes seconds.
    batch_size : int, default=32
        Windows of one step.
    learning_rate : float, default=0.003
        Rate of Adam, the peak for ``"onecycle"``.
    lr_schedule : {"onecycle", "cosine", "halving", "constant"}, default="onecycle"
        How the rate changes; ``"halving"`` after every epoch, as in the papers.
    weight_decay : float, default=0.0
        Decoupled weight decay.
    gradient_clip : float, default=1.0
        Bound on the norm of the gradient; 0 for none.
    validation_fraction : float or "auto", default="auto"
        Last part of every series that chooses the epoch and the weights of the blend; 0 for
        none. ``"auto"``: a fifth, at least one horizon, at most ten horizons or half.
    patience : int, default=20
        Epochs without improvement before training stops.
    max_time : float or None, default=None
        Seconds of training of the network; then it stops, with its best weights. The forecast
        then depends on how fast the machine is. None for no bound.
    callbacks : list of skscale.training.Callback, default=()
        Called before training, after every epoch and after training, where they may look on and
        stop it; not where no network is trained, see ``pretrained``.
    checkpoint_dir : str, Path or None, default=None
        Folder in which the state of training is kept after every epoch. A fit that was killed, and
        is begun again with the same data and parameters, goes on from there and ends with the
        same bits; with others it is an error that names the difference. A fit that ends removes
        its checkpoint. The folder is made where it is missing; saved forecasters do not keep it.
    intervals : {"conformal", "network"}, default="conformal"
        Where quantiles come from. ``"conformal"``: errors on the held-out windows by step,
        relative to the mean seasonal change of the context. ``"network"``: a small network beside
        the forecast stretches these by what the context looks like. Forecasts are the same.
    fine_tune : bool or "auto", default="auto"
        Whether weights that were trained before are trained further in `fit`: those of
        ``pretrained``, and those of an earlier `pretrain`. ``"auto"``: those of ``pretrained``,
        from 20,000 values on, beside the network; `SigmaForecaster`, whose network they are a form
        of, trains it as well only where there are features, or no weights for the season. False:
        none; the network is trained from 20,000 values on. True: all, however few the data. After
        `pretrain`, `fit` takes the new series as context alone, unless True. Fine-tuned
        ``pretrained`` weights count half, and only where the loss of held-out windows falls.
    device : str, default="auto"
        ``"cpu"``, ``"cuda"`` or ``"cuda:1"``; ``"auto"`` is cuda or xpu where torch finds them.
    precision : {"fp32", "bf16"}, default="fp32"
        ``"bf16"`` trains with matrix products in bfloat16 (needs Lightning Fabric, the extra
        ``parallel``), faster on GPUs that have them; weights and forecasts stay float32.
    compile : bool, default=False
        Train a compiled network (`torch.compile`). Compiling takes up to minutes; where it fails,
        ``history_["notes"]`` says so. On a CPU it has gained nothing; on a GPU, where steps are
        CUDA graphs as they are, it gains up to a fifth for hundreds of channels, and loses for few.
    random_state : int, RandomState or None, default=None
        Seed of initial weights and batches. The same seed on the same machine gives the same
        weights; torch's global generator is left alone.
    verbose : int, default=0
        1 shows a progress bar.

    Attributes
    ----------
    network_ : torch.nn.Module
        The trained network.
    history_ : dict
        ``train_loss``, ``valid_loss``, ``learning_rate`` and ``seconds`` of every epoch, and
        ``best_epoch``, whose weights were kept; ``notes``: which trained weights were loaded and
        fine-tuned, and what was not trained.
    weights_ : DataFrame
        Share of every candidate in the forecast of every series; ``net`` stands for trained
        weights as they came, ``tuned_net`` for fine-tuned ones.
    model_ : FittedNetwork
        The network with its layout, scaling and linear part.

    Notes
    -----
    One network is trained on all series and channels. Each series and channel is centred and
    scaled in float64 first. Exogenous ``X`` must be known over the horizon, but for
    ``past_columns``; it enters as feature of the past and the future. Columns of text or of
    pandas' categories become a column of zeros and ones for each level but the first, at most
    50; a level not seen in `fit` counts as the mean of those seen. Truth values and decimals are
    numbers. Columns that differ between the series of a panel, but are constant in each, are
    static: features without an effect of their own, which `predict` needs not be given.

    Quantiles and intervals cost no further pass of the network; the median is the forecast
    itself, and they never cross. In-sample they are those of one-step-ahead forecasts, and
    beyond ``prediction_length`` they widen further. The variance is that of the quantiles.

    `update` may bring data that begin after a gap, at least ``context_length`` points of them:
    forecasts then look back to the gap, training also sees what lies before it.

    Raises
    ------
    ValueError
        From `fit`, before training: nan or infinite values, an uneven or unsorted index, an
        ``X`` that does not cover ``y``, a parameter out of range; each names its place.
    NonFiniteLossError
        If the loss becomes nan or infinite in training.
"""


def with_shared_parameters(cls: type) -> type:
    """Put the shared parameters where the docstring of ``cls`` says ``{shared}``."""
    assert cls.__doc__ is not None
    cls.__doc__ = cls.__doc__.replace("    {shared}\n", _SHARED)
    return cls
