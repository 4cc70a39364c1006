"""The receipt on paper: readable by a screen reader, on one page, and never taking what was typed for markup."""

import io
import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pypdf import PdfReader

import service.demo
from service.notifications import judgement, receipts
from service.notifications.receipt_pdf import render_pdf
from service.notifications.rules import State
from service.notifications.schemas import (
    FiledLine,
    InstitutionLine,
    Measure,
    MemberNumber,
    NotificationContent,
    Problem,
    Receipt,
)
from service.notifications.tables import Notification
from service.settings import Institution
from service.text import Language

NUMBER = "AB-2026-K7M4-9TQX"
FILED = {
    "Diagnose": "Lumbosacraal radiculair syndroom (CAS L621, ICD-10 M51.1)",
    "Werkende": "man, geboren in 1974, vast dienstverband",
    "Beroep": "Metselaar (ISCO 7112)",
    "Sector": "Bouw van gebouwen (SBI 4120)",
    "Aard van het werk": "Metselen in de woningbouw",
    "Blootstelling": "Tillen van bakstenen en cementzakken, 2004 tot 2026, 12 kg, 3 uur per dag",
    "Werkrelatie": "zeer waarschijnlijk",
    "Andere oorzaken": "nauwelijks",
    "Ontdekt bij": "verzuimbegeleiding",
    "Advies": "organisatorisch, technisch",
    "Gevolg voor het werk": "tijdelijk arbeidsongeschikt, verzuim 3 tot 6 maanden",
}
CRITERIA = [
    ("De pijn straalt uit tot onder de knie, in het gebied van één zenuwwortel.", "met"),
    ("De werkende tilt meer dan 5 kg.", "met"),
    ("De werkende doet dit werk langer dan 10 jaar.", "met"),
    ("De werkende tilt meer dan 2 uur per dag.", "met"),
    ("De werkende tilt meer dan 25 keer per dag.", "unknown"),
    ("De romp is meer dan 20 graden gebogen.", "unknown"),
    ("De romp is meer dan 1 uur per dag gebogen.", "not-met"),
]
CHECK: dict[str, Any] = {
    "guideline": {
        "code": "D023",
        "version": "2014.1",
        "title": "Beroepsgebonden lumbosacraal radiculair syndroom",
        "sourceUrl": "https://www.beroepsziekten.nl",
    },
    "verdict": "meets",
    "criteria": [
        {"id": f"c{place}", "text": text, "outcome": outcome, "basis": "official"}
        for place, (text, outcome) in enumerate(CRITERIA)
    ],
}
EXAMPLE = Receipt(
    number=NUMBER,
    notification_id=UUID("5b0a4c52-8d0a-4d5f-9f3e-0d6d6e1c2a11"),
    revision=1,
    language=Language.NL,
    received_at="2026-11-22T18:00:00Z",
    state="registered",
    state_text="Geregistreerd",
    demo=False,
    numbers=[MemberNumber(number=NUMBER, sex="male", birth_year=1974)],
    filed=[FiledLine(label=label, value=value) for label, value in FILED.items()],
    check=CHECK,
    override_reason=None,
    institution=InstitutionLine(
        name="Nederlands Centrum voor Beroepsziekten (NCvB)",
        contact="https://www.beroepsziekten.nl",
        legal_basis="Arbowet artikel 9 lid 3; Arboregeling artikel 1.11",
        receives_here=False,
        passed_on_at=None,
        text="Wij ontvangen de melding voor deze instelling en geven haar door.",
    ),
    minutes_spent=9,
    billing_line="Beroepsziektemelding AB-2026-K7M4-9TQX: 9 minuten op 22 november 2026.",
    file_text=(
        "Op 22 november 2026 meldde ik een beroepsziekte bij het NCvB, kenmerk AB-2026-K7M4-9TQX. "
        "De melding voldoet aan richtlijn D023, versie 2014.1. De melding bevat geen naam, BSN of werkgever."
    ),
    next_steps=[
        "De melding is geregistreerd; u hoeft niets te doen.",
        "Zet het nummer in het dossier van de werkende.",
        "Verandert uw oordeel? Wijzig dan de melding of trek haar in.",
    ],
    measures=[
        Measure(code="M1", label="Lichtere stenen en zakken van hoogstens 25 kg", level="source"),
        Measure(code="M2", label="Een steenkraan of een metselsteiger op hoogte", level="technical"),
        Measure(code="M3", label="Afwisselen met werk zonder tillen", level="organisational"),
    ],
    tsb=None,
    diagnostics="Twijfelt u nog? Vraag een klinisch arbeidsgeneeskundige om advies via Diagnostiek.",
    warnings=[],
    possible_duplicates=[],
    sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
)

