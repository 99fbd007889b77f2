"""What becomes of an object, by what it has done already?"""
