"""Serve a saved forecaster: SKSCALE_FORECASTER=airline.zip uvicorn examples.serve:app."""

import os
from functools import cache
from typing import Annotated

import numpy as np
import torch
from fastapi import Body, FastAPI, HTTPException

import skscale

app = FastAPI()


@cache
def module():
    """Forecaster that the environment names, as a torch module with an interval of 90 %."""
    return skscale.load(os.environ["SKSCALE_FORECASTER"]).to_torch(quantiles=(0.05, 0.95))


@app.post("/forecast")
def forecast(values: Annotated[list[float | None], Body(embed=True)]) -> dict[str, list[float]]:
    """Forecast one series from its newest values, oldest first; null where one is missing."""
    if not any(value is not None for value in values):
        raise HTTPException(422, "values must hold at least one number")
    length = module().context_length
    window = np.array([*[None] * length, *values], dtype=np.float64)[-length:]
    found, interval = module()(torch.from_numpy(window).reshape(1, length, 1))
    lower, upper = interval[0, :, 0].T.tolist()
    return {"forecast": found[0, :, 0].tolist(), "lower": lower, "upper": upper}
