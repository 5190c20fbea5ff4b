import numpy as np
import pytest

from skscale.training import TrainingConfig

NONSENSE = [float("nan"), float("inf"), -1, -0.5, "a", [1], {}, np.array([1, 2]), 10**30, 10**400]
CHOICES = ("loss", "lr_schedule", "precision")
COUNTS = ("max_epochs", "batch_size", "patience")
OPTIONAL_COUNTS = ("steps_per_epoch", "validation_windows")
NUMBERS = ("learning_rate", "weight_decay", "gradient_clip")
BAD = [
    *((name, value) for name in CHOICES for value in [None, 0, True, *NONSENSE]),
    *((name, value) for name in COUNTS for value in [None, 0, 1.5, 2.0, True, *NONSENSE]),
    *((name, value) for name in OPTIONAL_COUNTS for value in [0, 1.5, False, *NONSENSE]),
    *((name, value) for name in NUMBERS for value in [None, True, "1e-3", 1j, *NONSENSE[:-2]]),
    *((name, value) for name in NUMBERS for value in [1e39, 10**400]),
    *(("compile", value) for value in [None, 0, 1, *NONSENSE]),
    ("learning_rate", 0.0),
]


@pytest.mark.parametrize(("name", "value"), BAD, ids=lambda v: str(v)[:20])
def test_bad_settings_are_named(name, value):
    with pytest.raises(ValueError, match=rf"^{name} must .*got "):
        TrainingConfig(**{name: value})


@pytest.mark.parametrize("kind", [np.int8, np.int64, np.uint16])
def test_integers_of_numpy_are_integers(kind):
    for name in (*COUNTS, *OPTIONAL_COUNTS, *NUMBERS):
        assert getattr(TrainingConfig(**{name: kind(3)}), name) == 3
    assert type(TrainingConfig(batch_size=kind(3)).batch_size) is int


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.float16])
def test_floats_of_numpy_are_numbers(kind):
    config = TrainingConfig(learning_rate=kind(0.5), compile=np.True_)
    assert config.learning_rate == 0.5
    assert type(config.learning_rate) is float
    assert config.compile is True
