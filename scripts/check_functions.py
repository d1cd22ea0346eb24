#!/usr/bin/env python3
"""Names functions of 60 lines or more. Relies on clang-format: a body that opens on a
line without indentation closes with the next line that starts with a brace."""
import pathlib
import sys

LIMIT = 60
NOT_FUNCTIONS = ("namespace", "class", "struct", "enum", "union", "extern", "using",
                 "public:", "protected:", "private:", "template")


def long_functions(path: pathlib.Path):
    start = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("}"):
            if start and number - start >= LIMIT:
                yield f"{path}:{start}: {number - start} lines"
            start = None
        elif line and not line[0].isspace() and not line.startswith(NOT_FUNCTIONS):
            if start is None and line[0] not in "#/":
                start = number
            if line.endswith(";"):
                start = None


def main(files) -> int:
    found = [problem for name in files for problem in long_functions(pathlib.Path(name))]
    for problem in found:
        print(f"check: {problem}; functions stay below {LIMIT}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
