"""What is trained for each season."""

from __future__ import annotations

from typing import NamedTuple

from examples.pretraining.data import Part


class Source(NamedTuple):
    """Series of M4, and how many of their points make a season there.

    Where that is not the season of the recipe, they are stretched by linear interpolation.
    """

    frequency: str
    season: int
    share: float


class Recipe(NamedTuple):
    """Data and sizes of the nets of one season.

    Attributes
    ----------
    season : int
    context_length, prediction_length : int
        Points that a net sees and forecasts.
    history_length : int
        Points that the textbook forecasts see.
    n_cuts : int
        A window ends somewhere in the last ``n_cuts`` horizons of its series.
    n_windows : int
        Windows drawn once; an epoch of the training.
    sources : tuple of Source
        Shares of the windows; what is missing from one comes from the priors.
    """

    season: int
    context_length: int
    prediction_length: int
    history_length: int
    n_cuts: int
    n_windows: int
    sources: tuple[Source, ...]


RECIPES = {
    r.season: r
    for r in (
        Recipe(1, 20, 6, 60, 8, 200_000, (Source("Yearly", 1, 0.9),)),
        Recipe(4, 40, 8, 96, 8, 200_000, (Source("Quarterly", 4, 0.9),)),
        Recipe(
            5,
            80,
            15,
            200,
            12,
            80_000,
            (Source("Daily", 5, 0.5), Source("Monthly", 12, 0.1), Source("Hourly", 24, 0.1)),
        ),
        Recipe(
            7,
            84,
            14,
            200,
            12,
            80_000,
            (Source("Daily", 7, 0.5), Source("Monthly", 12, 0.1), Source("Hourly", 24, 0.1)),
        ),
        Recipe(12, 84, 24, 180, 6, 200_000, (Source("Monthly", 12, 0.9),)),
        Recipe(24, 168, 48, 500, 12, 20_000, (Source("Hourly", 24, 0.75),)),
        Recipe(
            48, 336, 48, 700, 12, 20_000, (Source("Hourly", 24, 0.3), Source("Hourly", 48, 0.4))
        ),
        Recipe(
            52, 130, 13, 312, 40, 40_000, (Source("Weekly", 52, 0.6), Source("Monthly", 12, 0.1))
        ),
    )
}


class Member(NamedTuple):
    """One net of a season's average.

    Without ``textbook`` it is not shown those forecasts; ``part`` says what it was trained on.
    """

    body: str
    width: int
    context_length: int
    n_steps: int
    seed: int = 0
    learning_rate: float = 0.003
    textbook: bool = True
    part: Part = "training"

    def name(self, season: int) -> str:
        """Name of its run."""
        name = f"{season}-{self.body}{self.width}-context{self.context_length}"
        name += f"-steps{self.n_steps}-seed{self.seed}"
        name += "-alone" * (not self.textbook)
        return name if self.part == "training" else f"{name}-{self.part}"


# What is packed: nets that are averaged, by season.
MEMBERS = {
    1: (Member("mlp", 96, 20, 4000), Member("sigma", 16, 20, 1500, learning_rate=0.005)),
    4: (Member("mlp", 128, 40, 4000),),
    5: (Member("mlp", 64, 80, 1000, learning_rate=0.002),),
    7: (Member("mlp", 64, 84, 1000, learning_rate=0.002),),
    12: (Member("mlp", 160, 84, 4000),),
    24: (Member("mlp", 160, 168, 1500),),
    48: (Member("mlp", 128, 336, 1200),),
    52: (Member("mlp", 96, 130, 1000),),
}
