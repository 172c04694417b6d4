"""What must hold of office hours, groups and menus, so that no caller is lost in them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, combinations

from firmware.site.choices import MailSecurity, Tongue
from firmware.site.guide_schema import Group, Hours, Mail, Menu
from firmware.site.guide_values import BARE, Goal, Target
from firmware.site.problems import Finding, Path, repeated
from firmware.site.tables import Draft
from firmware.site.values import meant

Node = tuple[str, str]
"""A menu or a group: its section and its name."""

_INSIDE = {Goal.MENU: "menus", Goal.GROUP: "groups"}
_LOCAL = ("localhost", "127.0.0.1", "::1")


def guide(draft: Draft) -> Iterator[Finding]:
    """Find what is wrong in the voice guide by itself and beside the rest of the file."""
    for name, hours in draft.hours.items():
        yield from _hours(name, hours)
    yield from _extensions(draft)
    for name, group in draft.groups.items():
        yield from _group(name, group, draft)
    for name, menu in draft.menus.items():
        yield from _menu(name, menu, draft)
    if draft.mail is not None:
        yield from _mail(draft.mail)
    yield from _circles(draft)


def _hours(name: str, hours: Hours) -> Iterator[Finding]:
    for (_, one), (position, other) in combinations(enumerate(hours.week), 2):
        if set(one.days) & set(other.days) and (
            one.from_minute < other.to_minute and other.from_minute < one.to_minute
        ):
            what = f'"{other}" overlaps "{one}"'
            yield Finding(("hours", name, "week", position), what, "write each time once")


def _extensions(draft: Draft) -> Iterator[Finding]:
    """Extensions and numbers belong to one line, group or menu."""
    owners = {line.extension: f'line "{name}"' for name, line in draft.lines.items()}
    numbers: dict[str, str] = {}
    emergency = draft.emergency.numbers if draft.emergency else ()
    tables = (("groups", draft.groups), ("menus", draft.menus))
    for section, name, table in ((s, name, t) for s, each in tables for name, t in each.items()):
        ours, extension = f'{section.removesuffix("s")} "{name}"', table.extension
        if extension is not None:
            path: Path = (section, name, "extension")
            if (other := owners.setdefault(extension, ours)) != ours:
                yield Finding(path, f"is that of {other} too", "give each one its own")
            if any(n.startswith(extension) or extension.startswith(n) for n in emergency):
                what = f'"{extension}" begins like an emergency number'
                yield Finding(path, what, "choose another extension")
        for position, number in enumerate(filter(None, table.numbers)):
            if (other := numbers.setdefault(number.e164, ours)) != ours:
                path = (section, name, "numbers", position)
                yield Finding(path, f"is that of {other} too", "keep one of them")


def _group(name: str, group: Group, draft: Draft) -> Iterator[Finding]:
    path: Path = ("groups", name)
    yield from repeated((*path, "members"), group.members)
    for position, member in enumerate(group.members):
        if not member.isdecimal() and member not in draft.lines:
            what = f'"{member}" is not a line of this file'
            yield Finding((*path, "members", position), what, meant(member, list(draft.lines)))
    yield from _office(path, group.office, group.closed, draft)
    yield from _leads((*path, "closed"), group.closed, draft)
    yield from _leads((*path, "overflow"), group.overflow, draft)


def _menu(name: str, menu: Menu, draft: Draft) -> Iterator[Finding]:
    path: Path = ("menus", name)
    if not menu.options:
        what = "has no options"
        yield Finding((*path, "options"), what, 'write options.1 = { say = "…", to = "…" }')
    yield from _office(path, menu.office, menu.closed, draft)
    for key in ("closed", "operator", "otherwise"):
        yield from _leads((*path, key), getattr(menu, key), draft)
    for number, option in menu.options.items():
        inside: Path = (*path, "options", number)
        yield from _leads((*inside, "to"), option.to, draft)
        if Tongue.ENGLISH in menu.languages and option.say_en is None:
            what = "is missing, the menu speaks English too"
            yield Finding((*inside, "say_en"), what, "write what the key is for in English")
        if option.to.goal is Goal.LANGUAGE and option.to.name not in menu.languages:
            what = f'"{option.to.name}" is not a language of this menu'
            yield Finding((*inside, "to"), what, 'write languages = ["it", "en"]')
    english = Tongue.ENGLISH in menu.languages and menu.welcome and not menu.welcome_en
    if english:
        what = "is missing, the menu speaks English too"
        yield Finding((*path, "welcome_en"), what, "write the welcome in English")
    yield from repeated((*path, "languages"), menu.languages)


def _office(
    path: Path, office: str | None, closed: Target | None, draft: Draft
) -> Iterator[Finding]:
    if office is not None and office not in draft.hours:
        what = f'"{office}" is not an office of this file'
        yield Finding((*path, "office"), what, _known(office, draft.hours, "[hours.NAME]"))
    if office is None and closed is not None:
        what = "is never used without office"
        yield Finding((*path, "closed"), what, "write office = … or remove it")


def _known(name: str, there: Mapping[str, object], header: str) -> str:
    return meant(name, list(there)) if there else f"describe it under {header}"


def _leads(path: Path, target: Target | None, draft: Draft) -> Iterator[Finding]:
    """Find a target that does not exist."""
    if target is None or target.goal in BARE or target.goal is Goal.EXTENSION:
        return
    if target.goal is Goal.LANGUAGE:
        if target.name not in set(Tongue):
            yield Finding(path, f'"{target}" is no language', meant(target.name, list(Tongue)))
        return
    there, header = _places(target, draft)
    if target.name not in there:
        yield Finding(path, f'"{target}" leads nowhere', _known(target.name, there, header))
        return
    if target.goal in (Goal.MESSAGE, Goal.CALL_BACK):
        office = draft.hours[target.name]
        if office.email is None:
            what = f'"{target.name}" has no e-mail address'
            yield Finding(path, what, f"write email = … under [hours.{target.name}]")
        if draft.mail is None:
            yield Finding(path, "cannot be delivered", "describe the mail server under [mail]")


def _places(target: Target, draft: Draft) -> tuple[Mapping[str, object], str]:
    match target.goal:
        case Goal.MENU:
            return draft.menus, "[menus.NAME]"
        case Goal.GROUP:
            return draft.groups, "[groups.NAME]"
        case Goal.LINE:
            return draft.lines, "[lines.NAME]"
        case Goal.NUMBER:
            return draft.numbers, "[numbers]"
        case _:
            return draft.hours, "[hours.NAME]"


def _mail(mail: Mail) -> Iterator[Finding]:
    if mail.security is MailSecurity.NONE and mail.server not in _LOCAL:
        what = "messages of callers would be readable on their way"
        yield Finding(("mail", "security"), what, 'write "starttls" or "tls"')
    if (mail.user is None) is not (mail.secret is None):
        missing = "user" if mail.user is None else "secret"
        yield Finding(("mail", missing), "is missing", "user and secret belong together")


# --- ways through menus and groups ---------------------------------------------------------------


def _circles(draft: Draft) -> Iterator[Finding]:
    """Find menus that nobody can leave, and steps that follow each other without end."""
    menus = {("menus", name): menu for name, menu in draft.menus.items()}
    groups = {("groups", name): group for name, group in draft.groups.items()}
    by_itself = {
        **{node: [menu.closed, menu.otherwise] for node, menu in menus.items()},
        **{node: [group.closed, group.overflow] for node, group in groups.items()},
    }
    for node in by_itself:
        if node in _reached(node, by_itself):
            what = "callers who do nothing are led in a circle"
            remedy = "let closed, otherwise or overflow end elsewhere"
            yield Finding(node, what, remedy)
    chosen = {
        **by_itself,
        **{
            node: [*(o.to for o in menu.options.values()), menu.operator, *by_itself[node]]
            for node, menu in menus.items()
        },
    }
    for node, menu in menus.items():
        if menu.otherwise is None:  # then the guide says goodbye
            continue
        around = {node, *_reached(node, chosen)}
        if not any(_ends(target) for each in around for target in chosen.get(each, [])):
            what = "no key leads out of this menu"
            yield Finding((*node, "options"), what, "let one lead to a person or a message")


def _reached(start: Node, edges: Mapping[Node, list[Target | None]]) -> set[Node]:
    reached: set[Node] = set()
    todo = [start]
    while todo:
        nexts = chain.from_iterable(_nodes(target) for target in edges.get(todo.pop(), []))
        fresh = [node for node in nexts if node not in reached]
        reached.update(fresh)
        todo += fresh
    return reached


def _nodes(target: Target | None) -> Iterator[Node]:
    if target is not None and target.goal in _INSIDE:
        yield _INSIDE[target.goal], target.name


def _ends(target: Target | None) -> bool:
    """Whether ``target`` leads a caller out of the menus."""
    stays = {Goal.MENU, Goal.HOURS, Goal.LANGUAGE, Goal.AGAIN, Goal.BACK}
    return target is not None and target.goal not in stays
