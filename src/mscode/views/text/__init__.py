"""Text that people read: masked, printable, local times, words."""
