"""How much each number and line is used, and whether its contract can be ended. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum

from firmware.site.cutover_schema import Contract
from firmware.site.numbers import Number, display
from firmware.site.schema import Site


@dataclass(frozen=True, slots=True)
class Use:
    """One call of a line. Times have a time zone; ``talked_s`` is 0 if nobody answered.

    ``peer`` is the other party's number, None if it was withheld or unknown.
    """

    line: str
    incoming: bool
    at: datetime
    talked_s: float
    peer: str | None


class Verdict(Enum):
    """What can be said of a contract."""

    END = "end"  # nobody used it for long enough
    KEEP = "keep"  # it is used, or must be kept
    WATCH = "watch"  # not observed for long enough


@dataclass(frozen=True, slots=True)
class NumberUse:
    """The use of one number, by all the lines that have it, since ``observed_from``.

    ``months`` counts calls in and out by month (``2023-03``); ``last_in`` and ``last_out`` are
    None where there was none. ``because`` gives the reason of ``verdict`` for people.
    """

    name: str
    number: str
    lines: tuple[str, ...]
    observed_from: date | None
    calls_in: int
    answered_in: int
    calls_out: int
    talked_s: float
    callers: int
    months: Mapping[str, tuple[int, int]]
    last_in: date | None
    last_out: date | None
    contract: Contract | None
    verdict: Verdict
    because: str

    @property
    def last(self) -> date | None:
        """The day of the last call in either direction."""
        return max((day for day in (self.last_in, self.last_out) if day), default=None)


def numbers_used(
    site: Site,
    uses: Iterable[Use],
    *,
    observed_from: date | None,
    today: date,
    quiet: timedelta,
) -> tuple[NumberUse, ...]:
    """Judge every number that a line has or a contract is for, in the order of the file.

    ``observed_from`` is the day from which calls were recorded (None: never); a number that
    rested for ``quiet`` within that time is not needed.
    """
    of_line: dict[str, list[Use]] = {name: [] for name in site.lines}
    for use in uses:
        if use.line in of_line:
            of_line[use.line].append(use)
    contracts = {contract.number: contract for contract in site.contracts.values()}
    made = []
    for name, number in site.numbers.items():
        lines = tuple(line for line, table in site.lines.items() if table.number == number)
        contract = contracts.get(number)
        if not lines and contract is None:
            continue
        calls = [use for line in lines for use in of_line[line]]
        made.append(_number(site, name, number, lines, calls, contract, observed_from))
    return tuple(_judged(each, today, quiet) for each in made)


def _number(
    site: Site,
    name: str,
    number: Number,
    lines: tuple[str, ...],
    calls: Sequence[Use],
    contract: Contract | None,
    observed_from: date | None,
) -> NumberUse:
    zone = site.about.time_zone
    came = [use for use in calls if use.incoming]
    went = [use for use in calls if not use.incoming]
    by_month = (
        Counter(f"{use.at.astimezone(zone):%Y-%m}" for use in side) for side in (came, went)
    )
    counted_in, counted_out = by_month
    return NumberUse(
        name=name,
        number=display(number),
        lines=lines,
        observed_from=observed_from if lines else None,
        calls_in=len(came),
        answered_in=sum(use.talked_s > 0 for use in came),
        calls_out=len(went),
        talked_s=sum(use.talked_s for use in calls),
        callers=len({use.peer for use in came if use.peer}),
        months={
            month: (counted_in[month], counted_out[month])
            for month in sorted(counted_in | counted_out)
        },
        last_in=max((use.at.astimezone(zone).date() for use in came), default=None),
        last_out=max((use.at.astimezone(zone).date() for use in went), default=None),
        contract=contract,
        verdict=Verdict.WATCH,
        because="",
    )


def _judged(use: NumberUse, today: date, quiet: timedelta) -> NumberUse:
    verdict, because = _verdict(use, today, quiet)
    return replace(use, verdict=verdict, because=because)


def _verdict(use: NumberUse, today: date, quiet: timedelta) -> tuple[Verdict, str]:
    if use.contract is not None and use.contract.keep:
        return Verdict.KEEP, use.contract.keep
    if not use.lines:
        return Verdict.WATCH, "no line of this box has it: its calls are not seen"
    if use.observed_from is None:
        return Verdict.WATCH, "no call was ever recorded here"
    if use.last is not None and today - use.last < quiet:
        return Verdict.KEEP, f"last used on {use.last:%Y-%m-%d}"
    if today - use.observed_from < quiet:
        return Verdict.WATCH, f"observed only since {use.observed_from:%Y-%m-%d}"
    since = f"since {use.last:%Y-%m-%d}" if use.last else f"from {use.observed_from:%Y-%m-%d} on"
    return Verdict.END, f"no call {since}"


def saved_month_eur(uses: Iterable[NumberUse]) -> float:
    """What ending every contract that can be ended saves each month, in euro."""
    return sum(
        use.contract.month_eur for use in uses if use.contract and use.verdict is Verdict.END
    )
