"""Writes the generated files of schema/ anew (`make schemas`)."""

from pathlib import Path

from mscode.app.schemas import files

FOLDER = Path(__file__).resolve().parent.parent / "schema"

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(f"schema/{name}")
