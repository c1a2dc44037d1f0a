"""A rehearsal: what the cells of a run take here, from a few seconds of each kind of them.

alike    which cells take as long as one another        ladder   shorter versions of a cell, and what follows from them
stage    stand-ins for the results that cells need      conduct  the seconds at hand, spent where they tell most
pace     what cells take on a machine that is not here
"""

from __future__ import annotations

from samenoise.lab.rehearsal.conduct import Estimate, rehearse, update_seconds
from samenoise.lab.rehearsal.pace import Pace, read_pace
from samenoise.lab.rehearsal.pictures import NoisePictures

__all__ = ["Estimate", "NoisePictures", "Pace", "read_pace", "rehearse", "update_seconds"]
