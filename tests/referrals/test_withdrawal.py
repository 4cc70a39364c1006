"""The worker takes a yes back at every moment: before it is sent, on its way, after it was read, and later."""

from uuid import UUID

import pytest
from sqlmodel import select

from service.audit.tables import PersonEvent
from service.consent.tables import ConsentDecision
from service.referrals import releasing
from service.referrals.channels import BY_ITSELF
from service.referrals.tables import Notice, ReferralEvent
from tests.api.world import good, refused
from tests.referrals.parties import ANSWER, FACTS, FINDINGS, NAME, ORAL, Parties


def steps(parties: Parties, referral: str) -> list[tuple[str, str]]:
    with parties.world.database.reading() as session:
        found = select(ReferralEvent).where(ReferralEvent.referral_id == UUID(referral))
        return [(one.act, one.to_state) for one in session.exec(found.order_by("position"))]


def told(parties: Parties, referral: str) -> list[tuple[str, str]]:
    with parties.world.database.reading() as session:
        found = select(Notice).where(Notice.referral_id == UUID(referral)).order_by("id")
        return [(one.side, one.about) for one in session.exec(found)]


def audited(parties: Parties, referral: str) -> list[str]:
    with parties.world.database.reading() as session:
        found = select(PersonEvent).where(PersonEvent.object_id == UUID(referral)).order_by("id")
        return [one.event for one in session.exec(found)]


def reads_nothing(parties: Parties, referral: str) -> dict[str, object]:
    """What the asked doctor still sees: that there was something, and nothing of what."""
    answer = parties.asked.visitor.get(f"/referrals/{referral}")
    for word in (NAME, FINDINGS, "1971-03-09"):
        assert word not in answer.text
    seen: dict[str, object] = good(answer, 200)
    assert seen["person"] is None
    return seen


def test_before_it_was_sent_nothing_leaves_and_nobody_hears_of_it(parties: Parties) -> None:
    made = parties.started()["id"]
    parties.decide(made, "give")
    parties.decide(made, "withdraw")
    parties.keep_promises()
    assert parties.row(made).state == "revoked"
    message = parties.message(made)
    assert (message.state, message.closed_because, message.released_at) == ("stopped", "withdrawn", None)
    refused(parties.asked.visitor.get(f"/referrals/{made}"), 404, "not-found")
    assert [one["kind"] for one in parties.asker.see(made)["messages"]] == ["request"]
    assert told(parties, made) == [("asker", "consent-withdrawn")]
    assert steps(parties, made)[-1] == ("revoke", "revoked")
    assert "referral.revoke" in audited(parties, made)


def test_on_its_way_it_arrives_but_cannot_be_read_and_the_other_side_is_told(parties: Parties) -> None:
    """Released, and withdrawn before the sending was done: the copy may be there, so its holder hears."""
    made = parties.started()["id"]
    parties.decide(made, "give")
    sent: list[UUID] = []

    def slow(message_id: UUID) -> None:
        sent.append(message_id)
        parties.decide(made, "withdraw")

    request = parties.message(made)
    transports = dict.fromkeys(BY_ITSELF, slow)
    releasing.release(parties.world.database, parties.vault, request.id, transports)
    assert sent == [request.id]
    parties.keep_promises()
    after = parties.message(made)
    assert after.state == "stopped"
    assert after.released_at is not None
    assert after.delivered_at is not None
    assert parties.message(made, "consent-withdrawn").released_at is not None
    seen = reads_nothing(parties, made)
    assert seen["state"] == "revoked"
    # Sent again by a relay that did not hear: it decides anew, and does not send.
    releasing.release(parties.world.database, parties.vault, request.id, transports)
    assert sent == [request.id]


def test_a_retry_after_a_failure_decides_anew(parties: Parties) -> None:
    made = parties.started()["id"]
    parties.decide(made, "give")

    def away(_: UUID) -> None:
        raise ConnectionError

    request = parties.message(made).id
    transports = dict.fromkeys(BY_ITSELF, away)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            releasing.release(parties.world.database, parties.vault, request, transports)
    with parties.world.database.reading() as session:
        decided = select(ConsentDecision).where(ConsentDecision.message_id == request, ConsentDecision.act == "release")
        assert [(one.allowed, one.reason) for one in session.exec(decided)] == [(True, "consent")] * 2
    assert parties.asker.see(made)["standing"] == "Nog niet aangekomen"
    parties.decide(made, "withdraw")
    releasing.release(parties.world.database, parties.vault, request, transports)
    parties.keep_promises()
    assert parties.message(made).delivered_at is None
    assert parties.message(made, "consent-withdrawn").delivered_at is not None


