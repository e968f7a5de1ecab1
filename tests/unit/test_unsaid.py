from __future__ import annotations

import pytest

from video_pipeline.unsaid import LANGUAGES, language_of, unsaid


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Where does the office move?", "en"),
        ("Wohin zieht das Büro?", "de"),
        ("¿A dónde se muda la oficina?", "es"),
        ("Où déménage le bureau ?", "fr"),
        ("Dove si trasferisce l'ufficio?", "it"),
        ("Para onde muda o escritório?", "pt"),
        ("Waar verhuist het kantoor naartoe?", "nl"),
        ("Gdzie przenosi się biuro?", "pl"),
        ("Vart flyttar kontoret?", "sv"),
        ("Куда переезжает офис?", "ru"),
        ("Куди переїжджає офіс?", "uk"),
        ("オフィスはどこに移転しますか", "ja"),
        ("办公室搬到哪里？", "zh"),
        ("사무실은 어디로?", "ko"),
        ("إلى أين ينتقل المكتب؟", "ar"),
        ("לאן עובר המשרד?", "he"),
        ("कार्यालय कहाँ जा रहा है?", "hi"),
        ("สำนักงานย้ายไปไหน", "th"),
        ("Πού μετακομίζει το γραφείο;", "el"),
        ("Budget?", None),
        ("1234", None),
        ("", None),
    ],
)
def test_the_language_is_told_by_script_or_common_words(question: str, language: str | None) -> None:
    assert language_of(question) == language


def test_that_nothing_is_said_is_said_in_every_language() -> None:
    assert len({unsaid(language) for language in LANGUAGES}) == len(LANGUAGES)
    assert unsaid("pt-BR") == unsaid("pt")
    assert unsaid("DE") == "Dazu sagen die Videos nichts."


@pytest.mark.parametrize("language", [None, "", "tlh", "<b>"])
def test_an_unknown_language_gets_english(language: str | None) -> None:
    assert unsaid(language) == "The videos don't say anything about that."
