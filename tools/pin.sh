#!/bin/sh
# Write tools/constraints.txt anew: the newest versions that pyproject.toml allows, for every supported Python.
set -eu
cd "$(dirname "$0")/.."
{
  echo "# The versions that make installs; written by tools/pin.sh."
  .venv/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --no-header --no-annotate \
    --upgrade --all-extras --group check --group test
} >tools/constraints.new
mv tools/constraints.new tools/constraints.txt
