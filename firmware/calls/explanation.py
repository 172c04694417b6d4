"""Why the dial plan decides about a number as it does, step by step. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from firmware.calls import features
from firmware.calls.dialplan import Decision, DialPlan, Verdict
from firmware.calls.features import Feature


@dataclass(frozen=True, slots=True)
class DigitStep:
    """What the plan said after one more digit."""

    dialled: str
    verdict: Verdict
    rule: str


@dataclass(frozen=True, slots=True)
class RewriteStep:
    """One rule of the trunk that changed the number."""

    match: str
    replace: str
    number: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole way from the first digit to what leaves.

    ``steps`` end with the digit at which it was decided; ``unused`` are the digits after it,
    which a caller could not dial any more. ``waits_ms`` is how long the inter-digit timer runs
    before the decision, 0 if there is none. ``formed`` is the number in the trunk's form before
    ``rewriting``. ``service`` is what it asks for
    instead, if it is a star code ("unknown" if it is none that is known), else "".
    """

    dialled: str
    steps: tuple[DigitStep, ...]
    unused: str
    waits_ms: int
    decision: Decision
    formed: str
    rewriting: tuple[RewriteStep, ...]
    service: str = ""


def explain(plan: DialPlan, dialled: str, *, after_hours: bool) -> Explanation:
    """Dial ``dialled`` digit by digit, and let the timer pass if it is not complete then."""
    anonymous = features.once_anonymous(dialled)
    if anonymous is None and features.is_code(dialled):
        decision = Decision(Verdict.REFUSED, "", "star code, not a number")
        return Explanation(dialled, (), "", 0, decision, "", (), _service(dialled))
    number = dialled if anonymous is None else anonymous
    steps, decision = _digits(plan, number, after_hours=after_hours)
    waits_ms = 0
    if decision.verdict is Verdict.MORE:
        waits_ms = plan.inter_digit_ms
        decision = plan.timed_out(number, after_hours=after_hours)
    used = steps[-1].dialled if steps else ""
    formed, rewriting = _leaving(plan, used, decision)
    return Explanation(
        dialled=dialled,
        steps=steps,
        unused=number[len(used) :],
        waits_ms=waits_ms,
        decision=decision,
        formed=formed,
        rewriting=rewriting,
    )


def _digits(
    plan: DialPlan, dialled: str, *, after_hours: bool
) -> tuple[tuple[DigitStep, ...], Decision]:
    steps: list[DigitStep] = []
    decision = Decision(Verdict.MORE, "", "nothing dialled")
    for length in range(1, len(dialled) + 1):
        decision = plan.decide(dialled[:length], after_hours=after_hours)
        steps.append(DigitStep(dialled[:length], decision.verdict, decision.rule))
        if decision.verdict is not Verdict.MORE:
            break
    return tuple(steps), decision


def _leaving(
    plan: DialPlan, dialled: str, decision: Decision
) -> tuple[str, tuple[RewriteStep, ...]]:
    """The number in the trunk's form, and what each rule then made of it."""
    if decision.verdict is not Verdict.COMPLETE or decision.emergency:
        return decision.leaves, ()
    number = formed = plan.formed(plan.read(dialled.removesuffix("#")))
    steps: list[RewriteStep] = []
    for rule in plan.leaving.rewriting:
        after = rule.apply(number)
        if after != number:
            steps.append(RewriteStep(rule.match, rule.replace, after))
        number = after
    return formed, tuple(steps)


def _service(dialled: str) -> str:
    if features.short_number(dialled):
        return Feature.SHORT_DIAL.value
    code = features.read(dialled)
    if code == features.IDENTITY:
        return "identity"
    feature = features.SERVICE_CODES.get(code.service) if code else None
    return feature.value if feature else "unknown"