# The case of `make run`, and one of the same size about noise; measures and criteria come from our own lists.
BACK: dict[str, Any] = json.loads((Path(service.demo.__file__).parent / "example.json").read_bytes())
NOISE: dict[str, Any] = BACK | {
    "diagnosis": {"icd10": "H83.3", "text": "Gehoorverlies door lawaai op het werk"},
    "exposures": [
        {
            "code": "B-noise",
            "text": "Lawaai van slijpmachines en persen",
            "from": "1998",
            "until": "2026",
            "degree": "88 dB(A), gemiddeld over de dag",
        }
    ],
    "workNature": "Slijpen en persen van metaal in een werkplaats",
    "occupation": {"isco": "7223", "text": "Metaalbewerker"},
    "assessment": BACK["assessment"]
    | {"guideline": "B001", "findings": {"hearing_loss_at_1_2_or_4kHz": 45, "LEX_8h": 88}},
}

LITERAL = ("#eval(1)", "{{7*7}}", "*vet*", "$x$", "<label>", "@ref", "= kop", '#read("/etc/passwd")', "\\u{41}")
HOSTILE = {
    "control characters": "a\x00b\x1b[31mc\x07",
    "text direction": "ab\u202egnp.exe\u2066",
    "right to left": "שלום עולם, مرحبا بالعالم",
    "piled marks": "Z" + "\u0301\u0336" * 90,
    "emoji": "😀👩\u200d⚕️🇳🇱",
    "other scripts": "漢字 ไทย देवनागरी ქართული",
    "one long word": "W" * 200,
    "private and unassigned": "\ue000\U0001fffe\U000e0041",
    "half a character": "\ud800 half",
    "lines": "een\ntwee\r\ndrie\u2028vier\tvijf",
    "image": "<img src=file:///etc/passwd>",
}


def receipt(**changes: Any) -> Receipt:
    return EXAMPLE.model_copy(update=changes)


def filed(case: dict[str, Any], language: Language) -> Receipt:
    """The receipt that the service itself writes for a case."""
    body, moment = json.dumps(case).encode(), datetime(2026, 11, 22, 18, tzinfo=UTC)
    content = NotificationContent.model_validate_json(body)
    judged = judgement.judge_content(content, moment.date(), language)
    row = Notification(
        number=NUMBER,
        state=State.REGISTERED,
        revision=1,
        owner=UUID(int=1),
        ordinal=1,
        content=body,
        demo=True,
        created_at=moment,
        changed_at=moment,
        submitted_at=moment,
    )
    return receipts.write(row, content, body, judged, [], Institution(), [], language)


def read(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


def root(pdf: bytes) -> Any:
    """The catalogue of the file, where it says what it is."""
    return read(pdf).trailer["/Root"]


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in read(pdf).pages).split())


def structure(pdf: bytes) -> list[str]:
    """The names of all structure elements, in reading order."""
    names: list[str] = []

    def walk(node: Any) -> None:
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            for child in node:
                walk(child)
        elif isinstance(node, dict):
            if "/S" in node:
                names.append(str(node["/S"]))
            walk(node.get("/K", []))

    walk(root(pdf)["/StructTreeRoot"])
    return names


@pytest.fixture(scope="module")
def usual() -> bytes:
    return render_pdf(EXAMPLE)


def test_a_usual_receipt_is_one_page_of_a4(usual: bytes) -> None:
    (page,) = read(usual).pages

    assert (round(page.mediabox.width), round(page.mediabox.height)) == (595, 842)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("case, guideline", [(BACK, "D023"), (NOISE, "B001")])
def test_a_receipt_of_the_service_itself_is_one_page(case: dict[str, Any], guideline: str, language: Language) -> None:
    written = filed(case, language)

    pdf = render_pdf(written)

    assert len(read(pdf).pages) == 1
    assert written.check["guideline"]["code"] == guideline
    assert written.check["verdict"] == "meets"
    text = text_of(pdf)
    said = [line.value for line in written.filed] + [measure.label for measure in written.measures]
    for one in [*said, *written.next_steps, *(line["text"] for line in written.check["criteria"]), written.file_text]:
        assert one in text


def test_it_says_what_was_received_and_when(usual: bytes) -> None:
    text = text_of(usual)

    assert NUMBER in text
    assert "22 november 2026, 19.00 uur" in text
    assert "De melding voldoet aan de criteria." in text
    assert "Richtlijn D023, versie 2014.1" in text
    assert "nog niet" in text
    assert EXAMPLE.sha256 in text
    for said in [*EXAMPLE.next_steps, *(text for text, _ in CRITERIA), EXAMPLE.file_text, *FILED.values()]:
        assert " ".join(said.split()) in text
    for word in ("voldaan", "niet voldaan", "onbekend", "officieel"):
        assert word in text


def test_it_is_a_tagged_pdf_for_screen_readers(usual: bytes) -> None:
    catalogue: Any = root(usual)

    assert catalogue["/MarkInfo"]["/Marked"].value is True
    assert catalogue["/Lang"] == "nl"
    assert catalogue["/ViewerPreferences"]["/DisplayDocTitle"].value is True
    assert b"<pdfuaid:part>1</pdfuaid:part>" in catalogue["/Metadata"].get_data()
    metadata = read(usual).metadata
    assert metadata is not None
    assert metadata.title == f"Ontvangstbewijs beroepsziektemelding {NUMBER}"


