"""The site file: schema, loading, errors with line numbers, telephone numbers."""

from firmware.site.load import load_site
from firmware.site.numbers import Number, display
from firmware.site.problems import Problem, SiteError
from firmware.site.schema import Line, Site, Trunk

__all__ = ["Line", "Number", "Problem", "Site", "SiteError", "Trunk", "display", "load_site"]
