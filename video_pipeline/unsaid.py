"""That the videos don't say it, in the language of the question."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

_SENTENCES: Final[Mapping[str, str]] = {
    "en": "The videos don't say anything about that.",
    "ar": "لا تقول مقاطع الفيديو شيئًا عن ذلك.",
    "cs": "Videa o tom nic neříkají.",
    "da": "Videoerne siger ikke noget om det.",
    "de": "Dazu sagen die Videos nichts.",
    "el": "Τα βίντεο δεν λένε τίποτα γι' αυτό.",
    "es": "Los vídeos no dicen nada al respecto.",
    "fi": "Videoissa ei sanota siitä mitään.",
    "fr": "Les vidéos n'en disent rien.",
    "he": "הסרטונים אינם אומרים על כך דבר.",
    "hi": "वीडियो में इसके बारे में कुछ नहीं कहा गया है।",
    "hu": "A videók erről nem mondanak semmit.",
    "id": "Video-video itu tidak mengatakan apa pun tentang hal itu.",
    "it": "I video non dicono nulla al riguardo.",
    "ja": "動画ではそのことについて何も述べられていません。",
    "ko": "동영상에는 그에 대한 언급이 없습니다.",
    "nl": "De video's zeggen daar niets over.",
    "no": "Videoene sier ikke noe om det.",
    "pl": "Filmy nic o tym nie mówią.",
    "pt": "Os vídeos não dizem nada sobre isso.",
    "ro": "Videoclipurile nu spun nimic despre asta.",
    "ru": "В видео об этом ничего не говорится.",
    "sv": "Videorna säger ingenting om det.",
    "th": "วิดีโอไม่ได้กล่าวถึงเรื่องนี้",
    "tr": "Videolarda bu konuda bir şey söylenmiyor.",
    "uk": "У відео про це нічого не сказано.",
    "vi": "Các video không nói gì về điều đó.",
    "zh": "视频中没有提到这一点。",
}
LANGUAGES: Final = tuple(_SENTENCES)
# Scripts that one language of the above is written in, by how Unicode names their letters; Japanese mixes three.
_SCRIPTS: Final[Mapping[str, str]] = {
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "CJK": "zh",
    "ARABIC": "ar",
    "GREEK": "el",
    "HEBREW": "he",
    "DEVANAGARI": "hi",
    "THAI": "th",
}
# The words with which questions are asked, and those without which hardly a sentence can do.
_COMMON: Final[Mapping[str, frozenset[str]]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": "what who when where why how which is are was were did does do the of and to in that it with for about",
        "cs": "co kdo kdy kde proč jak který která je jsou byl byla bylo a na že se s pro o v z",
        "da": "hvad hvem hvornår hvor hvorfor hvordan hvilken er var og det den der til på med om af ikke blev",
        "de": "was wer wann wo wohin warum wie welche ist sind war der die das und zu den dem ein eine mit von über",
        "es": "qué que quién cuándo dónde cuál cómo por es son fue el la los las de del y en un una con para se sobre",
        "fi": "mitä mikä kuka milloin missä miksi miten on oli ovat ja ei että se hän kanssa",
        "fr": "que qui quand où pourquoi comment quel quelle est sont était le la les de des du et un une avec pour au",
        "hu": "mi mit ki mikor hol miért hogyan melyik van volt az és hogy nem egy",
        "id": "apa siapa kapan mana mengapa bagaimana adalah yang dan di ke dari untuk dengan itu ini tentang",
        "it": "che cosa chi quando dove perché come quale è sono era il lo la i gli le di del della e un una con per",
        "nl": "wat wie wanneer waar waarom hoe welke is zijn was waren de het een en van te dat met voor over op",
        "no": "hva hvem når hvor hvorfor hvordan hvilken er var og det den som til på med om av ikke ble",
        "pl": "co kto kiedy gdzie dlaczego jak który która jest są był była i w na z że się nie do o",
        "pt": "o que quem quando onde por porque qual como é são foi os as de do da dos e em um uma com para sobre",
        "ro": "ce cine când unde cum care este sunt era și în la de pe cu un o să despre din",
        "sv": "vad vem när var vart varför hur vilken är och det den som till på med om av inte ett en blev",
        "tr": "ne kim zaman nerede neden nasıl hangi mi mı mu mü bir ve bu için ile da de oldu",
        "vi": "gì ai khi nào đâu sao thế là và của có không được trong cho với về những các",
    }.items()
}
_UKRAINIAN: Final = re.compile("[іїєґ]", re.IGNORECASE)
_WORD: Final = re.compile(r"\w+")


def unsaid(language: str | None) -> str:
    """The sentence in this language, named by a tag such as `pt-BR`; in English if it is unknown."""
    return _SENTENCES.get((language or "en").partition("-")[0].lower(), _SENTENCES["en"])


def language_of(text: str) -> str | None:
    """The likeliest language of a sentence, by its script or its commonest words; None if nothing tells."""
    by_script = _by_script(text)
    if by_script is not None:
        return by_script
    words = _WORD.findall(unicodedata.normalize("NFC", text).casefold())
    counts = {language: sum(word in common for word in words) for language, common in _COMMON.items()}
    best = max(counts, key=lambda language: counts[language])
    return best if counts[best] and list(counts.values()).count(counts[best]) == 1 else None


def _by_script(text: str) -> str | None:
    names = {unicodedata.name(each, "").partition(" ")[0] for each in text if not each.isascii() and each.isalpha()}
    if "CYRILLIC" in names:
        return "uk" if _UKRAINIAN.search(text) else "ru"
    return next((language for script, language in _SCRIPTS.items() if script in names), None)
