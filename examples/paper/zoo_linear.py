"""Settings of DLinear and NLinear in the tables: the Sigma paper's protocol, and their own."""

from examples.paper.one_protocol import ALONE, ONE_PROTOCOL

# The Time-Series-Library's script of DLinear for L = 96, most likely what Table 10 compares with:
# the same for all data sets. NLinear, which that library lacks, takes the same.
COMMON = {**ALONE, **ONE_PROTOCOL, "learning_rate": 0.0001}
# LTSF-Linear's own scripts: rate and batch by data set. Its authors use them for both networks.
OFFICIAL_ROWS = {
    "ETTh1": (0.005, 32),
    "ETTh2": (0.05, 32),
    "ETTm1": (0.0001, 8),
    "ETTm2": (0.001, 32),
    "Weather": (0.0001, 16),
    "Exchange": (0.0005, 8),
    "Electricity": (0.001, 16),
    "Traffic": (0.05, 16),
}


def dlinear_settings(dataset: str) -> dict[str, object]:
    """Parameters of `DLinearForecaster`: the library starts at the average of the window."""
    return COMMON | {"initial": "average"}


def dlinear_official_settings(dataset: str) -> dict[str, object]:
    """Parameters of `DLinearForecaster` as in its own scripts, at horizon 96; a random start."""
    return nlinear_official_settings(dataset) | {"initial": "uniform"}


def nlinear_settings(dataset: str) -> dict[str, object]:
    """Parameters of `NLinearForecaster`."""
    return dict(COMMON)


def nlinear_official_settings(dataset: str) -> dict[str, object]:
    """Parameters of `NLinearForecaster` as in its own scripts, at horizon 96."""
    return COMMON | dict(zip(("learning_rate", "batch_size"), OFFICIAL_ROWS[dataset], strict=True))


def official_at(dataset: str, horizon: int) -> dict[str, object]:
    """Return what these are otherwise at one horizon."""
    if horizon > 192 and dataset in ("ETTm2", "Exchange"):
        return {"learning_rate": 0.01} if dataset == "ETTm2" else {"batch_size": 32}
    return {}
