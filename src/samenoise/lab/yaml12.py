"""YAML as presets and ``config.yaml`` are written in: the core schema of YAML 1.2, within bounds.

``010`` is ten and ``1:30`` is text, unlike in YAML 1.1; ``yes``, dates and ``<<`` are text too. A key that stands twice
is an error, and so is a tag that is not of the schema. What an alias stands for is counted each time it is used, and
made anew: a few lines cannot become millions of values, and a change in one place is none in another.

Source of the schema: https://yaml.org/spec/1.2.2/#103-core-schema
"""

from __future__ import annotations

import re
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from samenoise.runs.bounded import checked

__all__ = ["BYTES", "DEPTH", "VALUES", "dump", "load"]

BYTES = 256 * 1024
"""Of a text: more takes a parser in Python longer than anybody waits."""
DEPTH = 32
"""Of lists and mappings in one another."""
VALUES = 20_000
"""In a text, each as often as it is used."""

SCHEMA = {
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "bool": (r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    "int": (r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    "float": (
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
}
"""Tag -> what a plain scalar of it looks like, and how it can start; the first that fits."""
TAG = "tag:yaml.org,2002:"


def load(data: bytes) -> Any:
    """The content of a text.

    Raises:
        ValueError: it is no such YAML, or passes a bound; the message goes on a sentence that begins with its name.
    """
    if len(data) > BYTES:
        raise ValueError(f"is longer than {BYTES:,} bytes")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"is not UTF-8: byte {error.start} is {data[error.start]:#x}") from None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if loader.yaml_version not in (None, (1, 2)):
            raise ValueError("is not YAML 1.2")
    except yaml.MarkedYAMLError as error:
        at = "" if error.problem_mark is None else f" in line {error.problem_mark.line + 1}"
        raise ValueError(f"is not YAML: {error.problem}{at}") from None
    except yaml.YAMLError as error:
        raise ValueError(f"is not YAML: {str(error).splitlines()[0]}") from None
    return None if node is None else checked(_value(node))


def dump(content: Any) -> str:
    """As YAML that versions 1.1 and 1.2 read alike, keys in the order they have."""
    text: str = yaml.dump(content, Dumper=_Dumper, sort_keys=False)
    return text


class _Loader(Reader, Scanner, Parser, Composer, BaseResolver):
    """Composes nodes, and counts them."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        BaseResolver.__init__(self)
        self.depth, self.values = 0, 0
        self.sizes: dict[int, int] = {}

    def compose_node(self, parent: Any, index: Any) -> Any:
        before, is_alias = self.values, self.check_event(yaml.AliasEvent)
        self.depth += 1
        if self.depth > DEPTH:
            raise ValueError(f"is nested more than {DEPTH} deep")
        node = super().compose_node(parent, index)
        self.depth -= 1
        if not is_alias:
            self.values += 1
            self.sizes[id(node)] = self.values - before
        elif id(node) not in self.sizes:
            raise ValueError("has an alias inside what it stands for")
        else:
            self.values += self.sizes[id(node)]
        if self.values > VALUES:
            raise ValueError(f"holds more than {VALUES:,} values")
        return node


class _Dumper(yaml.SafeDumper):
    """Puts in quotes what either version would take for something else than text."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


for name, (pattern, starts) in SCHEMA.items():
    for kind in (_Loader, _Dumper):
        kind.add_implicit_resolver(f"{TAG}{name}", re.compile(rf"^(?:{pattern})$"), starts)


def _value(node: yaml.Node) -> Any:
    """What a node stands for."""
    line = node.start_mark.line + 1
    name = node.tag.removeprefix(TAG)
    if isinstance(node, yaml.ScalarNode) and name in ("str", *SCHEMA):
        return _scalar(name, node.value, line)
    if isinstance(node, yaml.SequenceNode) and name == "seq":
        return [_value(each) for each in node.value]
    if not isinstance(node, yaml.MappingNode) or name != "map":
        raise ValueError(f"has the tag {node.tag!r} in line {line}, which is not of the core schema")
    content: dict[Any, Any] = {}
    for key_node, each in node.value:
        key, line = _value(key_node), key_node.start_mark.line + 1
        if not isinstance(key, str | int | float | None):
            raise ValueError(f"has a list or mapping as a key in line {line}")
        if key in content:
            raise ValueError(f"has the key {key!r} twice, again in line {line}")
        content[key] = _value(each)
    return content


def _scalar(name: str, text: str, line: int) -> Any:
    if name == "str":
        return text
    if not re.fullmatch(SCHEMA[name][0], text):
        raise ValueError(f"has {text[:40]!r} in line {line}, which is no {name}")
    if name == "null":
        return None
    if name == "bool":
        return text.lower() == "true"
    if name == "float":
        return float(re.sub(r"^([-+]?)\.(inf|nan)$", r"\1\2", text.lower()))
    if len(text) > 24:
        raise ValueError(f"has an integer of {len(text)} digits in line {line}")
    return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
