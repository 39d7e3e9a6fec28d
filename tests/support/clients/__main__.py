"""Installs clients of others that are too large for the tests' own environment; see `installed`."""

import sys

from tests.support.clients.installed import install

if __name__ == "__main__":
    sys.exit(0 if install() else 1)
