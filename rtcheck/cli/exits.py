"""How a run ends: one message on standard error, and an exit code that means what it says.

0, 1 and 3 are verdicts and 2 is wrong usage, so nothing else may end with one of them: an
interrupt ends with 130 and a reader that hung up with 141, as shells have it.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from rtcheck.errors import RtcheckError

OK, DEVIATION, USAGE, UNREADABLE = 0, 1, 2, 3
INTERRUPTED = 130
READER_GONE = 141


def say(text: str) -> None:
    """Write a message to standard error; what its encoding lacks is written as an escape."""
    from rtcheck.cli.output import encodable
    from rtcheck.report.words import visible

    print(encodable(visible(text), sys.stderr), file=sys.stderr)  # noqa: T201 - it is the terminal


def internal_error(fault: BaseException) -> RtcheckError:
    """Return a fault of rtcheck itself as an error that can be told.

    Only the kind and the place are told: the message of a foreign exception may quote a patient's
    data.
    """
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
    return RtcheckError(
        f"internal error ({type(fault).__name__})",
        where=place,
        hint="Please report it, with what rtcheck --debug prints",
    )


def nameless(error: RtcheckError) -> str:
    """Return an error in words that name no plan, structure or file."""
    kind = (type(error).__doc__ or "").splitlines()[0]
    return f"{error.code}: {kind} Run it without --anonymize to see more."


def debugging() -> bool:
    """Return whether tracebacks were asked for."""
    context = click.get_current_context(silent=True)
    return bool(context and context.find_root().params.get("debug"))


def is_quiet() -> bool:
    """Return whether this command was asked to print no more than it must."""
    context = click.get_current_context(silent=True)
    return bool(context and context.params.get("quiet"))


def tell(text: str) -> None:
    """Write a message that is no error to standard error, unless the user wants it quiet."""
    if not is_quiet():
        say(text)


class LazyGroup(click.Group):
    """A group that imports its commands when they are asked for, and ends every run in order.

    Parameters
    ----------
    modules : mapping of str to str
        Command name to module.
    """

    def __init__(self, *args: Any, modules: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table, the most used first."""
        return list(self.modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name."""
        if cmd_name not in self.modules:
            return None
        command = getattr(import_module(self.modules[cmd_name]), cmd_name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{cmd_name} is not a command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments name; a near name is suggested."""
        near = difflib.get_close_matches(args[0], self.modules, n=1, cutoff=0.5)
        if args[0] not in self.modules and near:
            ctx.fail(f"No such command {args[0]!r}. Did you mean {near[0]!r}?")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; whatever ends it becomes a message and an exit code."""
        code: int
        try:
            code = super().invoke(ctx) or OK
            sys.stdout.flush()
        except RtcheckError as error:
            say(f"Error: {error}")
            code = error.exit_code
        except (click.ClickException, click.exceptions.Exit):
            raise
        except (KeyboardInterrupt, click.Abort):
            code = INTERRUPTED
        except BrokenPipeError:
            # What is still buffered would complain once more when Python ends.
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = READER_GONE
        except Exception as fault:
            if debugging():
                raise
            say(f"Error: {internal_error(fault)}")
            code = UNREADABLE
        ctx.exit(code)
