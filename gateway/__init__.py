"""An open FHIR and MSSanté gateway for coordinated care in a French CPTS."""

__version__ = "0.1.0"
