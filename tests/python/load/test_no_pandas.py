"""A load does not wait for pandas."""

from __future__ import annotations

import os
import subprocess
import sys

from headwater.load import no_pandas


def run(script: str) -> None:
    subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def test_pandas_is_not_imported_for_arrow_and_can_be_afterwards() -> None:
    made = "import sys, numpy, pyarrow as pa; pa.array(['a']); pa.array(numpy.arange(3))\n"
    with_it, without = "assert 'pandas' in sys.modules\n", "assert 'pandas' not in sys.modules\n"
    run(f"{made}{with_it}")  # what is avoided
    run(
        f"import headwater.load\n{made}{without}"
        "import pandas; assert len(pandas.DataFrame({'a': [1, 2]})) == 2"
    )


def test_where_pandas_is_there_already_nothing_is_hidden() -> None:
    made = "pa.array(pandas.Series([1]))"
    run(f"import pandas, headwater.load, pyarrow as pa\nassert len({made}) == 1")


def test_pandas_is_hidden_only_for_a_moment() -> None:
    before = list(sys.meta_path)
    no_pandas.leave_pandas_alone()
    assert sys.meta_path == before
