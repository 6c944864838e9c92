"""Running the ANS content kit over documents: XML schema, five common profiles, the document's own model.

One start-up serves many documents: loading the header profile takes ten seconds or more, a document less than one.
Stylesheets are compiled once and kept beside their schematrons in the scratch folder, which is named by the content
of the kit; so a second start only loads them.

Source: ANS, TestContenuCDA 3.0 (what is run, in which order); the kit does not judge XDM archives.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from lxml import etree

from gateway.errors import ConfigurationError, InputError
from gateway.model import Finding
from gateway.mssante.format import cda
from gateway.mssante.format.clinical_document import ClinicalDocument
from gateway.validation.engine import SKELETON, Engine, EngineError, Stylesheet
from gateway.validation.models import Models, read_models
from gateway.validation.repairs import WorkingCopy, make_working_copy
from gateway.validation.verdict import STRUC_MIN, ProfileResult, Verdict, read_svrl

COMMON_PROFILES = {
    "IHE": "profils/IHE.sch",
    STRUC_MIN: "profils/structurationMinimale/ASIP-STRUCT-MIN-StrucMin.sch",
    "ModelesDeContenusCDA": "profils/CI-SIS_ModelesDeContenusCDA.sch",
    "Modeles_ANS": "profils/CI-SIS_Modeles_ANS.sch",
    "terminologie": "profils/terminologies/schematron/terminologie.sch",
}
_TELL_EVERY_SECONDS = 2.0
Tell = Callable[[str], None]


def tell_on_stderr(line: str) -> None:
    """Progress for whoever waits."""
    print(line, file=sys.stderr, flush=True)


class AnsKit:
    """A kit, ready to judge. Keep one per process."""

    def __init__(self, copy: WorkingCopy, engine: Engine, models: Models, tell: Tell) -> None:
        self.copy = copy
        self._engine, self._models, self._tell = engine, models, tell
        self._schema = etree.XMLSchema(etree.parse(copy.folder / "infrastructure/cda/CDA_extended.xsd"))
        self._stylesheets: dict[str, Stylesheet] = {}
        self._skeleton: tuple[Stylesheet, ...] = ()

    @classmethod
    def open(cls, folder: Path, scratch: Path, tell: Tell = tell_on_stderr) -> "AnsKit":
        """The kit in `folder`, worked on as a copy in `scratch`. The stylesheets are loaded when first needed.

        Raises ConfigurationError `ans-kit-incomplete` (not the kit, or files of it are missing) or
        `ans-kit-engine-missing`.
        """
        engine = Engine()
        tell("ANS kit: preparing a working copy")
        try:
            copy = make_working_copy(folder, scratch)
            return cls(copy, engine, read_models(copy.folder / "ExemplesCDA"), tell)
        except (OSError, etree.LxmlError) as cause:
            raise _incomplete(type(cause).__name__) from cause

    @property
    def engine_version(self) -> str:
        return self._engine.version

    def validate(self, documents: Sequence[tuple[str, bytes]]) -> list[Verdict]:
        """One verdict per (name, document), in order. An unreadable document gets a verdict too; none stops another."""
        for profile, path in COMMON_PROFILES.items():
            self._load(profile, path)
        verdicts, told_at = [], monotonic()
        for number, (name, content) in enumerate(documents, 1):
            verdicts.append(self._judge(name, content))
            if monotonic() - told_at > _TELL_EVERY_SECONDS:
                self._tell(f"ANS kit: {number} of {len(documents)} documents")
                told_at = monotonic()
        return verdicts

    def _judge(self, name: str, content: bytes) -> Verdict:
        try:
            document = cda.read(content)
        except InputError as refused:
            return Verdict(name, (f"unreadable: {refused.code}",), ())
        tree = document.root.getroottree()
        self._schema.validate(tree)
        log: Any = self._schema.error_log
        errors = tuple(f"line {error.line}: {error.message}" for error in log)
        return Verdict(name, errors, self._run_profiles(document))

    def _run_profiles(self, document: ClinicalDocument) -> tuple[ProfileResult, ...]:
        profiles = dict(COMMON_PROFILES)
        if own := self._models.of(document):
            profiles[own] = f"{own}.sch"
        node = self._engine.parse(etree.tostring(document.root, encoding="unicode"))
        return tuple(self._run(profile, path, node) for profile, path in profiles.items())

    def _run(self, profile: str, path: str, node: object) -> ProfileResult:
        try:
            return read_svrl(profile, self._engine.run(self._load(profile, path), node))
        except EngineError as cause:
            return ProfileResult(profile, not_run=str(cause))

    def _load(self, profile: str, path: str) -> Stylesheet:
        """The stylesheet of a schematron. A common profile that does not compile is `ans-kit-incomplete`."""
        if profile not in self._stylesheets:
            try:
                self._stylesheets[profile] = self._compile_and_load(profile, self.copy.schematrons / path)
            except EngineError as cause:
                if profile not in COMMON_PROFILES:
                    raise
                raise _incomplete(path) from cause
        return self._stylesheets[profile]

    def _compile_and_load(self, profile: str, schematron: Path) -> Stylesheet:
        target = schematron.with_suffix(".compiled.xsl")
        if not target.exists():
            self._tell(f"ANS kit: compiling {profile} (first run only)")
            self._engine.compile(schematron, self._steps(), target)
        self._tell(f"ANS kit: loading {profile}")
        return self._engine.load(target)

    def _steps(self) -> tuple[Stylesheet, ...]:
        if not self._skeleton:
            engine_folder = self.copy.schematrons / "moteur"
            self._skeleton = tuple(self._engine.load(engine_folder / name) for name in SKELETON)
        return self._skeleton


def _incomplete(missing: str) -> ConfigurationError:
    return ConfigurationError(Finding("ans-kit-incomplete", facts=(("missing", missing),)))
