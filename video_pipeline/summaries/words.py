"""Words that carry what a text is about, comparable with each other, in any script."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple

from video_pipeline.transcripts.scripts import has_unsegmented

_WORD: Final = re.compile(r"[^\W\d_]+(?:[’'][^\W\d_]+)*")
_ANY: Final = re.compile(r"[^\W_]+")
_ENDING: Final = re.compile(r"(?<=\w{3})(?:ing|ed|es?|en)$|(?<=\w{3})s$")
_STEM: Final = 6
_SHORTEST: Final = 3
# Words that say nothing about the subject: English, German, French, Spanish. Elsewhere their frequency tells them.
_EMPTY: Final = frozenset(
    re.findall(
        r"[^ ]+",
        "a about actually after again ago all almost alright also although always am an and another any anybody "
        "anyone anything anyway are around as ask at away back basically be because been before being better bit both "
        "but by call came can cannot cause come comes could course did different didn do does doesn doing don "
        "done down "
        "each either else enough especially even ever every everybody everyone everything exactly far few find fine "
        "first for from further get gets getting give given go goes going gonna good got great guess guy guys had has "
        "have having he hear her here him his how however huh idea if in instead into is isn it its itself just keep "
        "kind know last least let like little long look looked looking looks lot made maybe make makes making many "
        "matter may me mean means might minute mm mmm moment more most much must my myself name need needs never new "
        "next nice no none nope nor not nothing now obviously of off often oh ok okay old on once one ones only "
        "onto or "
        "other others our out over own part people perhaps place please possible pretty probably put question quite "
        "rather re read really reason right said same saw say saying says second see seem seems seen several she "
        "should "
        "show side since so some somebody somehow someone something sometimes somewhere soon sorry sort start still "
        "stuff such suppose sure take taken talk talked talking tell than thank thanks that the their them themselves "
        "then there these they thing things think thinking third this those though thought three through till time "
        "times to today together told too took toward tried try trying turn two uh um under understand unless until up "
        "upon us use used using usually very want wanted wants was way ways we well went were what whatever when where "
        "whether which while who whole whom whose why will with within without won wonder word work works would yeah "
        "year years yep yes yesterday yet you your yours yourself hmm hey ll ve isn't don't doesn't didn't can't won't "
        "it's that's there's i'm i've i'd i'll we're we've we'll you're you've you'll they're he's she's let's what's "
        "aber alle allem allen aller alles als also am an ander andere anderen auch auf aus bei bin bis bist da dabei "
        "dadurch dafür dagegen damit danach dann daran darauf daraus darf darum das dass davon dazu dein dem den denn "
        "der des deshalb dich die dies diese diesem diesen dieser dieses dir doch dort du durch eben eigentlich ein "
        "eine einem einen einer eines einfach einmal er es etwas euch euer eure für ganz gar geben gegen gehen gemacht "
        "genau gerade gern gibt ging gut haben habe hat hatte hatten hier hin hinter ich ihm ihn ihnen ihr ihre ihrem "
        "ihren ihrer im immer in irgendwie ist ja jede jedem jeden jeder jedes jetzt kann kannst kein keine keinen "
        "können könnte machen machst macht mal man mehr mein meine meinem meinen meiner mich mir mit muss müssen nach "
        "natürlich nein nicht nichts noch nun nur ob oder ohne schon sehr sein seine seinem seinen seiner seit "
        "sich sie "
        "sind so sollen sollte sondern sonst um und uns unser unsere unter viel vielleicht vom von vor war waren warum "
        "was weil weiter welche wenn wer werde werden wie wieder will wir wird wirklich wo wohl wollen worden wurde "
        "würde zu zum zur zwar zwei zwischen äh ähm "
        "ai ainsi alors après au aucun aussi autre autres aux avait avant avec avez avoir avons beaucoup bien bon "
        "c'est "
        "ça car ce cela celle celui ces cet cette ceux chaque chose choses comme comment d'un d'une dans de depuis "
        "des deux devant dire dit doit donc dont du elle elles en encore entre est et étaient était être eu euh faire "
        "fait faut fois font il ils j'ai jamais je jusque juste l'on la là le les leur leurs lui ma mais maintenant me "
        "même mes moi moins mon ne ni non nos notre nous on ont ou où oui par parce pas pendant peu peut peux plus "
        "plutôt pour pourquoi puis quand que quel quelle quelque quelques qu'il qui quoi rien sa sans se sera ses si "
        "son sont sous suis sur ta tes ton toujours tous tout toute toutes très trop tu un une va vais vers veut vous "
        "vont votre vos voilà vraiment "
        "ahora al algo alguien alguna algunas alguno algunos allí antes aquel aquí así aún aunque bueno cada casi como "
        "con cosa cosas cual cuando cuándo de decir del desde después dice donde dónde dos el él ella ellas ellos "
        "entonces entre era eran eres es esa esas ese eso esos está estaba están estar este esta estas esto estos "
        "estoy "
        "fue fueron gracias ha había hace hacen hacer hacia han hasta hay he hemos hoy igual la las le les lo los "
        "más me "
        "menos mi mis mismo mucha mucho muchos muy nada ni no nos nosotros nuestra nuestro nunca otra otras otro otros "
        "para pero poco por porque pues puede pueden puedo que qué quien quiero sea ser será si sí siempre sin sobre "
        "son soy su sus también tan tanto te tenemos tener tengo tiene tienen toda todas todo todos tu un una uno unos "
        "usted va vamos van verdad vez voy ya yo",
    )
)


class Word(NamedTuple):
    """A word as it stands in a text, and the form in which it is compared."""

    term: str
    surface: str


def content_words(text: str) -> Iterator[Word]:
    """The words of a text that say what it is about, in order; pairs of characters where nothing tells words apart."""
    for found in _WORD.finditer(unicodedata.normalize("NFC", text)):
        surface = found.group()
        folded = surface.casefold().replace("’", "'")
        if has_unsegmented(surface):
            yield from (Word(surface[at : at + 2], surface[at : at + 2]) for at in range(len(surface) - 1))
        elif len(folded) >= _SHORTEST and folded not in _EMPTY:
            bare = folded.rpartition("'")[2] if folded.rpartition("'")[0] in _ELIDED else folded.partition("'")[0]
            if len(bare) >= _SHORTEST and bare not in _EMPTY:
                yield Word(_ENDING.sub("", bare)[:_STEM], surface)


# French articles and pronouns that lose their vowel: "l'équipe" is about the team.
_ELIDED: Final = frozenset({"l", "d", "j", "qu", "n", "s", "c", "m", "t"})


def comparable(text: str) -> list[tuple[str, int, int]]:
    """Every word without case, accents of composition and punctuation, with its characters `[first, last)`.

    In scripts without spaces every character is a word.
    """
    found: list[tuple[str, int, int]] = []
    for match in _ANY.finditer(text):
        word, first = match.group(), match.start()
        if has_unsegmented(word):
            found += [(each, first + at, first + at + 1) for at, each in enumerate(word)]
        else:
            found.append((unicodedata.normalize("NFKC", word).casefold(), first, match.end()))
    return found
