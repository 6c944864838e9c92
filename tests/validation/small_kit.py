"""A folder with the shape of the ANS kit and nothing of it: rules of ours, and a skeleton of twenty lines.

Like the real one it was written on a system that ignores case, and lacks a value set that its header profile reads.
"""

from pathlib import Path

SCH = "http://purl.oclc.org/dsdl/schematron"
TYPES, TYPES_NAME = "1.2.250.1.213.1.1.5.471", "JDV_J07_XdsTypeCode_CISIS.xml"
MODEL = "1.2.250.1.213.1.1.1.29"
HEADER = "schematrons/profils/structurationMinimale"
_IDENTITY = """<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
<xsl:template match="/"><xsl:copy-of select="."/></xsl:template></xsl:stylesheet>"""
_INCLUDE = f"""<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:sch="{SCH}">
<xsl:template match="node()|@*"><xsl:copy><xsl:apply-templates select="node()|@*"/></xsl:copy></xsl:template>
<xsl:template match="sch:include"><xsl:copy-of select="document(@href, .)/*"/></xsl:template></xsl:stylesheet>"""
_SVRL = f"""<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:sch="{SCH}"
 xmlns:out="out" xmlns:svrl="http://purl.oclc.org/dsdl/svrl">
<xsl:namespace-alias stylesheet-prefix="out" result-prefix="xsl"/>
<xsl:template match="/"><out:stylesheet version="2.0" xmlns:hl7="urn:hl7-org:v3"><out:template match="/">
<svrl:schematron-output><xsl:apply-templates select="//sch:rule"/></svrl:schematron-output>
</out:template></out:stylesheet></xsl:template>
<xsl:template match="sch:rule"><out:for-each select="{{@context}}"><svrl:fired-rule/>
<xsl:apply-templates/></out:for-each></xsl:template>
<xsl:template match="sch:assert"><out:if test="not({{@test}})"><svrl:failed-assert role="{{@role}}" location="/">
<svrl:text><xsl:value-of select="."/></svrl:text></svrl:failed-assert></out:if></xsl:template>
<xsl:template match="text()"/></xsl:stylesheet>"""
_XSD = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:hl7-org:v3"
 elementFormDefault="qualified"><xs:element name="ClinicalDocument"><xs:complexType><xs:sequence>
 <xs:element name="realmCode" minOccurs="1"><xs:complexType><xs:attribute name="code"/></xs:complexType></xs:element>
 <xs:any minOccurs="0" maxOccurs="unbounded" processContents="skip"/></xs:sequence></xs:complexType></xs:element>
</xs:schema>"""
_VALUE_SET = f"""<RetrieveValueSetResponse xmlns="urn:ihe:iti:svs:2008"><ValueSet id="{TYPES}"><ConceptList>
<Concept code="96349-6" codeSystem="2.16.840.1.113883.6.1" displayName="Lettre d'adressage"/>
</ConceptList></ValueSet></RetrieveValueSetResponse>"""
_TYPE_RULE = f"doc('include/voc-{TYPES}-DYNAMIC.xml')/*/valueSet/conceptList/concept/@code = @code"


def schematron(*parts: str) -> str:
    """A schematron of one pattern."""
    return f'<schema xmlns="{SCH}"><pattern>{"".join(parts)}</pattern></schema>'


def rule(context: str, test: str, message: str = "no", role: str = "error") -> str:
    """One rule with one assert."""
    return f'<rule context="{context}"><assert role="{role}" test="{test}">{message}</assert></rule>'


def document(code: str = "96349-6", templates: tuple[str, ...] = (), realm: str = '<realmCode code="FR"/>') -> bytes:
    """A CDA that is as small as this kit."""
    ids = "".join(f"<templateId {template}/>" for template in templates)
    return f'<ClinicalDocument xmlns="urn:hl7-org:v3">{realm}{ids}<code code="{code}"/></ClinicalDocument>'.encode()


_HEADER_RULES = rule("//hl7:code", _TYPE_RULE) + rule("//@*", "true()") * 60
_EXAMPLE = (
    '<?oxygen SCHSchema="../schematrons/CI-SIS_OWN_2022.01.sch"?>'
    + document("11490-0", ('root="1.2.3"', f'root="{MODEL}" extension="2022.01"')).decode()
)
_COMMON = schematron(rule("//hl7:code", "true()"))
_FILES = {
    "infrastructure/cda/CDA_extended.xsd": _XSD,
    f"jeuxDeValeurs/{TYPES_NAME}": _VALUE_SET,
    "jeuxDeValeurs/JDV_Quelque_chose.xml": _VALUE_SET.replace(TYPES, "1.2.3"),
    "schematrons/moteur/iso_dsdl_include.xsl": _INCLUDE,
    "schematrons/moteur/iso_abstract_expand.xsl": _IDENTITY,
    "schematrons/moteur/iso_svrl_for_xslt2.xsl": _SVRL,
    f"{HEADER}/ASIP-STRUCT-MIN-StrucMin.sch": schematron('<include href="include/types.sch"/>'),
    f"{HEADER}/include/Types.sch": f'<x xmlns="{SCH}">{_HEADER_RULES}</x>',
    "schematrons/profils/IHE.sch": _COMMON,
    "schematrons/profils/CI-SIS_ModelesDeContenusCDA.sch": _COMMON.replace(
        "</pattern>", "</pattern><!-- '../../jeuxDeValeurs/JDV_quelque_chose.xml' -->"
    ),
    "schematrons/profils/CI-SIS_Modeles_ANS.sch": _COMMON,
    "schematrons/profils/terminologies/schematron/terminologie.sch": _COMMON,
    "schematrons/profils/terminologies/terminologie/Terminologies.txt": "1.2.3 ==> HELD\n1.2.4      ==> NOT HELD\n",
    "schematrons/profils/terminologies/terminologie/1.2.3.rdf": "<rdf/>",
    "schematrons/CI-SIS_OWN_2022.01.sch": schematron(rule("/*", "hl7:code/@code = '11490-0'", "own")),
    "schematrons/CI-SIS_BROKEN_2022.01.sch": schematron('<include href="include/gone.sch"/>'),
    "ExemplesCDA/OWN.xml": _EXAMPLE,
    "ExemplesCDA/BROKEN.xml": _EXAMPLE.replace("OWN", "BROKEN").replace(MODEL, f"{MODEL}.9"),
    "ExemplesCDA/not-xml.xml": "<a>",
}


def make_small_kit(folder: Path) -> Path:
    """Write it."""
    for name, text in _FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder
