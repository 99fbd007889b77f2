"""`mscode test`: each test in an account, a state and a clock of its own, all of them in memory."""
