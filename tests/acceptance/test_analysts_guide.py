"""The walk of docs/guides/analysts.md, taken as it is written."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from reference_warehouse import Reference, reference_of
from truths import REPOSITORY, World

pytestmark = pytest.mark.slow

GUIDE = REPOSITORY / "docs" / "guides" / "analysts.md"


def written() -> dict[str, str]:
    """Each file that the walk says to write: its path, its text."""
    walk = GUIDE.read_text(encoding="utf-8").partition("## From a question to a merged model")[2]
    return dict(
        re.findall(r"`([a-z]+/[\w/]+\.(?:sql|yml))`:\n+```\w+\n(.*?)^```", walk, re.S | re.M)
    )


@pytest.fixture(scope="module")
def walked(
    world_of: Callable[[int, bool], World], tmp_path_factory: pytest.TempPathFactory
) -> Reference:
    """The project with the files of the walk in it, over a copy of a world's warehouse."""
    folder = tmp_path_factory.mktemp("walk")
    world = world_of(1, True)
    shutil.copytree(world.folder / "warehouse", folder / "warehouse")
    reference = reference_of(World(folder, world.days), folder / "project")
    for path, text in written().items():
        file = reference.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return reference


def test_the_walk_writes_a_model_its_yaml_and_its_suite() -> None:
    assert sorted(Path(path).suffix for path in written()) == [".sql", ".yml", ".yml"]


def test_the_first_question_is_answered_by_a_mart(walked: Reference) -> None:
    walk = GUIDE.read_text(encoding="utf-8").partition("## From a question")[2]
    query = re.findall(r"^```sql\n(.*?)^```", walk, re.S | re.M)[0]
    found = walked.world.query(query.replace("current_date", "date '2026-02-08'"))
    assert len(found) == 20
    assert all(artist for artist, *_ in found)


def test_the_model_builds_and_passes_what_it_must(walked: Reference) -> None:
    walked.dbt("build", "--select", "fct_daily_artists+")
    ((rows, streams),) = walked.world.query(
        "select count(*), sum(streams) from marts.fct_daily_artists"
    )
    assert rows > 20
    assert (streams,) == walked.world.query(
        "select count(*) from marts.fct_streams where main_artist_id is not null"
    )[0]
    assert "0 failed" in walked.call("-m", "headwater", "check", "--select", "fct_daily_artists")


@pytest.mark.parametrize(
    ("right", "wrong", "command", "said"),
    [
        (
            "count(distinct user_id)",
            "count(user_id)",
            ("test", "--select", "fct_daily_artists,test_type:unit"),
            "a_day_counts_an_artists_listeners_once",
        ),
        (
            "    group by stream_date, main_artist_id",
            "    group by stream_date",
            ("run", "--select", "fct_daily_artists"),
            "main_artist_id",
        ),
    ],
)
def test_what_the_walk_says_to_break_breaks(
    walked: Reference, right: str, wrong: str, command: tuple[str, ...], said: str
) -> None:
    path = walked.root / "models" / "marts" / "listening" / "fct_daily_artists.sql"
    text = path.read_text(encoding="utf-8")
    assert right in text
    path.write_text(text.replace(right, wrong), encoding="utf-8")
    assert said in walked.dbt(*command, code=1)
    path.write_text(text, encoding="utf-8")
