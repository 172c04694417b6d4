"""``python -m firmware`` and ``derivato``."""

from __future__ import annotations

from firmware.cli.app import main

if __name__ == "__main__":
    main()
