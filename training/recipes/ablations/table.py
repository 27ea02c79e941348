"""The table of what mattered, in Markdown and for programs."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from training.evaluation.panel import Metric
from training.recipes.ablations.measure import Measured, Row
from training.statistics import Value


@dataclass
class Table:
    columns: list[Metric]
    rows: list[Row]

    def add(self, columns: Sequence[Metric], name: str, values: Measured) -> None:
        """Columns that may be there already, and what the row of that name has in them."""
        known = {column.key for column in self.columns}
        self.columns += [column for column in columns if column.key not in known]
        self.rows = [replace(row, values={**row.values, **values}) if row.name == name else row for row in self.rows]


def markdown(table: Table, about: Sequence[str]) -> str:
    """about: sentences before the table. Columns that no row has are left out."""
    shown = [column for column in table.columns if any(column.key in row.values for row in table.rows)]
    head = ["", "Differs by", *(column.label for column in shown)]
    lines = [head, ["---"] * len(head)]
    for row in table.rows:
        cells = [cell(row.values.get(column.key), column) for column in shown]
        if row.note:
            cells = [row.note, *[""] * (len(shown) - 1)]
        lines.append([row.name, row.what, *cells])
    return "\n".join([*about, "", *("| " + " | ".join(line) + " |" for line in lines)]) + "\n"


def cell(value: Value | None, column: Metric) -> str:
    """`1.405 (1.38–1.43)`."""
    if value is None or math.isnan(value.number):
        return "–"
    shown = number(value.number, column)
    if math.isnan(value.low):
        return shown
    return f"{shown} ({number(value.low, column)} to {number(value.high, column)})"


def number(value: float, column: Metric) -> str:
    return f"{100 * value:.1f} %" if column.unit == "%" else f"{value:.{column.digits}f}"


def as_json(table: Table, tokens: int, seed: int) -> str:
    """What cannot be said is null."""
    return (
        json.dumps(
            {
                "tokens": tokens,
                "seed": seed,
                "rows": [
                    {
                        "name": row.name,
                        "what": row.what,
                        "note": row.note or None,
                        "values": {
                            key: [_plain(part) for part in (value.number, value.low, value.high)]
                            for key, value in row.values.items()
                        },
                    }
                    for row in table.rows
                ],
            },
            indent=1,
            ensure_ascii=False,
        )
        + "\n"
    )


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else value
