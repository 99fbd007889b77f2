"""`python -m mscode` is the console script."""

from mscode.cli import main

if __name__ == "__main__":
    main()
