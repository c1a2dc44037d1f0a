"""``samenoise doctor``: what this machine can do."""

from __future__ import annotations

import typer

from samenoise.cli.shared import Json

__all__ = ["doctor"]


def doctor(as_json: Json = False) -> None:
    """Say what this machine can do, and what is missing for the rest. The exit code is 1 if a check fails."""
    import json

    from samenoise.doctor import examine

    checks = examine()
    if as_json:
        typer.echo(json.dumps(checks, indent=1))
    else:
        from rich.console import Console

        console = Console()
        for check in checks:
            mark = {"ok": "[green]ok  [/]", "note": "[yellow]note[/]", "fail": "[red]fail[/]"}[check["state"]]
            console.print(f"{mark}  [bold]{check['name']}[/]  {check['text']}", highlight=False)
    raise typer.Exit(1 if any(check["state"] == "fail" for check in checks) else 0)
