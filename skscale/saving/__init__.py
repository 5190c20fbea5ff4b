"""Estimators in one file, without pickle: `load`, and the method ``save`` of each."""

from skscale.saving._beside_sktime import SavableBesideSktime as SavableBesideSktime
from skscale.saving._checkpoints import Checkpoints as Checkpoints
from skscale.saving._checkpoints import check_folder as check_folder
from skscale.saving._container import UnreadableFileError
from skscale.saving._estimators import OF_THE_RUN as OF_THE_RUN
from skscale.saving._estimators import Savable as Savable
from skscale.saving._estimators import load
from skscale.saving._fits import carrying_on as carrying_on
from skscale.saving._fits import checkpoints_of as checkpoints_of
from skscale.saving._fits import described as described
from skscale.saving._pickled import SavedBySktime as SavedBySktime

__all__ = ["UnreadableFileError", "load"]
