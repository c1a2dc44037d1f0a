"""The report of a run: what it found in plain sentences, its figures, and the pictures drawn from the same noise."""

from samenoise.report.current import current_report
from samenoise.report.page import write_report

__all__ = ["current_report", "write_report"]
