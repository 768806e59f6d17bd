"""Rebuilding the past: hours of an event type, dates of a model."""

from headwater.backfill.dry_run import dry_run
from headwater.backfill.told import failures, lines
from headwater.backfill.work import Report, Setting, backfill, settle

__all__ = ["Report", "Setting", "backfill", "dry_run", "failures", "lines", "settle"]
