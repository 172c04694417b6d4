"""The sections of a site file about the voice guide: office hours, groups, menus, mail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from firmware.site.choices import MailSecurity, Strategy, Tongue
from firmware.site.dial_values import WeekTime
from firmware.site.guide_values import (
    HANG_UP,
    DaySpan,
    Email,
    Leads,
    Member,
    OptionKey,
    Spoken,
)
from firmware.site.named import ExistingFile, NumberName, SecretName
from firmware.site.table import Lax, Table
from firmware.site.values import Extension, Host, Label, Slug

Numbers = Annotated[tuple[NumberName, ...], Lax]


class Hours(Table):
    """An office: when it receives calls, and its e-mail contact, as callers are told."""

    name: Spoken = Field(
        description="The office with its article, as it is spoken: l'ufficio verbali."
    )
    name_en: Spoken | None = Field(
        default=None, description="The same in English: the fines office."
    )
    week: Annotated[tuple[WeekTime, ...], Lax, Field(min_length=1)] = Field(
        description="When it receives in an ordinary week."
    )
    holidays: bool = Field(
        default=True, description="Closed on the public holidays of the country."
    )
    patron: DaySpan | None = Field(
        default=None, description="Day of the patron saint, on which it is closed."
    )
    closed: Annotated[tuple[DaySpan, ...], Lax] = Field(
        default=(), description="Other days on which it is closed."
    )
    email: Email | None = Field(
        default=None,
        description="E-mail contact: read out and spelt to callers; messages for the office are "
        "sent there.",
    )


class Group(Table):
    """People who answer for each other."""

    extension: Extension | None = Field(default=None, description="Internal number of the group.")
    numbers: Numbers = Field(default=(), description="Outside numbers of the group.")
    members: Annotated[tuple[Member, ...], Lax, Field(min_length=1, max_length=32)] = Field(
        description="Who answers, in order: lines of this file by name, or numbers as they are "
        "dialled inside."
    )
    strategy: Annotated[Strategy, Lax] = Field(
        default=Strategy.RING_ALL,
        description="Who is called: all at once, in order, in order from the one after the last, "
        "or who has rested longest.",
    )
    ring_s: Annotated[int, Field(ge=5, le=120)] = Field(
        default=20, description="A member who does not answer in this time is passed over."
    )
    rounds: Annotated[int, Field(ge=1, le=10)] = Field(
        default=2, description="How often all are tried before the call goes to `overflow`."
    )
    places: Annotated[int, Field(ge=0, le=100)] = Field(
        default=0, description="Callers who may wait while all are busy; 0 lets nobody wait."
    )
    wait_s: Annotated[int, Field(ge=10, le=7200)] = Field(
        default=600, description="Who has waited this long goes to `overflow`."
    )
    call_s: Annotated[int, Field(ge=10, le=3600)] = Field(
        default=180, description="How long a call takes, for the estimate that callers are told."
    )
    office: Slug | None = Field(
        default=None, description="Its hours, a name under [hours]; none is always."
    )
    closed: Leads | None = Field(
        default=None, description="Where callers go outside them; not written: they are told."
    )
    overflow: Leads = Field(default=HANG_UP, description="Where callers go whom nobody answers.")


class Option(Table):
    """What a key of a menu does."""

    say: Spoken = Field(description='Spoken after "Premere 1 per": il pronto intervento.')
    say_en: Spoken | None = Field(
        default=None, description='Spoken after "Press 1 for": the emergency desk.'
    )
    to: Leads = Field(description="Where the caller is led.")


class Menu(Table):
    """A choice that callers make with their keys."""

    extension: Extension | None = Field(default=None, description="Internal number of the menu.")
    numbers: Numbers = Field(default=(), description="Outside numbers that are answered by it.")
    welcome: Spoken | None = Field(default=None, description="Spoken once, before the options.")
    welcome_en: Spoken | None = Field(default=None, description="The same in English.")
    options: Mapping[OptionKey, Option] = Field(
        description='What each key does: `options.1 = { say = "…", to = "…" }`.'
    )
    operator: Leads | None = Field(
        default=None, description="Where the key 0 leads, at any time; menus inside inherit it."
    )
    office: Slug | None = Field(
        default=None, description="Its hours, a name under [hours]; none is always."
    )
    closed: Leads | None = Field(
        default=None, description="Where callers go outside them; not written: they are told."
    )
    languages: Annotated[
        tuple[Annotated[Tongue, Lax], ...], Lax, Field(min_length=1, max_length=2)
    ] = Field(default=(Tongue.ITALIAN,), description="Languages of the menu, the first one first.")
    key_s: Annotated[int, Field(ge=2, le=30)] = Field(
        default=6, description="Time for a key after all was said."
    )
    tries: Annotated[int, Field(ge=1, le=10)] = Field(
        default=3, description="How often the options are said before `otherwise`."
    )
    otherwise: Leads | None = Field(
        default=None,
        description="Where callers go who press nothing, or nothing that is there; not written: "
        "to the operator, or goodbye.",
    )


class Mail(Table):
    """How messages that callers left are sent to offices."""

    server: Host = Field(description="SMTP server.")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(default=587, description="Its port.")
    security: Annotated[MailSecurity, Lax] = Field(
        default=MailSecurity.STARTTLS,
        description="TLS after STARTTLS, TLS from the first byte, or none (only to this machine).",
    )
    user: Label | None = Field(default=None, description="User of the server.")
    secret: SecretName | None = Field(
        default=None, description="Password of `user`, by its name in the secrets file."
    )
    ca_file: ExistingFile | None = Field(
        default=None, description="Authorities to trust (PEM); not written: those of the system."
    )
    sender: Email = Field(description="Address that messages come from.")


class Guide(Table):
    """The voice guide as a whole."""

    channels: Annotated[int, Field(ge=1, le=64)] = Field(
        default=8, description="Callers who can be guided or wait at the same time."
    )
    message_s: Annotated[int, Field(ge=10, le=600)] = Field(
        default=120, description="Longest message that a caller can leave."
    )
    keep_days: Annotated[int, Field(ge=1, le=365)] = Field(
        default=30, description="Messages and call-back requests are deleted after this time."
    )
