"""The words of a calendar that stand in dates: months, days of the week, and what is written in front of an expiry.

Names are full and short ones of ten languages, looked up in their `plain` form. A name of a month is taken only while
it means the same month in all of these languages; a short name of a weekday may mean several days.
"""

import unicodedata

from smpcompliance.patterns import pattern

_MONTHS = {
    "English": "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug|september sep sept|"
    "october oct|november nov|december dec",
    "French": "janvier janv jan|fevrier fevr fev|mars|avril avr|mai|juin|juillet juil|aout|septembre sept sep|"
    "octobre oct|novembre nov|decembre dec",
    "German": "januar janner jaenner jan|februar feber feb|marz maerz mar mrz|april apr|mai|juni jun|juli jul|"
    "august aug|september sep sept|oktober okt|november nov|dezember dez",
    "Spanish": "enero ene|febrero feb|marzo mar|abril abr|mayo may|junio jun|julio jul|agosto ago|"
    "septiembre setiembre sep sept set|octubre oct|noviembre nov|diciembre dic",
    "Portuguese": "janeiro jan|fevereiro fev|marco mar|abril abr|maio mai|junho jun|julho jul|agosto ago|"
    "setembro set|outubro out|novembro nov|dezembro dez",
    "Italian": "gennaio gen genn|febbraio feb febb|marzo mar|aprile apr|maggio mag magg|giugno giu|luglio lug|"
    "agosto ago|settembre set sett|ottobre ott|novembre nov|dicembre dic",
    "Dutch": "januari jan|februari feb|maart mrt|april apr|mei|juni jun|juli jul|augustus aug|september sep sept|"
    "oktober okt|november nov|december dec",
    "Danish": "januar jan|februar feb|marts mar|april apr|maj|juni jun|juli jul|august aug|september sep sept|"
    "oktober okt|november nov|december dec",
    "Swedish": "januari jan|februari feb|mars mar|april apr|maj|juni jun|juli jul|augusti aug|september sep sept|"
    "oktober okt|november nov|december dec",
    "Welsh": "ionawr ion|chwefror chwe chwef|mawrth maw|ebrill ebr|mai|mehefin meh|gorffennaf gor gorff|awst|medi|"
    "hydref hyd|tachwedd tach|rhagfyr rhag",
}
_WEEKDAYS = (
    "monday mon lundi lun montag mo lunes segunda segunda-feira seg lunedi maandag ma mandag man llun",
    "tuesday tue tues mardi mar dienstag di martes terca terca-feira ter martedi dinsdag tirsdag tir tisdag tis "
    "mawrth maw",
    "wednesday wed mercredi mer mittwoch mi miercoles mie quarta quarta-feira qua mercoledi woensdag wo onsdag ons "
    "mercher",
    "thursday thu thur thurs jeudi jeu donnerstag do jueves jue quinta quinta-feira qui giovedi gio donderdag torsdag "
    "tor tors iau",
    "friday fri vendredi ven freitag fr viernes vie sexta sexta-feira sex venerdi vrijdag vr fredag fre gwener gwe",
    "saturday sat samedi sam samstag sonnabend sa sabado sab sabato zaterdag za lordag lor sadwrn sad",
    "sunday sun dimanche dim di sonntag so domingo dom domenica zondag zo sondag son sul",
)
_OTHER_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "ł": "l", "’": "'"})
_DASHES = pattern("[\u2010-\u2015\u2212]")

BEFORE_EXPIRY = pattern(
    r"(?:exp(?:\.|iry|ires?|iration)?(?: date| on)?|use[- ]by|best before(?: end)?|bbe?d?|"
    r"mindestens haltbar bis(?: ende)?|(?:zu )?verwendbar bis|verw\. bis|haltbar bis|mhd|dluo?|dlc|"
    r"a utiliser (?:de preference )?avant(?: le| fin)?|(?:date de )?peremption|per\.|fecha de caducidad|caducidad|"
    r"cad\.|valido hasta|validade|val\.|(?:data di )?scadenza|scad\.|houdbaar tot|tht|sidste anvendelse|bast fore|"
    r"[\u231b\u29d6\u23f3]\ufe0f?)(?![a-z])\s*[:.]?\s*"
)
"""What stands in front of an expiry on a pack, in the plain form: words of ten languages, or the hourglass sign."""


def plain(text: str) -> str:
    """The form in which dates are read: lower case, no accents, one kind of dash, single blanks."""
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_OTHER_LETTERS))
    return " ".join(_DASHES.sub("-", "".join(c for c in folded if not unicodedata.combining(c))).split())


def _months() -> dict[str, int]:
    means: dict[str, set[int]] = {}
    for names in _MONTHS.values():
        for number, of_month in enumerate(names.split("|"), 1):
            for name in of_month.split():
                means.setdefault(name, set()).add(number)
    return {name: months.pop() for name, months in means.items() if len(months) == 1}


def _weekdays() -> dict[str, frozenset[int]]:
    means: dict[str, set[int]] = {}
    for number, names in enumerate(_WEEKDAYS):
        for name in names.split():
            means.setdefault(name, set()).add(number)
    return {name: frozenset(days) for name, days in means.items()}


MONTHS = _months()
"""Name of a month in its plain form → its number."""

WEEKDAYS = _weekdays()
"""Name of a day of the week in its plain form → the days it may mean, Monday = 0."""
