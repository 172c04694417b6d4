"""Imports point one way, and what is pure stays pure."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PURE = (
    "firmware/lines",
    "firmware/calls",
    "firmware/cutover",
    "firmware/trunk",
    "firmware/guide/calendar.py",
    "firmware/guide/english.py",
    "firmware/guide/hours.py",
    "firmware/guide/italian.py",
    "firmware/guide/leaving.py",
    "firmware/guide/menu.py",
    "firmware/guide/script.py",
    "firmware/guide/system_texts.py",
    "firmware/guide/office_words.py",
    "firmware/guide/phrases.py",
)
"""Packages and modules without I/O, threads, clock or sleep."""

PURE_STDLIB = {
    "__future__", "abc", "bisect", "collections", "dataclasses", "datetime", "enum", "functools",
    "html", "itertools", "math", "re", "string", "types", "typing", "unicodedata",
}  # fmt: skip

MAY_IMPORT = {
    "firmware/site": {"firmware.site"},
    "firmware/lines": {"firmware.lines", "firmware.site"},
    "firmware/calls": {
        "firmware.calls", "firmware.lines", "firmware.site", "firmware.guide.hours",
        "firmware.guide.leaving", "firmware.guide.menu", "firmware.guide.phrases",
        "firmware.guide.script",
    },
    "firmware/cutover": {"firmware.cutover", "firmware.site"},
    "firmware/trunk": {"firmware.trunk", "firmware.calls.ways"},
    "firmware/guide": {"firmware.guide", "firmware.dsp", "firmware.lines", "firmware.site"},
    "firmware/guide/phrases.py": {"firmware.guide.italian"},
    "firmware/dsp": {"firmware.dsp", "firmware.lines"},
    "firmware/sip": {"firmware.sip", "firmware.calls"},
    "firmware/ops": {
        "firmware.ops", "firmware.guide", "firmware.sip", "firmware.calls", "firmware.lines", "firmware.dsp",
        "firmware.site", "firmware.cutover", "hw", "firmware.trunk",
    },
    "hw": {"hw", "firmware.dsp", "firmware.lines"},
    # Descriptions of boards are read with the machinery of the site file, not with its schema.
    "hw/boards": {
        "hw", "firmware.site.one_table", "firmware.site.problems", "firmware.site.reading",
        "firmware.site.table", "firmware.site.toml_lines", "firmware.site.values",
    },
}  # fmt: skip
"""What of ours each package may import: the arrows of the house."""

ONLY_IN = {
    "pjsua2": "firmware/sip",
    "_pjsua2": "firmware/sip",
    "cffi": "firmware/dsp",
    "gpiozero": "hw",
    "lgpio": "hw",
    "spidev": "hw",
    "serial": "hw",
    "systemd": "firmware/ops",
    "aiohttp": "firmware/ops",
}


def sources(place: str) -> list[Path]:
    path = ROOT / place
    assert path.exists(), f"{place} is gone"
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            found |= {f"{module}.{alias.name}" for alias in node.names} | {module}
    return found


def inside(path: Path, folder: str) -> bool:
    return (ROOT / folder) in path.parents


@pytest.mark.parametrize("folder", PURE)
def test_pure_packages_use_nothing_that_acts(folder):
    for path in sources(folder):
        for name in imports(path):
            top = name.split(".")[0]
            if top != "firmware":
                assert top in sys.stdlib_module_names, f"{path} imports {name}"
                assert top in PURE_STDLIB, f"{path} imports {name}"
        names = {n.id for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Name)}
        assert not names & {"open", "print", "input", "exec", "eval"}, path


@pytest.mark.parametrize("folder", PURE)
def test_pure_packages_take_only_data_from_the_site(folder):
    data = {
        "choices",
        "cutover_schema",
        "guide_schema",
        "guide_values",
        "numbers",
        "schema",
        "problems",
        "times",
    }
    for path in sources(folder):
        for name in imports(path):
            if name.startswith("firmware.site."):
                assert name.split(".")[2] in data, f"{path} imports {name}"


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_imports_point_one_way(folder):
    allowed = MAY_IMPORT[folder]
    nested = [ROOT / other for other in MAY_IMPORT if other.startswith(f"{folder}/")]
    for path in sources(folder):
        if any(inner == path or inner in path.parents for inner in nested):
            continue
        ours = {n for n in imports(path) if n.split(".")[0] in ("firmware", "hw")}
        for name in ours - {"firmware"}:
            # "from firmware.guide import menu" names the package too, which holds nothing.
            if any(a.startswith(name + ".") for a in allowed):
                continue
            assert any(name == a or name.startswith(a + ".") for a in allowed), (
                f"{path.relative_to(ROOT)} imports {name}"
            )


@pytest.mark.parametrize("library", ONLY_IN)
def test_foreign_libraries_stay_in_one_place(library):
    for path in [*sources("firmware"), *sources("hw")]:
        if any(name.split(".")[0] == library for name in imports(path)):
            assert inside(path, ONLY_IN[library]), f"{path.relative_to(ROOT)} imports {library}"
