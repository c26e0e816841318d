"""Whether a JSON text nests deeper than it can be read safely.

CPython's JSON reader recurses in C; py-evm raises the interpreter's recursion limit so far that a
text of many thousand open brackets ends the process instead of raising RecursionError. So whoever
reads JSON from outside asks here first.
"""

import re

DEEPEST = 500
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', re.S)


def is_too_deep(text: str) -> bool:
    """True if brackets nest deeper than DEEPEST; what stands in strings does not count."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return False
    depth = 0
    for found in _TOKENS.finditer(text):
        token = found[0]
        if token in "[{":
            depth += 1
            if depth > DEEPEST:
                return True
        elif token in "]}":
            depth -= 1
    return False
