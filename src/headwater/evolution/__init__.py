"""How event contracts change: what each change is, what it does, and the lock that remembers.

contracts/contracts.lock.json holds what every contract said when it was last synced; what a
contract says now is compared with it.
"""

from headwater.evolution.changes import Change
from headwater.evolution.evolve import Evolution, Evolved, evolve
from headwater.evolution.kinds import KINDS, Kind
from headwater.evolution.lockfile import PATH, Lock, read

__all__ = [
    "KINDS",
    "PATH",
    "Change",
    "Evolution",
    "Evolved",
    "Kind",
    "Lock",
    "evolve",
    "read",
]
