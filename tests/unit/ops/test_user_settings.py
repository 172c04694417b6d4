import json
from types import MappingProxyType

from firmware.calls.features import Feature, Settings
from firmware.ops.user_settings import UserSettings

ALL = Settings(
    forwards=MappingProxyType({Feature.FORWARD_BUSY: "100"}),
    on=frozenset({Feature.DO_NOT_DISTURB, Feature.WITHHOLD}),
    waiting_off=True,
    groups_off=True,
    locked=True,
    short=MappingProxyType({"7": "9001"}),
    wake_at="0630",
    last_dialled="112",
    last_caller="+39366",
)


def test_what_is_kept_comes_back(tmp_path):
    path = tmp_path / "settings.json"
    kept = UserSettings(path)
    assert kept.all == {}
    kept.keep("nido", Settings())
    kept.keep("nido", ALL)
    kept.keep("museo", Settings())
    kept.close()
    again = UserSettings(path)
    again.close()
    assert again.all == {"nido": ALL, "museo": Settings()}
    assert [p.name for p in tmp_path.iterdir()] == ["settings.json"]


def test_a_damaged_file_is_moved_aside(tmp_path, caplog):
    path = tmp_path / "settings.json"
    for text in ("{", "[]", json.dumps({"lines": {"nido": {"forwards": 3}}}), "\x00"):
        path.write_text(text)
        kept = UserSettings(path)
        kept.close()
        assert kept.all == {}
        assert (tmp_path / "settings.json.damaged").read_text() == text
    assert "moved to" in caplog.text


def test_a_disk_that_fails_is_said_and_survived(tmp_path, caplog):
    folder = tmp_path / "gone"
    folder.mkdir()
    kept = UserSettings(folder / "settings.json")
    folder.rmdir()
    kept.keep("nido", ALL)
    kept.close()
    assert "not kept" in caplog.text
