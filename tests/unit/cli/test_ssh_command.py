import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.cli.ssh_command import Role, permitted

GOOD = [
    "status",
    "derivato status --json",
    "calls --limit 5",
    "apply -",
    "apply - --confirm-within 10m --json",
    "apply - --check --diff",
    "confirm",
    "rollback",
    "rollback 3",
    "history --json",
]
BAD = [
    "",
    "sh",
    "bash -i",
    "status; id",
    "status && id",
    "status | cat",
    "status > /tmp/x",
    "status $(id)",
    "status `id`",
    "status\nid",
    "apply /etc/shadow",
    "apply - --config /tmp",
    "apply - --socket /tmp/x",
    "apply",
    "rollback --config /etc",
    "rollback -1",
    "run --site /tmp/x",
    "guide say x --out /etc/passwd",
    "history --config /etc",
    "derivato",
    "derivato derivato status",
    "scp -t /",
    "internal-sftp",
    "'unclosed",
    "status\x00",
    "stätus",
    "status " + "x" * 400,
]


@pytest.mark.parametrize("asked", GOOD)
def test_a_provisioning_key_may(asked: str) -> None:
    assert permitted(Role.PROVISION, asked)


@pytest.mark.parametrize("asked", BAD)
def test_no_key_may(asked: str) -> None:
    assert permitted(Role.PROVISION, asked) is None


@pytest.mark.parametrize("asked", ["apply -", "confirm", "rollback"])
def test_a_viewer_may_only_look(asked: str) -> None:
    assert permitted(Role.VIEWER, asked) is None


@given(st.text(max_size=60))
def test_only_known_words_pass(asked: str) -> None:
    words = permitted(Role.PROVISION, asked)
    if words is not None:
        assert words[0] in {
            "status", "lines", "calls", "trunks", "history", "apply", "confirm", "rollback",
        }  # fmt: skip
        assert not any(word.startswith("/") for word in words)
