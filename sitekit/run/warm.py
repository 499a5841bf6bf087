"""What the process from which others are forked imports, and knows, before it runs anything."""

import gc
import os

import coverage  # noqa: F401
import numpy  # noqa: F401
import torch._dynamo  # an optimizer or a compiled function imports it at its first use
import torch.testing  # noqa: F401

from . import child  # noqa: F401
from .state import names_of_torch

names_of_torch()  # each file is compared with these when it has run
gc.freeze()  # what is collected in a fork is copied
# The ranks of an example would warn below the last line of the suite; a file has a log of its own.
os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
