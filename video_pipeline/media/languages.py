"""Container files name languages by three letters; the rest of the world uses BCP 47."""

from __future__ import annotations

from typing import Final

# ISO 639-2 (both forms) to ISO 639-1, where there is a shorter code.
_CODES: Final = """
afr:af amh:am ara:ar aze:az bel:be ben:bn bos:bs bul:bg cat:ca ces:cs cze:cs cym:cy wel:cy dan:da deu:de ger:de
ell:el gre:el eng:en est:et eus:eu baq:eu fas:fa per:fa fin:fi fra:fr fre:fr gle:ga glg:gl guj:gu heb:he hin:hi
hrv:hr hun:hu hye:hy arm:hy ind:id isl:is ice:is ita:it jpn:ja kan:kn kat:ka geo:ka kaz:kk khm:km kor:ko lat:la
lav:lv lit:lt mal:ml mar:mr mkd:mk mac:mk mlt:mt mon:mn msa:ms may:ms mya:my bur:my nep:ne nld:nl dut:nl nno:nn
nob:nb nor:no pan:pa pol:pl por:pt pus:ps ron:ro rum:ro rus:ru sin:si slk:sk slo:sk slv:sl som:so spa:es sqi:sq
alb:sq srp:sr swa:sw swe:sv tam:ta tel:te tgl:tl tha:th tur:tr ukr:uk urd:ur uzb:uz vie:vi zho:zh chi:zh zul:zu
"""
_SHORTER: Final = dict(pair.split(":") for pair in _CODES.split())
_UNSAID: Final = {"und", "mis", "mul", "zxx", "unk"}


def language_tag(code: str | None) -> str | None:
    """The BCP 47 tag of a container's language code; None where it says nothing."""
    plain = (code or "").strip().lower()
    if not plain.replace("-", "").isalpha() or plain in _UNSAID or not 2 <= len(plain) <= 35:
        return None
    base, _, rest = plain.partition("-")
    return f"{_SHORTER.get(base, base)}{'-' + rest.upper() if rest else ''}"
