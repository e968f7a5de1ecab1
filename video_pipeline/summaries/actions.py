"""What people said they or others are to do. Told by phrases of English, German, French and Spanish.

A commitment names its doer and a piece of work ("I'll send you the numbers"); talk about what may or should be is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from video_pipeline.summaries.document import TEXT_CHARS, ActionItem, Quote, shortened
from video_pipeline.summaries.spoken import Said
from video_pipeline.summaries.words import comparable

_WORK_EN: Final = (
    r"(?:send|e-?mail|mail|write|prepare|check|fix|update|call|schedule|set up|organi[sz]e|arrange|book|order|draft|"
    r"finish|review|contact|get back to|follow up|look into|find out|circulate|share|upload|post|submit|deliver|report "
    r"back|take care of|talk to|speak to|ask|invite|remind|forward|document|test|investigate|implement|put "
    r"together|type "
    r"up|make sure|provide|bring|print|distribute|work on|add)"
)
_WORK_DE: Final = (
    r"(?:schicke?n?|sende?n?|schreiben?|vorbereiten|prüfen?|klären?|kümmern?|erledigen?|anrufen|organisieren?|bestellen?|"
    r"buchen?|überarbeiten|fertig ?machen|weiterleiten|verschicken|nachfragen|abklären|erstellen|melden|besorgen|"
    r"nachreichen|zusammenstellen|einladen|testen|aktualisieren|kontaktieren)"
)
_WORK_FR: Final = (
    r"(?:envoyer|envoie|envoies|enverrai|écrire|écris|préparer|prépare|vérifier|vérifie|appeler|appelle|organiser|"
    r"organise|finir|terminer|relire|contacter|contacte|m'occuper|m'occupe|s'occupe|transmettre|rédiger|rédige|commander|"
    r"réserver|réserve|planifier|tester|mettre à jour|rappeler|demander)"
)
_WORK_ES: Final = (
    r"(?:enviar|envío|mandar|mando|escribir|escribo|preparar|preparo|revisar|reviso|comprobar|llamar|llamo|organizar|"
    r"organizo|terminar|contactar|contacto|encargo|encarga|encargarme|redactar|reservar|pedir|actualizar|averiguar|"
    r"compartir|entregar|probar|hablar con)"
)


class _Form(NamedTuple):
    """`doer`: who is meant: the speaker, whoever is spoken to, or the name that the phrase begins with."""

    pattern: re.Pattern[str]
    doer: str


def _form(pattern: str, doer: str) -> _Form:
    return _Form(re.compile(pattern, re.IGNORECASE), doer)


_FORMS: Final = (
    _form(r"\b(?:action items?|to-?dos?|action points?)\b(?: (?:is|are|for)\b|:)", "nobody"),
    _form(rf"\bI(?:'ll| will| shall)(?: (?:also|then|just|try to|go and|go ahead and))? {_WORK_EN}\b", "speaker"),
    _form(rf"\b(?:can|could|would|will) you (?:please |also |just |maybe )?{_WORK_EN}\b", "other"),
    _form(rf"\byou(?:'ll| will) {_WORK_EN}\b|\bplease {_WORK_EN}\b", "other"),
    _form(
        r"\bI(?:'d like| would like| want| need)(?: to ask)? you (?:guys |all )?to (?:just |also |go and )?"
        rf"{_WORK_EN}\b",
        "other",
    ),
    _form(rf"\b(?:we(?:'d| would) )?(?:like|need|want) (?:somebody|someone) to {_WORK_EN}\b", "nobody"),
    _form(
        rf"\bI (?:have|need|promised|agreed|am going|was asked) to {_WORK_EN}\b.*"
        r"\b(?:by|before|until|for) (?:the )?(?:\w+day|tomorrow|next|end)\b",
        "speaker",
    ),
    _form(rf"\b([A-Z]\w+(?: [A-Z]\w*)?) (?:will|is going to|has to|needs to|should) {_WORK_EN}\b", "name"),
    _form(
        rf"\bwe(?:'ll| will| need to| have to| must) {_WORK_EN}\b.*\b(?:by|before|until) (?:\w+day|tomorrow|next)\b",
        "nobody",
    ),
    _form(
        rf"\bich (?:werde|schicke|sende|schreibe|kümmere|prüfe|kläre|organisiere|besorge|melde)\b.*\b{_WORK_DE}\b",
        "speaker",
    ),
    _form(
        r"\bich (?:schicke|sende|schreibe|kümmere mich|prüfe|kläre|organisiere|besorge|erledige|übernehme)\b", "speaker"
    ),
    _form(rf"\b(?:kannst du|können sie|könntest du|könnten sie)\b.*\b{_WORK_DE}\b", "other"),
    _form(rf"\b([A-ZÄÖÜ]\w+) (?:wird|soll|muss)\b.*\b{_WORK_DE}\b", "name"),
    _form(rf"\b(?:je vais|je dois)\b (?:vous |te |t'|leur |lui |les |le |la |l')?{_WORK_FR}\b", "speaker"),
    _form(
        r"\bje (?:vous |te |t'|m'|leur |lui )?(?:envoie|enverrai|prépare|vérifie|appelle|occupe|rédige|contacte)\b",
        "speaker",
    ),
    _form(
        rf"\b(?:peux-tu|pouvez-vous|pourriez-vous|pourrais-tu|tu peux|vous pouvez)\b.{{0,20}}\b{_WORK_FR}\b", "other"
    ),
    _form(rf"\b([A-ZÉÈ]\w+) (?:va|doit) {_WORK_FR}\b", "name"),
    _form(
        rf"\b(?:voy a|tengo que) {_WORK_ES}\b|\b(?:yo )?(?:me encargo|lo envío|te mando|os mando|les mando)\b",
        "speaker",
    ),
    _form(rf"\b(?:puedes|podrías|puede usted|podría|podéis|pueden) {_WORK_ES}\b", "other"),
    _form(rf"\b([A-ZÁÉÍÓÚ]\w+) (?:va a|tiene que|debe) {_WORK_ES}\b", "name"),
)
_DAY_EN: Final = r"(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
_DAY_DE: Final = r"(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)"
_DAY_FR: Final = r"(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)"
_DAY_ES: Final = r"(?:lunes|martes|miércoles|jueves|viernes|sábado|domingo)"
_DUE: Final = re.compile(
    rf"\b(?:(?:by|before|until|on|this|next) (?:the end of (?:the |this |next )?(?:day|week|month|year)|"
    rf"{_DAY_EN}|tomorrow|"
    rf"tonight|next (?:week|month|meeting)|the next meeting)|tomorrow|tonight|next (?:week|month|{_DAY_EN})|"
    rf"this (?:week|"
    rf"afternoon|evening)|(?:bis|am|vor|nächsten?|kommenden?) (?:zum |zur )?(?:{_DAY_DE}|ende (?:der woche|des monats)|"
    rf"morgen|nächste[rn]? (?:woche|monat))|nächste woche|heute (?:noch|abend)|(?:d'ici|avant|pour) (?:la fin (?:de la "
    rf"semaine|du mois)|{_DAY_FR}|demain|la semaine prochaine)|(?:{_DAY_FR}|la semaine) prochaine?|demain|"
    rf"(?:antes del?|para "
    rf"el|hasta el|el próximo) (?:{_DAY_ES}|fin de (?:semana|mes)|mañana)|la próxima semana|la semana que viene|"
    rf"mañana)\b",
    re.IGNORECASE,
)
_UNMEANT: Final = re.compile(
    r"\b(?:if i|i'll say|would have|could have|should have|if you (?:will|want|like)|suppose|imagine|wenn ich|"
    r"si je|si yo|for "
    r"example|zum beispiel|par exemple|por ejemplo|i'll tell you|i'll call (?:that|this|it)|"
    r"can you (?:hear|see)|i'll be|i'll have to say|"
    r"ask (?:you|him|"
    r"her|them|the (?:minister|government)|a question|about|why|how|if|whether|myself))\b",
    re.IGNORECASE,
)
_LEAST_WORDS: Final = 5
_MOST_WORDS: Final = 60
_MOST: Final = 20


def action_items(sentences: Sequence[Said], speakers: Iterable[str]) -> list[ActionItem]:
    """In order of time; of many, those with a date come first into the list."""
    known = list(speakers)
    found = [item for each in sentences if (item := _item(each, known)) is not None]
    kept = sorted(range(len(found)), key=lambda at: (found[at].due is None, at))[:_MOST]
    return [found[at] for at in sorted(kept)]


def due_in(text: str) -> str | None:
    """The first date or day by which something is to be done, as it was said."""
    found = _DUE.search(text)
    return found.group() if found else None


def named_in(name: str, speakers: Iterable[str]) -> str | None:
    """The speaker of whose name this is a part; None if it is nobody's, or that of several."""
    wanted = {word for word, _, _ in comparable(name)}
    fitting = [each for each in speakers if wanted and wanted <= {word for word, _, _ in comparable(each)}]
    return fitting[0] if len(fitting) == 1 else None


def _item(said: Said, speakers: Sequence[str]) -> ActionItem | None:
    if not _LEAST_WORDS <= said.words <= _MOST_WORDS or _UNMEANT.search(said.text):
        return None
    for owner in _owners(said, speakers):
        quote = Quote(text=said.text, start=said.start, end=max(said.start, said.end), speaker=said.speaker)
        return ActionItem(text=shortened(said.text, TEXT_CHARS), owner=owner, due=due_in(said.text), quote=quote)
    return None


def _owners(said: Said, speakers: Sequence[str]) -> Iterator[str | None]:
    """One for each form that the sentence has; of whoever is spoken to nobody knows the name."""
    for form in _FORMS:
        found = form.pattern.search(said.text)
        if found is None:
            continue
        if form.doer == "name":
            # "It will add" and "The budget will bring" name nobody.
            if (owner := named_in(found.group(1), speakers)) is not None:
                yield owner
        else:
            yield said.speaker if form.doer == "speaker" else None
