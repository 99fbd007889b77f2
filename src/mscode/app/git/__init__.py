"""What git keeps of a project, read from its files: git itself is not run, for a repository's settings may name programs that git
then starts.
"""
