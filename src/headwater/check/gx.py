"""Great Expectations itself, in process: no context, no files, no network, one connection.

Importing this module costs seconds, so only `run` does it, and only when a suite must be judged.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from great_expectations.core import ExpectationValidationResult
from great_expectations.core.batch import Batch, LegacyBatchDefinition
from great_expectations.core.batch_spec import SqlAlchemyDatasourceBatchSpec
from great_expectations.core.id_dict import IDDict
from great_expectations.execution_engine.sqlalchemy_execution_engine import (
    SqlAlchemyExecutionEngine,
)
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.validator.validator import Validator

from headwater.check.results import CheckResult
from headwater.check.rules import Accepted, accept, problem
from headwater.check.suite import Suite
from headwater.errors import Diagnostic
from headwater.graph import Node

logging.getLogger("great_expectations").setLevel(logging.CRITICAL)

# Errors of these kinds quote the suite's own SQL; any other may quote a value it stumbled on.
QUOTES_NO_DATA = ("BinderException", "CatalogException", "ParserException")


class _Quiet(Validator):
    def _determine_progress_bars(self) -> bool:
        return False


def _validator(engine: SqlAlchemyExecutionEngine, model: Node) -> Validator:
    named = (
        {"table_name": f"{model.schema}.{model.identifier}"}
        if engine.dialect_name == "bigquery"
        else {"table_name": model.identifier, "schema_name": model.schema}
    )
    spec = SqlAlchemyDatasourceBatchSpec(create_temp_table=False, **named)
    data, markers = engine.get_batch_data_and_markers(spec)
    batch = Batch(
        data=data,  # type: ignore[arg-type]
        batch_markers=markers,
        batch_spec=spec,
        batch_definition=LegacyBatchDefinition(
            "headwater", model.schema, model.identifier, IDDict()
        ),
    )
    return _Quiet(execution_engine=engine, batches=[batch])


def _columns(engine: SqlAlchemyExecutionEngine, model: Node) -> frozenset[str]:
    found = engine.get_inspector().get_columns(model.identifier, schema=model.schema)
    return frozenset(str(column["name"]) for column in found)


def evaluate(
    engine: SqlAlchemyExecutionEngine, suite: Suite, model: Node, known: Mapping[str, Node]
) -> tuple[list[CheckResult], list[Diagnostic]]:
    """Every expectation's result in the suite's order, and what is wrong with the others.

    `known` are all models by name, which queries may read.
    """
    columns = _columns(engine, model)
    ready: list[Accepted] = []
    wrong: list[Diagnostic] = []
    for expectation in suite.expectations:
        unusable = problem(expectation, model, columns, known)
        if unusable:
            wrong.append(Diagnostic(expectation.path, expectation.line, *unusable))
        else:
            ready.append(accept(expectation, model, known))
    if not ready:
        return [], wrong
    answers = dict(_answers(_validator(engine, model), ready))
    results = [_result(each, answers[index], suite, model) for index, each in enumerate(ready)]
    return results, wrong


def _answers(
    validator: Validator, ready: Sequence[Accepted]
) -> Iterator[tuple[int, ExpectationValidationResult]]:
    """Judges everything in as few queries as GX bundles them into.

    Rules about single rows are asked for a yes or no, since every count of theirs would cost
    a query of its own; only those that failed (or tolerate failures) are asked again for it.
    Personal columns are asked for a yes or no and nothing else.
    """
    numbers = range(len(ready))
    personal = [n for n in numbers if ready[n].is_personal]
    others = [n for n in numbers if not ready[n].is_personal]
    counted = []
    yield from _ask(validator, ready, personal, dict.fromkeys(personal, "BOOLEAN_ONLY"))
    formats = {n: "BOOLEAN_ONLY" if ready[n].is_map else "BASIC" for n in others}
    for number, answer in _ask(validator, ready, others, formats):
        tolerates = ready[number].expectation.kwargs.get("mostly", 1) != 1
        if ready[number].is_map and not _raised(answer) and (tolerates or not answer.success):
            counted.append(number)
        yield number, answer
    yield from _ask(validator, ready, counted, dict.fromkeys(counted, "BASIC"))


def _ask(
    validator: Validator, ready: Sequence[Accepted], numbers: Sequence[int], formats: dict[int, str]
) -> Iterator[tuple[int, ExpectationValidationResult]]:
    if not numbers:
        return
    runtime: dict[str, Any] = {"catch_exceptions": True}
    if set(formats.values()) == {"BOOLEAN_ONLY"}:
        runtime["result_format"] = "BOOLEAN_ONLY"
    answers = _validate(validator, [ready[n].configuration(formats[n]) for n in numbers], runtime)
    if len(numbers) > 1 and any(_raised(answer) for answer in answers):
        # One statement that the engine refuses takes its whole bundle with it.
        answers = [
            answer
            for n in numbers
            for answer in _validate(validator, [ready[n].configuration(formats[n])], runtime)
        ]
    yield from zip(numbers, answers, strict=True)


def _validate(
    validator: Validator, configurations: list[ExpectationConfiguration], runtime: dict[str, Any]
) -> list[ExpectationValidationResult]:
    """GX's answers in the order asked; it returns those that raised first."""
    for number, configuration in enumerate(configurations):
        configuration.meta = {"number": number}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answers = validator.graph_validate(configurations, runtime_configuration=runtime)
    return sorted(answers, key=_number)


