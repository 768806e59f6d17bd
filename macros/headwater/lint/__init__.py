"""Stand-ins for the framework's macros, for sqlfluff, which renders models without dbt.

What a macro writes is not the model's style, so a stand-in is the shortest SQL that can
stand in its place. Any macro without one of its own below is an expression.
"""

import re
from pathlib import Path


def _expression(*_args, **_kwargs):
    return "null"


def _condition(*_args, **_kwargs):
    return "true"


for _path in Path(__file__).parents[1].rglob("*.sql"):
    for _name in re.findall(r"\{%-?\s*macro\s+(\w+)", _path.read_text(encoding="utf-8")):
        globals()[_name] = _expression

unbuilt_slices = changed_dates = json_is = json_is_object = _condition


def json_parse(*_args, **_kwargs):
    """Columns of a select list."""
    return "null as parsed"


def reasons(*_args, caller):
    """A list of what is called with it."""
    return f"[{caller()}]"


def any_item(*_args, caller):
    """A condition on what is called with it."""
    return f"({caller()})"


def headwater_relation(name):
    """A table."""
    return name


def unnested(_list, alias, column):
    """Rows."""
    return f"unnest([null]) as {alias} ({column})"
