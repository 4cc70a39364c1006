"""What a message holds, sealed with the worker's key: a letter, an answer, or a short word without clinical content."""

from uuid import UUID

from pydantic import BaseModel

from service.persons.vault import Seal
from service.referrals.rules import CLINICAL, Item, MessageKind
from service.referrals.schemas import Letter, QuestionAnswered, ReplyView
from service.referrals.tables import Attachment, Message
from service.validation import Answer


class Said(Answer):
    """What goes with a message that has no clinical content: why, and a short word."""

    reason: str | None = None
    text: str | None = None


Content = Letter | ReplyView | Said


def sealed(seal: Seal, message_id: UUID, content: BaseModel) -> bytes:
    """The content, sealed for this message only."""
    return seal.seal_text(_place(message_id), content.model_dump_json(by_alias=True, exclude_none=True))


def opened(seal: Seal, message: Message) -> Content:
    """The content again. Raises CannotOpen."""
    text, kind = seal.open_text(_place(message.id), message.content), MessageKind(message.kind)
    if kind is MessageKind.REPLY:
        return ReplyView.model_validate_json(text)
    return (Letter if kind in CLINICAL else Said).model_validate_json(text)


def parts_of(content: Content) -> frozenset[str]:
    """The parts that hold something, by the names that a consent uses."""
    if isinstance(content, Letter):
        return content.parts()
    if isinstance(content, ReplyView):
        return frozenset({Item.ANSWER} | ({Item.DIAGNOSIS} if content.diagnosis else set()))
    return frozenset()


def only(content: Letter | ReplyView, parts: frozenset[str]) -> Letter | ReplyView | None:
    """The content without the other parts; none when nothing is left."""
    if isinstance(content, Letter):
        left = content.model_dump(by_alias=True, include=set(parts) & content.parts())
        return Letter.model_validate(left) if left else None
    if Item.ANSWER not in parts:
        return None
    return content if Item.DIAGNOSIS in parts else content.model_copy(update={"diagnosis": None})


def questions_of(letters: list[Letter]) -> str:
    """Everything that was asked, as one text to find a question in."""
    return " ".join(folded(letter.question) for letter in letters if letter.question)


def unasked(answers: list[QuestionAnswered], asked: str) -> list[int]:
    """The places of the answers to something that was not asked."""
    return [place for place, one in enumerate(answers) if folded(one.question) not in asked]


def folded(text: str) -> str:
    """The text without differences of case and white space."""
    return " ".join(text.casefold().split())


def named(attachment: Attachment) -> str:
    """How a consent names a file."""
    return f"attachment:{attachment.id}"


def _place(message_id: UUID) -> str:
    return f"referral_message/{message_id}/content"


def title_of(seal: Seal, attachment: Attachment) -> str:
    """What a file is called. Raises CannotOpen."""
    return seal.open_text(file_place(attachment.id, "title"), attachment.title)


def file_place(attachment_id: UUID, column: str) -> str:
    """Where a value of a file stands, sealed along with it."""
    return f"referral_attachment/{attachment_id}/{column}"
