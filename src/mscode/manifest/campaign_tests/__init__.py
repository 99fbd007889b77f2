"""Tests of a project's campaigns, in `*.test.yaml` below tests/: their form, how they are read, what they edit."""
