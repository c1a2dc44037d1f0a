"""``samenoise compare``: is this still the same model?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from samenoise.cli.shared import Json, TrustPickle, stop, trusting

if TYPE_CHECKING:
    from samenoise.comparison.gates import Verdict
    from samenoise.comparison.result import Comparison

__all__ = ["compare"]


def compare(
    sides: Annotated[
        list[str],
        typer.Argument(
            metavar="A B [C]...",
            help="What to compare, each TARGET[,KEY=VALUE]...: a diffusers pipeline (folder or hub id), a checkpoint "
            "of samenoise, package.module:function, an .onnx file, a folder, .zip or .parquet of images.",
        ),
    ],
    noises: Annotated[int | None, typer.Option(min=2, help="How many noises. [default: 64, or all images]")] = None,
    ids: Annotated[str | None, typer.Option(metavar="0-299,512", help="Which noises instead.")] = None,
    detect: Annotated[
        float | None, typer.Option(metavar="DROP", help="As many noises as it takes to see a drop of this share.")
    ] = None,
    noise_seed: Annotated[int, typer.Option(min=0, help="Of the noise bank.")] = 0,
    shape: Annotated[str | None, typer.Option(metavar="3x32x32", help="Of the noise, where no side says it.")] = None,
    prompts: Annotated[
        Path | None, typer.Option(help="A file of prompts, one a line: noise i has number i mod k.")
    ] = None,
    classes: Annotated[str | None, typer.Option(metavar="0-9", help="Class labels, given out likewise.")] = None,
    reference: Annotated[str | None, typer.Option(metavar="R", help="Say which side is nearer to this one.")] = None,
    ceiling: Annotated[int, typer.Option(min=0, help="Noises drawn again to measure the ceiling; 0: none.")] = 64,
    ceiling_with: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="Another way for it, such as device=cuda.")
    ] = None,
    fail_if: Annotated[list[str] | None, typer.Option(metavar='"rp < 0.95"', help="Exit with 3 if so.")] = None,
    within_ceiling: Annotated[
        float | None, typer.Option(metavar="DELTA", help="Exit with 3 unless RP is shown to be within it.")
    ] = None,
    where: Annotated[bool, typer.Option("--where", help="Name the stage of a pipeline that departs first.")] = False,
    all_pairs: Annotated[bool, typer.Option("--all-pairs", help="Every two sides, not only A with each.")] = False,
    data: Annotated[
        Path | None, typer.Option(help="Training images, whose mean is taken off. [default: A's mean]")
    ] = None,
    threshold: Annotated[float | None, typer.Option(help="Similarity above which pictures are the same.")] = None,
    feature: Annotated[str, typer.Option(help="What pictures are compared by.")] = "pixel",
    out: Annotated[Path | None, typer.Option(help="Folder for compare.json, summary.md, junit.xml, grid.png.")] = None,
    every: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="For all sides that take it, such as steps=10, dtype=float32."),
    ] = None,
    python: Annotated[str | None, typer.Option(help="Interpreter that runs the sides.")] = None,
    trust_pickle: TrustPickle = False,
    as_json: Json = False,
) -> None:
    """Compare generators and images from anywhere at the same noises: is this still the same model?"""
    from samenoise.comparison.ask import Asked, answer
    from samenoise.comparison.places import for_folder
    from samenoise.comparison.spec import parse

    asked = Asked(
        sides=sides,
        noises=noises,
        ids=ids,
        detect=detect,
        seed=noise_seed,
        shape=shape,
        prompts=prompts,
        classes=classes,
        reference=reference,
        ceiling=ceiling,
        ceiling_with=ceiling_with or [],
        fail_if=fail_if or [],
        within_ceiling=within_ceiling,
        where=where,
        all_pairs=all_pairs,
        data=data,
        threshold=threshold,
        feature=feature,
        every=[*trusting(every, trust_pickle), *([f"python={python}"] if python else [])],
    )
    if out is not None:
        for_folder(out, [parse(side).target for side in sides])
    try:
        found, verdicts = answer(asked)
        if out is not None:
            from samenoise.comparison.files import write

            write(out, found, verdicts)
    except KeyboardInterrupt:
        stop("interrupted; nothing was written", 130)
    show(found, verdicts, as_json)
    if failed := [verdict for verdict in verdicts if not verdict.passed]:
        stop("; ".join(f"{verdict.about}: {verdict.gate} does not hold ({verdict.found})" for verdict in failed), 3)


def show(found: Comparison, verdicts: list[Verdict], as_json: bool) -> None:
    """The result on stdout."""
    if as_json:
        import json

        from samenoise.comparison.files import content

        typer.echo(json.dumps(content(found, verdicts)))
        return
    from rich.console import Console

    from samenoise.comparison.tables import ceiling_lines, pair_lines, sentences, table

    console: Any = Console()
    console.print(table(pair_lines(found)))
    if len(itself := ceiling_lines(found)) > 1:
        console.print(table(itself))
    for sentence in sentences(found):
        console.print(sentence, highlight=False, soft_wrap=True, markup=False)
    for verdict in verdicts:
        mark = "passed" if verdict.passed else "failed"
        console.print(
            f"{mark}: {verdict.about}: {verdict.gate}: {verdict.found}", highlight=False, markup=False, soft_wrap=True
        )
