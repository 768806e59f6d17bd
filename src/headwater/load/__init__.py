"""Loads delivered files into raw, once each, losing nothing."""

from headwater.load.no_pandas import leave_pandas_alone
from headwater.load.progress import OnStream, Progress, Silent
from headwater.load.result import FileResult, LoadResult
from headwater.load.run import connect, load

leave_pandas_alone()

__all__ = ["FileResult", "LoadResult", "OnStream", "Progress", "Silent", "connect", "load"]
