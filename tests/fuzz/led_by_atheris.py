"""One parser, led by atheris along rtcheck's own code, until its limits end it.

::

    python tests/fuzz/led_by_atheris.py NAME FOLDER... -max_total_time=60
"""

from __future__ import annotations

import sys


def main(arguments: list[str]) -> None:
    """Try the parser that the first argument names; the others are for libFuzzer."""
    import atheris

    with atheris.instrument_imports(include=["rtcheck"]):
        from parsers import PARSERS

    name = arguments.pop(1)
    atheris.Setup(arguments, PARSERS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
