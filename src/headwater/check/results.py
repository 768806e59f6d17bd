"""What checks found, as values and as rows of ops.check_results and marks in ops.checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime

from headwater.database import Database, insert
from headwater.errors import Diagnostic, ExitCode
from headwater.literals import literal


@dataclass(frozen=True)
class CheckResult:
    """One check's answer. `observed` never holds a value of a personal column."""

    model: str
    check: str
    tool: str  # great_expectations | dbt
    column: str
    severity: str  # critical | warning
    passed: bool
    observed: str = ""
    unexpected_count: int | None = None
    owner: str = ""
    channel: str = ""
    description: str = ""

    def __str__(self) -> str:
        state = "passed" if self.passed else "FAILED" if self.severity == "critical" else "warning"
        place = f"{self.model}.{self.column}" if self.column else self.model
        text = f"{state}: {place} {self.check}"
        if "unexpected_rows_query=" in self.check and self.description:
            # The beginning of a query says nothing to anybody.
            text = f"{state}: {place}: {self.description.rstrip('.')}"
        if self.observed:
            text += f": {self.observed}"
        whose = " ".join(part for part in (self.owner, self.channel) if part)
        return f"{text} [{whose}]" if whose and not self.passed else text


@dataclass(frozen=True)
class Mark:
    """A row of ops.checked: the verdict on a model as it stood at `seq`, by this `suite`."""

    model: str
    seq: int
    suite: str
    is_passed: bool


@dataclass(frozen=True)
class CheckReport:
    """The answers of one round of checks.

    `verdicts` has every model that was judged: False where a critical check failed or the
    suite could not be read. `not_built` are models whose table does not exist yet: no verdict.
    """

    results: tuple[CheckResult, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    verdicts: Mapping[str, bool] = field(default_factory=dict)
    not_built: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """The critical failures."""
        return tuple(
            each for each in self.results if not each.passed and each.severity == "critical"
        )

    @property
    def warnings(self) -> tuple[CheckResult, ...]:
        return tuple(
            each for each in self.results if not each.passed and each.severity == "warning"
        )

    @property
    def exit_code(self) -> ExitCode:
        """BRANCH_FAILED when a critical check failed or a suite is wrong; warnings are OK."""
        return ExitCode.BRANCH_FAILED if self.failed or self.diagnostics else ExitCode.OK

    def lines(self) -> list[str]:
        """What a person needs to read: everything that did not pass, then one line of counts."""
        said = [str(each) for each in self.diagnostics]
        said += [str(each) for each in (*self.failed, *self.warnings)]
        said += [f"{name}: not built yet, so not checked" for name in self.not_built]
        passed = sum(each.passed for each in self.results)
        said.append(
            f"{len(self.results)} checks on {len(self.verdicts)} models: {passed} passed, "
            f"{len(self.failed)} failed, {len(self.warnings)} warnings"
        )
        return said


def record(
    database: Database,
    *,
    results: Iterable[CheckResult],
    marks: Iterable[Mark],
    run_id: str,
    at: datetime,
) -> None:
    """Writes results and marks in one transaction, so a kill leaves both or neither."""
    rows = [
        {
            "run_id": run_id,
            "model": each.model,
            "check_name": each.check,
            "tool": each.tool,
            "column_name": each.column,
            "severity": each.severity,
            "is_passed": each.passed,
            "observed": each.observed,
            "unexpected_count": each.unexpected_count,
            "owner": each.owner,
            "channel": each.channel,
            "checked_at": at,
        }
        for each in results
    ]
    checked = [{**asdict(mark), "checked_at": at} for mark in marks]
    replaced = [
        f"delete from {database.name('ops.checked')} where model = {literal(mark['model'])}"
        for mark in checked
    ]
    statements = [
        *insert(database, "ops.check_results", rows),
        *replaced,
        *insert(database, "ops.checked", checked),
    ]
    if statements:
        database.execute(*statements)
