"""The suite's reader of mails, on mails of every kind."""

from conformance.readers.mail import Mail
from tests.conformance.letters import MSSANTE, OUTBOUND


def _read(name: str) -> Mail:
    return Mail.read((MSSANTE / "mail" / name).read_bytes())


def test_a_letter_has_its_archive_its_pdf_and_its_headers() -> None:
    mail = Mail.read(OUTBOUND)
    assert [a.media_type for a in mail.archives] == ["application/zip"]
    assert len(mail.pdfs) == 1
    assert mail.header("X-MSS-CODECDA") == "96349-6"
    assert mail.address("From") == "passerelle@cpts-vesle.mssante.example"
    assert mail.disposition is None


def test_encoded_words_are_decoded() -> None:
    assert (_read("10-out-of-office.eml").header("Subject") or "").startswith("Réponse automatique : XDM/1.0/DDM+")


def test_the_archive_of_a_returned_original_is_not_the_mails_own() -> None:
    assert _read("08-ko-ordinary-mail.eml").archives == []


def test_a_receipt_says_what_it_is_about() -> None:
    fields = _read("06-mdn-error-new-grammar.eml").disposition
    assert fields is not None
    assert "processed/error" in fields["Disposition"]
    assert fields["Error"].startswith("90")
    assert fields["Original-Message-ID"]
