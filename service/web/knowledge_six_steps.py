"""What to do in each step of the six-step plan, in our own words; the steps themselves come with the criteria."""

from collections.abc import Mapping

from service.text import Text

WHAT_TO_DO: Mapping[int, Text] = {
    1: Text(
        "Stel de diagnose, of vraag haar op bij de behandelaar. Zonder diagnose is er geen melding. "
        "Een klacht is geen diagnose, op enkele uitzonderingen na.",
        "Make the diagnosis, or ask the treating physician for it. Without a diagnosis there is no notification. "
        "A complaint is no diagnosis, with a few exceptions.",
    ),
    2: Text(
        "Vraag de werkende naar het verband met het werk. Zoek ook op wat er over deze ziekte bekend is.",
        "Ask the worker about the link with work. Also look up what is known about this disease.",
    ),
    3: Text(
        "Beschrijf waaraan de werkende blootstond, hoe zwaar en hoe lang. "
        "Leg dit naast de criteria van de registratierichtlijn.",
        "Describe what the worker was exposed to, how much and for how long. "
        "Hold this against the criteria of the registration guideline.",
    ),
    4: Text(
        "Kijk naar oorzaken buiten het werk. Een gevoelige werkende kan ook bij een lagere blootstelling ziek worden.",
        "Look for causes outside work. A susceptible worker may fall ill at a lower exposure.",
    ),
    5: Text(
        "Beantwoord de vier vragen hieronder en kies hoe zeker u bent. Zeer waarschijnlijk, waarschijnlijk en "
        "vermoedelijk meldt u alle drie. U vertelt het ook aan de werkende.",
        "Answer the four questions below and choose how certain you are. You notify very likely, likely and suspected "
        "alike. You also tell the worker.",
    ),
    6: Text(
        "Zorg dat het niet nog eens gebeurt: bij deze werkende en bij collega's. Begin bij de bron.",
        "Make sure that it does not happen again: to this worker and to colleagues. Start at the source.",
    ),
}
