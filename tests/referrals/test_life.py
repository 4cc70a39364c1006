"""The life of an exchange: asked, allowed, sent, read and answered, and every way in which it ends otherwise."""

from tests.api.world import refused
from tests.referrals.parties import ANSWER, FACTS, FINDINGS, NAME, QUESTION, Parties


def test_what_is_asked_waits_for_the_worker_and_comes_back_answered(parties: Parties) -> None:
    made = parties.started()
    assert made["state"] == "awaiting-consent"
    assert made["consentLink"].startswith("http://127.0.0.1:8000/toestemming/")
    parties.keep_promises()
    refused(parties.asked.visitor.get(f"/referrals/{made['id']}"), 404, "not-found")
    assert parties.asker.see(made["id"])["standing"] == "Wacht op toestemming van de werkende"
    parties.decide(made["id"], "give")
    parties.keep_promises()
    assert parties.asker.see(made["id"])["state"] == "received"
    seen = parties.asked.see(made["id"])
    assert seen["person"] == {"name": NAME, "birthDate": "1971-03-09", "sex": "female"}
    assert seen["messages"][0]["letter"]["findings"] == FINDINGS
    parties.asked.did(made["id"], "acceptance")
    waiting = parties.asked.did(made["id"], "reply", ANSWER)
    assert waiting["state"] == "in-progress"
    assert waiting["consentLink"]
    parties.keep_promises()
    assert [one["kind"] for one in parties.asker.see(made["id"])["messages"]] == ["request", "status"]
    parties.decide(made["id"], "give", "reply")
    parties.keep_promises()
    done = parties.asker.see(made["id"])
    assert done["state"] == "completed"
    assert done["messages"][-1]["reply"]["answers"] == [{"question": QUESTION, "answer": FACTS}]