def test_after_it_was_read_access_ends_and_the_reader_is_told(parties: Parties) -> None:
    made = parties.sent()
    assert parties.asked.see(made)["person"]["name"] == NAME
    parties.decide(made, "withdraw")
    parties.keep_promises()
    seen = reads_nothing(parties, made)
    assert seen["state"] == "revoked"
    assert seen["actions"] == []
    assert seen["messages"][0]["closedBecause"] == "withdrawn"  # type: ignore[index]
    assert [one["kind"] for one in seen["messages"]] == ["request", "consent-withdrawn"]  # type: ignore[attr-defined]
    assert ("asked", "message") in told(parties, made)
    refused(parties.asked.act(made, "reply", ANSWER), 409, "state-conflict")
    with parties.world.database.reading() as session:
        last = session.exec(select(PersonEvent).where(PersonEvent.object_id == UUID(made))).all()[-1]
    assert (last.event, last.outcome, last.data) == ("referral.read", "refused", [])


def test_after_the_answer_each_way_ends_by_its_own_consent(parties: Parties) -> None:
    made = parties.answered()
    assert FACTS in parties.asker.visitor.get(f"/referrals/{made}").text
    parties.decide(made, "withdraw", "reply")
    parties.keep_promises()
    assert FACTS not in parties.asker.visitor.get(f"/referrals/{made}").text
    assert parties.asker.see(made)["state"] == "revoked"
    # What the asked doctor was sent rests on a consent that was not taken back, and the answer is the own record.
    assert FINDINGS in parties.asked.visitor.get(f"/referrals/{made}").text
    assert FACTS in parties.asked.visitor.get(f"/referrals/{made}").text
    parties.decide(made, "withdraw")
    parties.keep_promises()
    assert FINDINGS not in parties.asked.visitor.get(f"/referrals/{made}").text


def test_an_answer_that_was_not_sent_is_withdrawn_alone(parties: Parties) -> None:
    made = parties.sent()
    parties.asked.did(made, "reply", ANSWER)
    parties.decide(made, "give", "reply")
    parties.decide(made, "withdraw", "reply")
    parties.keep_promises()
    assert parties.asker.see(made)["state"] == "in-progress"
    assert FACTS not in parties.asker.visitor.get(f"/referrals/{made}").text
    parties.asked.did(made, "reply", ANSWER | {"consent": ORAL})
    parties.keep_promises()
    assert parties.asker.see(made)["state"] == "completed"


def test_a_supplement_is_withdrawn_alone(parties: Parties) -> None:
    made = parties.sent()
    parties.asked.did(made, "question", {"text": "Hoe lang al?"})
    parties.asker.did(made, "supplement", {"letter": {"summary": "Sinds drie maanden"}, "consent": ORAL})
    parties.keep_promises()
    assert "Sinds drie maanden" in parties.asked.visitor.get(f"/referrals/{made}").text
    parties.decide(made, "withdraw", "supplement")
    parties.keep_promises()
    seen = parties.asked.visitor.get(f"/referrals/{made}")
    assert "Sinds drie maanden" not in seen.text
    assert FINDINGS in seen.text
    assert seen.json()["state"] == "received"


def test_a_no_stops_it_and_the_doctor_hears(parties: Parties) -> None:
    made = parties.started()["id"]
    parties.decide(made, "later")
    assert parties.row(made).state == "awaiting-consent"
    parties.decide(made, "refuse")
    parties.keep_promises()
    assert parties.row(made).state == "cancelled"
    assert told(parties, made) == [("asker", "not-sent")]
    refused(parties.asker.act(made, "consent-request", {}), 409, "state-conflict")
    refused(parties.asked.visitor.get(f"/referrals/{made}"), 404, "not-found")
