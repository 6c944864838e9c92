"""Made-up letters for the tests of the page."""

from datetime import UTC, datetime

from gateway.mssante.format.letter import Address, Block, Bullets, Letter, Paragraph, Section, Table

AT = datetime(2026, 11, 20, 8, 31, tzinfo=UTC)


def letter(*blocks: Block, urgency: str | None = None, patient: str = "VALLORGE (DESTREMAU) Marceline") -> Letter:
    return Letter(
        title="Lettre d'adressage",
        language="fr",
        place_and_date="Reims, le 20/11/2026",
        author=Address("Dr Odile BRASSENNE", ("Médecine générale", "12 Quai des Tanneurs", "51100 REIMS")),
        recipients=(Address("Dr Karim TAZEROUT", ("Pneumologie",)),),
        patient=Address(patient, ("Née le 14/03/1952 (74 ans), sexe féminin", "INS 252035145404215")),
        urgency=urgency,
        sections=(Section("Motif", blocks or (Paragraph("Dyspnée."),), "42349-1"),),
        signature="Dr Odile BRASSENNE",
        footer="Document 2.25.1.",
    )


def full() -> Letter:
    return letter(
        Paragraph("Toux depuis juillet.\nFièvre : 38,5 °C."),
        Paragraph("ALLERGIE À L'AMOXICILLINE", strong=True),
        Bullets(("un point", "un autre")),
        Table(("Date", "Examen"), (("13/11/2026", "Hémoglobine 14,1 g/dL"), ("13/11/2026", "CRP 4 mg/L"))),
        Table(("", ""), (("Motif", "Dyspnée"),)),
        urgency="URGENT : réponse attendue avant le 21/11/2026",
    )
