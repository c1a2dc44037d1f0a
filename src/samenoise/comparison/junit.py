"""Gates as a JUnit file, which every CI reads: a test case for each gate of each pair."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence

from samenoise.comparison.gates import Verdict

__all__ = ["junit"]


def junit(verdicts: Sequence[Verdict]) -> bytes:
    """The XML of a test suite."""
    failed = sum(not verdict.passed for verdict in verdicts)
    suite = ElementTree.Element("testsuite", name="samenoise", tests=str(len(verdicts)), failures=str(failed))
    for verdict in verdicts:
        case = ElementTree.SubElement(
            suite, "testcase", classname="samenoise.compare", name=f"{verdict.about}: {verdict.gate}"
        )
        if verdict.passed:
            ElementTree.SubElement(case, "system-out").text = verdict.found
        else:
            ElementTree.SubElement(case, "failure", message=verdict.found).text = f"{verdict.gate}: {verdict.found}"
    suites = ElementTree.Element("testsuites")
    suites.append(suite)
    ElementTree.indent(suites)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(suites) + b"\n"
