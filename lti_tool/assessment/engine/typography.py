"""Sets French spaces in texts written with plain ones, so that no line begins with a question mark or a guillemet."""

import re

_BREAKABLE = re.compile(r"(?<=«) | (?=[»;:!?%€])|(?<=\d) (?=\d{3}(?!\d))")
_CODE = re.compile(r"(```.*?```|`[^`]*`)", re.DOTALL)


def typographic(text: str) -> str:
    """The text with non-breaking spaces inside guillemets and numbers and before ; : ! ? % €, except within `code`."""
    parts = _CODE.split(text)
    parts[::2] = [_BREAKABLE.sub("\u00a0", part) for part in parts[::2]]
    return "".join(parts)
