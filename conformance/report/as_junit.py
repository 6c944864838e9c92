"""A run as JUnit XML, for the tools that show test results."""

from lxml import etree

from conformance.run import Result, Run
from conformance.words import words_of

_ELEMENTS = {"fail": "failure", "error": "error", "skip": "skipped"}


def as_junit(run: Run) -> bytes:
    suite = etree.Element(
        "testsuite",
        name=f"conformance: {run.target.name}",
        timestamp=run.began_at.isoformat(timespec="seconds"),
        tests=str(len(run.results)),
        failures=str(run.count("fail")),
        errors=str(run.count("error")),
        skipped=str(run.count("skip")),
        time=f"{sum(result.seconds for result in run.results):.2f}",
    )
    for result in run.results:
        _case(suite, result)
    return etree.tostring(suite, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _case(suite: etree._Element, result: Result) -> None:
    group = result.check.partition("-")[0]
    case = etree.SubElement(suite, "testcase", classname=group, name=result.check, time=f"{result.seconds:.2f}")
    if element := _ELEMENTS.get(result.word):
        told = etree.SubElement(case, element, message=_one_line(result))
        told.text = words_of(result.check).mend_en if result.where else None


def _one_line(result: Result) -> str:
    told = f"{result.where}: expected {result.expected}, found {result.found}" if result.where else result.reason
    return "".join(character if character.isprintable() else " " for character in told)
