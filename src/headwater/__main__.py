"""`python -m headwater` is `headwater`."""

import os
import sys

from headwater.cli import main


def run() -> None:
    """The command; ends without letting go of every import, which takes Python most of a
    second where Great Expectations is among them. Nothing here waits for the end of Python."""
    code: object = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code or 0
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(int(code) if isinstance(code, int) else 1)


if __name__ == "__main__":
    run()
