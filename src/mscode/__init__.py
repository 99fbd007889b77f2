"""mscode: campaign-as-code for the Multisender API."""

__version__ = "0.1.0"
