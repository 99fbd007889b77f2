"""The people that campaigns reach: accounts, groups, receivers, lists, numbers and times."""
