"""Theory of scaling operators: their defining properties, forecastability, quantization gap."""

from skscale.theory._axioms import check_scale_space_axioms
from skscale.theory._checks import check_scaling_operator
from skscale.theory._forecastability import QuantizationGap, forecastability, quantization_gap
from skscale.theory._report import Finding, Report

__all__ = [
    "Finding",
    "QuantizationGap",
    "Report",
    "check_scale_space_axioms",
    "check_scaling_operator",
    "forecastability",
    "quantization_gap",
]
