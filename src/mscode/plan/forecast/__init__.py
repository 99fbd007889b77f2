"""What the campaigns that a plan launches are likely to do: each is replayed many times by the rules of
docs/sandbox.md#how-a-campaign-dials, with answers drawn by chance.
"""
