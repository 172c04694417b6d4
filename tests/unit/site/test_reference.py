"""docs/site-file.md says what the schema says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from firmware.site.forms import keys
from firmware.site.load import load_site
from firmware.site.reference import EXAMPLE, reference
from firmware.site.schema import NAMED, SECTIONS, SINGLE

DOCUMENT = Path(__file__).parents[3] / "docs" / "site-file.md"


def test_the_document_is_current() -> None:
    written = subprocess.run(
        [sys.executable, "-m", "firmware.site.reference"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert written == reference()
    assert DOCUMENT.read_text() == written, "python -m firmware.site.reference > docs/site-file.md"


def test_every_key_is_described() -> None:
    text = reference()
    for model in (*SINGLE.values(), *NAMED.values()):
        for key, field in keys(model).items():
            assert field.description, key
            assert field.description.endswith("."), key
            assert f"| `{key}` |" in text
    for section in SECTIONS:
        assert f"## [{section}" in text


def test_the_example_is_right(tmp_path: Path) -> None:
    assert EXAMPLE in reference()
    (tmp_path / "a.toml").write_text(EXAMPLE)
    (tmp_path / "a.secrets.toml").touch(0o600)
    (tmp_path / "a.secrets.toml").write_text('pbx = "the password"\n')
    site = load_site(tmp_path / "a.toml", environment={})
    assert site.lines["ufficio"].number == site.numbers["nido"]
