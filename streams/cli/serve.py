"""`tidegate serve` and `tidegate keys`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, cast

import typer

from streams.cli.terminal import Brokers, Prefix, reporting, settings_from

PORT = 8470


def serve(
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0: any that is free.")] = PORT,
    keys: Annotated[Path | None, typer.Option(help="File of keys.", show_default=False)] = None,
    no_keys: Annotated[bool, typer.Option("--no-keys", help="Everybody may ask; on a loopback address alone.")] = False,
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate, PEM.", show_default=False)] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its key, PEM.", show_default=False)] = None,
    brokers: Brokers = None,
    prefix: Prefix = None,
    artifact: Annotated[Path | None, typer.Option(help="Model folder.", show_default=False)] = None,
    policy: Annotated[Path | None, typer.Option(help="Policy file.", show_default=False)] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu or cuda.", show_default=False)] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="For inference.", show_default=False)] = None,
    log_level: Annotated[str | None, typer.Option(help="DEBUG, INFO, WARNING, ERROR.", show_default=False)] = None,
) -> None:
    """Score over HTTP. Runs until SIGTERM or Ctrl-C, then finishes what is in work. Needs no Kafka."""
    if (keys is None) != no_keys:
        raise typer.BadParameter("give a file of keys, or --no-keys", param_hint="--keys")
    with reporting(interrupted=0):
        settings = settings_from(
            brokers=brokers,
            topic_prefix=prefix,
            artifact=artifact,
            policy=policy,
            device=device,
            threads=threads,
            log_level=log_level,
        )
        gateway = _gateway()
        address = gateway.Address(host, port, tls_cert, tls_key)
        raise typer.Exit(gateway.run_gateway(settings, address, keys))


def _gateway() -> Any:
    """The server comes with an extra, which the worker does without."""
    try:
        from streams.gateway import life
    except ModuleNotFoundError as error:
        if error.name not in ("starlette", "uvicorn"):
            raise
        raise typer.BadParameter("needs the extra: pip install 'tidegate[serve]'", param_hint="serve") from None
    return life


def add_key(
    name: Annotated[str, typer.Argument(help="Whose key it is.")],
    file: Annotated[Path, typer.Option(help="File of keys; made if it is missing.")] = Path("keys.toml"),
    scope: Annotated[list[str], typer.Option(help="score, review or send; several times.")] = ["score"],  # noqa: B006
    rate: Annotated[float, typer.Option(min=0.001, max=1e6, help="Texts a second over time.")] = 100.0,
    burst: Annotated[int, typer.Option(min=1, max=1_000_000, help="Texts at once after a rest.")] = 200,
) -> None:
    """Make a key, print it once, and write its hash to a file."""
    with reporting():
        from streams.gateway.keys import SCOPES, Scope
        from streams.gateway.keys import add_key as add

        if not set(scope) <= set(SCOPES):
            raise typer.BadParameter(f"must be {', '.join(SCOPES)}", param_hint="--scope")
        typer.echo(add(file, name, cast(list[Scope], scope), rate, burst))
