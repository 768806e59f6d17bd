"""`headwater init`, function by function; tests/acceptance/test_new_warehouse.py uses the wheel."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import yaml

from headwater import share
from headwater.errors import BadInput
from headwater.init import init, project_name


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return init(tmp_path_factory.mktemp("somewhere") / "Web Shop-2")


def files(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def test_it_holds_what_a_warehouse_needs(made: Path) -> None:
    assert {
        ".github/CODEOWNERS",
        ".github/workflows/ci.yml",
        ".gitignore",
        ".sqlfluff",
        "README.md",
        "contracts/example/page_viewed.v1.yml",
        "dbt_project.yml",
        "models/marts/README.md",
        "models/staging/example/stg_page_viewed.sql",
        "profiles/profiles.yml",
        "requirements.txt",
        "scripts/daily",
        "scripts/hourly",
        "scripts/setup",
        "scripts/test",
        "selectors.yml",
    } <= files(made)
    assert (made / "profiles.yml").readlink() == Path("profiles/profiles.yml")
    assert share.framework_macros_drift(made) == []


def test_its_scripts_can_be_run(made: Path) -> None:
    for script in (made / "scripts").iterdir():
        assert script.stat().st_mode & stat.S_IXUSR, script


def test_it_is_called_after_its_folder(made: Path) -> None:
    declared = yaml.safe_load((made / "dbt_project.yml").read_text())
    assert declared["name"] == "web_shop_2"
    assert {name for name in declared["models"] if not name.startswith("+")} == {"web_shop_2"}
    assert (made / "README.md").read_text().startswith("# web_shop_2\n")


def test_nothing_of_this_repository_is_in_it(made: Path, repository: Path) -> None:
    ours = yaml.safe_load((repository / "dbt_project.yml").read_text())["name"]
    events = [path.name.split(".")[0] for path in (repository / "contracts").glob("*/*.v*.yml")]
    marts = [path.stem for path in (repository / "models" / "marts").rglob("*.sql")]
    for name in files(made):
        text = (made / name).read_text(encoding="utf-8")
        for word in (str(repository), ours, "_OF_", *events, *marts):
            assert word not in text, (name, word)


def test_a_folder_with_a_git_history_only_will_do(tmp_path: Path) -> None:
    (tmp_path / "shop" / ".git").mkdir(parents=True)
    assert (init(tmp_path / "shop") / "dbt_project.yml").is_file()


def test_a_folder_in_use_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(BadInput, match=r"is not empty: it holds notes\.txt") as caught:
        init(tmp_path)
    assert "hint:" in str(caught.value)
    assert files(tmp_path) == {"notes.txt"}


def test_it_refuses_its_own_warehouse(made: Path) -> None:
    with pytest.raises(BadInput, match="is not empty"):
        init(made)


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("")
    with pytest.raises(BadInput, match="is not a folder"):
        init(tmp_path / "shop")


def test_an_init_that_was_killed_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / "shop" / ".headwater-init-abc" / "models").mkdir(parents=True)
    made = init(tmp_path / "shop")
    assert not list(made.glob(".headwater-init-*"))


@pytest.mark.parametrize(
    ("folder", "name"),
    [("shop", "shop"), ("My Shop!", "my_shop"), ("shop--2", "shop_2"), ("données", "donn_es")],
)
def test_a_project_is_named_as_dbt_spells_names(folder: str, name: str) -> None:
    assert project_name(Path("/x") / folder) == name


@pytest.mark.parametrize("folder", ["2shop", "dbt", "dbt-shop", "___", "日本"])
def test_a_name_that_dbt_cannot_use_is_refused(folder: str) -> None:
    with pytest.raises(BadInput, match="cannot be called"):
        project_name(Path("/x") / folder)
