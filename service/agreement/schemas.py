"""The JSON of the agreement."""

from service.agreement.rules import Agreement, Rule, Terms
from service.text import Language
from service.validation import Answer


class RuleShown(Answer):
    """One rule and where it comes from. Basis: professional (published), derived (our wording), own (our choice)."""

    id: str
    text: str
    basis: str
    source: str | None


class KindShown(Answer):
    """What holds for one kind of exchange; `required` names the rule behind each part. Days are working days."""

    kind: str
    title: str
    directions: list[tuple[str, str]]
    required: dict[str, str]
    optional: list[str]
    answer: list[str]
    answer_days: int
    reminder_days: int
    letter_days: int
    consent_days: int
    rules: list[str]


class AgreementShown(Answer):
    """The whole agreement of one version."""

    version: str
    rules: list[RuleShown]
    kinds: list[KindShown]


def shown(agreement: Agreement, language: Language) -> AgreementShown:
    """The agreement in one language."""
    return AgreementShown(
        version=agreement.version,
        rules=[_rule(one, language) for one in agreement.rules.values()],
        kinds=[_kind(one, language) for one in agreement.kinds.values()],
    )


def _rule(rule: Rule, language: Language) -> RuleShown:
    return RuleShown(id=rule.id, text=rule.text.in_(language), basis=rule.basis, source=rule.source)


def _kind(terms: Terms, language: Language) -> KindShown:
    return KindShown(
        kind=terms.kind,
        title=terms.title.in_(language),
        directions=sorted(terms.directions),
        required=dict(terms.required),
        optional=list(terms.optional),
        answer=list(terms.answer),
        answer_days=terms.answer_days,
        reminder_days=terms.reminder_days,
        letter_days=terms.letter_days,
        consent_days=terms.consent_days,
        rules=list(terms.rules),
    )
