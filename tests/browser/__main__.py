"""`python -m tests.browser`: a `__main__` is not imported anew by each process that it starts."""

import sys

from .bench import main

sys.exit(main(sys.argv[1:]))
