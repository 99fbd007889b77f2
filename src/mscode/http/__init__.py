"""One way to send: deadline, transport, repeats, and what an answer means."""
