"""A form on its page: which notification it is for, where it goes, and what stands around it."""

from dataclasses import dataclass, replace
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from service.criteria.schemas import QuestionResult
from service.identity.access import Scope
from service.identity.web_session import Page
from service.notifications.rules import State
from service.notifications.tables import Notification
from service.web.filing import Form, Option
from service.web.pages import environment, fragment, translator

_MORE = ("detectedBy", "incapacity", "absence", "worker.employmentKind", "remarks")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form with the notification it is for, if there is one yet."""

    form: Form
    row: Notification | None = None
    key: str = ""
    version: str = ""
    mode: str = "draft"

    @property
    def address(self) -> str:
        """Where the form is sent."""
        if self.row is None:
            return "/meldingen/nieuw"
        return f"/meldingen/{self.row.id}/{'wijzigen' if self.mode == 'amend' else 'bewerken'}"

    @property
    def shown_version(self) -> str:
        """The version that was read: what was posted, or else what is kept."""
        return self.version or (str(self.row.version) if self.row else "")


def sheet_values(
    request: Request, page: Page, sheet: Sheet, wrong: dict[str, str] | None, *, stale: bool
) -> dict[str, Any]:
    """Everything the page of a form shows."""
    t = translator(sheet.form.language)
    form = replace(sheet.form, errors={**sheet.form.errors, **wrong}) if wrong else sheet.form
    row = sheet.row
    came_back = row if row and row.state == State.RETURNED else None
    amends = sheet.mode == "amend"
    return {
        "title": _title(sheet, t),
        "form": form,
        "action": sheet.address,
        "editing": row is not None,
        "mode": sheet.mode,
        "key": sheet.key,
        "version": sheet.shown_version,
        "came_back": came_back,
        "summary": form.points(wrong or {}),
        "alert": _alert(request, sheet, t, stale=stale),
        "open_more": any(form.any(name) for name in _MORE),
        "may_file": Scope.FILE in page.caller.scopes,
        "submit_words": t("Dien nieuwe versie in", "Submit new version") if amends else t("Dien in", "Submit"),
        "saved_words": "" if stale else _saved_words(sheet, t),
        "options": _question_options,
    }


def _question_options(question: QuestionResult) -> list[Option]:
    return [Option(option.value, option.label) for option in question.options]


def _title(sheet: Sheet, t: Any) -> str:
    if sheet.mode == "amend":
        return str(t("Melding wijzigen", "Amend notification")) + f" {sheet.row.number if sheet.row else ''}"
    if sheet.row and sheet.row.state == State.RETURNED:
        return str(t("Melding aanvullen", "Complete notification"))
    return str(t("Beroepsziekte melden", "Notify an occupational disease"))


def _saved_words(sheet: Sheet, t: Any) -> str:
    if sheet.mode == "amend":
        return str(t("Een wijziging wordt pas bewaard als u haar indient.", "A change is kept once you submit it."))
    if sheet.row:
        form = sheet.form
        left_out = ", ".join(form.label(name) or text for name, text in form.unkeepable.items())
        saved = t(f"Bewaard, behalve: {left_out}.", f"Saved, except: {left_out}.")
        return str(saved if left_out else t("Concept bewaard.", "Draft saved."))
    return str(t("Nog niets om te bewaren.", "Nothing to save yet."))


def _alert(request: Request, sheet: Sheet, t: Any, *, stale: bool) -> dict[str, str] | None:
    if stale:
        return {
            "tone": "warning",
            "title": t("Deze melding is intussen gewijzigd", "This notification was changed in the meantime"),
            "text": t(
                "Dat gebeurde in een ander venster of door een collega. Wat u hier typte, is niet bewaard.",
                "That happened in another window or by a colleague. What you typed here is not saved.",
            ),
            "href": sheet.address,
            "link": t("Open de nieuwste versie.", "Open the latest version."),
        }
    if request.method == "GET" and request.query_params.get("bewaard") == "ja":
        text = t("U kunt later verder. Een concept blijft 30 dagen.", "Continue later. A draft stays for 30 days.")
        return {"tone": "ok", "title": t("Concept bewaard", "Draft saved"), "text": text, "href": ""}
    return None


def live_answer(request: Request, page: Page, sheet: Sheet, *, stale: bool = False) -> Response:
    """What the script shows while somebody types: the panel, the questions of the guideline, words at fields."""
    form = sheet.form
    t = translator(form.language)
    if stale:
        words = t("Intussen gewijzigd in een ander venster. ", "Changed in another window. ")
        answer = {"message": words, "link": t("Open de nieuwste versie", "Open the latest version")}
        return JSONResponse({**answer, "address": sheet.address}, 412)
    values = {"form": form, "options": _question_options}
    return JSONResponse(
        {
            "address": sheet.address,
            "version": sheet.shown_version,
            "saved": _saved_words(sheet, t),
            "panel": fragment(request, "meldingen/_panel.html", page, **values),
            "guideline": form.asks_by,
            "criteria": fragment(request, "meldingen/_criteria.html", page, **values),
            "bar": _bar(form, t),
            "asksReason": form.panel.asks_reason,
            "errors": dict(form.errors),
            "warnings": dict(form.warnings),
            "sources": form.sources,
            "doubts": {name: _component("doubt", form, name, t) for name in form.doubts},
            "boxes": {name: _box(form, name, t) for name in form.read.boxes},
        }
    )


def _box(form: Form, name: str, t: Any) -> dict[str, str]:
    box = form.box(name)
    module = environment.get_template("meldingen/fields.html").make_module()
    chosen = module.chosen(form.hint(name), t)  # type: ignore[attr-defined]
    words = box.words if box.code else ""
    return {"typed": form.typed.get(name, ""), "code": box.code, "words": words, "chosen": str(chosen).strip()}


def _component(macro: str, form: Form, name: str, t: Any) -> str:
    module = environment.get_template("meldingen/fields.html").make_module()
    return str(getattr(module, macro)(form, name, t)).strip()


def _bar(form: Form, t: Any) -> str:
    """The state in one line, for a small screen and for who listens."""
    needed = len(form.panel.needed) + len(form.errors)
    still = (
        t(f"nog {needed} te doen", f"{needed} left to do") if needed else t("klaar om in te dienen", "ready to submit")
    )
    return f"{form.panel.verdict}: {still}" if form.panel.verdict else str(still)
