"""How much of a forecast each candidate makes, by season and number of points."""

from __future__ import annotations

__all__ = ["shares"]

# Learned on M4's choice series, docs/results/pretraining/shares.csv. A fifth of a textbook forecast
# costs next to nothing there, and gains on series unlike those that the networks were trained on,
# docs/results/pretraining/elsewhere.csv.
_NET = 0.8
# Daily series are near random walks: what a network has learned of their drift does not last.
_NET_DAILY = 0.3
_DAILY_SEASONS = (5, 7)


def shares(season: int, n_points: int, net: bool = True) -> dict[str, float]:
    """Shares of the forecasts of a network and of textbook methods; they sum to one.

    Parameters
    ----------
    season : int
        Points of a season; 1 for none.
    n_points : int
        Points of the series.
    net : bool, default=True
        Whether a trained network serves the season, see `for_season`.

    Returns
    -------
    dict of str to float
        Shares of ``"net"`` (median of `TrainedNet.quantiles`), ``"damped"``
        (`skscale.ops.damped_line`) and ``"seasonal_naive"`` (`skscale.ops.seasonal_naive`);
        what has no share is left out.

    Notes
    -----
    A network gets 0.8, with the seasons of daily series (5 and 7) 0.3. The rest goes to the damped
    line from two seasons on; before, a season cannot be told from a slope, and it goes to the
    seasonal naive forecast. Without a network the damped line stands alone, before two seasons
    half and half with the seasonal naive forecast.

    Examples
    --------
    >>> from skscale.pretrained import shares
    >>> shares(season=12, n_points=144)
    {'net': 0.8, 'damped': 0.2}
    >>> shares(season=12, n_points=20, net=False)
    {'damped': 0.5, 'seasonal_naive': 0.5}
    """
    if season < 1 or n_points < 1:
        raise ValueError(
            f"season and n_points must be at least 1, got season={season}, n_points={n_points}"
        )
    whole = season == 1 or n_points >= 2 * season
    if net:
        share = _NET_DAILY if season in _DAILY_SEASONS else _NET
        return {"net": share, "damped" if whole else "seasonal_naive": round(1 - share, 10)}
    return {"damped": 1.0} if whole else {"damped": 0.5, "seasonal_naive": 0.5}
