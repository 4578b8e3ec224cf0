"""The journeys of the model of threads, played against the API; skipped where the model is not there."""

from __future__ import annotations

import sys
from pathlib import Path

MODELS = Path(__file__).parents[3] / "shared" / "model"
if MODELS.exists() and str(MODELS) not in sys.path:
    sys.path.append(str(MODELS))
