"""A first event contract, inferred from records or converted from a JSON Schema."""

from headwater.new.draft import Head
from headwater.new.run import Made, new
from headwater.new.source import Sample

__all__ = ["Head", "Made", "Sample", "new"]
