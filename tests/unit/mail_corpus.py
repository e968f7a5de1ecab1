"""Replies as mail programs write them: what was typed, and what each program puts below, above or around it."""

from __future__ import annotations

_OURS = """\
You asked: When does the studio open?

"The new studio in Lisbon opens on the third of March." [1]

[1] All hands, 00:00:00, Ann
    https://videos.example/videos/7d7a?t=0

Reply to this mail to ask further."""


def _quoted(text: str, mark: str = "> ") -> str:
    return "\n".join(f"{mark}{line}".rstrip() for line in text.splitlines())


TYPED = "And how much money is set aside for it?\nPlease name the speaker."
_HEAD = "Video questions <questions@videos.example>"

# Name: the text part as it arrives, and what its writer typed.
REPLIES: dict[str, tuple[str, str]] = {
    "nothing quoted": (TYPED, TYPED),
    "gmail": (
        f"{TYPED}\n\nOn Mon, Nov 16, 2026 at 9:14 AM {_HEAD} wrote:\n\n{_quoted(_OURS)}\n",
        TYPED,
    ),
    "gmail with a folded line": (
        (
            f"{TYPED}\n\nOn Mon, Nov 16, 2026 at 9:14 AM Video questions <\nquestions@videos.example> wrote:\n\n"
            f"{_quoted(_OURS)}\n"
        ),
        TYPED,
    ),
    "gmail in German": (
        f"{TYPED}\n\nAm Mo., 16. Nov. 2026 um 09:14 Uhr schrieb {_HEAD}:\n\n{_quoted(_OURS)}\n",
        TYPED,
    ),
    "gmail in French": (
        f"{TYPED}\n\nLe lun. 16 nov. 2026 à 09:14, {_HEAD} a écrit :\n\n{_quoted(_OURS)}\n",
        TYPED,
    ),
    "gmail in Spanish": (
        (
            f"{TYPED}\n\nEl lun, 16 nov 2026 a las 9:14, Video questions (<questions@videos.example>) escribió:\n\n"
            f"{_quoted(_OURS)}\n"
        ),
        TYPED,
    ),
    "gmail in Portuguese": (
        f"{TYPED}\n\nEm seg., 16 de nov. de 2026 às 09:14, {_HEAD} escreveu:\n\n{_quoted(_OURS)}\n",
        TYPED,
    ),
    "gmail in Polish": (
        f"{TYPED}\n\npon., 16 lis 2026 o 09:14 {_HEAD} napisał(a):\n\n{_quoted(_OURS)}\n",
        TYPED,
    ),
    "gmail in Japanese": (
        f"{TYPED}\n\n2026年11月16日(月) 9:14 {_HEAD}:\n\n{_quoted(_OURS)}\n",
        TYPED,
    ),
    "apple mail": (
        f"{TYPED}\n\n> On 16. Nov 2026, at 09:14, {_HEAD} wrote:\n> \n{_quoted(_OURS)}\n",
        TYPED,
    ),
    "iphone": (
        (
            f"{TYPED}\n\nSent from my iPhone\n\n> On Nov 16, 2026, at 9:14 AM, {_HEAD} wrote:\n> \n> \ufeff\n"
            f"{_quoted(_OURS)}\n"
        ),
        TYPED,
    ),
    "iphone in German": (
        f"{TYPED}\n\nVon meinem iPhone gesendet\n\n> Am 16.11.2026 um 09:14 schrieb {_HEAD}:\n> \n{_quoted(_OURS)}\n",
        TYPED,
    ),
    "thunderbird": (
        f"{TYPED}\n\nOn 16/11/2026 09:14, Video questions wrote:\n{_quoted(_OURS)}\n",
        TYPED,
    ),
    "thunderbird, written below": (
        f"On 16/11/2026 09:14, Video questions wrote:\n{_quoted(_OURS)}\n\n{TYPED}\n",
        TYPED,
    ),
    "thunderbird in German": (
        f"{TYPED}\n\nAm 16.11.26 um 09:14 schrieb Video questions:\n{_quoted(_OURS)}\n",
        TYPED,
    ),
    "outlook": (
        (
            f"{TYPED}\n\n\nFrom: {_HEAD}\nSent: Monday, November 16, 2026 9:14 AM\nTo: Ann <ann@example.com>\n"
            f"Subject: Answer: When does the studio open?\n\n{_OURS}\n"
        ),
        TYPED,
    ),
    "outlook with a rule": (
        (
            f"{TYPED}\n\n________________________________\nFrom: {_HEAD}\nSent: Monday, November 16, 2026 9:14 AM\n"
            f"To: Ann <ann@example.com>\nSubject: Answer: When does the studio open?\n\n{_OURS}\n"
        ),
        TYPED,
    ),
    "outlook in German": (
        (
            f"{TYPED}\n\nVon: {_HEAD}\nGesendet: Montag, 16. November 2026 09:14\nAn: Ann <ann@example.com>\n"
            f"Betreff: Answer: When does the studio open?\n\n{_OURS}\n"
        ),
        TYPED,
    ),
    "outlook in French": (
        (
            f"{TYPED}\n\nDe : {_HEAD}\nEnvoyé : lundi 16 novembre 2026 09:14\nÀ : Ann <ann@example.com>\n"
            f"Objet : Answer: When does the studio open?\n\n{_OURS}\n"
        ),
        TYPED,
    ),
    "outlook of old": (
        (
            f"{TYPED}\n\n-----Original Message-----\nFrom: {_HEAD}\nSent: Monday, November 16, 2026 9:14 AM\n"
            f"To: Ann\nSubject: Answer: When does the studio open?\n\n{_OURS}\n"
        ),
        TYPED,
    ),
    "yahoo": (
        (
            f"{TYPED}\n\n    On Monday, November 16, 2026 at 09:14:02 AM GMT+1, {_HEAD} wrote:  \n \n"
            f" {_OURS.replace(chr(10), chr(10) + ' ')}\n"
        ),
        TYPED,
    ),
    "proton": (
        f"{TYPED}\n\nOn Monday, November 16th, 2026 at 9:14 AM, {_HEAD} wrote:\n\n{_quoted(_OURS)}\n",
        TYPED,
    ),
    "mutt": (
        f"{TYPED}\n\nOn Mon, Nov 16, 2026 at 09:14:02AM +0100, Video questions wrote:\n{_quoted(_OURS)}\n\n-- \nAnn\n",
        TYPED,
    ),
    "a signature": (f"{TYPED}\n\n-- \nAnn Other\nHead of things\n+49 30 1234\n", TYPED),
    "a list in what was typed": (
        (
            "Compare these:\n- Lisbon\n- Berlin\n\nOn Mon, Nov 16, 2026 at 9:14 AM Video questions"
            f" <questions@videos.example> wrote:\n\n{_quoted(_OURS)}\n"
        ),
        "Compare these:\n- Lisbon\n- Berlin",
    ),
    "a question that begins like a head": (
        (
            "On Monday Bob wrote a plan.\nWhat is in it?\n\nOn Mon, Nov 16, 2026 at 9:14 AM Video questions"
            f" <questions@videos.example> wrote:\n\n{_quoted(_OURS)}\n"
        ),
        "On Monday Bob wrote a plan.\nWhat is in it?",
    ),
    "only a quotation": (f"On 16/11/2026 09:14, Video questions wrote:\n{_quoted(_OURS)}\n", ""),
}
