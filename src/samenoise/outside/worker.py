"""Runs in another interpreter: opens one model and answers over pipes, until the other side ends.

It is started as a file, by a Python that need not have samenoise. The package is made known under its name from the
folder of this file, without a change to ``sys.path``: what is imported here is what that Python has, and nothing of the
interpreter that asks. What the model prints goes to stderr.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from typing import Any


def _package(name: str, folder: str) -> None:
    """Make a package known by its folder."""
    path = os.path.join(folder, "__init__.py")
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=[folder])
    assert spec is not None  # the file is there
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


def main() -> None:
    """Answer messages on the pipe that was stdout, from the one that was stdin."""
    given, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whoever prints must not speak into the pipe
    sys.path[0] = os.getcwd()  # it was the folder of this file
    here = os.path.dirname(os.path.abspath(__file__))
    if sys.version_info < (3, 10):  # noqa: UP036 - this file is read by interpreters older than ours
        sys.exit(f"this is Python {sys.version.split()[0]}, and 3.10 is needed")
    _package("samenoise", os.path.dirname(here))
    from samenoise.outside import frames
    from samenoise.outside.base import OutsideError
    from samenoise.outside.choose import open_target
    from samenoise.outside.threads import use_threads
    from samenoise.outside.versions import versions

    model: Any = None
    answer: dict[str, Any]
    while (message := frames.receive(given)) is not None:
        try:
            name = message.pop("do")
            if name == "open":
                model = open_target(message["target"], message["options"])
                if not hasattr(model, "draw"):
                    raise OutsideError(f"{message['target']} is images that exist, which no interpreter has to draw")
                use_threads(message["threads"])
                shape = None if model.shape is None else list(model.shape)
                answer = {"shape": shape, "about": {**model.about, "versions": versions()}}
                answer["stages"] = hasattr(model, "record")
            else:
                answer = {"answer": getattr(model, name)(**message)}
        except OutsideError as error:
            answer = {"error": str(error), "code": error.code}
        frames.send(answers, answer)


if __name__ == "__main__":
    main()
