"""`fleet.yaml`: many projects in one repository (docs/fleet.md)."""
