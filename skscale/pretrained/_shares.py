"""How much of a forecast each candidate makes, by season and number of points."""

from __future__ import annotations

__all__ = ["shares"]

# The network's share by season, learned on M4's choice series to a tenth: shares.csv in
# docs/results/pretraining. Where the network alone was as good, 0.9, since a little of a textbook
# forecast gains on other series (elsewhere.csv). Quarterly and monthly, between the best for the
# packed network, 0.8, and for one blind to the time of the targets, 0.6 (tried.csv). Daily series,
# 5 and 7, are near random walks: a drift once learned does not last.
_NET = {1: 0.9, 4: 0.7, 5: 0.3, 7: 0.3, 12: 0.7, 24: 0.9, 48: 0.9, 52: 0.9}
_NEAR_RANDOM_WALKS = (5, 7)


def shares(season: int, n_points: int, net: bool = True) -> dict[str, float]:
    """Shares of the forecasts of a network and of textbook methods; they sum to one.

    Parameters
    ----------
    season : int
        Points of a season; 1 for none.
    n_points : int
        Points of the series.
    net : bool, default=True
        Whether to count on a trained network, if one serves the season (`for_season`).

    Returns
    -------
    dict of str to float
        Shares of ``"net"`` (median of `TrainedNet.quantiles`), ``"damped"``
        (`skscale.ops.damped_line`) and ``"seasonal_naive"`` (`skscale.ops.seasonal_naive`);
        what has no share is left out.

    Notes
    -----
    A network gets 0.7 to 0.9, with seasons of 5 and 7 points 0.3, and the damped line the rest.
    Before two seasons are seen a season cannot be told from a slope: the damped line gets nothing
    beside a network (but for 5 and 7), and half beside the seasonal naive forecast without one.

    Examples
    --------
    >>> from skscale.pretrained import shares
    >>> shares(season=12, n_points=144)
    {'net': 0.7, 'damped': 0.3}
    >>> shares(season=12, n_points=20)
    {'net': 1.0}
    >>> shares(season=10, n_points=15)
    {'damped': 0.5, 'seasonal_naive': 0.5}
    """
    if season < 1 or n_points < 1:
        raise ValueError(
            f"season and n_points must be at least 1, got season={season}, n_points={n_points}"
        )
    whole = season == 1 or n_points >= 2 * season
    if not net or season not in _NET:
        return {"damped": 1.0} if whole else {"damped": 0.5, "seasonal_naive": 0.5}
    if not whole and season not in _NEAR_RANDOM_WALKS:
        return {"net": 1.0}
    return {"net": _NET[season], "damped": round(1 - _NET[season], 10)}
