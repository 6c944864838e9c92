"""The XSLT 2 engine that schematrons need: SaxonC, an optional dependency (`pip install cpts-gateway[ans-kit]`).

A schematron becomes a stylesheet by the three steps of the ISO skeleton, which the kit brings.
Source: ISO/IEC 19757-3; Saxonica, SaxonC-HE Python API.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gateway.errors import ConfigurationError
from gateway.model import Finding

try:
    from saxonche import PySaxonApiError, PySaxonProcessor
except ImportError:  # the extra is not installed; `Engine()` says so
    PySaxonApiError, PySaxonProcessor = RuntimeError, None

SKELETON = ("iso_dsdl_include.xsl", "iso_abstract_expand.xsl", "iso_svrl_for_xslt2.xsl")
Stylesheet = Any
"""A stylesheet loaded into the engine."""


class EngineError(Exception):
    """The engine could not compile or run a stylesheet. Stays inside this room."""


class Engine:
    """One processor for many documents: starting it and loading stylesheets is what costs."""

    def __init__(self) -> None:
        if PySaxonProcessor is None:
            raise ConfigurationError(Finding("ans-kit-engine-missing"))
        self._processor = PySaxonProcessor(license=False)
        self._xslt = self._processor.new_xslt30_processor()

    @property
    def version(self) -> str:
        return str(self._processor.version)

    def load(self, stylesheet: Path) -> Stylesheet:
        """A stylesheet, ready to run. Paths that it reads are relative to where it lies."""
        return _tried(self._xslt.compile_stylesheet, stylesheet_file=str(stylesheet))

    def compile(self, schematron: Path, steps: Sequence[Stylesheet], target: Path) -> None:
        """Write the stylesheet of a schematron: whole or not at all, and only where no step complains of it."""
        node = _tried(self._processor.parse_xml, xml_file_name=str(schematron))
        for step in steps:
            node = _without_complaint(step, node)
        unfinished = target.with_suffix(".part")
        unfinished.write_text(str(node), "utf-8")
        unfinished.replace(target)

    def parse(self, content: str) -> Any:
        """A document that has already been judged harmless."""
        return _tried(self._processor.parse_xml, xml_text=content)

    def run(self, stylesheet: Stylesheet, document: Any) -> bytes:
        """What the stylesheet makes of a document."""
        return str(_tried(stylesheet.transform_to_string, xdm_node=document)).encode()


def _without_complaint(step: Stylesheet, node: Any) -> Any:
    """One step. The skeleton only warns of a rule that extends an absent one, and then leaves its asserts out."""
    step.set_save_xsl_message(True)
    step.clear_xsl_messages()
    result = _tried(step.transform_to_value, xdm_node=node).head
    if messages := step.get_xsl_messages():
        raise EngineError(" ".join(str(messages.head).split()))
    return result


def _tried(action: Callable[..., Any], **arguments: Any) -> Any:
    try:
        result = action(**arguments)
    except PySaxonApiError as cause:
        raise EngineError(" ".join(str(cause).split())) from cause
    if result is None:
        raise EngineError("no result")
    return result
