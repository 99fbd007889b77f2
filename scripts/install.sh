#!/bin/sh
# Installs the project into a virtual environment: install.sh PYTHON VENV [EXTRAS]
#
# PYTHON is the interpreter that the environment is made with, VENV its folder, EXTRAS names such as "dev" or "docs,cloud";
# left out, what the program itself needs is installed and no more. uv does it where it is there, which takes a few seconds;
# pip does it otherwise, and where uv cannot (it does not read the settings of pip, such as the address of an index).
set -eu
python=$1 venv=$2 target=.${3:+[$3]}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "mscode needs Python 3.11 or newer; $python is $("$python" --version 2>&1). Try: make PYTHON=python3.12" >&2
  exit 1
}

echo "Installing ${3:+the tools of $3 and }mscode into $venv"
if command -v uv >/dev/null 2>&1; then
  # The folder may be there before the environment is: make keeps what Python compiles in it.
  test -x "$venv/bin/python" || uv venv --quiet --allow-existing --python "$python" "$venv" || true
  if uv pip install --quiet --python "$venv/bin/python" -c constraints.txt -e "$target"; then
    exit 0
  fi
  echo "uv could not install it; trying pip" >&2
fi

# A pip of its own in the environment takes as long as all the rest, so the interpreter's installs into it, where it has one that can.
# Modules are compiled when they are first loaded: of most files of the packages nothing is ever loaded.
test -x "$venv/bin/python" || "$python" -m venv --without-pip "$venv"
if "$python" -c 'import pip, sys; sys.exit([int(part) for part in pip.__version__.split(".")[:2]] < [22, 3])' 2>/dev/null; then
  set -- "$python" -m pip --python "$venv/bin/python"
else
  "$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$venv/bin/python" -m ensurepip >/dev/null
  set -- "$venv/bin/python" -m pip
fi
"$@" install --quiet --disable-pip-version-check --no-compile --use-pep517 -c constraints.txt -e "$target"
