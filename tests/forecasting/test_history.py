import torch

from skscale.forecasting._history import Histories
from skscale.training import Batch


def batch(x, mask=None):
    x = torch.tensor(x, dtype=torch.float64).unsqueeze(2)
    mask = None if mask is None else torch.tensor(mask).unsqueeze(2)
    one = torch.ones(len(x), 1, 1, dtype=torch.float64)
    return Batch(x, x[:, :0], mask, None, None, None, 0 * one, one)


def test_what_is_ahead_stands_behind_the_missing_end():
    seen = [[1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 0.0, 0.0]]
    found = Histories.of(batch(seen, [[True] * 4, [True, True, False, False]]), season=1)
    assert found.behind.flatten().tolist() == [0, 2]
    assert found.values[:, -1].tolist() == [4.0, 2.0]
    ahead = torch.tensor([[5.0, 6.0, 7.0], [50.0, 60.0, 70.0]])
    placed = found.behind_the_end(ahead)
    assert placed[0].tolist() == [5.0, 6.0, 7.0]
    assert placed[1].isnan().tolist() == [True, True, False]
    assert placed[1, 2] == 50.0
    longer = torch.arange(5.0).expand(2, 5)
    assert found.from_the_end(longer, 3).tolist() == [[0.0, 1.0, 2.0], [2.0, 3.0, 4.0]]


def test_an_outlier_is_a_hole():
    usual = [0.0, 1.0, 0.5, 1.5, 1.0, 2.0, 1.5, 2.5, 2.0, 3.0]
    struck = [*usual[:4], 1e6, *usual[5:]]
    found = Histories.of(batch([usual, struck]), season=1)
    assert found.values[0].tolist() == usual
    assert found.values[1, 4] < 10
