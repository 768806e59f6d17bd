"""The contracts folder: names of files, what holds between them, and one bad file's reach."""

import errno
import os
from pathlib import Path

import pytest
from contracts.cases import BASE, PATH, problems

from headwater.contracts import read, read_all, read_each
from headwater.errors import ContractErrors, Diagnostic


def write(root: Path, path: str, text: str = BASE) -> None:
    file = root / "contracts" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        ("order_paid.v1.yml", "lies in the folder of its domain", "contracts/<domain>/<event>"),
        ("shop/eu/order_paid.v1.yml", "lies in the folder of its domain", "move it"),
        ("shop/order_paid.yml", "says no event and major", "rename it"),
        ("shop/order_paid.v0.yml", "says no event and major", "rename it"),
        ("shop/order_paid.v01.yml", "says no event and major", "rename it"),
        ("shop/order_paid.1.yml", "says no event and major", "rename it"),
        ("shop/order_paid.v1.yaml", "says no event and major", "rename it"),
        ("shop/Order_Paid.v1.yml", "the event in the file name is not a name", "small letters"),
        ("shop/x'; drop table y.v1.yml", "the event in the file name is not", "small letters"),
        ("shop/order\npaid.v1.yml", "the event in the file name is not a name", "small letters"),
        ("shop-eu/order_paid.v1.yml", "the domain in the file name is not", "small letters"),
        (f"shop/{'o' * 101}.v1.yml", "the event in the file name is not a name", "at most 100"),
    ],
)
def test_a_misplaced_or_misnamed_file_is_refused(
    tmp_path: Path, path: str, message: str, hint: str
) -> None:
    write(tmp_path, path)
    (found,) = read_all(tmp_path).strays
    assert message in found.message
    assert hint in found.hint
    assert found.line == 0
    assert "\n" not in found.path


@pytest.mark.parametrize(
    ("event", "message", "hint"),
    [
        ("undeclared", "raw has such a table", "rename it"),
        ("unparsed", "raw has such a table", "rename it"),
        ("order", "an SQL word", "order_made"),
        ("order_v2", "ends like a version", "name.v2.yml"),
    ],
)
def test_a_name_that_would_clash_is_refused(
    tmp_path: Path, event: str, message: str, hint: str
) -> None:
    write(tmp_path, f"shop/{event}.v1.yml", BASE.replace("order_paid", event))
    (broken,) = read_all(tmp_path).broken
    (found,) = broken.diagnostics
    assert broken.event == event
    assert message in found.message
    assert hint in found.hint


def test_no_contracts_is_no_problem(tmp_path: Path) -> None:
    assert read(tmp_path) == ()
    (tmp_path / "contracts").mkdir()
    assert read(tmp_path) == ()


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    for path in ("README.md", "contracts.lock.json", "shop/.order_paid.v1.yml", ".git/a.yml"):
        write(tmp_path, path, "::")
    write(tmp_path, "shop/order_paid.v1.yml")
    assert [each.event for each in read(tmp_path)] == ["order_paid"]


def test_contracts_come_by_domain_event_and_major(tmp_path: Path) -> None:
    for name in ("b/two", "a/three", "b/one"):
        event = name.split("/")[1]
        for major in (10, 2, 1):
            text = BASE.replace("order_paid", event).replace("version: 1.0", f"version: {major}.0")
            write(tmp_path, f"{name}.v{major}.yml", text)
    found = [(each.domain, each.event, each.major) for each in read(tmp_path)]
    events = [("a", "three"), ("b", "one"), ("b", "two")]
    assert found == [(*event, major) for event in events for major in (1, 2, 10)]


@pytest.mark.parametrize(
    ("one", "other", "is_refused"),
    [
        ("{is: [x, bought]}", "{is: [y, x]}", True),
        ("{is: order_sold}", "$.type", True),
        ("{path: $.kind, is: order_sold}", "$.type", False),
        ("{is: x}", "none", False),
    ],
)
def test_what_a_record_says_is_one_event_type(
    tmp_path: Path, one: str, other: str, is_refused: bool
) -> None:
    for event, said in (("order_paid", one), ("order_sold", other)):
        text = BASE.replace("payload:\n", f"envelope:\n  event_type: {said}\npayload:\n")
        write(tmp_path, f"shop/{event}.v1.yml", text.replace("order_paid", event))
    found = read_all(tmp_path).diagnostics
    assert len(found) == is_refused
    for each in found:
        assert (each.path, each.line) == ("contracts/shop/order_sold.v1.yml", 6)
        assert each.message.endswith(f"would be of order_paid, too: {PATH}")
        assert "envelope.event_type" in each.hint


