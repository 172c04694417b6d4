"""The words of the report on a window, in Italian and English. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from firmware.cutover.window import Fate


@dataclass(frozen=True, slots=True)
class Words:
    """One language of the report; ``{}`` is filled in."""

    language: str
    title: str
    window: str
    verdict_good: str
    verdict_bad: str
    figures: str
    total: str
    median: str
    longest: str
    emergencies: str
    when: str
    calls: str
    log: str
    columns: tuple[str, ...]
    incoming: str
    outgoing: str
    withheld: str
    seconds: str
    fates: Mapping[Fate, str]


ITALIAN = Words(
    language="it",
    title="{}: rapporto sul passaggio del centralino",
    window="Dal {} al {}",
    verdict_good="Nessuna chiamata è andata persa.",
    verdict_bad="Chiamate andate perse: {}.",
    figures="In cifre",
    total="Chiamate in tutto",
    median="Attesa mediana prima della risposta",
    longest="Attesa più lunga",
    emergencies="Chiamate di emergenza riuscite",
    when="Quando e dove",
    calls="Tutte le chiamate",
    log="Diario del passaggio",
    columns=("Ora", "Linea", "", "Altra parte", "Attesa", "Durata", "Esito", "Via", "Avvisi"),
    incoming="entrante",
    outgoing="uscente",
    withheld="riservato",
    seconds="{} s",
    fates=MappingProxyType(
        {
            Fate.ANSWERED: "risposta",
            Fate.GUIDE: "voce guida",
            Fate.MESSAGE: "messaggio o richiamata",
            Fate.BUSY: "occupato",
            Fate.GAVE_UP: "ha riagganciato",
            Fate.FAILED: "non riuscita",
            Fate.CUT: "interrotta",
        }
    ),
)

ENGLISH = Words(
    language="en",
    title="{}: report on the change of switchboards",
    window="From {} to {}",
    verdict_good="No call was lost.",
    verdict_bad="Calls lost: {}.",
    figures="In figures",
    total="Calls in all",
    median="Median wait until an answer",
    longest="Longest wait",
    emergencies="Emergency calls put through",
    when="When and where",
    calls="Every call",
    log="Log of the change",
    columns=("Time", "Line", "", "Other party", "Wait", "Length", "Fate", "Way", "Told"),
    incoming="in",
    outgoing="out",
    withheld="withheld",
    seconds="{} s",
    fates=MappingProxyType(
        {
            Fate.ANSWERED: "answered",
            Fate.GUIDE: "voice guide",
            Fate.MESSAGE: "message or call-back",
            Fate.BUSY: "busy",
            Fate.GAVE_UP: "caller gave up",
            Fate.FAILED: "failed",
            Fate.CUT: "cut",
        }
    ),
)
