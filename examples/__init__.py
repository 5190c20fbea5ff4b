"""Examples and reproductions, run from the repository root with ``python -m examples...``."""
