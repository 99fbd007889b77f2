"""How tests of campaigns ended: as text, JSON and JUnit XML."""
