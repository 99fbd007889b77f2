"""The Multisender emulator: an ASGI app over SQLite with a clock, a dialler, a ledger of who was rung, and faults.

It is a second, independent reading of the API's page in its literal profile, so it shares no code with the rest of
mscode: a client that is right against it was not checked against itself.
"""
