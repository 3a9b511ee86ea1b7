"""Bantuo (半托): runs a semi-managed marketplace fulfilment programme."""

__version__ = "0.1.0"
