from snippets.checkpoints.whole_model import Scale
from tests.awkward import LeftOut

AWKWARD = [LeftOut(Scale, "it multiplies by a number, to be saved")]
