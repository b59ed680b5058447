"""Which health question a head asks, or which statement it makes: `Do you have any allergies?`, `Risks explained`.

Only the frame of the question is taken off; what is left must be a word of the list, or one of its raw values.
"""

from smpcompliance.logs.schema import normal, words_of
from smpcompliance.patterns import pattern

_FRAME = pattern(
    r"(?:(?:are|were|is|could) (?:you|the client)(?: currently| now| presently)?(?: be)?|"
    r"(?:do|does|did) (?:you|the client)(?: currently| ever| now)?(?: have| suffer from| suffer with| take| use)?|"
    r"(?:have|has) (?:you|the client)(?: ever| recently| previously)?"
    r"(?: had| been diagnosed with| suffered from| taken| used)?|"
    r"(?:have|had|taking|has|suffer from|suffering from|diagnosed with|currently|current|prone to)|"
    r"any(?: known| form of)?|known|"
    r"(?:a |any )?(?:personal |previous |past )?history of|an?|the|"
    r"(?:haben|hatten) sie(?: derzeit| aktuell| jemals)?|(?:leiden|litten) sie(?: derzeit)?(?: an| unter)?|"
    r"nehmen sie(?: derzeit| regelmassig)?|sind sie(?: derzeit)?|bekannte|eine?n?|"
    r"avez-vous(?: deja)?(?: eu)?|souffrez-vous|etes-vous|prenez-vous|des|une?|du|de la|de|d|l|actuellement|"
    r"esta usted|esta|tiene|padece(?: de)?|toma|"
    r"(?:heeft|bent|lijdt|gebruikt) u(?: aan)?|har du|er du|ar du|lider du (?:af|av)) "
)
_STATED = (
    pattern(
        r"(?:the )?(?P<said>.+?)(?: (?:was|were|has been|have been))? "
        r"(?:explained|discussed|understood|erklart|besprochen|verstanden|expliquee?s?|comprise?s?|explicad[oa]s?|uitgelegd|"
        r"forklaret|forklarade?)"
    ),
    pattern(
        r"(?:explanation of|i understand|i have been told about|i was told about|i have been informed (?:of|about)|"
        r"i was informed (?:of|about)|informed (?:of|about)|information about|information on) "
        r"(?:the |all )?(?P<said>.+)"
    ),
)
_STATEMENTS_ALONE = (
    "risks", "contraindications", "side_effects", "adverse_outcomes", "permanence", "alternatives", "infection_signs",
    "fda_not_approved", "social_impact",
)  # fmt: skip
"""Words of statements that as a head mean nothing else; `Aftercare` or `Infection` might."""

_LONGEST = 200
_FRAMES = 5


def question(head: str) -> str:
    """The word of the health question that a head asks; empty where it asks none, or several at once."""
    said = normal(head[:_LONGEST])
    for _ in range(_FRAMES):
        if word := words_of("question").get(said):
            return word
        found = _FRAME.match(said)
        if not found:
            return ""
        said = said[found.end() :]
    return ""


def statement(head: str) -> str:
    """The word of what a head says the client was told; empty where it says nothing of the kind."""
    said = normal(head[:_LONGEST])
    known = words_of("content")
    if said in known and (known[said] in _STATEMENTS_ALONE or said.startswith("i ")):
        return known[said]
    for frame in _STATED:
        found = frame.fullmatch(said)
        if found and (word := known.get(found["said"]) or known.get(found["said"].removesuffix(" advice"))):
            return word
    return ""
