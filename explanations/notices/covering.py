"""The e-mail around a letter. It says that there is one and where, and nothing of what it says: mail is read over shoulders. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from underwriting.enums import Language

_SUBJECTS = {
    Language.ENGLISH: "A letter about your application {reference}",
    Language.SPANISH: "Una carta sobre su solicitud {reference}",
    Language.HINDI: "आपके आवेदन {reference} के बारे में एक पत्र",
}
_TEXTS = {
    Language.ENGLISH: (
        "There is a letter from {lender} about your application {reference}. It is attached to this message.\n\n"
        "{page}"
        "If you want letters by post from now on, tell us: {telephone}\n"
    ),
    Language.SPANISH: (
        "Tiene una carta de {lender} sobre su solicitud {reference}. Está adjunta a este mensaje.\n\n"
        "{page}"
        "Si desde ahora prefiere recibir las cartas por correo postal, díganoslo: {telephone}\n"
    ),
    Language.HINDI: (
        "आपके आवेदन {reference} के बारे में {lender} का एक पत्र है। वह इस संदेश के साथ जुड़ा है।\n\n"
        "{page}"
        "अगर आप आगे से पत्र डाक से चाहते हैं, तो हमें बताएँ: {telephone}\n"
    ),
}
_PAGES = {
    Language.ENGLISH: "You can also read it, and answer it, on your own page:\n{link}\n\n",
    Language.SPANISH: "También puede leerla y responder en su propia página:\n{link}\n\n",
    Language.HINDI: "आप उसे अपने पेज पर पढ़ सकते हैं और जवाब दे सकते हैं:\n{link}\n\n",
}


@dataclass(frozen=True, slots=True)
class Covering:
    """Subject and text of an e-mail."""

    subject: str
    text: str


def covering(*, language: str, reference: str, lender: str, telephone: str, link: str) -> Covering:
    """The e-mail in the applicant's language. `link` is empty where the way to their page has expired."""
    spoken = Language(language)
    page = _PAGES[spoken].format(link=link) if link else ""
    text = _TEXTS[spoken].format(reference=reference, lender=lender, telephone=telephone, page=page)
    return Covering(_SUBJECTS[spoken].format(reference=reference), text)
