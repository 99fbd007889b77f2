"""Guards: the checks that refuse a plan, or warn of it."""
