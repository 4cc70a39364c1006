"""How texts are made comparable: without case, diacritics, hyphens and other marks."""

import unicodedata

_LONGEST = 100  # nobody types more, and the cost of a search stays bounded


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, folded; at most the first hundred characters count."""
    apart = unicodedata.normalize("NFKD", text[:_LONGEST].casefold())
    bare = (char for char in apart if not unicodedata.combining(char))
    return tuple("".join(char if char.isalnum() else " " for char in bare).split())
