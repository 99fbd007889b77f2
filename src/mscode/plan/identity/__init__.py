"""Which live object is this address?"""
