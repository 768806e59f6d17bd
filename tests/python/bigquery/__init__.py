"""Proving the BigQuery side without BigQuery: GoogleSQL's own reference implementation.

`zetasql_runner` analyses and executes BigQuery SQL in this process.
"""
