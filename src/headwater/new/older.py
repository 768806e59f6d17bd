"""What older drafts of JSON Schema say in another form, said as draft 2020-12 does."""

from __future__ import annotations

from headwater.new.draft import Json


def modern(node: Json) -> Json:
    """One schema: a list in `items`, `additionalItems` and `dependencies` in today's words.

    No two drafts mean different things by these forms, so `$schema` need not be asked.
    """
    found = {key: value for key, value in node.items() if key != "additionalItems"}
    first, rest = node.get("items"), node.get("additionalItems")
    if isinstance(first, list):
        del found["items"]
        if first:
            found["prefixItems"] = first
        if rest is not None:
            found["items"] = rest
    needs = found.pop("dependencies", None)
    if isinstance(needs, dict):
        for keyword, is_list in (("dependentRequired", True), ("dependentSchemas", False)):
            those = {
                name: each for name, each in needs.items() if isinstance(each, list) is is_list
            }
            if those:
                found[keyword] = {**those, **found.get(keyword, {})}
    elif needs is not None:
        found["dependencies"] = needs
    return found