def test_headings_tables_and_lists_are_tagged(usual: bytes) -> None:
    names = structure(usual)

    assert names.count("/H1") == 1
    assert names.count("/H2") >= 7
    assert names.count("/Table") == 3
    assert names.count("/TH") == 7
    assert names.count("/L") == 2


def test_the_file_betrays_no_time_finer_than_the_hour_and_is_the_same_each_time(usual: bytes) -> None:
    metadata = read(usual).metadata
    assert metadata is not None
    assert metadata.creation_date is not None

    assert metadata.creation_date.isoformat() == "2026-11-22T18:00:00+00:00"
    assert render_pdf(EXAMPLE) == usual


def test_english_by_choice() -> None:
    pdf = render_pdf(receipt(language=Language.EN))

    assert root(pdf)["/Lang"] == "en"
    assert "The notification meets the criteria." in text_of(pdf)
    assert "22 November 2026, 19:00" in text_of(pdf)


def test_the_optional_parts_appear_when_there_is_something_to_say() -> None:
    full = receipt(
        demo=True,
        override_reason="De belasting was korter maar veel zwaarder.",
        tsb="Deze ziekte kan onder de TSB vallen.",
        warnings=[Problem(pointer="/diagnosis/cas", code="unknown-code", detail="Wij kennen deze CAS-code niet.")],
        possible_duplicates=["AB-2026-0004001"],
        institution=EXAMPLE.institution.model_copy(update={"passed_on_at": "2026-11-22T20:00:00Z"}),
    )

    text = text_of(render_pdf(full))

    for said in (
        "Demo: dit is geen echte melding.",
        "Toch gemeld, omdat: De belasting was korter",
        "Deze ziekte kan onder de TSB vallen.",
        "Wij kennen deze CAS-code niet.",
        "AB-2026-0004001",
        "22 november 2026, 21.00 uur",
    ):
        assert said in text


def test_a_bare_receipt_leaves_no_empty_headings() -> None:
    bare = receipt(
        check={"guideline": None, "verdict": "no-public-criteria", "criteria": []},
        next_steps=[],
        measures=[],
        diagnostics=None,
        billing_line=None,
        minutes_spent=None,
        file_text="",
    )

    text = text_of(render_pdf(bare))

    assert "Voor deze ziekte zijn geen openbare criteria." in text
    assert "U gaf geen tijd op." in text
    assert "Maatregelen" not in text
    assert "Wat er nu gebeurt" not in text


def test_a_group_of_two_hundred_lists_every_number() -> None:
    numbers = [NUMBER, *(f"AB-2026-{place}-9TQX" for place in range(5001, 5201))]
    members = [MemberNumber(number=number, sex="female", birth_year=1980) for number in numbers]

    pdf = render_pdf(receipt(numbers=members))

    text = text_of(pdf)
    assert all(number in text for number in numbers)
    assert "201 nummers" in text
    assert 2 <= len(read(pdf).pages) <= 3


@pytest.mark.parametrize("literal", LITERAL)
def test_markup_in_what_was_typed_stands_as_it_was_typed(literal: str) -> None:
    typed = receipt(
        filed=[FiledLine(label="Beroep", value=literal)],
        override_reason=literal,
        file_text=literal,
        next_steps=[literal],
        check={**CHECK, "guideline": {**CHECK["guideline"], "title": literal}},
    )

    assert text_of(render_pdf(typed)).count(literal) == 5


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_text_breaks_the_page(kind: str) -> None:
    typed = receipt(
        filed=[FiledLine.model_construct(label="Beroep", value=HOSTILE[kind])], override_reason=HOSTILE[kind]
    )

    pdf = render_pdf(typed)

    assert NUMBER in text_of(pdf)
    assert root(pdf)["/MarkInfo"]["/Marked"].value is True


def test_what_no_font_can_draw_is_given_by_its_code_point() -> None:
    text = text_of(render_pdf(receipt(override_reason="lach 😀 漢\u202e\x07 é a\U000e0041b")))

    assert "lach ⟨U+1F600⟩ ⟨U+6F22⟩⟨U+202E⟩⟨U+0007⟩ é a⟨U+E0041⟩b" in text


def test_a_long_word_stays_on_the_page_and_in_one_piece_when_it_fits() -> None:
    link = "https://www.voorbeeld.example/een/lang/adres"
    pdf = render_pdf(receipt(file_text=link, filed=[FiledLine(label="Beroep", value="W" * 200)]))

    assert link in text_of(pdf)
    assert "".join(text_of(pdf).split()).count("W" * 200) == 1
    lines = read(pdf).pages[0].extract_text().splitlines()
    assert max(line.count("W") for line in lines) < 30


def test_threads_can_print_at_the_same_time(usual: bytes) -> None:
    printed: list[bytes] = []
    threads = [threading.Thread(target=lambda: printed.append(render_pdf(EXAMPLE))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert printed == [usual] * 8
