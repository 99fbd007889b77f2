"""mscode: campaign-as-code for the Multisender API."""

__version__ = "0.2.0"
