"""The producer's dry run: what an event contract says of a file.

Everything happens in memory: no warehouse is opened and dbt is not called.
"""

from headwater.validate.report import Verdict
from headwater.validate.run import contracts_of, validate

__all__ = ["Verdict", "contracts_of", "validate"]
