"""Runs every saved query of the dbt project in this folder: its rows and columns, as JSON."""

from __future__ import annotations

import json
from pathlib import Path

from dbt_metricflow.cli.cli_configuration import CLIConfiguration
from metricflow.engine.metricflow_engine import MetricFlowQueryRequest


def main() -> None:
    configuration = CLIConfiguration()
    here = Path.cwd()
    configuration.setup(dbt_profiles_path=here, dbt_project_path=here, configure_file_logging=False)
    found = {}
    for query in configuration.semantic_manifest.saved_queries:
        request = MetricFlowQueryRequest.create(saved_query_name=query.name)
        answer = configuration.mf.query(request).result_df
        found[query.name] = {"rows": answer.row_count, "columns": answer.column_names}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
