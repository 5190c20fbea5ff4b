import pytest
import torch

from skscale.nn.timefilter.routing import Router, Routing, edge_kinds, routing_loss


def routing(*rows):
    """One graph of nodes with these probabilities and kinds that are kept."""
    probabilities, kept = zip(*rows, strict=True)
    return Routing(torch.tensor([probabilities]).double(), torch.tensor([kept]) > 0)


@pytest.mark.parametrize(
    ("top_p", "kept"),
    [(1e-9, [0, 1, 0]), (0.45, [0, 1, 0]), (0.55, [1, 1, 0]), (0.85, [1, 1, 1]), (1.0, [1, 1, 1])],
)
def test_the_choice_ends_where_it_is_probable_enough(top_p, kept):
    router = Router(4, top_p)
    found = router._kept(torch.tensor([0.3, 0.5, 0.2]))
    assert found.int().tolist() == kept


def test_every_edge_has_one_kind():
    kinds = edge_kinds(n_channels=3, n_positions=4)
    assert (kinds == kinds.T).all()
    # Of a node: two other channels at its position, three other positions, six others, itself.
    for kind, count in enumerate((2, 3, 6, 1)):
        assert ((kinds == kind).sum(1) == count).all()


def test_kinds_that_are_used_alike_cost_what_is_undecided():
    even = routing(*[([1 / 3] * 3, [1, 1, 1])] * 2)
    both = Routing(*(value.repeat(2, 1, 1) for value in even))
    # A third of two nodes, each -1/3 log 1/3, times a tenth.
    expected = torch.tensor(0.1 * 2 / 3 * 1.0986122887, dtype=torch.float64)
    torch.testing.assert_close(routing_loss([both, both]), expected)


def test_balance_is_of_kinds_not_of_ranks():
    """Two graphs that choose different kinds use them alike, however clearly each chooses."""
    first, second = ([1.0, 0.0, 0.0], [1, 0, 0]), ([0.0, 1.0, 0.0], [0, 1, 0])
    pair = Routing(*map(torch.cat, zip(routing(first), routing(second), strict=True)))
    same = Routing(*map(torch.cat, zip(routing(first), routing(first), strict=True)))
    # Loads 1, 1, 0: variance 1/3 by mean 2/3 squared; loads 2, 0, 0: 4/3 by the same.
    torch.testing.assert_close(routing_loss([pair]).item(), 0.75, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(routing_loss([same]).item(), 3.0, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(routing_loss([pair], ranked=True).item(), 3.0, rtol=1e-6, atol=1e-6)


def test_a_single_graph_has_nothing_to_balance():
    assert routing_loss([routing(([0.5, 0.3, 0.2], [1, 0, 0]))]) == 0
