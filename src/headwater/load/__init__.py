"""Loads delivered files into raw, once each, losing nothing."""

from headwater.load.progress import OnStream, Progress, Silent
from headwater.load.result import FileResult, LoadResult
from headwater.load.run import connect, load

__all__ = ["FileResult", "LoadResult", "OnStream", "Progress", "Silent", "connect", "load"]
