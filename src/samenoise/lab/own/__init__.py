"""The preset ``own``: somebody's pictures, and a sweep over them that fits them, this machine and a budget of time.

looking   what the pictures are               pacing   how fast networks train here, from a few updates
choice    size, network, sizes N, widths and updates, each with its reason
keeping   both, in the run directory
"""

from __future__ import annotations

from samenoise.lab.own.choice import Choice, choose
from samenoise.lab.own.keeping import keep, keep_look, kept, kept_look
from samenoise.lab.own.looking import Look, look, stamped
from samenoise.lab.own.pacing import Pace, pace

__all__ = ["Choice", "Look", "Pace", "choose", "keep", "keep_look", "kept", "kept_look", "look", "pace", "stamped"]
