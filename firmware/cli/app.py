"""The command `derivato`, put together from one module per group of commands.

Only the module of the command that was asked for is imported: `derivato check` needs no
pjsua2, and one that is missing does not break the others.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import typer

COMMANDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "demo": ("firmware.cli.demo", "A simulated site makes real calls, and hears them work."),
        "run": ("firmware.cli.run", "Run the daemon of a building."),
        "check": ("firmware.cli.check", "Validate site files and show every problem at once."),
        "apply": ("firmware.cli.apply", "Put a site file in force, safely."),
        "confirm": ("firmware.cli.apply", "Keep the configuration that waits for it."),
        "rollback": ("firmware.cli.apply", "Put an earlier configuration in force again."),
        "history": ("firmware.cli.apply", "Show who applied which configuration when."),
        "ssh-command": ("firmware.cli.ssh_command", "Run what an SSH key may run (sshd)."),
        "status": ("firmware.cli.report", "Show what is going on."),
        "lines": ("firmware.cli.report", "Show the telephones."),
        "calls": ("firmware.cli.report", "Show the calls that are up and the last ones."),
        "trunks": ("firmware.cli.report", "Show the ways to the switchboards."),
        "report": ("firmware.cli.reports", "Tell from the records how numbers are used."),
        "emergency": ("firmware.cli.emergency", "Prove the ways of emergency calls."),
        "sim": ("firmware.cli.sim", "Drive a simulated telephone of a running daemon."),
        "lab": ("firmware.cli.lab", "Run scenario files against the real program."),
        "replay": ("firmware.cli.replay", "Feed recorded events through the core again."),
        "dial": ("firmware.cli.dial", "Explain what the dial plan makes of a number."),
        "guide": ("firmware.cli.guide", "Render and list what the voice guide says."),
        "directory": ("firmware.cli.directory", "Sign and show the directory of other sites."),
        "hours": ("firmware.cli.hours", "Say when an office receives, and what callers are told."),
        "cutover": ("firmware.cli.cutover", "Plan, follow and report a change of switchboards."),
        "line": ("firmware.cli.line", "Test the wires of a telephone, or watch them."),
        "board": ("firmware.cli.board", "Show the line hardware: wires and parts."),
        "listen": ("firmware.cli.listen", "Say what is recognised in a recording."),
        "hook": ("firmware.cli.hook", "Say what a trace of hook edges means."),
    }
)
"""Command → module that has a function (or Typer application) of its name, and what it is for."""


def main() -> None:
    """Run the command of `sys.argv`: 0 done, 1 failed, 2 bad input, 3 daemon not reachable."""
    application(sys.argv[1:])(prog_name="derivato")


def application(arguments: Sequence[str]) -> typer.Typer:
    """Make the application that runs ``arguments``; other commands are there by name only."""
    app = typer.Typer(
        help="Analog telephones and exchange lines in a VoIP switchboard.",
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    wanted = next((word for word in arguments if not word.startswith("-")), None)
    for name, (module, purpose) in COMMANDS.items():
        if name == wanted:
            _add(app, name, module)
        else:
            app.command(name, help=purpose)(_only_named)
    return app


def _add(app: typer.Typer, name: str, module: str) -> None:
    try:
        command = getattr(importlib.import_module(module), name.replace("-", "_"))
    except ModuleNotFoundError as error:
        typer.echo(f"derivato {name}: {error.name} is not installed here; run: make demo", err=True)
        sys.exit(1)
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=name)
    else:
        app.command(name)(command)


def _only_named() -> None:
    """Stand in for a command that is not run this time."""
