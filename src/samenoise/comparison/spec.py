"""A side of a comparison as it is written: ``TARGET[,KEY=VALUE]...``.

    ./unet,dtype=bfloat16,steps=10,name=half

What stands with a side is of that side. What is said for all sides (``--dtype``) is of those that take it and do not
say it themselves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from samenoise.outside.base import OutsideError
from samenoise.outside.choose import KINDS, kind_of

__all__ = ["SideSpec", "named_apart", "options_of", "parse", "with_defaults", "written"]

OWN = {"name": str, "batch": int, "threads": int, "python": str}
"""Options of every side, with their types."""
TYPES: dict[str, type] = {
    **OWN,
    "steps": int,
    "size": int,
    "guidance_scale": float,
    "fuse_lora": bool,
    "channels_last": bool,
    "compile": bool,
    "trust_pickle": bool,
}
KEYS = sorted({*OWN, *(key for kind in KINDS.values() for key in kind.options)})
OPTION = re.compile(rf"^(?P<rest>.*),(?P<key>{'|'.join(KEYS)})=(?P<value>[^,]*)$", re.DOTALL)
AGAIN = re.compile(rf",(?=(?:{'|'.join(KEYS)})=)")
"""Between two options."""
UNKNOWN = re.compile(r",(?P<key>[a-z_]+)=[^,/]*$")

BATCH = 16
"""Images at a time, unless said otherwise."""


@dataclass(frozen=True)
class SideSpec:
    """What to compare, and how to open it.

    Args:
        target: a name as :mod:`samenoise.outside.choose` reads it; in Python also an object, see
            :func:`samenoise.comparison.side.opened`.
        name: what tables call it.
        options: of its kind.
        batch: images at a time.
        threads: of the CPU; ``None`` leaves them as they are.
        python: another interpreter to run it.
    """

    target: Any
    name: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    batch: int = BATCH
    threads: int | None = None
    python: str | None = None

    @property
    def title(self) -> str:
        """Its name, or one made of the target and its options."""
        if self.name:
            return self.name
        said = [f"{key}={value}" for key, value in self.options.items()]
        said += [f"python={Path(self.python).parent.parent.name or self.python}"] if self.python else []
        said += [f"batch={self.batch}"] if self.batch != BATCH else []
        return " ".join([_short(self.target), *said])


def _short(target: Any) -> str:
    if not isinstance(target, str):
        return getattr(target, "__name__", type(target).__name__)
    kept = target if ":" in target else target.rstrip("/")
    return kept if ":" in kept else Path(kept).name or kept


def parse(text: str) -> SideSpec:
    """Read a side as it is written.

    Raises:
        OutsideError: an option is unknown, or its value is not of its type.
    """
    found: dict[str, Any] = {}
    rest = text
    while match := OPTION.match(rest):
        rest, key, value = match["rest"], match["key"], match["value"]
        if key in found:
            raise OutsideError(f"{text}: {key} is said twice")
        found[key] = _typed(key, value)
    if unknown := UNKNOWN.search(rest):
        raise OutsideError(f"{text}: there is no option {unknown['key']!r}; there are {', '.join(KEYS)}")
    own = {key: found.pop(key) for key in OWN if key in found}
    return SideSpec(rest, options=dict(reversed(found.items())), **own)


def written(spec: SideSpec) -> str:
    """A side as :func:`parse` reads it; its interpreter is a matter of the day, and left out."""
    options = {**spec.options, **({"batch": spec.batch} if spec.batch != BATCH else {})}
    values = {key: str(value).lower() if isinstance(value, bool) else value for key, value in options.items()}
    return ",".join([str(spec.target), *(f"{key}={value}" for key, value in values.items())])


def options_of(texts: Sequence[str]) -> dict[str, Any]:
    """``KEY=VALUE`` of each, or ``KEY=VALUE,KEY=VALUE``.

    Raises:
        OutsideError: it is no such text, or there is no such option.
    """
    found = {}
    for text in (part for each in texts for part in AGAIN.split(each)):
        key, equals, value = text.partition("=")
        if not equals or key not in KEYS or key == "name":
            wrong = f"there is no option {key!r} for all sides" if equals else f"an option is KEY=VALUE, got {text!r}"
            raise OutsideError(f"{wrong}; there are {', '.join(k for k in KEYS if k != 'name')}")
        found[key] = _typed(key, value)
    return found


def _typed(key: str, value: str) -> Any:
    kind = TYPES.get(key, str)
    try:
        if kind is bool:
            return {"true": True, "false": False}[value.lower()]
        made = kind(value)
    except (ValueError, KeyError):
        name = {int: "a whole number", float: "a number", bool: "true or false"}[kind]
        raise OutsideError(f"{key} is {name}, got {value!r}") from None
    if key in ("batch", "threads", "steps") and made < 1:
        raise OutsideError(f"{key} is at least 1, got {value}")
    return made


def with_defaults(specs: Sequence[SideSpec], defaults: Mapping[str, Any]) -> list[SideSpec]:
    """The sides with what is said for all of them.

    Raises:
        OutsideError: no side takes one of the options.
    """
    out = list(specs)
    for key, value in defaults.items():
        taken = False
        for k, spec in enumerate(out):
            if key in OWN:
                default = getattr(SideSpec(""), key)
                if not isinstance(spec.target, str) or (key == "python" and _is_images(spec)):
                    continue
                taken = True
                if getattr(spec, key) == default:
                    out[k] = replace(spec, **{key: value})
            elif isinstance(spec.target, str) and key in KINDS[kind_of(spec.target)].options:
                taken = True
                out[k] = replace(spec, options={key: value, **spec.options})
        if not taken:
            raise OutsideError(f"no side takes {key}={value}")
    return out


def _is_images(spec: SideSpec) -> bool:
    return kind_of(spec.target) in ("pictures", "arrays", "parquet")


def named_apart(specs: Sequence[SideSpec]) -> list[SideSpec]:
    """The same sides, with names that differ."""
    names: list[str] = []
    for spec in specs:
        name, k = spec.title, 2
        while name in names:
            name, k = f"{spec.title} ({k})", k + 1
        names.append(name)
    return [replace(spec, name=name) for spec, name in zip(specs, names, strict=True)]
