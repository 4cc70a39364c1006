"""The register: what did we promise? Domain, storage, OAuth, HTTP API and web pages."""

__version__ = "0.1.0"
