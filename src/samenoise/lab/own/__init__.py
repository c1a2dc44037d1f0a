"""The preset ``own``: somebody's pictures, and a sweep over them that fits them, this machine and a budget of time.

look      what the pictures are               pace     how fast networks train here, from a few updates
choice    size, network, sizes N, widths and updates, each with its reason; kept in the run directory
"""

from __future__ import annotations

from samenoise.lab.own.choice import Choice, choose
from samenoise.lab.own.kept import keep, kept
from samenoise.lab.own.look import Look, look
from samenoise.lab.own.pace import Pace, pace

__all__ = ["Choice", "Look", "Pace", "choose", "keep", "kept", "look", "pace"]
