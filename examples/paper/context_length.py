"""Figure 7a and the ETTh1 part of Table 13 of the Sigma paper: errors with longer contexts.

::

    python -m examples.paper.context_length --seeds 0

A context of 96 is in the long-term table already; `context_cost` has the cost of longer ones.
"""

from __future__ import annotations

from examples.command_line import positive, script_parser
from examples.paper import long_term
from examples.paper.runs import add_shared_arguments

DATASET = "ETTh1"
CONTEXTS = (24, 48, 96, 192, 336, 512, 720)
HORIZONS = (96, 192, 336, 720)


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing."""
    parser = script_parser(__doc__)
    contexts = [length for length in CONTEXTS if length != long_term.CONTEXT_LENGTH]
    parser.add_argument(
        *("--context",), nargs="+", type=positive, default=contexts, help="points of a window"
    )
    parser.add_argument("--horizon", nargs="+", type=positive, default=HORIZONS, help="steps ahead")
    add_shared_arguments(parser, "context_length.csv")
    args = parser.parse_args(arguments)
    flags = ["--dataset", DATASET, "--data", str(args.data), "--out", str(args.out)]
    for name in ("context", "horizon", "seeds"):
        flags += [f"--{name}", *(str(value) for value in getattr(args, name))]
    long_term.main(flags)


if __name__ == "__main__":
    main()
