"""BigQuery's dialect of GoogleSQL, as options of ZetaSQL."""

from __future__ import annotations

from functools import cache

from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service
from zetasql.wasi._pb2.zetasql.proto import options_pb2
from zetasql.wasi._pb2.zetasql.public import options_pb2 as public

from .engine import instance

# What ZetaSQL can do and BigQuery cannot, or not in a way to rely on.
NOT_IN_BIGQUERY = (
    "AGGREGATE_FILTERING",
    "ARRAY_AGGREGATION_FUNCTIONS",
    "ARRAY_EQUALITY",
    "ARRAY_FIND_FUNCTIONS",
    "ARRAY_ORDERING",
    "ARRAY_ZIP",
    "BARE_ARRAY_ACCESS",
    "CHAINED_FUNCTION_CALLS",
    "ENABLE_MEASURES",
    "INLINE_LAMBDA_ARGUMENT",
    "MULTIWAY_UNNEST",
    "NULLIFZERO_ZEROIFNULL",
    "TIMESTAMP_NANOS",
    "TIMESTAMP_PICOS",
)
ONLY_IN_BIGQUERY = ("CREATE_TABLE_CLONE", "DISALLOW_GROUP_BY_FLOAT")


@cache
def options() -> options_pb2.AnalyzerOptionsProto:
    """External product mode, BigQuery's features, QUALIFY reserved, UTC, any statement."""
    language = instance().call(
        "GetLanguageOptions",
        service.LanguageOptionsRequest(maximum_features=True),
        options_pb2.LanguageOptionsProto,
    )
    feature = public.LanguageFeature.Value
    kept = set(language.enabled_language_features)
    kept -= {feature(f"FEATURE_{name}") for name in NOT_IN_BIGQUERY}
    kept |= {feature(f"FEATURE_{name}") for name in ONLY_IN_BIGQUERY}
    del language.enabled_language_features[:]
    language.enabled_language_features.extend(sorted(kept))
    language.product_mode = public.PRODUCT_EXTERNAL
    language.reserved_keywords.append("QUALIFY")
    del language.supported_statement_kinds[:]  # none listed = all supported
    return options_pb2.AnalyzerOptionsProto(
        language_options=language,
        default_timezone="UTC",
        error_message_mode=public.ERROR_MESSAGE_ONE_LINE,
    )
