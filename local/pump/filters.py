"""Lambda's filter patterns: which records a function is invoked with at all.

A pattern is a nested object whose leaves are lists of alternatives: plain values, or one of the operators `prefix`,
`suffix`, `equals-ignore-case`, `anything-but`, `exists` and `numeric`. `$or` holds alternative objects.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

_MISSING: Final = object()
_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
}


def wanted(patterns: Sequence[Mapping[str, Any]], record: Mapping[str, Any], body: str, content: bytes) -> bool:
    """Whether any pattern matches `record`, whose field `body` stands for `content` (JSON, or plain text).

    Without patterns every record is wanted. Where a pattern speaks of the content as an object, content that is not
    JSON does not match; where it lists strings, JSON does not.
    """
    if not patterns:
        return True
    parsed = _parsed(content)
    return any(_matches(pattern, {**record, body: parsed}) for pattern in patterns)


def _parsed(content: bytes) -> object:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return _MISSING
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _matches(pattern: Mapping[str, Any], value: object) -> bool:
    if isinstance(value, list):
        return any(_matches(pattern, each) for each in value)
    if not isinstance(value, dict):
        return False
    return all(_field_matches(name, expected, value) for name, expected in pattern.items())


def _field_matches(name: str, expected: Any, value: Mapping[str, Any]) -> bool:
    if name == "$or":
        return any(_matches(each, value) for each in expected)
    found = value.get(name, _MISSING)
    if isinstance(expected, dict):
        return _matches(expected, {} if found is _MISSING else found)
    candidates = found if isinstance(found, list) else [found]
    return any(_rule_matches(rule, candidate) for rule in expected for candidate in candidates or [_MISSING])


def _rule_matches(rule: Any, value: Any) -> bool:
    if isinstance(rule, dict):
        [(name, operand)] = rule.items()
        return _OPERATORS[name](operand, value)
    return _equal(rule, value)


def _equal(expected: Any, value: Any) -> bool:
    """JSON's equality: true is not 1."""
    return isinstance(expected, bool) == isinstance(value, bool) and bool(expected == value)


def _anything_but(operand: Any, value: Any) -> bool:
    refused = operand if isinstance(operand, list) else [operand]
    return value is not _MISSING and not any(_rule_matches(each, value) for each in refused)


def _numeric(operand: Sequence[Any], value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    pairs = zip(operand[::2], operand[1::2], strict=True)
    return all(_COMPARISONS[comparison](value, bound) for comparison, bound in pairs)


def _exists(operand: Any, value: Any) -> bool:
    leaf = value is not _MISSING and not isinstance(value, dict)
    return leaf is bool(operand)


def _prefix(operand: Any, value: Any) -> bool:
    return isinstance(value, str) and value.startswith(operand)


def _suffix(operand: Any, value: Any) -> bool:
    return isinstance(value, str) and value.endswith(operand)


def _same_letters(operand: Any, value: Any) -> bool:
    return isinstance(value, str) and value.casefold() == str(operand).casefold()


_OPERATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "anything-but": _anything_but,
    "equals-ignore-case": _same_letters,
    "exists": _exists,
    "numeric": _numeric,
    "prefix": _prefix,
    "suffix": _suffix,
}