def _number(answer: ExpectationValidationResult) -> int:
    asked = answer.expectation_config
    assert asked is not None
    assert asked.meta is not None
    return int(asked.meta["number"])


def _raised(answer: ExpectationValidationResult) -> str:
    """The text of the error GX caught while judging, or nothing."""
    info = answer.exception_info or {}
    entries = [info] if "raised_exception" in info else list(info.values())
    for entry in entries:
        if isinstance(entry, dict) and entry.get("raised_exception"):
            return str(entry.get("exception_message") or "an error")
    return ""


def _result(
    ready: Accepted, answer: ExpectationValidationResult, suite: Suite, model: Node
) -> CheckResult:
    expectation = ready.expectation
    observed, unexpected = _observed(ready, answer)
    return CheckResult(
        model=model.name,
        check=expectation.label,
        tool="great_expectations",
        column=", ".join(expectation.columns),
        severity=expectation.severity,
        passed=bool(answer.success),
        observed=observed,
        unexpected_count=unexpected,
        owner=suite.owner or model.owner,
        channel=suite.channel or model.channel,
        description=expectation.description,
    )


def _observed(ready: Accepted, answer: ExpectationValidationResult) -> tuple[str, int | None]:
    error = _raised(answer)
    if error:
        return _without_data(error, ready.is_personal), None
    if ready.is_personal:
        return "", None
    result = answer.result or {}
    count = result.get("unexpected_count")
    if ready.is_map:
        if not result:
            return "", 0
        total = result.get("element_count")
        return f"{count} of {total} rows", None if count is None else int(count)
    observed = result.get("observed_value")
    if isinstance(observed, dict) and "values" in observed:
        observed = observed["values"]
    text = "" if observed is None else " ".join(str(observed).split())
    if ready.expectation.type == "unexpected_rows_expectation":
        return f"{text} rows", int(text) if text.isdigit() else None
    return text if len(text) <= 200 else text[:199] + "…", None if count is None else int(count)


def _without_data(error: str, is_personal: bool) -> str:
    named = re.search(r"\(_?duckdb\.(\w+)\)\s*(.*)", error)
    if named is None:
        return "could not be judged" if is_personal else f"could not be judged: {_first(error)}"
    kind, message = named.groups()
    if is_personal or kind not in QUOTES_NO_DATA:
        return f"could not be judged: {kind}"
    return f"could not be judged: {_first(message)}"


def _first(text: str) -> str:
    return next(iter(text.splitlines()), "")[:200]
