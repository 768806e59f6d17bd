"""Whether an expectation can be used as written; if not, what is wrong and what to do."""

from __future__ import annotations

import difflib
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from great_expectations.compatibility import pydantic
from great_expectations.exceptions.exceptions import ExpectationNotFoundError
from great_expectations.expectations import registry
from great_expectations.expectations.expectation import (
    ColumnMapExpectation,
    ColumnPairMapExpectation,
    MulticolumnMapExpectation,
)
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

from headwater.check.refused import REFUSED
from headwater.check.suite import Expectation
from headwater.graph import Node

MAP = (ColumnMapExpectation, ColumnPairMapExpectation, MulticolumnMapExpectation)
# Said beside the expectation in a suite, or meaningless without a data context.
NOT_ARGUMENTS = frozenset(
    {"id", "meta", "notes", "windows", "severity", "description", "rendered_content", "batch_id",
     "result_format", "catch_exceptions", "suite_parameter_options"}
)  # fmt: skip


# In a query: the relation of another model, as dbt writes it.
_REF = re.compile(r"\{\{\s*ref\(\s*['\"]([^'\"]*)['\"]\s*\)\s*\}\}")
_QUERY = "unexpected_rows_query"


@dataclass(frozen=True)
class Accepted:
    """An expectation GX has accepted. `is_personal`: it could show a person's data."""

    expectation: Expectation
    is_map: bool
    is_personal: bool

    def configuration(self, result_format: str) -> ExpectationConfiguration:
        return ExpectationConfiguration(
            type=self.expectation.type,
            kwargs={**self.expectation.kwargs, "result_format": result_format},
        )


def accept(expectation: Expectation, model: Node, known: Mapping[str, Node]) -> Accepted:
    """`known` are all models by name: a query may read others than its own."""
    kind = registry.get_expectation_impl(expectation.type)
    said = " ".join([*expectation.columns, *_text(expectation)])
    words = set(re.findall(r"\w+", said.lower()))
    read = [model, *(known[name] for name in _read(expectation))]
    personal = {each.name.lower() for node in read for each in node.columns if each.is_personal}
    return Accepted(_resolved(expectation, known), issubclass(kind, MAP), bool(words & personal))


def _read(expectation: Expectation) -> list[str]:
    """The other models that its query reads."""
    return _REF.findall(str(expectation.kwargs.get(_QUERY, "")))


def _resolved(expectation: Expectation, known: Mapping[str, Node]) -> Expectation:
    if not _read(expectation):
        return expectation
    query = _REF.sub(lambda found: known[found[1]].relation, str(expectation.kwargs[_QUERY]))
    return replace(expectation, kwargs={**expectation.kwargs, _QUERY: query})


def _text(expectation: Expectation) -> Iterator[str]:
    """Arguments that hold SQL or a condition, which may name columns of their own."""
    for key in (_QUERY, "row_condition"):
        if expectation.kwargs.get(key):
            yield str(expectation.kwargs[key])


def problem(
    expectation: Expectation, model: Node, columns: frozenset[str], known: Mapping[str, Node]
) -> tuple[str, str] | None:
    """(message, hint) when this expectation cannot be used as written."""
    if expectation.type in REFUSED:
        return f"{expectation.type} does not run in a warehouse", REFUSED[expectation.type]
    try:
        kind = registry.get_expectation_impl(expectation.type)
    except ExpectationNotFoundError:
        return f"unknown expectation {expectation.type!r}", _nearest(
            expectation.type, registry.list_registered_expectation_implementations()
        )
    fields = {
        str(field.alias or name): bool(field.required)
        for name, field in kind.__fields__.items()
        if name not in NOT_ARGUMENTS
    }
    for argument in expectation.kwargs:
        if argument not in fields:
            return f"{expectation.type} takes no {argument!r}", _nearest(argument, fields)
    for argument, is_required in fields.items():
        if is_required and argument not in expectation.kwargs:
            return f"{expectation.type} needs {argument!r}", ""
    for name in _read(expectation):
        if name not in known:
            return f"its query reads {name!r}, which is no model", _nearest(name, known)
    condition = expectation.kwargs.get("row_condition")
    if isinstance(condition, str) and "condition_parser" not in expectation.kwargs:
        return (
            "row_condition is a text without condition_parser",
            "row_condition: 'col(\"thing\") == 1', condition_parser: great_expectations",
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            kind(**expectation.kwargs)
    except (pydantic.ValidationError, ValueError, TypeError) as error:
        return f"{expectation.type}: {_reason(error)}", ""
    if expectation.type != "expect_column_to_exist":
        for column in expectation.columns:
            if columns and column not in columns:
                return f"{model.name} has no column {column!r}", _nearest(column, columns)
    return None


def _nearest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]}?"
    some = sorted(known)
    return f"one of: {', '.join(some)}" if len(some) <= 12 else ""


def _reason(error: Exception) -> str:
    if isinstance(error, pydantic.ValidationError):
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if part != "__root__")
        return f"{place}: {first['msg']}" if place else str(first["msg"])
    return str(error).splitlines()[0]
