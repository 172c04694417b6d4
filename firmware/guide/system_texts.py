"""What every voice guide says, whatever the site: polite, short, for citizens. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from firmware.site.choices import Tongue

TEXTS: Mapping[Tongue, Mapping[str, str]] = MappingProxyType(
    {
        Tongue.ITALIAN: MappingProxyType(
            {
                "press-operator": "Per parlare con un operatore, premere zero.",
                "press-back": "Per tornare indietro, premere asterisco.",
                "wrong-key": "La scelta non è valida.",
                "no-key": "Non abbiamo ricevuto alcuna scelta.",
                "connecting": "Attenda in linea, prego.",
                "no-answer": "In questo momento nessuno può rispondere.",
                "goodbye": "Grazie per aver chiamato. Arrivederci.",
                "opens-again": "Risponderemo di nuovo",
                "all-busy": "Tutti gli operatori sono occupati.",
                "queue-full": "Le persone in attesa sono troppe.",
                "before-0": "È il suo turno: le risponderemo appena possibile.",
                "before-more": "Ci sono più di venti persone prima di lei.",
                "minutes-more": "L'attesa prevista supera i venti minuti.",
                "message-ask": "Lasci un messaggio dopo il segnale acustico, "
                "poi prema cancelletto.",
                "message-kept": "Il suo messaggio è stato registrato.",
                "message-empty": "Non abbiamo ricevuto alcun messaggio.",
                "not-kept": "La registrazione non è riuscita: la preghiamo di richiamare.",
                "number-shown": "Possiamo richiamarla al numero",
                "number-dialled": "Ha composto il numero",
                "number-right": "Se è corretto prema uno; per comporne un altro prema due.",
                "number-ask": "Componga il numero a cui desidera essere richiamato, "
                "poi prema cancelletto.",
                "call-back-kept": "La sua richiesta è stata registrata: la richiameremo.",
            }
        ),
        Tongue.ENGLISH: MappingProxyType(
            {
                "press-operator": "To speak to an operator, press zero.",
                "press-back": "To go back, press star.",
                "wrong-key": "This is not a valid choice.",
                "no-key": "We did not receive a choice.",
                "connecting": "Please hold the line.",
                "no-answer": "Nobody can answer at the moment.",
                "goodbye": "Thank you for calling. Goodbye.",
                "opens-again": "We will answer again",
                "all-busy": "All operators are busy.",
                "queue-full": "Too many people are waiting.",
                "before-0": "It is your turn: we will answer as soon as possible.",
                "before-more": "There are more than twenty people before you.",
                "minutes-more": "You will wait for more than twenty minutes.",
                "message-ask": "Please leave a message after the tone, then press hash.",
                "message-kept": "Your message has been recorded.",
                "message-empty": "We did not receive a message.",
                "not-kept": "We are sorry: recording failed. Please call again.",
                "number-shown": "We can call you back at the number",
                "number-dialled": "You have dialled the number",
                "number-right": "If this is right, press one; to dial another, press two.",
                "number-ask": "Please dial the number at which we can call you back, "
                "then press hash.",
                "call-back-kept": "Your request has been recorded: we will call you back.",
            }
        ),
    }
)
"""By language and key. Both languages have the same keys."""
