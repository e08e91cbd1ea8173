"""The result: one line for each figure, with its limit and whether it was kept."""

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One measured figure. `cost` is in `unit`; `ratio` is what the limit is about, if it is a ratio."""

    name: str
    cost: float
    unit: str
    beside: str
    ratio: float
    limit: float

    @property
    def is_kept(self) -> bool:
        """Whether the limit is kept."""
        return self.ratio <= self.limit


def show(figures: list[Figure]) -> bool:
    """Print the table; whether every limit was kept."""
    table = Table(title="Benchmarks")
    for heading in ("figure", "measured", "unit", "beside", "ratio", "limit", ""):
        table.add_column(heading, justify="right" if heading in ("measured", "ratio", "limit") else "left")
    for figure in figures:
        table.add_row(
            figure.name,
            f"{figure.cost:,.1f}",
            figure.unit,
            figure.beside,
            f"{figure.ratio:.2f}",
            f"{figure.limit:g}",
            "kept" if figure.is_kept else "NOT KEPT",
        )
    Console(width=160).print(table)
    return all(figure.is_kept for figure in figures)
