"""Boards: which line cards a box has, on which pins and buses, fed by what."""
