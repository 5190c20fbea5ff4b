"""How much of a forecast each candidate makes, by season and number of points."""

from __future__ import annotations

__all__ = ["shares"]

# The best share of the network on M4's choice series is 0.6 to 1 in 50 of 60 cells of
# docs/results/pretraining/shares.csv; 0.2 of a textbook forecast costs at most 1 % there, and gains
# up to 4 % on series unlike those that the networks were trained on.
_NET = 0.8


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
    A network gets four fifths. The rest goes to the damped line from two seasons on; before, a
    season cannot be told from a slope, and it goes to the seasonal naive forecast. Without a
    network the damped line stands alone, before two seasons half and half with the seasonal naive
    forecast.

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
        return {"net": _NET, "damped" if whole else "seasonal_naive": round(1 - _NET, 10)}
    return {"damped": 1.0} if whole else {"damped": 0.5, "seasonal_naive": 0.5}
