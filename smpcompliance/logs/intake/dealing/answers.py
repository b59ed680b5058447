"""Questions and statements that are heads of their own become words of a list: one list a row.

An answer is judged once for each distinct text under a head; the words are then joined row by row with `; `.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from smpcompliance.dates import Codes
from smpcompliance.logs import arrow
from smpcompliance.logs.cells import UNREAD, says_nothing, unread, unread_at
from smpcompliance.logs.schema import normal, schema, shared
from smpcompliance.logs.written import parts
from smpcompliance.patterns import pattern

SILENT, YES, NO, UNCLEAR, LIST = 0, 1, 2, 3, 4
_TICKED = frozenset(map(normal, (
    "x", "xx", "✓", "checked", "ticked", "selected", "on", "signed", "initialed", "initialled", "agree",
    "agreed", "I agree", "I do", "I have", "accept", "accepted", "I accept", "understood", "I understand",
    "acknowledged", "I acknowledge", "confirmed", "I confirm", "explained", "given", "done", "einverstanden", "gelesen",
    "lu et approuvé", "accepté", "acepto", "accetto", "aceito", "akkoord", "zgadzam się", "godkänner", "accepterer",
))) | {"✔", "☑", "☒"}  # fmt: skip
_NOT = frozenset(map(normal, (
    "none", "nil", "nothing", "never", "not applicable", "no known", "none known", "no allergies", "nka", "nkda",
    "false", "off", "unchecked", "keine", "kein", "nie", "aucun", "aucune", "jamais", "rien", "ninguno",
    "ninguna", "nunca", "nada", "nessuno", "nessuna", "mai", "nenhum", "nenhuma", "geen", "nooit", "brak", "nigdy",
    "inga", "ingen", "aldrig", "aldri",
))) | {"☐"}  # fmt: skip
_INITIALS = pattern(r"[^\W\d_](?:[. ]{0,2}[^\W\d_]){1,3}\.?")
_SEPARATORS = pattern(r"[;|\s]+")
_NO_INITIALS = frozenset(
    {"no", "na", "nv", "tbd", "tbc", "see", "late", "none", "nope", "not", "nyet", "nee", "nie", "nej"}
)


def joined(own: pa.Array | None, answers: Sequence[tuple[str, str, pa.Array]], health: bool) -> dict[str, pa.Array]:
    """The list columns that questions or statements fill.

    Args:
        own: for statements the cells of the table's own column `explained`, None where it has none.
        answers: (word, head, cells) of each question or statement.
        health: whether these are health questions, else statements to be agreed to.

    Returns:
        `health_answered` and `health_yes`, or `explained`: cells with words joined by `; `. `health_yes` says `none`
        where something was answered and nothing with yes. A statement whose cell is itself a list of words adds these;
        one whose cell can be read in no way leaves a part that is no word, so that the whole list is unreadable and its
        words unknown; so is a list of which a cell is `UNREAD`.
    """
    states = [_states(cells, _of_question if health else _of_statement) for _, _, cells in answers]
    not_told = np.flatnonzero(np.any([unread(cells) for _, _, cells in answers], axis=0))
    words = [word for word, _, _ in answers]
    if health:
        answered = _lists(words, [(state != SILENT) for state in states], None)
        yes = _lists(words, [(state == YES) for state in states], None)
        any_answer = np.any([state != SILENT for state in states], axis=0)
        nothing = np.array([not text for text in yes.to_pylist()]) & any_answer if len(yes) else any_answer
        said = arrow.put(yes, nothing, arrow.repeated("none", int(nothing.sum())))
        return {
            "health_answered": unread_at(answered, not_told),
            "health_yes": unread_at(said, not_told),
        }
    unclear = [f"{word} unclear under '{_SEPARATORS.sub(' ', head).strip()}'" for word, head, _ in answers]
    for state, (_, _, cells) in zip(states, answers, strict=True):
        if (state == LIST).any():
            listed = arrow.chosen(state == LIST, cells, arrow.repeated("", len(cells)))
            own = listed if own is None else beside(own, listed)
    masks = [state == YES for state in states] + [state == UNCLEAR for state in states]
    return {"explained": unread_at(_lists(words + unclear, masks, own), not_told)}


def beside(own: pa.Array, words: pa.Array) -> pa.Array:
    """The words of the table's own list, then those of its questions; a `none` beside words is left out."""
    pairs = pc.dictionary_encode(own)
    more = pc.dictionary_encode(words)
    mine, theirs = pairs.dictionary.to_pylist(), more.dictionary.to_pylist()
    wide = max(len(theirs), 1)
    code = arrow.numbers(pairs.indices).astype(np.int64) * wide + arrow.numbers(more.indices)
    seen, place = np.unique(code, return_inverse=True)
    texts = [_both(mine[int(c) // wide], theirs[int(c) % wide]) for c in seen]
    return arrow.take(arrow.strings(texts), place.astype(np.int64)) if texts else own


def _both(own: str, more: str) -> str:
    if UNREAD in (own, more):
        return UNREAD
    filled = [text for text in (own, more) if text.strip().casefold() not in shared().blanks]
    said = [text for text in filled if normal(text) not in _NOT and shared().flags.get(normal(text)) is not False]
    return "; ".join(dict.fromkeys(said)) or (filled[0] if filled else "")


def _states(cells: pa.Array, judge: Callable[[str], int]) -> Codes:
    distinct = pc.dictionary_encode(cells)
    states = np.array([judge(text) for text in distinct.dictionary.to_pylist()] + [SILENT], np.uint8)
    found: Codes = states[arrow.numbers(distinct.indices)]
    return found


def _of_question(text: str) -> int:
    """What a client answered: a text that is neither blank nor a no is a yes («Penicillin»)."""
    if says_nothing(text.strip()):
        return SILENT
    said = normal(text)
    flag = shared().flags.get(said, shared().flags.get(said.partition(" ")[0]) if "," in text else None)
    return NO if said in _NOT or flag is False or text.strip() in _NOT else YES


def _of_statement(text: str) -> int:
    """Whether a statement is agreed to: a tick, yes, a word of consent, or initials."""
    bare = text.strip()
    if says_nothing(bare):
        return SILENT
    said = normal(text)
    flag = shared().flags.get(said)
    if flag is True or said in _TICKED or bare in _TICKED:
        return YES
    if flag is False or said in _NOT or bare in _NOT:
        return NO
    if _INITIALS.fullmatch(bare) and said not in _NO_INITIALS:
        return YES
    known = schema("consent_forms").columns["explained"].words
    return LIST if all(normal(part) in known for part in parts(text)) else UNCLEAR


def _lists(words: Sequence[str], masks: Sequence[np.ndarray], own: pa.Array | None) -> pa.Array:
    """Per row the words whose mask is set, behind the table's own list; each distinct set of words is joined once."""
    if not len(masks[0]):
        return arrow.strings([]) if own is None else own
    packed = np.packbits(np.stack(masks, axis=1), axis=1)
    _, first, place = np.unique(_as_numbers(packed), axis=0, return_index=True, return_inverse=True)
    bits = np.unpackbits(packed[first], axis=1)[:, : len(words)].astype(bool)
    texts = ["; ".join(dict.fromkeys(words[n] for n in np.flatnonzero(row).tolist())) for row in bits]
    lists = arrow.take(arrow.strings(texts), place.reshape(-1).astype(np.int64))
    return lists if own is None else beside(own, lists)


def _as_numbers(packed: Codes) -> NDArray[np.uint64]:
    """Rows of bytes as rows of numbers of eight bytes; one number a row where that is enough, which sorts fast."""
    wide = np.zeros((len(packed), -(-packed.shape[1] // 8) * 8), np.uint8)
    wide[:, : packed.shape[1]] = packed
    found: NDArray[np.uint64] = wide.view(np.uint64)
    return found[:, 0] if found.shape[1] == 1 else found
