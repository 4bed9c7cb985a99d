"""``python -m rtcheck``."""

from __future__ import annotations

from rtcheck.cli.main import main

if __name__ == "__main__":
    main(prog_name="rtcheck")
