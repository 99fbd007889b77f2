"""Who is reached, by what, and when?"""
