"""Cut the maths font: the signs that formulas use, out of Latin Modern Math.

`make font` writes `theme/assets/maths.woff2` from Debian's fonts-lmodern. The
licence of the original asks for another name in a changed font.
"""

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

ORIGINAL = Path("/usr/share/texmf/fonts/opentype/public/lm-math/latinmodern-math.otf")
FONT = Path(__file__).parents[1] / "theme/assets/maths.woff2"
NAME = "Intricacies Maths"

RANGES = [
    (0x20, 0x7E), (0xA0, 0xA0),     # upright Latin, digits, brackets
    (0x1D434, 0x1D454), (0x1D456, 0x1D467),  # italic Latin; its h is ℎ
    (0x1D6FC, 0x1D71B),             # italic Greek
]
SINGLE = ("±·×÷…′‖ℎℓℝ𝔼ΔΣΦΩ"
          "←→↦∀∂∃∇∈∉∏∑−∓∗∘√∝∞∣∼≈≠≡≤≥≪≫⊂⊆⊤⋅⋮⋯⋱⌊⌋ˆ˜¯")
# No formula uses these, and a first visit carries each: add more signs only where one does.
UNUSED = "\"#$%&'*;?@^`~𝜄𝜊𝜍𝜐𝜗𝜘𝜙𝜚𝜛"


def wanted() -> set[int]:
    return {c for first, last in RANGES for c in range(first, last + 1)} - set(
        map(ord, UNUSED)) | set(map(ord, SINGLE))


def cut(original: Path, target: Path) -> None:
    """Write the subset of `original`, under its own name, to `target`."""
    font = TTFont(original)
    options = Options(flavor="woff2", hinting=False, name_IDs=["*"], drop_tables=["FFTM"])
    options.layout_features = ["dtls", "flac"]  # without ssty: twice the size, no difference
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=wanted())
    subsetter.subset(font)
    for record in font["name"].names:
        if record.nameID in (1, 3, 4, 6, 16):
            record.string = NAME.replace(" ", "") if record.nameID == 6 else NAME
    font["CFF "].cff.fontNames = [NAME.replace(" ", "")]
    font.flavor = "woff2"
    font.save(target)


if __name__ == "__main__":
    if not ORIGINAL.exists():
        sys.exit(f"{ORIGINAL} is missing: apt-get install fonts-lmodern")
    cut(ORIGINAL, FONT)
    print(f"{FONT.name}: {FONT.stat().st_size} bytes")
