"""From the exchange lines of a site file to what the switch must know of them. Pure."""

from __future__ import annotations

from dataclasses import replace

from firmware.calls.exchange import ExchangeConfig
from firmware.lines.fxo_times import TIMES, FxoConfig
from firmware.site.choices import Answering, Dialing, OldNumber
from firmware.site.exchange_schema import ExchangeLine
from firmware.site.numbers import display
from firmware.site.schema import Site

PBX = "pbx"
"""What ``inbound`` says of calls that go to the switchboard."""


def exchange_configs(site: Site) -> dict[str, ExchangeConfig]:
    """How each exchange line of ``site`` is used, by its name."""
    return {name: _line(site, line) for name, line in site.exchange_lines.items()}


def ways_out(site: Site) -> tuple[str, ...]:
    """The exchange lines through which telephones may call out, in the order of the file."""
    return tuple(name for name, line in site.exchange_lines.items() if line.outbound)


def _line(site: Site, line: ExchangeLine) -> ExchangeConfig:
    to_pbx = line.inbound == PBX
    everybody = tuple(site.lines)
    return ExchangeConfig(
        fxo=_fxo(site, line),
        number=display(line.number).replace(" ", ""),
        to_pbx=to_pbx,
        to=() if to_pbx else (line.inbound,),
        alone=((line.alone,) if line.alone else everybody) if to_pbx else (),
        at_once=line.answer is Answering.AT_ONCE,
        tell_number=line.old_number is OldNumber.DIVERSION,
        prefix=line.dial_prefix,
        callback_ms=site.emergency.callback_s * 1000,
    )


def _fxo(site: Site, line: ExchangeLine) -> FxoConfig:
    times = replace(
        TIMES[site.about.country.value],
        dial_tone_ms=round(line.dial_tone_s * 1000),
        break_ms=line.break_ms,
        silence_ms=line.silence_s * 1000,
        longest_ms=line.longest_min * 60_000,
        flash_ms=line.flash_ms,
    )
    return FxoConfig(
        times=times,
        pulse=line.dialing is Dialing.PULSE,
        caller_id=line.caller_id,
        snoop_always=line.caller_id_first,
        reversal=line.reversal,
    )
