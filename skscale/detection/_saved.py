"""What a file of a detector holds, and how the detector comes back from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from skscale.detection._scores import Scorer
from skscale.saving import SavableBesideSktime

__all__ = ["SavableDetector"]


@dataclass
class _SavedDetector:
    """What a detector is: parameters, and what it has learned."""

    parameters: dict[str, Any]
    scorer: Scorer | None
    threshold: float | None


class SavableDetector(SavableBesideSktime):
    """Mixin of the detector: what a file holds of it."""

    _saved_records: ClassVar[list[type]] = [_SavedDetector]

    def _to_save(self: Any) -> _SavedDetector:
        parameters = self.get_params(deep=False)
        if not self.is_fitted:
            return _SavedDetector(parameters, None, None)
        return _SavedDetector(parameters, self._scorer, self.threshold_)

    @classmethod
    def _from_saved(cls: Any, saved: _SavedDetector) -> Any:
        detector = cls(**saved.parameters)
        if saved.scorer is not None and saved.threshold is not None:
            detector._remember(saved.scorer, saved.threshold)
            detector._y, detector._is_fitted = None, True
        return detector
