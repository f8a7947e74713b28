"""Results on disk and on the screen: JSON for later, a markdown table for people."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks._benchmark import Benchmark, Claim, Report, Row


def write(folder: Path, benchmark: Benchmark, report: Report, machine: dict[str, Any]) -> str:
    """Write `<name>.json`, `<name>.md` and the further files into `folder`, and return the markdown."""
    folder.mkdir(parents=True, exist_ok=True)
    date = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    record = {
        "benchmark": benchmark.name,
        "description": benchmark.description,
        "date": date,
        "machine": machine,
        "rows": report.rows,
        "claims": [asdict(claim) | {"met": claim.met} for claim in report.claims],
        "notes": report.notes,
    }
    (folder / f"{benchmark.name}.json").write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    text = _markdown(benchmark, report, machine, date)
    (folder / f"{benchmark.name}.md").write_text(text)
    for name, content in report.files.items():
        (folder / name).write_bytes(content)
    return text


def _markdown(benchmark: Benchmark, report: Report, machine: dict[str, Any], date: str) -> str:
    known = ", ".join(f"{key} {value}" for key, value in machine.items() if value is not None)
    parts = [f"# {benchmark.name}", benchmark.description, f"{date}; {known}.", *_parts(report.rows)]
    if report.claims:
        parts.append(_table([_claim_row(claim) for claim in report.claims]))
    if report.notes:
        parts.append("\n".join(f"- {note}" for note in report.notes))
    return "\n\n".join(parts) + "\n"


def _parts(rows: list[Row]) -> list[str]:
    """One table; where rows say which `part` of the benchmark they belong to, one under a heading for each."""
    parts: dict[str | None, list[Row]] = {}
    for row in rows:
        parts.setdefault(row.get("part"), []).append({key: value for key, value in row.items() if key != "part"})
    return [text for part, rows in parts.items() for text in ([f"## {part}"] if part else []) + [_table(rows)]]


def _claim_row(claim: Claim) -> Row:
    verdict = {True: "met", False: "NOT MET", None: "not measured"}[claim.met]
    return {"claim": claim.text, "target": f"{claim.sense} {claim.bound:g}", "measured": claim.value, "": verdict}


def _table(rows: list[Row]) -> str:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    lines = [columns, *([_cell(row.get(column)) for column in columns] for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    numeric = [all(_is_number(row.get(column)) for row in rows) for column in columns]

    def render(line: list[str]) -> str:
        cells = (s.rjust(w) if n else s.ljust(w) for s, w, n in zip(line, widths, numeric, strict=True))
        return f"| {' | '.join(cells)} |"

    rule = "|".join("-" * (w + 1) + (":" if n else "-") for w, n in zip(widths, numeric, strict=True))
    return "\n".join([render(lines[0]), f"|{rule}|", *map(render, lines[1:])])


def _is_number(value: Any) -> bool:
    return value is None or isinstance(value, int | float)


def _cell(value: Any) -> str:
    match value:
        case None:
            return "-"
        case float() if abs(value) >= 100:
            return f"{value:,.0f}"
        case float():
            return f"{value:.4g}"
        case _:
            return str(value)
