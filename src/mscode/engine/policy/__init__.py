"""A project's own rules, evaluated in a process that can be stopped."""