def test_an_event_belongs_to_one_domain(tmp_path: Path) -> None:
    write(tmp_path, "shop/order_paid.v1.yml")
    write(tmp_path, "till/order_paid.v2.yml", BASE.replace("1.0", "2.0"))
    (found,) = read_all(tmp_path).diagnostics
    assert found.path == "contracts/till/order_paid.v2.yml"
    assert found.message == f"the event order_paid is also in {PATH}"
    assert "one domain" in found.hint


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("envelope: {event_id: $.other}", "envelope"),
        ("tier: low", "tier"),
        ("completeness: 99 %", "completeness"),
        ("retention: {raw: 1 day}", "retention"),
        ("dedup_lookback: 1 day", "dedup_lookback"),
        ("max_lateness: none", "max_lateness"),
    ],
)
def test_what_all_majors_share_cannot_differ(tmp_path: Path, line: str, name: str) -> None:
    write(tmp_path, "shop/order_paid.v1.yml")
    write(tmp_path, "shop/order_paid.v2.yml", BASE.replace("1.0", "2.0") + line + "\n")
    (found,) = read_all(tmp_path).diagnostics
    assert found.path == "contracts/shop/order_paid.v2.yml"
    assert found.message == f"{name} differs from that in {PATH}"
    assert "all majors" in found.hint
    assert found.line == BASE.count("\n") + 1


def test_a_second_major_needs_a_version_in_the_record(tmp_path: Path) -> None:
    line = "envelope: {schema_version: none}\n"
    write(tmp_path, "shop/order_paid.v1.yml", BASE + line)
    write(tmp_path, "shop/order_paid.v2.yml", BASE.replace("1.0", "2.0") + line)
    (found,) = read_all(tmp_path).diagnostics
    assert (found.path, found.line) == (PATH.replace("v1", "v2"), BASE.count("\n") + 1)
    assert found.message.startswith("no record can say that it is of version 2")
    assert "map where a record states its version" in found.hint


def test_one_major_at_most_is_the_latest(tmp_path: Path) -> None:
    for major in (1, 2, 3):
        said = "latest: true\n" if major != 1 else "latest: false\n"
        text = BASE.replace("version: 1.0", f"version: {major}.0") + said
        write(tmp_path, f"shop/order_paid.v{major}.yml", text)
    (found,) = read_all(tmp_path).diagnostics
    assert (found.path, found.line) == (PATH.replace("v1", "v3"), BASE.count("\n") + 1)
    assert found.message == f"{PATH.replace('v1', 'v2')} says that it is the latest, too"


def test_every_problem_of_every_file_is_raised_at_once(tmp_path: Path) -> None:
    write(tmp_path, "shop/order_paid.v1.yml", BASE.replace("owner: checkout\n", "tear: low\n"))
    write(tmp_path, "shop/refunded.v1.yml", BASE)
    write(tmp_path, "stray.yml")
    with pytest.raises(ContractErrors) as refused:
        read(tmp_path)
    assert [(each.path, each.line) for each in refused.value.diagnostics] == [
        (PATH, 1),
        (PATH, 3),
        ("contracts/shop/refunded.v1.yml", 1),
        ("contracts/stray.yml", 0),
    ]
    assert refused.value.exit_code == 2
    assert f"{PATH}:3: unknown key 'tear'\n  hint: did you mean tier?" in str(refused.value)


def test_one_bad_contract_fails_its_own_event_type_only(tmp_path: Path) -> None:
    write(tmp_path, "shop/good.v1.yml", BASE.replace("order_paid", "good"))
    write(tmp_path, "shop/order_paid.v1.yml")
    write(tmp_path, "shop/order_paid.v2.yml", BASE.replace("1.0", "3.0"))
    reading = read_all(tmp_path)
    assert [each.event for each in reading.contracts] == ["good"]
    (broken,) = reading.broken
    assert (broken.event, broken.owner, broken.channel) == (
        "order_paid",
        "checkout",
        "#data-checkout",
    )
    contracts, diagnostics = read_each(tmp_path)
    assert contracts == reading.contracts
    assert diagnostics == broken.diagnostics
    assert [each.line for each in diagnostics] == [2]


def test_a_broken_contract_still_says_whose_it_is(tmp_path: Path) -> None:
    assert problems(tmp_path, BASE.replace("type: string", "type: text"))
    (broken,) = read_all(tmp_path).broken
    assert (broken.owner, broken.channel) == ("checkout", "#data-checkout")


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "shop/good.v1.yml", BASE.replace("order_paid", "good"))
    (tmp_path / PATH).symlink_to(tmp_path / "nowhere")
    contracts, (found,) = read_each(tmp_path)
    assert [each.event for each in contracts] == ["good"]
    assert found == Diagnostic(
        PATH,
        0,
        "cannot be read: No such file or directory",
        "make it a readable file, or remove it",
    )


def test_a_file_without_permission_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "shop/order_paid.v1.yml")

    def refuse(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)  # root may read everything
    (found,) = read_all(tmp_path).diagnostics
    assert found.message == "cannot be read: Permission denied"
