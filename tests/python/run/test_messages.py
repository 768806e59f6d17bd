"""Messages are repeated without the values that engines put into them."""

from __future__ import annotations

import duckdb
import pytest

from headwater import messages

IN_MODEL = "Runtime Error in model fct_sums (models/marts/fct_sums.sql)\n  "
SECRET = 'Jane O\'Doe "JD" jane@example.com'


def raised(sql: str) -> str:
    with pytest.raises(duckdb.Error) as caught:
        duckdb.connect().execute(sql, [SECRET] if "?" in sql else [])
    return str(caught.value)


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("select cast(?::varchar as bigint)", "Conversion"),
        ("select cast(? || chr(10) || 'jane' as date)", "Conversion"),
        ("select error(?)", "Invalid Input"),
        ("select error('Binder Error: ' || ?)", "Invalid Input"),
        ("select strptime(?, '%Y')", "Invalid Input"),
    ],
)
def test_what_an_engine_stumbled_on_is_not_repeated(sql: str, kind: str) -> None:
    message = raised(sql)
    assert "jane" in message
    said = messages.of_node(IN_MODEL + message, "fct_sums")
    assert said == (
        "Runtime Error in model fct_sums (models/marts/fct_sums.sql)"
        f" {kind} Error; the rest may quote data (dbt build --select fct_sums shows it)"
    )
    assert messages.of_engine(message) == f"{kind} Error; the rest may quote data"


def test_what_an_engine_says_of_the_statement_is_repeated() -> None:
    message = raised("select colour from (select 1 as color)")
    said = messages.of_node(IN_MODEL + message, "fct_sums")
    assert 'Binder Error: Referenced column "colour" not found' in said
    assert '"color"' in said


@pytest.mark.parametrize(
    "message",
    [
        "Got 3 results, configured to fail if != 0",
        "Database Error in model m (m.sql)\n  Unrecognized name: colour at [4:5]",
        IN_MODEL + "Invalid Input Error: an identifier has no key yet; run again",
        "Compilation Error in model m (m.sql)\n  'colour' is undefined",
    ],
)
def test_what_quotes_no_row_is_repeated_whole(message: str) -> None:
    assert messages.of_node(message, "m") == " ".join(message.split())


@pytest.mark.parametrize(
    "message",
    [
        "Database Error in model m (m.sql)\n  Bad int64 value: jane@example.com",
        "Got 1 result, configured to fail if != 0 for jane",
        "jane@example.com",
        IN_MODEL + "jane\n  Binder Error: x",
    ],
)
def test_what_is_not_known_to_quote_no_row_is_not_repeated(message: str) -> None:
    said = messages.of_node(message, "m")
    assert "jane" not in said
    assert said.endswith("an error; the rest may quote data (dbt build --select m shows it)")


def test_output_keeps_what_dbt_says_of_the_project() -> None:
    output = (
        "08:00:00  Running with dbt=1.11.16\n"
        "08:00:01  Encountered an error:\n"
        "Compilation Error\n"
        "  Model 'model.shop.m' depends on a node named 'n' which was not found\n"
    )
    assert messages.of_output(output, 2) == (
        "Compilation Error\n  Model 'model.shop.m' depends on a node named 'n' which was not found"
    )


def test_output_loses_what_an_engine_says_of_a_row_up_to_dbts_next_line() -> None:
    output = (
        "08:00:01  Encountered an error:\n"
        "Database Error\n"
        '  Constraint Error: Duplicate key "value: jane" violates it\n'
        "  and jane\n"
        "08:00:02  Done.\n"
    )
    assert messages.of_output(output) == (
        "Encountered an error:\nDatabase Error\nConstraint Error; the rest may quote data\nDone."
    )
