"""What packages are under, as SPDX expressions, and which of them may run beside this project."""

from __future__ import annotations

from importlib.metadata import Distribution

from boolean.boolean import Expression
from license_expression import ExpressionError, ExpressionParseError, get_spdx_licensing

SPDX = get_spdx_licensing()
BSD, MIT = (
    {"0BSD", "BSD-2-Clause", "BSD-3-Clause"},
    {"ISC", "MIT", "MIT-0", "PSF-2.0", "Python-2.0", "PostgreSQL", "Zlib"},
)
PERMISSIVE = BSD | MIT | {"Apache-2.0", "CC0-1.0", "Unlicense"}
OF_THE_LIBRARY = {"LGPL-2.1-only", "LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later"}
"""They ask for the source of the library, or of its files, and for nothing of what uses it unmodified."""
NAMES = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache License 2.0": "Apache-2.0",
    "MIT License": "MIT",
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: ISC License (ISCL)": "ISC",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "License :: OSI Approved :: The Unlicense (Unlicense)": "Unlicense",
}
"""What the metadata of packages say in words. Other words are no licence that we know, and fail."""


def parsed(text: str) -> Expression | None:
    """The SPDX expression that a text is; None where it is none."""
    try:
        return SPDX.parse(NAMES.get(text, text), validate=True, strict=True)
    except (ExpressionError, ExpressionParseError):
        return None


def licence_of(package: Distribution) -> str:
    """What its metadata say: the expression, else the field, else all classifiers; as they stand if not understood."""
    stated = [text for key in ("License-Expression", "License") for text in package.metadata.get_all(key, [])]
    for text in stated:
        if (found := parsed(text)) is not None:
            return str(found)
    classifiers: list[str] = package.metadata.get_all("Classifier", [])
    named = [NAMES.get(text, text) for text in classifiers if text.startswith("License :: ")]
    return " AND ".join(named) or " ".join(stated) or "none stated"


def is_allowed(licence: str) -> bool:
    """All that AND joins, one of what OR joins. A licence with an exception is another licence, and not listed."""
    found = parsed(licence)
    return found is not None and _holds(found)


def _holds(part: Expression) -> bool:
    if part.isliteral:
        return str(part) in PERMISSIVE | OF_THE_LIBRARY
    some = all if isinstance(part, SPDX.AND) else any
    return some(_holds(text) for text in part.args)
