"""The change of an object, by the lifecycle of its kind and by what it has done already."""
